//! The HTTP shell: it translates between requests and the layers below, and decides nothing itself.
//!
//! A request passes, from the outside in: metrics, security headers, the guard against panics, then per area (API,
//! OAuth, static files) the cache policy, compression, decompression, time limit and body limit, and last its route.
//! Storage blocks, so handlers reach it by [`state::AppState::read`] and [`state::AppState::write`], which move the
//! work to a blocking thread.

mod authenticated;
mod client_address;
mod compression;
mod error;
mod extract;
mod metrics;
mod origin;
mod refresh_cookie;
mod router;
mod routes;
mod security_headers;
mod serve;
pub mod state;
mod static_files;

pub use error::ApiError;
pub use extract::{ApiJson, ApiQuery};
pub use router::router;
pub use security_headers::{CspError, SecurityHeaders};
pub use serve::serve;
