//! What keeps guessers and floods out.

use crate::support::{Answer, Server};
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
async fn an_oversized_form_is_refused() {
    let server = Server::start().await;
    let answer = Answer::of(server.post("/oauth/token").form(&[("code", "x".repeat(70_000))])).await;
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &"invalid_request".into())
    );
}
