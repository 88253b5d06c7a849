//! Sealing: what turns a value into bytes that say nothing without the key.
//!
//! One random 256-bit secret per person and device. Two keys are derived from it by HKDF-SHA-256: the *data key*
//! (AES-256-GCM) seals values, the *index key* (HMAC-SHA-256) turns a row's key into its name at rest, so that ids
//! are not readable either. Both are WebCrypto keys that no script can export; the secret itself is only ever inside
//! WebCrypto, wrapped or unwrapped there (see [`secret`]).
//!
//! A sealed value is one byte of layout version, 12 bytes of random nonce, then ciphertext and tag. The associated
//! data is the layout version, what the value is for, and its name: a value put in another's place does not open.

pub mod passphrase;
pub mod secret;

use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};

use crate::{
    rng::PlatformRng,
    scope::{describe, scope},
};

/// The layout of sealed values; raised when it changes.
pub const LAYOUT: u8 = 1;

const NONCE: usize = 12;

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

/// What a sealed value is for; part of the associated data.
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

/// One person's keys, while unlocked. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Keys {
    data: CryptoKey,
    index: CryptoKey,
}

impl Keys {
    pub(crate) fn new(data: CryptoKey, index: CryptoKey) -> Self {
        Self { data, index }
    }

    pub(crate) fn data(&self) -> &CryptoKey {
        &self.data
    }

    pub(crate) fn index(&self) -> &CryptoKey {
        &self.index
    }

    /// The name at rest of what has this key.
    pub async fn name(&self, text: &str) -> Result<Name, SealError> {
        self.begin_name(text).name().await
    }

    pub(crate) fn begin_name(&self, text: &str) -> Naming {
        let signing = subtle().sign_with_str_and_u8_array("HMAC", &self.index, text.as_bytes());
        Naming(signing.map(JsFuture::from))
    }

    pub async fn seal(&self, purpose: Purpose, name: &[u8], plain: &[u8]) -> Result<Uint8Array, SealError> {
        self.begin_seal(purpose, name, plain).sealed().await
    }

    pub(crate) fn begin_seal(&self, purpose: Purpose, name: &[u8], plain: &[u8]) -> Sealing {
        Sealing::begin(&self.data, purpose, name, plain)
    }

    pub async fn open(
        &self,
        purpose: Purpose,
        name: &[u8],
        sealed: &Uint8Array,
    ) -> Result<Vec<u8>, SealError> {
        self.begin_open(purpose, name, sealed)?.plain().await
    }

    pub(crate) fn begin_open(
        &self,
        purpose: Purpose,
        name: &[u8],
        sealed: &Uint8Array,
    ) -> Result<Opening, SealError> {
        Opening::begin(&self.data, purpose, name, sealed)
    }
}

/// What WebCrypto was asked for and will answer: many can be under way at once.
type Asked = Result<JsFuture, JsValue>;

/// A name being made.
pub(crate) struct Naming(Asked);

impl Naming {
    pub(crate) async fn name(self) -> Result<Name, SealError> {
        let bytes = Uint8Array::new(&answered(self.0).await?);
        let mut name = [0; 32];
        bytes.copy_to(&mut name);
        Ok(name)
    }
}

/// A value being sealed.
pub(crate) struct Sealing {
    nonce: [u8; NONCE],
    asked: Asked,
}

impl Sealing {
    pub(crate) fn begin(key: &CryptoKey, purpose: Purpose, name: &[u8], plain: &[u8]) -> Self {
        let nonce = PlatformRng::bytes::<NONCE>();
        let algorithm = algorithm(&nonce, purpose, name);
        let encrypting = subtle().encrypt_with_object_and_u8_array(&algorithm, key, plain);
        Self {
            nonce,
            asked: encrypting.map(JsFuture::from),
        }
    }

    pub(crate) async fn sealed(self) -> Result<Uint8Array, SealError> {
        let ciphertext = Uint8Array::new(&answered(self.asked).await?);
        let head = 1 + NONCE as u32;
        let sealed = Uint8Array::new_with_length(head + ciphertext.length());
        sealed.set_index(0, LAYOUT);
        sealed.set(&Uint8Array::from(self.nonce.as_slice()), 1);
        sealed.set(&ciphertext, head);
        Ok(sealed)
    }
}

/// A value being opened.
pub(crate) struct Opening(Asked);

impl Opening {
    pub(crate) fn begin(
        key: &CryptoKey,
        purpose: Purpose,
        name: &[u8],
        sealed: &Uint8Array,
    ) -> Result<Self, SealError> {
        let head = 1 + NONCE as u32;
        if sealed.length() < head {
            return Err(SealError::DoesNotOpen);
        }
        let layout = sealed.get_index(0);
        if layout != LAYOUT {
            return Err(SealError::UnknownLayout(layout));
        }
        let nonce = sealed.subarray(1, head).to_vec();
        let ciphertext = sealed.subarray(head, sealed.length());
        let algorithm = algorithm(&nonce, purpose, name);
        let decrypting = subtle().decrypt_with_object_and_js_u8_array(&algorithm, key, &ciphertext);
        Ok(Self(decrypting.map(JsFuture::from)))
    }

    pub(crate) async fn plain(self) -> Result<Vec<u8>, SealError> {
        let plain = answered(self.0).await.map_err(|_| SealError::DoesNotOpen)?;
        Ok(Uint8Array::new(&plain).to_vec())
    }
}

fn algorithm(nonce: &[u8], purpose: Purpose, name: &[u8]) -> Object {
    let mut associated = vec![LAYOUT, purpose as u8];
    associated.extend_from_slice(name);
    let algorithm = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce));
    algorithm.set_additional_data(&Uint8Array::from(associated.as_slice()));
    algorithm.unchecked_into()
}

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
