//! Stamps: who did something and when, as far as the server vouches for it.
//!
//! Whatever a device writes comes through here before the server merges it. An item that the server knows keeps the stamps
//! that it has; a new one is stamped with its author and its time, and a claim of another's name is refused. A device stamps
//! what the server accepted in the same way, with the server's time, so that an answer need not bring the record.

mod receipt;

pub use receipt::{receive, receive_all};

use std::{borrow::Cow, cell::OnceCell, collections::BTreeMap};

use chrono::Duration;
use serde_json::Value;

use crate::{
    Fields, Timestamp,
    limits::{MAX_CLOCK_OFFSET_MS, fault},
    merge::compute_fields,
    pack::{Entity, Field, FieldType, Stamp, same::item_key},
    record::FieldError,
    timestamp,
};
use receipt::{text, written};

/// What a write is refused with that names somebody else.
const ANOTHERS_NAME: &str = "names somebody else; leave it out, or name yourself";

/// Who writes, when it was received, and how far their device's clock is off.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    pub user_id: &'a str,
    pub received: Timestamp,
    pub clock_offset_ms: i64,
}

/// What is known of a value besides what the write makes of it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// As its author says they saw it.
    pub base: &'a Value,
    pub stored: &'a Value,
    /// Values that the server had before, newest first: items that were removed since are found in them.
    pub earlier: &'a [&'a Value],
}

impl Signer<'_> {
    /// Stamps a field of a record. Faults name their place.
    pub fn sign(&self, field: &Field, value: &mut Value, known: &Known<'_>, faults: &mut Vec<FieldError>) {
        if field.kind.has_stamps() {
            self.parts_of(&field.kind, &field.name, value, known, faults);
        }
        let left_alone = value == known.base || value == known.stored || value.is_null();
        match field.stamped.filter(|_| !left_alone) {
            Some(Stamp::User) if *value != self.user_id => faults.push(fault(&field.name, ANOTHERS_NAME)),
            Some(Stamp::Time) => *value = self.time(value),
            _ => {}
        }
    }

    /// A record with a payload applied that was made over it: what comes of a write that meets no other.
    pub fn applied(&self, entity: &Entity, before: &Fields, base: &Fields, payload: &Fields) -> Fields {
        let nothing = Value::Null;
        let mut fields = before.clone();
        for (name, value) in payload {
            let mut value = value.clone();
            let known = Known {
                base: base.get(name).unwrap_or(&nothing),
                stored: before.get(name).unwrap_or(&nothing),
                earlier: &[],
            };
            if let Some(field) = entity.field(name) {
                self.sign(field, &mut value, &known, &mut Vec::new());
            }
            fields.insert(name.clone(), value);
        }
        fields.retain(|_, value| !value.is_null());
        compute_fields(entity, &mut fields);
        receive(entity, before, &mut fields, self.received);
        fields
    }

    /// Fills in what a new record needs and was not given.
    pub fn fill(&self, entity: &Entity, payload: &mut Fields) {
        for field in entity.fields.iter().filter(|field| field.required) {
            if payload.get(&field.name).is_none_or(Value::is_null)
                && let Some(stamp) = field.stamped
            {
                payload.insert(field.name.clone(), self.stamp(stamp, &Value::Null));
            }
        }
    }

    fn parts_of(
        &self,
        kind: &FieldType,
        path: &str,
        value: &mut Value,
        known: &Known<'_>,
        faults: &mut Vec<FieldError>,
    ) {
        match (kind, value) {
            (FieldType::Object { fields }, Value::Object(parts)) => {
                let sides = Sides {
                    seen: known.base.as_object(),
                    stored: known.stored.as_object(),
                };
                self.parts(fields, path, parts, sides, faults);
            }
            (FieldType::List { key, fields } | FieldType::Log { key, fields }, Value::Array(items)) => {
                self.items((key, fields), path, items, known, faults);
            }
            _ => {}
        }
    }

    fn items(
        &self,
        (key, fields): (&str, &[Field]),
        path: &str,
        items: &mut Vec<Value>,
        known: &Known<'_>,
        faults: &mut Vec<FieldError>,
    ) {
        let [seen, stored] = [known.base, known.stored].map(|list| keyed(key, fields, &[list]));
        let [seen, stored] = [&seen, &stored].map(|items| by_key(items));
        // Seldom needed, and a long history is long to look through.
        let (all, index) = (OnceCell::new(), OnceCell::new());
        let earlier = |id: &str| {
            let all = all.get_or_init(|| keyed(key, fields, known.earlier));
            let index: &BTreeMap<&str, &Value> = index.get_or_init(|| by_key(all));
            index.get(id).copied()
        };
        let mut at = 0;
        items.retain_mut(|item| {
            let id = item_key(key, fields, item).unwrap_or_default().into_owned();
            let seen = seen.get(id.as_str()).copied();
            let stored = stored.get(id.as_str()).copied().or_else(|| earlier(&id));
            let place = format!("{path}[{at}]");
            at += 1;
            // Left alone, of a history that this server lost: it is its author's to bring back.
            let not_ours = stored.is_none() && seen == Some(&*item) && self.names_another(fields, item);
            if let Value::Object(parts) = item
                && !not_ours
            {
                let sides = Sides {
                    seen: seen.and_then(Value::as_object),
                    stored: stored.and_then(Value::as_object),
                };
                self.parts(fields, &place, parts, sides, faults);
            }
            !not_ours
        });
    }

    fn parts(
        &self,
        fields: &[Field],
        path: &str,
        parts: &mut Fields,
        sides: Sides<'_>,
        faults: &mut Vec<FieldError>,
    ) {
        let nothing = Value::Null;
        for field in fields {
            let place = format!("{path}.{}", field.name);
            if let Some(stamp) = field.stamped {
                match self.part(field, stamp, parts, sides) {
                    Ok(Value::Null) => parts.remove(&field.name),
                    Ok(value) => parts.insert(field.name.clone(), value),
                    Err(message) => {
                        faults.push(fault(&place, message));
                        None
                    }
                };
            } else if let Some(value) = parts.get_mut(&field.name) {
                let of = |side: Option<&'_ Fields>| side.and_then(|side| side.get(&field.name)).cloned();
                let (base, stored) = (of(sides.seen), of(sides.stored));
                let known = Known {
                    base: base.as_ref().unwrap_or(&nothing),
                    stored: stored.as_ref().unwrap_or(&nothing),
                    earlier: &[],
                };
                self.parts_of(&field.kind, &place, value, &known, faults);
            }
        }
    }

    /// What a part of an item is stamped with.
    fn part(
        &self,
        field: &Field,
        stamp: Stamp,
        parts: &Fields,
        sides: Sides<'_>,
    ) -> Result<Value, &'static str> {
        let get = |side: &Fields, name: &str| side.get(name).cloned().unwrap_or_default();
        let claim = get(parts, &field.name);
        if let Some(flag) = &field.stamped_when {
            let now = get(parts, flag);
            let as_it_was = |side: Option<&Fields>| side.is_some_and(|side| get(side, flag) == now);
            if let Some(stored) = sides.stored
                && (as_it_was(sides.stored) || as_it_was(sides.seen))
            {
                return Ok(get(stored, &field.name));
            }
            if now != Value::Bool(true) {
                return Ok(Value::Null);
            }
        } else if let Some(stored) = sides.stored {
            return Ok(get(stored, &field.name));
        }
        match stamp {
            Stamp::User if !claim.is_null() && claim != self.user_id => Err(ANOTHERS_NAME),
            stamp => Ok(self.stamp(stamp, &claim)),
        }
    }

    fn names_another(&self, fields: &[Field], item: &Value) -> bool {
        fields.iter().any(|field| {
            let value = item.get(&field.name).filter(|value| !value.is_null());
            field.stamped == Some(Stamp::User) && value.is_some_and(|value| *value != self.user_id)
        })
    }

    fn stamp(&self, stamp: Stamp, claim: &Value) -> Value {
        match stamp {
            Stamp::User => self.user_id.into(),
            Stamp::Time if !claim.is_null() => self.time(claim),
            Stamp::Time | Stamp::Received => text(self.received),
        }
    }

    /// A time by the device's clock, by the server's; never in the future. What is no time stays, to be refused as such.
    fn time(&self, claim: &Value) -> Value {
        let Some(claimed) = claim.as_str().and_then(timestamp::parse) else {
            return claim.clone();
        };
        let plausible = self.clock_offset_ms.unsigned_abs() <= MAX_CLOCK_OFFSET_MS;
        let offset = plausible.then(|| Duration::milliseconds(self.clock_offset_ms));
        let time = offset.and_then(|offset| claimed.checked_add_signed(offset));
        match time.filter(|time| *time <= self.received) {
            Some(time) if time == claimed => claim.clone(),
            Some(time) if timestamp::parse(&written(time)).is_some() => text(time),
            _ => text(self.received),
        }
    }
}

/// An item as its author saw it, and as the server has it.
#[derive(Clone, Copy)]
struct Sides<'a> {
    seen: Option<&'a Fields>,
    stored: Option<&'a Fields>,
}

/// The items of all lists with their keys.
fn keyed<'a>(key: &str, fields: &[Field], lists: &[&'a Value]) -> Vec<(Cow<'a, str>, &'a Value)> {
    let items = lists.iter().filter_map(|list| list.as_array()).flatten();
    items
        .filter_map(|item| Some((item_key(key, fields, item)?, item)))
        .collect()
}

/// Items by their key; of two, the first.
fn by_key<'a>(items: &'a [(Cow<'a, str>, &'a Value)]) -> BTreeMap<&'a str, &'a Value> {
    let mut found = BTreeMap::new();
    for (id, item) in items {
        found.entry(&**id).or_insert(*item);
    }
    found
}
