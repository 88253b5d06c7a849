//! Each create that the server acknowledged is a record of its own: under the id that its device was told, made by that
//! device, and with what its author typed.

use holdfast_core::record::Operation;
use holdfast_server::storage::model::HistoryEntry;

use super::{Broken, history};
use crate::{
    diary::{Diary, Known, tokens_in, tokens_of},
    server::Server,
};

const MADE: &str = "each create is a record of its own";

/// Acknowledged creates that are no such record.
pub fn unmade(server: &Server, diary: &Diary) -> Vec<Broken> {
    let writes = diary.writes();
    let made = writes
        .values()
        .filter(|known| known.write.operation == Operation::Create && known.is_acknowledged());
    // What was discarded or lost with its device says nothing of what it came to.
    let made = made.filter(|known| !known.doubtful);
    made.filter_map(|known| fault(server, known))
        .map(|what| Broken::new(MADE, what))
        .collect()
}

fn fault(server: &Server, known: &Known) -> Option<String> {
    let write = &known.write;
    let key = write.key();
    let history = history(server, (&key.entity_type, &key.entity_id));
    let Some(first) = history.first() else {
        return Some(format!("{} created {key}, which is not there", write.id));
    };
    if first.device_id != write.device_id {
        let (maker, device) = (&first.device_id, &write.device_id);
        return Some(format!(
            "{} of device {device} is said to be {key}, which {maker} made",
            write.id
        ));
    }
    let typed = tokens_of(&write.payload);
    let there = tokens_in(&text_of(first));
    let lacking: Vec<&String> = typed.difference(&there).collect();
    (!lacking.is_empty()).then(|| format!("{key} was made by {} without {lacking:?}", write.id))
}

fn text_of(entry: &HistoryEntry) -> String {
    let values = entry.changes.values().map(|change| change.to.to_string());
    values.collect::<Vec<_>>().join("\n")
}
