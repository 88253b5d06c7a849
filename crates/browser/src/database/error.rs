use holdfast_core::store::StoreError;
use wasm_bindgen::JsValue;

use crate::{scope::describe, seal::SealError};

/// What can go wrong with IndexedDB.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The connection is closed; opening again may help.
    #[error("{0}; reload the page")]
    Closed(String),
    /// Another context deleted the database, or the browser removed it: this one must not make it anew.
    #[error("what this app had stored was removed from this device; reload the page and sign in again")]
    Deleted,
    #[error("there is no room left on this device")]
    Full,
    /// A newer version of the app has upgraded the database.
    #[error(
        "a newer version of the app has taken over the data on this device; reload this page to get that version"
    )]
    Outdated,
    /// A tab of an earlier version does not let go of the database, which has to be upgraded first.
    #[error(
        "another tab still holds it in an earlier version of the app; close all other tabs of this app, then try again"
    )]
    Blocked,
    #[error("{0}")]
    Failed(String),
}

impl DatabaseError {
    /// From what IndexedDB threw, or from its words where a library has wrapped it.
    pub(crate) fn from_words(words: String) -> Self {
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        if says(&["QuotaExceeded"]) {
            Self::Full
        } else if says(&["VersionError"]) {
            Self::Outdated
        } else if says(&[
            "InvalidStateError",
            "is closing",
            "is closed",
            "connection is lost",
            "server lost",
            // Nobody here looks at the end of a transaction after aborting it: the browser took this one back.
            "AbortError",
        ]) {
            Self::Closed(words)
        } else {
            Self::Failed(words)
        }
    }
}

impl From<JsValue> for DatabaseError {
    fn from(thrown: JsValue) -> Self {
        Self::from_words(describe(&thrown))
    }
}

impl From<rexie::Error> for DatabaseError {
    fn from(error: rexie::Error) -> Self {
        Self::from_words(match error {
            rexie::Error::IdbError(inner) => inner.to_string(),
            other => other.to_string(),
        })
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Closed(words) => Self::Closed(words),
            DatabaseError::Deleted | DatabaseError::Outdated | DatabaseError::Blocked => {
                Self::Closed(error.to_string())
            }
            DatabaseError::Full => Self::Full,
            DatabaseError::Failed(words) => Self::Failed(words),
        }
    }
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        Self::Failed(error.to_string())
    }
}
