//! Demo records of the packs, put into the store once: `domains/README.md` describes their form.

use std::collections::BTreeMap;

use chrono::{Duration, SecondsFormat};
use holdfast_core::{Fields, Timestamp, pack::Entity, pack::Packs};
use serde_json::Value;

use crate::records::{defaults::complete, ids, version::Author, version::NewVersion};
use crate::storage::model::Act;
use crate::storage::port::{Organisation, Storage, StorageError, Transaction};

/// Records by entity, in the order in which references point backwards.
const EMBEDDED: [(&str, &str); 2] = [
    (
        "maintenance",
        include_str!("../../../../domains/maintenance.demo.json"),
    ),
    (
        "service-desk",
        include_str!("../../../../domains/service-desk.demo.json"),
    ),
];

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the demo records of {0} cannot be read: {1}")]
    Unreadable(&'static str, serde_json::Error),
    #[error("the demo records of {pack} are not sound: {message}")]
    Unsound { pack: &'static str, message: String },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Puts the demo records that are missing into an organisation; returns how many.
///
/// # Errors
/// If the storage fails, or the demo records do not fit the packs.
pub fn seed(
    storage: &impl Storage,
    organisation: Organisation,
    packs: &Packs,
    now: Timestamp,
) -> Result<usize, DemoError> {
    let mut seeded = 0;
    for (pack, text) in EMBEDDED {
        if packs.iter().any(|known| known.name == pack) {
            seeded += storage.write(organisation, |tx| seed_pack(tx, packs, pack, text, now))?;
        }
    }
    Ok(seeded)
}

fn seed_pack(
    tx: &mut dyn Transaction,
    packs: &Packs,
    pack: &'static str,
    text: &str,
    now: Timestamp,
) -> Result<usize, DemoError> {
    let lists: BTreeMap<String, Vec<Fields>> =
        serde_json::from_str(text).map_err(|error| DemoError::Unreadable(pack, error))?;
    let unsound = |message: String| DemoError::Unsound { pack, message };
    let mut seeded = 0;
    for (name, records) in lists {
        let entity = packs
            .entity(&name)
            .ok_or_else(|| unsound(format!("there is no entity \"{name}\"")))?;
        for mut fields in records {
            let id = fields.remove("id").and_then(|id| id.as_str().map(str::to_owned));
            let id = id.ok_or_else(|| unsound(format!("a record of {name} has no id")))?;
            if let Some(stranger) = fields.keys().find(|field| entity.field(field).is_none()) {
                return Err(unsound(format!("{name} {id}: there is no field \"{stranger}\"")));
            }
            seeded += usize::from(put(tx, entity, &id, fields, now)?);
        }
    }
    Ok(seeded)
}

/// Puts one record; `false` if it was there, as it is or deleted.
fn put(
    tx: &mut dyn Transaction,
    entity: &Entity,
    id: &str,
    fields: Fields,
    now: Timestamp,
) -> Result<bool, StorageError> {
    if tx.record(&entity.name, id)?.is_some() {
        return Ok(false);
    }
    let mut value = Value::Object(fields);
    resolve_times(&mut value, now);
    let Value::Object(fields) = value else {
        return Ok(false);
    };
    let fields = complete(entity, fields, None);
    let (author, act) = (Author::server("demo"), Act::Create);
    NewVersion {
        entity,
        id,
        before: None,
        fields,
        act,
        local_id: None,
        author,
        at: now,
    }
    .write(tx)?;
    ids::passed(tx, entity, id)?;
    Ok(true)
}

/// Replaces `$now-3d2h` and the like, wherever they stand.
fn resolve_times(value: &mut Value, now: Timestamp) {
    match value {
        Value::String(text) => {
            if let Some(time) = text.strip_prefix("$now").and_then(|offset| shift(offset, now)) {
                *text = time.to_rfc3339_opts(SecondsFormat::Millis, true);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve_times(item, now)),
        Value::Object(parts) => parts.values_mut().for_each(|part| resolve_times(part, now)),
        _ => {}
    }
}

/// `-5d+7h`: each sign counts for the parts up to the next one. `None` if it does not read so.
fn shift(offset: &str, now: Timestamp) -> Option<Timestamp> {
    let (mut time, mut sign, mut digits) = (now, 1, String::new());
    for letter in offset.chars() {
        let unit = match letter {
            '+' | '-' => {
                sign = if letter == '-' { -1 } else { 1 };
                continue;
            }
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            'd' => Duration::days(1),
            'h' => Duration::hours(1),
            'm' => Duration::minutes(1),
            _ => return None,
        };
        let count: i32 = digits.parse().ok()?;
        digits.clear();
        time += unit * (sign * count);
    }
    digits.is_empty().then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::MemoryStorage;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn times_are_relative_to_now() {
        let table = [
            ("", Some("2026-11-21T12:00:00Z")),
            ("-3d2h", Some("2026-11-18T10:00:00Z")),
            ("+2h30m", Some("2026-11-21T14:30:00Z")),
            ("-5d+7h", Some("2026-11-16T19:00:00Z")),
            ("-5", None),
            (" or never", None),
        ];
        for (offset, expected) in table {
            assert_eq!(
                shift(offset, now()),
                expected.map(|time| time.parse().unwrap()),
                "{offset}"
            );
        }
    }

    #[test]
    fn the_demo_is_sound_and_seeding_again_adds_nothing() {
        let (storage, packs) = (MemoryStorage::default(), crate::packs::load(None).unwrap());
        let seeded = seed(&storage, Organisation::ONLY, &packs, now()).unwrap();
        assert!(seeded > 100, "{seeded}");
        assert_eq!(seed(&storage, Organisation::ONLY, &packs, now()).unwrap(), 0);
        storage
            .read(Organisation::ONLY, |tx| -> Result<(), StorageError> {
                for (_, entity) in packs.entities() {
                    for record in tx.records_after(&entity.name, None, 10_000)? {
                        for reference in crate::records::references::of(entity, &record.read()?.fields) {
                            let accounts = ["technician", "supervisor", "admin"];
                            let known = tx.record(&reference.entity, &reference.id)?.is_some();
                            let person =
                                reference.entity == "person" && accounts.contains(&reference.id.as_str());
                            assert!(known || person, "{} {}: {reference:?}", record.entity, record.id);
                        }
                        let text = serde_json::to_string(&record.fields).unwrap();
                        assert!(!text.contains("$now"), "{text}");
                    }
                }
                Ok(())
            })
            .unwrap();
    }
}
