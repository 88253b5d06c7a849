//! The order of a list.

use std::{cell::OnceCell, cmp::Ordering};

use serde_json::Value;

use super::{Item, Query};
use crate::{
    Timestamp,
    decimal::{self, Decimal},
    json,
    pack::{Entity, FieldType, Values},
    text::{TextOrder, natural},
    timestamp,
};

/// So many rows are put in order by insertion.
const FEW: usize = 1_000;

/// What a list is sorted by.
enum By<'a> {
    /// The newest change first.
    Change,
    /// What people wrote.
    Text(&'a str),
    /// Choices, numbers, times, ids: as their type orders them.
    Value(&'a str, Option<&'a FieldType>),
}

impl<'a> By<'a> {
    fn of(entity: &'a Entity, query: &'a Query) -> Self {
        let Some(name) = query.sort.as_deref() else {
            return Self::Change;
        };
        match entity.field(name).map(|field| &field.kind) {
            Some(FieldType::Text { .. } | FieldType::LongText { .. }) => Self::Text(name),
            kind => Self::Value(name, kind),
        }
    }
}

/// A value to sort by. What is of another kind sorts by its kind.
#[derive(Debug, PartialEq, PartialOrd)]
pub(super) enum SortKey {
    /// A choice, by the place at which it is declared; unknown ones last.
    Choice(usize),
    Bool(bool),
    Number(Exact),
    /// A text, by its place in the reader's language.
    Rank(u64),
    Text(String),
    /// A text in natural order; then by code point.
    Natural(Box<(String, String)>),
}

/// A number that is ordered by every digit.
#[derive(Debug, PartialEq)]
pub(super) struct Exact(Value);

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        decimal::order(&self.0, &other.0)
    }
}

impl SortKey {
    fn of(kind: Option<&FieldType>, value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::String(text) => Self::of_text(kind, text),
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Number(_) => Self::Number(Exact(value.clone())),
            other => Self::Text(json::text(other)),
        })
    }

    fn of_text(kind: Option<&FieldType>, text: &str) -> Self {
        match kind {
            Some(FieldType::Enum { choices, .. }) => {
                let place = choices.iter().position(|choice| choice.value == *text);
                Self::Choice(place.unwrap_or(usize::MAX))
            }
            Some(FieldType::Datetime) => Self::Text(timestamp::sortable(text)),
            // One that JavaScript would not keep is stored as its digits.
            Some(FieldType::Number { .. } | FieldType::Counter) if text.parse::<Decimal>().is_ok() => {
                Self::Number(Exact(text.into()))
            }
            _ => Self::Text(text.to_owned()),
        }
    }
}

/// An item with where it stands in its list.
struct Placed<'a> {
    item: Item<'a>,
    by_field: Option<SortKey>,
    /// Read where the field leaves two items equal.
    updated_at: OnceCell<Option<Timestamp>>,
}

impl Placed<'_> {
    fn updated_at(&self) -> Option<Timestamp> {
        *self.updated_at.get_or_init(|| self.item.updated_at())
    }

    /// A total order: by the field, then the newest first, then by id.
    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        // Absent values stand last, whichever way the list runs.
        let by_field = match (&self.by_field, &other.by_field) {
            (Some(a), Some(b)) => {
                let ordering = a.partial_cmp(b).unwrap_or(Ordering::Equal);
                if descending { ordering.reverse() } else { ordering }
            }
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        // What the server does not know yet is the newest of all.
        let newest_first = || {
            let (own, others) = (self.updated_at(), other.updated_at());
            others.is_none().cmp(&own.is_none()).then(others.cmp(&own))
        };
        by_field
            .then_with(newest_first)
            .then_with(|| self.item.key().cmp(other.item.key()))
    }
}

/// The part of the list that a query asks for, in its order.
pub(super) fn part<'a>(
    entity: &Entity,
    query: &Query,
    text_keys: &TextKeys<'_>,
    found: Vec<Item<'a>>,
) -> Vec<Item<'a>> {
    let end = match query.limit {
        0 => found.len(),
        limit => query.offset.saturating_add(limit).min(found.len()),
    };
    let keys = keys(&By::of(entity, query), entity, text_keys, &found);
    let placed = found.into_iter().zip(keys).map(|(item, by_field)| Placed {
        item,
        by_field,
        updated_at: OnceCell::new(),
    });
    let mut placed: Vec<Placed<'_>> = placed.collect();
    let compare = |a: &Placed<'_>, b: &Placed<'_>| a.compare(b, query.descending);
    // Only what is shown has to be in order.
    let placed = match end <= FEW && end < placed.len() {
        true => first(end, placed, compare),
        false => {
            placed.sort_by(compare);
            placed
        }
    };
    placed
        .into_iter()
        .skip(query.offset)
        .map(|placed| placed.item)
        .collect()
}

/// The first of them in order. Most are behind the last of those that were first so far, and are compared once.
fn first<'a>(
    count: usize,
    all: Vec<Placed<'a>>,
    compare: impl Fn(&Placed<'a>, &Placed<'a>) -> Ordering,
) -> Vec<Placed<'a>> {
    let mut first: Vec<Placed<'a>> = Vec::with_capacity(count + 1);
    for placed in all {
        let full = first.len() == count;
        if full && first.last().is_none_or(|last| compare(last, &placed).is_le()) {
            continue;
        }
        let at = first.partition_point(|other| compare(other, &placed).is_le());
        first.insert(at, placed);
        first.truncate(count);
    }
    first
}

/// The keys of a field's texts, by entity and field.
pub(super) type TextKeys<'a> = dyn Fn(&Entity, &str, &[Item<'_>]) -> Vec<Option<SortKey>> + 'a;

fn keys(by: &By<'_>, entity: &Entity, text_keys: &TextKeys<'_>, found: &[Item<'_>]) -> Vec<Option<SortKey>> {
    let key =
        |item: &Item<'_>, field: &str, kind| item.value(field).and_then(|value| SortKey::of(kind, &value));
    match by {
        By::Change => found.iter().map(|_| None).collect(),
        By::Value(field, kind) => found.iter().map(|item| key(item, field, *kind)).collect(),
        By::Text(field) => text_keys(entity, field, found),
    }
}

/// Texts in natural order. An empty one is no value, and stands where absent ones do.
pub(super) fn natural_keys(_: &Entity, field: &str, found: &[Item<'_>]) -> Vec<Option<SortKey>> {
    let key = |text: &str| SortKey::Natural(Box::new((natural(text), text.to_owned())));
    let texts = found.iter().map(|item| item.text(field));
    texts.map(|text| (!text.is_empty()).then(|| key(&text))).collect()
}

/// As [`natural_keys`], in the order of a language.
pub(super) fn ranked_keys(
    order: &TextOrder,
    entity: &Entity,
    field: &str,
    found: &[Item<'_>],
) -> Vec<Option<SortKey>> {
    let texts: Vec<_> = found.iter().map(|item| item.text(field)).collect();
    let ranks = order.ranks(&format!("{}.{field}", entity.name), &texts);
    let ranks = ranks.into_iter().zip(&texts);
    ranks
        .map(|(rank, text)| (!text.is_empty()).then_some(SortKey::Rank(rank)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::SortKey;
    use crate::pack::Field;

    fn sorted(mut kind: Value, values: &[Value]) -> Vec<Value> {
        kind["name"] = "value".into();
        kind["label"] = "Value".into();
        let field: Field = serde_json::from_value(kind).expect("a field");
        let mut values = values.to_vec();
        let key = |value: &Value| SortKey::of(Some(&field.kind), value);
        values.sort_by(|a, b| key(a).partial_cmp(&key(b)).expect("values have an order"));
        values
    }

    #[test]
    fn values_sort_as_their_type_orders_them() {
        let choice = |value: &str| json!({ "value": value, "label": value });
        let choices = ["emergency", "high", "medium", "low"].map(choice);
        let mixed = ["low", "unknown", "medium", "emergency", "high"].map(Value::from);
        assert_eq!(
            sorted(json!({ "type": "enum", "choices": choices }), &mixed),
            ["emergency", "high", "medium", "low", "unknown"].map(Value::from)
        );
        // Two of them were stored before instants were brought into UTC.
        let times = [
            "2026-11-21T01:00:00+05:00",
            "2026-11-20T23:00:00Z",
            "2026-11-20T19:59:59.999Z",
            "2026-11-20T23:00:00-01:00",
        ];
        assert_eq!(
            sorted(json!({ "type": "datetime" }), &times.map(Value::from)),
            [times[2], times[0], times[1], times[3]].map(Value::from)
        );
        let numbers = [
            json!("9007199254740993"),
            json!(10),
            json!(-2),
            json!("9007199254740992.5"),
            json!(9.5),
        ];
        assert_eq!(
            sorted(json!({ "type": "number" }), &numbers),
            [&numbers[2], &numbers[4], &numbers[1], &numbers[3], &numbers[0]].map(Clone::clone)
        );
    }
}
