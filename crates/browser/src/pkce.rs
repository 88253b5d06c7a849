//! The authorization code flow's first half: where to send a person to sign in, and what must come back with them
//! (RFC 7636). The verifier waits in `sessionStorage`, which lives as long as the tab, and is taken out once.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_core::{json, json_object};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::JsCast;
use web_sys::Storage;

use crate::{
    rng::PlatformRng,
    scope::{property, scope},
    seal::{settle, subtle},
};

pub const CLIENT_ID: &str = "holdfast-pwa";

const SLOT: &str = "holdfast.sign-in";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInStateError {
    #[error("the browser does not let this page keep anything; leave private browsing, or allow site data")]
    NoSessionStorage,
    #[error("This sign-in was not started in this tab. Sign in again.")]
    NotBegunHere,
    #[error("the browser's cryptography failed: {0}")]
    Platform(String),
}

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Begun {
    verifier: String,
    state: String,
    redirect_uri: String,
}

json_object!(Begun {
    verifier: "verifier",
    state: "state",
    redirect_uri: "redirect_uri"
});

/// Begins a sign-in: remembers its secrets in this tab and answers the address to go to.
pub async fn begin(redirect_uri: &str) -> Result<String, SignInStateError> {
    let begun = Begun {
        verifier: URL_SAFE_NO_PAD.encode(PlatformRng::bytes::<32>()),
        state: URL_SAFE_NO_PAD.encode(PlatformRng::bytes::<16>()),
        redirect_uri: redirect_uri.to_owned(),
    };
    let challenge = challenge(&begun.verifier).await?;
    let text =
        serde_json::to_string(&begun).map_err(|error| SignInStateError::Platform(error.to_string()))?;
    let stored = session_storage()?.set_item(SLOT, &text);
    stored.map_err(|_| SignInStateError::NoSessionStorage)?;
    let pairs = [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", redirect_uri),
        ("state", &begun.state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    Ok(format!("/oauth/authorize?{}", form(&pairs)))
}

/// Ends a sign-in: checks that it was begun here and answers the body of the token request. `device_id`: what this
/// device is known by to the server, if it is.
pub fn finish(code: &str, state: &str, device_id: Option<&str>) -> Result<String, SignInStateError> {
    let storage = session_storage()?;
    let text = storage
        .get_item(SLOT)
        .ok()
        .flatten()
        .ok_or(SignInStateError::NotBegunHere)?;
    // Taken out whether it fits or not: a verifier is good for one answer.
    let _ = storage.remove_item(SLOT);
    let begun: Begun = json::from_slice(text.as_bytes()).map_err(|_| SignInStateError::NotBegunHere)?;
    if begun.state != state {
        return Err(SignInStateError::NotBegunHere);
    }
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT_ID),
        ("code", code),
        ("redirect_uri", &begun.redirect_uri),
        ("code_verifier", &begun.verifier),
    ];
    pairs.extend(device_id.map(|id| ("device_id", id)));
    Ok(form(&pairs))
}

async fn challenge(verifier: &str) -> Result<String, SignInStateError> {
    let digest = settle(subtle().digest_with_str_and_u8_array("SHA-256", verifier.as_bytes())).await;
    let digest = digest.map_err(|error| SignInStateError::Platform(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(Uint8Array::new(&digest).to_vec()))
}

fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| String::from(js_sys::encode_uri_component(text));
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    encoded.join("&")
}

fn session_storage() -> Result<Storage, SignInStateError> {
    property(&scope(), "sessionStorage")
        .dyn_into()
        .map_err(|_| SignInStateError::NoSessionStorage)
}
