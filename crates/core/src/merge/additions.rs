//! What a write adds to a value, without anything that it changes or takes away.
//!
//! Somebody who may no longer see a record may still have worked on it ([`crate::pack::AfterAccess`]). What they added
//! is put to what is there; nothing that is there is changed or removed by it, whatever base the write claims.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::{
    field::{merge_by_type, set_union},
    list,
    parts::Trace,
    stamps,
};
use crate::{
    Fields,
    decimal::Decimal,
    ordered,
    pack::{
        Field, FieldType,
        same::{Difference, item_key, same, same_items},
    },
};

/// A value with somebody's additions.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    pub value: Value,
    /// Whether the additions were all that the write said of the field; if not, changes or removals were left out.
    pub complete: bool,
}

/// The server's value with what `mine` added to `base`.
pub fn additions(field: &Field, base: &Value, mine: &Value, theirs: &Value) -> Added {
    add(Some(&field.kind), base, mine, theirs)
}

fn add(kind: Option<&FieldType>, base: &Value, mine: &Value, theirs: &Value) -> Added {
    let of = |value: Value, complete: bool| Added { value, complete };
    match kind {
        Some(FieldType::Log { key, fields }) => of(list::append(key, fields, mine, theirs), true),
        Some(FieldType::Set { normalize, .. }) => {
            let (value, complete) = set_union(*normalize, base, mine, theirs);
            of(value, complete)
        }
        Some(kind @ FieldType::Counter) => {
            let more = Decimal::or_zero(mine)
                .zip(Decimal::or_zero(base))
                .and_then(|(mine, base)| mine.minus(base));
            let sum = more
                .is_some_and(Decimal::is_positive)
                .then(|| merge_by_type(kind, base, mine, theirs, &mut Trace::default()))
                .flatten();
            let complete = sum.is_some() || more.is_some_and(Decimal::is_zero);
            of(sum.unwrap_or_else(|| theirs.clone()), complete)
        }
        Some(FieldType::List { key, fields }) => add_items(key, fields, base, mine, theirs),
        Some(FieldType::Object { fields }) => add_parts(fields, base, mine, theirs),
        _ if reads_as(kind, mine, base) || reads_as(kind, mine, theirs) => of(theirs.clone(), true),
        // What was empty is filled in.
        _ if base.is_null() && theirs.is_null() => of(mine.clone(), true),
        _ => of(theirs.clone(), false),
    }
}

fn key_of(key: &str, fields: &[Field], item: &Value) -> Option<String> {
    item_key(key, fields, item).map(Cow::into_owned)
}

fn reads_as(kind: Option<&FieldType>, a: &Value, b: &Value) -> bool {
    same(Difference::Seen, kind, a, b)
}

fn add_parts(fields: &[Field], base: &Value, mine: &Value, theirs: &Value) -> Added {
    let mut parts: Fields = theirs.as_object().cloned().unwrap_or_default();
    let mut complete = true;
    let names = [base, mine]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(Fields::keys);
    let is_stamp = |name: &String| {
        let declared = fields.iter().find(|field| field.name == *name);
        theirs.is_object() && declared.is_some_and(|field| field.stamped.is_some())
    };
    for name in ordered::set(names.cloned())
        .into_iter()
        .filter(|name| !is_stamp(name))
    {
        let get = |side: &Value| side.get(&name).cloned().unwrap_or(Value::Null);
        let kind = fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| &field.kind);
        let added = add(kind, &get(base), &get(mine), &get(theirs));
        complete &= added.complete;
        if !added.value.is_null() {
            parts.insert(name, added.value);
        }
    }
    if let (Value::Object(mine), Value::Object(theirs)) = (mine, theirs) {
        stamps::settle(fields, &mut parts, mine, theirs);
    }
    Added {
        value: Value::Object(parts),
        complete,
    }
}

/// New items come last, in the author's order; of items that are there, parts are added to.
fn add_items(key: &str, fields: &[Field], base: &Value, mine: &Value, theirs: &Value) -> Added {
    let [base, own] = [base, mine].map(|side| list::items(key, fields, side));
    let known = ordered::map(list::borrowed(&base));
    let owned = ordered::set(own.iter().map(|(id, _)| &**id));
    let mut items = theirs.as_array().cloned().unwrap_or_default();
    // Where each item stands; of two with one key, the first.
    let ids: Vec<_> = items.iter().map(|item| key_of(key, fields, item)).collect();
    let mut places = BTreeMap::new();
    for (at, id) in ids.iter().enumerate() {
        if let Some(id) = id {
            places.entry(id.as_str()).or_insert(at);
        }
    }
    let mut complete = known.keys().all(|id| owned.contains(id));
    for (id, item) in &own {
        let (id, item) = (&**id, *item);
        let before = known.get(id).copied().unwrap_or(&Value::Null);
        match places.get(id) {
            Some(at) => {
                let added = add_parts(fields, before, item, &items[*at]);
                complete &= added.complete;
                items[*at] = added.value;
            }
            None if before.is_null() => {
                places.insert(id, items.len());
                items.push(item.clone());
            }
            // Somebody took it out meanwhile.
            None => complete &= same_items(Difference::Seen, fields, item, before),
        }
    }
    let value = match items.is_empty() {
        true => theirs.clone(),
        false => Value::Array(items),
    };
    Added { value, complete }
}
