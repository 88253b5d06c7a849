//! By which names the server answers, and what only the operator's listener does.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{Answer, Server};
use reqwest::StatusCode;

const EVERYWHERE: [(&str, &str); 12] = [
    ("GET", "/"),
    ("GET", "/sw.js"),
    ("GET", "/missing.png"),
    ("HEAD", "/app-0123456789abcdef.js"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/oauth/authorize"),
    ("POST", "/oauth/token"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/api/v1/me"),
    ("POST", "/api/v1/sync/push"),
    ("OPTIONS", "/api/v1/work-orders"),
];

/// Sends a request as it is written, and reads the answer to its end.
fn raw(server: &Server, request: &str) -> String {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_to_a_name_that_is_not_the_server_s() {
    let server = Server::start().await;
    for (method, path) in EVERYWHERE {
        for host in [
            "rebound.example",
            "rebound.example:80",
            "localhost.rebound.example",
            "192.0.2.1",
        ] {
            let method = method.parse().unwrap();
            let request = server.client.request(method, format!("{}{path}", server.base));
            let answer = Answer::of(request.header("host", host)).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{path} {host}");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            if path != "/app-0123456789abcdef.js" {
                let message = answer.body["error"]["message"].as_str().unwrap();
                assert!(message.contains("--allowed-host"), "{message}");
            }
        }
        for host in ["localhost", "localhost:1234", "127.0.0.1", "[::1]:8080"] {
            let method = method.parse().unwrap();
            let request = server.client.request(method, format!("{}{path}", server.base));
            let status = Answer::of(request.header("host", host)).await.status;
            assert_ne!(status, StatusCode::MISDIRECTED_REQUEST, "{path} {host}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_line_cannot_name_another_host_than_the_header() {
    let server = Server::start().await;
    let ending = "Connection: close\r\n\r\n";
    let table = [
        (
            format!("GET http://rebound.example/ HTTP/1.1\r\nHost: localhost\r\n{ending}"),
            "421",
        ),
        (
            format!("GET http://localhost/ HTTP/1.1\r\nHost: rebound.example\r\n{ending}"),
            "421",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n{ending}"),
            "400",
        ),
        (format!("GET / HTTP/1.1\r\n{ending}"), "400"),
        (format!("GET / HTTP/1.0\r\n{ending}"), "400"),
        (
            format!("GET / HTTP/1.1\r\nHost: rebound.example\r\nX-Forwarded-Host: localhost\r\n{ending}"),
            "421",
        ),
        (
            format!("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n{ending}"),
            "404",
        ),
    ];
    for (request, status) in table {
        let answer = raw(&server, &request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} "))
                || answer.starts_with(&format!("HTTP/1.0 {status} ")),
            "{request} {answer}"
        );
    }
}

#[tokio::test]
async fn what_is_the_operator_s_moves_to_a_listener_of_its_own() {
    let server = Server::start_with(|settings| settings.separate_operations = true).await;
    let operations = server.operations.clone().unwrap();
    for path in ["/readyz", "/metrics", "/api/v1/openapi.json"] {
        for method in ["GET", "HEAD", "POST"] {
            let request = server
                .client
                .request(method.parse().unwrap(), format!("{}{path}", server.base));
            let request = request.header("accept", "text/html");
            assert_eq!(
                Answer::of(request).await.status,
                StatusCode::NOT_FOUND,
                "{method} {path}"
            );
        }
        let request = server
            .client
            .get(format!("{operations}{path}"))
            .header("host", "10.0.0.7:9090");
        assert_eq!(Answer::of(request).await.status, StatusCode::OK, "{path}");
    }
    for base in [&server.base, &operations] {
        let answer = Answer::of(server.client.get(format!("{base}/healthz"))).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "devices ask the one, orchestrators the other"
        );
    }
    for path in ["/", "/api/v1/me", "/oauth/authorize", "/sw.js"] {
        let answer = Answer::of(server.client.get(format!("{operations}{path}"))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}
