//! When the server received a stamped time.

use chrono::SecondsFormat;
use serde_json::Value;

use crate::{
    Fields, Timestamp,
    pack::{Entity, Field, Stamp, received_name},
};

pub(super) fn written(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn text(time: Timestamp) -> Value {
    written(time).into()
}

/// Notes beside each stamped time of a record that changed when that was received.
pub fn receive(entity: &Entity, before: &Fields, after: &mut Fields, now: Timestamp) {
    let times = entity
        .fields
        .iter()
        .filter(|field| field.stamped == Some(Stamp::Time));
    for field in times {
        if before.get(&field.name) == after.get(&field.name) {
            continue;
        }
        let name = received_name(&field.name);
        match after.contains_key(&field.name) {
            true => after.insert(name, text(now)),
            false => after.remove(&name),
        };
    }
}

/// Notes beside every stamped time of a record that was brought in when that was: it keeps its authors and their times.
pub fn receive_all(entity: &Entity, fields: &mut Fields, now: Timestamp) {
    receive_in(&entity.fields, fields, now);
}

fn receive_in(declared: &[Field], parts: &mut Fields, now: Timestamp) {
    for field in declared {
        if field.stamped == Some(Stamp::Time) && parts.contains_key(&field.name) {
            parts.insert(received_name(&field.name), text(now));
        }
        match (field.kind.has_stamps(), parts.get_mut(&field.name)) {
            (true, Some(Value::Object(inner))) => receive_in(field.kind.parts(), inner, now),
            (true, Some(Value::Array(items))) => {
                let items = items.iter_mut().filter_map(Value::as_object_mut);
                items.for_each(|item| receive_in(field.kind.parts(), item, now));
            }
            _ => {}
        }
    }
}
