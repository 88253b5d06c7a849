//! How long a wrong passcode makes the next try wait.

use holdfast_core::Timestamp;

/// Tries that cost nothing: thumbs slip.
const FREE_TRIES: u32 = 3;

/// Seconds to wait after the tries beyond the free ones; the last goes on for good.
const DELAYS: [i64; 6] = [5, 15, 30, 60, 300, 900];

/// Seconds still to wait, after so many failures of which the last was then; 0 for none.
///
/// A clock that was set back gains nothing: the wait then starts anew.
pub(super) fn seconds_left(failed: u32, last: Option<Timestamp>, now: Timestamp) -> u64 {
    let Some(last) = last.filter(|_| failed >= FREE_TRIES) else {
        return 0;
    };
    let step = (failed - FREE_TRIES) as usize;
    let delay = DELAYS[step.min(DELAYS.len() - 1)];
    let passed = (now - last).num_seconds();
    let left = if passed < 0 { delay } else { delay - passed };
    u64::try_from(left).unwrap_or(0)
}
