//! Answers that name a record by another id than was asked for: it must be the one that the asking device made.

use holdfast_core::{
    protocol::{PushRequest, PushResponse},
    record::Operation,
};
use holdfast_server::storage::port::{Result, Transaction};
use uuid::Uuid;

/// Operations of a device that were taken for a record which it did not create under the id that it gave.
///
/// `honest`: whether the device means what it says.
pub fn misaliased(
    tx: &dyn Transaction,
    batch: &PushRequest,
    answer: &PushResponse,
    honest: bool,
) -> Result<Vec<String>> {
    let mut misaliased = Vec::new();
    for (operation, result) in batch.operations.iter().zip(&answer.results) {
        let Some(id) = result.entity_id.as_ref().filter(|id| **id != operation.entity_id) else {
            continue;
        };
        // A new record gets an id of the server's, whatever id was asked for.
        if operation.operation == Operation::Create && !is_local(&operation.entity_id) {
            continue;
        }
        let Some(record) = tx.record(&operation.entity_type, id)? else {
            continue;
        };
        let made_here = record.maker.as_ref() == Some(&batch.device_id);
        let made_so = record.local_id.as_ref() == Some(&operation.entity_id);
        let wrong = match honest {
            true => !(made_here && made_so),
            // It sends other operations under a key that it used: the first answer names another record.
            false => made_so && !made_here,
        };
        if wrong {
            let (device, given) = (&batch.device_id, &operation.entity_id);
            misaliased.push(format!(
                "{given} of device {device} was taken for {id}, made as {:?} on {:?}",
                record.local_id, record.maker
            ));
        }
    }
    Ok(misaliased)
}

/// Whether a device may have made this id.
fn is_local(id: &str) -> bool {
    Uuid::try_parse(id).is_ok()
}
