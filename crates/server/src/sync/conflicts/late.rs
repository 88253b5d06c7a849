//! Decisions that come after another one (protocol C5): the first stands, and the second user gets a notice of what of
//! theirs is not applied.

use holdfast_core::{
    Fields,
    protocol::{OperationResult, Superseded, WireOperation},
    system,
};
use serde_json::Value;

use super::parts::{Parts, canonical_value};
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};
use crate::sync::notices::{self, About, Detail, Own};
use crate::sync::{Context, outcome, subject};

const STRATEGY: &str = "first-write-wins";

/// A part of a decision that is not applied.
struct Dropped {
    field: String,
    kept: Value,
    lost: Value,
}

/// A resolution of a conflict that is resolved already.
pub(super) fn resolution(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    (conflict, parts): (&StoredRecord, &Parts<'_>),
    (resolution, instead): (&Fields, &Fields),
) -> Result<OperationResult> {
    let stands = |name: &str| conflict.fields.get(name).cloned().unwrap_or_default();
    let mut dropped = Vec::new();
    let (kept, lost) = (stands("resolution"), Value::Object(resolution.clone()));
    if canonical_choices(parts, &kept) != canonical_choices(parts, &lost) {
        let field = "resolution".to_owned();
        dropped.push(Dropped { field, kept, lost });
    }
    let (kept, lost) = (stands("instead"), Value::Object(instead.clone()));
    if !is_same_instead(parts, &kept, instead) {
        let field = "instead".to_owned();
        dropped.push(Dropped { field, kept, lost });
    }
    report(tx, cx, operation, (conflict, parts), dropped)
}

/// An undo of a conflict that is open already.
pub(super) fn undo(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    (conflict, parts): (&StoredRecord, &Parts<'_>),
    instead: &Fields,
) -> Result<OperationResult> {
    let held = |name: &String| match parts.record.deleted {
        true => Value::Null,
        false => parts.record.fields.get(name).cloned().unwrap_or_default(),
    };
    let values = instead.iter().map(|(name, value)| (name, held(name), value));
    let differ = values.filter(|(name, kept, value)| !parts.is_same(name, kept, value));
    let dropped = differ.map(|(name, kept, value)| Dropped {
        field: name.clone(),
        kept,
        lost: value.clone(),
    });
    let dropped = dropped.collect();
    report(tx, cx, operation, (conflict, parts), dropped)
}

/// Choices with their values in the form in which a record stores them.
fn canonical_choices(parts: &Parts<'_>, choices: &Value) -> Value {
    let mut choices = choices.clone();
    for (field, choice) in choices.as_object_mut().into_iter().flatten() {
        if let Some(value) = choice.get_mut("value") {
            *value = canonical_value(parts.entity, field, value.take());
        }
    }
    choices
}

fn is_same_instead(parts: &Parts<'_>, stands: &Value, mine: &Fields) -> bool {
    let nothing = Fields::new();
    let stands = stands.as_object().unwrap_or(&nothing);
    let alike = |name: &String| match (stands.get(name), mine.get(name)) {
        (Some(a), Some(b)) => parts.is_same(name, a, b),
        _ => false,
    };
    stands.keys().chain(mine.keys()).all(alike)
}

/// Success with what is dropped, and one notice of it. Values of the record go only to a user who may read it.
fn report(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    (conflict, parts): (&StoredRecord, &Parts<'_>),
    dropped: Vec<Dropped>,
) -> Result<OperationResult> {
    let entity = notices::built_in(cx, system::CONFLICT)?;
    let mut result = outcome::success(operation, &conflict.id, conflict.version);
    result.record = Some(subject::whole(tx, cx, entity, conflict)?);
    let me = &cx.caller.me.user_id;
    let detail = |dropped: &Dropped| {
        Detail {
            field: &dropped.field,
            kept: &dropped.kept,
            lost: &dropped.lost,
            strategy: STRATEGY,
            own: Own::Lost,
        }
        .json()
    };
    let details = dropped.iter().map(detail).collect();
    notices::tell(tx, cx, me, About::Settled, (parts.entity, &parts.record), details)?;
    let visible = cx.readable(parts.entity, &parts.record);
    let superseded = dropped.into_iter().map(|dropped| Superseded {
        field: dropped.field,
        kept: if visible { dropped.kept } else { Value::Null },
        lost: dropped.lost,
        lost_by: me.clone(),
        strategy: STRATEGY.into(),
    });
    result.superseded.extend(superseded);
    Ok(result)
}
