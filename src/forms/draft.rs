use std::collections::BTreeMap;

use holdfast_core::{Fields, json, ordered, pack::Entity, protocol::Me, record::FieldError};
use serde_json::Value;

/// The field that names a record's site, by convention of all packs.
const SITE: &str = "siteId";

/// A form while it is being filled in: the record as its author saw it, what they typed, and what was wrong with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The record when the form was opened: the base of the write, whatever arrives meanwhile.
    seen: Fields,
    typed: BTreeMap<String, Value>,
    /// The id of the record or entry that saving makes, if it makes one.
    makes: Option<String>,
    /// The step of a flow that somebody stands at, by its title.
    step: Option<String>,
    errors: Vec<FieldError>,
    /// Why what was typed into a field could not be read, by field: tells more than what the device says of the value.
    unread: BTreeMap<String, String>,
}

impl Draft {
    /// A form over a record.
    pub fn of(seen: Fields) -> Self {
        Self {
            seen,
            ..Self::default()
        }
    }

    /// A form for a new record: the pack's defaults, and what can be known beforehand.
    pub fn new(entity: &Entity, me: &Me) -> Self {
        let mut draft = Self::default();
        for field in &entity.fields {
            if let Some(default) = &field.default {
                draft.typed.insert(field.name.clone(), default.clone());
            }
        }
        // Whoever works at one site reports for it.
        if let Some(site) = me
            .sites
            .first()
            .filter(|_| entity.field(SITE).is_some_and(|field| !field.read_only))
        {
            draft.typed.insert(SITE.to_owned(), site.clone().into());
        }
        draft
    }

    /// What was typed into a dialog of single texts, by their names.
    pub fn of_texts<const N: usize>(texts: [(&str, String); N]) -> Self {
        let typed = texts.map(|(name, text)| (name.to_owned(), text.into()));
        Self {
            typed: typed.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The draft of something new. Its id is made with it: what was saved in the moment before the browser died is known by
    /// it, and cannot be saved twice.
    pub fn making(mut self, id: String) -> Self {
        self.makes = Some(id);
        self
    }

    /// The id of what saving makes.
    pub fn makes(&self) -> Option<&str> {
        self.makes.as_deref()
    }

    /// The step of a flow that somebody stands at.
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// Goes to a step of a flow.
    pub fn go_to(&mut self, step: &str) {
        self.step = Some(step.to_owned());
    }

    /// The record with what was typed.
    pub fn whole(&self) -> Fields {
        let mut fields = self.seen.clone();
        fields.extend(self.typed.clone());
        fields
    }

    /// Whether a record of these fields says everything that was typed.
    pub fn is_said_by(&self, fields: &Fields) -> bool {
        let says = |(name, value): (&String, &Value)| fields.get(name).unwrap_or(&Value::Null) == value;
        self.changed().iter().all(says)
    }

    /// A text that was typed; empty if there is none.
    pub fn text(&self, name: &str) -> String {
        self.value(name).as_str().unwrap_or_default().to_owned()
    }

    /// As it is kept on the device, with the place where it was typed. What was wrong is found out again.
    pub fn to_text(&self, place: &str) -> String {
        let typed = ordered::fields(self.typed.clone());
        let (seen, makes, step) = (&self.seen, &self.makes, &self.step);
        serde_json::json!({ "place": place, "seen": seen, "typed": typed, "makes": makes, "step": step })
            .to_string()
    }

    /// The place and the draft of a text made by [`Self::to_text`]; `None` of any other.
    pub fn of_text(text: &str) -> Option<(String, Self)> {
        let Ok(Value::Object(mut kept)) = json::parse(text.as_bytes()) else {
            return None;
        };
        let Some(Value::String(place)) = kept.remove("place") else {
            return None;
        };
        let mut text = |name| match kept.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (makes, step) = (text("makes"), text("step"));
        let mut fields = |name| match kept.remove(name) {
            Some(Value::Object(fields)) => Some(fields),
            _ => None,
        };
        let draft = Self {
            seen: fields("seen")?,
            typed: fields("typed")?.into_iter().collect(),
            makes,
            step,
            ..Self::default()
        };
        Some((place, draft))
    }

    pub fn seen(&self) -> &Fields {
        &self.seen
    }

    /// The value as the form shows it.
    pub fn value(&self, field: &str) -> Value {
        self.typed
            .get(field)
            .or_else(|| self.seen.get(field))
            .cloned()
            .unwrap_or_default()
    }

    /// Takes what was typed. An empty text clears the field; its error goes with the first stroke.
    pub fn set(&mut self, field: &str, value: Value) {
        let empty = value.as_str().is_some_and(|text| text.trim().is_empty());
        self.typed
            .insert(field.to_owned(), if empty { Value::Null } else { value });
        self.errors.retain(|wrong| root(&wrong.field) != field);
        self.unread.remove(field);
    }

    /// Says why what was typed into a field could not be read; until it is typed anew.
    pub fn unreadable(&mut self, field: &str, why: String) {
        self.unread.insert(field.to_owned(), why);
    }

    /// What differs from what the author saw.
    pub fn changed(&self) -> Fields {
        let differs =
            |(name, value): &(&String, &Value)| self.seen.get(*name).unwrap_or(&Value::Null) != *value;
        let changed = self.typed.iter().filter(differs);
        ordered::fields(changed.map(|(name, value)| (name.clone(), value.clone())))
    }

    pub fn is_dirty(&self) -> bool {
        !self.changed().is_empty()
    }

    pub fn refuse(&mut self, errors: Vec<FieldError>) {
        self.errors = errors;
    }

    /// What is wrong with a field or with a part of it, in one sentence.
    pub fn error(&self, field: &str) -> Option<String> {
        if let Some(why) = self.unread.get(field) {
            return Some(why.clone());
        }
        let found: Vec<&str> = self
            .errors
            .iter()
            .filter(|wrong| root(&wrong.field) == field)
            .map(|wrong| wrong.message.as_str())
            .collect();
        (!found.is_empty()).then(|| found.join("; "))
    }

    /// Errors of fields that are not among these: told above the form, since no field can tell them.
    pub fn other_errors(&self, shown: &[String]) -> Vec<String> {
        let elsewhere = |wrong: &&FieldError| !shown.iter().any(|name| name == root(&wrong.field));
        self.errors
            .iter()
            .filter(elsewhere)
            .map(|wrong| format!("{}: {}", wrong.field, wrong.message))
            .collect()
    }

    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty() || !self.unread.is_empty()
    }
}

/// The field of a path: `tasks[2].title` → `tasks`.
pub fn root(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn wrong(field: &str, message: &str) -> FieldError {
        FieldError {
            field: field.into(),
            message: message.into(),
        }
    }

    #[test]
    fn only_what_differs_is_written() {
        let mut draft = Draft::of(fields(json!({ "title": "a", "rootCause": "b" })));
        assert!(!draft.is_dirty());
        draft.set("title", json!("c"));
        draft.set("rootCause", json!("  "));
        draft.set("meter", Value::Null);
        assert_eq!(
            draft.changed(),
            fields(json!({ "title": "c", "rootCause": null }))
        );
        draft.set("title", json!("a"));
        assert_eq!(draft.changed(), fields(json!({ "rootCause": null })));
    }

    #[test]
    fn a_draft_comes_back_as_it_was_kept() {
        let mut draft = Draft::of(fields(json!({ "title": "a", "hours": 2 })));
        draft.set("title", json!("half a sen"));
        draft.set("rootCause", Value::Null);
        draft.set("tasks", json!([{ "taskId": "1" }]));
        draft.go_to("Look at it");
        let kept = draft.to_text("work-order/WO-1");
        assert_eq!(Draft::of_text(&kept), Some(("work-order/WO-1".to_owned(), draft)));
        let texts = Draft::of_texts([("hours", "2".to_owned()), ("note", "Pin se".to_owned())]);
        let (_, back) = Draft::of_text(&texts.making("L-1".to_owned()).to_text("x")).unwrap();
        assert_eq!(back.makes(), Some("L-1"));
        assert_eq!(
            (back.text("note"), back.text("other")),
            ("Pin se".to_owned(), String::new())
        );
        for broken in [
            "",
            "[]",
            "{}",
            r#"{"place":"x"}"#,
            r#"{"place":"x","seen":{},"typed":[]}"#,
        ] {
            assert_eq!(Draft::of_text(broken), None, "{broken}");
        }
    }

    #[test]
    fn what_a_record_says_needs_no_saving() {
        let mut draft = Draft::of(fields(json!({ "title": "a", "rootCause": "b" })));
        draft.set("title", json!("c"));
        draft.set("rootCause", Value::Null);
        let table = [
            (json!({ "title": "c", "status": "open" }), true),
            (json!({ "title": "c", "rootCause": "b" }), false),
            (json!({ "title": "a" }), false),
        ];
        for (record, said) in table {
            assert_eq!(draft.is_said_by(&fields(record.clone())), said, "{record}");
        }
    }

    #[test]
    fn an_error_stands_at_its_field_until_the_field_is_touched() {
        let mut draft = Draft::default();
        draft.refuse(vec![
            wrong("tasks[1].title", "is needed"),
            wrong("hidden", "is odd"),
        ]);
        assert_eq!(draft.error("tasks").as_deref(), Some("is needed"));
        assert_eq!(draft.other_errors(&["tasks".into()]), ["hidden: is odd"]);
        draft.unreadable("tasks", "Cannot be read.".to_owned());
        assert_eq!(draft.error("tasks").as_deref(), Some("Cannot be read."));
        draft.set("tasks", json!([]));
        assert_eq!(draft.error("tasks"), None);
        assert!(draft.has_errors());
    }
}
