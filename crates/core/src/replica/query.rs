//! Lists: filtered, searched and sorted over what is on the device.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Mark, Replica, View};
use crate::{
    json,
    pack::{Choice, Entity, FieldType},
    queue::Operation,
    record::RecordKey,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Page<'a> {
    pub items: Vec<View<'a>>,
    /// How many there are in all.
    pub total: usize,
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
        let words: Vec<String> = query.search.split_whitespace().map(str::to_lowercase).collect();
        let mut items: Vec<View<'_>> = self
            .all(&entity.name)
            .filter(|view| fits(entity, query, &words, view))
            .collect();
        let choices = declared_choices(entity, query);
        items.sort_by(|a, b| order(query, choices, a, b));
        let total = items.len();
        let limit = if query.limit == 0 { total } else { query.limit };
        Page {
            items: items.into_iter().skip(query.offset).take(limit).collect(),
            total,
        }
    }

    /// All records of an entity that there is something to show of.
    pub fn all<'a>(&'a self, entity: &'a str) -> impl Iterator<Item = View<'a>> + 'a {
        let conflicts: Vec<RecordKey> = self.open_conflicts().collect();
        let mut settlements = self
            .lanes()
            .filter(|lane| lane.entity_type == crate::system::CONFLICT);
        let no_settlements = settlements.next().is_none();
        let mirrored = self.mirrors_of(entity).filter_map(move |mirror| {
            let plain = no_settlements && !self.lanes.contains_key(&mirror.key);
            if !plain {
                return self.view(&mirror.key);
            }
            let mark = if conflicts.contains(&mirror.key) {
                Mark::Conflict
            } else {
                Mark::Synced
            };
            Some(View {
                key: mirror.key.clone(),
                fields: std::borrow::Cow::Borrowed(&mirror.fields),
                version: mirror.version,
                updated_at: Some(mirror.updated_at),
                mark,
                only_here: false,
            })
        });
        let only_here = self
            .lanes()
            .filter(move |key| key.entity_type == entity && !self.mirrors.contains_key(*key));
        mirrored.chain(only_here.filter_map(|key| self.view(key)))
    }

    /// How many records of an entity were created here and are not on the server yet.
    pub fn created_here(&self, entity: &str) -> usize {
        self.open_writes()
            .filter(|write| write.entity_type == entity && write.operation == Operation::Create)
            .count()
    }
}

fn fits(entity: &Entity, query: &Query, words: &[String], view: &View<'_>) -> bool {
    let filtered = query.filters.iter().all(|filter| {
        let value = view.fields.get(&filter.field).unwrap_or(&Value::Null);
        filter.any_of.iter().any(|wanted| match value {
            Value::Array(items) => items.contains(wanted),
            value => value == wanted,
        })
    });
    if !filtered || words.is_empty() {
        return filtered;
    }
    let searched = entity.list.search.iter().chain([&entity.title_field]);
    let mut text = view.key.entity_id.to_lowercase();
    for value in searched.filter_map(|field| view.fields.get(field)) {
        text.push('\n');
        append_text(value, &mut text);
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

fn append_text(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => text.push_str(&string.to_lowercase()),
        Value::Array(items) => items.iter().for_each(|item| {
            append_text(item, text);
            text.push(' ');
        }),
        Value::Object(parts) => parts.values().for_each(|part| {
            append_text(part, text);
            text.push(' ');
        }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::Bool(_) | Value::Null => {}
    }
}

/// The choices of the field sorted by, in the order in which the pack declares them; none, if it has no choices.
fn declared_choices<'a>(entity: &'a Entity, query: &Query) -> &'a [Choice] {
    let field = query.sort.as_deref().and_then(|name| entity.field(name));
    match field.map(|field| &field.kind) {
        Some(FieldType::Enum { choices, .. }) => choices,
        _ => &[],
    }
}

fn order(query: &Query, choices: &[Choice], a: &View<'_>, b: &View<'_>) -> Ordering {
    // What the server does not know yet is the newest of all.
    let newest_first = || {
        b.updated_at
            .is_none()
            .cmp(&a.updated_at.is_none())
            .then(b.updated_at.cmp(&a.updated_at))
    };
    let by_field = query.sort.as_deref().map_or(Ordering::Equal, |field| {
        let (a, b) = (a.fields.get(field), b.fields.get(field));
        // Absent values stand last, whichever way the list runs.
        let absent = |value: Option<&Value>| value.is_none_or(Value::is_null);
        absent(a).cmp(&absent(b)).then_with(|| {
            let ordering = compare(choices, a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
            if query.descending {
                ordering.reverse()
            } else {
                ordering
            }
        })
    });
    by_field.then_with(newest_first).then_with(|| a.key.cmp(&b.key))
}

/// By value; choices by the place at which they are declared, unknown ones last.
fn compare(choices: &[Choice], a: &Value, b: &Value) -> Ordering {
    let place = |value: &str| {
        choices
            .iter()
            .position(|choice| choice.value == value)
            .unwrap_or(usize::MAX)
    };
    match (a, b) {
        (Value::String(a), Value::String(b)) if !choices.is_empty() => place(a).cmp(&place(b)),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => json::text(a).cmp(&json::text(b)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Choice, compare};

    #[test]
    fn choices_sort_as_they_are_declared_and_other_text_by_itself() {
        let choice = |value: &str| Choice {
            value: value.into(),
            label: value.into(),
            tone: None,
        };
        let choices = ["emergency", "high", "medium", "low"].map(choice);
        let sorted = |choices: &[Choice], values: &[&str]| {
            let mut values: Vec<Value> = values.iter().map(|value| json!(value)).collect();
            values.sort_by(|a, b| compare(choices, a, b));
            values
        };
        let mixed = ["low", "unknown", "medium", "emergency", "high"];
        assert_eq!(
            sorted(&choices, &mixed),
            ["emergency", "high", "medium", "low", "unknown"]
        );
        assert_eq!(
            sorted(&[], &mixed),
            ["emergency", "high", "low", "medium", "unknown"]
        );
    }
}
