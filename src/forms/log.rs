//! Logs, which only grow.

use holdfast_core::{
    Timestamp,
    pack::{Field, FieldType},
};
use serde_json::{Map, Value};

use super::entries::with_entry;
use crate::format::{time::wire, value::PERSON};

/// The part of a log's items that holds what somebody wrote: the first long text, else the first text but the key.
pub fn text_field<'a>(key: &str, fields: &'a [Field]) -> Option<&'a Field> {
    let long = |field: &&Field| matches!(field.kind, FieldType::LongText { .. });
    let short = |field: &&Field| matches!(field.kind, FieldType::Text { .. }) && field.name != key;
    fields.iter().find(long).or_else(|| fields.iter().find(short))
}

/// The log with one entry more, by whom and when filled in where the entries have a place for it.
pub fn append(
    log: &Value,
    key: &str,
    fields: &[Field],
    id: String,
    text: &str,
    user: &str,
    now: Timestamp,
) -> Value {
    let mut entry = Map::new();
    entry.insert(key.to_owned(), id.clone().into());
    for field in fields.iter().filter(|field| !field.read_only) {
        match &field.kind {
            FieldType::Reference { entity } if entity == PERSON => {
                entry.insert(field.name.clone(), user.into());
            }
            FieldType::Datetime => {
                entry.insert(field.name.clone(), wire(now).into());
            }
            _ => {}
        }
    }
    if let Some(field) = text_field(key, fields) {
        entry.insert(field.name.clone(), text.trim().into());
    }
    with_entry(log, &id, Value::Object(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_knows_who_when_and_what() {
        let fields: Vec<Field> = serde_json::from_value(json!([
            { "name": "noteId", "label": "Note", "type": "text" },
            { "name": "text", "label": "Text", "type": "longText" },
            { "name": "by", "label": "By", "type": "reference", "entity": "person" },
            { "name": "at", "label": "At", "type": "datetime", "stamped": "time" },
            { "name": "atReceived", "label": "Received", "type": "datetime", "stamped": "received", "readOnly": true },
        ]))
        .unwrap();
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        let once_more = |log: &Value| append(log, "noteId", &fields, "1".into(), " Hot. ", "user-1", at);
        let log = once_more(&json!([{ "noteId": "0" }]));
        assert_eq!(
            log,
            json!([{ "noteId": "0" }, { "noteId": "1", "text": "Hot.", "by": "user-1", "at": "2026-11-21T12:00:00Z" }])
        );
        assert_eq!(once_more(&log), log, "saved twice it is one entry");
    }
}
