use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    list, text,
    value::{equal, number},
};
use crate::{
    Fields, json, ordered,
    pack::{Field, FieldType, Strategy},
};

/// What becomes of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldMerge {
    /// The server already has this value.
    Unchanged,
    /// Nobody else changed it: the author's value stands.
    Applied(Value),
    /// Both changed it and both changes are in this value.
    Merged(Value),
    /// Both changed it; the author's value stands, the server's gave way.
    MineWins(Value),
    /// Both changed it; the server's value stands, the author's gave way.
    TheirsWins,
    /// Both changed it and a person must decide; the server's value stands meanwhile.
    Conflict,
}

/// Settles one field. Values are compared by [`equal`], sets without regard to order; `null` and absent are the same.
///
/// `strategy` is the field's strategy against whoever wrote `theirs`. A log only grows, whatever the write left out.
/// Two equal additions to a counter are two additions: that a resent write is applied once is the ledger's doing.
pub fn merge_field(
    field: &Field,
    strategy: Strategy,
    base: &Value,
    mine: &Value,
    theirs: &Value,
) -> FieldMerge {
    let same = |a: &Value, b: &Value| match &field.kind {
        FieldType::Set { .. } => set_items(a).into_keys().eq(set_items(b).into_keys()),
        _ => equal(a, b),
    };
    if same(mine, base) {
        return FieldMerge::Unchanged;
    }
    let mine = match &field.kind {
        FieldType::Log { key, .. } => &list::append(key, mine, theirs),
        _ => mine,
    };
    let sums = strategy == Strategy::Merge && adds_up(&field.kind) && !same(theirs, base);
    if same(mine, theirs) && !sums {
        return FieldMerge::Unchanged;
    }
    if same(theirs, base) {
        return FieldMerge::Applied(mine.clone());
    }
    match strategy {
        Strategy::ServerWins | Strategy::FirstWriteWins => FieldMerge::TheirsWins,
        Strategy::ClientWins | Strategy::LastWriteWins => FieldMerge::MineWins(mine.clone()),
        Strategy::Manual => FieldMerge::Conflict,
        Strategy::Merge => match merge_by_type(&field.kind, base, mine, theirs) {
            Some(merged) => FieldMerge::Merged(merged),
            None => FieldMerge::Conflict,
        },
    }
}

/// Whether a value of this kind is or holds a counter.
fn adds_up(kind: &FieldType) -> bool {
    match kind {
        FieldType::Counter => true,
        FieldType::Object { fields } | FieldType::List { fields, .. } => {
            fields.iter().any(|part| adds_up(&part.kind))
        }
        _ => false,
    }
}

/// The parts of both sides put together, or `None` if the type cannot.
pub(super) fn merge_by_type(kind: &FieldType, base: &Value, mine: &Value, theirs: &Value) -> Option<Value> {
    match kind {
        FieldType::Object { fields } => Some(merge_object(fields, base, mine, theirs)),
        FieldType::List { key, fields } => Some(list::merge(key, fields, base, mine, theirs)),
        FieldType::Log { key, .. } => Some(list::append(key, mine, theirs)),
        FieldType::Set { .. } => Some(merge_set(base, mine, theirs)),
        FieldType::Counter => merge_counter(base, mine, theirs),
        FieldType::LongText { .. } => {
            text::merge(base.as_str()?, mine.as_str()?, theirs.as_str()?).map(Value::from)
        }
        _ => None,
    }
}

/// Part by part. A part that both sides changed and that does not merge takes the author's value: inside a field there
/// is nobody to ask, and the losing value stays in the record's history.
pub(super) fn merge_object(fields: &[Field], base: &Value, mine: &Value, theirs: &Value) -> Value {
    let empty = Fields::new();
    let object = |value: &'_ Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
    let (base, mine, theirs) = (object(base), object(mine), object(theirs));
    let names = ordered::set(mine.keys().chain(theirs.keys()).cloned());
    let mut merged = Fields::new();
    for name in names {
        let get = |side: &Fields| side.get(&name).cloned().unwrap_or(Value::Null);
        let (b, m, t) = (get(&base), get(&mine), get(&theirs));
        let kind = fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| &field.kind);
        let value = if equal(&m, &b) || (equal(&m, &t) && !kind.is_some_and(adds_up)) {
            t
        } else if equal(&t, &b) {
            m
        } else {
            kind.and_then(|kind| merge_by_type(kind, &b, &m, &t)).unwrap_or(m)
        };
        if !value.is_null() {
            merged.insert(name, value);
        }
    }
    Value::Object(merged)
}

/// The items by their text, so that they have one order and none stands twice.
fn set_items(value: &Value) -> BTreeMap<String, Value> {
    let items = value.as_array().into_iter().flatten();
    ordered::map(items.map(|item| (json::text(item), item.clone())))
}

/// Union of both sides' additions, less both sides' removals; in order, so that the answer is one.
fn merge_set(base: &Value, mine: &Value, theirs: &Value) -> Value {
    let (base, mine, theirs) = (set_items(base), set_items(mine), set_items(theirs));
    let kept = |key: &String| match base.contains_key(key) {
        true => mine.contains_key(key) && theirs.contains_key(key),
        false => true,
    };
    let mut all = theirs.clone();
    all.extend(mine.clone());
    all.retain(|key, _| kept(key));
    Value::Array(all.into_values().collect())
}

/// Both sides' additions count. Whole numbers stay whole and exact.
fn merge_counter(base: &Value, mine: &Value, theirs: &Value) -> Option<Value> {
    let whole = |value: &Value| if value.is_null() { Some(0) } else { value.as_i64() };
    if let (Some(base), Some(mine), Some(theirs)) = (whole(base), whole(mine), whole(theirs)) {
        return Some(Value::from(theirs.checked_add(mine.checked_sub(base)?)?));
    }
    let real = |value: &Value| {
        if value.is_null() {
            Some(0.0)
        } else {
            value.as_f64()
        }
    };
    Some(number(real(theirs)? + real(mine)? - real(base)?))
}
