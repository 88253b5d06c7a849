//! Whether the server is worth asking. Open: reads come from the device and nothing is requested but the probe.

use crate::{Timestamp, queue::retry};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    open: Option<Open>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    probes: u32,
    probe_at: Timestamp,
}

impl Breaker {
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// A request failed, or the platform says that it is offline.
    pub fn trip(&mut self, now: Timestamp, random: u64) {
        let probes = self.open.as_ref().map_or(0, |open| open.probes + 1);
        self.open = Some(Open {
            probes,
            probe_at: retry::after(now, retry::wait_ms(probes + 1, random)),
        });
    }

    /// Another context found the server out of reach and probes it at `probe_at`. One that knows so itself keeps to its
    /// own waits.
    pub fn hear_of(&mut self, probe_at: Timestamp) {
        self.open.get_or_insert(Open { probes: 0, probe_at });
    }

    /// A probe was answered as only the server answers it.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// The platform says that the network is back: probe at once. It may be wrong, so this closes nothing.
    pub fn hint_online(&mut self, now: Timestamp) {
        if let Some(open) = &mut self.open {
            *open = Open {
                probes: 0,
                probe_at: now,
            };
        }
    }

    /// When the next probe is due, while open.
    pub fn probe_at(&self) -> Option<Timestamp> {
        self.open.as_ref().map(|open| open.probe_at)
    }
}

#[cfg(test)]
mod tests {
    use super::Breaker;
    use crate::Timestamp;

    #[test]
    fn what_another_context_found_opens_it_and_changes_no_waits() {
        let at = |seconds| Timestamp::UNIX_EPOCH + chrono::Duration::seconds(seconds);
        let mut breaker = Breaker::default();
        breaker.hear_of(at(30));
        assert_eq!(breaker.probe_at(), Some(at(30)));
        breaker.hear_of(at(300));
        assert_eq!(breaker.probe_at(), Some(at(30)), "its own wait goes on");
        breaker.trip(at(30), 0);
        assert_eq!(
            breaker.probe_at(),
            Some(at(40)),
            "its own probe was the second in a row"
        );
    }

    #[test]
    fn probes_come_at_growing_waits_until_one_is_answered() {
        let start = Timestamp::UNIX_EPOCH;
        let mut breaker = Breaker::default();
        assert_eq!(breaker.probe_at(), None);
        let mut waits = Vec::new();
        for _ in 0..6 {
            breaker.trip(start, 0);
            waits.push((breaker.probe_at().unwrap() - start).num_seconds());
        }
        assert_eq!(waits, [5, 10, 30, 60, 300, 300]);
        breaker.hint_online(start);
        assert_eq!(breaker.probe_at(), Some(start), "an online event probes at once");
        assert!(breaker.is_open(), "an online event alone closes nothing");
        breaker.close();
        assert!(!breaker.is_open());
    }
}
