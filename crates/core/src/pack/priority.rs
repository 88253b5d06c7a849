use serde::{Deserialize, Serialize};

use super::{Condition, Context, Pack};
use crate::{Fields, Timestamp, record::Operation};

/// Priority of a write that no rule names.
pub const DEFAULT_PRIORITY: u8 = 5;

/// `priority` for writes that fit all that is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PriorityRule {
    /// 1 (first) to 10 (last).
    pub priority: u8,
    #[serde(default)]
    pub entity: Option<String>,
    #[serde(default)]
    pub operation: Option<Operation>,
    /// Fits a write that changes at least one of these.
    #[serde(default)]
    pub changes: Vec<String>,
    /// Fits a write that changes nothing but these.
    #[serde(default)]
    pub only: Vec<String>,
    /// Tested against the record as the write leaves it.
    #[serde(default)]
    pub when: Option<Condition>,
}

crate::json_object!(only PriorityRule {
    priority: "priority",
    entity: "entity",
    operation: "operation",
    changes: "changes" = Vec::new(),
    only: "only" = Vec::new(),
    when: "when",
});

impl Pack {
    /// The priority of a write. `after` is the record as the write leaves it.
    pub fn priority_of(
        &self,
        entity: &str,
        operation: Operation,
        payload: &Fields,
        after: &Fields,
        now: Timestamp,
    ) -> u8 {
        let context = Context {
            user_id: "",
            roles: &[],
            sites: &[],
            now,
            pinned: false,
        };
        let fits = |rule: &&PriorityRule| {
            rule.entity.as_deref().is_none_or(|wanted| wanted == entity)
                && rule.operation.is_none_or(|wanted| wanted == operation)
                && (rule.changes.is_empty() || rule.changes.iter().any(|field| payload.contains_key(field)))
                && (rule.only.is_empty() || payload.keys().all(|field| rule.only.contains(field)))
                && rule
                    .when
                    .as_ref()
                    .is_none_or(|condition| condition.holds(after, &context))
        };
        self.priorities
            .iter()
            .find(fits)
            .map_or(DEFAULT_PRIORITY, |rule| rule.priority)
    }
}
