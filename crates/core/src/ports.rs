//! What the engine asks of the world. A platform implements these traits; the simulator does so deterministically.
//!
//! The futures are not `Send`: a device's engine lives on one thread, in a tab, a worker or a simulated context.
#![allow(async_fn_in_trait)]

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

/// An HTTP request, seen from the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// Path and query, from the server's root: `/api/v1/sync/push`.
    pub path: String,
    /// The access token to send, if the call needs one.
    pub bearer: Option<String>,
    /// JSON, or a form for `/oauth/token`.
    pub body: Option<Body>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Delete,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Json(String),
    /// `application/x-www-form-urlencoded`, already encoded.
    Form(String),
}

/// An HTTP answer, whatever its status; whether it can be believed is for the engine to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Seconds from a `Retry-After` header, if there was one in that form.
    pub retry_after: Option<u64>,
    /// The server's clock when it answered, to the second below (`Date` header), if the answer said so.
    pub date: Option<Timestamp>,
    pub body: String,
}

/// The request did not come back with an answer: no route, connection cut, timed out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server could not be reached: {0}")]
pub struct Unreachable(pub String);

/// The way to the server. It carries the cookie that holds the refresh token; it never retries by itself.
pub trait Transport {
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
