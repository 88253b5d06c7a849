//! The shell: the app's own files, kept on the device by the digest of their content.
//!
//! A file's name in the cache holds its digest, so two versions live side by side while the new one waits, and an
//! update fetches only what changed. `fetch` itself checks the digest: a captive portal's page, or a file of yet
//! another build, is never taken for a part of the app.

use std::rc::Rc;

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{
    Cache, Request, RequestCache, RequestInit, RequestMode, Response, ServiceWorkerGlobalScope, Url,
};

use crate::build::{Asset, Build};

/// The cache that holds the shell; `www/sw.js` starts the worker from it.
const CACHE: &str = "holdfast-shell";

/// The page that answers every navigation.
const PAGE: &str = "/index.html";

/// Fetches what this version needs and no earlier version brought.
///
/// # Errors
/// If a file cannot be fetched or has another content.
pub async fn install(build: Rc<Build>) -> Result<(), JsValue> {
    let cache = open().await?;
    let begun = (0..build.files.len()).map(|at| {
        let (cache, build) = (cache.clone(), build.clone());
        future_to_promise(async move {
            fetch_if_missing(&cache, &build.files[at]).await?;
            Ok(JsValue::UNDEFINED)
        })
    });
    let all: Array = begun.collect();
    JsFuture::from(Promise::all(&all)).await.map(drop)
}

/// Removes the files of other versions and serves open pages from now on.
///
/// # Errors
/// If the cache cannot be changed.
pub async fn activate(build: Rc<Build>) -> Result<(), JsValue> {
    let cache = open().await?;
    let origin = scope()?.location().origin();
    let keys = build
        .files
        .iter()
        .map(|file| format!("{origin}{}", file.cache_key()));
    let wanted: Vec<String> = keys.collect();
    for request in Array::from(&JsFuture::from(cache.keys()).await?) {
        let request: Request = request.unchecked_into();
        if !wanted.contains(&request.url()) {
            JsFuture::from(cache.delete_with_request(&request)).await?;
        }
    }
    claim().await
}

/// Serves open pages from now on, those too that were loading when this worker became the active one.
///
/// # Errors
/// If this worker is not the active one.
pub async fn claim() -> Result<(), JsValue> {
    JsFuture::from(scope()?.clients().claim()).await.map(drop)
}

/// Lets a waiting version replace the active one.
///
/// # Errors
/// If the browser refuses.
pub async fn take_over() -> Result<(), JsValue> {
    JsFuture::from(scope()?.skip_waiting()?).await.map(|_| ())
}

/// The cached answer to a navigation or to a request for a file of the shell; `None` for everything else.
///
/// # Errors
/// If the cache cannot be read.
pub async fn answer(build: Rc<Build>, request: &Request) -> Result<Option<Response>, JsValue> {
    if request.method() != "GET" {
        return Ok(None);
    }
    let path = Url::new(&request.url())?.pathname();
    let path = match request.mode() {
        RequestMode::Navigate if !path.starts_with("/api/") => PAGE,
        _ => path.as_str(),
    };
    match build.files.iter().find(|file| file.url == path) {
        Some(file) => cached(&open().await?, file).await,
        None => Ok(None),
    }
}

async fn fetch_if_missing(cache: &Cache, file: &Asset) -> Result<(), JsValue> {
    if cached(cache, file).await?.is_some() {
        return Ok(());
    }
    let options = RequestInit::new();
    options.set_cache(RequestCache::NoCache);
    options.set_integrity(&file.integrity);
    let request = Request::new_with_str_and_init(&file.url, &options)?;
    let response: Response = JsFuture::from(scope()?.fetch_with_request(&request))
        .await?
        .dyn_into()?;
    if !response.ok() {
        return Err(format!(
            "{} answered {}; the new version is tried again later",
            file.url,
            response.status()
        )
        .into());
    }
    JsFuture::from(cache.put_with_str(&file.cache_key(), &response))
        .await
        .map(|_| ())
}

async fn cached(cache: &Cache, file: &Asset) -> Result<Option<Response>, JsValue> {
    Ok(JsFuture::from(cache.match_with_str(&file.cache_key()))
        .await?
        .dyn_into()
        .ok())
}

async fn open() -> Result<Cache, JsValue> {
    JsFuture::from(scope()?.caches()?.open(CACHE)).await?.dyn_into()
}

/// What this runs in.
///
/// # Errors
/// Anywhere but in a service worker.
pub fn scope() -> Result<ServiceWorkerGlobalScope, JsValue> {
    js_sys::global()
        .dyn_into()
        .map_err(|_| "this runs in a service worker only".into())
}
