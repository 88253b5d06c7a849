//! The authorization endpoint (RFC 6749 §3.1): a sign-in page, and what becomes of it.
//!
//! A wrong client or return address is told on a page; any other fault of the request goes back to the app. The
//! query travels in the form's own address, so the form holds the password and the user name only.

mod page;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_TYPE, ORIGIN, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use maud::Markup;
use serde::Deserialize;
use url::Url;

use crate::http::ApiError;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::SignInCookie;
use crate::http::error::whole_seconds;
use crate::http::origin::Origin;
use crate::http::sign_in_limits::Attempt;
use crate::http::state::AppState;
use crate::http::work::blocking;
use crate::identity::authorization::{AuthorizationRequest, Objection, check, issue_code_to};
use crate::identity::secret::Secret;
use crate::identity::{IdentityError, known_browser, normal};
use crate::security_log::{self, Event};
use crate::storage::identity::{SecretHash, User};

use page::{SignInPage, refusal_page};

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
        (status = 303, description = "Back to the app with an error"), (status = 400, description = "Not a request of the app", content_type = "text/html", body = String),
        (status = 429, description = "Too many requests; `Retry-After`", content_type = "text/html", body = String)))]
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
    address: ClientAddress,
    headers: HeaderMap,
    query: RequestQuery,
    form: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, ApiError> {
    let request = match accept(query, &origin) {
        Ok(request) => request,
        Err(answer) => return Ok(*answer),
    };
    if posted_from_elsewhere(&headers, &origin) {
        let reason = "The form was sent from another site. Open the app and sign in there.";
        return Ok((StatusCode::FORBIDDEN, refusal_page(reason)).into_response());
    }
    let credentials = form.map(|Form(form)| form).unwrap_or_default();
    let show_again = |problem: String| again(&state, &request, &credentials.username, problem);
    let wait_first = |wait| too_many(wait, show_again);
    let now = state.now();
    let typed: String = credentials.username.chars().take(LONGEST_USERNAME).collect();
    let browser = SignInCookie::Browser.read(&state.settings, &headers);
    let (user, known) = look_up(&state, now, typed.clone(), browser.clone()).await?;
    let network = address.network();
    let attempt = Attempt::new(&normal::username(&typed), &network, known);
    let user_id = user.as_ref().map(|user| user.id.clone());
    let begun = state.limits().sign_ins.begin(now, attempt);
    if let Err(wait) = begun {
        security_log::record_sparingly(Event::LimitHit {
            limit: "sign-in attempts",
            user_id: user_id.as_deref(),
            network: &network,
        });
        return Ok(wait_first(wait));
    }
    let Ok(queued) = state.password_queue.clone().try_acquire_owned() else {
        return Ok(wait_first(TimeDelta::seconds(1)));
    };
    let verified = verified(&state, user, credentials.password.clone()).await?;
    drop(queued);
    let earned = match verified {
        Some(user) => let_in(&state, now, user, browser, request.clone()).await?,
        None => None,
    };
    let Some((code, token)) = earned else {
        security_log::record_sparingly(Event::SignInFailed {
            user_id: user_id.as_deref(),
            network: &network,
            reason: "wrong password, no such account, or a disabled one",
        });
        let page = show_again("The user name or the password is wrong.".to_owned());
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    };
    state.limits().sign_ins.succeeded(attempt);
    security_log::record(Event::SignedIn {
        user_id: user_id.as_deref().unwrap_or_default(),
        network: &network,
        known_browser: known.is_some(),
    });
    let answer = back_to_app(&request, &origin, &[("code", code.reveal())])?;
    let lines =
        SignInCookie::Browser.keep(&state.settings, &headers, token.reveal(), known_browser::MEMORY)?;
    let cookies = AppendHeaders(lines.into_iter().map(|line| (SET_COOKIE, line)));
    Ok((cookies, answer).into_response())
}

/// The page again, with what went wrong.
fn again(state: &AppState, request: &AuthorizationRequest, username: &str, problem: String) -> Markup {
    let page = SignInPage {
        request,
        demo: state.settings.demo,
        username: username.to_owned(),
        problem: Some(problem),
    };
    page.render()
}

fn too_many(wait: TimeDelta, page: impl Fn(String) -> Markup) -> Response {
    let seconds = whole_seconds(wait);
    let page = page(format!("Too many attempts. Try again in {seconds} s."));
    let retry_after = [(RETRY_AFTER, HeaderValue::from(seconds))];
    (StatusCode::TOO_MANY_REQUESTS, retry_after, page).into_response()
}

/// The account that somebody wants to sign in to, and whether their browser did so before.
async fn look_up(
    state: &AppState,
    now: DateTime<Utc>,
    typed: String,
    browser: Option<String>,
) -> Result<(Option<User>, Option<SecretHash>), ApiError> {
    state
        .read(move |tx| -> Result<_, IdentityError> {
            let store = tx.identity();
            let Some(user) = normal::find_account(store, &typed)? else {
                return Ok((None, None));
            };
            let known = known_browser::recognise(store, now, &user.id, browser.as_deref())?;
            Ok((Some(user), known))
        })
        .await
}

/// The code for the app and the token for the browser; none if the account was changed since its password was checked.
async fn let_in(
    state: &AppState,
    now: DateTime<Utc>,
    user: User,
    browser: Option<String>,
    request: AuthorizationRequest,
) -> Result<Option<(Secret, Secret)>, ApiError> {
    state
        .write(move |tx| -> Result<_, IdentityError> {
            let (store, rng) = (tx.identity_mut()?, &mut rand::rng());
            let Some(code) = issue_code_to(store, rng, now, &user, &request)? else {
                return Ok(None);
            };
            let token = known_browser::remember(store, rng, now, &user.id, browser.as_deref())?;
            Ok(Some((code, token)))
        })
        .await
}

/// The answer to a network that asks for this page too often.
pub(in crate::http) fn too_many_requests(wait: TimeDelta) -> Response {
    let seconds = whole_seconds(wait);
    let page = refusal_page(&format!("Too many requests. Try again in {seconds} s."));
    let retry_after = [(RETRY_AFTER, HeaderValue::from(seconds))];
    (StatusCode::TOO_MANY_REQUESTS, retry_after, page).into_response()
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

/// Signing a victim in to the attacker's account needs a form on the attacker's page. Browsers that do not say where a
/// request comes from name at least its origin, unless the page keeps that to itself, as the sign-in page does.
fn posted_from_elsewhere(headers: &HeaderMap, own: &str) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site != "same-origin" && site != "none",
        None => headers
            .get(ORIGIN)
            .is_some_and(|origin| origin != own && origin != "null"),
    }
}

/// The user, if this is their password. The work is the same where there is no such user.
async fn verified(state: &AppState, user: Option<User>, password: String) -> Result<Option<User>, ApiError> {
    let _turn = state
        .password_checks
        .acquire()
        .await
        .map_err(ApiError::internal)?;
    let passwords = state.passwords.clone();
    blocking(move || {
        let matches = passwords.verify(user.as_ref(), &password)?;
        Ok::<_, IdentityError>(user.filter(|_| matches))
    })
    .await
}
