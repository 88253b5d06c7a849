//! Tokens, their rotation, and the devices they belong to.

use std::time::Duration;

use crate::support::{Answer, Server, VERIFIER};
use chrono::TimeDelta;
use reqwest::StatusCode;

#[tokio::test]
async fn tokens_open_the_api_and_the_cookie_is_locked_down() {
    let server = Server::start().await;
    let tokens = server.sign_in("technician").await;
    assert_eq!(tokens.body["token_type"], "Bearer");
    assert_eq!(tokens.body["expires_in"], 600);
    assert_eq!(tokens.headers["cache-control"], "no-store");
    let cookie = tokens.set_cookie();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/oauth", "Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http on loopback: {cookie}");
    assert!(
        !tokens.body.to_string().contains(tokens.cookie()),
        "scripts never see the refresh token"
    );

    let me = server.me(tokens.access_token()).await;
    assert_eq!(me.status, StatusCode::OK);
    assert_eq!(me.headers["cache-control"], "no-store");
    assert_eq!(me.body["username"], "technician");
    assert_eq!(me.body["displayName"], "Tara Quist");
    assert_eq!(me.body["roles"], serde_json::json!(["technician"]));
    assert_eq!(me.body["device"]["id"], tokens.body["device_id"]);
}

#[tokio::test]
async fn the_cookie_is_secure_where_browsers_come_by_tls() {
    let server = Server::start_with(|settings| settings.secure_cookies = true).await;
    let form = [("username", "technician"), ("password", "demo")];
    let path = server
        .authorize_path()
        .replace("redirect_uri=http%3A", "redirect_uri=https%3A");
    let response = server.post(&path).form(&form).send().await.unwrap();
    let code = crate::support::query_value(&response, "code").unwrap();
    let redirect_uri = server.redirect_uri().replace("http:", "https:");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "holdfast-pwa"),
        ("redirect_uri", redirect_uri.as_str()),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let answer = Answer::of(server.post("/oauth/token").form(&form)).await;
    let line = answer.set_cookie();
    assert!(
        line.starts_with("__Secure-holdfast_refresh=") && line.contains("; Secure"),
        "{line}"
    );
    let token = line.split(['=', ';']).nth(1).unwrap().to_owned();

    // A browser that still has the cookie under its former name stays signed in, and the former name goes.
    let refresh = |cookies: String| {
        let form = [("grant_type", "refresh_token"), ("client_id", "holdfast-pwa")];
        Answer::of(server.post("/oauth/token").form(&form).header("cookie", cookies))
    };
    let lines = |answer: &Answer| -> Vec<String> {
        let lines = answer.headers.get_all("set-cookie").iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect()
    };
    let upgraded = refresh(format!("holdfast_refresh={token}")).await;
    assert_eq!(upgraded.status, StatusCode::OK);
    let set = lines(&upgraded);
    assert!(set[0].starts_with("__Secure-holdfast_refresh="), "{set:?}");
    assert!(
        set[1].starts_with("holdfast_refresh=;") && set[1].contains("Max-Age=0"),
        "{set:?}"
    );
    assert!(
        set.iter()
            .all(|line| line.contains("Path=/oauth") && line.contains("Secure")),
        "{set:?}"
    );

    // Where both are there, only the one that nobody can plant from plain http counts.
    let current = set[0].split(['=', ';']).nth(1).unwrap();
    let both = refresh(format!(
        "holdfast_refresh=planted; __Secure-holdfast_refresh={current}"
    ))
    .await;
    assert_eq!((both.status, lines(&both).len()), (StatusCode::OK, 2));
    let planted = refresh(format!(
        "holdfast_refresh={current}; __Secure-holdfast_refresh=made-up"
    ))
    .await;
    assert_eq!(planted.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_a_good_token_the_api_asks_for_one() {
    let server = Server::start().await;
    for token in [None, Some("made-up")] {
        let mut request = server.get("/api/v1/me");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        assert_eq!(answer.body["error"]["code"], "AUTH_ERROR");
    }
}

#[tokio::test]
async fn an_expired_access_token_is_replaced_by_the_cookie() {
    let server = Server::start_with(|settings| settings.lifetimes.access = TimeDelta::seconds(1)).await;
    let tokens = server.sign_in("technician").await;
    assert_eq!(server.me(tokens.access_token()).await.status, StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        server.me(tokens.access_token()).await.status,
        StatusCode::UNAUTHORIZED
    );
    let next = server.refresh(tokens.cookie()).await;
    assert_eq!(next.body["device_id"], tokens.body["device_id"]);
    assert_eq!(server.me(next.access_token()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_refresh_answer_is_no_theft_and_a_reused_token_is() {
    let server = Server::start().await;
    let first = server.sign_in("technician").await;
    let lost = server.refresh(first.cookie()).await;
    assert_eq!(lost.status, StatusCode::OK);
    let arrived = server.refresh(first.cookie()).await;
    assert_eq!(
        arrived.status,
        StatusCode::OK,
        "the answer was lost, so the old cookie came again"
    );
    let next = server.refresh(arrived.cookie()).await;
    assert_eq!(next.status, StatusCode::OK);
    assert_eq!(server.me(next.access_token()).await.status, StatusCode::OK);

    let reused = server.refresh(first.cookie()).await;
    assert_eq!(
        (reused.status, &reused.body["error"]),
        (StatusCode::BAD_REQUEST, &"invalid_grant".into())
    );
    assert_eq!(
        server.me(next.access_token()).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        server.refresh(next.cookie()).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_wrong_verifier_spends_the_code() {
    let server = Server::start().await;
    let code = server.code_for("technician").await;
    for verifier in ["guessed", VERIFIER] {
        let answer = server.exchange(&code, &[("code_verifier", verifier)], None).await;
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (StatusCode::BAD_REQUEST, &"invalid_grant".into())
        );
    }
}

#[tokio::test]
async fn malformed_token_requests_get_the_error_of_the_rfc() {
    let server = Server::start().await;
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "invalid_client"),
        (&[("client_id", "other")], "invalid_client"),
        (&[("client_id", "holdfast-pwa")], "unsupported_grant_type"),
        (
            &[("client_id", "holdfast-pwa"), ("grant_type", "password")],
            "unsupported_grant_type",
        ),
        (
            &[("client_id", "holdfast-pwa"), ("grant_type", "refresh_token")],
            "invalid_grant",
        ),
        (
            &[("client_id", "holdfast-pwa"), ("device_id", "not a uuid")],
            "invalid_request",
        ),
    ];
    for (form, expected) in table {
        let answer = Answer::of(server.post("/oauth/token").form(form)).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.body["error"], *expected, "{form:?}");
    }
}

#[tokio::test]
async fn a_wiped_device_is_recognised_by_its_cookie_and_another_person_s_is_not() {
    let server = Server::start().await;
    let first = server.sign_in("technician").await;
    let sign_in_again = async |username: &str| {
        let code = server.code_for(username).await;
        server
            .exchange(&code, &[("code_verifier", VERIFIER)], Some(first.cookie()))
            .await
    };
    let supervisors = sign_in_again("supervisor").await;
    assert_ne!(supervisors.body["device_id"], first.body["device_id"]);
    let technicians = sign_in_again("technician").await;
    assert_eq!(technicians.body["device_id"], first.body["device_id"]);
    assert!(
        technicians.body["device_last_seen_at"].is_string(),
        "it may tell that its storage was lost"
    );
    assert!(first.body.get("device_last_seen_at").is_none());
}

#[tokio::test]
async fn devices_are_listed_and_removed() {
    let server = Server::start().await;
    let (phone, desk) = (
        server.sign_in("technician").await,
        server.sign_in("technician").await,
    );
    server.sign_in("supervisor").await;
    let list = Answer::of(server.get("/api/v1/devices").bearer_auth(desk.access_token())).await;
    let current: Vec<_> = list
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (&d["id"], &d["current"]))
        .collect();
    assert_eq!(current.len(), 2);
    assert!(current.contains(&(&phone.body["device_id"], &false.into())));
    assert!(current.contains(&(&desk.body["device_id"], &true.into())));

    let phone_id = phone.body["device_id"].as_str().unwrap();
    let delete = |id: &str| {
        let url = format!("{}/api/v1/devices/{id}", server.base);
        Answer::of(server.client.delete(url).bearer_auth(desk.access_token()))
    };
    assert_eq!(delete(phone_id).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        server.me(phone.access_token()).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        server.refresh(phone.cookie()).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(server.me(desk.access_token()).await.status, StatusCode::OK);
    for id in [phone_id, "not-an-id"] {
        let gone = delete(id).await;
        assert_eq!(
            (gone.status, &gone.body["error"]["code"]),
            (StatusCode::NOT_FOUND, &"NOT_FOUND".into())
        );
    }
}

#[tokio::test]
async fn devices_are_listed_in_pages() {
    let server = Server::start().await;
    let mut last = server.sign_in("technician").await;
    for _ in 0..4 {
        last = server.sign_in("technician").await;
    }
    let other = server.sign_in("supervisor").await;
    let ask = |query: &str| {
        let request = server.get(&format!("/api/v1/devices{query}"));
        Answer::of(request.bearer_auth(last.access_token()))
    };
    let (mut path, mut seen) = ("?limit=2".to_owned(), std::collections::BTreeSet::new());
    for page in 1..=3 {
        let answer = ask(&path).await;
        let devices = answer.body.as_array().unwrap();
        assert_eq!(devices.len(), if page < 3 { 2 } else { 1 });
        seen.extend(devices.iter().map(|device| device["id"].to_string()));
        let link = answer.headers.get("link").map(|link| link.to_str().unwrap());
        assert_eq!(link.is_some(), page < 3, "{link:?}");
        if let Some(link) = link {
            let next = link
                .strip_prefix("</api/v1/devices")
                .and_then(|rest| rest.split_once('>'));
            path = next.unwrap().0.to_owned();
        }
    }
    assert_eq!(seen.len(), 5, "each once");
    let foreign = other.body["device_id"].as_str().unwrap();
    for wrong in [
        "?limit=0".to_owned(),
        "?limit=501".to_owned(),
        "?after=no-id".to_owned(),
        "?after=00000000-0000-4000-8000-000000000000".to_owned(),
        format!("?after={foreign}"),
    ] {
        assert_eq!(ask(&wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_the_cookie() {
    let server = Server::start().await;
    let tokens = server.sign_in("technician").await;
    let cookie = format!("holdfast_refresh={}", tokens.cookie());
    let answer = Answer::of(server.post("/oauth/revoke").header("cookie", cookie)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.set_cookie().contains("Max-Age=0"),
        "{}",
        answer.set_cookie()
    );
    assert_eq!(
        server.me(tokens.access_token()).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        server.refresh(tokens.cookie()).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_database_holds_no_token() {
    let server = Server::start().await;
    let tokens = server.sign_in("technician").await;
    let path = server.database_path();
    let log = path.with_extension("db-wal");
    let bytes = [std::fs::read(path).unwrap(), std::fs::read(log).unwrap()].concat();
    let contains = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains("technician"), "the search works");
    assert!(!contains(tokens.access_token()) && !contains(tokens.cookie()));
}
