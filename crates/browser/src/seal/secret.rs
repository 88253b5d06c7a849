//! The secret that a person's keys come from, and its wrapping under the device passcode.
//!
//! Passcode and salt make a key-encryption key by Argon2id; that key wraps the secret with AES-256-GCM. The secret is
//! made, wrapped and unwrapped inside WebCrypto: its bytes are never in the reach of a script. While unlocked only the
//! derived keys exist, and none of them can be exported.

use argon2::{Algorithm, Argon2, Params, Version};
use js_sys::{Object, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AesGcmParams, CryptoKey};
use zeroize::Zeroize;

use super::{Keys, LAYOUT, SealError, settle, subtle};
use crate::{
    rng::PlatformRng,
    scope::{object, strings},
};

const NONCE: usize = 12;

/// Cost of guessing: Argon2id's parameters, kept beside the wrapped secret so that they can be raised later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

holdfast_core::json_object!(Cost {
    memory_kib: "memoryKib",
    passes: "passes",
    lanes: "lanes",
});

impl Default for Cost {
    /// OWASP's recommendation of 2023, and current: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

impl Cost {
    /// The parameters are not sealed: damaged ones could ask for more than the device has, and end the app.
    const DEAREST: Self = Self {
        memory_kib: 256 * 1024,
        passes: 64,
        lanes: 16,
    };

    fn is_payable(&self) -> bool {
        let most = Self::DEAREST;
        self.memory_kib <= most.memory_kib && self.passes <= most.passes && self.lanes <= most.lanes
    }
}

/// A secret under a passcode: what may lie on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    pub salt: Vec<u8>,
    pub cost: Cost,
    /// Nonce, ciphertext and tag.
    pub secret: Vec<u8>,
}

/// Makes a new secret and wraps it.
pub async fn create(passcode: &str) -> Result<(Wrapped, Keys), SealError> {
    let algorithm = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
    let usages = strings(&["encrypt", "decrypt"]);
    let secret: CryptoKey = settle(subtle().generate_key_with_object(&algorithm, true, &usages))
        .await?
        .unchecked_into();
    let wrapped = wrap(&secret, passcode).await?;
    let keys = unlock(&wrapped, passcode).await?;
    Ok((wrapped, keys))
}

/// The keys, if the passcode is right; [`SealError::DoesNotOpen`] if it is not.
pub async fn unlock(wrapped: &Wrapped, passcode: &str) -> Result<Keys, SealError> {
    let usages = strings(&["deriveKey"]);
    let secret = unwrap(
        wrapped,
        passcode,
        &object(&[("name", "HKDF".into())]),
        false,
        &usages,
    )
    .await?;
    derive(&secret).await
}

/// The same secret under another passcode and a new salt.
pub async fn rewrap(wrapped: &Wrapped, passcode: &str, new_passcode: &str) -> Result<Wrapped, SealError> {
    let usages = strings(&["encrypt", "decrypt"]);
    let algorithm = object(&[("name", "AES-GCM".into())]);
    let secret = unwrap(wrapped, passcode, &algorithm, true, &usages).await?;
    wrap(&secret, new_passcode).await
}

async fn wrap(secret: &CryptoKey, passcode: &str) -> Result<Wrapped, SealError> {
    let (salt, cost) = (PlatformRng::bytes::<16>().to_vec(), Cost::default());
    let nonce = PlatformRng::bytes::<NONCE>();
    let wrapping = wrapping_key(passcode, &salt, &cost).await?;
    let wrapped =
        settle(subtle().wrap_key_with_object("raw", secret, &wrapping, &wrapping_algorithm(&nonce))).await?;
    let mut secret = nonce.to_vec();
    secret.extend(Uint8Array::new(&wrapped).to_vec());
    Ok(Wrapped { salt, cost, secret })
}

async fn unwrap(
    wrapped: &Wrapped,
    passcode: &str,
    algorithm: &Object,
    extractable: bool,
    usages: &JsValue,
) -> Result<CryptoKey, SealError> {
    let wrapping = wrapping_key(passcode, &wrapped.salt, &wrapped.cost).await?;
    let (nonce, ciphertext) = wrapped
        .secret
        .split_at_checked(NONCE)
        .ok_or(SealError::DoesNotOpen)?;
    let unwrapping = subtle().unwrap_key_with_js_u8_array_and_object_and_object(
        "raw",
        &Uint8Array::from(ciphertext),
        &wrapping,
        &wrapping_algorithm(nonce),
        algorithm,
        extractable,
        usages,
    );
    let key = settle(unwrapping).await.map_err(|_| SealError::DoesNotOpen)?;
    Ok(key.unchecked_into())
}

fn wrapping_algorithm(nonce: &[u8]) -> Object {
    let algorithm = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce));
    algorithm.set_additional_data(&Uint8Array::from([LAYOUT].as_slice()));
    algorithm.unchecked_into()
}

/// Argon2id of the passcode, as a key that can do nothing but wrap and unwrap.
async fn wrapping_key(passcode: &str, salt: &[u8], cost: &Cost) -> Result<CryptoKey, SealError> {
    let mut bytes = stretch(passcode, salt, cost)?;
    let data = Uint8Array::from(bytes.as_slice());
    bytes.zeroize();
    let usages = strings(&["wrapKey", "unwrapKey"]);
    let imported = settle(subtle().import_key_with_str("raw", &data, "AES-GCM", false, &usages)).await;
    data.fill(0, 0, data.length());
    Ok(imported?.unchecked_into())
}

pub(super) fn stretch(passcode: &str, salt: &[u8], cost: &Cost) -> Result<[u8; 32], SealError> {
    if !cost.is_payable() {
        return Err(SealError::DoesNotOpen);
    }
    let failed = |error: argon2::Error| SealError::Platform(error.to_string());
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut bytes = [0; 32];
    argon2
        .hash_password_into(passcode.as_bytes(), salt, &mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

async fn derive(secret: &CryptoKey) -> Result<Keys, SealError> {
    let data = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
    let index = object(&[
        ("name", "HMAC".into()),
        ("hash", "SHA-256".into()),
        ("length", 256.into()),
    ]);
    Ok(Keys::new(
        derive_one(secret, "holdfast data", &data, &["encrypt", "decrypt"]).await?,
        derive_one(secret, "holdfast index", &index, &["sign"]).await?,
    ))
}

async fn derive_one(
    secret: &CryptoKey,
    info: &str,
    key: &Object,
    usages: &[&str],
) -> Result<CryptoKey, SealError> {
    // The secret is uniformly random already, so HKDF needs no salt (RFC 5869, section 3.1).
    let hkdf = object(&[
        ("name", "HKDF".into()),
        ("hash", "SHA-256".into()),
        ("salt", Uint8Array::new_with_length(0).into()),
        ("info", Uint8Array::from(info.as_bytes()).into()),
    ]);
    let derived = subtle().derive_key_with_object_and_object(&hkdf, secret, key, false, &strings(usages));
    Ok(settle(derived).await?.unchecked_into())
}
