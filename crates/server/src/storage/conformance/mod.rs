//! What every storage must do, run on each of them: one file for each part of the port.

mod audit;
mod concurrency;
mod history;
mod identity;
mod identity_rollback;
mod keys;
mod ledger;
mod memberships;
mod records;
mod transactions;

use std::collections::BTreeMap;

use holdfast_core::{Fields, Timestamp, pack::Values};
use serde_json::json;

use super::memory::MemoryStorage;
use super::model::{
    Act, AuditFilter, AuditRow, HistoryBound, HistoryEntry, HistoryRange, Membership, Stored, StoredRecord,
    ValueChange,
};
use super::port::{Organisation, Result, Storage, StorageError, Transaction, in_savepoint};
use super::sqlite::SqliteDatabase;

/// Each function as a test in memory and on a SQLite file.
macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            use super::*;
            $(#[test] fn $name() { super::$name(&MemoryStorage::default()); })+
        }
        mod sqlite {
            use super::*;
            $(#[test] fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(&SqliteDatabase::open(&folder.path().join("test.db")).unwrap());
            })+
        }
    };
}
use conformance;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

fn bound(versions: usize, bytes: usize) -> HistoryBound {
    HistoryBound { versions, bytes }
}

fn fields(title: &str) -> Fields {
    json!({ "title": title, "parts": [{ "partId": "P-1", "quantity": 2 }] })
        .as_object()
        .unwrap()
        .clone()
}

/// Stores a version as the next change; a deletion, if the title is empty.
fn put(tx: &mut dyn Transaction, entity: &str, id: &str, version: u64, title: &str) -> Result<StoredRecord> {
    put_at(tx, (entity, id), version, title, at(7))
}

/// As [`put`], at a time.
fn put_at(
    tx: &mut dyn Transaction,
    (entity, id): (&str, &str),
    version: u64,
    title: &str,
    time: Timestamp,
) -> Result<StoredRecord> {
    let sequence = tx.last_sequence()? + 1;
    let record = StoredRecord {
        entity: entity.into(),
        id: id.into(),
        fields: fields(title),
        version,
        sequence,
        updated_at: time,
        updated_by: "tara".into(),
        local_id: (version > 1).then(|| "local".into()),
        deleted: title.is_empty(),
        maker: (version > 1).then(|| "phone".into()),
    };
    let change = ValueChange {
        from: json!(null),
        to: json!(title),
    };
    let entry = HistoryEntry {
        entity: entity.into(),
        id: id.into(),
        version,
        sequence,
        at: time,
        user_id: "tara".into(),
        user_name: "Tara".into(),
        roles: vec!["technician".into()],
        device_id: "phone".into(),
        act: if title.is_empty() {
            Act::Delete
        } else {
            Act::Update
        },
        changes: BTreeMap::from([("title".into(), change)]),
    };
    tx.put_version(&record, &entry)?;
    Ok(record)
}

fn write<T>(storage: &impl Storage, work: impl FnOnce(&mut dyn Transaction) -> Result<T>) -> T {
    storage.write(Organisation::ONLY, work).unwrap()
}

fn read<T>(storage: &impl Storage, work: impl FnOnce(&dyn Transaction) -> Result<T>) -> T {
    storage.read(Organisation::ONLY, work).unwrap()
}

fn titles<F: Values>(records: &[Stored<F>]) -> Vec<String> {
    let title = |record: &Stored<F>| record.fields.value("title").unwrap().as_str().unwrap().to_owned();
    let told = records
        .iter()
        .map(|record| format!("{}:{}", record.id, title(record)));
    told.collect()
}
