use serde_json::Value;

use super::{
    list,
    parts::{Trace, merge_object},
    stamps, text,
};
use crate::{
    decimal::Decimal,
    pack::{
        Field, FieldType, Strategy,
        same::{self, Difference, same_value, set_items, settled_set},
    },
    text::Form,
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

/// Settles one field. Values are compared by [`equal`](super::value::equal), sets without regard to order; `null` and absent are the same.
/// Another way to write a value that the field's form takes for the same is a change like any other where nobody else
/// changed it, and none where somebody did.
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
    let same = |a: &Value, b: &Value| same::same(Difference::Meant, Some(&field.kind), a, b);
    let reads = |a: &Value, b: &Value| same_value(field, a, b);
    let mine_alone = reads(theirs, base);
    if reads(mine, base) || (!mine_alone && same(mine, base)) {
        return FieldMerge::Unchanged;
    }
    let mine = match &field.kind {
        FieldType::Log { key, fields } => &list::append(key, fields, mine, theirs),
        _ => mine,
    };
    let sums = strategy == Strategy::Merge && adds_up(&field.kind) && !same(theirs, base);
    let already_so = reads(mine, theirs) || (!mine_alone && same(mine, theirs));
    if already_so && !sums {
        return FieldMerge::Unchanged;
    }
    let mine = &settled_set(&field.kind, &with_stamps_of(field, mine, theirs));
    if mine_alone || same(theirs, base) {
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
        FieldType::Log { key, fields } => Some(list::append(key, fields, mine, theirs)),
        FieldType::Set { normalize, .. } => Some(merge_set(*normalize, base, mine, theirs)),
        FieldType::Counter => merge_counter(base, mine, theirs),
        FieldType::LongText { .. } => {
            text::merge(base.as_str()?, mine.as_str()?, theirs.as_str()?).map(Value::from)
        }
        _ => None,
    }
}

/// Union of both sides' additions, less both sides' removals; in order, so that the answer is one. Of a member that both
/// have, the author's way to write it stands if the author alone changed it.
fn merge_set(form: Form, base: &Value, mine: &Value, theirs: &Value) -> Value {
    let [base, mine, theirs] = [base, mine, theirs].map(|side| set_items(form, side));
    let kept = |key: &String| match base.contains_key(key) {
        true => mine.contains_key(key) && theirs.contains_key(key),
        false => true,
    };
    let rewritten = mine.iter().filter(|(key, item)| {
        let before = base.get(*key);
        before.is_some_and(|before| before != *item) && before == theirs.get(*key)
    });
    let mut all = mine.clone();
    all.extend(theirs.clone());
    all.extend(rewritten.map(|(key, item)| (key.clone(), item.clone())));
    all.retain(|key, _| kept(key));
    Value::Array(all.into_values().collect())
}

/// The server's set with what `mine` added to `base`; and whether it took nothing out.
pub(super) fn set_union(form: Form, base: &Value, mine: &Value, theirs: &Value) -> (Value, bool) {
    let [base, mine, mut all] = [base, mine, theirs].map(|side| set_items(form, side));
    let whole = base.keys().all(|item| mine.contains_key(item));
    let new = mine.into_iter().filter(|(item, _)| !base.contains_key(item));
    for (key, item) in new {
        all.entry(key).or_insert(item);
    }
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
