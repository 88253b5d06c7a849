use serde::{Deserialize, Serialize};

use super::{AccessRule, Condition, Field, Timer};
use crate::record::Operation;

/// A type of record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entity {
    /// As in `entityType`: `work-order`.
    pub name: String,
    /// As in paths and `entities=`: `work-orders`. In camel case it names the collection in a delta.
    pub plural: String,
    pub title: String,
    pub title_plural: String,
    /// Symbol in the icon sprite.
    #[serde(default)]
    pub icon: Option<String>,
    /// The field that carries the id on the wire: `workOrderId`.
    pub id_field: String,
    /// What the server's ids start with: `WO-`.
    pub id_prefix: String,
    /// The field whose value names a record for a person.
    pub title_field: String,
    /// What a device may do to it; nothing, for a read-only entity.
    #[serde(default)]
    pub operations: Vec<Operation>,
    pub fields: Vec<Field>,
    /// Sets of fields whose values no two records may share.
    #[serde(default)]
    pub unique: Vec<Vec<String>>,
    /// Who may read which records. A record that no rule covers is invisible.
    pub access: Vec<AccessRule>,
    /// Which of the readable records are sent to the device; those it may read but does not need stay away. All
    /// readable ones, if absent.
    #[serde(default)]
    pub sync: Option<Condition>,
    /// Records that come along because a record on the device refers to them.
    #[serde(default)]
    pub sync_along: Vec<SyncAlong>,
    #[serde(default)]
    pub list: ListView,
    #[serde(default)]
    pub retention: Option<Retention>,
    /// What is still taken from somebody who may no longer see the record; nothing, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_access: Option<AfterAccess>,
    /// The work on a record that is timed, if any is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timer>,
}

crate::json_object!(only Entity {
    name: "name",
    plural: "plural",
    title: "title",
    title_plural: "titlePlural",
    icon: "icon",
    id_field: "idField",
    id_prefix: "idPrefix",
    title_field: "titleField",
    operations: "operations" = Vec::new(),
    fields: "fields",
    unique: "unique" = Vec::new(),
    access: "access",
    sync: "sync",
    sync_along: "syncAlong" = Vec::new(),
    list: "list" = ListView::default(),
    retention: "retention",
    after_access: "afterAccess",
    timer: "timer",
});

impl Entity {
    /// The collection's name in a delta: `work-orders` → `workOrders`.
    pub fn collection(&self) -> String {
        let mut parts = self.plural.split('-');
        let mut name = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let mut letters = part.chars();
            name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            name.push_str(letters.as_str());
        }
        name
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub fn allows(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }
}

/// Sent along with records of `entity` that refer to it by `field` (or, for a list, by `field` of its items, written
/// `partsUsed.partId`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncAlong {
    pub entity: String,
    pub field: String,
}

crate::json_object!(only SyncAlong { entity: "entity", field: "field" });

/// What lists show and find.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ListView {
    /// Whether it stands in the navigation.
    pub shown: bool,
    pub columns: Vec<Column>,
    /// Enum, bool, set and reference fields offered as filters.
    pub filters: Vec<String>,
    /// Fields whose text is searched.
    pub search: Vec<String>,
    /// First is the default; within equal values, newest change first.
    pub sorts: Vec<SortOrder>,
}

crate::json_object!(only ListView {
    shown: "shown" = false,
    columns: "columns" = Vec::new(),
    filters: "filters" = Vec::new(),
    search: "search" = Vec::new(),
    sorts: "sorts" = Vec::new(),
});

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Column {
    pub field: String,
    /// Where it stands in a row: `badge`, `line`, `meta`.
    #[serde(default)]
    pub slot: Option<String>,
}

crate::json_object!(only Column { field: "field", slot: "slot" });

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SortOrder {
    pub field: String,
    pub label: String,
    #[serde(default)]
    pub descending: bool,
}

crate::json_object!(only SortOrder {
    field: "field",
    label: "label",
    descending: "descending" = false,
});

/// How long finished work stays on the device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retention {
    /// When a record counts as finished.
    pub closed: Condition,
    /// Days from when the finished version reached the device.
    pub days: u32,
}

crate::json_object!(only Retention { closed: "closed", days: "days" });

/// Work that was really done, and is taken from its author although the record was taken from them meanwhile: what they
/// added to these fields counts, if they could read the record at the version they worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AfterAccess {
    /// Lists, logs, sets and counters. Only additions are taken: nothing that is there is changed or removed.
    pub fields: Vec<String>,
    /// Days since access was lost.
    #[serde(default = "AfterAccess::days")]
    pub days: u32,
}

crate::json_object!(only AfterAccess { fields: "fields", days: "days" = AfterAccess::days() });

impl AfterAccess {
    /// A month: who was offline for longer comes back to a world that has gone on.
    fn days() -> u32 {
        30
    }
}
