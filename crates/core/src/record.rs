//! What a record is, on the wire and at rest.

use serde::{Deserialize, Serialize};

use crate::{Fields, Timestamp, timestamp};

/// Names one record: its entity type (`work-order`) and its id (`WO-000123`, or a local UUID until the server has
/// assigned one).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordKey {
    pub entity_type: String,
    pub entity_id: String,
}

crate::json_object!(RecordKey {
    entity_type: "entityType",
    entity_id: "entityId",
});

impl RecordKey {
    pub fn new(entity_type: impl Into<String>, entity_id: impl Into<String>) -> Self {
        Self {
            entity_type: entity_type.into(),
            entity_id: entity_id.into(),
        }
    }
}

impl std::fmt::Display for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.entity_type, self.entity_id)
    }
}

/// Whether this text can be the id that a device gives to a record of its own making: a UUID v4 in lower case. The ids that
/// a server gives out never look like it, but for entities without a prefix, where both are random.
pub fn is_local_id(id: &str) -> bool {
    let parsed = uuid::Uuid::try_parse(id).ok();
    parsed.is_some_and(|uuid| {
        let random = uuid.get_version_num() == 4 && uuid.get_variant() == uuid::Variant::RFC4122;
        let mut text = uuid::Uuid::encode_buffer();
        random && *uuid.as_hyphenated().encode_lower(&mut text) == *id
    })
}

/// The last state of a record that the server confirmed to this device: the base of every merge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mirror {
    pub key: RecordKey,
    /// The record's own fields; metadata is beside them, never among them.
    pub fields: Fields,
    /// The server's version; 0 marks a record that only this device knows (a local notice).
    pub version: u64,
    /// When the server last changed it.
    #[serde(deserialize_with = "timestamp::read")]
    pub updated_at: Timestamp,
    /// When this version reached the device, by the device's clock: what ageing counts from.
    #[serde(deserialize_with = "timestamp::read")]
    pub reached_at: Timestamp,
    /// The scan that last confirmed it; see [`crate::store::CursorRow::scan`].
    #[serde(default)]
    pub scan: u32,
    /// The UUID under which this or another device created it offline, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_id: Option<String>,
}

crate::json_object!(Mirror {
    key: "key",
    fields: "fields",
    version: "version",
    updated_at: "updatedAt",
    reached_at: "reachedAt",
    scan: "scan" = 0,
    local_id: "localId",
});

/// What a write does to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Create,
    Update,
    Delete,
}

crate::json_names!(Operation {
    Create: "create",
    Update: "update",
    Delete: "delete"
});

impl Operation {
    /// On the wire, and as the action of a scope (`domain:entity:action`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name; `tasks[2].title` for one inside a list or object.
    pub field: String,
    pub message: String,
}

crate::json_object!(FieldError {
    field: "field",
    message: "message"
});

/// Names of the sync metadata that ride beside a record's own fields on the wire.
pub mod meta {
    pub const VERSION: &str = "_version";
    pub const BASE_VERSION: &str = "_baseVersion";
    pub const LOCAL_ID: &str = "_localId";
    pub const UPDATED_AT: &str = "updatedAt";

    /// A version as JSON may write it: a whole number, `1.0` included.
    pub fn version(value: &serde_json::Value) -> Option<u64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = |number: &f64| number.fract() == 0.0 && (0.0..EXACT).contains(number);
        value
            .as_u64()
            .or_else(|| value.as_f64().filter(whole).map(|number| number as u64))
    }

    /// Whether a name on the wire is the id's or of metadata, and no field of the record's own.
    pub fn is_no_field(name: &str, id_field: &str) -> bool {
        matches!(name, VERSION | BASE_VERSION | LOCAL_ID | UPDATED_AT) || name == id_field
    }
}
