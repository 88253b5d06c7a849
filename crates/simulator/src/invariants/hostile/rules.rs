//! The simulator's pack, as it is meant: who reads a record, and who may do what.

use holdfast_core::{Fields, protocol::Me, system};
use serde_json::Value;

use crate::server::HOSTILE;

/// Roles and sites of the hostile account at some time.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Persona {
    roles: Vec<String>,
    sites: Vec<String>,
}

impl Persona {
    pub fn of(me: Option<Me>) -> Self {
        me.map_or_else(Self::default, |me| Self {
            roles: me.roles,
            sites: me.sites,
        })
    }

    fn is(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    /// Whether it may do this to work; conflicts, notices and its own profile are everybody's.
    pub fn may(&self, action: &str) -> bool {
        match action {
            "create" => self.is("technician") || self.is("recorder"),
            "read" => !self.roles.is_empty(),
            _ => self.is("technician"),
        }
    }

    /// Whether it may read a record with these fields.
    pub fn reads(&self, entity: &str, id: &str, fields: &Fields) -> bool {
        let is = |name: &str| text(fields, name) == HOSTILE;
        match entity {
            "job" => self.may("create") && (is("assignedTo") || is("createdBy")),
            "asset" => is("createdBy") || self.sites.iter().any(|site| *site == text(fields, "siteId")),
            system::CONFLICT | system::NOTICE => is("userId"),
            system::USER => id == HOSTILE,
            "person" => true,
            _ => false,
        }
    }
}

pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether records of this entity are what people work on: theirs are the values that nobody else may read.
pub(super) fn is_work(entity: &str) -> bool {
    matches!(entity, "job" | "asset")
}

/// Whether a field takes additions of somebody who lost access, or follows from one that does.
pub(super) fn takes_additions(entity: &str, field: &str) -> bool {
    entity == "job" && matches!(field, "meter" | "tags" | "tasks" | "log" | "tasksDone")
}
