use std::collections::BTreeMap;

use holdfast_core::ordered;
use serde_json::{Value, json};

/// Whose value a field gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    Mine,
    Theirs,
    /// Neither: written anew.
    Own,
}

/// What a person decides in a conflict, field by field, until it is sent as one resolution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settlement {
    fields: Vec<String>,
    choices: BTreeMap<String, Choice>,
    own: BTreeMap<String, Value>,
    remembered: BTreeMap<String, bool>,
}

impl Settlement {
    /// Over the contested fields.
    pub fn new(fields: Vec<String>) -> Self {
        Self {
            fields,
            ..Self::default()
        }
    }

    pub fn choose(&mut self, field: &str, choice: Choice) {
        self.choices.insert(field.to_owned(), choice);
    }

    pub fn choose_all(&mut self, choice: &Choice) {
        for field in self.fields.clone() {
            self.choose(&field, choice.clone());
        }
    }

    pub fn choice(&self, field: &str) -> Option<&Choice> {
        self.choices.get(field)
    }

    /// Keeps a value written anew.
    pub fn write(&mut self, field: &str, value: Value) {
        self.own.insert(field.to_owned(), value);
    }

    /// A value that was written anew before.
    pub fn own(&self, field: &str) -> Option<&Value> {
        self.own.get(field)
    }

    /// What was written anew, by field, where it is what is chosen.
    pub fn written(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.own
            .iter()
            .filter(|(field, _)| self.choices.get(*field) == Some(&Choice::Own))
    }

    pub fn remember(&mut self, field: &str, remember: bool) {
        self.remembered.insert(field.to_owned(), remember);
    }

    /// How many fields still wait.
    pub fn missing(&self) -> usize {
        self.fields
            .iter()
            .filter(|field| !self.choices.contains_key(*field))
            .count()
    }

    /// The value of the conflict's `resolution`, once nothing is missing. A value written anew is no rule for next time.
    pub fn resolution(&self) -> Option<Value> {
        if self.missing() > 0 {
            return None;
        }
        let settled = self.choices.iter().map(|(field, choice)| {
            let remember = self.remembered.get(field).copied().unwrap_or_default();
            let said = match choice {
                Choice::Mine => json!({ "choice": "mine", "remember": remember }),
                Choice::Theirs => json!({ "choice": "theirs", "remember": remember }),
                Choice::Own => json!({ "choice": "value", "value": self.own.get(field), "remember": false }),
            };
            (field.clone(), said)
        });
        Some(Value::Object(ordered::fields(settled)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settlement_is_sent_when_every_field_has_a_word() {
        let mut settlement = Settlement::new(vec!["notes".into(), "rootCause".into()]);
        settlement.choose("notes", Choice::Own);
        settlement.write("notes", json!("both"));
        assert_eq!((settlement.missing(), settlement.resolution()), (1, None));
        settlement.choose("rootCause", Choice::Theirs);
        settlement.remember("rootCause", true);
        settlement.remember("notes", true);
        assert_eq!(
            settlement.resolution(),
            Some(json!({
                "notes": { "choice": "value", "value": "both", "remember": false },
                "rootCause": { "choice": "theirs", "remember": true },
            }))
        );
        settlement.choose_all(&Choice::Mine);
        assert_eq!(settlement.resolution().unwrap()["notes"]["choice"], "mine");
    }
}
