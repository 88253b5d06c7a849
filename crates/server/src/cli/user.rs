//! `holdfast-server user`: the accounts of the built-in authorization server.
//!
//! Works on the database file, whether or not the server runs: a change takes effect with the next request.

use std::io::{BufRead, Read};

use clap::{Args, Subcommand};
use holdfast_core::pack::{PackError, Packs};
use uuid::Uuid;

use super::prepare::{self, PrepareError, now};
use super::target::Target;
use crate::identity::{IdentityError, account, demo, normal, password};
use crate::security_log::{self, Event};
use crate::storage::database::DatabaseUrl;
use crate::storage::identity::User;
use crate::storage::port::{IdentityWriter, Organisation, StorageError};

/// In characters.
const LONGEST_USERNAME: usize = 100;

/// Create and change accounts
#[derive(Debug, Args)]
pub(super) struct UserArguments {
    #[command(subcommand)]
    action: Action,

    /// Where the data lies
    #[arg(
        long,
        env = "HOLDFAST_DATABASE",
        default_value = "sqlite:holdfast.db",
        global = true
    )]
    database: DatabaseUrl,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create an account; its password is the first line of the standard input. Closes a demo
    Add(NewUser),
    /// Set an account's password to the first line of the standard input; ends its sessions
    Password { username: String },
    /// Let nobody in by this account; ends its sessions
    Disable { username: String },
    /// Let the account in again; sessions that ended stay ended
    Enable { username: String },
}

#[derive(Debug, Args)]
struct NewUser {
    /// The name to sign in with
    username: String,
    /// The name that colleagues see; by default the user name
    #[arg(long)]
    display_name: Option<String>,
    /// A role, such as technician; may be given several times
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// A site whose records the account may see; may be given several times
    #[arg(long = "site")]
    sites: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum UserError {
    #[error("there is an account {0:?} already. Choose another user name, or set its password instead")]
    Exists(String),
    #[error("there is no account {0:?}. Check the spelling, and that --database names the right file")]
    Unknown(String),
    #[error("{0:?} is a demo account; only serve --demo opens those. Create an account of its own instead")]
    Demo(String),
    #[error(
        "a user name has 1 to {LONGEST_USERNAME} characters, none of them a control character. Choose another one"
    )]
    Username,
    #[error(
        "the password must have at least {} characters, and 8 to {} bytes. Pipe it in, followed by a line end",
        password::SHORTEST,
        password::LONGEST
    )]
    Password,
    #[error("the password is not UTF-8. Check the encoding of your terminal or file, and pipe it in again")]
    Encoding,
    #[error("cannot read the password from the standard input: {0}")]
    Input(#[from] std::io::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Pack(#[from] PackError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

pub(super) fn run(arguments: &UserArguments, organisation: Organisation) -> Result<(), UserError> {
    let target = Target {
        database: &arguments.database.open()?,
        organisation,
    };
    apply(target, &arguments.action)?;
    // Colleagues see the person as soon as the account is there.
    Ok(prepare::people(target, &Packs::new(Vec::new())?)?)
}

fn apply(target: Target<'_>, action: &Action) -> Result<(), UserError> {
    match action {
        Action::Add(new) => add(target, new),
        Action::Password { username } => {
            let password_hash = read_password()?;
            change(target, username, |store, user| {
                let user_id = user.id.clone();
                let sessions_ended = account::set_password(store, now(), user, password_hash)?;
                Ok(move || {
                    security_log::record(Event::PasswordSet {
                        user_id: &user_id,
                        sessions_ended,
                    });
                })
            })
        }
        Action::Disable { username } => set_disabled(target, username, true),
        Action::Enable { username } => set_disabled(target, username, false),
    }
}

fn set_disabled(target: Target<'_>, username: &str, disabled: bool) -> Result<(), UserError> {
    change(target, username, |store, user| {
        let user_id = user.id.clone();
        let sessions_ended = account::set_disabled(store, now(), user, disabled)?;
        Ok(move || {
            security_log::record(Event::StatusChanged {
                user_id: &user_id,
                disabled,
                sessions_ended,
            });
        })
    })
}

fn add(target: Target<'_>, new: &NewUser) -> Result<(), UserError> {
    let username = normal::username(&new.username);
    let length = username.chars().count();
    if !(1..=LONGEST_USERNAME).contains(&length) || username.chars().any(char::is_control) {
        return Err(UserError::Username);
    }
    let user = User {
        id: Uuid::new_v4().to_string(),
        username,
        display_name: new.display_name.clone().unwrap_or_else(|| new.username.clone()),
        password_hash: read_password()?,
        roles: new.roles.clone(),
        sites: new.sites.clone(),
        demo: false,
        disabled: false,
        created_at: now(),
    };
    target.write(|tx| {
        let store = tx.identity_mut()?;
        match normal::find_account(store, &user.username)? {
            Some(_) => Err(UserError::Exists(user.username.clone())),
            None => {
                // Accounts whose password is public and real work do not go together.
                demo::close(store, now())?;
                Ok(store.save_user(&user)?)
            }
        }
    })?;
    security_log::record(Event::AccountCreated { user: &user });
    Ok(())
}

/// Changes an account, and ends what was open under its earlier state, in one transaction. What `change` returns tells
/// of it once it is committed.
fn change<Told: FnOnce()>(
    target: Target<'_>,
    username: &str,
    change: impl FnOnce(&mut dyn IdentityWriter, User) -> Result<Told, IdentityError>,
) -> Result<(), UserError> {
    let tell = target.write(|tx| {
        let store = tx.identity_mut()?;
        match normal::find_account(store, username)? {
            None => Err(UserError::Unknown(username.to_owned())),
            Some(user) if user.demo => Err(UserError::Demo(user.username)),
            Some(user) => Ok(change(store, user)?),
        }
    })?;
    tell();
    Ok(())
}

/// Reads and hashes the password. A flag would leave it in the shell's history and the process list.
fn read_password() -> Result<String, UserError> {
    let mut line = Vec::new();
    let limit = password::LONGEST as u64 + 2;
    std::io::stdin().lock().take(limit).read_until(b'\n', &mut line)?;
    let line = String::from_utf8(line).map_err(|_| UserError::Encoding)?;
    let text = line.trim_end_matches(['\r', '\n']);
    if !password::is_acceptable(text) {
        return Err(UserError::Password);
    }
    Ok(password::hash(&mut rand::rng(), text)?)
}
