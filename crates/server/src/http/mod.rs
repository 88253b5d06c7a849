//! The HTTP shell: it translates between requests and the layers below, and decides nothing itself.
//!
//! A request passes, from the outside in: metrics, security headers, the guard against panics, the check of its host, then per area (API,
//! OAuth, static files) the cache policy, compression, decompression, limits of rate, time and size, and last its route.
//! Storage blocks, so handlers reach it by [`state::AppState::read`] and [`state::AppState::write`], which move the
//! work to a blocking thread.

mod authenticated;
mod client_address;
mod compression;
mod cookies;
mod error;
mod extract;
pub mod hosts;
mod metrics;
mod middleware;
mod origin;
pub mod quotas;
mod resting_turn;
mod router;
mod routes;
mod security_headers;
mod serve;
mod sign_in_limits;
mod signed_in;
pub mod state;
mod static_files;
mod transport_security;
mod turns;
mod work;

pub use error::ApiError;
pub use extract::{ApiJson, ApiQuery};
pub use router::{operations_router, router};
pub use security_headers::{CspError, SecurityHeaders};
pub use serve::{ConnectionLimits, serve};
pub use transport_security::{DEFAULT_SECONDS, TransportSecurity};
