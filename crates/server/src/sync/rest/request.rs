//! A write by REST, as it is asked for.

use holdfast_core::{Fields, protocol::IfMatch, record::Operation};

/// A write by REST.
#[derive(Debug, Clone, PartialEq)]
pub struct RestWrite {
    pub operation: Operation,
    /// The record's id; of a new one, the id it was given by its author, if it was given one.
    pub id: Option<String>,
    pub body: Fields,
    /// The `Idempotency-Key`; a random one, if absent.
    pub key: Option<String>,
    /// Over `_version` in the body.
    pub if_match: IfMatch,
}
