//! All tables of a database in memory.

use super::identity_tables::{self, IdentityTables};
use super::table::{Table, Undo};
use crate::storage::model::{AuditRow, HistoryEntry, Membership, StoredRecord};

pub(super) const TABLES: usize = RECORD_TABLES + identity_tables::TABLES;
const RECORD_TABLES: usize = 11;

/// Entity and id.
pub(super) type RecordId = (String, String);

#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub meta: Table<String, String>,
    pub records: Table<RecordId, StoredRecord>,
    pub log: Table<u64, RecordId>,
    /// Runs of the log's times, by their first position; in microseconds.
    pub log_times: Table<u64, i64>,
    pub history: Table<(RecordId, u64), HistoryEntry>,
    /// By entity, kind, value and holder.
    pub keys: Table<((String, String, String), String), ()>,
    /// By device, entity and the id that the device made.
    pub aliases: Table<(String, String, String), String>,
    pub ledger: Table<(String, String), String>,
    /// By device, then record.
    pub memberships: Table<(String, RecordId), Membership>,
    /// By device, then entity set.
    pub dialogues: Table<(String, String), String>,
    pub audit: Table<u64, AuditRow>,
    pub identity: IdentityTables,
    /// Writes, other than identity's, until one fails; none fails, if `None`.
    pub fault_after: Option<u64>,
}

impl Tables {
    pub fn all(&mut self) -> impl Iterator<Item = &mut dyn Undo> {
        let records: [&mut dyn Undo; RECORD_TABLES] = [
            &mut self.meta,
            &mut self.records,
            &mut self.log,
            &mut self.log_times,
            &mut self.history,
            &mut self.keys,
            &mut self.aliases,
            &mut self.ledger,
            &mut self.memberships,
            &mut self.dialogues,
            &mut self.audit,
        ];
        records.into_iter().chain(self.identity.all())
    }

    pub fn mark(&mut self) -> [usize; TABLES] {
        let mut marks = [0; TABLES];
        for (mark, table) in marks.iter_mut().zip(self.all()) {
            *mark = table.mark();
        }
        marks
    }

    pub fn rewind(&mut self, marks: [usize; TABLES]) {
        self.all().zip(marks).for_each(|(table, mark)| table.rewind(mark));
    }
}
