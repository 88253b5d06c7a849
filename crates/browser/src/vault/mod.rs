//! Who uses this device, and what opens their data.
//!
//! A small database of its own, in the clear, so that a person can open the app without a network: for each an opaque
//! id, the random name of their database, and their secret wrapped under the device passcode. Wrong passcodes are
//! counted in the database before they are tried, so reloading the page gains no tries.

mod delay;
mod kept;
mod record;
mod state;

use holdfast_core::Timestamp;
use rexie::{ObjectStore, TransactionMode};
use wasm_bindgen::JsValue;

use crate::{
    database::{Database, DatabaseError, Schema},
    seal::{Keys, SealError, secret},
    store::schema::SCHEMA as USER_SCHEMA,
};
pub use kept::KEPT_FOR;
pub use record::KnownUser;
use record::UserRecord;
use state::CURRENT;

const NAME: &str = "holdfast-vault";
/// [`UserRecord`]s by user id.
const USERS: &str = "users";
/// Kept keys by user id.
const KEYS: &str = "keys";
/// What `state` names.
const STATE: &str = "state";

const SCHEMA: Schema = Schema {
    version: 1,
    returns: true,
    stores: || {
        vec![
            ObjectStore::new(USERS).key_path("userId"),
            ObjectStore::new(KEYS),
            ObjectStore::new(STATE),
        ]
    },
};

/// The shortest passcode: a PIN of six.
pub const MIN_PASSCODE: usize = 6;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("choose a passcode of at least {MIN_PASSCODE} characters that are not all the same")]
    WeakPasscode,
    #[error("this is not the passcode")]
    WrongPasscode,
    /// Too many wrong passcodes; the number is of seconds.
    #[error("too many wrong passcodes; try again in {0} s")]
    Wait(u64),
    #[error("nobody is set up on this device under this account; sign in")]
    UnknownUser,
    #[error("this account is set up on this device already; enter its passcode")]
    AlreadySetUp,
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
}

/// The vault of this origin.
#[derive(Debug, Clone)]
pub struct Vault {
    database: Database,
}

impl Default for Vault {
    fn default() -> Self {
        Self::named(NAME)
    }
}

impl Vault {
    /// A vault of another name, apart from the app's own.
    pub fn named(name: &str) -> Self {
        Self {
            database: Database::new(name, SCHEMA),
        }
    }

    /// Everybody who can open the app on this device, the last one first.
    pub async fn users(&self) -> Result<Vec<KnownUser>, VaultError> {
        if !self.database.exists().await {
            return Ok(Vec::new());
        }
        let transaction = self.database.relaxed(&[USERS], TransactionMode::ReadOnly).await?;
        let store = transaction.store(USERS).map_err(DatabaseError::from)?;
        let stored = store.get_all(None, None).await.map_err(DatabaseError::from)?;
        let mut users = stored
            .into_iter()
            .map(|value| UserRecord::read(value).map(KnownUser::from))
            .collect::<Result<Vec<_>, _>>()?;
        users.sort_by_key(|user| std::cmp::Reverse(user.last_unlocked_at));
        Ok(users)
    }

    /// Sets a person up on this device: a new secret under this passcode. `device_id`: as the server knows the device.
    pub async fn create(
        &self,
        user_id: &str,
        device_id: &str,
        passcode: &str,
        now: Timestamp,
    ) -> Result<Unlocked, VaultError> {
        check_strength(passcode)?;
        let (wrapped, keys) = secret::create(passcode).await?;
        let record = UserRecord::new(user_id, device_id, &wrapped, now);
        let transaction = self.database.strict(&[USERS, STATE]).await?;
        if !transaction.get(USERS, &user_id.into()).await?.is_undefined() {
            transaction.abort().await;
            return Err(VaultError::AlreadySetUp);
        }
        transaction
            .store(USERS)?
            .put(&record.stored()?)
            .map_err(DatabaseError::from)?;
        let state = transaction.store(STATE)?;
        state
            .put_with_key(&user_id.into(), &CURRENT.into())
            .map_err(DatabaseError::from)?;
        transaction.complete().await?;
        Ok(unlocked(&record, keys))
    }

    /// Opens a person's data. Each wrong passcode makes the next try wait longer.
    pub async fn unlock(
        &self,
        user_id: &str,
        passcode: &str,
        now: Timestamp,
    ) -> Result<Unlocked, VaultError> {
        let record = self.begin_attempt(user_id, now).await?;
        let keys = secret::unlock(&record.wrapped()?, passcode).await?;
        let record = self.settle_attempt(user_id, now, |_| ()).await?;
        self.make_current(user_id).await?;
        if record.keeps_key {
            self.put_kept(user_id, &keys, now).await?;
        }
        Ok(unlocked(&record, keys))
    }

    /// Puts the same secret under another passcode: nothing has to be sealed anew.
    pub async fn change_passcode(
        &self,
        user_id: &str,
        passcode: &str,
        new_passcode: &str,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        check_strength(new_passcode)?;
        let record = self.begin_attempt(user_id, now).await?;
        let wrapped = secret::rewrap(&record.wrapped()?, passcode, new_passcode).await?;
        self.settle_attempt(user_id, now, |record| record.set_wrapped(&wrapped))
            .await?;
        Ok(())
    }

    /// Turns "sync while the app is closed" on or off.
    pub async fn keep_key(&self, unlocked: &Unlocked, keep: bool, now: Timestamp) -> Result<(), VaultError> {
        let user_id = &unlocked.user_id;
        self.update(user_id, |record| {
            record.keeps_key = keep;
            Ok(())
        })
        .await?;
        if keep {
            self.put_kept(user_id, &unlocked.keys, now).await
        } else {
            self.delete_kept(user_id).await
        }
    }

    /// What opens without a passcode while kept keys are good: for the worker, when no page is open.
    pub async fn kept(&self, user_id: &str, now: Timestamp) -> Result<Option<Unlocked>, VaultError> {
        let Some(keys) = self.get_kept(user_id, now).await? else {
            return Ok(None);
        };
        Ok(Some(unlocked(&self.read(user_id).await?, keys)))
    }

    /// Locks by hand: kept keys are gone, the setting stays for the next unlock.
    pub async fn lock(&self, user_id: &str) -> Result<(), VaultError> {
        self.delete_kept(user_id).await
    }

    /// Removes a person from this device: their database, then their keys.
    pub async fn purge(&self, user_id: &str) -> Result<(), VaultError> {
        let record = self.read(user_id).await?;
        Database::new(&record.database, USER_SCHEMA).delete().await?;
        let key = JsValue::from(user_id);
        let transaction = self.database.strict(&[USERS, KEYS, STATE]).await?;
        let current = transaction.get(STATE, &CURRENT.into()).await?;
        let removed = |store: &str, key: &JsValue| -> Result<(), DatabaseError> {
            transaction.store(store)?.delete(key)?;
            Ok(())
        };
        removed(USERS, &key)?;
        removed(KEYS, &key)?;
        if current == key {
            removed(STATE, &CURRENT.into())?;
        }
        transaction.complete().await?;
        self.delete_if_empty().await
    }

    async fn read(&self, user_id: &str) -> Result<UserRecord, VaultError> {
        let transaction = self.database.relaxed(&[USERS], TransactionMode::ReadOnly).await?;
        let store = transaction.store(USERS).map_err(DatabaseError::from)?;
        let stored = store.get(user_id.into()).await.map_err(DatabaseError::from)?;
        UserRecord::read(stored.ok_or(VaultError::UnknownUser)?)
    }

    /// Counts a try before it is made; refuses it while a wait is on.
    async fn begin_attempt(&self, user_id: &str, now: Timestamp) -> Result<UserRecord, VaultError> {
        self.update(user_id, |record| {
            let left = delay::seconds_left(record.failed_attempts, record.last_failed_at, now);
            if left > 0 {
                return Err(VaultError::Wait(left));
            }
            record.failed_attempts += 1;
            record.last_failed_at = Some(now);
            Ok(())
        })
        .await
    }

    /// The try was right: nothing is counted any more.
    async fn settle_attempt(
        &self,
        user_id: &str,
        now: Timestamp,
        change: impl Fn(&mut UserRecord),
    ) -> Result<UserRecord, VaultError> {
        self.update(user_id, |record| {
            record.failed_attempts = 0;
            record.last_failed_at = None;
            record.last_unlocked_at = now;
            change(record);
            Ok(())
        })
        .await
    }

    /// Changes a person's record in one transaction, so that two tabs cannot try at once.
    async fn update(
        &self,
        user_id: &str,
        change: impl Fn(&mut UserRecord) -> Result<(), VaultError>,
    ) -> Result<UserRecord, VaultError> {
        let transaction = self.database.strict(&[USERS]).await?;
        let stored = transaction.get(USERS, &user_id.into()).await?;
        let changed = if stored.is_undefined() {
            Err(VaultError::UnknownUser)
        } else {
            UserRecord::read(stored).and_then(|mut record| change(&mut record).map(|()| record))
        };
        match changed.and_then(|record| record.stored().map(|stored| (record, stored))) {
            Ok((record, stored)) => {
                transaction
                    .store(USERS)?
                    .put(&stored)
                    .map_err(DatabaseError::from)?;
                transaction.complete().await?;
                Ok(record)
            }
            Err(error) => {
                transaction.abort().await;
                Err(error)
            }
        }
    }
}

fn unlocked(record: &UserRecord, keys: Keys) -> Unlocked {
    Unlocked {
        user_id: record.user_id.clone(),
        database: record.database.clone(),
        keys,
    }
}

fn check_strength(passcode: &str) -> Result<(), VaultError> {
    let mut characters = passcode.chars();
    let first = characters.next();
    let all_the_same = characters.all(|character| Some(character) == first);
    if passcode.chars().count() < MIN_PASSCODE || all_the_same {
        return Err(VaultError::WeakPasscode);
    }
    Ok(())
}
