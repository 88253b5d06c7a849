//! What the engine asks of the world. A platform implements these traits; the simulator does so deterministically.
//!
//! The futures are not `Send`: a device's engine lives on one thread, in a tab, a worker or a simulated context.
#![allow(async_fn_in_trait)]

mod http;

pub use http::{Body, Headers, Method, Request, Response};

use uuid::Uuid;

use crate::{Timestamp, store::Store};

/// The device's own clock. It orders nothing: no winner is ever chosen by it.
pub trait Clock {
    fn now(&self) -> Timestamp;
    /// Waits, as the platform does: a hidden tab or a worker may be held up for longer.
    async fn sleep(&self, milliseconds: u64);
}

/// Randomness for identifiers and jitter.
pub trait Rng {
    /// 64 uniformly distributed bits.
    fn next_u64(&self) -> u64;

    /// A random UUID (version 4, RFC 4122).
    fn uuid(&self) -> String {
        let (high, low) = (self.next_u64(), self.next_u64());
        uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
            .into_uuid()
            .as_hyphenated()
            .encode_lower(&mut Uuid::encode_buffer())
            .to_owned()
    }
}

/// The request did not come back with a response: no route, connection cut, timed out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server could not be reached: {0}")]
pub struct Unreachable(pub String);

/// The way to the server. It carries the cookie that holds the refresh token.
pub trait Transport {
    /// Sends a request and reads its response to the end. It never retries by itself.
    ///
    /// # Errors
    /// If no whole response came back. A response of any status is no error.
    async fn send(&self, request: Request) -> Result<Response, Unreachable>;
}

/// A context's set of ports.
pub trait Ports {
    type Store: Store;
    type Transport: Transport;
    type Clock: Clock;
    type Rng: Rng;

    fn store(&self) -> &Self::Store;
    fn transport(&self) -> &Self::Transport;
    fn clock(&self) -> &Self::Clock;
    fn rng(&self) -> &Self::Rng;
}
