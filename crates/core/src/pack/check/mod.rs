//! Whether a pack means what it says: every name in it refers to something, so that no rule silently never applies.

mod entity;
mod field;
mod rules;
mod screens;
mod stamp;

use super::{Condition, Entity, FieldType, Pack, Packs};

/// What is wrong with a pack, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pack {pack}: {place}: {message}")]
pub struct PackError {
    pub pack: String,
    /// A path into the pack: `entities.work-order.fields.status`.
    pub place: String,
    pub message: String,
}

impl PackError {
    pub fn new(pack: &str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pack: pack.into(),
            place: place.into(),
            message: message.into(),
        }
    }
}

impl Pack {
    /// Reads a pack from TOML. Line and column are in the message; a key that means nothing is an error, so that a
    /// misspelt one does not go unnoticed.
    #[cfg(any(feature = "toml", test))]
    pub fn from_toml(name: &str, text: &str) -> Result<Self, PackError> {
        let unreadable = |message: String| PackError::new(name, "TOML", message);
        let written: serde_json::Value =
            toml::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        let pack: Self = toml::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        let kept = serde_json::to_value(&pack).map_err(|error| unreadable(error.to_string()))?;
        if let Some(place) = unknown_key(&written, &kept) {
            return Err(PackError::new(name, place, "there is no such key"));
        }
        // JSON has no infinity: a device would read no bound where the server has one.
        match serde_json::from_value::<Self>(kept) {
            Ok(again) if again == pack => Ok(pack),
            _ => Err(unreadable(
                "inf and nan are no numbers here; leave a bound out where there is none".into(),
            )),
        }
    }

    pub(super) fn check(&self, packs: &Packs) -> Result<(), PackError> {
        let checker = Checker { pack: self, packs };
        self.entities
            .iter()
            .try_for_each(|entity| checker.entity(entity))?;
        checker.priorities()?;
        checker.kinds()?;
        checker.roles()?;
        checker.home()?;
        checker.flows()?;
        checker.online_only()
    }
}

/// The path of a key that was written and not understood. What is empty says nothing and may be left out.
#[cfg(any(feature = "toml", test))]
fn unknown_key(written: &serde_json::Value, kept: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    let under = |step: String, inner: Option<String>| {
        inner.map(|rest| {
            if rest.is_empty() {
                step.clone()
            } else {
                format!("{step}.{rest}")
            }
        })
    };
    match (written, kept) {
        (Value::Object(written), Value::Object(kept)) => {
            written.iter().find_map(|(key, value)| match kept.get(key) {
                Some(known) => under(key.clone(), unknown_key(value, known)),
                None => {
                    let empty = value.as_array().is_some_and(Vec::is_empty)
                        || value.as_object().is_some_and(|o| o.is_empty());
                    (!empty).then(|| key.clone())
                }
            })
        }
        (Value::Array(written), Value::Array(kept)) => {
            written.iter().zip(kept).enumerate().find_map(|(at, (w, k))| {
                let name = w
                    .get("name")
                    .and_then(Value::as_str)
                    .map_or_else(|| at.to_string(), str::to_owned);
                under(name, unknown_key(w, k))
            })
        }
        _ => None,
    }
}

/// One pack under test among all packs.
struct Checker<'a> {
    pack: &'a Pack,
    packs: &'a Packs,
}

impl Checker<'_> {
    fn wrong<T>(&self, place: &str, message: impl Into<String>) -> Result<T, PackError> {
        Err(PackError::new(&self.pack.name, place, message))
    }

    fn known(&self, entity: &str, place: &str) -> Result<&Entity, PackError> {
        match self.packs.entity(entity) {
            Some(entity) => Ok(entity),
            None => self.wrong(place, format!("there is no entity \"{entity}\"")),
        }
    }

    fn known_role(&self, role: &str, place: &str) -> Result<(), PackError> {
        if self.packs.iter().any(|pack| pack.roles.contains_key(role)) {
            return Ok(());
        }
        self.wrong(place, format!("no pack declares the role \"{role}\""))
    }

    fn has_field(&self, entity: &Entity, field: &str, place: &str) -> Result<(), PackError> {
        if entity.field(field).is_some() || field == entity.id_field || field == "updatedAt" {
            return Ok(());
        }
        self.wrong(place, format!("{} has no field \"{field}\"", entity.name))
    }

    fn condition(&self, entity: &Entity, condition: &Condition, place: &str) -> Result<(), PackError> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts
                .iter()
                .try_for_each(|part| self.condition(entity, part, place)),
            Condition::Not(part) => self.condition(entity, part, place),
            Condition::Always(_) | Condition::Pinned(_) => Ok(()),
            Condition::Role(role) => self.known_role(role, place),
            Condition::Has { field, value } => {
                self.testable(entity, field, place)?;
                self.holdable(entity, field, value, place)
            }
            Condition::Within { field, .. } => {
                self.testable(entity, field, place)?;
                match entity.field(field).map(|field| &field.kind) {
                    Some(FieldType::Datetime) => Ok(()),
                    _ => self.wrong(
                        place,
                        format!("looks how long ago \"{field}\" is, which is no datetime"),
                    ),
                }
            }
            Condition::Is { field, value } => {
                self.testable(entity, field, place)?;
                self.comparable(entity, field, value, place)
            }
            Condition::In { field, values } => {
                self.testable(entity, field, place)?;
                values
                    .iter()
                    .try_for_each(|value| self.comparable(entity, field, value, place))
            }
        }
    }

    /// Conditions see a record's fields and its id, not the time that rides beside them.
    fn testable(&self, entity: &Entity, field: &str, place: &str) -> Result<(), PackError> {
        if entity.field(field).is_some() || field == entity.id_field {
            return Ok(());
        }
        self.wrong(place, format!("{} has no field \"{field}\" to test", entity.name))
    }
}

/// Names that occur more than once.
fn repeated<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = Vec::new();
    names.into_iter().find(|name| {
        let again = seen.contains(name);
        seen.push(*name);
        again
    })
}
