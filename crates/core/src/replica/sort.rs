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
enum SortKey {
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
struct Exact(Value);

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
    order: Option<&TextOrder>,
    found: Vec<Item<'a>>,
) -> Vec<Item<'a>> {
    let end = match query.limit {
        0 => found.len(),
        limit => query.offset.saturating_add(limit).min(found.len()),
    };
    let keys = keys(&By::of(entity, query), entity, order, &found);
    let placed = found.into_iter().zip(keys).map(|(item, by_field)| Placed {
        item,
        by_field,
        updated_at: OnceCell::new(),
    });
    let mut placed: Vec<Placed<'_>> = placed.collect();
    let compare = |a: &Placed<'_>, b: &Placed<'_>| a.compare(b, query.descending);
    // Only what is shown has to be sorted.
    if end < placed.len() {
        placed.select_nth_unstable_by(end, compare);
        placed.truncate(end);
    }
    placed.sort_unstable_by(compare);
    placed
        .into_iter()
        .skip(query.offset)
        .map(|placed| placed.item)
        .collect()
}

fn keys(by: &By<'_>, entity: &Entity, order: Option<&TextOrder>, found: &[Item<'_>]) -> Vec<Option<SortKey>> {
    let key =
        |item: &Item<'_>, field: &str, kind| item.value(field).and_then(|value| SortKey::of(kind, &value));
    match by {
        By::Change => found.iter().map(|_| None).collect(),
        By::Value(field, kind) => found.iter().map(|item| key(item, field, *kind)).collect(),
        By::Text(field) => text_keys(field, entity, order, found),
    }
}

/// An empty text is no value, and stands where absent ones do.
fn text_keys(
    field: &str,
    entity: &Entity,
    order: Option<&TextOrder>,
    found: &[Item<'_>],
) -> Vec<Option<SortKey>> {
    let texts = found.iter().map(|item| item.text(field));
    let Some(order) = order else {
        let natural = |text: &str| SortKey::Natural(Box::new((natural(text), text.to_owned())));
        return texts
            .map(|text| (!text.is_empty()).then(|| natural(&text)))
            .collect();
    };
    let texts: Vec<_> = texts.collect();
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
