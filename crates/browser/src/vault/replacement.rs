//! Another data key in the place of the one there is.
//!
//! The vault comes first and last: it holds both keys before anything is sealed with the new one, and lets go of the
//! former when nothing sealed with it is left. Kept keys follow in the same transactions, so "sync while the app is
//! closed" goes on.

use holdfast_core::Timestamp;
use wasm_bindgen::JsValue;

use super::{KEYS, USERS, Unlocked, Vault, VaultError, kept, private, record::UserRecord, unlocked};
use crate::{
    crash::{CrashPoint, reached},
    database::strict::StrictTransaction,
    reseal::{Batch, Places, Resealed},
    seal::{Generation, Keys, secret},
};

impl Vault {
    /// Makes a new data key and keeps it beside the one there is, both under the same passcode. Each wrong passcode
    /// makes the next try wait longer. Refused while an earlier replacement has not ended.
    pub async fn begin_replacing(
        &self,
        user_id: &str,
        passcode: &str,
        now: Timestamp,
    ) -> Result<Unlocked, VaultError> {
        if self.read(user_id).await?.is_replacing() {
            return Err(VaultError::Replacing);
        }
        let tried = self.begin_attempt(user_id, now).await?;
        let (wrapped, keys) = secret::replace(&tried.wrapped()?, passcode).await?;
        reached(CrashPoint::RotationWrapped);
        let change = |record: &mut UserRecord| {
            record.settle(&tried, now)?;
            record.set_wrapped(&wrapped);
            Ok(())
        };
        let record = self
            .update_with_kept(user_id, now, change, |_| keys.clone())
            .await?;
        reached(CrashPoint::RotationBegun);
        Ok(unlocked(&record, keys))
    }

    /// Lets go of the data key before the one of this generation: nothing sealed with it is left.
    pub async fn end_replacing(
        &self,
        user_id: &str,
        generation: Generation,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let change = |record: &mut UserRecord| {
            if record.generation != generation {
                return Err(VaultError::ChangedMeanwhile);
            }
            record.drop_former();
            Ok(())
        };
        self.update_with_kept(user_id, now, change, Keys::without_former)
            .await?;
        reached(CrashPoint::RotationEnded);
        Ok(())
    }

    /// Which data key of a person's is the newest.
    pub async fn generation(&self, user_id: &str) -> Result<Generation, VaultError> {
        Ok(self.read(user_id).await?.generation)
    }

    /// Where everything private of a person lies, a batch each.
    pub async fn private_places(&self, user_id: &str) -> Result<Vec<Places>, VaultError> {
        private::places(&self.database, user_id).await
    }

    pub async fn read_private_batch(&self, places: &Places) -> Result<Batch, VaultError> {
        Ok(Batch::read(&self.database, places, private::describe).await?)
    }

    pub async fn write_private_batch(&self, batch: Resealed) -> Result<(), VaultError> {
        Ok(batch.write(&self.database).await?)
    }

    /// Changes a person's record, and the keys that are kept, in one transaction. Kept keys that are no longer good go.
    async fn update_with_kept(
        &self,
        user_id: &str,
        now: Timestamp,
        change: impl Fn(&mut UserRecord) -> Result<(), VaultError>,
        new_keys: impl Fn(Keys) -> Keys,
    ) -> Result<UserRecord, VaultError> {
        let key = JsValue::from(user_id);
        let update = async |transaction: &StrictTransaction| {
            let stored = transaction.get(USERS, &key).await?;
            let kept = transaction.get(KEYS, &key).await?;
            let mut record = UserRecord::got(stored)?;
            let good = kept::is_good(&kept, &record, now);
            change(&mut record)?;
            transaction.put(USERS, &record.stored()?)?;
            match good.then(|| kept::with_keys(&kept, new_keys)).flatten() {
                Some(kept) => transaction.put_at(KEYS, &key, &kept)?,
                None => transaction.delete(KEYS, &key)?,
            }
            Ok(record)
        };
        self.database.write(&[USERS, KEYS], update).await
    }
}
