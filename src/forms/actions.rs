use holdfast_core::{
    Fields, Timestamp, ordered,
    pack::{Entity, Flow, Pack, WriteKind},
    protocol::Me,
    record::Operation,
};
use serde_json::Value;

use crate::format::{entities::viewer, time::wire};

/// A button on a record: one of the pack's write kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    pub kind: String,
    pub label: String,
    /// Fields asked for before it is done.
    pub ask: Vec<String>,
    /// Whether it is done step by step.
    pub is_flow: bool,
    pub set: Fields,
}

/// The actions that the pack offers for a record in this state.
pub fn actions_for(pack: &Pack, entity: &Entity, fields: &Fields, me: &Me, now: Timestamp) -> Vec<Action> {
    if !entity.allows(Operation::Update) || !me.may(&pack.name, &entity.name, "update") {
        return Vec::new();
    }
    let viewer = viewer(me, now);
    let steps = |kind: &WriteKind| pack.flow(&kind.name);
    let offered = |kind: &&WriteKind| {
        kind.entity == entity.name
            && kind.operation == Operation::Update
            && !(kind.set.is_empty() && kind.ask.is_empty() && steps(kind).is_none())
            && kind
                .when
                .as_ref()
                .is_none_or(|when| when.holds(fields, &viewer.context(false)))
    };
    let writable = |name: &String| entity.field(name).is_none_or(|field| field.is_open_to(&me.roles));
    let theirs = |kind: &&WriteKind| {
        let asked = steps(kind).into_iter().flat_map(Flow::asks);
        kind.set.keys().chain(&kind.ask).chain(asked).all(writable)
    };
    let action = |kind: &WriteKind| Action {
        kind: kind.name.clone(),
        label: kind.label.clone(),
        ask: kind.ask.clone(),
        is_flow: steps(kind).is_some(),
        set: kind.set.clone(),
    };
    pack.kinds
        .iter()
        .filter(offered)
        .filter(theirs)
        .map(action)
        .collect()
}

/// The values an action sets, `$user` and `$now` filled in.
pub fn filled(set: &Fields, me: &Me, now: Timestamp) -> Fields {
    let fill = |value: &Value| match value.as_str() {
        Some("$user") => me.user_id.clone().into(),
        Some("$now") => wire(now).into(),
        _ => value.clone(),
    };
    ordered::fields(set.iter().map(|(name, value)| (name.clone(), fill(value))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn placeholders_become_who_and_when() {
        let me = Me {
            user_id: "user-1".into(),
            ..Me::default()
        };
        let set = json!({ "by": "$user", "at": "$now", "status": "done" });
        let filled = filled(
            set.as_object().unwrap(),
            &me,
            "2026-11-21T12:00:00Z".parse().unwrap(),
        );
        assert_eq!(
            Value::Object(filled),
            json!({ "by": "user-1", "at": "2026-11-21T12:00:00Z", "status": "done" })
        );
    }
}
