//! What one user may ask of the API, and that it stops nobody else.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::support::{Answer, Server};
use holdfast_server::http::quotas::Budget;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

fn budget(burst: u32) -> Budget {
    // One more each second: longer than a test takes for what it counts.
    Budget::new(NonZeroU32::new(burst).unwrap(), NonZeroU32::MIN)
}

fn push(server: &Server, tokens: &Answer, operations: usize) -> RequestBuilder {
    let operation = |number: usize| {
        json!({ "queueId": format!("q{number}"), "kind": "no.such-kind", "domain": "maintenance", "entityType": "work-order",
            "entityId": "WO-000001", "operation": "update", "payload": {}, "base": {}, "queuedAt": "2026-11-21T08:30:00Z",
            "clockOffsetMs": 0 })
    };
    let operations: Vec<Value> = (0..operations).map(operation).collect();
    let body = json!({ "deviceId": tokens.body["device_id"], "packVersions": {}, "operations": operations });
    server
        .post("/api/v1/sync/push")
        .bearer_auth(tokens.access_token())
        .json(&body)
}

fn assert_limited(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    assert_eq!(answer.body["error"]["code"], "RATE_LIMITED");
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait >= 1);
}

#[tokio::test]
async fn reads_and_writes_have_budgets_of_their_own_for_each_device_and_user() {
    let server = Server::start_with(|settings| {
        settings.api_limits.device_reads = budget(20);
        settings.api_limits.device_writes = budget(60);
        settings.api_limits.user_writes = budget(100);
    })
    .await;
    let (phone, desk) = (
        server.sign_in("technician").await,
        server.sign_in("technician").await,
    );
    let other = server.sign_in("supervisor").await;

    assert_eq!(Answer::of(push(&server, &phone, 50)).await.status, StatusCode::OK);
    assert_limited(&Answer::of(push(&server, &phone, 50)).await);
    for (method, path) in [
        ("POST", "/api/v1/work-orders"),
        ("PATCH", "/api/v1/work-orders/WO-000001"),
        ("DELETE", "/api/v1/work-orders/WO-000001"),
        ("POST", "/api/v1/conflicts/none/resolve"),
    ] {
        let mut limited = None;
        for _ in 0..80 {
            let request = server
                .client
                .request(method.parse().unwrap(), format!("{}{path}", server.base));
            let answer = Answer::of(request.bearer_auth(phone.access_token()).json(&json!({}))).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                limited = Some(answer);
                break;
            }
        }
        assert_limited(&limited.unwrap());
    }
    assert_eq!(
        server.me(phone.access_token()).await.status,
        StatusCode::OK,
        "reads go on"
    );

    assert_eq!(Answer::of(push(&server, &desk, 20)).await.status, StatusCode::OK);
    assert_limited(&Answer::of(push(&server, &desk, 50)).await);
    assert_eq!(Answer::of(push(&server, &other, 50)).await.status, StatusCode::OK);

    let mut limited = None;
    for _ in 0..80 {
        let answer = server.me(phone.access_token()).await;
        if answer.status != StatusCode::OK {
            limited = Some(answer);
            break;
        }
    }
    assert_limited(&limited.unwrap());
    assert_eq!(server.me(desk.access_token()).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_s_waiting_requests_are_bounded_and_leave_others_alone() {
    let server = Server::start_with(|settings| {
        settings.api_limits.at_once = 1;
        settings.api_limits.waiting = 1;
    })
    .await;
    let (one, other) = (
        server.sign_in("technician").await,
        server.sign_in("supervisor").await,
    );
    let blocker = rusqlite::Connection::open(server.database_path()).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The first waits for the database, the second for the first; one of the three is refused at once.
    let mut pushes = tokio::task::JoinSet::new();
    for _ in 0..3 {
        pushes.spawn(Answer::of(push(&server, &one, 1)));
    }
    let refused = pushes.join_next().await.unwrap().unwrap();
    assert_limited(&refused);
    assert_eq!(server.me(other.access_token()).await.status, StatusCode::OK);
    blocker.execute_batch("ROLLBACK").unwrap();
    while let Some(answer) = pushes.join_next().await {
        assert_eq!(answer.unwrap().status, StatusCode::OK);
    }
    assert_eq!(server.me(one.access_token()).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_for_the_database_is_told_and_nothing_of_the_request_is_stored() {
    let server = Server::start_with(|settings| settings.api_limits.queue = 0).await;
    let users = [
        server.sign_in("technician").await,
        server.sign_in("supervisor").await,
        server.sign_in("admin").await,
    ];
    let blocker = rusqlite::Connection::open(server.database_path()).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut pushes = tokio::task::JoinSet::new();
    for user in &users {
        for _ in 0..3 {
            pushes.spawn(Answer::of(push(&server, user, 1)));
        }
    }
    let refused = pushes.join_next().await.unwrap().unwrap();
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers["retry-after"], "1");
    blocker.execute_batch("ROLLBACK").unwrap();
    while let Some(answer) = pushes.join_next().await {
        let status = answer.unwrap().status;
        assert!(
            [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status),
            "{status}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_time_is_over_is_told_to_come_again() {
    let server = Server::start_with(|settings| settings.api_limits.read_time = Duration::ZERO).await;
    let answer = server.me("any").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body["error"]["code"], "SERVER_ERROR");
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn a_body_counts_by_its_size_also_where_it_is_refused() {
    let server = Server::start_with(|settings| settings.api_limits.device_writes = budget(40)).await;
    for (text, refused) in [
        (
            json!({ "deviceId": "x".repeat(100_000) }).to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            format!("[{}0]", "0,".repeat(150_000)),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        ("[".repeat(100_000), StatusCode::BAD_REQUEST),
    ] {
        let phone = server.sign_in("technician").await;
        let send = || {
            let request = server.post("/api/v1/sync/push").bearer_auth(phone.access_token());
            Answer::of(
                request
                    .header("content-type", "application/json")
                    .body(text.clone()),
            )
        };
        assert_eq!(send().await.status, refused);
        let mut last = send().await;
        for _ in 0..8 {
            last = send().await;
        }
        assert_limited(&last);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_nothing_new_waits_for_no_writer() {
    let server = Server::start().await;
    let phone = server.sign_in("technician").await;
    let ask = |path: String| Answer::of(server.get(&path).bearer_auth(phone.access_token()));
    let mut since = String::new();
    loop {
        let page = ask(format!("/api/v1/sync/delta?limit=2000{since}")).await;
        let next = format!("&since={}", page.body["cursor"].as_str().unwrap());
        if next == since {
            break;
        }
        since = next;
    }
    let blocker = rusqlite::Connection::open(server.database_path()).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    for path in ["delta?limit=2000", "digest?versions=true"] {
        let answer = ask(format!("/api/v1/sync/{path}{since}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    blocker.execute_batch("ROLLBACK").unwrap();
}
