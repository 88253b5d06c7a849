//! From the sign-in page to a code.

use crate::support::{Answer, Server, VERIFIER, query_value};
use reqwest::StatusCode;

#[tokio::test]
async fn the_page_names_the_demo_accounts_and_holds_no_script() {
    let server = Server::start().await;
    let response = server.get(&server.authorize_path()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let page = response.text().await.unwrap();
    for name in ["technician", "supervisor", "admin"] {
        assert!(page.contains(name), "{page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="), "{page}");

    let style = server.get("/oauth/sign-in.css").send().await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_password_earns_a_code_and_the_app_s_state_comes_back() {
    let server = Server::start().await;
    let response = server.submit_password("Technician ", "demo").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let target = response.headers()["location"].to_str().unwrap();
    assert!(target.starts_with(&server.redirect_uri()), "{target}");
    assert_eq!(query_value(&response, "state").as_deref(), Some("opaque & odd"));
    assert_eq!(
        query_value(&response, "iss").as_deref(),
        Some(server.base.as_str())
    );
    let code = query_value(&response, "code").unwrap();
    let answer = server.exchange(&code, &[("code_verifier", VERIFIER)], None).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn wrong_passwords_and_unknown_users_look_the_same() {
    let server = Server::start_with(|settings| settings.demo = false).await;
    let mut pages = Vec::new();
    for (username, password) in [
        ("technician", "wrong"),
        ("nobodyhere", "demo"),
        ("technician", ""),
    ] {
        let response = server.submit_password(username, password).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(response.headers().get("location").is_none());
        let page = response.text().await.unwrap();
        assert!(page.contains("wrong"), "{page}");
        pages.push(page.replace(username, "someone"));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_foreign_return_address_is_never_redirected_to() {
    let server = Server::start().await;
    let own = url::form_urlencoded::byte_serialize(server.redirect_uri().as_bytes()).collect::<String>();
    let foreign = "https%3A%2F%2Fevil.example%2Fsigned-in";
    let path = server.authorize_path().replace(&own, foreign);
    assert!(path.contains(foreign));
    for request in [
        server.get(&path),
        server
            .post(&path)
            .form(&[("username", "technician"), ("password", "demo")]),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.headers().get("location").is_none());
    }
}

#[tokio::test]
async fn a_malformed_request_is_told_to_the_app() {
    let server = Server::start().await;
    let path = server.authorize_path().replace("S256", "plain");
    let response = server.get(&path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        query_value(&response, "error").as_deref(),
        Some("invalid_request")
    );
    assert_eq!(query_value(&response, "state").as_deref(), Some("opaque & odd"));
    assert_eq!(query_value(&response, "code"), None);
}

#[tokio::test]
async fn a_form_on_another_site_cannot_sign_anybody_in() {
    let server = Server::start().await;
    for (site, expected) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("same-origin", StatusCode::SEE_OTHER),
    ] {
        let form = [("username", "technician"), ("password", "demo")];
        let request = server
            .post(&server.authorize_path())
            .form(&form)
            .header("sec-fetch-site", site);
        assert_eq!(request.send().await.unwrap().status(), expected, "{site}");
    }
}

#[tokio::test]
async fn the_metadata_names_this_server_and_its_endpoints() {
    let server = Server::start().await;
    let answer = Answer::of(server.get("/.well-known/oauth-authorization-server")).await;
    assert_eq!(answer.body["issuer"], server.base);
    assert_eq!(
        answer.body["token_endpoint"],
        format!("{}/oauth/token", server.base)
    );
    assert_eq!(
        answer.body["code_challenge_methods_supported"],
        serde_json::json!(["S256"])
    );
}
