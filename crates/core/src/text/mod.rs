//! Text as people compare it: what a search finds, which values count as the same, and how a list is sorted.
//!
//! What *decides* is computed here alone, so that devices, the server and the simulator agree: [`Form`]. [`fold`] is
//! looser and serves searches. How a list *looks* may follow the reader's language: [`Collation`].

mod decompose;
mod fold;
mod form;
mod natural;
mod order;
mod table;

pub use fold::fold;
pub use form::Form;
pub use natural::natural;
pub use order::{Collation, Natural, TextOrder};

/// Changes with every change of the rules or of the Unicode data behind them: keys that were stored under another version
/// have to be made again.
pub const VERSION: &str = concat!("1/", "18.0");
