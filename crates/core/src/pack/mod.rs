//! Domain packs: the declaration of a line of work. The engine knows no work order; a pack does.
//!
//! A pack is written as TOML (`domains/<name>.toml`), read by the server, whose rules are the ones that merge, and
//! handed to clients as JSON by `GET /api/v1/domains`. Entity types are unique across packs.

mod access;
mod built_in;
mod canonical;
mod check;
mod coalesce;
mod condition;
mod entity;
mod field;
mod flow;
mod home;
mod normalize;
mod priority;
mod registry;
pub(crate) mod same;
mod stamp;
mod timer;
mod unique;
mod validate;
pub(crate) mod value;
mod writers;
mod written;

pub use access::{AccessRule, Viewer};
pub use built_in::built_in;
pub use canonical::{canonical, canonical_value};
pub use check::PackError;
pub use coalesce::Coalesce;
pub use condition::{Condition, Context, Values};
pub use entity::{AfterAccess, Column, Entity, ListView, Retention, SortOrder, SyncAlong};
pub use field::{Choice, Computed, Field, FieldType, Strategy, StrategyRule};
pub use flow::{Flow, Step};
pub use home::{Counts, HomeSection};
pub use priority::{DEFAULT_PRIORITY, PriorityRule};
pub use registry::Packs;
pub use same::{same_value, settle_sets};
pub use stamp::{Stamp, received_name};
pub use timer::Timer;
pub use unique::Claim;
pub use validate::validate;
pub use writers::{closed_to, defaults, unwritable};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{Fields, record::Operation};

/// One line of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pack {
    /// The domain, as in `domain:entity:action`: `maintenance`.
    pub name: String,
    pub version: u32,
    pub title: String,
    /// Counted failures before a write becomes a dead letter.
    #[serde(default = "default_attempts")]
    pub attempts: u32,
    /// Which pending edits of one record are folded into one before they are sent.
    #[serde(default)]
    pub coalesce: Coalesce,
    pub entities: Vec<Entity>,
    #[serde(default)]
    pub kinds: Vec<WriteKind>,
    /// First match wins; what matches none has [`DEFAULT_PRIORITY`].
    #[serde(default)]
    pub priorities: Vec<PriorityRule>,
    /// Scopes (`domain:entity:action`, `*` for any part) by role.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<String>>,
    /// What needs the network, and why: shown as unavailable offline.
    #[serde(default)]
    pub online_only: Vec<OnlineOnly>,
    /// What the first page shows, top down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub home: Vec<HomeSection>,
    /// Writes that are made step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<Flow>,
}

crate::json_object!(only Pack {
    name: "name",
    version: "version",
    title: "title",
    attempts: "attempts" = default_attempts(),
    coalesce: "coalesce" = Coalesce::Off,
    entities: "entities",
    kinds: "kinds" = Vec::new(),
    priorities: "priorities" = Vec::new(),
    roles: "roles" = BTreeMap::new(),
    online_only: "onlineOnly" = Vec::new(),
    home: "home" = Vec::new(),
    flows: "flows" = Vec::new(),
});

fn default_attempts() -> u32 {
    10
}

/// A named mutation: `alert_acknowledge`. Anything else is `<entity>_<operation>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteKind {
    pub name: String,
    pub entity: String,
    pub operation: Operation,
    /// For a person: what it does (`Acknowledge`), and the label of its button.
    pub label: String,
    /// The write is of this kind if it changes one of these fields, or if the list is empty.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Offered as an action of its own: sets these values. `$user` and `$now` are filled in. A write is of this kind
    /// only if it sets the other ones so.
    #[serde(default)]
    pub set: Fields,
    /// Fields that the action asks its author for, all at once; [`Flow`] asks step by step.
    #[serde(default)]
    pub ask: Vec<String>,
    /// When the action is offered.
    #[serde(default)]
    pub when: Option<Condition>,
    /// Pushed at once rather than at the next trigger.
    #[serde(default)]
    pub critical: bool,
}

crate::json_object!(only WriteKind {
    name: "name",
    entity: "entity",
    operation: "operation",
    label: "label",
    fields: "fields" = Vec::new(),
    set: "set" = Fields::new(),
    ask: "ask" = Vec::new(),
    when: "when",
    critical: "critical" = false,
});

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnlineOnly {
    pub title: String,
    pub reason: String,
    /// The entity type on whose page it stands, if on any.
    #[serde(default)]
    pub entity: Option<String>,
}

crate::json_object!(only OnlineOnly { title: "title", reason: "reason", entity: "entity" });

impl Pack {
    /// The kind of a write: the first declared kind that fits, else `<entity>_<operation>`.
    pub fn kind_of(&self, entity: &str, operation: Operation, payload: &Fields) -> String {
        let fits = |kind: &&WriteKind| {
            kind.entity == entity
                && kind.operation == operation
                && (kind.fields.is_empty() || kind.fields.iter().any(|field| payload.contains_key(field)))
                && kind
                    .set
                    .iter()
                    .all(|(field, value)| is_placeholder(value) || payload.get(field) == Some(value))
        };
        let name = || format!("{}_{}", entity.replace('-', "_"), operation.name());
        self.kinds
            .iter()
            .find(fits)
            .map_or_else(name, |kind| kind.name.clone())
    }

    /// The steps of a kind of write, if it is made step by step.
    pub fn flow(&self, kind: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.kind == kind)
    }

    /// The steps by which records of an entity are created, if a flow takes the form's place.
    pub fn flow_of_creation(&self, entity: &str) -> Option<&Flow> {
        let creates = |kind: &&WriteKind| kind.entity == entity && kind.operation == Operation::Create;
        self.kinds
            .iter()
            .filter(creates)
            .find_map(|kind| self.flow(&kind.name))
    }

    pub(crate) fn name_and_version(&self) -> (String, u64) {
        (self.name.clone(), u64::from(self.version))
    }

    /// Whether a write of this kind is pushed at once.
    pub fn is_critical(&self, kind: &str) -> bool {
        self.kinds
            .iter()
            .any(|declared| declared.name == kind && declared.critical)
    }
}

/// Whether the value stands for one that is known only when the write is made.
fn is_placeholder(value: &serde_json::Value) -> bool {
    matches!(value.as_str(), Some("$user" | "$now"))
}
