//! The secret that a person's data key comes from, and its wrapping under the device passcode.
//!
//! Passcode and salt make a key-encryption key by Argon2id; that key wraps the secret with AES-256-GCM. The secret is
//! made, wrapped and unwrapped inside WebCrypto: its bytes are never in the reach of a script. While unlocked only the
//! derived keys exist, and none of them can be exported.
//!
//! Replacing the data key makes another secret. The one before it stays wrapped beside it until nothing sealed with it
//! is left, and the index key, which came from the first secret, is wrapped by itself from then on. What each wrapped
//! key is, and of which generation, is authenticated with it.

use js_sys::{Object, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::CryptoKey;

use super::{
    DataKey, Generation, Keys, SealError, settle,
    stretch::{Cost, wrapping_key},
    subtle,
    wrapping::{Role, hmac, unwrap_index, unwrap_to_derive, unwrap_to_wrap, wrap},
};
use crate::{
    rng::PlatformRng,
    scope::{object, strings},
};

/// A person's secrets under a passcode: what may lie on the disk. Each is nonce, ciphertext and tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    pub salt: Vec<u8>,
    pub cost: Cost,
    /// Of the newest data key.
    pub generation: Generation,
    pub secret: Vec<u8>,
    /// The secret of the generation before, while something sealed with its key may be left.
    pub former: Option<Vec<u8>>,
    /// The index key; `None` while it comes from the newest secret, the first one.
    pub index: Option<Vec<u8>>,
}

impl Wrapped {
    fn former(&self) -> Option<(Generation, &[u8])> {
        Some((self.generation.checked_sub(1)?, self.former.as_deref()?))
    }
}

/// Makes a new secret and wraps it.
pub async fn create(passcode: &str) -> Result<(Wrapped, Keys), SealError> {
    let secrets = Secrets {
        newest: (0, generate().await?),
        former: None,
        index: None,
    };
    let wrapped = secrets.wrap(passcode).await?;
    let keys = unlock(&wrapped, passcode).await?;
    Ok((wrapped, keys))
}

/// The keys, if the passcode is right; [`SealError::DoesNotOpen`] if it is not.
pub async fn unlock(wrapped: &Wrapped, passcode: &str) -> Result<Keys, SealError> {
    let wrapping = wrapping_key(passcode, &wrapped.salt, &wrapped.cost).await?;
    let newest = unwrap_to_derive(&wrapping, wrapped.generation, &wrapped.secret).await?;
    let former = match wrapped.former() {
        Some((generation, secret)) => {
            let secret = unwrap_to_derive(&wrapping, generation, secret).await?;
            Some(data_key(generation, &secret).await?)
        }
        None => None,
    };
    let index = match &wrapped.index {
        Some(index) => unwrap_index(&wrapping, index, false).await?,
        None => index_key(&newest, false).await?,
    };
    Ok(Keys::new(
        data_key(wrapped.generation, &newest).await?,
        former,
        index,
    ))
}

/// The same secrets under another passcode and a new salt.
pub async fn rewrap(wrapped: &Wrapped, passcode: &str, new_passcode: &str) -> Result<Wrapped, SealError> {
    let wrapping = wrapping_key(passcode, &wrapped.salt, &wrapped.cost).await?;
    let newest = unwrap_to_wrap(&wrapping, wrapped.generation, &wrapped.secret).await?;
    let former = match wrapped.former() {
        Some((generation, secret)) => Some(unwrap_to_wrap(&wrapping, generation, secret).await?),
        None => None,
    };
    let index = match &wrapped.index {
        Some(index) => Some(unwrap_index(&wrapping, index, true).await?),
        None => None,
    };
    let newest = (wrapped.generation, newest);
    let secrets = Secrets {
        newest,
        former,
        index,
    };
    secrets.wrap(new_passcode).await
}

/// A new secret beside the one there is, which becomes the former; all under the same passcode and a new salt.
pub async fn replace(wrapped: &Wrapped, passcode: &str) -> Result<(Wrapped, Keys), SealError> {
    let next = wrapped.generation.checked_add(1).ok_or(SealError::DoesNotOpen)?;
    let wrapping = wrapping_key(passcode, &wrapped.salt, &wrapped.cost).await?;
    let index = match &wrapped.index {
        Some(index) => unwrap_index(&wrapping, index, true).await?,
        None => {
            let first = unwrap_to_derive(&wrapping, wrapped.generation, &wrapped.secret).await?;
            index_key(&first, true).await?
        }
    };
    let secrets = Secrets {
        newest: (next, generate().await?),
        former: Some(unwrap_to_wrap(&wrapping, wrapped.generation, &wrapped.secret).await?),
        index: Some(index),
    };
    let wrapped = secrets.wrap(passcode).await?;
    let keys = unlock(&wrapped, passcode).await?;
    Ok((wrapped, keys))
}

/// Secrets on their way from one wrapping into another. They can be exported, but only into a wrapping.
struct Secrets {
    newest: (Generation, CryptoKey),
    former: Option<CryptoKey>,
    index: Option<CryptoKey>,
}

impl Secrets {
    async fn wrap(&self, passcode: &str) -> Result<Wrapped, SealError> {
        let (salt, cost) = (PlatformRng::bytes::<16>().to_vec(), Cost::default());
        let wrapping = wrapping_key(passcode, &salt, &cost).await?;
        let (generation, newest) = &self.newest;
        let former = match &self.former {
            Some(former) => {
                let role = Role::Secret(generation.saturating_sub(1));
                Some(wrap(&wrapping, role, former).await?)
            }
            None => None,
        };
        let index = match &self.index {
            Some(index) => Some(wrap(&wrapping, Role::Index, index).await?),
            None => None,
        };
        Ok(Wrapped {
            salt,
            cost,
            generation: *generation,
            secret: wrap(&wrapping, Role::Secret(*generation), newest).await?,
            former,
            index,
        })
    }
}

async fn generate() -> Result<CryptoKey, SealError> {
    let algorithm = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
    let usages = strings(&["encrypt", "decrypt"]);
    let made = subtle().generate_key_with_object(&algorithm, true, &usages);
    Ok(settle(made).await?.unchecked_into())
}

async fn data_key(generation: Generation, secret: &CryptoKey) -> Result<DataKey, SealError> {
    let aes = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
    let usages = ["encrypt", "decrypt"];
    let key = derive(secret, "holdfast data", &aes, false, &usages).await?;
    Ok(DataKey { generation, key })
}

/// The index key as it comes from the first secret.
async fn index_key(secret: &CryptoKey, extractable: bool) -> Result<CryptoKey, SealError> {
    derive(secret, "holdfast index", &hmac(), extractable, &["sign"]).await
}

async fn derive(
    secret: &CryptoKey,
    info: &str,
    key: &Object,
    extractable: bool,
    usages: &[&str],
) -> Result<CryptoKey, SealError> {
    // The secret is uniformly random already, so HKDF needs no salt (RFC 5869, section 3.1).
    let hkdf = object(&[
        ("name", "HKDF".into()),
        ("hash", "SHA-256".into()),
        ("salt", Uint8Array::new_with_length(0).into()),
        ("info", Uint8Array::from(info.as_bytes()).into()),
    ]);
    let derived =
        subtle().derive_key_with_object_and_object(&hkdf, secret, key, extractable, &strings(usages));
    Ok(settle(derived).await?.unchecked_into())
}
