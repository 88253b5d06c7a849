//! The choices of a settlement, as a resolution writes them.

use std::collections::BTreeMap;

use holdfast_core::{Fields, record::FieldError};
use serde::Deserialize;
use serde_json::Value;

use super::parts::{Parts, RECORD, canonical_value};

/// How one field is settled.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Choice {
    pub choice: Pick,
    /// The value, where `choice` is `value`.
    #[serde(default)]
    pub value: Value,
    /// Settle later conflicts of this field in the same way.
    #[serde(default)]
    pub remember: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Pick {
    /// The author's value; of a deletion: delete.
    Mine,
    /// The server's value; of a deletion: keep.
    Theirs,
    /// Another one.
    Value,
    /// A deleted record comes back, with what the author typed.
    Recreate,
    /// It stays deleted.
    LetGo,
}

pub(super) type Choices = BTreeMap<String, Choice>;

impl Pick {
    /// As a resolution writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Theirs => "theirs",
            Self::Value => "value",
            Self::Recreate => "recreate",
            Self::LetGo => "let-go",
        }
    }
}

/// One choice per field of the conflict, of a kind that fits it.
pub(super) fn read(parts: &Parts<'_>, resolution: &Fields) -> std::result::Result<Choices, Vec<FieldError>> {
    let mut choices = Choices::new();
    let mut errors = Vec::new();
    for field in &parts.fields {
        let choice = resolution
            .get(field)
            .and_then(|choice| serde_json::from_value::<Choice>(choice.clone()).ok());
        let fits = |choice: &Choice| match choice.choice {
            Pick::Recreate | Pick::LetGo => field == RECORD && parts.value(field, "mine").is_object(),
            Pick::Mine | Pick::Theirs => field != RECORD || parts.value(field, "mine").is_null(),
            Pick::Value => field != RECORD,
        };
        match choice.filter(fits) {
            Some(mut choice) => {
                choice.value = canonical_value(parts.entity, field, choice.value);
                choices.insert(field.clone(), choice);
            }
            None => {
                let message = "needs a choice between your value and the server's".into();
                errors.push(FieldError {
                    field: format!("resolution.{field}"),
                    message,
                });
            }
        }
    }
    if errors.is_empty() {
        Ok(choices)
    } else {
        Err(errors)
    }
}
