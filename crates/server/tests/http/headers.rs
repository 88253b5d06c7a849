//! Headers, error shapes and the operator's endpoints.

use crate::support::{Answer, Server};
use reqwest::StatusCode;

#[tokio::test]
async fn every_page_is_guarded() {
    let server = Server::start().await;
    for path in ["/", "/sw.js", "/oauth/authorize", "/metrics"] {
        let response = server
            .get(path)
            .header("accept", "text/html")
            .send()
            .await
            .unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-c29tZSBzY3JpcHQ=';"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(header("permissions-policy").contains("microphone=()"), "{path}");
    }
}

#[tokio::test]
async fn data_can_neither_load_nor_be_framed_nor_be_taken_for_something_else() {
    let server = Server::start().await;
    for path in [
        "/api/v1/me",
        "/api/v1/nothing",
        "/api/v1/openapi.json",
        "/healthz",
        "/missing.png",
    ] {
        let response = server.get(path).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(header("content-type"), "application/json", "{path}");
        let policy = header("content-security-policy");
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(!response.headers().contains_key("permissions-policy"), "{path}");
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_told_in_the_api_s_shape() {
    let server = Server::start().await;
    let table = [
        (server.get("/api/v2/nothing"), StatusCode::NOT_FOUND, "NOT_FOUND"),
        (server.get("/api"), StatusCode::NOT_FOUND, "NOT_FOUND"),
        (server.get("/oauth/nothing"), StatusCode::NOT_FOUND, "NOT_FOUND"),
        (
            server.post("/api/v1/me"),
            StatusCode::METHOD_NOT_ALLOWED,
            "VALIDATION_ERROR",
        ),
        (
            server.get("/oauth/token"),
            StatusCode::METHOD_NOT_ALLOWED,
            "VALIDATION_ERROR",
        ),
    ];
    for (request, status, code) in table {
        let answer = Answer::of(request.header("accept", "text/html")).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (status, &code.into()),
            "{answer:?}"
        );
        assert_eq!(answer.headers["cache-control"], "no-store", "{answer:?}");
    }
}

#[tokio::test]
async fn the_operator_sees_health_and_metrics() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = Answer::of(server.get(path)).await;
        let expected = serde_json::json!({ "status": "ok", "service": "holdfast" });
        assert_eq!((answer.status, answer.body), (StatusCode::OK, expected));
    }
    server.get("/api/v1/devices/some-secret-id").send().await.unwrap();
    let answer = Answer::of(server.get("/metrics")).await;
    let text = answer.body.as_str().unwrap();
    let counted = "holdfast_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1";
    assert!(text.contains(counted), "{text}");
    assert!(text.contains("holdfast_http_request_seconds_bucket"), "{text}");
    assert!(
        text.contains("route=\"/api/v1/devices/{id}\"") && !text.contains("some-secret-id"),
        "{text}"
    );
}
