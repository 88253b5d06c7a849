//! One key wrapped by another, inside WebCrypto: what it is, and of which generation, is authenticated with it.

use js_sys::{Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AesGcmParams, CryptoKey};

use super::{
    Generation, SealError, settle, subtle,
    value::{LAYOUT, LAYOUT_OF_GENERATION},
};
use crate::{
    rng::PlatformRng,
    scope::{object, strings},
};

const NONCE: usize = 12;

/// What a wrapped key is.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Secret(Generation),
    Index,
}

impl Role {
    /// The associated data of its wrapping.
    fn associated(self) -> Vec<u8> {
        match self {
            Self::Secret(0) => vec![LAYOUT],
            Self::Secret(generation) => {
                let mut associated = vec![LAYOUT_OF_GENERATION, b's'];
                associated.extend(generation.to_le_bytes());
                associated
            }
            Self::Index => vec![LAYOUT_OF_GENERATION, b'i'],
        }
    }
}

/// Nonce, ciphertext and tag.
pub(super) async fn wrap(wrapping: &CryptoKey, role: Role, key: &CryptoKey) -> Result<Vec<u8>, SealError> {
    let nonce = PlatformRng::bytes::<NONCE>();
    let algorithm = wrapping_algorithm(&nonce, role);
    let wrapped = settle(subtle().wrap_key_with_object("raw", key, wrapping, &algorithm)).await?;
    let mut bytes = nonce.to_vec();
    bytes.extend(Uint8Array::new(&wrapped).to_vec());
    Ok(bytes)
}

/// A secret that keys are derived from, and that cannot be exported.
pub(super) async fn unwrap_to_derive(
    wrapping: &CryptoKey,
    generation: Generation,
    secret: &[u8],
) -> Result<CryptoKey, SealError> {
    let hkdf = object(&[("name", "HKDF".into())]);
    let usages = strings(&["deriveKey"]);
    unwrap(wrapping, Role::Secret(generation), secret, &hkdf, false, &usages).await
}

/// A secret that can be wrapped anew.
pub(super) async fn unwrap_to_wrap(
    wrapping: &CryptoKey,
    generation: Generation,
    secret: &[u8],
) -> Result<CryptoKey, SealError> {
    let aes = object(&[("name", "AES-GCM".into())]);
    let usages = strings(&["encrypt", "decrypt"]);
    unwrap(wrapping, Role::Secret(generation), secret, &aes, true, &usages).await
}

/// The index key, as it was wrapped by itself.
pub(super) async fn unwrap_index(
    wrapping: &CryptoKey,
    index: &[u8],
    extractable: bool,
) -> Result<CryptoKey, SealError> {
    let (algorithm, usages) = (hmac(), strings(&["sign"]));
    unwrap(wrapping, Role::Index, index, &algorithm, extractable, &usages).await
}

async fn unwrap(
    wrapping: &CryptoKey,
    role: Role,
    wrapped: &[u8],
    algorithm: &Object,
    extractable: bool,
    usages: &JsValue,
) -> Result<CryptoKey, SealError> {
    let (nonce, ciphertext) = wrapped.split_at_checked(NONCE).ok_or(SealError::DoesNotOpen)?;
    let unwrapping = subtle().unwrap_key_with_js_u8_array_and_object_and_object(
        "raw",
        &Uint8Array::from(ciphertext),
        wrapping,
        &wrapping_algorithm(nonce, role),
        algorithm,
        extractable,
        usages,
    );
    let key = settle(unwrapping).await.map_err(|_| SealError::DoesNotOpen)?;
    Ok(key.unchecked_into())
}

fn wrapping_algorithm(nonce: &[u8], role: Role) -> Object {
    let algorithm = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce));
    algorithm.set_additional_data(&Uint8Array::from(role.associated().as_slice()));
    algorithm.unchecked_into()
}

/// What the index key is for.
pub(super) fn hmac() -> Object {
    object(&[
        ("name", "HMAC".into()),
        ("hash", "SHA-256".into()),
        ("length", 256.into()),
    ])
}
