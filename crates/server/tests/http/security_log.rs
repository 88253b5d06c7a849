//! The security log tells what happened, and no secret.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use crate::support::{Answer, Server, VERIFIER};
use reqwest::StatusCode;
use serde_json::json;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What is written, of this target in one place and of all targets in another.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The log of this test's process; other tests write into it, too.
fn log() -> &'static Written {
    static LOG: OnceLock<Written> = OnceLock::new();
    LOG.get_or_init(|| {
        let written = Written::default();
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(written.clone());
        let ours = Targets::new()
            .with_target("holdfast", tracing::Level::TRACE)
            .with_target("holdfast_server", tracing::Level::TRACE);
        tracing_subscriber::registry().with(lines).with(ours).init();
        written
    })
}

fn lines_about(mark: &str) -> Vec<String> {
    let text = log().text();
    text.lines()
        .filter(|line| line.contains("holdfast::security") && line.contains(mark))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn what_happens_is_told_without_any_secret() {
    log();
    let server = Server::start_with(|settings| settings.behind_proxy = true).await;
    let network = "203.0.113.77";
    let sign_in = |username: &str, password: &str| {
        let form = [("username", username), ("password", password)];
        let request = server.post(&server.authorize_path()).form(&form);
        request.header("x-forwarded-for", network).send()
    };
    let mut secrets = vec!["demo-password-typed-as-name", "wrong horse battery", VERIFIER]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();

    let let_in = sign_in("technician", "demo").await.unwrap();
    let browser = let_in.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(['=', ';'])
        .nth(1)
        .unwrap()
        .to_owned();
    let code = crate::support::query_value(&let_in, "code").unwrap();
    sign_in("technician", "wrong horse battery").await.unwrap();
    sign_in("demo-password-typed-as-name", "wrong horse battery")
        .await
        .unwrap();

    let first = server.exchange(&code, &[("code_verifier", VERIFIER)], None).await;
    assert_eq!(first.status, StatusCode::OK);
    let second = server.refresh(first.cookie()).await;
    let third = server.refresh(second.cookie()).await;
    let reused = server.refresh(first.cookie()).await;
    assert_eq!(reused.status, StatusCode::BAD_REQUEST);
    let signed_out = server.sign_in("supervisor").await;
    Answer::of(
        server
            .post("/oauth/revoke")
            .form(&[("token", signed_out.access_token())]),
    )
    .await;
    let admin = server.sign_in("admin").await;
    let removed = server.sign_in("admin").await;
    let device = removed.body["device_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/devices/{device}");
    let request = server.client.delete(format!("{}{path}", server.base));
    assert_eq!(
        Answer::of(request.bearer_auth(admin.access_token())).await.status,
        StatusCode::NO_CONTENT
    );
    let restore = server
        .post("/api/v1/audit/none/restore")
        .bearer_auth(admin.access_token())
        .json(&json!({}));
    assert_eq!(Answer::of(restore).await.status, StatusCode::NOT_FOUND);
    let host = format!("{}.example", "a".repeat(60));
    Answer::of(
        server
            .get("/")
            .header("host", &host)
            .header("x-forwarded-for", network),
    )
    .await;

    secrets.extend([browser, code]);
    for answer in [&first, &second, &third, &signed_out, &admin, &removed] {
        secrets.extend([answer.access_token().to_owned(), answer.cookie().to_owned()]);
    }
    let expected = [
        (
            "event=\"sign_in\"",
            vec![network, "user_id=\"technician\"", "known_browser=false"],
        ),
        (
            "event=\"sign_in_failed\"",
            vec![network, "user_id=\"technician\""],
        ),
        (
            "event=\"secret_reused\"",
            vec![
                "user_id=\"technician\"",
                first.body["device_id"].as_str().unwrap(),
            ],
        ),
        (
            "event=\"session_ended\"",
            vec!["user_id=\"supervisor\"", "SignedOut"],
        ),
        (
            "event=\"session_ended\"",
            vec!["user_id=\"admin\"", "DeviceRemoved", &device],
        ),
        ("event=\"host_refused\"", vec![network, &host]),
    ];
    for (event, parts) in expected {
        let lines = lines_about(event);
        let found = lines
            .iter()
            .any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "{event} with {parts:?} in {lines:#?}");
    }
    assert!(
        lines_about("audit_restored").is_empty(),
        "what was refused did not happen"
    );
    let everything = log().text();
    for secret in secrets {
        assert!(!everything.contains(&secret), "{secret} was logged");
    }
    let hash = server.change(|store| store.user_by_name("technician").unwrap().unwrap().password_hash);
    assert!(!everything.contains(&hash));
}

#[tokio::test]
async fn text_that_a_client_chose_cannot_forge_a_line() {
    log();
    let server = Server::start().await;
    for host in ["forged\u{e9}.example", "x event=\"sign_in\" user_id=\"forged\""] {
        let value = reqwest::header::HeaderValue::from_bytes(host.as_bytes()).unwrap();
        let answer = Answer::of(server.get("/").header("host", value)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{host}");
    }
    assert!(lines_about("forged").is_empty());
}
