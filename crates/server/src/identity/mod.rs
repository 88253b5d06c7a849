//! Who is calling, and how they prove it: OAuth 2.0 authorization code with PKCE for one first-party public client.
//!
//! A sign-in opens a **session**: one person on one device, and a family of refresh tokens.
//!
//! ```text
//! GET  /oauth/authorize  -> sign-in page            authorization::check
//! POST /oauth/authorize  -> password, then a code   password, authorization::issue_code
//! POST /oauth/token      -> code for tokens         exchange::exchange_code     (opens the session)
//! POST /oauth/token      -> cookie for tokens       refresh::refresh            (rotates the family)
//! any  /api/…            -> bearer token            access::authenticate
//! POST /oauth/revoke     -> end of the session      access::sign_out
//! ```
//!
//! The rules are functions over [`IdentityReader`](crate::storage::port::IdentityReader) and [`IdentityWriter`](crate::storage::port::IdentityWriter), with the time and the source of randomness handed in. Each
//! runs inside one transaction of its caller. A refusal is a value, not an error: it may have to be committed (a
//! reused token revokes its family).
//!
//! Codes and tokens are random, opaque and stored as SHA-256 only: a copy of the database signs nobody in, and
//! revoking a session takes effect with the next request.

pub mod access;
pub mod account;
pub mod authorization;
pub mod demo;
mod error;
pub mod exchange;
pub mod grant;
pub mod known_browser;
pub mod label;
pub mod normal;
pub mod password;
pub mod refresh;
pub mod secret;
pub mod throttle;

pub use access::Identity;
pub use error::IdentityError;

#[cfg(test)]
mod tests;
