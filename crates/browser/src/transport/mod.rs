//! The way to the server.
//!
//! - [`FetchTransport`]: `fetch`, to the page's own origin or to another server.
//! - [`Download`]: a response whose body is read piece by piece.
//! - [`SharedTransport`]: any transport, as a client takes it.
//!
//! **Progress.** A download tells what it has received and, where the server says so, how much there is. Upload progress
//! cannot be had: `fetch` does not report it.
//!
//! **Abort.** Dropping the future of a request, or its [`Download`], aborts the request.

mod body;
mod download;
mod patience;
mod shared;

use holdfast_core::ports::{Headers, Request, Response, Transport, Unreachable};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestCredentials, RequestInit, RequestRedirect};

pub use self::{
    download::{Download, DownloadError},
    patience::SILENCE_MS,
    shared::SharedTransport,
};
use crate::scope::{describe, property, scope};
use patience::Flight;

/// The slowest link that is waited for while a body is sent, in bytes per second.
const SLOWEST_UPLOAD: u32 = 2_000;

/// `fetch`.
///
/// It follows no redirect, which would lead to a captive portal's page, and neither reads nor writes the browser's HTTP
/// cache. A request is given up after [`SILENCE_MS`] without a byte, however long it takes in all.
///
/// The cookie that holds the refresh token goes to the server of this transport only. A server at another origin must
/// allow the page's origin with credentials (CORS), and expose `Date` and `Retry-After`.
#[derive(Debug, Clone, Default)]
pub struct FetchTransport {
    /// `None`: the page's own origin.
    base: Option<String>,
}

impl FetchTransport {
    /// A transport to a server elsewhere. `base`: an absolute URL; request paths are appended to it:
    /// `https://sync.example.com`, `https://example.com/holdfast`.
    pub fn to(base: &str) -> Self {
        Self {
            base: Some(base.trim_end_matches('/').to_owned()),
        }
    }

    /// Sends a request and returns once the head of its response is there.
    ///
    /// # Errors
    /// If no response came back.
    pub async fn open(&self, request: &Request) -> Result<Download, Unreachable> {
        self.open_any(request)
            .await
            .map_err(|thrown| Unreachable(describe(&thrown)))
    }

    async fn open_any(&self, request: &Request) -> Result<Download, JsValue> {
        let flight = Flight::new()?;
        let headers = web_sys::Headers::new()?;
        headers.set("Accept", "application/json")?;
        for (name, value) in request.headers.iter() {
            headers.set(name, value)?;
        }
        let init = RequestInit::new();
        init.set_signal(Some(&flight.signal()));
        init.set_credentials(self.credentials());
        init.set_cache(RequestCache::NoStore);
        init.set_redirect(RequestRedirect::Error);
        init.set_method(request.method.name());
        let upload = match &request.body {
            Some(body) => body::set(&init, &headers, body).await?,
            None => 0,
        };
        init.set_headers(&headers);
        let sent = web_sys::Request::new_with_str_and_init(&self.url(&request.path)?, &init)?;
        let patience = SILENCE_MS.saturating_add(upload / SLOWEST_UPLOAD * 1_000);
        let fetched = flight
            .within(patience, JsFuture::from(scope().fetch(&sent)?))
            .await?;
        Download::new(flight, &fetched.dyn_into()?)
    }

    fn credentials(&self) -> RequestCredentials {
        match self.base {
            Some(_) => RequestCredentials::Include,
            None => RequestCredentials::SameOrigin,
        }
    }

    /// A path never leads to another server: the token that is sent along is for this one.
    fn url(&self, path: &str) -> Result<String, JsValue> {
        if !path.starts_with('/') {
            return Err(format!("{path} is no path from the server's root").into());
        }
        let own = || property(&property(&scope(), "location"), "origin").as_string();
        let base = self.base.clone().or_else(own).unwrap_or_default();
        Ok(base + path)
    }
}

impl Transport for FetchTransport {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        let download = self.open(&request).await?;
        download.into_response().await.map_err(|error| match error {
            DownloadError::Interrupted(unreachable) => unreachable,
            // No limit was set.
            too_large => Unreachable(too_large.to_string()),
        })
    }
}

fn headers_of(response: &web_sys::Response) -> Headers {
    let mut headers = Headers::default();
    let pairs = js_sys::try_iter(&response.headers()).ok().flatten();
    for pair in pairs.into_iter().flatten().flatten() {
        let pair: Array = pair.unchecked_into();
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string()) {
            headers.set(&name, value);
        }
    }
    headers
}
