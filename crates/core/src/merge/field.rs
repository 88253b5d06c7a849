use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    list,
    parts::{Trace, merge_object},
    stamps, text,
    value::equal,
};
use crate::{
    Timestamp,
    decimal::Decimal,
    json, ordered,
    pack::{Field, FieldType, Strategy},
    timestamp,
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
/// Two equal additions to a counter are two additions: that a resent write is applied once is the ledger's doing. A
/// choice that cannot follow upon the server's does not win against it, whatever the strategy says.
pub fn merge_field(
    field: &Field,
    strategy: Strategy,
    base: &Value,
    mine: &Value,
    theirs: &Value,
) -> FieldMerge {
    merge_field_traced(field, strategy, base, mine, theirs, &mut Trace::default())
}

/// As [`merge_field`]; notes in `trace` which parts of a merged value gave way.
pub(super) fn merge_field_traced(
    field: &Field,
    strategy: Strategy,
    base: &Value,
    mine: &Value,
    theirs: &Value,
    trace: &mut Trace,
) -> FieldMerge {
    let same = |a: &Value, b: &Value| same_value(field, a, b);
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
    let mine = &with_stamps_of(field, mine, theirs);
    if same(theirs, base) {
        return FieldMerge::Applied(mine.clone());
    }
    match strategy {
        Strategy::ServerWins | Strategy::FirstWriteWins => FieldMerge::TheirsWins,
        Strategy::ClientWins | Strategy::LastWriteWins if !field.may_follow(theirs, mine) => {
            FieldMerge::TheirsWins
        }
        Strategy::ClientWins | Strategy::LastWriteWins => FieldMerge::MineWins(mine.clone()),
        Strategy::Manual => FieldMerge::Conflict,
        Strategy::Merge => match merge_by_type(&field.kind, base, mine, theirs, trace) {
            Some(merged) => FieldMerge::Merged(merged),
            None => FieldMerge::Conflict,
        },
    }
}

/// The author's value of a field with the stamps that the server's items and objects have.
pub fn with_stamps_of(field: &Field, mine: &Value, theirs: &Value) -> Value {
    stamps::kept(&field.kind, mine, theirs)
}

/// Whether two values of a field are the same to it: stamps are no difference.
pub fn same_value(field: &Field, a: &Value, b: &Value) -> bool {
    same(Some(&field.kind), a, b)
}

/// Whether two values are the same to their kind, at any depth: sets have no order, instants may be written in any offset,
/// and stamps are no difference.
pub(super) fn same(kind: Option<&FieldType>, a: &Value, b: &Value) -> bool {
    match kind {
        Some(FieldType::Set { .. }) => set_items(a).into_keys().eq(set_items(b).into_keys()),
        Some(FieldType::Datetime) => a == b || instant(a).is_some_and(|a| instant(b) == Some(a)),
        Some(kind @ (FieldType::Object { .. } | FieldType::List { .. } | FieldType::Log { .. })) => {
            stamps::equal_but_stamps(kind, a, b)
        }
        _ => equal(a, b),
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    timestamp::parse(value.as_str()?)
}

/// Whether a value of this kind is or holds a counter.
pub(super) fn adds_up(kind: &FieldType) -> bool {
    match kind {
        FieldType::Counter => true,
        FieldType::Object { fields } | FieldType::List { fields, .. } => {
            fields.iter().any(|part| adds_up(&part.kind))
        }
        _ => false,
    }
}

/// The parts of both sides put together, or `None` if the type cannot.
pub(super) fn merge_by_type(
    kind: &FieldType,
    base: &Value,
    mine: &Value,
    theirs: &Value,
    trace: &mut Trace,
) -> Option<Value> {
    match kind {
        FieldType::Object { fields } => Some(merge_object(fields, base, mine, theirs, trace)),
        FieldType::List { key, fields } => Some(list::merge(key, fields, [base, mine, theirs], trace)),
        FieldType::Log { key, .. } => Some(list::append(key, mine, theirs)),
        FieldType::Set { .. } => Some(merge_set(base, mine, theirs)),
        FieldType::Counter => merge_counter(base, mine, theirs),
        FieldType::LongText { .. } => {
            text::merge(base.as_str()?, mine.as_str()?, theirs.as_str()?).map(Value::from)
        }
        _ => None,
    }
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

/// The server's set with what `mine` added to `base`; and whether it took nothing out.
pub(super) fn set_union(base: &Value, mine: &Value, theirs: &Value) -> (Value, bool) {
    let (base, mine, mut all) = (set_items(base), set_items(mine), set_items(theirs));
    let whole = base.keys().all(|item| mine.contains_key(item));
    let new = mine.into_iter().filter(|(item, _)| !base.contains_key(item));
    all.extend(new);
    let value = match all.is_empty() {
        true => theirs.clone(),
        false => Value::Array(all.into_values().collect()),
    };
    (value, whole)
}

/// Both sides' additions count, to the last digit. Beyond what numbers can tell, a person decides.
fn merge_counter(base: &Value, mine: &Value, theirs: &Value) -> Option<Value> {
    let [base, mine, theirs] = [base, mine, theirs].map(Decimal::or_zero);
    Some(theirs?.plus(mine?.minus(base?)?)?.to_value())
}
