//! The built app, as a browser gets it.

use crate::support::Server;
use reqwest::{Response, StatusCode};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers.iter().fold(server.get(path), |request, (name, value)| {
        request.header(*name, *value)
    });
    request.send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn files_have_their_type_and_their_cache_policy() {
    let server = Server::start().await;
    let table = [
        ("/index.html", "text/html", "no-cache"),
        ("/sw.js", "text/javascript", "no-cache"),
        ("/app-0123456789abcdef.js", "text/javascript", IMMUTABLE),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm", IMMUTABLE),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
    ];
    for (path, kind, policy) in table {
        let response = get(&server, path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(
            header(&response, "content-type").unwrap().starts_with(kind),
            "{path}: {response:?}"
        );
        assert_eq!(header(&response, "cache-control"), Some(policy), "{path}");
    }
}

#[tokio::test]
async fn compressed_siblings_are_sent_to_those_who_take_them() {
    let server = Server::start().await;
    let table = [
        ("br, gzip", Some("br"), "wasm in brotli"),
        ("gzip", Some("gzip"), "wasm in gzip"),
        ("identity", None, "\0asm plain"),
    ];
    for (accepted, encoding, content) in table {
        let response = get(
            &server,
            "/app-0123456789abcdef_bg.wasm",
            &[("accept-encoding", accepted)],
        )
        .await;
        assert_eq!(header(&response, "content-encoding"), encoding, "{accepted}");
        assert_eq!(
            header(&response, "content-type"),
            Some("application/wasm"),
            "{accepted}"
        );
        assert_eq!(header(&response, "cache-control"), Some(IMMUTABLE), "{accepted}");
        assert_eq!(response.bytes().await.unwrap(), content, "{accepted}");
    }
}

#[tokio::test]
async fn a_navigation_gets_the_app_and_a_missing_file_does_not() {
    let server = Server::start().await;
    let navigation = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for path in [
        "/",
        "/signed-in?code=x",
        "/work-orders/0123456789abcdef0123",
        "/a/b/c",
    ] {
        let response = get(&server, path, &navigation).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&response, "cache-control"), Some("no-cache"), "{path}");
        assert!(
            response.text().await.unwrap().contains("<title>Holdfast</title>"),
            "{path}"
        );
    }
    for path in ["/missing.js", "/app-ffffffffffffffff_bg.wasm", "/work-orders/1"] {
        let response = get(&server, path, &[("accept", "*/*")]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            header(&response, "content-type"),
            Some("application/json"),
            "{path}"
        );
        assert_eq!(header(&response, "cache-control"), None, "{path}");
    }
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let server = Server::start().await;
    for path in ["/", "/index.html", "/sw.js"] {
        let first = get(&server, path, &[("accept", "text/html")]).await;
        let etag = header(&first, "etag").unwrap().to_owned();
        let again = get(
            &server,
            path,
            &[("accept", "text/html"), ("if-none-match", &etag)],
        )
        .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(header(&again, "cache-control"), Some("no-cache"), "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let server = Server::start().await;
    for path in [
        "/../test.db",
        "/%2e%2e/test.db",
        "/..%2ftest.db",
        "/assets/%2e%2e/%2e%2e/test.db",
    ] {
        let response = get(&server, path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
