//! The way to the server in a real browser.

#![allow(clippy::unwrap_used)]

mod support;

use holdfast_browser::{
    clock::PlatformClock,
    transport::{DownloadError, FetchTransport, SharedTransport},
};
use holdfast_core::ports::{Body, Clock, Method, Request, Response, Transport, Unreachable};
use support::script;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Puts a function in the place of `fetch`; [`give_back`] ends it. Tests of one page run one after the other.
async fn instead_of_fetch(function: &str) {
    script(
        &format!("globalThis.original = fetch; globalThis.aborted = 0; globalThis.fetch = {function};"),
        &[],
    )
    .await;
}

async fn give_back() {
    script("globalThis.fetch = original", &[]).await;
}

/// Answers with what the request says.
const ECHO: &str = r#"async (request) => {
    const encoding = request.headers.get("Content-Encoding");
    let body = (await request.blob()).stream();
    if (encoding === "gzip") body = body.pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(body).text();
    const said = [request.method, new URL(request.url).pathname, request.headers.get("Authorization"),
        request.headers.get("Content-Type"), encoding, request.cache, request.redirect, request.credentials, text.length];
    return new Response(said.join(" "), { status: 429, headers: { "Retry-After": "7" } });
}"#;

/// Sends a piece of three bytes, then a second one after a while, unless the request is aborted.
const TWO_PIECES: &str = r#"async (request) => {
    request.signal.addEventListener("abort", () => globalThis.aborted++);
    const body = new ReadableStream({
        async start(stream) {
            stream.enqueue(new Uint8Array([1, 2, 3]));
            await new Promise((done) => setTimeout(done, 50));
            stream.enqueue(new Uint8Array([4, 5, 6]));
            stream.close();
        },
    });
    return new Response(body, { headers: { "Content-Length": "6", "ETag": "\"7\"" } });
}"#;

async fn sent(request: Request) -> Response {
    FetchTransport::default().send(request).await.unwrap()
}

async fn aborted() -> f64 {
    script("return globalThis.aborted", &[]).await.as_f64().unwrap()
}

#[wasm_bindgen_test]
async fn a_request_says_what_it_should_and_a_large_one_is_compressed() {
    instead_of_fetch(ECHO).await;
    let plain = sent(Request::get("/x").with_bearer("t0k")).await;
    let form = sent(Request::form("/x", "a=b".into())).await;
    let large = sent(Request::json(Method::Post, "/x", "x".repeat(5_000))).await;
    let photo = Body {
        content_type: "image/jpeg".into(),
        bytes: vec![0xff; 5_000],
    };
    let photo = sent(Request::new(Method::Patch, "/x").with_body(photo)).await;
    give_back().await;
    assert_eq!((plain.status, plain.retry_after()), (429, Some(7)));
    assert_eq!(plain.text(), "GET /x Bearer t0k   no-store error same-origin 0");
    assert_eq!(
        form.text(),
        "POST /x  application/x-www-form-urlencoded  no-store error same-origin 3"
    );
    assert_eq!(
        large.text(),
        "POST /x  application/json gzip no-store error same-origin 5000"
    );
    let photo = photo.into_text();
    assert!(
        photo.starts_with("PATCH /x  image/jpeg  no-store"),
        "not compressed: {photo}"
    );
}

#[wasm_bindgen_test]
async fn another_server_gets_its_own_addresses_and_its_cookie() {
    instead_of_fetch("async (request) => new Response(`${request.url} ${request.credentials}`)").await;
    let elsewhere = FetchTransport::to("https://sync.example.com/holdfast/");
    let answer = elsewhere.send(Request::get("/api/v1/me?a=b")).await.unwrap();
    let astray = elsewhere.send(Request::get("@example.org/")).await;
    give_back().await;
    assert_eq!(
        answer.text(),
        "https://sync.example.com/holdfast/api/v1/me?a=b include"
    );
    assert!(astray.is_err(), "no path leads to another server");
}

#[wasm_bindgen_test]
async fn a_download_comes_piece_by_piece() {
    instead_of_fetch(TWO_PIECES).await;
    let mut download = FetchTransport::default().open(&Request::get("/x")).await.unwrap();
    assert_eq!((download.status(), download.total()), (200, Some(6)));
    assert_eq!(download.headers().get("etag"), Some("\"7\""));
    assert_eq!(download.next().await.unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(download.received(), 3);
    assert_eq!(download.next().await.unwrap(), Some(vec![4, 5, 6]));
    assert_eq!(download.next().await.unwrap(), None);
    drop(download);
    let aborted = aborted().await;
    give_back().await;
    assert_eq!(aborted, 0.0, "it was read to its end");
}

#[wasm_bindgen_test]
async fn a_download_over_its_limit_is_aborted() {
    instead_of_fetch(TWO_PIECES).await;
    let download = FetchTransport::default().open(&Request::get("/x")).await.unwrap();
    let read = download.with_limit(5).into_response().await;
    let aborted = aborted().await;
    give_back().await;
    assert_eq!(read, Err(DownloadError::TooLarge(5)));
    assert_eq!(aborted, 1.0);
}

#[wasm_bindgen_test]
async fn a_request_that_nobody_waits_for_is_aborted() {
    instead_of_fetch(
        r#"(request) => new Promise(() => request.signal.addEventListener("abort", () => globalThis.aborted++))"#,
    )
    .await;
    {
        let transport = FetchTransport::default();
        let mut sending = Box::pin(transport.send(Request::get("/x")));
        assert!(futures::poll!(sending.as_mut()).is_pending());
    }
    PlatformClock.sleep(20).await;
    let aborted = aborted().await;
    give_back().await;
    assert_eq!(aborted, 1.0);
}

#[wasm_bindgen_test]
async fn real_requests_are_answered_or_unreachable() {
    let answer = sent(Request::get("/no-such-file")).await;
    assert_eq!(answer.status, 404);
    let nowhere = FetchTransport::to("http://127.0.0.1:9")
        .send(Request::get("/"))
        .await;
    assert!(nowhere.is_err(), "{nowhere:?}");
}

struct Scripted;

impl Transport for Scripted {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        match request.path.as_str() {
            "/there" => Ok(Response::new(200, "it")),
            other => Err(Unreachable(other.to_owned())),
        }
    }
}

#[wasm_bindgen_test]
async fn a_shared_transport_is_the_one_that_was_given() {
    let shared = SharedTransport::new(Scripted);
    let again = shared.clone();
    assert_eq!(
        shared.send(Request::get("/there")).await,
        Ok(Response::new(200, "it"))
    );
    assert_eq!(
        again.send(Request::get("/gone")).await,
        Err(Unreachable("/gone".into()))
    );
}
