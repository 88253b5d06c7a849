//! A field as a pack writes it: all keys beside each other, of which the type says which mean something.
//!
//! Reading goes through this flat form because what serde derives for a tagged enum inside a flattened struct buffers
//! every value, at a cost in WebAssembly that a phone would have to download.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Choice, Computed, Field, FieldType, Stamp, Strategy, StrategyRule};
use crate::text::Form;

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
    stamped: Option<Stamp>,
    stamped_when: Option<String>,
    #[serde(default)]
    writers: Vec<String>,
    max_length: Option<usize>,
    #[serde(default)]
    normalize: Form,
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

crate::json_object!(WrittenField {
    name: "name",
    label: "label",
    kind: "type",
    required: "required" = false,
    read_only: "readOnly" = false,
    default: "default",
    help: "help",
    strategy: "strategy",
    strategy_rules: "strategyRules" = Vec::new(),
    computed: "computed",
    stamped: "stamped",
    stamped_when: "stampedWhen",
    writers: "writers" = Vec::new(),
    max_length: "maxLength",
    normalize: "normalize" = Form::default(),
    min: "min",
    max: "max",
    integer: "integer" = false,
    unit: "unit",
    choices: "choices" = Vec::new(),
    transitions: "transitions" = BTreeMap::new(),
    entity: "entity",
    key: "key",
    fields: "fields" = Vec::new(),
});

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

crate::json_names!(TypeName {
    Text: "text",
    LongText: "longText",
    Number: "number",
    Bool: "bool",
    Enum: "enum",
    Datetime: "datetime",
    Reference: "reference",
    Object: "object",
    List: "list",
    Set: "set",
    Counter: "counter",
    Log: "log",
    Location: "location",
    Json: "json",
});

impl WrittenField {
    /// The field, and the key that its type needs and that is not there.
    pub(super) fn into_field(self) -> (Field, Option<&'static str>) {
        let missing = match self.kind {
            TypeName::Reference if self.entity.is_none() => Some("entity"),
            TypeName::List | TypeName::Log if self.key.is_none() => Some("key"),
            _ => None,
        };
        let (entity, key) = (self.entity.unwrap_or_default(), self.key.unwrap_or_default());
        let (choices, fields) = (self.choices, self.fields);
        let (max_length, normalize) = (self.max_length, self.normalize);
        let kind = match self.kind {
            TypeName::Text => FieldType::Text {
                max_length,
                normalize,
            },
            TypeName::LongText => FieldType::LongText {
                max_length,
                normalize,
            },
            TypeName::Number => FieldType::Number {
                min: self.min,
                max: self.max,
                integer: self.integer,
                unit: self.unit,
            },
            TypeName::Bool => FieldType::Bool,
            TypeName::Enum => FieldType::Enum {
                choices,
                transitions: self.transitions,
            },
            TypeName::Datetime => FieldType::Datetime,
            TypeName::Reference => FieldType::Reference { entity },
            TypeName::Object => FieldType::Object { fields },
            TypeName::List => FieldType::List { key, fields },
            TypeName::Set => FieldType::Set { choices, normalize },
            TypeName::Counter => FieldType::Counter,
            TypeName::Log => FieldType::Log { key, fields },
            TypeName::Location => FieldType::Location,
            TypeName::Json => FieldType::Json,
        };
        let field = Field {
            name: self.name,
            label: self.label,
            kind,
            required: self.required,
            read_only: self.read_only,
            default: self.default,
            help: self.help,
            strategy: self.strategy,
            strategy_rules: self.strategy_rules,
            computed: self.computed,
            stamped: self.stamped,
            stamped_when: self.stamped_when,
            writers: self.writers,
        };
        (field, missing)
    }
}

impl TryFrom<WrittenField> for Field {
    type Error = String;

    fn try_from(written: WrittenField) -> Result<Self, String> {
        match written.into_field() {
            (field, None) => Ok(field),
            (field, Some(key)) => Err(format!(
                "field \"{}\" needs `{key}`, because of its type",
                field.name
            )),
        }
    }
}
