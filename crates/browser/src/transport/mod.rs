//! The way to the server: `fetch` on the app's own origin, with the cookie that holds the refresh token.
//!
//! A redirect is not followed: it would lead to a captive portal's page. Nothing is read from or written to the
//! browser's HTTP cache. A request is given up when nothing has come for [`SILENCE_MS`], however long it takes in all:
//! a slow link is not a broken one.

mod body;

use gloo::timers::callback::Timeout;
use holdfast_core::{
    Timestamp,
    ports::{Body, Method, Request, Response, Transport, Unreachable},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect};

use crate::scope::{describe, scope};

/// For how long nothing may come, in milliseconds.
pub const SILENCE_MS: u32 = 30_000;

/// The slowest link that is waited for while a body is sent, in bytes per second.
const SLOWEST_UPLOAD: u32 = 2_000;

/// `fetch`. Paths are of the page's own origin.
#[derive(Debug, Clone, Copy, Default)]
pub struct FetchTransport;

impl Transport for FetchTransport {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        exchange(&request)
            .await
            .map_err(|thrown| Unreachable(describe(&thrown)))
    }
}

async fn exchange(request: &Request) -> Result<Response, JsValue> {
    let controller = AbortController::new()?;
    let patience = Patience::new(&controller);
    let headers = Headers::new()?;
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_cache(RequestCache::NoStore);
    init.set_redirect(RequestRedirect::Error);
    init.set_method(match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    });
    headers.set("Accept", "application/json")?;
    if let Some(token) = &request.bearer {
        headers.set("Authorization", &format!("Bearer {token}"))?;
    }
    let mut upload = 0;
    match &request.body {
        Some(Body::Json(json)) => {
            headers.set("Content-Type", "application/json")?;
            upload = body::set(&init, &headers, json).await?;
        }
        Some(Body::Form(form)) => {
            headers.set("Content-Type", "application/x-www-form-urlencoded")?;
            init.set_body(&JsValue::from_str(form));
        }
        None => {}
    }
    init.set_headers(&headers);
    patience.restart(SILENCE_MS.saturating_add(upload / SLOWEST_UPLOAD * 1_000));
    let request = web_sys::Request::new_with_str_and_init(&request.path, &init)?;
    let response: web_sys::Response = JsFuture::from(scope().fetch(&request)?).await?.dyn_into()?;
    patience.restart(SILENCE_MS);
    let retry_after = response.headers().get("Retry-After")?;
    let date = response.headers().get("Date")?;
    let body = body::read(&response, || patience.restart(SILENCE_MS)).await?;
    Ok(Response {
        status: response.status(),
        retry_after: retry_after.and_then(|seconds| seconds.trim().parse().ok()),
        date: date.and_then(|date| time_of(&date)),
        body,
    })
}

/// The time of an HTTP date; `None` if it is none.
fn time_of(date: &str) -> Option<Timestamp> {
    let milliseconds = js_sys::Date::parse(date);
    milliseconds
        .is_finite()
        .then(|| Timestamp::from_timestamp_millis(milliseconds as i64))?
}

/// Gives a request up when it runs out.
struct Patience<'a> {
    controller: &'a AbortController,
    timer: std::cell::RefCell<Option<Timeout>>,
}

impl<'a> Patience<'a> {
    fn new(controller: &'a AbortController) -> Self {
        Self {
            controller,
            timer: std::cell::RefCell::default(),
        }
    }

    fn restart(&self, milliseconds: u32) {
        let controller = self.controller.clone();
        let reason = format!("no answer for {} s", milliseconds / 1_000);
        let timer = Timeout::new(milliseconds, move || controller.abort_with_reason(&reason.into()));
        self.timer.replace(Some(timer));
    }
}
