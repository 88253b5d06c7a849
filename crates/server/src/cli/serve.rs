//! `holdfast-server serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use clap::Args;
use clap::builder::FalseyValueParser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use super::database_url::DatabaseUrl;
use super::prepare::{self, PrepareError};
use crate::http::DEFAULT_SECONDS;
use crate::http::hosts::{AllowedHost, AllowedHosts};
use crate::http::quotas::ApiLimits;
use crate::http::state::{AppState, Settings};
use crate::http::{
    ConnectionLimits, CspError, SecurityHeaders, TransportSecurity, operations_router, router, serve,
};
use crate::identity::grant::Lifetimes;
use crate::identity::sqlite::SqliteIdentity;
use crate::identity::store::IdentityStore;
use crate::identity::{IdentityError, demo};
use crate::packs::{self, PacksError};
use crate::storage::sqlite::{Database, DatabaseError};

const NOTES: &str = "\
TLS: on loopback the server speaks plain http to the browser. Anywhere else browsers need https for a service worker,
and the sign-in cookie is marked Secure: put a proxy that terminates TLS in front, name its address with --public-url,
and add --behind-proxy so that rate limits see the clients' addresses.";

/// Serve the app and its API until SIGTERM or Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct ServeArguments {
    /// Address and port to listen on
    #[arg(long, env = "HOLDFAST_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Where the data lies; the file is created if it is missing
    #[arg(long, env = "HOLDFAST_DATABASE", default_value = "sqlite:holdfast.db")]
    database: DatabaseUrl,

    /// Folder of the built app
    #[arg(long, env = "HOLDFAST_WEB", default_value = "dist")]
    web: PathBuf,

    /// Folder of domain packs, in place of those built in
    #[arg(long, env = "HOLDFAST_DOMAINS")]
    domains: Option<PathBuf>,

    /// The database was restored from a backup: devices sync anew, and offer again what they were told was accepted
    #[arg(long)]
    restored: bool,

    /// Create the demo accounts, whose password is public, and demo records; loopback only
    #[arg(long, env = "HOLDFAST_DEMO", value_parser = FalseyValueParser::new())]
    demo: bool,

    /// The https address by which browsers reach this server through a proxy; by default, whatever they used
    #[arg(long, env = "HOLDFAST_PUBLIC_URL")]
    public_url: Option<Url>,

    /// A further name or address by which browsers reach this server, such as field.example or 192.0.2.1:8080; may be
    /// given several times. Requests by another name are refused
    #[arg(
        long = "allowed-host",
        env = "HOLDFAST_ALLOWED_HOST",
        value_delimiter = ',',
        value_name = "HOST"
    )]
    allowed_hosts: Vec<AllowedHost>,

    /// Address and port of a listener for the operator alone: /readyz, /metrics and /api/v1/openapi.json are then served
    /// there, and no longer at --listen
    #[arg(long, env = "HOLDFAST_OPERATIONS_LISTEN", value_name = "ADDRESS")]
    operations_listen: Option<SocketAddr>,

    /// Connections at once; further ones wait
    #[arg(long, env = "HOLDFAST_MAX_CONNECTIONS", default_value_t = 800,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_connections: u32,

    /// Where browsers come by https: for how many seconds they are told to come so only (HSTS)
    #[arg(long, env = "HOLDFAST_HSTS_SECONDS", default_value_t = DEFAULT_SECONDS)]
    hsts_seconds: u32,

    /// HSTS holds for all subdomains, too
    #[arg(long, env = "HOLDFAST_HSTS_INCLUDE_SUBDOMAINS", value_parser = FalseyValueParser::new())]
    hsts_include_subdomains: bool,

    /// Browsers may ship this domain as one that is reached by https only: hard to take back
    #[arg(long, env = "HOLDFAST_HSTS_PRELOAD", value_parser = FalseyValueParser::new())]
    hsts_preload: bool,

    /// Believe the X-Forwarded-For header of the proxy in front
    #[arg(long, env = "HOLDFAST_BEHIND_PROXY", value_parser = FalseyValueParser::new())]
    behind_proxy: bool,

    /// How long an access token is good for, in seconds
    #[arg(long, env = "HOLDFAST_ACCESS_TOKEN_SECONDS", default_value_t = 600,
          value_parser = clap::value_parser!(i64).range(1..=3600))]
    access_token_seconds: i64,

    /// How long a device stays signed in without contact, in days
    #[arg(long, env = "HOLDFAST_REFRESH_TOKEN_DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(i64).range(1..=365))]
    refresh_token_days: i64,

    /// How long a device stays signed in at the most, in days from its sign-in
    #[arg(long, env = "HOLDFAST_SESSION_DAYS", default_value_t = 90,
          value_parser = clap::value_parser!(i64).range(1..=365))]
    session_days: i64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    #[error(
        "--demo opens accounts with a public password, so it listens on loopback only. Listen on 127.0.0.1 or \
         [::1] instead of {0}, or leave out --demo"
    )]
    DemoInPublic(SocketAddr),
    #[error(
        "--demo opens accounts with a public password and must not be reachable from elsewhere, so it cannot be \
         combined with {0}. Leave out {0}, or leave out --demo and create accounts with `holdfast-server user add`"
    )]
    DemoPublished(&'static str),
    #[error(
        "this database holds accounts of its own, and --demo would open others with a public password beside them. \
         Leave out --demo, or name another file with --database"
    )]
    DemoWithAccounts,
    #[error(
        "--hsts-preload needs --hsts-include-subdomains and --hsts-seconds of at least 31536000. Add both, or leave it out"
    )]
    Preload,
    #[error(
        "the web folder {0} has no index.html. Build the app first, or name the folder of the built app with --web"
    )]
    NoApp(PathBuf),
    #[error(
        "cannot listen on {address}: {source}. If another program uses this port, stop it or choose another with \
         --listen"
    )]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Csp(#[from] CspError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Packs(#[from] PacksError),
    #[error(transparent)]
    Records(#[from] PrepareError),
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}

pub(super) fn run(arguments: &ServeArguments) -> Result<(), ServeError> {
    check(arguments)?;
    if !arguments.web.join("index.html").is_file() {
        return Err(ServeError::NoApp(arguments.web.clone()));
    }
    let state = open_state(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(listen_and_serve(arguments, state))
}

/// Refuses what does not go together.
fn check(arguments: &ServeArguments) -> Result<(), ServeError> {
    if !arguments.transport().is_consistent() {
        return Err(ServeError::Preload);
    }
    if !arguments.demo {
        return Ok(());
    }
    if !arguments.listen.ip().is_loopback() {
        return Err(ServeError::DemoInPublic(arguments.listen));
    }
    if arguments.public_url.is_some() {
        return Err(ServeError::DemoPublished("--public-url"));
    }
    if arguments.behind_proxy {
        return Err(ServeError::DemoPublished("--behind-proxy"));
    }
    match arguments.allowed_hosts.iter().all(AllowedHost::is_loopback) {
        true => Ok(()),
        false => Err(ServeError::DemoPublished("--allowed-host")),
    }
}

fn open_state(arguments: &ServeArguments) -> Result<AppState, ServeError> {
    let settings = arguments.settings();
    let transport = settings.secure_cookies.then(|| arguments.transport());
    let headers = SecurityHeaders::for_app(&settings.web, transport)?;
    let packs = Arc::new(packs::load(arguments.domains.as_deref())?);
    let database = Arc::new(arguments.database.open()?);
    prepare_accounts(&database, arguments.demo)?;
    prepare::people(&database, &packs)?;
    if arguments.restored {
        prepare::new_epoch(&database, &packs)?;
    }
    if arguments.demo {
        prepare::demo(&database, &packs)?;
    }
    Ok(AppState::new(settings, headers, packs, database)?)
}

impl ServeArguments {
    fn transport(&self) -> TransportSecurity {
        TransportSecurity {
            seconds: self.hsts_seconds,
            include_subdomains: self.hsts_include_subdomains,
            preload: self.hsts_preload,
        }
    }

    fn connections(&self) -> ConnectionLimits {
        let limits = ConnectionLimits::default();
        ConnectionLimits {
            total: self.max_connections as usize,
            per_network: limits.per_network.filter(|_| !self.behind_proxy),
            ..limits
        }
    }

    fn settings(&self) -> Settings {
        let https = match &self.public_url {
            Some(url) => url.scheme() == "https",
            None => !self.listen.ip().is_loopback(),
        };
        Settings {
            web: self.web.clone(),
            demo: self.demo,
            public_url: self.public_url.clone(),
            hosts: AllowedHosts::for_listener(
                self.listen.ip(),
                self.public_url.as_ref(),
                &self.allowed_hosts,
            ),
            separate_operations: self.operations_listen.is_some(),
            secure_cookies: https,
            behind_proxy: self.behind_proxy,
            lifetimes: Lifetimes {
                access: TimeDelta::seconds(self.access_token_seconds),
                refresh: TimeDelta::days(self.refresh_token_days),
                session: TimeDelta::days(self.session_days),
                settling: crate::identity::grant::SETTLING,
            },
            api_limits: ApiLimits::default(),
        }
    }
}

fn prepare_accounts(database: &Database, as_demo: bool) -> Result<(), ServeError> {
    database.write(|tx| {
        let store = SqliteIdentity(tx);
        if as_demo {
            return match store.users()?.iter().all(|user| user.demo) {
                true => Ok(demo::open(&store, &mut rand::rng(), Utc::now())?),
                false => Err(ServeError::DemoWithAccounts),
            };
        }
        demo::close(&store, Utc::now())?;
        if !store.has_users()? {
            tracing::warn!("nobody can sign in yet: create an account with `holdfast-server user add`");
        }
        Ok(())
    })
}

async fn listen_and_serve(arguments: &ServeArguments, state: AppState) -> Result<(), ServeError> {
    let limits = arguments.connections();
    let (listener, bound) = bind(arguments.listen).await?;
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    if let Some(address) = arguments.operations_listen {
        let (listener, bound) = bind(address).await?;
        tracing::info!("readiness, metrics and the API's description are at http://{bound}");
        let router = operations_router(state.clone());
        tokio::spawn(serve(listener, router, limits, told(stopped.clone())));
    }
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        // Nobody listening means that serving has ended already.
        let _ = stopping.send(true);
    });
    println!("Holdfast is at http://{bound}");
    serve(listener, router(state), limits, told(stopped)).await?;
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let unable = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(unable)?;
    let bound = listener.local_addr().map_err(unable)?;
    Ok((listener, bound))
}

/// Completes once the process was told to stop.
async fn told(mut stopped: tokio::sync::watch::Receiver<bool>) {
    // A sender that is gone without having told is a runtime that is being shut down.
    let _ = stopped.wait_for(|stopping| *stopping).await;
}
