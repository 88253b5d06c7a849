use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Stamp, written::WrittenField};
use crate::{
    json::{Faults, FromJson, Object},
    text::Form,
};

/// One field of an entity, of an object or of a list's items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "WrittenField")]
pub struct Field {
    pub name: String,
    pub label: String,
    #[serde(flatten)]
    pub kind: FieldType,
    pub required: bool,
    /// Set by the server or computed; a write to it is refused.
    pub read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// One line under the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// How two changes of this field are settled; [`FieldType::default_strategy`] if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// Exceptions by who wrote the server's value; the first that matches wins over `strategy`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strategy_rules: Vec<StrategyRule>,
    /// Derived from other fields by the server and, as a preview, by the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// What the server fills it with: it cannot be written in another's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamped: Option<Stamp>,
    /// Of a stamped part: the yes-or-no beside it that it tells of. It is stamped when that becomes true, and cleared when
    /// it no longer is. Without one a part is stamped with the item that it is in, and stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamped_when: Option<String>,
    /// Roles that may set it; all who may change the record, if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub writers: Vec<String>,
}

impl FromJson for Field {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let (field, missing) = WrittenField::read(value, faults).into_field();
        if missing.is_some() {
            faults.note();
        }
        field
    }
}

impl Field {
    /// The strategy against a server value that somebody with `roles` wrote.
    pub fn strategy_against(&self, roles: &[String]) -> Strategy {
        let rule = self
            .strategy_rules
            .iter()
            .find(|rule| roles.contains(&rule.written_by));
        rule.map(|rule| rule.strategy)
            .or(self.strategy)
            .unwrap_or_else(|| self.kind.default_strategy())
    }

    pub(super) fn is_set(&self) -> bool {
        matches!(self.kind, FieldType::Set { .. })
    }

    /// Whether the value may become the other: of a choice, by its transitions.
    pub fn may_follow(&self, from: &Value, to: &Value) -> bool {
        match (&self.kind, from.as_str(), to.as_str()) {
            (FieldType::Enum { transitions, .. }, Some(from), Some(to)) => {
                let allowed = transitions.get(from);
                from == to || allowed.is_none_or(|allowed| allowed.iter().any(|next| next == to))
            }
            _ => true,
        }
    }
}

/// What a field holds, as JSON. CONTRIBUTING.md lists the places that a new one concerns.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FieldType {
    /// One line.
    Text {
        max_length: Option<usize>,
        /// How its values are compared; they are stored as they were written.
        #[serde(skip_serializing_if = "Form::is_plain")]
        normalize: Form,
    },
    /// Many lines; merges three-way where its strategy is `merge`.
    LongText {
        max_length: Option<usize>,
        #[serde(skip_serializing_if = "Form::is_plain")]
        normalize: Form,
    },
    Number {
        min: Option<f64>,
        max: Option<f64>,
        integer: bool,
        /// Shown behind the value: `h`, `EUR`.
        unit: Option<String>,
    },
    Bool,
    Enum {
        choices: Vec<Choice>,
        /// From value to the values it may become; a value that is not named may become any.
        transitions: BTreeMap<String, Vec<String>>,
    },
    /// RFC 3339, UTC.
    Datetime,
    /// The id of another record.
    Reference {
        entity: String,
    },
    Object {
        fields: Vec<Field>,
    },
    /// Objects told apart by `key`, in an order that is part of the value.
    List {
        key: String,
        fields: Vec<Field>,
    },
    /// Strings without order or repetition.
    Set {
        choices: Vec<Choice>,
        /// How its members are compared.
        #[serde(skip_serializing_if = "Form::is_plain")]
        normalize: Form,
    },
    /// A number that changes by sums: two additions both count.
    Counter,
    /// A list that only grows: objects told apart by `key`, by time of arrival.
    Log {
        key: String,
        fields: Vec<Field>,
    },
    /// `{ "latitude", "longitude", "accuracy" }` in degrees and metres.
    Location,
    /// Anything; compared as a whole.
    Json,
}

impl FieldType {
    /// Values with parts merge by their parts; single values go to the last writer, by server-received time.
    pub fn default_strategy(&self) -> Strategy {
        match self {
            Self::Object { .. } | Self::List { .. } | Self::Set { .. } | Self::Counter | Self::Log { .. } => {
                Strategy::Merge
            }
            _ => Strategy::LastWriteWins,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// How it is coloured: `neutral`, `info`, `good`, `warn`, `bad`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
}

crate::json_object!(only Choice { value: "value", label: "label", tone: "tone" });

/// How two changes of one field are settled. Only the server settles; a device previews by the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    ServerWins,
    ClientWins,
    /// Part by part, as the field's type allows.
    Merge,
    /// The write that the server received last.
    LastWriteWins,
    /// The write that the server received first.
    FirstWriteWins,
    /// A person decides.
    Manual,
}

crate::json_names!(Strategy {
    ServerWins: "server-wins",
    ClientWins: "client-wins",
    Merge: "merge",
    LastWriteWins: "last-write-wins",
    FirstWriteWins: "first-write-wins",
    Manual: "manual",
});

impl Strategy {
    /// Whether the author's value stands against the server's.
    pub fn favours_the_author(self) -> bool {
        matches!(self, Self::ClientWins | Self::LastWriteWins)
    }

    /// As the pack writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServerWins => "server-wins",
            Self::ClientWins => "client-wins",
            Self::Merge => "merge",
            Self::LastWriteWins => "last-write-wins",
            Self::FirstWriteWins => "first-write-wins",
            Self::Manual => "manual",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StrategyRule {
    /// The role of whoever wrote the server's value.
    pub written_by: String,
    pub strategy: Strategy,
}

crate::json_object!(only StrategyRule { written_by: "writtenBy", strategy: "strategy" });

/// How a field follows from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Computed {
    /// The number of items of a list, or of those whose boolean `field` is true.
    Count {
        list: String,
        #[serde(default)]
        field: Option<String>,
    },
    /// The sum of a number over a list's items; with `times`, of the product of two.
    Sum {
        list: String,
        field: String,
        #[serde(default)]
        times: Option<String>,
    },
}

impl FromJson for Computed {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let (name, content) = faults.variant(value);
        let mut parts = Object::of(content, faults);
        let list = parts.take("list");
        let computed = if name == "count" {
            Self::Count {
                list,
                field: parts.take("field"),
            }
        } else {
            Self::Sum {
                list,
                field: parts.take("field"),
                times: parts.take("times"),
            }
        };
        parts.end();
        if !matches!(name.as_str(), "count" | "sum") {
            faults.note();
        }
        computed
    }
}
