//! Sealing under a passphrase of its own: an export that leaves the device.
//!
//! The file is the text `holdfast-export-1.` followed by salt and sealed value in base64url. The key comes from the
//! passphrase by Argon2id at the default cost.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;

use super::{
    DataKey, LAYOUT, Opening, Purpose, SealError, Sealing, settle,
    stretch::{Cost, stretch},
    subtle,
};
use crate::{rng::PlatformRng, scope::strings};

const HEAD: &str = "holdfast-export-1.";

pub async fn seal(passphrase: &str, plain: &[u8]) -> Result<String, SealError> {
    let salt = PlatformRng::bytes::<16>();
    let key = key(passphrase, &salt).await?;
    let sealed = Sealing::begin(&key, Purpose::Export, &salt, plain)
        .sealed()
        .await?;
    let (salt, sealed) = (
        URL_SAFE_NO_PAD.encode(salt),
        URL_SAFE_NO_PAD.encode(sealed.to_vec()),
    );
    Ok(format!("{HEAD}{salt}.{sealed}"))
}

pub async fn open(passphrase: &str, text: &str) -> Result<Vec<u8>, SealError> {
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| SealError::DoesNotOpen);
    let rest = text.trim().strip_prefix(HEAD).ok_or(SealError::DoesNotOpen)?;
    let (salt, sealed) = rest.split_once('.').ok_or(SealError::DoesNotOpen)?;
    let (salt, sealed) = (decode(salt)?, decode(sealed)?);
    let key = key(passphrase, &salt).await?;
    if let Some(unknown) = sealed.first().filter(|layout| **layout != LAYOUT) {
        return Err(SealError::UnknownLayout(*unknown));
    }
    let sealed = Uint8Array::from(sealed.as_slice());
    Opening::begin(&key, Purpose::Export, &salt, &sealed)?
        .plain()
        .await
}

async fn key(passphrase: &str, salt: &[u8]) -> Result<DataKey, SealError> {
    let bytes = Uint8Array::from(stretch(passphrase, salt, &Cost::default())?.as_slice());
    let usages = strings(&["encrypt", "decrypt"]);
    let key = settle(subtle().import_key_with_str("raw", &bytes, "AES-GCM", false, &usages)).await?;
    // A passphrase's key has no successor.
    Ok(DataKey {
        generation: 0,
        key: key.unchecked_into(),
    })
}
