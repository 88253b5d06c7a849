//! A signed-in device, and its requests to wherever the server is just now.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use url::Url;

const VERIFIER: &str = "a-verifier-that-only-the-app-which-asked-could-know";
/// Longer than anything takes: a server that does not answer in this time hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the server listens; another port after each start.
pub type Address = watch::Receiver<String>;

/// The server died before it answered, or is too busy and says so.
#[derive(Debug)]
pub struct NoAnswer;

pub struct Session {
    http: Client,
    address: Address,
    token: String,
    pub device: String,
    pub user: &'static str,
}

impl Session {
    /// Signs in by authorization code and PKCE.
    pub async fn open(address: &Address, user: &'static str) -> Self {
        let http = Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let base = address.borrow().clone();
        let return_to = format!("{base}/signed-in");
        let page = authorization_page(&base);
        let password = [("username", user), ("password", "demo")];
        let sent_back = http.post(page).form(&password).send().await.unwrap();
        let target = Url::parse(sent_back.headers()["location"].to_str().unwrap()).unwrap();
        let code = target.query_pairs().find(|(name, _)| name == "code").unwrap().1;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "holdfast-pwa"),
            ("redirect_uri", &return_to),
            ("code_verifier", VERIFIER),
            ("code", &code),
        ];
        let tokens = http
            .post(format!("{base}/oauth/token"))
            .form(&form)
            .send()
            .await
            .unwrap();
        let tokens: Value = serde_json::from_str(&tokens.text().await.unwrap()).unwrap();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (token, device) = (text("access_token"), text("device_id"));
        Self {
            http,
            address: address.clone(),
            token,
            device,
            user,
        }
    }

    /// The answer's status and body. A server's fault is no answer that a test takes.
    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Value), NoAnswer> {
        let response = request.bearer_auth(&self.token).send().await.map_err(cut_off)?;
        let status = response.status();
        let text = response.text().await.map_err(cut_off)?;
        if matches!(
            status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            return Err(NoAnswer);
        }
        assert!(!status.is_server_error(), "{status}: {text}");
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON under {status}: {text}"));
        Ok((status, body))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", *self.address.borrow())
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<(StatusCode, Value), NoAnswer> {
        self.send(self.http.post(self.url(path)).json(body)).await
    }

    pub async fn get(&self, path: &str) -> Result<(StatusCode, Value), NoAnswer> {
        self.send(self.http.get(self.url(path))).await
    }

    /// Sends whatever text it is given; the answer's status and text. A body goes as JSON.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<(StatusCode, String), NoAnswer> {
        self.raw_with(method, path, body, &[]).await
    }

    /// As [`Self::raw`], with more headers.
    pub async fn raw_with(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&'static str, String)],
    ) -> Result<(StatusCode, String), NoAnswer> {
        let mut request = self.http.request(method, self.url(path)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.map_err(cut_off)?;
        let status = response.status();
        Ok((status, response.text().await.map_err(cut_off)?))
    }

    /// Tries to sign in with a wrong password; how that is answered.
    pub async fn guess_password(&self) -> Result<StatusCode, NoAnswer> {
        let form = [("username", self.user), ("password", "not the password")];
        let page = authorization_page(&self.url(""));
        let answer = self.http.post(page).form(&form).send().await.map_err(cut_off)?;
        Ok(answer.status())
    }

    /// Asks until there is an answer; it must be a success.
    pub async fn get_surely(&self, path: &str) -> Value {
        let (status, body) = self.get_at_last(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Asks until there is an answer.
    pub async fn get_at_last(&self, path: &str) -> (StatusCode, Value) {
        let asking = async {
            loop {
                match self.get(path).await {
                    Ok(answer) => return answer,
                    Err(NoAnswer) => pause().await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking)
            .await
            .expect("the server comes back")
    }
}

/// Where a person types their password.
fn authorization_page(base: &str) -> Url {
    let return_to = format!("{base}/signed-in");
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let query = [
        ("response_type", "code"),
        ("client_id", "holdfast-pwa"),
        ("redirect_uri", &return_to),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    Url::parse_with_params(&format!("{base}/oauth/authorize"), query).unwrap()
}

/// What a client does before it tries again.
pub async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

fn cut_off(error: reqwest::Error) -> NoAnswer {
    assert!(!error.is_timeout(), "the server hangs: {error}");
    NoAnswer
}
