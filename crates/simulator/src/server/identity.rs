//! Which record an accepted change was made to: that of its author, or another under the same id.

use std::collections::{BTreeMap, BTreeSet};

use super::{HOSTILE, MadeBy};
use holdfast_core::{
    Timestamp,
    protocol::{PushRequest, PushResponse, ResultStatus},
    record::{Operation, RecordKey},
};
use holdfast_server::storage::{
    model::{HistoryBound, HistoryEntry},
    port::{Result, Transaction},
};

/// A change that was accepted.
#[derive(Debug, Clone)]
pub struct Taken {
    pub queue_id: String,
    pub key: RecordKey,
    /// When the record that stood under the id was made.
    pub made_at: Timestamp,
}

/// What the server lost when it went back to a backup.
#[derive(Debug, Default)]
pub struct Lost {
    /// Records, each with the device that made it.
    records: BTreeSet<(RecordKey, String)>,
    /// Queue ids of the writes that made them.
    writes: BTreeSet<String>,
}

impl Lost {
    /// Notes the records of a history that is about to be lost.
    pub fn note(&mut self, tx: &dyn Transaction, made_by: &MadeBy, entities: &[&str]) -> Result<()> {
        self.writes.extend(made_by.values().cloned());
        for entity in entities {
            for record in tx.records_after(entity, None, usize::MAX)? {
                let key = RecordKey::new(*entity, &record.id);
                if let Some(first) = first(tx, &key)? {
                    self.records.insert((key, first.device_id));
                }
            }
        }
        Ok(())
    }

    /// Whether a record stood under this id before, made by this device: then it came back.
    fn came_back(&self, key: &RecordKey, first: &HistoryEntry) -> bool {
        self.records.contains(&(key.clone(), first.device_id.clone()))
    }
}

/// Changes of this batch that were accepted for the first time.
pub fn taken(
    tx: &dyn Transaction,
    (lost, made_by): (&Lost, &MadeBy),
    batch: &PushRequest,
    answer: &PushResponse,
    again: &BTreeSet<String>,
) -> Result<Vec<Taken>> {
    let mut taken = Vec::new();
    for (operation, result) in batch.operations.iter().zip(&answer.results) {
        let accepted = matches!(result.status, ResultStatus::Success | ResultStatus::Conflict);
        let first_time = !again.contains(operation.key());
        if !accepted || !first_time || operation.operation == Operation::Create {
            continue;
        }
        let id = result.entity_id.as_ref().unwrap_or(&operation.entity_id);
        let key = RecordKey::new(&operation.entity_type, id);
        let Some(first) = first(tx, &key)?.filter(|first| !lost.came_back(&key, first)) else {
            continue;
        };
        // Offered again, it came back under another id, and its device moved its queue there.
        let maker = made_by.get(&(key.entity_type.clone(), key.entity_id.clone(), first.version));
        if maker.is_some_and(|maker| lost.writes.contains(maker)) {
            continue;
        }
        taken.push(Taken {
            queue_id: operation.queue_id.clone(),
            made_at: first.at,
            key,
        });
    }
    Ok(taken)
}

/// Whether a refusal is right: under the id stands another record than its author saw.
pub fn is_another(
    tx: &dyn Transaction,
    lost: &Lost,
    key: &RecordKey,
    seen_at: Option<Timestamp>,
) -> Result<bool> {
    // A hostile device makes another record under the id of one that it lost.
    let came_back = |first: &HistoryEntry| lost.came_back(key, first) && first.user_id != HOSTILE;
    let made = first(tx, key)?.filter(|first| !came_back(first));
    Ok(made.zip(seen_at).is_some_and(|(made, seen)| made.at > seen))
}

fn first(tx: &dyn Transaction, key: &RecordKey) -> Result<Option<HistoryEntry>> {
    let first = HistoryBound {
        versions: 1,
        ..HistoryBound::NONE
    };
    let history = tx.history_page(&key.entity_type, &key.entity_id, 0, first)?;
    Ok(history.into_iter().next())
}

/// When the server last changed what an author saw, by queue id.
pub type Seen = BTreeMap<String, Timestamp>;
