//! What an exchange tells of the server's clock (protocol D4, D9).

use chrono::Duration;

use crate::{Timestamp, plan::Measured, store::SyncRow};

/// An exchange that took longer measures nothing: the context was asleep in between.
const LONGEST_MEASURE_MS: i64 = 600_000;

/// How much of a second a `Date` header leaves away at most.
const DATE_LEAVES_AWAY: Duration = Duration::milliseconds(999);

/// A request and its answer, by the device's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    pub sent_at: Timestamp,
    pub arrived_at: Timestamp,
    /// The server's clock, as its answer's `Date` told it.
    pub date: Option<Timestamp>,
}

impl Exchange {
    /// The clocks by the answer's `Date`; as they were known, if it has none that can be.
    pub(super) fn measure(&self, known: &SyncRow) -> Measured {
        let latest = |date: Timestamp| date.checked_add_signed(DATE_LEAVES_AWAY);
        let date = self.date.and_then(|date| Some((date, latest(date)?)));
        match date {
            Some(read) => Measured {
                offset_ms: self.clock_offset(known.clock_offset_ms, read),
                server_time: read.0,
            },
            None => Measured {
                offset_ms: known.clock_offset_ms,
                server_time: known.by_server(self.arrived_at),
            },
        }
    }

    /// Server time minus device time, in milliseconds. The server read its clock somewhere within the exchange, and read
    /// a time between the two of `read`, so an offset that fits is as good as any other. Else the middle is taken, whose
    /// error is half of both at most. An exchange that took less than no time, or too long, measures nothing: the device's
    /// clock was set, or it slept.
    pub(super) fn clock_offset(&self, known: i64, read: (Timestamp, Timestamp)) -> i64 {
        let took = (self.arrived_at - self.sent_at).num_milliseconds();
        let least = (read.0 - self.arrived_at).num_milliseconds();
        let most = (read.1 - self.sent_at).num_milliseconds();
        let fits = (least..=most).contains(&known);
        match (0..=LONGEST_MEASURE_MS).contains(&took) && !fits {
            true => most - (most - least) / 2,
            false => known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::milliseconds(milliseconds)
    }

    #[test]
    fn an_exchange_measures_the_offset_to_half_of_what_it_took() {
        // Known before, sent, arrived, the server's time; then the offset.
        let table = [
            (0, 0, 100, 50, 0),
            (0, 0, 100, 100, 0),
            (0, 0, 100, 5_000, 4_950),
            (0, DAY, DAY + 100, 50, 50 - DAY - 50),
            (7, 0, 100, 60, 7),
            // A wide exchange says nothing new of an offset that fits.
            (4_950, 0, 500_000, 250_000, 4_950),
            (-DAY, 0, 500_000, 250_000, 0),
            // The clock was set while the request was under way, or the page slept.
            (40, 0, 100 + DAY, 90, 40),
            (40, DAY, 100, 50, 40),
            (40, 0, LONGEST_MEASURE_MS + 1, 9 * DAY, 40),
        ];
        for (known, sent_at, arrived_at, server_time, expected) in table {
            let exchange = Exchange {
                sent_at: at(sent_at),
                arrived_at: at(arrived_at),
                date: None,
            };
            let found = exchange.clock_offset(known, (at(server_time), at(server_time)));
            assert_eq!(found, expected, "{known} {sent_at} {arrived_at} {server_time}");
        }
    }

    #[test]
    fn a_date_measures_the_offset_to_the_second() {
        let known = |clock_offset_ms| SyncRow {
            clock_offset_ms,
            ..SyncRow::default()
        };
        // Known before, the answer's date; then offset and server's time. The exchange took from 0 to 100 ms.
        let table = [
            (0, Some(0), (0, 0)),
            (900, Some(0), (900, 0)),
            (-100, Some(0), (-100, 0)),
            (1_000, Some(0), (450, 0)),
            (0, Some(DAY), (DAY + 450, DAY)),
            (-7_000, None, (-7_000, -6_900)),
        ];
        for (before, date, (offset_ms, server_time)) in table {
            let exchange = Exchange {
                sent_at: at(0),
                arrived_at: at(100),
                date: date.map(at),
            };
            let expected = Measured {
                offset_ms,
                server_time: at(server_time),
            };
            assert_eq!(exchange.measure(&known(before)), expected, "{before} {date:?}");
        }
    }

    #[test]
    fn no_date_is_too_far_to_be_measured() {
        for date in [Timestamp::MIN_UTC, Timestamp::MAX_UTC] {
            let exchange = Exchange {
                sent_at: at(0),
                arrived_at: at(100),
                date: Some(date),
            };
            let measured = exchange.measure(&SyncRow::default());
            SyncRow {
                clock_offset_ms: measured.offset_ms,
                ..SyncRow::default()
            }
            .by_server(at(0));
        }
    }
}
