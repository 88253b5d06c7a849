use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, Context, Entity, FieldType, validate::check_value};
use crate::{Fields, limits::fault, record::FieldError};

/// A write that is made step by step: what each step asks for is kept on the device, and all of it is written at the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flow {
    /// The kind of the write. Its action walks through the steps; of a kind that creates, they take the form's place.
    pub kind: String,
    pub steps: Vec<Step>,
}

crate::json_object!(only Flow { kind: "kind", steps: "steps" });

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Tells it from the flow's other steps.
    pub title: String,
    /// What to do, in a sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is asked for. A log takes one entry more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// When the step is gone through, over the record with what was typed; always, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Fields of the step that must have a value to go on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What must hold to go on, over the record with what was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Condition>,
    /// What is said while `ready` does not hold: what to do first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ready: Option<String>,
}

crate::json_object!(only Step {
    title: "title",
    text: "text",
    fields: "fields" = Vec::new(),
    when: "when",
    needs: "needs" = Vec::new(),
    ready: "ready",
    not_ready: "notReady",
});

impl Step {
    /// Whether it is gone through.
    pub fn is_walked(&self, record: &Fields, context: &Context<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(record, context))
    }

    /// What keeps somebody from going on, as far as a device can tell: fields that need a value, and typed values that do not
    /// fit. What was not changed is not looked at; the write is checked as a whole at its end.
    pub fn faults(&self, entity: &Entity, record: &Fields, changed: &Fields) -> Vec<FieldError> {
        let empty = |name: &&String| is_empty(record.get(*name));
        let mut faults: Vec<FieldError> = self
            .needs
            .iter()
            .filter(empty)
            .map(|name| fault(name, "is needed"))
            .collect();
        let named = self.fields.iter().filter_map(|name| entity.field(name));
        for field in named.filter(|field| !matches!(field.kind, FieldType::Log { .. })) {
            let known = faults.iter().any(|fault| fault.field == field.name);
            if let Some(value) = changed.get(&field.name).filter(|_| !known) {
                check_value(field, &field.name, value, &mut faults);
            }
        }
        faults
    }

    /// Whether what must hold to go on does.
    pub fn is_ready(&self, record: &Fields, context: &Context<'_>) -> bool {
        self.ready
            .as_ref()
            .is_none_or(|ready| ready.holds(record, context))
    }
}

impl Flow {
    /// The names of all fields that the steps ask for.
    pub fn asks(&self) -> impl Iterator<Item = &String> {
        self.steps.iter().flat_map(|step| &step.fields)
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(parts)) => parts.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, pack::Viewer};
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn entity() -> Entity {
        json::from_value(json!({
            "name": "tree", "plural": "trees", "title": "Tree", "titlePlural": "Trees", "idField": "treeId",
            "idPrefix": "T-", "titleField": "name", "access": [],
            "fields": [
                { "name": "name", "label": "Name", "type": "text", "maxLength": 5 },
                { "name": "height", "label": "Height", "type": "number", "min": 0 },
                { "name": "safe", "label": "Safe", "type": "bool" },
                { "name": "notes", "label": "Notes", "type": "log", "key": "id", "fields": [
                    { "name": "id", "label": "Id", "type": "text" },
                ] },
            ],
        }))
        .unwrap()
    }

    fn step(more: Value) -> Step {
        let mut step = fields(json!({ "title": "Look", "fields": ["name", "height", "safe", "notes"] }));
        step.extend(fields(more));
        json::from_value(Value::Object(step)).unwrap()
    }

    #[test]
    fn a_step_says_what_is_missing_and_what_does_not_fit() {
        let needs = step(json!({ "needs": ["name", "safe", "notes"] }));
        let table = [
            (json!({}), json!({}), vec!["name", "safe", "notes"]),
            (
                json!({ "name": " ", "safe": false, "notes": "typed" }),
                json!({ "name": " " }),
                vec!["name"],
            ),
            (
                json!({ "name": "Oak", "safe": true, "notes": [] }),
                json!({}),
                vec!["notes"],
            ),
            (
                json!({ "name": "Oak", "safe": true, "notes": "x" }),
                json!({ "notes": "x" }),
                vec![],
            ),
            (
                json!({ "name": "Sequoia", "safe": true, "notes": "x", "height": -1 }),
                json!({ "name": "Sequoia", "height": -1 }),
                vec!["name", "height"],
            ),
            // What was there before is not for this step to mend.
            (
                json!({ "name": "Sequoia", "safe": true, "notes": "x" }),
                json!({}),
                vec![],
            ),
        ];
        for (record, changed, wrong) in table {
            let said = needs.faults(&entity(), &fields(record.clone()), &fields(changed));
            let named: Vec<&str> = said.iter().map(|fault| fault.field.as_str()).collect();
            assert_eq!(named, wrong, "{record}");
        }
    }

    #[test]
    fn a_step_is_walked_and_left_by_what_the_record_says() {
        let step = step(json!({
            "when": { "is": { "field": "name", "value": "Oak" } },
            "ready": { "is": { "field": "safe", "value": true } },
        }));
        let viewer = Viewer {
            user_id: "me",
            roles: &[],
            sites: &[],
            now: "2026-11-21T12:00:00Z".parse().unwrap(),
        };
        let table = [
            (json!({ "name": "Oak", "safe": true }), true, true),
            (json!({ "name": "Elm", "safe": false }), false, false),
        ];
        for (record, walked, ready) in table {
            let record = fields(record);
            assert_eq!(
                step.is_walked(&record, &viewer.context(false)),
                walked,
                "{record:?}"
            );
            assert_eq!(
                step.is_ready(&record, &viewer.context(false)),
                ready,
                "{record:?}"
            );
        }
    }
}
