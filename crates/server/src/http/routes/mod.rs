//! One file per resource.

pub(super) mod authorize;
pub(super) mod devices;
pub(super) mod health;
pub(super) mod me;
pub(super) mod metadata;
pub(super) mod metrics;
pub(super) mod revoke;
pub(super) mod token;
