//! A server per test, and a browser's part of the sign-in.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{SubsecRound, TimeDelta, Utc};
use holdfast_server::http::hosts::AllowedHosts;
use holdfast_server::http::state::{AppState, Settings};
use holdfast_server::http::{
    ConnectionLimits, SecurityHeaders, TransportSecurity, operations_router, router, serve,
};
use holdfast_server::identity::demo;
use holdfast_server::identity::grant::Lifetimes;
use holdfast_server::storage::database::{Database, DatabaseUrl};
use holdfast_server::storage::port::{IdentityWriter, Organisation, Storage, StorageError};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Url;

pub const VERIFIER: &str = "a-verifier-that-only-the-app-which-asked-could-know";

pub struct Server {
    pub base: String,
    pub client: Client,
    /// The operator's listener, if it has one of its own.
    pub operations: Option<String>,
    folder: TempDir,
    _stop: oneshot::Sender<()>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Serves a small app and the demo accounts, on a free port, until dropped.
    pub async fn start_with(adjust: impl FnOnce(&mut Settings)) -> Self {
        Self::start_limited(ConnectionLimits::default(), adjust).await
    }

    pub async fn start_limited(limits: ConnectionLimits, adjust: impl FnOnce(&mut Settings)) -> Self {
        let mut operations = None;
        let folder = tempfile::tempdir().unwrap();
        let web = folder.path().join("web");
        write_app(&web);
        let mut settings = Settings {
            web: web.clone(),
            demo: true,
            public_url: None,
            hosts: AllowedHosts::for_listener(std::net::Ipv4Addr::LOCALHOST.into(), None, &[]),
            separate_operations: false,
            secure_cookies: false,
            behind_proxy: false,
            lifetimes: Lifetimes {
                access: TimeDelta::minutes(10),
                refresh: TimeDelta::days(30),
                session: TimeDelta::days(90),
                settling: chrono::TimeDelta::zero(),
            },
            api_limits: holdfast_server::http::quotas::ApiLimits::default(),
        };
        adjust(&mut settings);
        let transport = settings.secure_cookies.then(TransportSecurity::default);
        let database = Arc::new(open(&folder.path().join("test.db")));
        database
            .write(Organisation::ONLY, |tx| {
                demo::open(tx.identity_mut()?, &mut rand::rng(), Utc::now())
            })
            .unwrap();
        let headers = SecurityHeaders::for_app(&web, transport).unwrap();
        let packs = Arc::new(holdfast_server::packs::load(None).unwrap());
        holdfast_server::packs::demo::seed(
            &*database,
            Organisation::ONLY,
            &packs,
            Utc::now().trunc_subsecs(3),
        )
        .unwrap();
        let state = AppState::new(settings, headers, packs, (database, Organisation::ONLY)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        if state.settings.separate_operations {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            operations = Some(format!("http://{}", listener.local_addr().unwrap()));
            let router = operations_router(state.clone());
            tokio::spawn(serve(listener, router, limits, std::future::pending()));
        }
        tokio::spawn(serve(listener, router(state), limits, async move {
            let _ = stopped.await;
        }));
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self {
            base,
            client,
            operations,
            folder,
            _stop: stop,
        }
    }

    /// Runs `work` on the server's database, as the command line does.
    pub fn change<T>(&self, work: impl FnOnce(&mut dyn IdentityWriter) -> T) -> T {
        open(&self.database_path())
            .write(Organisation::ONLY, |tx| {
                Ok::<_, StorageError>(work(tx.identity_mut()?))
            })
            .unwrap()
    }

    pub fn database_path(&self) -> std::path::PathBuf {
        self.folder.path().join("test.db")
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    /// The address of the sign-in page, as the app builds it.
    pub fn authorize_path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", "holdfast-pwa")
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair(
                "code_challenge",
                &URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            )
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", "opaque & odd");
        format!("/oauth/authorize?{}", query.finish())
    }

    pub fn redirect_uri(&self) -> String {
        format!("{}/signed-in", self.base)
    }

    pub async fn submit_password(&self, username: &str, password: &str) -> Response {
        let form = [("username", username), ("password", password)];
        self.post(&self.authorize_path())
            .form(&form)
            .send()
            .await
            .unwrap()
    }

    /// Signs in with the demo password and brings the code back.
    pub async fn code_for(&self, username: &str) -> String {
        let response = self.submit_password(username, demo::PASSWORD).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        query_value(&response, "code").unwrap()
    }

    pub async fn exchange(&self, code: &str, more: &[(&str, &str)], cookie: Option<&str>) -> Answer {
        let redirect_uri = self.redirect_uri();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", "holdfast-pwa"),
            ("redirect_uri", &redirect_uri),
            ("code", code),
        ];
        form.extend_from_slice(more);
        let mut request = self.post("/oauth/token").form(&form);
        if let Some(cookie) = cookie {
            request = request.header("cookie", format!("holdfast_refresh={cookie}"));
        }
        Answer::of(request).await
    }

    pub async fn sign_in(&self, username: &str) -> Answer {
        let code = self.code_for(username).await;
        let answer = self.exchange(&code, &[("code_verifier", VERIFIER)], None).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        answer
    }

    pub async fn refresh(&self, cookie: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("client_id", "holdfast-pwa")];
        let cookie = format!("theme=dark; holdfast_refresh={cookie}");
        Answer::of(self.post("/oauth/token").form(&form).header("cookie", cookie)).await
    }

    pub async fn me(&self, access_token: &str) -> Answer {
        Answer::of(self.get("/api/v1/me").bearer_auth(access_token)).await
    }
}

/// A response, read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            status,
            headers,
            body,
        }
    }

    pub fn access_token(&self) -> &str {
        self.body["access_token"].as_str().unwrap()
    }

    pub fn set_cookie(&self) -> &str {
        self.headers["set-cookie"].to_str().unwrap()
    }

    /// The refresh token in the cookie that this answer sets.
    pub fn cookie(&self) -> &str {
        let pair = self.set_cookie().split(';').next().unwrap();
        pair.strip_prefix("holdfast_refresh=").unwrap()
    }
}

/// A parameter of the address that a response redirects to.
pub fn query_value(response: &Response, name: &str) -> Option<String> {
    let target = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    target
        .query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The database in this file, as `--database` names it.
fn open(path: &Path) -> Database {
    let url: DatabaseUrl = format!("sqlite:{}", path.display()).parse().unwrap();
    url.open().unwrap()
}

/// What a build leaves, in small. The compressed siblings differ from their originals, to tell them apart.
fn write_app(web: &Path) {
    std::fs::create_dir_all(web.join("assets")).unwrap();
    let files: &[(&str, &[u8])] = &[
        ("index.html", b"<!doctype html><title>Holdfast</title>"),
        ("sw.js", b"self.addEventListener('fetch', () => {});"),
        ("manifest.webmanifest", b"{\"name\": \"Holdfast\"}"),
        (
            "app-0123456789abcdef.js",
            b"import './app-0123456789abcdef_bg.wasm';",
        ),
        ("app-0123456789abcdef_bg.wasm", b"\0asm plain"),
        ("app-0123456789abcdef_bg.wasm.br", b"wasm in brotli"),
        ("app-0123456789abcdef_bg.wasm.gz", b"wasm in gzip"),
        ("csp.json", b"{\"scriptSrc\": [\"'sha256-c29tZSBzY3JpcHQ='\"]}"),
    ];
    for (name, content) in files {
        std::fs::write(web.join(name), content).unwrap();
    }
}
