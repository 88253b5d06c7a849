//! The token endpoint (RFC 6749 §3.2). Its errors have the shape that RFC gives, not the API's.

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::header::{RETRY_AFTER, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::http::client_address::ClientAddress;
use crate::http::error::whole_seconds;
use crate::http::state::AppState;
use crate::http::{ApiError, refresh_cookie};
use crate::identity::IdentityError;
use crate::identity::access::tidy;
use crate::identity::authorization::CLIENT_ID;
use crate::identity::exchange::{CodeExchange, exchange_code};
use crate::identity::grant::{Grant, Terms, Tokens};
use crate::identity::label::device_label;
use crate::identity::refresh::refresh;
use crate::identity::sqlite::SqliteIdentity;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    grant_type: String,
    client_id: String,
    code: String,
    code_verifier: String,
    redirect_uri: String,
    device_id: Option<Uuid>,
}

#[derive(Debug, Serialize)]
struct TokenAnswer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    /// Whose tokens these are: a device sends nothing under another name than its owner's.
    user_id: &'a str,
    device_id: Uuid,
    /// The device's last contact before this one; absent at its first. An empty device that gets it lost its storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_last_seen_at: Option<DateTime<Utc>>,
}

/// Exchanges a code, or the refresh token in the cookie, for a new pair of tokens.
#[utoipa::path(post, path = "/oauth/token", tag = "sign-in",
    request_body(content_type = "application/x-www-form-urlencoded", content = serde_json::Value,
        description = "`grant_type` authorization_code with `code`, `code_verifier` and `redirect_uri`, or refresh_token"),
    responses((status = 200, description = "Tokens, device and user; the refresh token in a cookie", body = ref("#/components/schemas/TokenAnswer")),
        (status = 400, description = "`{ \"error\": \"invalid_grant\", … }` (RFC 6749)", body = ref("#/components/schemas/OAuthError")),
        (status = 413, body = ref("#/components/schemas/OAuthError")), (status = 415, description = "Not a form", body = ref("#/components/schemas/OAuthError")), (status = 429, description = "Too many requests; `Retry-After`", body = ref("#/components/schemas/OAuthError"))))]
pub async fn grant(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Result<Response, ApiError> {
    let now = state.now();
    let admitted = state.limits().token_requests.admit(now, &address);
    if let Err(wait) = admitted {
        let refused = refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "temporarily_unavailable",
            "too many requests",
        );
        return Ok(([(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)))], refused).into_response());
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => {
            return Ok(refuse(
                rejection.status(),
                "invalid_request",
                &rejection.body_text(),
            ));
        }
    };
    if form.client_id != CLIENT_ID {
        return Ok(refuse(
            StatusCode::BAD_REQUEST,
            "invalid_client",
            "client_id is missing or unknown",
        ));
    }
    let cookie = refresh_cookie::read(&headers);
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let label = device_label(agent.unwrap_or_default());
    let lifetimes = state.settings.lifetimes;
    let work = move |tx: &Connection| -> Result<Option<Grant>, IdentityError> {
        let store = SqliteIdentity(tx);
        let terms = &mut Terms {
            now,
            rng: &mut rand::rng(),
            lifetimes,
        };
        tidy(&store, now)?;
        match form.grant_type.as_str() {
            "authorization_code" => {
                exchange_code(&store, terms, &code_exchange(form, cookie, label)).map(Some)
            }
            "refresh_token" => refresh(&store, terms, cookie.as_deref(), &label).map(Some),
            _ => Ok(None),
        }
    };
    match state.write(work).await? {
        Some(Grant::Issued(tokens)) => issued(&state, &tokens),
        // The cookie stays: it still tells which device this is when its owner signs in again.
        Some(Grant::Refused(refusal)) => Ok(refuse(
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            &refusal.to_string(),
        )),
        None => Ok(refuse(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "grant_type must be authorization_code or refresh_token",
        )),
    }
}

fn code_exchange(form: TokenForm, cookie: Option<String>, label: String) -> CodeExchange {
    CodeExchange {
        code: form.code,
        code_verifier: form.code_verifier,
        client_id: form.client_id,
        redirect_uri: form.redirect_uri,
        device_id: form.device_id,
        earlier_refresh: cookie,
        label,
    }
}

fn issued(state: &AppState, tokens: &Tokens) -> Result<Response, ApiError> {
    let answer = TokenAnswer {
        access_token: tokens.access.reveal(),
        token_type: "Bearer",
        expires_in: tokens.access_expires_in.num_seconds(),
        user_id: &tokens.user_id,
        device_id: tokens.device_id,
        device_last_seen_at: tokens.device_last_seen_at,
    };
    let cookie = refresh_cookie::keep(
        &state.settings,
        tokens.refresh.reveal(),
        tokens.refresh_expires_in,
    )?;
    Ok(([(SET_COOKIE, cookie)], Json(answer)).into_response())
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    (
        status,
        Json(json!({"error": error, "error_description": description})),
    )
        .into_response()
}
