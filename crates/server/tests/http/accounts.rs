//! What a change of an account ends, seen from its devices.

use crate::support::{Server, VERIFIER, query_value};
use chrono::{TimeDelta, Utc};
use holdfast_server::identity::{account, demo, password};
use holdfast_server::storage::identity::SecretHash;
use reqwest::StatusCode;

fn set_disabled(server: &Server, username: &str, disabled: bool) {
    server.change(|store| {
        let user = store.user_by_name(username).unwrap().unwrap();
        account::set_disabled(store, Utc::now(), user, disabled).unwrap();
    });
}

fn set_password(server: &Server, username: &str, new: &str) {
    server.change(|store| {
        let user = store.user_by_name(username).unwrap().unwrap();
        let hash = password::hash(&mut rand::rng(), new).unwrap();
        account::set_password(store, Utc::now(), user, hash).unwrap();
    });
}

/// What brings the account back to where the password "demo" lets in.
type Change = fn(&Server);

#[tokio::test]
async fn a_change_of_the_account_ends_its_sessions_and_codes_on_every_device() {
    let table: [(&str, Change); 4] = [
        ("password", |server| set_password(server, "technician", "demo")),
        ("disabled and enabled", |server| {
            set_disabled(server, "technician", true);
            set_disabled(server, "technician", false);
        }),
        ("demo closed and opened", |server| {
            server.change(|store| {
                demo::close(store, Utc::now()).unwrap();
                demo::open(store, &mut rand::rng(), Utc::now()).unwrap();
            });
        }),
        ("disabled", |server| set_disabled(server, "technician", true)),
    ];
    for (name, change) in table {
        let server = Server::start().await;
        let devices = [
            server.sign_in("technician").await,
            server.sign_in("technician").await,
        ];
        let code = server.code_for("technician").await;
        change(&server);
        for device in &devices {
            let me = server.me(device.access_token()).await;
            assert_eq!(me.status, StatusCode::UNAUTHORIZED, "{name}");
            let refreshed = server.refresh(device.cookie()).await;
            assert_eq!(refreshed.status, StatusCode::BAD_REQUEST, "{name}");
            assert_eq!(refreshed.body["error"], "invalid_grant", "{name}");
            let again = server.me(device.access_token()).await;
            assert_eq!(again.status, StatusCode::UNAUTHORIZED, "{name}");
        }
        let exchanged = server.exchange(&code, &[("code_verifier", VERIFIER)], None).await;
        assert_eq!(exchanged.status, StatusCode::BAD_REQUEST, "{name}");
        if name != "disabled" {
            server.sign_in("technician").await;
        }
    }
}

#[tokio::test]
async fn a_change_of_one_account_leaves_others_signed_in() {
    let server = Server::start().await;
    let other = server.sign_in("supervisor").await;
    set_password(&server, "technician", "another one");
    assert_eq!(server.me(other.access_token()).await.status, StatusCode::OK);
    assert_eq!(server.refresh(other.cookie()).await.status, StatusCode::OK);
    let old = server.submit_password("technician", "demo").await;
    assert_eq!(old.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn neither_tokens_nor_the_cookie_outlive_the_session() {
    let server = Server::start_with(|settings| settings.lifetimes.session = TimeDelta::seconds(100)).await;
    let tokens = server.sign_in("technician").await;
    let seconds = tokens.body["expires_in"].as_i64().unwrap();
    assert!((90..=100).contains(&seconds), "{seconds}");
    let kept: i64 = tokens
        .set_cookie()
        .split("Max-Age=")
        .nth(1)
        .and_then(|rest| rest.split(';').next())
        .and_then(|seconds| seconds.trim().parse().ok())
        .unwrap();
    assert!((90..=100).contains(&kept), "{kept}");
}

#[tokio::test]
async fn names_and_passwords_count_in_whatever_form_they_are_typed() {
    let (composed, decomposed) = ("passw\u{f6}rd", "passwo\u{308}rd");
    let server = Server::start().await;
    for stored in [composed, decomposed] {
        set_password(&server, "technician", stored);
        for typed in [composed, decomposed] {
            let response = server.submit_password(" TECHNICIAN", typed).await;
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{stored:?} {typed:?}");
        }
        let plain = server.submit_password("technician", "password").await;
        assert_eq!(plain.status(), StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_browser_that_signed_in_before_is_not_locked_out_by_strangers() {
    let server = Server::start_with(|settings| settings.behind_proxy = true).await;
    let attempt = |password: &str, network: &str, cookie: Option<String>| {
        let form = [("username", "technician"), ("password", password)];
        let request = server.post(&server.authorize_path()).form(&form);
        let request = request.header("x-forwarded-for", network.to_owned());
        match cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
        .send()
    };
    let browser_cookie = |response: &reqwest::Response| {
        let line = response.headers()["set-cookie"].to_str().unwrap();
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/oauth/authorize", "Max-Age="] {
            assert!(line.contains(attribute), "{attribute} in {line}");
        }
        line.split(';').next().unwrap().to_owned()
    };
    let first = attempt("demo", "192.0.2.1", None).await.unwrap();
    assert_eq!(first.status(), StatusCode::SEE_OTHER);
    assert!(query_value(&first, "code").is_some());
    let cookie = browser_cookie(&first);

    // Strangers everywhere, also in the owner's own office.
    for number in 0..40 {
        attempt("wrong", "192.0.2.1", None).await.unwrap();
        attempt("wrong", &format!("198.51.100.{number}"), None)
            .await
            .unwrap();
    }
    let stranger = |cookie: Option<&'static str>| {
        let cookie = cookie.map(str::to_owned);
        attempt("wrong", "203.0.113.9", cookie)
    };
    assert!(is_slowed_down(|| stranger(None)).await);
    assert!(is_slowed_down(|| stranger(Some("holdfast_browser=made-up"))).await);

    let owner = attempt("demo", "192.0.2.1", Some(cookie.clone())).await.unwrap();
    assert_eq!(owner.status(), StatusCode::SEE_OTHER);
    let next = browser_cookie(&owner);
    let is_known = |cookie: &str| {
        let token = SecretHash::of(cookie.split('=').nth(1).unwrap());
        server.change(|store| {
            let user = store.user_by_name("technician").unwrap().unwrap();
            store.known_browser(token, &user.id).unwrap().is_some()
        })
    };
    assert!(
        is_known(&next) && !is_known(&cookie),
        "each sign-in replaces the token"
    );
    // It is worth a few guesses only.
    assert!(is_slowed_down(|| attempt("wrong", "203.0.113.10", Some(next.clone()))).await);
}

/// Whether attempts meet the limit. Each that is let through makes the next wait twice as long, so this does not depend on
/// how long one takes.
async fn is_slowed_down<F>(attempt: impl Fn() -> F) -> bool
where
    F: Future<Output = reqwest::Result<reqwest::Response>>,
{
    for _ in 0..12 {
        if attempt().await.unwrap().status() == StatusCode::TOO_MANY_REQUESTS {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_stranger_s_network_is_a_whole_ipv6_prefix() {
    let server = Server::start_with(|settings| settings.behind_proxy = true).await;
    let attempt = |username: &'static str, network: String| {
        let form = [("username", username), ("password", "wrong")];
        let request = server.post(&server.authorize_path()).form(&form);
        request.header("x-forwarded-for", network).send()
    };
    for number in 0..5 {
        let network = format!("2001:db8:0:1:{number}::{number}");
        assert_eq!(
            attempt("technician", network).await.unwrap().status(),
            StatusCode::FORBIDDEN
        );
    }
    let same = || attempt("technician", "2001:db8:0:1:ffff::1".to_owned());
    assert!(is_slowed_down(same).await);
    let other = attempt("technician", "2001:db8:0:2::1".to_owned()).await.unwrap();
    assert_eq!(other.status(), StatusCode::FORBIDDEN);

    for number in 0..5 {
        let form = ["192.0.2.7", "::ffff:192.0.2.7"][number % 2];
        let answer = attempt("admin", form.to_owned()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
    for form in ["192.0.2.7", "::ffff:192.0.2.7", "[::ffff:c000:207]:1234"] {
        assert!(
            is_slowed_down(|| attempt("admin", form.to_owned())).await,
            "{form}"
        );
    }
}
