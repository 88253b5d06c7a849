//! When the change log reached a position.
//!
//! Times of the log rise strictly with the position, whatever the clock does: each is the time of the version that stands
//! there, or a microsecond after the position before, whichever is later (a hybrid logical clock). So a time names one
//! position, and a reader that goes on from a time misses nothing and reads nothing twice.

use holdfast_core::Timestamp;

const MICROS_PER_MILLI: i64 = 1_000;

/// Positions that follow each other a microsecond apart, from `sequence` up to the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first position.
    pub sequence: u64,
    /// Its time, in microseconds since the Unix epoch.
    pub time: i64,
}

impl Run {
    /// The run that begins at a position whose version has this time, unless the position belongs to the `last` run.
    ///
    /// A version's time is kept in milliseconds. It counts as the last microsecond of its millisecond, so that a reader with
    /// a finer clock does not take it for earlier than it was.
    pub fn begun_at(sequence: u64, at: Timestamp, last: Option<Self>) -> Option<Self> {
        let time = (at.timestamp_millis() + 1) * MICROS_PER_MILLI - 1;
        let begins = last.is_none_or(|last| time > last.time_of(sequence));
        begins.then_some(Self { sequence, time })
    }

    /// The time of a position of this run, in microseconds since the Unix epoch.
    pub fn time_of(&self, sequence: u64) -> i64 {
        let behind = sequence.saturating_sub(self.sequence);
        self.time
            .saturating_add(i64::try_from(behind).unwrap_or(i64::MAX))
    }

    /// The last position of this run that is not after a time, of those before `end`.
    pub fn position_at(&self, time: i64, end: u64) -> u64 {
        let behind = u64::try_from(time.saturating_sub(self.time)).unwrap_or(0);
        self.sequence.saturating_add(behind).min(end.saturating_sub(1))
    }
}

/// Microseconds since the Unix epoch.
pub fn micros(time: Timestamp) -> i64 {
    time.timestamp_micros()
}

/// The reverse of [`micros`]; the epoch, for a number that is no time.
pub fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(micros).unwrap_or_default()
}
