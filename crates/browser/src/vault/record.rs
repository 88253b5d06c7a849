//! What the vault keeps about each person: nothing that says who they are but an opaque id.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_core::{Timestamp, json_object};
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{VaultError, waits::Failures};
use crate::{
    rng::PlatformRng,
    scope::from_js,
    seal::{Generation, secret::Wrapped, stretch::Cost},
};

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserRecord {
    /// As the server names the person.
    pub user_id: String,
    /// What the server knows this device by under this person's name: said at every sign-in, so that it stays the same.
    pub device_id: String,
    /// The random name of the person's database.
    pub database: String,
    salt: String,
    cost: Cost,
    secret: String,
    /// Of the newest data key: what `secret` wraps.
    pub generation: Generation,
    /// The secret before, wrapped, while something sealed with its key may be left.
    former: Option<String>,
    /// The index key, wrapped, once it does not come from `secret` any more.
    index: Option<String>,
    /// Wrong passcodes since the last right one.
    pub failed_attempts: u32,
    pub last_failed_at: Option<Timestamp>,
    /// What is left of the wait for the next attempt; `None`: all of it.
    pub wait_left_ms: Option<u32>,
    pub created_at: Timestamp,
    pub last_unlocked_at: Timestamp,
    /// "Sync while the app is closed".
    pub keeps_key: bool,
    /// How often it was locked: what was opened under a smaller number is open no more.
    pub locks: u32,
}

json_object!(UserRecord {
    user_id: "userId",
    device_id: "deviceId",
    database: "database",
    salt: "salt",
    cost: "cost",
    secret: "secret",
    generation: "generation" = 0,
    former: "former" = None,
    index: "index" = None,
    failed_attempts: "failedAttempts",
    last_failed_at: "lastFailedAt",
    wait_left_ms: "waitLeftMs" = None,
    created_at: "createdAt",
    last_unlocked_at: "lastUnlockedAt",
    keeps_key: "keepsKey",
    locks: "locks" = 0,
});

impl UserRecord {
    pub(super) fn new(user_id: &str, device_id: &str, wrapped: &Wrapped, now: Timestamp) -> Self {
        let random = PlatformRng::bytes::<12>();
        let mut record = Self {
            user_id: user_id.to_owned(),
            device_id: device_id.to_owned(),
            database: format!("holdfast-{}", URL_SAFE_NO_PAD.encode(random)),
            salt: String::new(),
            cost: wrapped.cost.clone(),
            secret: String::new(),
            generation: 0,
            former: None,
            index: None,
            failed_attempts: 0,
            last_failed_at: None,
            wait_left_ms: None,
            created_at: now,
            last_unlocked_at: now,
            keeps_key: false,
            locks: 0,
        };
        record.set_wrapped(wrapped);
        record
    }

    pub(super) fn wrapped(&self) -> Result<Wrapped, VaultError> {
        let decode = |text: &String| URL_SAFE_NO_PAD.decode(text).map_err(|_| VaultError::Damaged);
        Ok(Wrapped {
            salt: decode(&self.salt)?,
            cost: self.cost.clone(),
            generation: self.generation,
            secret: decode(&self.secret)?,
            former: self.former.as_ref().map(decode).transpose()?,
            index: self.index.as_ref().map(decode).transpose()?,
        })
    }

    pub(super) fn set_wrapped(&mut self, wrapped: &Wrapped) {
        let encode = |bytes: &Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
        self.salt = encode(&wrapped.salt);
        self.cost = wrapped.cost.clone();
        self.generation = wrapped.generation;
        self.secret = encode(&wrapped.secret);
        self.former = wrapped.former.as_ref().map(encode);
        self.index = wrapped.index.as_ref().map(encode);
    }

    /// Whether the secrets are still wrapped as they were then.
    fn wraps_as(&self, earlier: &Self) -> bool {
        let wrapping = |record: &Self| (record.salt.clone(), record.secret.clone(), record.former.clone());
        wrapping(self) == wrapping(earlier)
    }

    pub(super) fn failures(&self) -> Failures {
        Failures {
            count: self.failed_attempts,
            last_at: self.last_failed_at,
            left_ms: self.wait_left_ms,
        }
    }

    /// Counts an attempt as failed until it is known to be right.
    pub(super) fn count_attempt(&mut self, now: Timestamp) {
        self.failed_attempts = self.failed_attempts.saturating_add(1);
        self.last_failed_at = Some(now);
        self.wait_left_ms = None;
    }

    /// The passcode tried on that earlier record was right: nothing is counted any more.
    pub(super) fn settle(&mut self, tried: &Self, now: Timestamp) -> Result<(), VaultError> {
        if !self.wraps_as(tried) {
            return Err(VaultError::ChangedMeanwhile);
        }
        self.failed_attempts = 0;
        self.last_failed_at = None;
        self.wait_left_ms = None;
        self.last_unlocked_at = now;
        Ok(())
    }

    /// Whether values may be left that are sealed with the former data key.
    pub(super) fn is_replacing(&self) -> bool {
        self.former.is_some()
    }

    pub(super) fn drop_former(&mut self) {
        self.former = None;
    }

    /// What was found under a person's id.
    pub(super) fn got(stored: JsValue) -> Result<Self, VaultError> {
        if stored.is_undefined() {
            return Err(VaultError::UnknownUser);
        }
        Self::read(stored)
    }

    pub(super) fn read(stored: JsValue) -> Result<Self, VaultError> {
        from_js(&stored).ok_or(VaultError::Damaged)
    }

    pub(super) fn stored(&self) -> Result<JsValue, VaultError> {
        serde_wasm_bindgen::to_value(self).map_err(|_| VaultError::Damaged)
    }
}

/// A person who can open the app on this device without a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    pub user_id: String,
    pub device_id: String,
    pub created_at: Timestamp,
    pub last_unlocked_at: Timestamp,
    /// "Sync while the app is closed" is on.
    pub keeps_key: bool,
}

impl From<UserRecord> for KnownUser {
    fn from(record: UserRecord) -> Self {
        Self {
            user_id: record.user_id,
            device_id: record.device_id,
            created_at: record.created_at,
            last_unlocked_at: record.last_unlocked_at,
            keeps_key: record.keeps_key,
        }
    }
}
