//! Whether a device speaks of the history that this database has.

use holdfast_core::protocol::Cursor;

use super::{Context, Refusal};
use crate::records::epoch;
use crate::storage::port::{Result, Transaction};

/// The refusal, if the cursor comes from a history that was lost with a restored backup. One that knows more than this
/// database does tells that history was lost, and begins a new epoch.
pub(super) fn lost(tx: &mut dyn Transaction, cx: &Context<'_>, cursor: &Cursor) -> Result<Option<Refusal>> {
    let epoch = epoch::current(tx, cx.rng)?;
    let ahead = cursor.epoch == epoch && cursor.sequence > tx.last_sequence()?;
    if ahead {
        let entities: Vec<&str> = cx
            .packs
            .entities()
            .map(|(_, entity)| entity.name.as_str())
            .collect();
        epoch::renew(tx, cx.rng, &entities)?;
    }
    let lost = ahead || cursor.epoch != epoch;
    Ok(lost.then(|| {
        Refusal::gone(
            "The server was restored from a backup. Start again without a cursor; nothing unsent is lost.",
        )
    }))
}
