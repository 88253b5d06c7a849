//! The authorization endpoint (RFC 6749 §3.1): a sign-in page, and what becomes of it.
//!
//! A wrong client or return address is told on a page; any other fault of the request goes back to the app. The
//! query travels in the form's own address, so the form holds the password and the user name only.

mod page;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use url::Url;

use crate::http::ApiError;
use crate::http::client_address::ClientAddress;
use crate::http::error::whole_seconds;
use crate::http::origin::Origin;
use crate::http::state::{AppState, blocking};
use crate::identity::authorization::{AuthorizationRequest, Objection, check, issue_code};
use crate::identity::model::User;
use crate::identity::sqlite::SqliteIdentity;
use crate::identity::store::IdentityStore;

use page::{SignInPage, refusal_page};

/// A longer password than this is not hashed, only refused.
const LONGEST_PASSWORD: usize = 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Credentials {
    username: String,
    password: String,
}

/// In characters; what lies beyond is cut off, so that attempts are counted in little memory.
const LONGEST_USERNAME: usize = 100;

type RequestQuery = Result<Query<AuthorizationRequest>, QueryRejection>;

/// Shows the sign-in page.
#[utoipa::path(get, path = "/oauth/authorize", tag = "sign-in",
    responses((status = 200, description = "The sign-in page", content_type = "text/html", body = String),
        (status = 303, description = "Back to the app with an error"), (status = 400, description = "Not a request of the app", content_type = "text/html", body = String)))]
pub async fn page(State(state): State<AppState>, Origin(origin): Origin, query: RequestQuery) -> Response {
    match accept(query, &origin) {
        Ok(request) => {
            let username = request.login_hint.clone();
            let page = SignInPage {
                request: &request,
                demo: state.settings.demo,
                username,
                problem: None,
            };
            page.render().into_response()
        }
        Err(answer) => *answer,
    }
}

/// Checks the password and sends the browser back to the app with a code.
#[utoipa::path(post, path = "/oauth/authorize", tag = "sign-in",
    request_body(content_type = "application/x-www-form-urlencoded", content = serde_json::Value,
        description = "`username` and `password`"),
    responses((status = 303, description = "Back to the app with a code, or an error"),
        (status = 400, description = "Not a request of the app", content_type = "text/html", body = String),
        (status = 415, description = "Not a form"),
        (status = 403, description = "The page again: wrong name or password", content_type = "text/html", body = String),
        (status = 429, description = "The page again: too many attempts; `Retry-After`", content_type = "text/html", body = String)))]
pub async fn sign_in(
    State(state): State<AppState>,
    Origin(origin): Origin,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    query: RequestQuery,
    form: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, ApiError> {
    let request = match accept(query, &origin) {
        Ok(request) => request,
        Err(answer) => return Ok(*answer),
    };
    if posted_from_elsewhere(&headers) {
        let reason = "The form was sent from another site. Open the app and sign in there.";
        return Ok((StatusCode::FORBIDDEN, refusal_page(reason)).into_response());
    }
    let credentials = form.map(|Form(form)| form).unwrap_or_default();
    let show_again = |problem: String| {
        let username = credentials.username.clone();
        SignInPage {
            request: &request,
            demo: state.settings.demo,
            username,
            problem: Some(problem),
        }
        .render()
    };
    let now = state.now();
    let account: String = credentials
        .username
        .trim()
        .to_lowercase()
        .chars()
        .take(LONGEST_USERNAME)
        .collect();
    if let Some(wait) = begin_attempt(&state, now, &account, &address) {
        let seconds = whole_seconds(wait);
        let page = show_again(format!("Too many attempts. Try again in {seconds} s."));
        let retry_after = [(RETRY_AFTER, HeaderValue::from(seconds))];
        return Ok((StatusCode::TOO_MANY_REQUESTS, retry_after, page).into_response());
    }
    let Some(user) = verified(&state, account.clone(), credentials.password.clone()).await? else {
        let page = show_again("The user name or the password is wrong.".to_owned());
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    };
    state.limits().account_sign_ins.succeeded(&account);
    state.limits().address_sign_ins.refund(&address);
    let for_code = request.clone();
    let code = state
        .write(move |tx| issue_code(&SqliteIdentity(tx), &mut rand::rng(), now, &user.id, &for_code))
        .await?;
    back_to_app(&request, &origin, &[("code", code.reveal())])
}

/// The page's style sheet: the policy forbids inline styles.
pub async fn style() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("sign_in.css"),
    )
}

/// The request, or the answer that its fault deserves.
fn accept(query: RequestQuery, origin: &str) -> Result<AuthorizationRequest, Box<Response>> {
    let page = |reason: &str| Box::new((StatusCode::BAD_REQUEST, refusal_page(reason)).into_response());
    let Query(request) = query.map_err(|rejection| page(&rejection.body_text()))?;
    match check(&request, origin) {
        Ok(()) => Ok(request),
        Err(Objection::Untrusted(reason)) => Err(page(reason)),
        Err(Objection::Malformed(error, description)) => {
            let parameters = [("error", error), ("error_description", description)];
            let answer = back_to_app(&request, origin, &parameters);
            Err(Box::new(answer.unwrap_or_else(IntoResponse::into_response)))
        }
    }
}

/// Redirects by 303, which turns the form's POST into a GET in every browser (RFC 9700 §4.12).
fn back_to_app(
    request: &AuthorizationRequest,
    origin: &str,
    parameters: &[(&str, &str)],
) -> Result<Response, ApiError> {
    let mut target = Url::parse(&request.redirect_uri).map_err(ApiError::internal)?;
    target
        .query_pairs_mut()
        .extend_pairs(parameters)
        .append_pair("state", &request.state)
        .append_pair("iss", origin);
    Ok(Redirect::to(target.as_str()).into_response())
}

/// Signing a victim in to the attacker's account needs a form on the attacker's page.
fn posted_from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none")
}

/// Counts the attempt, or says how long to wait before the next one.
fn begin_attempt(state: &AppState, now: DateTime<Utc>, account: &str, address: &str) -> Option<TimeDelta> {
    let mut limits = state.limits();
    let by_account = limits.account_sign_ins.delay(now, account);
    let wait = by_account.max(limits.address_sign_ins.delay(now, address));
    if wait.is_none() {
        limits.account_sign_ins.attempt(now, account);
        limits.address_sign_ins.attempt(now, address);
    }
    wait
}

/// The user whose name and password these are.
async fn verified(state: &AppState, account: String, password: String) -> Result<Option<User>, ApiError> {
    if password.len() > LONGEST_PASSWORD {
        return Ok(None);
    }
    let user = state
        .read(move |tx| SqliteIdentity(tx).user_by_name(&account))
        .await?;
    let _turn = state
        .password_checks
        .acquire()
        .await
        .map_err(ApiError::internal)?;
    let passwords = state.passwords.clone();
    blocking(move || {
        let matches = passwords.verify(user.as_ref(), &password)?;
        Ok::<_, crate::identity::IdentityError>(user.filter(|_| matches))
    })
    .await
}
