//! What keeps guessers and floods out.

use crate::support::{Answer, Server, VERIFIER};
use reqwest::StatusCode;

#[tokio::test]
async fn wrong_passwords_slow_the_account_down_and_nobody_else() {
    let server = Server::start().await;
    for _ in 0..5 {
        assert_eq!(
            server.submit_password("technician", "wrong").await.status(),
            StatusCode::FORBIDDEN
        );
    }
    let blocked = server.submit_password("TECHNICIAN", "demo").await;
    assert_eq!(
        blocked.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "even with the right password"
    );
    let seconds: u64 = blocked.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(seconds, 1);
    assert!(blocked.text().await.unwrap().contains("Try again in 1 s"));
    assert_eq!(
        server.submit_password("supervisor", "demo").await.status(),
        StatusCode::SEE_OTHER
    );

    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(
        server.submit_password("technician", "demo").await.status(),
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn attempts_made_side_by_side_gain_nothing() {
    let server = std::sync::Arc::new(Server::start().await);
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move { server.submit_password("admin", "wrong").await.status() })
        })
        .collect();
    let mut checked = 0;
    for attempt in attempts {
        checked += usize::from(attempt.await.unwrap() == StatusCode::FORBIDDEN);
    }
    assert!(
        (5..=7).contains(&checked),
        "{checked} of 20 passwords were checked"
    );
}

#[tokio::test]
async fn an_address_that_guesses_many_accounts_is_slowed_down_too() {
    let server = Server::start_with(|settings| settings.behind_proxy = true).await;
    let attempt = |number: usize, address: &str| {
        let form = [
            ("username", format!("user{number}")),
            ("password", "x".to_owned()),
        ];
        let request = server.post(&server.authorize_path()).form(&form);
        Answer::of(request.header("x-forwarded-for", format!("1.2.3.4, {address}")))
    };
    for number in 0..30 {
        assert_eq!(
            attempt(number, "198.51.100.7").await.status,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(
        attempt(30, "198.51.100.7").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(attempt(31, "198.51.100.8").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_flood_of_token_requests_is_cut() {
    let server = Server::start().await;
    for count in 0..200 {
        let answer = server.refresh("made-up").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(count >= 100, "cut after {count}");
            assert!(answer.headers.contains_key("retry-after"));
            assert_eq!(answer.body["error"], "temporarily_unavailable");
            return;
        }
    }
    panic!("200 requests at once were all admitted");
}

#[tokio::test]
async fn a_flood_of_any_oauth_route_is_cut_without_touching_the_others() {
    let server = Server::start().await;
    let authorize = server.authorize_path();
    let table: [(reqwest::Method, &str); 7] = [
        (reqwest::Method::GET, &authorize),
        (reqwest::Method::POST, &authorize),
        (reqwest::Method::GET, "/oauth/sign-in.css"),
        (reqwest::Method::POST, "/oauth/revoke"),
        (reqwest::Method::GET, "/.well-known/oauth-authorization-server"),
        (reqwest::Method::PUT, "/oauth/token"),
        (reqwest::Method::GET, "/oauth/nothing"),
    ];
    for (method, path) in table {
        // Side by side, so that more arrive than become due meanwhile.
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let request = server
                .client
                .request(method.clone(), format!("{}{path}", server.base));
            requests.spawn(Answer::of(request));
        }
        let answers = requests.join_all().await;
        let refused = answers.into_iter().find(|answer| {
            answer.status == StatusCode::TOO_MANY_REQUESTS && answer.headers.contains_key("retry-after")
        });
        let answer = refused.unwrap_or_else(|| panic!("{method} {path} is never cut"));
        assert_eq!(answer.headers["cache-control"], "no-store", "{method} {path}");
    }
    let unrelated = server.post("/oauth/token").form(&[("client_id", "holdfast-pwa")]);
    assert_eq!(Answer::of(unrelated).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(Answer::of(server.get("/healthz")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_that_are_good_for_nothing_take_no_turn_at_writing() {
    let server = Server::start().await;
    let tokens = server.sign_in("technician").await;
    let ended = server
        .post("/oauth/revoke")
        .form(&[("token", tokens.access_token())]);
    assert_eq!(Answer::of(ended).await.status, StatusCode::OK);

    let writer = rusqlite::Connection::open(server.database_path()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Whoever waited for the writer would wait for ten seconds and then fail.
    for token in ["made-up", "", tokens.access_token(), tokens.cookie()] {
        let answer = Answer::of(server.post("/oauth/revoke").form(&[("token", token)])).await;
        assert_eq!(answer.status, StatusCode::OK, "{token}");
    }
    for cookie in ["made-up", tokens.cookie()] {
        assert_eq!(server.refresh(cookie).await.status, StatusCode::BAD_REQUEST);
    }
    let answer = server
        .exchange("made-up", &[("code_verifier", VERIFIER)], None)
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let wrong = server.submit_password("technician", "wrong").await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    writer.execute_batch("ROLLBACK").unwrap();
}

#[tokio::test]
async fn an_oversized_form_is_refused() {
    let server = Server::start().await;
    let answer = Answer::of(server.post("/oauth/token").form(&[("code", "x".repeat(70_000))])).await;
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &"invalid_request".into())
    );
}
