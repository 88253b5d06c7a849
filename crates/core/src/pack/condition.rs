use serde::{Deserialize, Serialize};
use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

use crate::{
    Fields, Timestamp, decimal,
    json::{Faults, FromJson, Object},
    timestamp,
};

/// A test of a record's fields for somebody at some time.
///
/// In TOML: `{ all = [{ is = { field = "assignedTo", value = "$user" } }, { in = { field = "status", values = ["assigned"] } }] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// `true` for every record.
    Always(bool),
    /// Equal; `$user` stands for the viewer's user id, `null` also for an absent field.
    Is {
        field: String,
        value: Value,
    },
    /// Equal to one of them; `$sites` stands for the viewer's sites.
    In {
        field: String,
        values: Vec<Value>,
    },
    /// A set that holds the value.
    Has {
        field: String,
        value: Value,
    },
    /// A time at most so many days ago (or in the future).
    Within {
        field: String,
        days: u32,
    },
    /// The viewer pinned the record.
    Pinned(bool),
    /// The viewer has this role.
    Role(String),
}

impl FromJson for Condition {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let (name, content) = faults.variant(value);
        match name.as_str() {
            "all" => Self::All(FromJson::read(content, faults)),
            "any" => Self::Any(FromJson::read(content, faults)),
            "not" => Self::Not(FromJson::read(content, faults)),
            "always" => Self::Always(FromJson::read(content, faults)),
            "pinned" => Self::Pinned(FromJson::read(content, faults)),
            "role" => Self::Role(FromJson::read(content, faults)),
            name => Self::of_field(name, content, faults),
        }
    }
}

impl Condition {
    /// Reads a condition on one field.
    fn of_field(name: &str, content: Value, faults: &mut Faults) -> Self {
        let mut parts = Object::of(content, faults);
        let field = parts.take("field");
        match name {
            "is" => Self::Is {
                field,
                value: parts.take("value"),
            },
            "in" => Self::In {
                field,
                values: parts.take("values"),
            },
            "has" => Self::Has {
                field,
                value: parts.take("value"),
            },
            "within" => Self::Within {
                field,
                days: parts.take("days"),
            },
            _ => {
                faults.note();
                Self::Always(false)
            }
        }
    }
}

/// For whom and when a condition is tested.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub user_id: &'a str,
    pub roles: &'a [String],
    pub sites: &'a [String],
    pub now: Timestamp,
    /// Whether the viewer pinned the record under test.
    pub pinned: bool,
}

/// A record that can be asked for one value without reading the others.
pub trait Values {
    /// The value of a field, if it has one.
    fn value(&self, field: &str) -> Option<Cow<'_, Value>>;
}

impl Values for Fields {
    fn value(&self, field: &str) -> Option<Cow<'_, Value>> {
        self.get(field).map(Cow::Borrowed)
    }
}

impl Condition {
    /// Whether the answer may depend on a field.
    pub fn reads(&self, name: &str) -> bool {
        match self {
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().any(|c| c.reads(name)),
            Self::Not(condition) => condition.reads(name),
            Self::Is { field, .. }
            | Self::In { field, .. }
            | Self::Has { field, .. }
            | Self::Within { field, .. } => field == name,
            Self::Always(_) | Self::Pinned(_) | Self::Role(_) => false,
        }
    }

    pub fn holds(&self, record: &dyn Values, context: &Context<'_>) -> bool {
        let get = |field: &str| record.value(field).unwrap_or(Cow::Owned(Value::Null));
        match self {
            Self::All(conditions) => conditions.iter().all(|c| c.holds(record, context)),
            Self::Any(conditions) => conditions.iter().any(|c| c.holds(record, context)),
            Self::Not(condition) => !condition.holds(record, context),
            Self::Always(answer) => *answer,
            Self::Is { field, value } => equals(&get(field), value, context),
            Self::In { field, values } => {
                let actual = get(field);
                values.iter().any(|value| equals(&actual, value, context))
            }
            Self::Has { field, value } => get(field)
                .as_array()
                .is_some_and(|items| items.iter().any(|item| equals(item, value, context))),
            Self::Within { field, days } => get(field)
                .as_str()
                .and_then(timestamp::parse)
                .is_some_and(|time| context.now - time <= chrono::Duration::days(i64::from(*days))),
            Self::Pinned(wanted) => context.pinned == *wanted,
            Self::Role(role) => context.roles.contains(role),
        }
    }
}

fn equals(actual: &Value, wanted: &Value, context: &Context<'_>) -> bool {
    match wanted.as_str() {
        Some("$user") => actual.as_str() == Some(context.user_id),
        Some("$sites") => actual
            .as_str()
            .is_some_and(|site| context.sites.iter().any(|own| own == site)),
        _ if actual.is_number() && wanted.is_number() => {
            decimal::order(actual, wanted) == Some(Ordering::Equal)
        }
        _ => actual == wanted,
    }
}
