//! Sign-out (RFC 7009): ends the session of the token in the form, or of the cookie, and clears the cookie.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;

use crate::http::ApiError;
use crate::http::cookies::SignInCookie;
use crate::http::state::AppState;
use crate::identity::{IdentityError, access};
use crate::security_log::{self, Event};
use crate::storage::identity::{Revocation, Session};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RevocationForm {
    token: Option<String>,
}

/// Answers 200 whatever the token was: an unknown one is as good as revoked, and takes no turn at writing.
#[utoipa::path(post, path = "/oauth/revoke", tag = "sign-in",
    request_body(content_type = "application/x-www-form-urlencoded", content = serde_json::Value,
        description = "`token`; the cookie's, if absent"),
    responses((status = 200), (status = 429, description = "Too many requests; `Retry-After`", body = ref("#/components/schemas/OAuthError"))))]
pub async fn revoke(
    State(state): State<AppState>,
    headers: HeaderMap,
    form: Result<Form<RevocationForm>, FormRejection>,
) -> Result<Response, ApiError> {
    let form = form.map(|Form(form)| form).unwrap_or_default();
    let tokens: Vec<String> = form
        .token
        .into_iter()
        .chain(SignInCookie::Refresh.read(&state.settings, &headers))
        .collect();
    if !known(&state, tokens.clone()).await? {
        return cleared(&state, &headers);
    }
    let now = state.now();
    let ended = state
        .write(move |tx| -> Result<Vec<Session>, IdentityError> {
            let store = tx.identity_mut()?;
            let ended = tokens.iter().map(|token| access::sign_out(store, now, token));
            ended.filter_map(Result::transpose).collect()
        })
        .await?;
    for session in ended {
        security_log::record(Event::SessionEnded {
            user_id: &session.user_id,
            device_id: session.device_id,
            reason: Revocation::SignedOut,
        });
    }
    cleared(&state, &headers)
}

/// Whether one of the tokens belongs to a session that is alive.
async fn known(state: &AppState, tokens: Vec<String>) -> Result<bool, ApiError> {
    state
        .read(move |tx| -> Result<bool, IdentityError> {
            for token in &tokens {
                if access::live_session_of(tx.identity(), token)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
}

fn cleared(state: &AppState, headers: &HeaderMap) -> Result<Response, ApiError> {
    let lines = SignInCookie::Refresh.forget(&state.settings, headers)?;
    Ok(AppendHeaders(lines.into_iter().map(|line| (SET_COOKIE, line))).into_response())
}
