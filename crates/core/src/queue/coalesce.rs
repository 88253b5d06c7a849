//! Folding consecutive edits of one record into one operation, before anything was sent.

use super::{Operation, QueuedWrite};

/// Whether `later` may be folded into `earlier`: both of one kind, `earlier` the last of its lane and never sent.
pub fn fits(earlier: &QueuedWrite, later: &QueuedWrite) -> bool {
    earlier.is_editable()
        && earlier.kind == later.kind
        && earlier.operation == Operation::Update
        && later.operation == Operation::Update
}

/// `earlier` with `later` folded in. The base of a field stays what its author saw before the first of the two edits.
pub fn fold(earlier: &QueuedWrite, later: &QueuedWrite) -> QueuedWrite {
    let mut folded = earlier.clone();
    for (field, value) in &later.payload {
        if !folded.payload.contains_key(field) {
            folded
                .base
                .insert(field.clone(), later.base.get(field).cloned().unwrap_or_default());
        }
        folded.payload.insert(field.clone(), value.clone());
    }
    folded.coalesced.push(later.client_mutation_id.clone());
    folded.priority = earlier.priority.min(later.priority);
    folded.depends_on.extend(
        later
            .depends_on
            .iter()
            .filter(|id| !earlier.depends_on.contains(id))
            .cloned(),
    );
    folded
}
