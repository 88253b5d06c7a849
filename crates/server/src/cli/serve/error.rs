//! What prevents the server from starting.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::cli::prepare::PrepareError;
use crate::http::CspError;
use crate::identity::IdentityError;
use crate::packs::PacksError;
use crate::storage::port::StorageError;

#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ServeError {
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
    Storage(#[from] StorageError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Packs(#[from] PacksError),
    #[error(transparent)]
    Records(#[from] PrepareError),
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}
