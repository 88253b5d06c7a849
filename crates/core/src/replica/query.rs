//! Lists: filtered, searched and sorted over what is on the device.
//!
//! Most records have nothing open, and are looked at where they stand: only the fields that a list asks for are read.
//! What is shown of them is put together for the rows that are taken.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

use super::{
    Held, Mark, Replica, View,
    held::is_any_of,
    search::{Words, value_has},
};
use crate::{
    Timestamp,
    decimal::{self, Decimal},
    json,
    pack::{FieldType, Values},
    queue::Operation,
    record::RecordKey,
    timestamp,
};

/// What a list asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    pub entity: String,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Words that must all stand in the record's search fields, id or title; case does not matter.
    pub search: String,
    /// A field; the newest change first, if absent.
    pub sort: Option<String>,
    pub descending: bool,
    pub offset: usize,
    /// 0 for all.
    pub limit: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    pub field: String,
    /// Any of them.
    pub any_of: Vec<Value>,
}

/// A part of a list.
#[derive(Debug)]
pub struct Page<'a> {
    pub items: Vec<Item<'a>>,
    /// How many there are in all.
    pub total: usize,
}

/// A record of a list, not yet put together.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    content: Content<'a>,
}

#[derive(Debug, Clone)]
enum Content<'a> {
    /// Nothing is open: it is as the server confirmed it.
    Confirmed {
        key: &'a RecordKey,
        held: &'a Held,
        mark: Mark,
    },
    Shown(Box<View<'a>>),
}

impl<'a> Item<'a> {
    fn shown(view: View<'a>) -> Self {
        let content = Content::Shown(Box::new(view));
        Self { content }
    }

    pub fn key(&self) -> &RecordKey {
        match &self.content {
            Content::Confirmed { key, .. } => key,
            Content::Shown(view) => &view.key,
        }
    }

    pub fn mark(&self) -> Mark {
        match &self.content {
            Content::Confirmed { mark, .. } => *mark,
            Content::Shown(view) => view.mark,
        }
    }

    /// When the server last changed it; `None` while the server has none.
    pub fn updated_at(&self) -> Option<Timestamp> {
        match &self.content {
            Content::Confirmed { held, .. } => Some(held.updated_at()),
            Content::Shown(view) => view.updated_at,
        }
    }

    /// A field's text; empty where it has none.
    pub fn text(&self, field: &str) -> Cow<'_, str> {
        match &self.content {
            Content::Confirmed { held, .. } => held.text(field),
            Content::Shown(view) => Cow::Borrowed(view.text(field)),
        }
    }

    fn has(&self, filter: &Filter) -> bool {
        match &self.content {
            Content::Confirmed { held, .. } => held.has(&filter.field, &filter.any_of),
            Content::Shown(view) => is_any_of(view.fields.get(&filter.field), &filter.any_of),
        }
    }

    /// Whether a word in small letters stands in a field.
    pub(super) fn mentions(&self, field: &str, word: &str) -> bool {
        match &self.content {
            Content::Confirmed { held, .. } => held.mentions(field, word),
            Content::Shown(view) => view.fields.get(field).is_some_and(|value| value_has(value, word)),
        }
    }

    /// The record as shown, as far as it is here: of a replica that is not whole, what lists need.
    pub fn view(&self) -> View<'a> {
        match &self.content {
            Content::Confirmed { key, held, mark } => View {
                key: (*key).clone(),
                fields: held.fields(),
                version: held.version(),
                updated_at: Some(held.updated_at()),
                mark: *mark,
                only_here: false,
            },
            Content::Shown(view) => (**view).clone(),
        }
    }
}

impl Values for Item<'_> {
    fn value(&self, field: &str) -> Option<Cow<'_, Value>> {
        match &self.content {
            Content::Confirmed { held, .. } => held.value(field),
            Content::Shown(view) => view.fields.value(field),
        }
    }
}

impl Replica {
    /// The records that a query finds, as shown: with what is still unsent.
    pub fn list(&self, query: &Query) -> Page<'_> {
        let Some(entity) = self.packs.entity(&query.entity) else {
            return Page {
                items: Vec::new(),
                total: 0,
            };
        };
        let words = Words::of(&query.search);
        let kind = query.sort.as_deref().and_then(|name| entity.field(name));
        let kind = kind.map(|field| &field.kind);
        let found = self
            .all(&entity.name)
            .filter(|item| query.filters.iter().all(|filter| item.has(filter)))
            .filter(|item| words.are_in(entity, item));
        let mut sorted: Vec<(Place, Item<'_>)> =
            found.map(|item| (Place::of(query, kind, &item), item)).collect();
        sorted.sort_by(|(a, first), (b, second)| {
            a.compare(b, query.descending)
                .then_with(|| first.key().cmp(second.key()))
        });
        let total = sorted.len();
        let limit = if query.limit == 0 { total } else { query.limit };
        let items = sorted
            .into_iter()
            .map(|(_, item)| item)
            .skip(query.offset)
            .take(limit);
        Page {
            items: items.collect(),
            total,
        }
    }

    /// All records of an entity that there is something to show of.
    pub fn all<'a>(&'a self, entity: &'a str) -> impl Iterator<Item = Item<'a>> + 'a {
        let conflicts: Vec<RecordKey> = self.open_conflicts().collect();
        let mut settlements = self
            .lanes()
            .filter(|lane| lane.entity_type == crate::system::CONFLICT);
        let no_settlements = settlements.next().is_none();
        let mirrored = self.mirrors_of(entity).filter_map(move |(key, held)| {
            let plain = no_settlements && !self.lanes.contains_key(key);
            if !plain {
                return self.item(key);
            }
            let mark = if conflicts.contains(key) {
                Mark::Conflict
            } else {
                Mark::Synced
            };
            let content = Content::Confirmed { key, held, mark };
            Some(Item { content })
        });
        let only_here = self
            .lanes()
            .filter(move |key| key.entity_type == entity && !self.mirrors.contains_key(*key));
        mirrored.chain(only_here.filter_map(|key| self.item(key)))
    }

    /// One record as lists show it, under its present key.
    pub fn item(&self, key: &RecordKey) -> Option<Item<'_>> {
        self.shown(self.resolve(key)).map(Item::shown)
    }

    /// How many records of an entity were created here and are not on the server yet.
    pub fn created_here(&self, entity: &str) -> usize {
        self.open_writes()
            .filter(|write| write.entity_type == entity && write.operation == Operation::Create)
            .count()
    }
}

/// Where an item stands in its list, read once.
struct Place {
    by_field: Option<SortKey>,
    updated_at: Option<Timestamp>,
}

/// A value to sort by. What is of another kind sorts by its kind.
#[derive(Debug, PartialEq, PartialOrd)]
enum SortKey {
    /// A choice, by the place at which it is declared; unknown ones last.
    Choice(usize),
    Bool(bool),
    Number(Exact),
    Text(String),
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

impl Place {
    fn of(query: &Query, kind: Option<&FieldType>, item: &Item<'_>) -> Self {
        let value = query.sort.as_deref().and_then(|field| item.value(field));
        Self {
            by_field: value.and_then(|value| SortKey::of(kind, &value)),
            updated_at: item.updated_at(),
        }
    }

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
            let unknown = other.updated_at.is_none().cmp(&self.updated_at.is_none());
            unknown.then(other.updated_at.cmp(&self.updated_at))
        };
        by_field.then_with(newest_first)
    }
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
        assert_eq!(
            sorted(json!({ "type": "text" }), &mixed),
            ["emergency", "high", "low", "medium", "unknown"].map(Value::from)
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
