//! What tests of the storage, and of rules over it, store.

use chrono::DateTime;

use super::identity::User;

/// An account of this name: a technician of one site, who may sign in.
pub(crate) fn user(id: &str) -> User {
    User {
        id: id.to_owned(),
        username: id.to_owned(),
        display_name: id.to_uppercase(),
        password_hash: String::new(),
        roles: vec!["technician".to_owned()],
        sites: vec!["north".to_owned()],
        demo: false,
        disabled: false,
        created_at: DateTime::UNIX_EPOCH,
    }
}
