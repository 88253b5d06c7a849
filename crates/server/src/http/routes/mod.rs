//! One file per resource.

pub(super) mod audit;
pub(super) mod authorize;
pub(super) mod conflicts;
pub(super) mod devices;
pub(super) mod domains;
pub(super) mod health;
pub(super) mod me;
pub(super) mod metadata;
pub(super) mod metrics;
pub(super) mod openapi;
pub(super) mod records;
pub(super) mod revoke;
pub(super) mod sync;
pub(super) mod token;
