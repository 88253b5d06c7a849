//! Sign-out (RFC 7009): ends the session of the token in the form, or of the cookie, and clears the cookie.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::http::state::AppState;
use crate::http::{ApiError, refresh_cookie};
use crate::identity::sqlite::SqliteIdentity;
use crate::identity::{IdentityError, access};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RevocationForm {
    token: Option<String>,
}

/// Answers 200 whatever the token was: an unknown one is as good as revoked.
#[utoipa::path(post, path = "/oauth/revoke", tag = "sign-in",
    request_body(content_type = "application/x-www-form-urlencoded", content = serde_json::Value,
        description = "`token`; the cookie's, if absent"),
    responses((status = 200)))]
pub async fn revoke(
    State(state): State<AppState>,
    headers: HeaderMap,
    form: Result<Form<RevocationForm>, FormRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let form = form.map(|Form(form)| form).unwrap_or_default();
    let tokens: Vec<String> = form
        .token
        .into_iter()
        .chain(refresh_cookie::read(&headers))
        .collect();
    let now = state.now();
    state
        .write(move |tx| -> Result<(), IdentityError> {
            tokens
                .iter()
                .try_for_each(|token| access::sign_out(&SqliteIdentity(tx), now, token).map(drop))
        })
        .await?;
    Ok([(SET_COOKIE, refresh_cookie::forget(&state.settings)?)])
}
