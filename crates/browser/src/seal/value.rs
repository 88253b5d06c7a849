//! A sealed value's bytes.
//!
//! | layout | bytes | sealed with |
//! |---|---|---|
//! | 1 | layout, nonce (12), ciphertext and tag | the first data key, generation 0 |
//! | 2 | layout, generation (4, little endian), nonce (12), ciphertext and tag | the data key of this generation |
//!
//! The associated data is what stands before the nonce, what the value is for, and its name: a value put in another's
//! place, or said to be of another key, does not open.

use js_sys::{Object, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey};

use super::{Asked, Generation, Purpose, SealError, answered, subtle};
use crate::rng::PlatformRng;

/// The layout of values sealed with the first data key.
pub const LAYOUT: u8 = 1;

/// The layout of values that name the generation of their key.
pub const LAYOUT_OF_GENERATION: u8 = 2;

const NONCE: usize = 12;

/// Random, and of one seal alone: sealing the same again with another key keeps it.
pub(crate) type Nonce = [u8; NONCE];

/// A data key, and which one it is.
#[derive(Debug, Clone)]
pub(crate) struct DataKey {
    pub generation: Generation,
    pub key: CryptoKey,
}

/// The layout that a value says it has; `None` of an empty one.
pub(crate) fn layout_of(sealed: &Uint8Array) -> Option<u8> {
    (sealed.length() > 0).then(|| sealed.get_index(0))
}

/// Which data key a value says it is sealed with; `None` if it is of no known layout, or too short for any.
pub(crate) fn generation_of(sealed: &Uint8Array) -> Option<Generation> {
    match layout_of(sealed)? {
        LAYOUT => Some(0),
        LAYOUT_OF_GENERATION if sealed.length() > 5 => {
            let bytes = [1, 2, 3, 4].map(|at| sealed.get_index(at));
            Some(Generation::from_le_bytes(bytes))
        }
        _ => None,
    }
}

/// The nonce of a value: what tells it from all others, also after it was sealed anew.
pub(crate) fn nonce_of(sealed: &Uint8Array) -> Option<Nonce> {
    let begin = head(generation_of(sealed)?).len() as u32;
    let nonce = sealed.subarray(begin, begin + NONCE as u32).to_vec();
    nonce.try_into().ok()
}

/// What stands before the nonce.
fn head(generation: Generation) -> Vec<u8> {
    match generation {
        0 => vec![LAYOUT],
        later => {
            let mut head = vec![LAYOUT_OF_GENERATION];
            head.extend(later.to_le_bytes());
            head
        }
    }
}

/// A value being sealed.
pub(crate) struct Sealing {
    /// All that stands before the ciphertext.
    beginning: Vec<u8>,
    asked: Asked,
}

impl Sealing {
    pub(crate) fn begin(key: &DataKey, purpose: Purpose, name: &[u8], plain: &[u8]) -> Self {
        Self::begin_anew(key, purpose, name, plain, PlatformRng::bytes())
    }

    /// Seals with another key what was sealed under this nonce before.
    pub(crate) fn begin_anew(
        key: &DataKey,
        purpose: Purpose,
        name: &[u8],
        plain: &[u8],
        nonce: Nonce,
    ) -> Self {
        let mut beginning = head(key.generation);
        let algorithm = algorithm(&beginning, &nonce, purpose, name);
        beginning.extend(nonce);
        let encrypting = subtle().encrypt_with_object_and_u8_array(&algorithm, &key.key, plain);
        Self {
            beginning,
            asked: encrypting.map(JsFuture::from),
        }
    }

    pub(crate) async fn sealed(self) -> Result<Uint8Array, SealError> {
        let ciphertext = Uint8Array::new(&answered(self.asked).await?);
        let beginning = Uint8Array::from(self.beginning.as_slice());
        let sealed = Uint8Array::new_with_length(beginning.length() + ciphertext.length());
        sealed.set(&beginning, 0);
        sealed.set(&ciphertext, beginning.length());
        Ok(sealed)
    }
}

/// A value being opened.
pub(crate) struct Opening(Asked);

impl Opening {
    /// Begins to open a value that is said to be sealed with this very key.
    pub(crate) fn begin(
        key: &DataKey,
        purpose: Purpose,
        name: &[u8],
        sealed: &Uint8Array,
    ) -> Result<Self, SealError> {
        let head = head(key.generation);
        let (begin, end) = (head.len() as u32, (head.len() + NONCE) as u32);
        if sealed.length() < end {
            return Err(SealError::DoesNotOpen);
        }
        let nonce = sealed.subarray(begin, end).to_vec();
        let ciphertext = sealed.subarray(end, sealed.length());
        let algorithm = algorithm(&head, &nonce, purpose, name);
        let decrypting = subtle().decrypt_with_object_and_js_u8_array(&algorithm, &key.key, &ciphertext);
        Ok(Self(decrypting.map(JsFuture::from)))
    }

    pub(crate) async fn plain(self) -> Result<Vec<u8>, SealError> {
        let plain = answered(self.0).await.map_err(|_| SealError::DoesNotOpen)?;
        Ok(Uint8Array::new(&plain).to_vec())
    }
}

fn algorithm(head: &[u8], nonce: &[u8], purpose: Purpose, name: &[u8]) -> Object {
    let mut associated = head.to_vec();
    associated.push(purpose as u8);
    associated.extend_from_slice(name);
    let algorithm = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce));
    algorithm.set_additional_data(&Uint8Array::from(associated.as_slice()));
    algorithm.unchecked_into()
}
