//! Limits on how often one may try. Pure: the time is a parameter.

mod backoff;
mod quota;

pub use backoff::Backoff;
pub use quota::Quota;

/// Above this many remembered keys, those that no longer restrain anybody are dropped.
const TIDY_ABOVE: usize = 10_000;
