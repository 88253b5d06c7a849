//! The accounts of the demo. Their password is public, so they work only while the server runs as a demo.

use chrono::{DateTime, Utc};
use rand::CryptoRng;

use super::{IdentityError, account, password};
use crate::storage::identity::User;
use crate::storage::port::IdentityWriter;

pub const PASSWORD: &str = "demo";

/// A demo account. Its user id is its user name, so that demo records can name it.
#[derive(Debug, Clone, Copy)]
pub struct DemoAccount {
    pub username: &'static str,
    pub display_name: &'static str,
    pub sites: &'static [&'static str],
}

/// Each account's one role has the account's name.
pub const ACCOUNTS: [DemoAccount; 3] = [
    DemoAccount {
        username: "technician",
        display_name: "Tara Quist",
        sites: &["north"],
    },
    DemoAccount {
        username: "supervisor",
        display_name: "Samir Haddad",
        sites: &["north", "south"],
    },
    DemoAccount {
        username: "admin",
        display_name: "Ada Brandt",
        sites: &["north", "south"],
    },
];

/// Creates the accounts that are missing and lets all of them sign in.
pub fn open(
    store: &mut dyn IdentityWriter,
    rng: &mut dyn CryptoRng,
    now: DateTime<Utc>,
) -> Result<(), IdentityError> {
    for account in ACCOUNTS {
        if store.user(account.username)?.is_none() {
            store.save_user(&User {
                id: account.username.to_owned(),
                username: account.username.to_owned(),
                display_name: account.display_name.to_owned(),
                password_hash: password::hash(rng, PASSWORD)?,
                roles: vec![account.username.to_owned()],
                sites: account.sites.iter().map(|site| (*site).to_owned()).collect(),
                demo: true,
                disabled: false,
                created_at: now,
            })?;
        }
    }
    allow(store, now, true)
}

/// Disables the accounts and ends their sessions, in case this database once served a demo.
pub fn close(store: &mut dyn IdentityWriter, now: DateTime<Utc>) -> Result<(), IdentityError> {
    allow(store, now, false)
}

fn allow(store: &mut dyn IdentityWriter, now: DateTime<Utc>, allowed: bool) -> Result<(), IdentityError> {
    let users = store.users()?.into_iter().filter(|user| user.demo);
    for user in users {
        account::set_disabled(store, now, user, !allowed)?;
    }
    Ok(())
}
