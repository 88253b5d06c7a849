//! What actions and flows ask for. A log's input is empty at first, and what is typed there becomes one entry more.

use holdfast_core::{
    Fields, Timestamp,
    pack::{Entity, Field, FieldType},
};
use serde_json::Value;

use super::{Draft, entries::has_entry, log};

/// The fields of these names.
pub fn fields_of<'a>(entity: &Entity, names: impl IntoIterator<Item = &'a String>) -> Vec<Field> {
    let found = names.into_iter().filter_map(|name| entity.field(name));
    found.cloned().collect()
}

/// A draft over a record in which these fields are asked for. The entries that it makes get their id now: what was saved
/// in the moment before the browser died is known by it.
pub fn draft(seen: Fields, asked: &[Field], id: String) -> Draft {
    let mut draft = Draft::of(seen).making(id);
    empty_logs(&mut draft, asked);
    draft
}

/// Empties the inputs of logs.
pub fn empty_logs(draft: &mut Draft, asked: &[Field]) {
    for field in asked.iter().filter(|field| is_log(field)) {
        draft.set(&field.name, Value::Null);
    }
}

/// Whether a record says everything that was typed: it was saved already.
pub fn is_said(draft: &Draft, asked: &[Field], record: &Fields) -> bool {
    let is = |name: &String| asked.iter().any(|field| &field.name == name && is_log(field));
    draft.changed().iter().all(|(name, typed)| {
        let now = record.get(name).unwrap_or(&Value::Null);
        match (is(name), draft.makes()) {
            (true, Some(id)) => typed.is_null() || has_entry(now, id),
            (true, None) => typed.is_null(),
            (false, _) => now == typed,
        }
    })
}

/// The values to write: what was typed, and of each log the one that `now` answers, with one entry more.
pub fn values(
    draft: &Draft,
    asked: &[Field],
    now: impl Fn(&str) -> Value,
    user: &str,
    at: Timestamp,
) -> Fields {
    let mut values = draft.changed();
    for field in asked {
        let FieldType::Log { key, fields } = &field.kind else {
            continue;
        };
        let typed = values.remove(&field.name);
        let text = typed.as_ref().and_then(Value::as_str).unwrap_or_default();
        if !text.trim().is_empty() {
            let id = draft.makes().unwrap_or_default().to_owned();
            let log = log::append(&now(&field.name), key, fields, id, text, user, at);
            values.insert(field.name.clone(), log);
        }
    }
    values
}

fn is_log(field: &Field) -> bool {
    matches!(field.kind, FieldType::Log { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked() -> Vec<Field> {
        serde_json::from_value(json!([
            { "name": "state", "label": "State", "type": "text" },
            { "name": "notes", "label": "Notes", "type": "log", "key": "noteId", "fields": [
                { "name": "noteId", "label": "Note", "type": "text" },
                { "name": "text", "label": "Text", "type": "longText" },
            ] },
        ]))
        .unwrap()
    }

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_log_gets_one_entry_and_is_known_to_have_it() {
        let before = fields(json!({ "state": "new", "notes": [{ "noteId": "0", "text": "a" }] }));
        let mut typed = draft(before.clone(), &asked(), "1".to_owned());
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        let write = |draft: &Draft| values(draft, &asked(), |name| before[name].clone(), "me", at);
        assert_eq!(write(&typed), Fields::new(), "nothing typed is nothing written");
        typed.set("notes", json!("b"));
        typed.set("state", json!("old"));
        let written = write(&typed);
        assert_eq!(
            written,
            fields(
                json!({ "state": "old", "notes": [{ "noteId": "0", "text": "a" }, { "noteId": "1", "text": "b" }] })
            )
        );
        assert!(!is_said(&typed, &asked(), &before));
        assert!(is_said(&typed, &asked(), &written));
    }
}
