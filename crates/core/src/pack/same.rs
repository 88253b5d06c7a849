//! When two values of a field are the same.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::{Entity, Field, FieldType, value::equal};
use crate::{Fields, json, text::Form, timestamp};

/// Which differences count where a field's texts have a [`Form`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// What a reader sees: another case, but not another way to compose an accent.
    Seen,
    /// What tells two values apart.
    Meant,
}

impl Difference {
    fn of(self, form: Form) -> Form {
        match self {
            Self::Seen => form.unseen(),
            Self::Meant => form,
        }
    }
}

/// Whether two values of a field read the same: stamps are no difference, nor what its form takes for the same unseen.
pub fn same_value(field: &Field, a: &Value, b: &Value) -> bool {
    same(Difference::Seen, Some(&field.kind), a, b)
}

/// Whether two values are the same to their kind, at any depth: sets have no order, instants may be written in any offset,
/// and stamps are no difference.
pub(crate) fn same(difference: Difference, kind: Option<&FieldType>, a: &Value, b: &Value) -> bool {
    match (kind, a, b) {
        (Some(FieldType::Set { normalize, .. }), ..) => {
            let keys = |value| set_items(difference.of(*normalize), value).into_keys();
            keys(a).eq(keys(b))
        }
        (
            Some(FieldType::Text { normalize, .. } | FieldType::LongText { normalize, .. }),
            Value::String(a),
            Value::String(b),
        ) => {
            let form = difference.of(*normalize);
            a == b || form.key(a) == form.key(b)
        }
        (
            Some(FieldType::List { fields, .. } | FieldType::Log { fields, .. }),
            Value::Array(a),
            Value::Array(b),
        ) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_items(difference, fields, a, b)),
        (Some(FieldType::Datetime), Value::String(a), Value::String(b)) => {
            a == b || timestamp::parse(a).is_some_and(|instant| timestamp::parse(b) == Some(instant))
        }
        (Some(FieldType::Object { fields }), a, b) => same_items(difference, fields, a, b),
        _ => equal(a, b),
    }
}

/// Whether two items, or two objects, of these fields are the same but for their stamps.
pub(crate) fn same_items(difference: Difference, fields: &[Field], a: &Value, b: &Value) -> bool {
    let (Value::Object(x), Value::Object(y)) = (a, b) else {
        return equal(a, b);
    };
    let alike = |name: &String| {
        let declared = fields.iter().find(|field| field.name == *name);
        let [a, b] = [x, y].map(|side| side.get(name).unwrap_or(&Value::Null));
        declared.is_some_and(|field| field.stamped.is_some())
            || same(difference, declared.map(|field| &field.kind), a, b)
    };
    x.keys().all(alike) && y.keys().filter(|name| !x.contains_key(*name)).all(alike)
}

/// The members of a set by what tells them apart, so that they have one order and none stands twice; of two that are the
/// same, the first.
pub(crate) fn set_items(form: Form, value: &Value) -> BTreeMap<String, Value> {
    let mut items = BTreeMap::new();
    for item in value.as_array().into_iter().flatten() {
        let key = match item.as_str().filter(|_| !form.is_plain()) {
            Some(text) => member_key(form, text),
            None => json::text(item),
        };
        items.entry(key).or_insert_with(|| item.clone());
    }
    items
}

fn member_key(form: Form, text: &str) -> String {
    json::text(&Value::from(&*form.key(text)))
}

/// What is compared of a set.
pub(crate) fn set_keys(form: Form, value: &Value) -> Value {
    set_items(form, value).into_keys().map(Value::from).collect()
}

/// What tells the item of a list from others; none, if it has no key.
pub(crate) fn item_key<'a>(key: &str, fields: &[Field], item: &'a Value) -> Option<Cow<'a, str>> {
    let text = item.get(key)?.as_str()?;
    Some(key_form(key, fields).key(text))
}

/// The form of the keys of a list with items of these fields.
pub(crate) fn key_form(key: &str, fields: &[Field]) -> Form {
    let declared = fields.iter().find(|field| field.name == key);
    declared.map_or(Form::default(), |field| field.kind.form())
}

/// Leaves each member in a set once, where the set has a form: the first of those that are the same, and none that is no
/// value.
pub fn settle_sets(entity: &Entity, fields: &mut Fields) {
    for field in &entity.fields {
        if let Some(value) = fields.get_mut(&field.name) {
            *value = settled_set(&field.kind, value);
        }
    }
}

/// As [`settle_sets`], for one value.
pub(crate) fn settled_set(kind: &FieldType, value: &Value) -> Value {
    let form = kind.form();
    let (FieldType::Set { .. }, Value::Array(items), false) = (kind, value, form.is_plain()) else {
        return value.clone();
    };
    let mut left = set_items(form, value);
    let is_first = |item: &&Value| match item.as_str() {
        Some(text) if form.is_empty(text) => false,
        Some(text) => left.remove(&member_key(form, text)).is_some(),
        None => true,
    };
    items.iter().filter(is_first).cloned().collect()
}
