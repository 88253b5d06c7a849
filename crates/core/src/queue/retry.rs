//! When to try again.

use crate::Timestamp;

/// Seconds before each attempt; the last stands for all later ones.
const WAITS: [u64; 6] = [0, 5, 10, 30, 60, 300];

/// Milliseconds to wait after `failures` failures in a row: from the table, plus up to a fifth of it by `random`, so
/// that devices that failed together do not come back together.
pub fn wait_ms(failures: u32, random: u64) -> u64 {
    let seconds = WAITS[(failures as usize).min(WAITS.len() - 1)];
    let jitter = seconds * 1_000 / 5;
    seconds * 1_000 + if jitter == 0 { 0 } else { random % (jitter + 1) }
}

/// The instant that is `milliseconds` after `now`.
pub fn after(now: Timestamp, milliseconds: u64) -> Timestamp {
    now + chrono::Duration::milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX / 2))
}

/// The longest wait that is ever set, whatever a server asks for.
pub const LONGEST_WAIT_MS: u64 = 3_600_000;

/// Whether a wait until `instant` still goes on. One that is further off than any wait that is set means that the
/// device's clock was set back: it is over.
pub fn is_ahead(instant: Timestamp, now: Timestamp) -> bool {
    instant > now && instant <= after(now, LONGEST_WAIT_MS)
}

#[cfg(test)]
mod tests {
    use super::wait_ms;

    #[test]
    fn waits_grow_to_five_minutes_and_stay_there() {
        let waits: Vec<u64> = (0..8).map(|failures| wait_ms(failures, 0) / 1_000).collect();
        assert_eq!(waits, [0, 5, 10, 30, 60, 300, 300, 300]);
    }

    #[test]
    fn jitter_adds_at_most_a_fifth() {
        for random in [0, 1, 999, 5_000, u64::MAX] {
            assert!((10_000..=12_000).contains(&wait_ms(2, random)), "{random}");
        }
    }
}
