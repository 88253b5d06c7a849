//! A flow while somebody goes through it.

use holdfast_core::{
    Fields, Timestamp,
    merge::compute_fields,
    pack::{Entity, Field, Flow, Step, WriteKind},
    protocol::Me,
};

use super::{Draft, asked};
use crate::format::entities::viewer;

/// A flow, the kind of write that it makes, and who makes it.
#[derive(Debug, Clone)]
pub struct Walk {
    pub entity: Entity,
    pub kind: WriteKind,
    pub flow: Flow,
    pub me: Me,
    pub now: Timestamp,
}

/// Where somebody stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The position of the step among the declared ones.
    pub step: usize,
    /// The positions of the steps that are gone through, by what the record says now.
    pub walked: Vec<usize>,
}

impl Standing {
    /// The place of the step among those that are gone through, from 0.
    pub fn place(&self) -> usize {
        self.walked
            .iter()
            .position(|step| *step == self.step)
            .unwrap_or_default()
    }

    pub fn next(&self) -> Option<usize> {
        self.walked.get(self.place() + 1).copied()
    }

    pub fn before(&self) -> Option<usize> {
        self.walked.get(self.place().checked_sub(1)?).copied()
    }
}

/// What keeps somebody at a step.
#[derive(Debug, PartialEq)]
pub enum Held {
    /// Errors now stand at fields.
    Fields,
    /// The step's own condition does not hold.
    NotReady,
}

impl Walk {
    /// The record with what was typed, and what is computed of both.
    fn record(&self, draft: &Draft) -> Fields {
        let mut record = draft.whole();
        compute_fields(&self.entity, &mut record);
        record
    }

    /// Where a draft stands: at its step, or at the last one before it that is gone through.
    pub fn standing(&self, draft: &Draft) -> Standing {
        let record = self.record(draft);
        let walked: Vec<usize> = (0..self.flow.steps.len())
            .filter(|step| self.is_walked(*step, &record))
            .collect();
        let kept = self
            .flow
            .steps
            .iter()
            .position(|step| Some(step.title.as_str()) == draft.step())
            .unwrap_or_default();
        let at = walked.iter().rev().find(|step| **step <= kept);
        Standing {
            step: at.or(walked.first()).copied().unwrap_or_default(),
            walked,
        }
    }

    fn is_walked(&self, step: usize, record: &Fields) -> bool {
        let viewer = viewer(&self.me, self.now);
        self.step(step).is_walked(record, &viewer.context(false))
    }

    /// A step by its position.
    pub fn step(&self, at: usize) -> &Step {
        &self.flow.steps[at]
    }

    /// The fields that a step asks for; those that it needs are marked so.
    pub fn fields(&self, at: usize) -> Vec<Field> {
        let step = self.step(at);
        let mut fields = asked::fields_of(&self.entity, &step.fields);
        for field in &mut fields {
            field.required |= step.needs.contains(&field.name);
        }
        fields
    }

    /// All fields that the flow asks for.
    pub fn all_fields(&self) -> Vec<Field> {
        asked::fields_of(&self.entity, self.flow.asks())
    }

    /// Whether a step's own condition holds.
    pub fn is_ready(&self, at: usize, draft: &Draft) -> bool {
        let viewer = viewer(&self.me, self.now);
        self.step(at)
            .is_ready(&self.record(draft), &viewer.context(false))
    }

    /// Looks whether somebody may go on from a step; what is wrong with its fields then stands at them.
    pub fn leave(&self, at: usize, draft: &mut Draft) -> Result<(), Held> {
        let step = self.step(at);
        draft.refuse(step.faults(&self.entity, &self.record(draft), &draft.changed()));
        if step.fields.iter().any(|name| draft.error(name).is_some()) {
            return Err(Held::Fields);
        }
        if self.is_ready(at, draft) {
            Ok(())
        } else {
            Err(Held::NotReady)
        }
    }

    /// The values to write at the end. What was typed into steps that are not gone through after all is left out.
    pub fn values(&self, draft: &Draft) -> Fields {
        let walked = self.standing(draft).walked;
        let before = |name: &str| draft.seen().get(name).cloned().unwrap_or_default();
        let mut values = asked::values(draft, &self.all_fields(), before, &self.me.user_id, self.now);
        for (at, step) in self.flow.steps.iter().enumerate() {
            if !walked.contains(&at) {
                step.fields.iter().for_each(|name| {
                    values.remove(name);
                });
            }
        }
        values
    }

    /// The first step that asks for one of these fields, if one is gone through.
    pub fn step_of(&self, draft: &Draft, names: &[&str]) -> Option<usize> {
        let asks = |at: &usize| {
            self.step(*at)
                .fields
                .iter()
                .any(|name| names.contains(&name.as_str()))
        };
        self.standing(draft).walked.into_iter().find(asks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn walk() -> Walk {
        let entity = from_value(json!({
            "name": "tree", "plural": "trees", "title": "Tree", "titlePlural": "Trees", "idField": "treeId",
            "idPrefix": "T-", "titleField": "name", "access": [], "operations": ["update"],
            "fields": [
                { "name": "name", "label": "Name", "type": "text" },
                { "name": "sick", "label": "Sick", "type": "bool" },
                { "name": "cause", "label": "Cause", "type": "text" },
                { "name": "cut", "label": "Cut", "type": "bool" },
            ],
        }))
        .unwrap();
        let kind = json!({ "name": "tree_check", "entity": "tree", "operation": "update", "label": "Check" });
        let flow = json!({ "kind": "tree_check", "steps": [
            { "title": "Look", "fields": ["sick"], "needs": ["sick"] },
            { "title": "Why", "fields": ["cause"], "needs": ["cause"], "when": { "is": { "field": "sick", "value": true } } },
            { "title": "Cut", "fields": ["cut"], "ready": { "is": { "field": "cut", "value": true } }, "notReady": "Cut it." },
        ] });
        Walk {
            entity,
            kind: from_value(kind).unwrap(),
            flow: from_value(flow).unwrap(),
            me: Me::default(),
            now: "2026-11-21T12:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn steps_follow_what_was_typed() {
        let walk = walk();
        let mut draft = asked::draft(Fields::new(), &walk.all_fields(), "1".to_owned());
        assert_eq!(
            walk.standing(&draft),
            Standing {
                step: 0,
                walked: vec![0, 2]
            }
        );
        assert_eq!(walk.leave(0, &mut draft), Err(Held::Fields));
        assert!(draft.error("sick").is_some());
        draft.set("sick", json!(true));
        assert_eq!(walk.leave(0, &mut draft), Ok(()));
        let standing = walk.standing(&draft);
        assert_eq!((standing.next(), standing.before()), (Some(1), None));
        draft.go_to("Why");
        draft.set("cause", json!("Beetle"));
        assert_eq!(walk.standing(&draft).next(), Some(2));
        draft.go_to("Cut");
        assert_eq!(walk.leave(2, &mut draft), Err(Held::NotReady));
        draft.set("cut", json!(true));
        assert_eq!(walk.leave(2, &mut draft), Ok(()));
        assert_eq!(walk.standing(&draft).next(), None);
        assert_eq!(
            walk.values(&draft),
            fields(json!({ "sick": true, "cause": "Beetle", "cut": true }))
        );
        assert_eq!(walk.step_of(&draft, &["cause"]), Some(1));
    }

    #[test]
    fn a_step_that_is_not_gone_through_after_all_writes_nothing() {
        let walk = walk();
        let mut draft = asked::draft(Fields::new(), &walk.all_fields(), "1".to_owned());
        draft.set("sick", json!(true));
        draft.set("cause", json!("Beetle"));
        draft.go_to("Why");
        draft.set("sick", json!(false));
        assert_eq!(
            walk.standing(&draft),
            Standing {
                step: 0,
                walked: vec![0, 2]
            }
        );
        assert_eq!(walk.values(&draft), fields(json!({ "sick": false })));
        draft.go_to("A step of an older pack");
        assert_eq!(walk.standing(&draft).step, 0);
    }
}
