//! Folding never-sent edits of one record into one operation (protocol W2).
//!
//! Folding changes nothing of what the server would have made of the edits one by one: where it would have had to
//! judge between them (the later one was made over an older value), they stay apart. The base of a field stays what
//! its author saw before the first of them. A write that was ever sent is frozen and takes nothing in.

use super::QueuedWrite;
use crate::{
    merge::{FieldMerge, merge_field},
    pack::{Coalesce, Entity, same_value},
    record::Operation,
};
use serde_json::Value;

/// Whether `later` may be folded into `earlier`, the write before it in its lane.
pub fn joins(setting: Coalesce, earlier: &QueuedWrite, later: &QueuedWrite) -> bool {
    // One id may name two records, if the server lost history.
    let same_record = earlier.made_as.is_none() || earlier.made_as == later.made_as;
    let editable = same_record && earlier.is_editable() && later.operation == Operation::Update;
    match setting {
        Coalesce::Off => false,
        Coalesce::Consecutive => {
            editable && earlier.operation == Operation::Update && earlier.kind == later.kind
        }
        Coalesce::State => editable && earlier.operation != Operation::Delete,
    }
}

/// `earlier` with `later` folded in, under the earlier one's id and key; `None`, where only the server can judge.
pub fn fold(entity: &Entity, earlier: &QueuedWrite, later: &QueuedWrite) -> Option<QueuedWrite> {
    let mut folded = earlier.clone();
    for (name, value) in &later.payload {
        let seen = later.base.get(name).unwrap_or(&Value::Null);
        let value = match earlier.payload.get(name) {
            None => {
                folded.base.insert(name.clone(), seen.clone());
                value.clone()
            }
            Some(before) => {
                let field = entity.field(name)?;
                match merge_field(field, field.strategy_against(&[]), seen, value, before) {
                    FieldMerge::Unchanged => before.clone(),
                    FieldMerge::Applied(both) | FieldMerge::Merged(both) => both,
                    FieldMerge::MineWins(_) | FieldMerge::TheirsWins | FieldMerge::Conflict => return None,
                }
            }
        };
        folded.payload.insert(name.clone(), value);
    }
    folded.coalesced.push(later.client_mutation_id.clone());
    folded.coalesced.extend(later.coalesced.iter().cloned());
    folded.priority = earlier.priority.min(later.priority);
    let new = later
        .depends_on
        .iter()
        .filter(|id| !earlier.depends_on.contains(id));
    folded.depends_on.extend(new.cloned());
    for (reference, seen_at) in &later.seen_references {
        folded
            .seen_references
            .entry(reference.clone())
            .or_insert(*seen_at);
    }
    Some(folded)
}

/// What a write has to say of a field that came back to its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Return {
    /// Nothing: the server has this value anyway.
    Empty,
    /// Something, and not in this form: by value, a return to the base is no change.
    News,
}

/// The fields of a write that came back to their base. `below`: a field's value as it is without this write, or `None`
/// if that is not known.
fn returns<'a>(
    entity: &'a Entity,
    write: &'a QueuedWrite,
    below: impl Fn(&str) -> Option<Value> + 'a,
) -> impl Iterator<Item = (&'a String, Return)> {
    write.payload.iter().filter_map(move |(name, value)| {
        let field = entity.field(name)?;
        let base = write.base.get(name).unwrap_or(&Value::Null);
        if !same_value(field, value, base) {
            return None;
        }
        match write.operation {
            // Left out of a create, a field takes its default.
            Operation::Create => field.default.is_none().then_some((name, Return::Empty)),
            _ if below(name).is_some_and(|below| same_value(field, &below, base)) => {
                Some((name, Return::Empty))
            }
            _ => Some((name, Return::News)),
        }
    })
}

/// Whether a field came back to a base that somebody else has left meanwhile: that has to be sent, as a change of its
/// own.
pub fn returns_to_what_is_gone(
    entity: &Entity,
    write: &QueuedWrite,
    below: impl Fn(&str) -> Option<Value>,
) -> bool {
    returns(entity, write, below).any(|(_, back)| back == Return::News)
}

/// Takes out the fields that came back to what the server has.
pub fn reduce(entity: &Entity, write: &mut QueuedWrite, below: impl Fn(&str) -> Option<Value>) {
    let empty = returns(entity, write, below).filter(|(_, back)| *back == Return::Empty);
    let names: Vec<String> = empty.map(|(name, _)| name.clone()).collect();
    for name in &names {
        write.payload.remove(name);
        write.base.remove(name);
    }
}
