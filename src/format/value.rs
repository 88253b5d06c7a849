//! A field's value in words, by the type that the pack declares.

use holdfast_browser::client::Snapshot;
use holdfast_core::{
    Fields, Timestamp,
    pack::{Choice, Entity, Field, FieldType, Stamp},
    record::RecordKey,
    replica::{Item, Page, Query},
    text::TextOrder,
};
use serde_json::Value;

use super::{
    number::decimal,
    time::{self, Zone},
};
use crate::strings::value as words;

/// The entity of people: who did what.
pub const PERSON: &str = "person";

/// From where a value is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub replica: Snapshot<'a>,
    /// How texts are sorted for whoever looks.
    pub order: &'a TextOrder,
    pub now: Timestamp,
    pub zone: Zone,
}

impl<'a> Reader<'a> {
    /// The records that a query finds, texts in the order of the device's language.
    pub fn list(&self, query: &Query) -> Page<'a> {
        self.replica.list_ordered(query, self.order)
    }

    /// As [`Self::list`], of those records only that fit.
    pub fn list_fitting(&self, query: &Query, fits: &dyn Fn(&Item<'_>) -> bool) -> Page<'a> {
        self.replica.list_fitting(query, self.order, fits)
    }

    /// The value in words; empty for one that is not there.
    pub fn say(&self, field: &Field, value: &Value) -> String {
        if value.is_null() {
            return String::new();
        }
        match &field.kind {
            FieldType::Text { .. } | FieldType::LongText { .. } => text(value),
            FieldType::Number { unit, .. } => with_unit(value, unit.as_deref()),
            FieldType::Counter => with_unit(value, None),
            FieldType::Bool => yes_no(value).to_owned(),
            FieldType::Enum { choices, .. } => choice_label(choices, value),
            FieldType::Datetime => self.moment(value),
            FieldType::Reference { entity } => self.title(entity, value.as_str().unwrap_or_default()),
            FieldType::Set { choices, .. } => items(value)
                .map(|item| choice_label(choices, item))
                .collect::<Vec<_>>()
                .join(", "),
            FieldType::Object { fields } => self.parts(fields, value, None),
            FieldType::List { key, fields } | FieldType::Log { key, fields } => items(value)
                .map(|item| self.parts(fields, item, Some(key)))
                .collect::<Vec<_>>()
                .join("\n"),
            FieldType::Location => location(value),
            FieldType::Json => text(value),
        }
    }

    /// A field of an entity, as it stands in a record.
    pub fn field(&self, entity: &Entity, name: &str, fields: &Fields) -> String {
        match (entity.field(name), fields.get(name)) {
            (Some(field), Some(value)) => self.say(field, value),
            (None, Some(value)) if name == "updatedAt" => self.moment(value),
            _ => String::new(),
        }
    }

    /// The label of a choice of an enumeration.
    pub fn say_choice(&self, entity: &Entity, name: &str, choice: &str) -> String {
        entity
            .field(name)
            .map_or_else(|| choice.to_owned(), |field| self.say(field, &choice.into()))
    }

    /// The name of the record that a reference points to; its id, if it is not on this device.
    pub fn title(&self, entity: &str, id: &str) -> String {
        record_title(self.replica, &RecordKey::new(entity, id)).unwrap_or_else(|| short_id(id).to_owned())
    }

    /// One item of a list in few words: without who and when, which go without saying right after the tap.
    pub fn say_item(&self, field: &Field, item: &Value) -> String {
        let (FieldType::List { key, fields } | FieldType::Log { key, fields }) = &field.kind else {
            return String::new();
        };
        let plain = |field: &&Field| match &field.kind {
            FieldType::Datetime => false,
            FieldType::Reference { entity } => entity != PERSON,
            _ => true,
        };
        let fields: Vec<Field> = fields.iter().filter(plain).cloned().collect();
        self.parts(&fields, item, Some(key))
    }

    /// One item of a list: its parts that say something, the key only if it refers to a record.
    fn parts(&self, fields: &[Field], item: &Value, key: Option<&String>) -> String {
        let told = fields
            .iter()
            .filter(|field| key != Some(&field.name) || matches!(field.kind, FieldType::Reference { .. }))
            .filter(|field| field.stamped != Some(Stamp::Received));
        let said = told.filter_map(|field| {
            let value = item.get(&field.name)?;
            match (&field.kind, value.as_bool()) {
                (FieldType::Bool, Some(true)) => Some(field.label.to_lowercase()),
                (FieldType::Bool, _) => None,
                _ => Some(self.say(field, value)).filter(|text| !text.is_empty()),
            }
        });
        let is_receipt = |field: &&Field| field.stamped == Some(Stamp::Received);
        let receipts: Vec<String> = fields
            .iter()
            .filter(is_receipt)
            .filter_map(|field| item.get(&field.name).map(|value| self.say(field, value)))
            .collect();
        let mut all: Vec<String> = Vec::new();
        for text in said {
            // A part's name often stands beside the reference to it.
            if !all.contains(&text) {
                all.push(text);
            }
        }
        // What was received when it happened needs no second time.
        for text in receipts.into_iter().filter(|text| !text.is_empty()) {
            if !all.contains(&text) {
                all.push(words::received(&text));
            }
        }
        all.join(" · ")
    }

    fn moment(&self, value: &Value) -> String {
        match value.as_str().and_then(time::parse) {
            Some(at) => time::day_time(at, self.now, self.zone),
            None => text(value),
        }
    }
}

/// The title of a record as shown here.
pub fn record_title(replica: Snapshot<'_>, key: &RecordKey) -> Option<String> {
    let field = &replica.packs().entity(&key.entity_type)?.title_field;
    let item = replica.item(key)?;
    let title = item.text(field).into_owned();
    Some(title).filter(|title| !title.is_empty())
}

/// An id as a person can use it: the server's; one made on this device has no use for anybody.
pub fn short_id(id: &str) -> &str {
    if is_local(id) { words::NEW_RECORD } else { id }
}

/// Whether an id was made on a device: a UUID.
pub fn is_local(id: &str) -> bool {
    id.len() == 36 && uuid::Uuid::parse_str(id).is_ok()
}

/// A person's name; empty for nobody.
pub fn person(reader: &Reader<'_>, value: Option<&Value>) -> String {
    match value.and_then(Value::as_str) {
        Some(id) if !id.is_empty() => reader.title(PERSON, id),
        _ => String::new(),
    }
}

fn choice_label(choices: &[Choice], value: &Value) -> String {
    let found = choices
        .iter()
        .find(|choice| Some(choice.value.as_str()) == value.as_str());
    found.map_or_else(|| text(value), |choice| choice.label.clone())
}

fn with_unit(value: &Value, unit: Option<&str>) -> String {
    let number = match value.as_f64() {
        // Also what JavaScript would not keep, which is stored as its digits.
        Some(number) if number.abs() >= 1e15 => text(value),
        Some(number) if number.fract() == 0.0 => decimal(number, 0),
        Some(number) => decimal(number, 2).trim_end_matches('0').to_owned(),
        None => text(value),
    };
    unit.map_or_else(|| number.clone(), |unit| format!("{number} {unit}"))
}

fn yes_no(value: &Value) -> &'static str {
    if value.as_bool() == Some(true) {
        words::YES
    } else {
        words::NO
    }
}

fn location(value: &Value) -> String {
    let part = |name: &str| value.get(name).and_then(Value::as_f64);
    match (part("latitude"), part("longitude")) {
        (Some(latitude), Some(longitude)) => format!("{}, {}", decimal(latitude, 5), decimal(longitude, 5)),
        _ => String::new(),
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_core::text::Natural;
    use serde_json::json;

    fn field(kind: Value) -> Field {
        let mut field = json!({ "name": "f", "label": "F" });
        field
            .as_object_mut()
            .unwrap()
            .extend(kind.as_object().unwrap().clone());
        serde_json::from_value(field).unwrap()
    }

    #[test]
    fn every_type_of_value_has_words() {
        let order = TextOrder::new(Natural);
        Snapshot::of_nothing(|replica| assert_words(replica, &order));
    }

    fn assert_words(replica: Snapshot<'_>, order: &TextOrder) {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let reader = Reader {
            replica,
            order,
            now,
            zone: Zone::UTC,
        };
        let choices = json!([{ "value": "on-hold", "label": "On hold" }]);
        let parts = json!([
            { "name": "k", "label": "Key", "type": "text" },
            { "name": "n", "label": "Name", "type": "text" },
            { "name": "d", "label": "Done", "type": "bool" },
        ]);
        let note = json!([
            { "name": "k", "label": "Key", "type": "text" },
            { "name": "at", "label": "At", "type": "datetime", "stamped": "time" },
            { "name": "atReceived", "label": "At (received)", "type": "datetime", "stamped": "received", "readOnly": true },
        ]);
        let table = [
            (json!({ "type": "text" }), json!("a"), "a"),
            (json!({ "type": "text" }), Value::Null, ""),
            (json!({ "type": "number", "unit": "h" }), json!(3.0), "3 h"),
            (json!({ "type": "number" }), json!(2.5), "2.5"),
            (json!({ "type": "bool" }), json!(true), "Yes"),
            (
                json!({ "type": "enum", "choices": choices }),
                json!("on-hold"),
                "On hold",
            ),
            (
                json!({ "type": "enum", "choices": choices }),
                json!("other"),
                "other",
            ),
            (
                json!({ "type": "datetime" }),
                json!("2026-11-21T14:00:00Z"),
                "Today 14:00",
            ),
            (
                json!({ "type": "reference", "entity": "asset" }),
                json!("AST-1"),
                "AST-1",
            ),
            (json!({ "type": "set" }), json!(["a", "b"]), "a, b"),
            (
                json!({ "type": "location" }),
                json!({ "latitude": 1.0, "longitude": 2.0 }),
                "1.00000, 2.00000",
            ),
            (
                json!({ "type": "list", "key": "k", "fields": parts }),
                json!([{ "k": "1", "n": "Isolate", "d": true }, { "k": "2", "n": "Drain", "d": false }]),
                "Isolate · done\nDrain",
            ),
            (
                json!({ "type": "log", "key": "k", "fields": note }),
                json!([
                    { "k": "1", "at": "2026-11-21T11:00:00Z", "atReceived": "2026-11-21T11:00:09Z" },
                    { "k": "2", "at": "2026-11-21T09:00:00Z", "atReceived": "2026-11-21T11:00:00Z" },
                ]),
                "Today 11:00\nToday 09:00 · received Today 11:00",
            ),
        ];
        for (kind, value, said) in table {
            assert_eq!(reader.say(&field(kind.clone()), &value), said, "{kind}");
        }
    }

    #[test]
    fn an_id_made_here_is_not_shown() {
        assert_eq!(short_id("WO-000123"), "WO-000123");
        assert_eq!(short_id("7f3c1f44-5d0c-4b0e-9c0a-6c0f6b0f9a11"), "New");
    }
}
