use std::{fmt, rc::Rc};

use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::ports::{Request, Response, Transport, Unreachable};

use super::FetchTransport;

/// Any transport, shared by everything that sends through it. The default is [`FetchTransport`] to the page's own origin.
///
/// One type for all of them: the client and the engine are compiled once, whatever transport they are given.
#[derive(Clone)]
pub struct SharedTransport(Rc<dyn Dispatch>);

trait Dispatch {
    fn dispatch(&self, request: Request) -> LocalBoxFuture<'_, Result<Response, Unreachable>>;
}

impl<T: Transport> Dispatch for T {
    fn dispatch(&self, request: Request) -> LocalBoxFuture<'_, Result<Response, Unreachable>> {
        Transport::send(self, request).boxed_local()
    }
}

impl SharedTransport {
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Rc::new(transport))
    }
}

impl Default for SharedTransport {
    fn default() -> Self {
        Self::new(FetchTransport::default())
    }
}

impl fmt::Debug for SharedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTransport").finish_non_exhaustive()
    }
}

impl Transport for SharedTransport {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        self.0.dispatch(request).await
    }
}
