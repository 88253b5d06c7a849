//! A page of changes: what is asked for, and what it is answered with.

use holdfast_core::protocol::{self, Layout};

use super::row::TextRow;

/// Rows of a page, if the device does not say.
pub const DEFAULT_LIMIT: usize = 500;
/// Rows of a page at most.
pub const MAXIMAL_LIMIT: usize = 2_000;

/// A page of changes as it is written.
pub type Delta = protocol::Delta<TextRow>;

/// What a device asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaRequest {
    /// A cursor; a scan begins, if absent. [`super::readers`] take other texts.
    pub since: Option<String>,
    /// Plural names, comma-separated; all entities, if absent.
    pub entities: Option<String>,
    pub limit: Option<usize>,
    pub layout: Layout,
    /// The receipt of what the device pushed since its last full pull.
    pub receipt: Option<String>,
}
