use serde_json::Value;

use crate::forms::FormState;

/// Ids and error of one field, shared by its parts.
#[derive(Debug, Clone)]
pub struct Wiring {
    pub id: String,
    pub name: String,
    pub form: FormState,
}

impl Wiring {
    /// What `aria-describedby` names: the hint, and the error while there is one.
    pub fn described_by(&self, hint: bool) -> impl Fn() -> Option<String> + Clone + Send + Sync + 'static {
        let Self { id, name, form } = self.clone();
        move || {
            let mut ids = Vec::new();
            if form.error(&name).is_some() {
                ids.push(format!("{id}-error"));
            }
            if hint {
                ids.push(format!("{id}-hint"));
            }
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    }

    pub fn invalid(&self) -> impl Fn() -> Option<&'static str> + Clone + Send + Sync + 'static {
        let Self { name, form, .. } = self.clone();
        move || form.error(&name).map(|_| "true")
    }

    pub fn text(&self) -> String {
        match self.form.initial(&self.name) {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}
