//! The token endpoint (RFC 6749 §3.2). Its errors have the shape that RFC gives, not the API's.

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Form, Json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::http::ApiError;
use crate::http::cookies::SignInCookie;
use crate::http::state::AppState;
use crate::identity::IdentityError;
use crate::identity::access::tidy;
use crate::identity::authorization::CLIENT_ID;
use crate::identity::exchange::{self, CodeExchange, exchange_code};
use crate::identity::grant::{Grant, Lifetimes, Refusal, Terms, Tokens};
use crate::identity::label::device_label;
use crate::identity::refresh::{self, refresh};
use crate::security_log::{self, Event};
use crate::storage::identity::{SecretHash, Session};
use crate::storage::port::{IdentityReader, Transaction};

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
    headers: HeaderMap,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Result<Response, ApiError> {
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
    let cookie = SignInCookie::Refresh.read(&state.settings, &headers);
    let presented = match form.grant_type.as_str() {
        "authorization_code" => Presented::Code(form.code.clone()),
        "refresh_token" => Presented::Refresh(cookie.clone()),
        _ => {
            return Ok(refuse(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "grant_type must be authorization_code or refresh_token",
            ));
        }
    };
    let (now, lifetimes) = (state.now(), state.settings.lifetimes);
    let looked_up = presented.clone();
    let refused = state.read(move |tx| looked_up.refusal(tx.identity(), now, lifetimes));
    if let Some(refusal) = refused.await? {
        return Ok(invalid_grant(refusal));
    }
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let label = device_label(agent.unwrap_or_default());
    let work = move |tx: &mut dyn Transaction| -> Result<(Grant, Option<Session>), IdentityError> {
        let store = tx.identity_mut()?;
        let terms = &mut Terms {
            now,
            rng: &mut rand::rng(),
            lifetimes,
        };
        tidy(store, now)?;
        let session = presented.session(store)?;
        let granted = match &presented {
            Presented::Code(_) => exchange_code(store, terms, &code_exchange(form, cookie, label))?,
            Presented::Refresh(token) => refresh(store, terms, token.as_deref(), &label)?,
        };
        Ok((granted, session))
    };
    match state.write(work).await? {
        (Grant::Issued(tokens), _) => issued(&state, &headers, &tokens),
        // The cookie stays: it still tells which device this is when its owner signs in again.
        (Grant::Refused(refusal), session) => {
            let reused = matches!(refusal, Refusal::TokenReused | Refusal::CodeReplayed);
            if let Some(session) = session.filter(|_| reused) {
                security_log::record(Event::SecretReused { session: &session });
            }
            Ok(invalid_grant(refusal))
        }
    }
}

/// What the client wants tokens for.
#[derive(Clone)]
enum Presented {
    Code(String),
    Refresh(Option<String>),
}

impl Presented {
    /// Whether it is good for nothing, as far as a look tells: then no turn at writing is taken for it.
    fn refusal(
        &self,
        store: &dyn IdentityReader,
        now: DateTime<Utc>,
        lifetimes: Lifetimes,
    ) -> Result<Option<Refusal>, IdentityError> {
        match self {
            Self::Code(code) => exchange::refusal(store, code),
            Self::Refresh(token) => refresh::refusal(store, now, lifetimes, token.as_deref()),
        }
    }

    /// The session it belongs to, or opened earlier.
    fn session(&self, store: &dyn IdentityReader) -> Result<Option<Session>, IdentityError> {
        let id = match self {
            Self::Code(code) => store.code(SecretHash::of(code))?.and_then(|code| code.session_id),
            Self::Refresh(Some(token)) => {
                let token = store.refresh_token(SecretHash::of(token))?;
                token.map(|token| token.session_id)
            }
            Self::Refresh(None) => None,
        };
        Ok(id.map(|id| store.session(id)).transpose()?.flatten())
    }
}

fn invalid_grant(refusal: Refusal) -> Response {
    refuse(StatusCode::BAD_REQUEST, "invalid_grant", &refusal.to_string())
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

fn issued(state: &AppState, headers: &HeaderMap, tokens: &Tokens) -> Result<Response, ApiError> {
    let answer = TokenAnswer {
        access_token: tokens.access.reveal(),
        token_type: "Bearer",
        expires_in: tokens.access_expires_in.num_seconds(),
        user_id: &tokens.user_id,
        device_id: tokens.device_id,
        device_last_seen_at: tokens.device_last_seen_at,
    };
    let lines = SignInCookie::Refresh.keep(
        &state.settings,
        headers,
        tokens.refresh.reveal(),
        tokens.refresh_expires_in,
    )?;
    let cookies = AppendHeaders(lines.into_iter().map(|line| (SET_COOKIE, line)));
    Ok((cookies, Json(answer)).into_response())
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    (
        status,
        Json(json!({"error": error, "error_description": description})),
    )
        .into_response()
}
