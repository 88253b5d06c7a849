//! The audit's entries, as the server gives them and as they are told.

use holdfast_core::{Timestamp, json_object, record::RecordKey};
use serde_json::Value;

use super::{
    time,
    value::{PERSON, Reader, record_title},
};
use crate::strings::{more as words, value::EMPTY};

#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub items: Vec<Entry>,
    /// What to ask for the entries before these.
    pub before: Option<u64>,
}

json_object!(Page {
    items: "items",
    before: "before"
});

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub audit_id: String,
    /// `merge`, `conflict`, `resolve`, `undo`, `restore`, `denied`, `after-access`, `import`.
    pub action: String,
    pub entity_type: String,
    pub entity_id: String,
    pub detected_at: Timestamp,
    pub user_name: String,
    pub conflicting_fields: Vec<String>,
    pub losing: Vec<Losing>,
}

json_object!(Entry {
    audit_id: "auditId",
    action: "action",
    entity_type: "entityType",
    entity_id: "entityId",
    detected_at: "detectedAt",
    user_name: "userName" = String::new(),
    conflicting_fields: "conflictingFields" = Vec::new(),
    losing: "losing" = Vec::new(),
});

#[derive(Debug, Clone, PartialEq)]
pub struct Losing {
    pub field: String,
    pub value: Value,
    pub by: String,
    pub kept: Value,
}

json_object!(Losing {
    field: "field",
    value: "value" = Value::Null,
    by: "by" = String::new(),
    kept: "kept" = Value::Null,
});

/// How a decision came about: the filter of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Person,
    Rule,
    Restored,
}

/// One entry, told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub id: String,
    pub what: String,
    pub who: String,
    pub sort: Sort,
    pub values: Vec<Values>,
}

/// What stands, and what gave way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Its place among the entry's losing values: what a restoration names.
    pub place: usize,
    pub field: String,
    pub kept: String,
    pub lost: String,
    pub lost_by: String,
}

pub fn tell(reader: &Reader<'_>, entry: &Entry) -> Told {
    let key = RecordKey::new(&entry.entity_type, &entry.entity_id);
    let entity = reader.replica.packs().entity(&entry.entity_type);
    let label = |name: &str| {
        entity
            .and_then(|entity| entity.field(name))
            .map_or_else(|| name.to_owned(), |field| field.label.clone())
    };
    let fields: Vec<String> = entry.conflicting_fields.iter().map(|name| label(name)).collect();
    let say = |name: &str, value: &Value| {
        let said = match (entity.and_then(|entity| entity.field(name)), value) {
            (_, Value::Null) => String::new(),
            (Some(field), value) => reader.say(field, value),
            (None, Value::String(text)) => text.clone(),
            (None, value) => value.to_string(),
        };
        if said.is_empty() { EMPTY.to_owned() } else { said }
    };
    let values = entry.losing.iter().enumerate().map(|(place, losing)| Values {
        place,
        field: label(&losing.field),
        kept: say(&losing.field, &losing.kept),
        lost: say(&losing.field, &losing.value),
        lost_by: reader.title(PERSON, &losing.by),
    });
    // What was brought in from a file is about no single record.
    let about = match (entry.entity_id.as_str(), entity) {
        ("", Some(entity)) => entity.title_plural.clone(),
        (id, _) => id.to_owned(),
    };
    let mut what = vec![about];
    what.extend(record_title(reader.replica, &key));
    what.extend((!fields.is_empty()).then(|| fields.join(", ")));
    let when = time::day_time(entry.detected_at, reader.now, reader.zone);
    Told {
        id: entry.audit_id.clone(),
        what: what.join(" · "),
        who: [words::audit_action(&entry.action), &entry.user_name, &when]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · "),
        sort: match entry.action.as_str() {
            "restore" => Sort::Restored,
            "merge" | "denied" | "after-access" => Sort::Rule,
            _ => Sort::Person,
        },
        values: values.collect(),
    }
}
