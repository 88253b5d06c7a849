//! `holdfast-server serve`.

mod arguments;
mod error;

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::Utc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::prepare;
use super::target::Target;
use crate::http::state::AppState;
use crate::http::{SecurityHeaders, operations_router, router, serve};
use crate::identity::demo;
use crate::packs;
use crate::storage::port::Organisation;

pub(super) use arguments::ServeArguments;
pub(super) use error::ServeError;

pub(super) fn run(arguments: &ServeArguments, organisation: Organisation) -> Result<(), ServeError> {
    arguments.check()?;
    if !arguments.web.join("index.html").is_file() {
        return Err(ServeError::NoApp(arguments.web.clone()));
    }
    let state = open_state(arguments, organisation)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(listen_and_serve(arguments, state))
}

fn open_state(arguments: &ServeArguments, organisation: Organisation) -> Result<AppState, ServeError> {
    let settings = arguments.settings();
    let transport = settings.secure_cookies.then(|| arguments.transport());
    let headers = SecurityHeaders::for_app(&settings.web, transport)?;
    let packs = Arc::new(packs::load(arguments.domains.as_deref())?);
    let database = Arc::new(arguments.database.open()?);
    let target = Target {
        database: &database,
        organisation,
    };
    prepare_accounts(target, arguments.demo)?;
    prepare::unique_keys(target, &packs)?;
    prepare::people(target, &packs)?;
    prepare::start(target)?;
    if arguments.restored {
        prepare::new_epoch(target, &packs)?;
    }
    if arguments.demo {
        prepare::demo(target, &packs)?;
    }
    Ok(AppState::new(settings, headers, packs, (database, organisation))?)
}

fn prepare_accounts(target: Target<'_>, as_demo: bool) -> Result<(), ServeError> {
    target.write(|tx| {
        let store = tx.identity_mut()?;
        if as_demo {
            return match store.users()?.iter().all(|user| user.demo) {
                true => Ok(demo::open(store, &mut rand::rng(), Utc::now())?),
                false => Err(ServeError::DemoWithAccounts),
            };
        }
        demo::close(store, Utc::now())?;
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

/// Completes when the process is asked to stop.
async fn told(mut stopped: tokio::sync::watch::Receiver<bool>) {
    // A sender that is gone without having told is a runtime that is being shut down.
    let _ = stopped.wait_for(|stopping| *stopping).await;
}
