use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Condition, Context, Entity, Values};
use crate::{Fields, Timestamp};

/// Rows that a role may read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessRule {
    /// Any of these roles; everybody, if empty.
    #[serde(default)]
    pub roles: Vec<String>,
    pub when: Condition,
}

crate::json_object!(only AccessRule { roles: "roles" = Vec::new(), when: "when" });

/// Whose eyes look at a record.
#[derive(Debug, Clone)]
pub struct Viewer<'a> {
    pub user_id: &'a str,
    pub roles: &'a [String],
    pub sites: &'a [String],
    pub now: Timestamp,
}

impl Viewer<'_> {
    pub fn context(&self, pinned: bool) -> Context<'_> {
        Context {
            user_id: self.user_id,
            roles: self.roles,
            sites: self.sites,
            now: self.now,
            pinned,
        }
    }
}

impl Entity {
    /// Whether the viewer may read the record.
    pub fn readable_by(&self, record: &dyn Values, viewer: &Viewer<'_>) -> bool {
        self.access.iter().any(|rule| {
            (rule.roles.is_empty() || rule.roles.iter().any(|role| viewer.roles.contains(role)))
                && rule.when.holds(record, &viewer.context(false))
        })
    }

    /// Whether a readable record belongs on the viewer's device of its own accord.
    pub fn wanted_by(&self, record: &dyn Values, viewer: &Viewer<'_>, pinned: bool) -> bool {
        let wanted = self
            .sync
            .as_ref()
            .is_none_or(|condition| condition.holds(record, &viewer.context(pinned)));
        pinned || wanted
    }

    /// Whether a record is finished and has been as it is, `since` then, for longer than finished work is kept.
    pub fn has_had_its_days<'a>(
        &self,
        fields: impl FnOnce() -> Cow<'a, Fields>,
        since: Timestamp,
        now: Timestamp,
    ) -> bool {
        let nobody = Viewer {
            user_id: "",
            roles: &[],
            sites: &[],
            now,
        };
        self.retention.as_ref().is_some_and(|retention| {
            now - since > chrono::Duration::days(i64::from(retention.days))
                && retention.closed.holds(fields().as_ref(), &nobody.context(false))
        })
    }
}
