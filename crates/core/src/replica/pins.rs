//! Records that the person on this device keeps there (`pinned` of their profile).

use std::collections::BTreeSet;

use serde_json::Value;

use super::Replica;
use crate::{ordered, record::RecordKey, system};

/// The profile's field: a list of `type/id`.
const PINNED: &str = "pinned";

impl Replica {
    /// Whose work this device holds: the key of their profile.
    fn profile(&self) -> RecordKey {
        let user = self.device().map(|device| device.user_id.as_str());
        RecordKey::new(system::USER, user.unwrap_or_default())
    }

    /// The pinned records, each by the id that it has by now.
    pub fn pinned(&self) -> BTreeSet<RecordKey> {
        ordered::set(self.pins().iter().filter_map(|pin| self.named_by(pin)))
    }

    pub fn is_pinned(&self, key: &RecordKey) -> bool {
        self.pins()
            .iter()
            .any(|pin| self.named_by(pin).as_ref() == Some(key))
    }

    /// The profile, its field, and the pins once the record is among them, or is not.
    pub fn with_pin(&self, key: &RecordKey, pinned: bool) -> (RecordKey, &'static str, Vec<Value>) {
        let mut pins = self.pins();
        pins.retain(|pin| self.named_by(pin).as_ref() != Some(key));
        if pinned {
            pins.push(key.to_string().into());
        }
        (self.profile(), PINNED, pins)
    }

    fn pins(&self) -> Vec<Value> {
        let profile = self.view(&self.profile());
        let pinned = profile.and_then(|view| view.fields.get(PINNED)?.as_array().cloned());
        pinned.unwrap_or_default()
    }

    /// The record that a pin names; one made before the server numbered it is known by its number now.
    fn named_by(&self, pin: &Value) -> Option<RecordKey> {
        let (entity, id) = pin.as_str()?.split_once('/')?;
        Some(self.resolve(&RecordKey::new(entity, id)))
    }
}
