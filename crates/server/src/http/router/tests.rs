//! The wrapping that every API route shares, driven on routes made for it.

use std::io::Write;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::http::ApiJson;

fn state() -> (tempfile::TempDir, AppState) {
    use crate::http::SecurityHeaders;
    use crate::http::hosts::AllowedHosts;
    use crate::http::state::Settings;
    use crate::identity::grant::Lifetimes;
    use crate::storage::database::Database;
    use crate::storage::port::Organisation;
    use crate::storage::sqlite::SqliteDatabase;
    use chrono::TimeDelta;

    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        web: folder.path().to_owned(),
        demo: false,
        public_url: None,
        hosts: AllowedHosts::for_listener(std::net::Ipv4Addr::LOCALHOST.into(), None, &[]),
        separate_operations: false,
        secure_cookies: false,
        behind_proxy: false,
        lifetimes: Lifetimes {
            access: TimeDelta::minutes(10),
            refresh: TimeDelta::days(30),
            session: TimeDelta::days(90),
            settling: crate::identity::grant::SETTLING,
        },
        api_limits: crate::http::quotas::ApiLimits::default(),
    };
    let headers = SecurityHeaders::for_app(folder.path(), None).unwrap();
    let database = SqliteDatabase::open(&folder.path().join("test.db")).unwrap();
    let database = Database::Sqlite(database);
    let state = AppState::new(
        settings,
        headers,
        std::sync::Arc::default(),
        (database.into(), Organisation::ONLY),
    )
    .unwrap();
    (folder, state)
}

async fn measure(ApiJson(value): ApiJson<String>) -> Json<usize> {
    Json(value.len())
}

async fn panic() -> StatusCode {
    panic!("out of tea")
}

/// Sends a request through the same layers as the real routes have; gives status and body.
async fn send(path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> (StatusCode, Value) {
    let (_folder, state) = state();
    let routes = Router::new()
        .route("/api/measure", post(measure))
        .route("/api/panic", post(panic));
    let router = guard(wrap_api(routes), &state).with_state(state);
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(body.into()).unwrap()).await.unwrap();
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

const JSON: (&str, &str) = ("content-type", "application/json");
const GZIP: (&str, &str) = ("content-encoding", "gzip");

fn text(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn bodies_may_be_gzipped_or_plain() {
    assert_eq!(
        send("/api/measure", &[JSON], text(5)).await,
        (StatusCode::OK, 5.into())
    );
    assert_eq!(
        send("/api/measure", &[JSON, GZIP], gzip(&text(5))).await,
        (StatusCode::OK, 5.into())
    );
}

#[tokio::test]
async fn unreadable_bodies_are_told_in_the_api_s_shape() {
    let too_large = gzip(&text(BODY_LIMIT));
    assert!(
        too_large.len() < BODY_LIMIT / 100,
        "the limit counts what it unpacks to"
    );
    let table = [
        (
            "unpacks to too much",
            vec![JSON, GZIP],
            too_large,
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            "too large",
            vec![JSON],
            text(BODY_LIMIT).into_bytes(),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            "not gzip",
            vec![JSON, GZIP],
            text(5).into_bytes(),
            StatusCode::BAD_REQUEST,
        ),
        (
            "another encoding",
            vec![JSON, ("content-encoding", "br")],
            vec![1],
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "no type",
            vec![],
            text(5).into_bytes(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        ("cut off", vec![JSON], b"\"abc".to_vec(), StatusCode::BAD_REQUEST),
        (
            "another shape",
            vec![JSON],
            b"[1]".to_vec(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ];
    for (name, headers, body, expected) in table {
        let (status, answer) = send("/api/measure", &headers, body).await;
        assert_eq!(status, expected, "{name}");
        assert_eq!(answer["error"]["code"], "VALIDATION_ERROR", "{name}");
        assert!(
            answer["error"]["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_panic_is_answered_without_its_cause() {
    let (status, answer) = send("/api/panic", &[], Body::empty()).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer["error"]["code"], "SERVER_ERROR");
    assert!(
        !answer.to_string().contains("tea"),
        "the cause is for the log only: {answer}"
    );
}

#[tokio::test]
async fn answers_are_compressed_by_what_the_reader_takes_and_by_their_size() {
    let browser = "gzip, deflate, br, zstd";
    let table = [
        // path, taken, encoding
        ("/api/page", browser, Some("zstd")),
        ("/api/row", browser, Some("br")),
        ("/api/page", "gzip, br", Some("br")),
        ("/api/page", "gzip", Some("gzip")),
        ("/api/page", "zstd;q=0, br", Some("br")),
        ("/api/row", "zstd", None),
        ("/api/page", "identity", None),
    ];
    for (path, taken, encoding) in table {
        let (_folder, state) = state();
        let routes = Router::new()
            .route("/api/page", get(async || Json("record ".repeat(10_000))))
            .route("/api/row", get(async || Json("record ".repeat(100))));
        let router = guard(wrap_api(routes), &state).with_state(state);
        let request = Request::get(path).header("accept-encoding", taken);
        let response = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let chosen = response.headers().get("content-encoding");
        assert_eq!(
            chosen.map(|name| name.to_str().unwrap()),
            encoding,
            "{path} for {taken}"
        );
        let length = to_bytes(response.into_body(), 1 << 20).await.unwrap().len();
        assert!(
            (length < 200) == encoding.is_some(),
            "{path} for {taken}: {length} bytes"
        );
    }
}
