//! Bodies that would cost far more than they weigh: refused by each route that takes JSON, before anything is built.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Server};

const ROUTES: [(Method, &str); 5] = [
    (Method::POST, "/api/v1/sync/push"),
    (Method::POST, "/api/v1/work-orders"),
    (Method::PATCH, "/api/v1/work-orders/WO-000001"),
    (Method::POST, "/api/v1/conflicts/nowhere/resolve"),
    (Method::POST, "/api/v1/audit/nowhere/restore"),
];

/// Each with what it is refused with, and a word of the message.
fn hostile() -> Vec<(String, StatusCode, &'static str)> {
    let times = |piece: &str, count: usize| piece.repeat(count);
    let members: Vec<String> = (0..3_000).map(|at| format!("\"m{at}\":0")).collect();
    vec![
        (times("[", 100_000), StatusCode::BAD_REQUEST, "nested"),
        (times("{\"a\":", 100_000), StatusCode::BAD_REQUEST, "nested"),
        (
            format!("{}1{}", times("[", 100), times("]", 100)),
            StatusCode::BAD_REQUEST,
            "nested",
        ),
        (
            format!("{{\"operations\":[{}0]}}", times("0,", 200_000)),
            StatusCode::PAYLOAD_TOO_LARGE,
            "values",
        ),
        (
            format!("{{\"title\":[{}0]}}", times("{\"a\":0},", 60_000)),
            StatusCode::PAYLOAD_TOO_LARGE,
            "values",
        ),
        (
            format!("{{{}}}", members.join(",")),
            StatusCode::PAYLOAD_TOO_LARGE,
            "members",
        ),
        (
            format!("{{\"title\":\"{}\"}}", times("x", 4_194_305)),
            StatusCode::PAYLOAD_TOO_LARGE,
            "string",
        ),
        (
            format!("{{\"title\":{}}}", times("1", 100_000)),
            StatusCode::BAD_REQUEST,
            "number",
        ),
        (
            "{\"title\":\"a\",\"title\":\"b\"}".into(),
            StatusCode::BAD_REQUEST,
            "one name",
        ),
        (
            "{\"title\":\"a\",\"t\\u0069tle\":\"b\"}".into(),
            StatusCode::BAD_REQUEST,
            "one name",
        ),
    ]
}

#[tokio::test]
async fn a_body_that_would_expand_is_refused_by_each_route() {
    let server = Server::start().await;
    let token = server.sign_in("admin").await.access_token().to_owned();
    for (body, status, word) in hostile() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(body.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        for (method, path) in ROUTES {
            let request = server
                .client
                .request(method.clone(), format!("{}{path}", server.base))
                .bearer_auth(&token);
            let plain = request
                .try_clone()
                .unwrap()
                .header("content-type", "application/json; charset=utf-8");
            // Packed, most of it is a few kilobytes.
            let packed = request
                .header("content-type", "application/merge-patch+json")
                .header("content-encoding", "gzip");
            for request in [plain.body(body.clone()), packed.body(gzip.clone())] {
                let answer = Answer::of(request).await;
                assert_eq!(answer.status, status, "{method} {path} {:.40}", body);
                let error = &answer.body["error"];
                assert_eq!(error["code"], "VALIDATION_ERROR");
                assert!(error["message"].as_str().unwrap().contains(word), "{error}");
            }
        }
    }
    let list = Answer::of(server.get("/api/v1/work-orders?limit=500").bearer_auth(&token)).await;
    assert_eq!(list.status, StatusCode::OK);
}

#[tokio::test]
async fn another_kind_of_body_is_refused_as_such_whatever_it_holds() {
    let server = Server::start().await;
    let token = server.sign_in("admin").await.access_token().to_owned();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let request = server
            .post("/api/v1/work-orders")
            .bearer_auth(&token)
            .header("content-type", kind);
        let answer = Answer::of(request.body("[".repeat(1_000))).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

#[tokio::test]
async fn a_key_has_a_length() {
    let server = Server::start().await;
    let token = server.sign_in("technician").await.access_token().to_owned();
    let create = |key: String| {
        let request = server
            .post("/api/v1/work-orders")
            .bearer_auth(&token)
            .header("idempotency-key", key);
        Answer::of(request.json(&json!({ "title": "Leak" })))
    };
    assert_eq!(create("k".repeat(129)).await.status, StatusCode::BAD_REQUEST);
    assert_ne!(create("k".repeat(128)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_reader_goes_on_by_cursor() {
    let server = Server::start().await;
    let token = server.sign_in("supervisor").await.access_token().to_owned();
    let ask = |since: String| {
        let path = format!("/api/v1/sync/delta?since={since}&entities=work-orders&limit=3");
        Answer::of(server.get(&path).bearer_auth(&token))
    };
    let (mut since, mut seen) = ("2020-01-01T00:00:00+00:00".to_owned(), 0);
    for turn in 0.. {
        assert!(turn < 100);
        let page = ask(since).await;
        assert_eq!(page.status, StatusCode::OK, "{:?}", page.body);
        let rows = page.body["changes"]["workOrders"].as_array().map_or(0, Vec::len);
        assert!(rows <= 3);
        seen += rows;
        since = page.body["cursor"].as_str().unwrap().to_owned();
        if page.body["hasMore"] == false {
            break;
        }
    }
    assert!(seen > 5, "{seen}");
    assert_eq!(ask("reader.another.0".into()).await.status, StatusCode::GONE);
    let repeated = vec!["work-orders"; 500].join(",");
    let answer = Answer::of(
        server
            .get(&format!("/api/v1/sync/digest?entities={repeated}"))
            .bearer_auth(&token),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_restoration_names_each_value_once() {
    let server = Server::start().await;
    let token = server.sign_in("admin").await.access_token().to_owned();
    let restore = |losing: Vec<usize>| {
        let request = server.post("/api/v1/audit/nowhere/restore").bearer_auth(&token);
        Answer::of(request.json(&json!({ "losing": losing })))
    };
    assert_eq!(restore(vec![0; 50_000]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(restore((0..501).collect()).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(restore(vec![0, 1]).await.status, StatusCode::NOT_FOUND);
}

/// A reader of doubles would round it without a word: the digits arrive, and the field keeps or refuses them.
#[tokio::test]
async fn a_number_with_more_digits_than_a_double_is_kept_or_refused_at_its_field() {
    let server = Server::start().await;
    let token = server.sign_in("technician").await.access_token().to_owned();
    let post = async |text: String| {
        let request = server.post("/api/v1/work-orders").bearer_auth(&token);
        Answer::of(request.header("content-type", "application/json").body(text)).await
    };
    let order = |hours: &str| {
        format!(
            "{{\"title\":\"Pump\",\"siteId\":\"north\",\"laborRecords\":[{{\"laborId\":\"l1\",\"hours\":{hours}}}]}}"
        )
    };
    for refused in [
        "1e400",
        "1e-400",
        "0.1234567890123456789012345678901234567890",
        "9e99",
    ] {
        let answer = post(order(refused)).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{refused}: {:?}",
            answer.body
        );
        let field = &answer.body["error"]["fields"][0]["field"];
        assert_eq!(field, "laborRecords[0].hours", "{refused}: {:?}", answer.body);
    }
    for (sent, stored) in [
        ("0.1000000000000000055", json!("0.1000000000000000055")),
        ("1.50", json!(1.5)),
    ] {
        let answer = post(order(sent)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{sent}: {:?}", answer.body);
        assert_eq!(answer.body["laborRecords"][0]["hours"], stored, "{sent}");
    }
}
