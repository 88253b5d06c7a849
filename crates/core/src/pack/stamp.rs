//! Fields that say who did something and when: the server vouches for them.

use serde::{Deserialize, Serialize};

use super::{Entity, Field, FieldType};

/// What the server fills a field with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stamp {
    /// The id of the user who writes; another user's is refused.
    User,
    /// When they wrote it: the claim of their device, corrected by its clock offset, and never later than the server
    /// received it.
    Time,
    /// When the server received it. Each [`Stamp::Time`] has one beside it ([`declare_received`]).
    Received,
}

crate::json_names!(Stamp {
    User: "user",
    Time: "time",
    Received: "received",
});

/// Name of the field that says when the server received the time in this one.
pub fn received_name(time: &str) -> String {
    format!("{time}Received")
}

/// Puts a read-only field behind the others for each stamped time that has none: when the server received it.
/// Doing so again adds nothing.
pub(super) fn declare_received(entity: &mut Entity) {
    declare_in(&mut entity.fields);
}

fn declare_in(fields: &mut Vec<Field>) {
    let mut missing = Vec::new();
    for field in fields.iter() {
        let name = received_name(&field.name);
        let there = |other: &Field| other.name == name && other.stamped == Some(Stamp::Received);
        if field.stamped == Some(Stamp::Time) && !fields.iter().any(there) {
            missing.push(received(field, name));
        }
    }
    fields.append(&mut missing);
    for field in fields {
        if let FieldType::Object { fields } | FieldType::List { fields, .. } | FieldType::Log { fields, .. } =
            &mut field.kind
        {
            declare_in(fields);
        }
    }
}

fn received(time: &Field, name: String) -> Field {
    Field {
        name,
        label: format!("{} (received)", time.label),
        kind: FieldType::Datetime,
        required: false,
        read_only: true,
        default: None,
        help: None,
        strategy: None,
        strategy_rules: Vec::new(),
        computed: None,
        stamped: Some(Stamp::Received),
        stamped_when: time.stamped_when.clone(),
        writers: Vec::new(),
    }
}

impl FieldType {
    /// The fields that a value of this type has as its parts, or that its items have.
    pub fn parts(&self) -> &[Field] {
        match self {
            Self::Object { fields } | Self::List { fields, .. } | Self::Log { fields, .. } => fields,
            _ => &[],
        }
    }

    /// Whether a value of this type has stamped parts, at any depth.
    pub fn has_stamps(&self) -> bool {
        let stamped = |part: &Field| part.stamped.is_some() || part.kind.has_stamps();
        self.parts().iter().any(stamped)
    }
}
