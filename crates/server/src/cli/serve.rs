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
use crate::http::state::{AppState, Settings};
use crate::http::{CspError, SecurityHeaders, router, serve};
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
    if arguments.demo && !arguments.listen.ip().is_loopback() {
        return Err(ServeError::DemoInPublic(arguments.listen));
    }
    if !arguments.web.join("index.html").is_file() {
        return Err(ServeError::NoApp(arguments.web.clone()));
    }
    let state = open_state(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(listen_and_serve(arguments, state))
}

fn open_state(arguments: &ServeArguments) -> Result<AppState, ServeError> {
    let settings = arguments.settings();
    let headers = SecurityHeaders::for_app(&settings.web, settings.secure_cookies)?;
    let DatabaseUrl::Sqlite(path) = &arguments.database;
    let packs = Arc::new(packs::load(arguments.domains.as_deref())?);
    let database = Arc::new(Database::open(path)?);
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
    fn settings(&self) -> Settings {
        let https = match &self.public_url {
            Some(url) => url.scheme() == "https",
            None => !self.listen.ip().is_loopback(),
        };
        Settings {
            web: self.web.clone(),
            demo: self.demo,
            public_url: self.public_url.clone(),
            secure_cookies: https,
            behind_proxy: self.behind_proxy,
            lifetimes: Lifetimes {
                access: TimeDelta::seconds(self.access_token_seconds),
                refresh: TimeDelta::days(self.refresh_token_days),
                session: TimeDelta::days(self.session_days),
                settling: crate::identity::grant::SETTLING,
            },
        }
    }
}

fn prepare_accounts(database: &Database, as_demo: bool) -> Result<(), IdentityError> {
    database.write(|tx| {
        let store = SqliteIdentity(tx);
        if as_demo {
            return demo::open(&store, &mut rand::rng(), Utc::now());
        }
        demo::close(&store, Utc::now())?;
        if !store.has_users()? {
            tracing::warn!("nobody can sign in yet: create an account with `holdfast-server user add`");
        }
        Ok(())
    })
}

async fn listen_and_serve(arguments: &ServeArguments, state: AppState) -> Result<(), ServeError> {
    let address = arguments.listen;
    let unable = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(unable)?;
    let bound = listener.local_addr().map_err(unable)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    println!("Holdfast is at http://{bound}");
    serve(listener, router(state), stop).await?;
    Ok(())
}
