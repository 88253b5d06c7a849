//! Setting, trying and changing the passcode.

use holdfast_core::Timestamp;

use super::{
    STATE, USERS, Unlocked, Vault, VaultError, record::UserRecord, state::CURRENT, strength, unlocked,
};
use crate::{database::strict::StrictTransaction, seal::secret};

impl Vault {
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
        let stored = record.stored()?;
        let set_up = async |transaction: &StrictTransaction| {
            if !transaction.get(USERS, &user_id.into()).await?.is_undefined() {
                return Err(VaultError::AlreadySetUp);
            }
            transaction.put(USERS, &stored)?;
            Ok(transaction.put_at(STATE, &CURRENT.into(), &user_id.into())?)
        };
        self.database.write(&[USERS, STATE], set_up).await?;
        Ok(unlocked(&record, keys))
    }

    /// Opens a person's data. Each wrong passcode makes the next try wait longer.
    pub async fn unlock(
        &self,
        user_id: &str,
        passcode: &str,
        now: Timestamp,
    ) -> Result<Unlocked, VaultError> {
        let tried = self.begin_attempt(user_id, now).await?;
        let keys = secret::unlock(&tried.wrapped()?, passcode).await?;
        let record = self.settle_attempt(&tried, now, |_| ()).await?;
        self.make_current(user_id).await?;
        let unlocked = unlocked(&record, keys);
        if record.keeps_key {
            self.put_kept(&unlocked, now).await?;
        }
        Ok(unlocked)
    }

    /// Puts the same secrets under another passcode: nothing has to be sealed anew.
    pub async fn change_passcode(
        &self,
        user_id: &str,
        passcode: &str,
        new_passcode: &str,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        check_strength(new_passcode)?;
        let tried = self.begin_attempt(user_id, now).await?;
        let wrapped = secret::rewrap(&tried.wrapped()?, passcode, new_passcode).await?;
        self.settle_attempt(&tried, now, |record| record.set_wrapped(&wrapped))
            .await?;
        Ok(())
    }

    /// Counts a try before it is made; refuses it while a wait is on.
    pub(super) async fn begin_attempt(
        &self,
        user_id: &str,
        now: Timestamp,
    ) -> Result<UserRecord, VaultError> {
        let record = self
            .update(user_id, |record| {
                let left_ms = self.waits.left_ms(user_id, record.failures());
                if left_ms > 0 {
                    return Err(VaultError::Wait(left_ms.div_ceil(1_000)));
                }
                record.count_attempt(now);
                Ok(())
            })
            .await?;
        // If it is wrong, the wait begins here.
        self.waits.left_ms(user_id, record.failures());
        Ok(record)
    }

    /// The try was right: nothing is counted any more. Refused if what was tried is no longer how the keys are wrapped.
    async fn settle_attempt(
        &self,
        tried: &UserRecord,
        now: Timestamp,
        change: impl Fn(&mut UserRecord),
    ) -> Result<UserRecord, VaultError> {
        self.update(&tried.user_id, |record| {
            record.settle(tried, now)?;
            change(record);
            Ok(())
        })
        .await
    }
}

fn check_strength(passcode: &str) -> Result<(), VaultError> {
    if strength::is_weak(passcode) {
        return Err(VaultError::WeakPasscode);
    }
    Ok(())
}
