//! Who uses this device, and what opens their data.
//!
//! A small database of its own, in the clear, so that a person can open the app without a network: for each an opaque
//! id, the random name of their database, and their secret wrapped under the device passcode. Wrong passcodes are
//! counted in the database before they are tried, so reloading the page gains no attempts; [`waits`] holds the rest off.
//!
//! Locking is counted too. What was opened carries the count it was opened under; a context that comes by its keys while
//! another one locks finds the count moved on, and closes again. So are data keys: what has an earlier one writes nothing
//! here any more.

mod delay;
mod kept;
mod passcode;
mod private;
mod record;
mod replacement;
mod state;
mod strength;
mod waits;

use holdfast_core::Timestamp;
use rexie::{ObjectStore, Transaction};
use wasm_bindgen::JsValue;

use crate::{
    clock::SteadyClock,
    database::{Database, DatabaseError, Schema, strict::StrictTransaction},
    seal::{Keys, SealError},
    store::schema::SCHEMA as USER_SCHEMA,
};
pub use kept::KEPT_FOR;
pub use private::Private;
pub use record::KnownUser;
use record::UserRecord;
use state::{CURRENT, SIGNED_IN};
pub use strength::{MIN_PASSCODE, is_weak};
use waits::Waits;

const NAME: &str = "holdfast-vault";
/// [`UserRecord`]s by user id.
const USERS: &str = "users";
/// Kept keys by user id.
const KEYS: &str = "keys";
/// What `state` names, and what `private` keeps.
const STATE: &str = "state";

const SCHEMA: Schema = Schema {
    // Raised without a new store: an app that knows of one data key only must not write a person's record.
    version: 2,
    returns: true,
    stores: || {
        vec![
            ObjectStore::new(USERS).key_path("userId"),
            ObjectStore::new(KEYS),
            ObjectStore::new(STATE),
        ]
    },
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error(
        "choose a passcode of at least {MIN_PASSCODE} characters that is not a sequence, a date or a common word"
    )]
    WeakPasscode,
    #[error("this is not the passcode")]
    WrongPasscode,
    /// Too many wrong passcodes; the number is of seconds.
    #[error("too many wrong passcodes; try again in {0} s")]
    Wait(u32),
    #[error("nobody is set up on this device under this account; sign in")]
    UnknownUser,
    #[error("this account is set up on this device already; enter its passcode")]
    AlreadySetUp,
    /// Another tab put the keys under another passcode, or replaced the data key, between the try and its outcome.
    #[error("passcode or key were changed in another tab just now; try again")]
    ChangedMeanwhile,
    #[error("the data key is being replaced already; it goes on by itself")]
    Replacing,
    /// What was opened has the data key of before.
    #[error("the data key was replaced; unlock again")]
    KeyReplaced,
    #[error("the key to the data on this device is damaged; sign out and in again to set the device up anew")]
    Damaged,
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Seal(SealError),
}

impl From<SealError> for VaultError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::DoesNotOpen => Self::WrongPasscode,
            other => Self::Seal(other),
        }
    }
}

/// An open vault: a person's database and the keys to it.
#[derive(Debug, Clone)]
pub struct Unlocked {
    pub user_id: String,
    pub database: String,
    pub keys: Keys,
    /// The count of lockings when it was opened.
    pub locks: u32,
    /// Until when it may stay open without asking again; `None`: until it is locked.
    pub until: Option<Timestamp>,
}

/// The vault of this origin.
#[derive(Debug, Clone)]
pub struct Vault {
    database: Database,
    waits: Waits,
}

impl Default for Vault {
    fn default() -> Self {
        Self::named(NAME)
    }
}

impl Vault {
    /// A vault of another name, apart from the app's own.
    pub fn named(name: &str) -> Self {
        Self::with_clock(name, SteadyClock::default())
    }

    /// As [`Vault::named`]; `clock` counts the waits after wrong passcodes.
    pub fn with_clock(name: &str, clock: SteadyClock) -> Self {
        Self {
            database: Database::new(name, SCHEMA),
            waits: Waits::by(clock),
        }
    }

    /// Everybody who can open the app on this device, the last one first.
    pub async fn users(&self) -> Result<Vec<KnownUser>, VaultError> {
        if !self.database.exists().await {
            return Ok(Vec::new());
        }
        let get = async |transaction: &Transaction| Ok(transaction.store(USERS)?.get_all(None, None).await?);
        let stored = self.database.read(&[USERS], get).await?;
        let mut users = stored
            .into_iter()
            .map(|value| UserRecord::read(value).map(KnownUser::from))
            .collect::<Result<Vec<_>, _>>()?;
        users.sort_by_key(|user| std::cmp::Reverse(user.last_unlocked_at));
        Ok(users)
    }

    /// Removes a person from this device: their database, then their keys.
    pub async fn purge(&self, user_id: &str) -> Result<(), VaultError> {
        let record = self.read(user_id).await?;
        Database::new(&record.database, USER_SCHEMA).delete().await?;
        let key = JsValue::from(user_id);
        let remove = async |transaction: &StrictTransaction| -> Result<(), DatabaseError> {
            for state in [CURRENT, SIGNED_IN] {
                if transaction.get(STATE, &state.into()).await? == key {
                    transaction.delete(STATE, &state.into())?;
                }
            }
            transaction.delete(USERS, &key)?;
            transaction.delete(KEYS, &key)?;
            transaction.delete(STATE, &private::all_of(user_id)?)
        };
        self.database.write(&[USERS, KEYS, STATE], remove).await?;
        self.delete_if_empty().await
    }

    /// The name of a person's database; `None` if nobody of this id is set up here.
    pub async fn database_of(&self, user_id: &str) -> Result<Option<String>, VaultError> {
        match self.read(user_id).await {
            Ok(record) => Ok(Some(record.database)),
            Err(VaultError::UnknownUser) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Milliseconds until the next passcode may be tried; 0: now. Stores how much of the wait has been served, so that
    /// the next start of the app goes on from there.
    pub async fn wait_left_ms(&self, user_id: &str) -> Result<u32, VaultError> {
        let seen = self.read(user_id).await?.failures();
        let left_ms = self.waits.left_ms(user_id, seen);
        if seen.left_ms.is_some_and(|stored| stored <= left_ms) || seen.count == 0 {
            return Ok(left_ms);
        }
        self.update(user_id, |record| {
            // A further attempt has begun another wait.
            if record.failures() == seen {
                record.wait_left_ms = Some(left_ms);
            }
            Ok(())
        })
        .await?;
        Ok(left_ms)
    }

    async fn read(&self, user_id: &str) -> Result<UserRecord, VaultError> {
        let get = async |transaction: &Transaction| Ok(transaction.store(USERS)?.get(user_id.into()).await?);
        let stored = self.database.read(&[USERS], get).await?;
        UserRecord::read(stored.ok_or(VaultError::UnknownUser)?)
    }

    /// Changes a person's record in one transaction, so that two tabs cannot try at once.
    async fn update(
        &self,
        user_id: &str,
        change: impl Fn(&mut UserRecord) -> Result<(), VaultError>,
    ) -> Result<UserRecord, VaultError> {
        let update = async |transaction: &StrictTransaction| {
            let mut record = UserRecord::got(transaction.get(USERS, &user_id.into()).await?)?;
            change(&mut record)?;
            transaction.put(USERS, &record.stored()?)?;
            Ok(record)
        };
        self.database.write(&[USERS], update).await
    }
}

fn unlocked(record: &UserRecord, keys: Keys) -> Unlocked {
    Unlocked {
        user_id: record.user_id.clone(),
        database: record.database.clone(),
        keys,
        locks: record.locks,
        until: None,
    }
}
