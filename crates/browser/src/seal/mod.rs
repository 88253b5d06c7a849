//! Sealing: what turns a value into bytes that say nothing without the key.
//!
//! One random 256-bit secret per person and device. A *data key* (AES-256-GCM) that seals values is derived from it by
//! HKDF-SHA-256, and from the first secret also the *index key* (HMAC-SHA-256), which turns a row's key into its name
//! at rest, so that ids are not readable either. Both are WebCrypto keys that no script can export; the secret itself
//! is only ever inside WebCrypto, wrapped or unwrapped there (see [`secret`]).
//!
//! A data key can be replaced: the next *generation* seals from then on, and each value says which one it was sealed
//! with ([`value`]). The index key stays, so that nothing has to be renamed: it opens nothing.

mod keys;
pub mod passphrase;
pub mod secret;
pub mod stretch;
pub mod value;
mod wrapping;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::SubtleCrypto;

use crate::scope::{describe, scope};
pub use keys::Keys;
pub use value::LAYOUT;
pub(crate) use value::{DataKey, Nonce, Opening, Sealing, generation_of, nonce_of};

/// Counts a person's data keys on a device, from 0 for the first.
pub type Generation = u32;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Wrong key, or not what was sealed under this name.
    #[error("the value on this device does not open")]
    DoesNotOpen,
    #[error(
        "the value on this device is of layout {0}, which this version of the app does not know; update the app"
    )]
    UnknownLayout(u8),
    #[error("the browser's cryptography failed: {0}")]
    Platform(String),
}

/// A row's key as it stands at rest: its HMAC under the index key.
pub type Name = [u8; 32];

/// What a sealed value is for; part of the associated data, by its place here: nothing may be put before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Row,
    Deletion,
    CachedRead,
    Export,
    /// A commit, by its revision.
    Commit,
    /// A piece of a base.
    Base,
    /// A section of a page, by the page's id.
    Head,
    Text,
    Body,
    Setting,
    Draft,
}

/// What WebCrypto was asked for and will answer: many can be under way at once.
type Asked = Result<JsFuture, JsValue>;

pub(crate) fn subtle() -> SubtleCrypto {
    scope().crypto().subtle()
}

/// Awaits what WebCrypto promised.
pub(crate) async fn settle(promise: Result<Promise, JsValue>) -> Result<JsValue, SealError> {
    answered(promise.map(JsFuture::from)).await
}

async fn answered(asked: Asked) -> Result<JsValue, SealError> {
    let failed = |thrown: JsValue| SealError::Platform(describe(&thrown));
    asked.map_err(failed)?.await.map_err(failed)
}
