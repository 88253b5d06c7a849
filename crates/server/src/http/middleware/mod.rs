//! What requests pass through before their route, and responses after it, with the state that all handlers share.

pub(super) mod host_check;
pub(super) mod oauth_limits;
pub(super) mod request_metrics;
pub(super) mod response_headers;
