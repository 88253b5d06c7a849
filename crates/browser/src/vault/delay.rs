//! How long a wrong passcode makes the next attempt wait.

/// Attempts that cost nothing: thumbs slip.
const FREE_ATTEMPTS: u32 = 3;

/// Seconds to wait after the attempts beyond the free ones; the last applies to all further ones.
const DELAYS: [u32; 6] = [5, 15, 30, 60, 300, 900];

/// Milliseconds to wait after so many failures in a row.
pub(super) fn after(failed: u32) -> u32 {
    let Some(step) = failed.checked_sub(FREE_ATTEMPTS) else {
        return 0;
    };
    DELAYS[(step as usize).min(DELAYS.len() - 1)] * 1_000
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_failure_beyond_the_free_ones_waits_longer() {
        let table = [
            (0, 0),
            (2, 0),
            (3, 5),
            (4, 15),
            (5, 30),
            (6, 60),
            (7, 300),
            (8, 900),
            (80, 900),
            (u32::MAX, 900),
        ];
        for (failed, seconds) in table {
            assert_eq!(super::after(failed), seconds * 1_000, "{failed} failures");
        }
    }
}
