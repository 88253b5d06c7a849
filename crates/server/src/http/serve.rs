//! Serving on a socket until told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

/// How long requests in progress may take to finish once the server is to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` completes, then accepts nothing new and lets what is in progress finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let signal = async move {
        stop.await;
        tracing::info!("stopping: finishing the requests in progress");
        // Nobody listening means that serving has ended already.
        let _ = stopping.send(true);
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(signal);
    let deadline = async move {
        // A closed channel without a signal means that serving is about to return by itself.
        if stopped.wait_for(|stopping| *stopping).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        outcome = serving => outcome,
        () = deadline => {
            tracing::warn!("stopped with requests in progress after {} s", GRACE.as_secs());
            Ok(())
        }
    }
}
