//! A field as a pack writes it: all keys beside each other, of which the type says which mean something.
//!
//! Reading goes through this flat form because what serde derives for a tagged enum inside a flattened struct buffers
//! every value, at a cost in WebAssembly that a phone would have to download.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Choice, Computed, Field, FieldType, Strategy, StrategyRule};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenField {
    name: String,
    label: String,
    #[serde(rename = "type")]
    kind: TypeName,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    read_only: bool,
    default: Option<Value>,
    help: Option<String>,
    strategy: Option<Strategy>,
    #[serde(default)]
    strategy_rules: Vec<StrategyRule>,
    computed: Option<Computed>,
    max_length: Option<usize>,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    integer: bool,
    unit: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    transitions: BTreeMap<String, Vec<String>>,
    entity: Option<String>,
    key: Option<String>,
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum TypeName {
    Text,
    LongText,
    Number,
    Bool,
    Enum,
    Datetime,
    Reference,
    Object,
    List,
    Set,
    Counter,
    Log,
    Location,
    Json,
}

impl TryFrom<WrittenField> for Field {
    type Error = String;

    fn try_from(written: WrittenField) -> Result<Self, String> {
        let WrittenField {
            max_length,
            min,
            max,
            integer,
            unit,
            choices,
            transitions,
            fields,
            ..
        } = written;
        let needed = |value: Option<String>, what: &str| {
            value.ok_or_else(|| format!("field \"{}\" needs `{what}`, because of its type", written.name))
        };
        let kind = match written.kind {
            TypeName::Text => FieldType::Text { max_length },
            TypeName::LongText => FieldType::LongText { max_length },
            TypeName::Number => FieldType::Number {
                min,
                max,
                integer,
                unit,
            },
            TypeName::Bool => FieldType::Bool,
            TypeName::Enum => FieldType::Enum { choices, transitions },
            TypeName::Datetime => FieldType::Datetime,
            TypeName::Reference => FieldType::Reference {
                entity: needed(written.entity, "entity")?,
            },
            TypeName::Object => FieldType::Object { fields },
            TypeName::List => FieldType::List {
                key: needed(written.key, "key")?,
                fields,
            },
            TypeName::Set => FieldType::Set { choices },
            TypeName::Counter => FieldType::Counter,
            TypeName::Log => FieldType::Log {
                key: needed(written.key, "key")?,
                fields,
            },
            TypeName::Location => FieldType::Location,
            TypeName::Json => FieldType::Json,
        };
        Ok(Self {
            name: written.name,
            label: written.label,
            kind,
            required: written.required,
            read_only: written.read_only,
            default: written.default,
            help: written.help,
            strategy: written.strategy,
            strategy_rules: written.strategy_rules,
            computed: written.computed,
        })
    }
}
