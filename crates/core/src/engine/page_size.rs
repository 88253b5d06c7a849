//! How many rows the next page of a pull asks for.
//!
//! What is cut off before it is kept has to come again. So a bad line, or a slow device, gets small pages; a good one
//! large ones, because each page is a request and a commit that reaches the disk.

use chrono::Duration;

/// Rows of the first page.
const FIRST: usize = 1_000;
const LEAST: usize = 125;
/// More at once would keep the screen from answering while they are sorted out.
const MOST: usize = 2_000;

/// A page that is asked for and kept within this time may be larger the next time; one that takes four times as long, smaller.
const QUICK: Duration = Duration::milliseconds(500);

/// Rows to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageSize(usize);

impl Default for PageSize {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl PageSize {
    pub(super) fn rows(self) -> usize {
        self.0
    }

    /// After a full page that was asked for and kept within this time. A clock that was set back tells nothing.
    pub(super) fn after(self, took: Duration) -> Self {
        if took < Duration::zero() {
            self
        } else if took <= QUICK {
            Self((self.0 * 2).min(MOST))
        } else if took >= QUICK * 4 {
            self.smaller()
        } else {
            self
        }
    }

    /// After a page that did not get here.
    pub(super) fn smaller(self) -> Self {
        Self((self.0 / 2).max(LEAST))
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::PageSize;

    #[test]
    fn a_good_line_gets_larger_pages_and_a_bad_one_smaller_ones_within_bounds() {
        let after = |rows, ms| PageSize(rows).after(Duration::milliseconds(ms)).rows();
        let table = [
            (1_000, 0, 2_000),
            (1_000, 500, 2_000),
            (2_000, 20, 2_000),
            (1_500, 20, 2_000),
            (1_000, 501, 1_000),
            (1_000, 1_999, 1_000),
            (1_000, 2_000, 500),
            (1_000, 3_600_000, 500),
            (200, 9_000, 125),
            (125, 9_000, 125),
            (1_000, -1, 1_000),
        ];
        for (rows, ms, next) in table {
            assert_eq!(after(rows, ms), next, "{rows} rows in {ms} ms");
        }
        assert_eq!(PageSize::default().smaller().smaller().rows(), 250);
        assert_eq!(PageSize(125).smaller().rows(), 125);
    }
}
