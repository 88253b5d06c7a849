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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_beyond_the_free_ones_waits_longer() {
        let at = |second| Timestamp::from_timestamp(second, 0).unwrap();
        let table = [
            // failures, seconds since the last, seconds left
            (0, 0, 0),
            (2, 0, 0),
            (3, 0, 5),
            (3, 4, 1),
            (3, 5, 0),
            (4, 0, 15),
            (5, 0, 30),
            (6, 0, 60),
            (7, 0, 300),
            (8, 0, 900),
            (80, 899, 1),
            (80, 900, 0),
            (4, -3_600, 15), // the clock was set back
        ];
        for (failed, since, left) in table {
            let told = seconds_left(failed, Some(at(10_000)), at(10_000 + since));
            assert_eq!(told, left, "{failed} failures, {since} s ago");
        }
        assert_eq!(seconds_left(3, None, at(0)), 0);
    }
}
