//! What a write comes to: nobody changes what is not theirs to write, nor moves a record to where they could not create it.
//!
//! Both are judged by the record as it would be, whatever verb, route or settlement led there.

use holdfast_core::{
    Fields,
    pack::{Entity, closed_to, defaults, same_value, unwritable},
    record::FieldError,
};
use serde_json::Value;

use super::Context;
use crate::records::defaults::{Creation, as_created};

/// What is said to whoever would create or leave a record out of their own reach.
pub(super) const OUT_OF_REACH: &str =
    "You could not see this record once it is created; choose a site or an owner of your own.";
const MOVED_OUT_OF_REACH: &str =
    "You cannot move this record to where you could not create one; choose a site or an owner of your own.";

/// What changes between two versions and is not the caller's to write. `before`: nothing, for a new record.
pub(super) fn closed(
    cx: &Context<'_>,
    entity: &Entity,
    before: Option<&Fields>,
    after: &Fields,
) -> Vec<FieldError> {
    let roles = &cx.caller.me.roles;
    match before {
        Some(before) => unwritable(entity, roles, before, after),
        None => unwritable(entity, roles, &defaults(entity), after),
    }
}

/// Fields that are written, whatever becomes of them, and are not the caller's to write.
pub(super) fn closed_fields(
    cx: &Context<'_>,
    entity: &Entity,
    before: &Fields,
    written: &Fields,
) -> Vec<FieldError> {
    let nothing = Value::Null;
    let refused = written.iter().filter_map(|(name, value)| {
        let field = entity.field(name)?;
        let error = closed_to(field, &cx.caller.me.roles, name)?;
        (!same_value(field, before.get(name).unwrap_or(&nothing), value)).then_some(error)
    });
    refused.collect()
}

/// Why the caller may not leave the record so, if they may not: a change of what decides who may read it must lead to a
/// record that they could have created. Who created it counts as if it had been they: work is handed to a colleague.
pub(super) fn out_of_reach(
    cx: &Context<'_>,
    entity: &Entity,
    before: &Fields,
    after: &Fields,
) -> Option<&'static str> {
    let viewer = cx.viewer();
    let nothing = Value::Null;
    let moved = entity.fields.iter().any(|field| {
        let get = |side: &'_ Fields| side.get(&field.name).unwrap_or(&nothing).clone();
        entity.access.iter().any(|rule| rule.when.reads(&field.name))
            && !same_value(field, &get(before), &get(after))
    });
    let creation = Creation {
        user_id: viewer.user_id,
        at: cx.now,
    };
    let reached = !moved || entity.readable_by(&as_created(entity, after.clone(), creation), &viewer);
    (!reached).then_some(MOVED_OUT_OF_REACH)
}
