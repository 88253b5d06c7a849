//! The flags of `holdfast-server serve`, and what they amount to.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;
use clap::builder::FalseyValueParser;
use url::Url;

use super::error::ServeError;
use crate::http::hosts::{AllowedHost, AllowedHosts};
use crate::http::quotas::ApiLimits;
use crate::http::state::Settings;
use crate::http::{ConnectionLimits, DEFAULT_SECONDS, TransportSecurity};
use crate::identity::grant::Lifetimes;
use crate::storage::database::DatabaseUrl;

const NOTES: &str = "\
TLS: on loopback the server speaks plain http to the browser. Anywhere else browsers need https for a service worker,
and the sign-in cookie is marked Secure: put a proxy that terminates TLS in front, name its address with --public-url,
and add --behind-proxy so that rate limits see the clients' addresses.";

/// Serve the app and its API until SIGTERM or Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(in crate::cli) struct ServeArguments {
    /// Address and port to listen on
    #[arg(long, env = "HOLDFAST_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where the data lies; the file is created if it is missing
    #[arg(long, env = "HOLDFAST_DATABASE", default_value = "sqlite:holdfast.db")]
    pub database: DatabaseUrl,

    /// Folder of the built app
    #[arg(long, env = "HOLDFAST_WEB", default_value = "dist")]
    pub web: PathBuf,

    /// Folder of domain packs, in place of those built in
    #[arg(long, env = "HOLDFAST_DOMAINS")]
    pub domains: Option<PathBuf>,

    /// The database was restored from a backup: devices sync again, and offer again what was accepted before
    #[arg(long)]
    pub restored: bool,

    /// Create the demo accounts, whose password is public, and demo records; loopback only
    #[arg(long, env = "HOLDFAST_DEMO", value_parser = FalseyValueParser::new())]
    pub demo: bool,

    /// The https address by which browsers reach this server through a proxy; by default, whatever they used
    #[arg(long, env = "HOLDFAST_PUBLIC_URL")]
    pub public_url: Option<Url>,

    /// A further name or address by which browsers reach this server, such as field.example or 192.0.2.1:8080; may be
    /// given several times. Requests by another name are refused
    #[arg(
        long = "allowed-host",
        env = "HOLDFAST_ALLOWED_HOST",
        value_delimiter = ',',
        value_name = "HOST"
    )]
    pub allowed_hosts: Vec<AllowedHost>,

    /// Address and port of a listener for the operator alone: /readyz, /metrics and /api/v1/openapi.json are then served
    /// there, and no longer at --listen
    #[arg(long, env = "HOLDFAST_OPERATIONS_LISTEN", value_name = "ADDRESS")]
    pub operations_listen: Option<SocketAddr>,

    /// Connections at once; further ones wait
    #[arg(long, env = "HOLDFAST_MAX_CONNECTIONS", default_value_t = 800,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_connections: u32,

    /// Seconds for which browsers that connect by https must use https only (HSTS)
    #[arg(long, env = "HOLDFAST_HSTS_SECONDS", default_value_t = DEFAULT_SECONDS)]
    pub hsts_seconds: u32,

    /// HSTS holds for all subdomains, too
    #[arg(long, env = "HOLDFAST_HSTS_INCLUDE_SUBDOMAINS", value_parser = FalseyValueParser::new())]
    pub hsts_include_subdomains: bool,

    /// Browsers may ship this domain as one that is reached by https only: hard to take back
    #[arg(long, env = "HOLDFAST_HSTS_PRELOAD", value_parser = FalseyValueParser::new())]
    pub hsts_preload: bool,

    /// Believe the X-Forwarded-For header of the proxy in front
    #[arg(long, env = "HOLDFAST_BEHIND_PROXY", value_parser = FalseyValueParser::new())]
    pub behind_proxy: bool,

    /// How long an access token is good for, in seconds
    #[arg(long, env = "HOLDFAST_ACCESS_TOKEN_SECONDS", default_value_t = 600,
          value_parser = clap::value_parser!(i64).range(1..=3600))]
    pub access_token_seconds: i64,

    /// How long a device stays signed in without contact, in days
    #[arg(long, env = "HOLDFAST_REFRESH_TOKEN_DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(i64).range(1..=365))]
    pub refresh_token_days: i64,

    /// How long a device stays signed in at the most, in days from its sign-in
    #[arg(long, env = "HOLDFAST_SESSION_DAYS", default_value_t = 90,
          value_parser = clap::value_parser!(i64).range(1..=365))]
    pub session_days: i64,
}

impl ServeArguments {
    pub fn transport(&self) -> TransportSecurity {
        TransportSecurity {
            seconds: self.hsts_seconds,
            include_subdomains: self.hsts_include_subdomains,
            preload: self.hsts_preload,
        }
    }

    pub fn connections(&self) -> ConnectionLimits {
        let limits = ConnectionLimits::default();
        ConnectionLimits {
            total: self.max_connections as usize,
            per_network: limits.per_network.filter(|_| !self.behind_proxy),
            ..limits
        }
    }

    pub fn settings(&self) -> Settings {
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

    /// Refuses what does not go together.
    pub fn check(&self) -> Result<(), ServeError> {
        if !self.transport().is_consistent() {
            return Err(ServeError::Preload);
        }
        if !self.demo {
            return Ok(());
        }
        if !self.listen.ip().is_loopback() {
            return Err(ServeError::DemoInPublic(self.listen));
        }
        if self.public_url.is_some() {
            return Err(ServeError::DemoPublished("--public-url"));
        }
        if self.behind_proxy {
            return Err(ServeError::DemoPublished("--behind-proxy"));
        }
        match self.allowed_hosts.iter().all(AllowedHost::is_loopback) {
            true => Ok(()),
            false => Err(ServeError::DemoPublished("--allowed-host")),
        }
    }
}
