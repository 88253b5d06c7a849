//! Serving on a socket until told to stop.
//!
//! A connection that does not send the head of a request in time is closed, and there are only so many connections, in
//! all and of one network: who opens them and says nothing keeps nobody else out.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::client_address::network;

/// How long requests in progress may take to finish once the server is to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long to wait after a connection could not be accepted: the process has too many files open, say.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Bytes of a request's head, and of what is read of its body at once.
const HEAD_LIMIT: usize = 64 * 1024;

/// How many connections are served, and for how long one may keep silent.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Connections at once. More wait until one of these ends.
    pub total: usize,
    /// Connections at once of one network (an IPv4 address, an IPv6 /64). More are closed. None behind a proxy, from
    /// which all of them come.
    pub per_network: Option<usize>,
    /// For the head of a request: the first one, and each further one of the same connection.
    pub head: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            // With files and databases less than the 1,024 that a process may usually open.
            total: 800,
            per_network: Some(400),
            head: Duration::from_secs(15),
        }
    }
}

/// Serves until `stop` completes, then accepts nothing new and lets what is in progress finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let slots = Arc::new(Semaphore::new(limits.total));
    let networks = Networks::default();
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (listener.accept().await, slot)
        };
        let (accepted, slot) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let Some(place) = networks.enter(peer, limits.per_network) else {
            continue;
        };
        let connection = graceful.watch(connection(stream, peer, router.clone(), limits.head));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop((slot, place));
        });
    }
    drop(listener);
    tracing::info!("stopping: finishing the requests in progress");
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests in progress after {} s", GRACE.as_secs());
    }
    Ok(())
}

type Connection<S> = http1::Connection<TokioIo<TcpStream>, S>;

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    head: Duration,
) -> Connection<impl hyper::service::HttpService<Incoming, ResBody = Body, Future: Send, Error: Send> + Send>
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service)
}

/// How many connections each network has open; networks without one are not remembered.
#[derive(Debug, Clone, Default)]
struct Networks(Arc<Mutex<HashMap<String, usize>>>);

impl Networks {
    /// Counts a connection until the place is dropped; none if the network has too many already.
    fn enter(&self, peer: SocketAddr, most: Option<usize>) -> Option<Place> {
        let network = network(peer.ip());
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network.clone()).or_default();
        if most.is_some_and(|most| *count >= most) {
            return None;
        }
        *count += 1;
        Some(Place {
            networks: self.clone(),
            network,
        })
    }
}

/// One open connection of a network.
#[derive(Debug)]
struct Place {
    networks: Networks,
    network: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.networks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}
