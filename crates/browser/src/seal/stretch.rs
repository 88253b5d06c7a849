//! From a passcode to a key, at a cost to whoever guesses.

use argon2::{Algorithm, Argon2, Params, Version};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::JsCast;
use web_sys::CryptoKey;
use zeroize::Zeroize;

use super::{SealError, settle, subtle};
use crate::scope::strings;

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

/// Argon2id of the passcode, as a key that can do nothing but wrap and unwrap.
pub(super) async fn wrapping_key(passcode: &str, salt: &[u8], cost: &Cost) -> Result<CryptoKey, SealError> {
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
