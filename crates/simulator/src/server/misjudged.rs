//! Refusals that the server's own records speak against.

use super::identity::{Lost, is_another};
use holdfast_core::protocol::{ErrorCode, OperationResult, PushRequest, PushResponse, WireOperation};
use holdfast_core::record::RecordKey;
use holdfast_server::{
    storage::{
        port::{Result, Transaction},
        text::StoredText,
    },
    sync::Context,
};

/// Operations that were refused because their record is not there, though it is, and its author may see it: under the id
/// that was given, or under another by which it was made. Brought back later in the same batch, it was not there.
pub fn misjudged(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    lost: &Lost,
    batch: &PushRequest,
    answer: &PushResponse,
) -> Result<Vec<String>> {
    let mut misjudged = Vec::new();
    let results: Vec<(&WireOperation, &OperationResult)> =
        batch.operations.iter().zip(&answer.results).collect();
    for (at, (operation, _)) in results
        .iter()
        .enumerate()
        .filter(|(_, (_, result))| is_gone(result))
    {
        let Some(entity) = cx.packs.entity(&operation.entity_type) else {
            continue;
        };
        let named = |record: &StoredText| {
            let id = Some(&operation.entity_id);
            !record.deleted && (Some(&record.id) == id || record.local_id.as_ref() == id)
        };
        let there = tx
            .records_after(&entity.name, None, usize::MAX)?
            .into_iter()
            .find(|record| named(record) && cx.readable(entity, record));
        let Some(record) = there else { continue };
        let brought_back = results[at..]
            .iter()
            .any(|(_, later)| later.entity_id.as_ref() == Some(&record.id));
        let key = RecordKey::new(&entity.name, &record.id);
        if !brought_back && !is_another(tx, lost, &key, operation.seen_at)? {
            let (queue_id, given) = (&operation.queue_id, &operation.entity_id);
            misjudged.push(format!(
                "{queue_id} of {}/{given}: it is {}",
                entity.name, record.id
            ));
        }
    }
    Ok(misjudged)
}

fn is_gone(result: &OperationResult) -> bool {
    let code = result.error.as_ref().map(|error| error.code);
    code == Some(ErrorCode::NotFound)
}
