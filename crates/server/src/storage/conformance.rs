//! What every storage must do, run on each of them.

use std::collections::BTreeMap;

use holdfast_core::{Fields, pack::Values};
use serde_json::json;

use super::memory::MemoryStorage;
use super::model::{
    Act, AuditFilter, AuditRow, HistoryBound, HistoryEntry, HistoryRange, Membership, Stored, StoredRecord,
    ValueChange,
};
use super::port::{Result, Storage, StorageError, Transaction, in_savepoint};
use super::sqlite::SqliteDatabase;

/// Each function below as a test on memory and on SQLite.
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

conformance!(
    versions_are_found_by_id_by_position_and_in_the_history,
    a_record_stands_in_the_log_once,
    a_time_is_a_place_in_the_log,
    ids_are_walked_in_order_by_entity,
    the_largest_number_is_a_bound_like_any_other,
    a_failed_transaction_leaves_nothing,
    a_savepoint_takes_back_only_itself,
    keys_aliases_answers_and_meta,
    memberships_are_by_device_and_entity,
    dialogues_are_by_device_and_entity_set,
    audit_is_listed_newest_first_by_filter,
);

fn at(seconds: i64) -> holdfast_core::Timestamp {
    holdfast_core::Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
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

fn put(tx: &mut dyn Transaction, entity: &str, id: &str, version: u64, title: &str) -> Result<StoredRecord> {
    let sequence = tx.last_sequence()? + 1;
    let record = StoredRecord {
        entity: entity.into(),
        id: id.into(),
        fields: fields(title),
        version,
        sequence,
        updated_at: at(7),
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
        at: at(7),
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
    storage.write(work).unwrap()
}

fn read<T>(storage: &impl Storage, work: impl FnOnce(&dyn Transaction) -> Result<T>) -> T {
    storage.read(work).unwrap()
}

fn titles<F: Values>(records: &[Stored<F>]) -> Vec<String> {
    let title = |record: &Stored<F>| record.fields.value("title").unwrap().as_str().unwrap().to_owned();
    let told = records
        .iter()
        .map(|record| format!("{}:{}", record.id, title(record)));
    told.collect()
}

fn versions_are_found_by_id_by_position_and_in_the_history(storage: &impl Storage) {
    assert_eq!(read(storage, |tx| tx.last_sequence()), 0);
    let second = write(storage, |tx| {
        put(tx, "order", "O-1", 1, "first")?;
        put(tx, "order", "O-1", 2, "second")
    });
    read(storage, |tx| {
        assert_eq!(tx.record("order", "O-1")?, Some(second.clone()));
        assert_eq!(tx.record("asset", "O-1")?, None);
        let text = tx.record_text("order", "O-1")?.unwrap();
        assert_eq!(text.read()?, second, "the same, as text");
        assert!(tx.record_text("asset", "O-1")?.is_none());
        assert_eq!(tx.last_sequence()?, 2);
        let versions = |entries: Vec<HistoryEntry>| {
            entries
                .iter()
                .map(|e| (e.version, e.sequence))
                .collect::<Vec<_>>()
        };
        let page = |bytes| tx.history_page("order", "O-1", 0, bound(9, bytes)).map(versions);
        assert_eq!(page(1)?, [(1, 1)], "the first in any case");
        for (range, most, bytes, entries, complete) in [
            ((0, 0, 9), 9, 9_999, vec![(1, 1), (2, 2)], true),
            ((1, 0, 9), 9, 9_999, vec![(2, 2)], true),
            ((0, 1, 9), 9, 9_999, vec![(2, 2)], true),
            ((0, 0, 2), 9, 9_999, vec![(1, 1)], true),
            ((0, 0, 9), 1, 9_999, vec![(2, 2)], false),
            ((0, 0, 9), 9, 1, vec![(2, 2)], false),
            ((0, 2, 9), 0, 1, vec![], true),
            ((0, 0, 9), 0, 1, vec![], false),
            ((2, 0, u64::MAX), 9, 9_999, vec![], true),
        ] {
            let (after, since, before) = range;
            let range = HistoryRange { after, since, before };
            let newest = tx.newest_versions("order", "O-1", range, bound(most, bytes))?;
            assert_eq!(
                (versions(newest.entries), newest.complete),
                (entries, complete),
                "{range:?}"
            );
        }
        for (after, limit, page) in [
            (0, 1, vec![(1, 1)]),
            (1, 1, vec![(2, 2)]),
            (0, 9, vec![(1, 1), (2, 2)]),
            (0, 0, vec![]),
            (2, 9, vec![]),
        ] {
            assert_eq!(
                versions(tx.history_page("order", "O-1", after, bound(limit, 9_999))?),
                page
            );
        }
        let entry = tx.history_page("order", "O-1", 1, bound(1, 9_999))?.remove(0);
        assert_eq!(
            (entry.roles.as_slice(), entry.act, entry.at),
            (["technician".to_owned()].as_slice(), Act::Update, at(7))
        );
        assert_eq!(entry.changes["title"].to, json!("second"));
        Ok(())
    });
}

/// Times of the log rise with the position, also where the clock stands still or goes back.
fn a_time_is_a_place_in_the_log(storage: &impl Storage) {
    let written = |id: &str, seconds: i64| {
        write(storage, |tx| {
            let sequence = tx.last_sequence()? + 1;
            put_at(tx, id, sequence, at(seconds))
        });
    };
    assert_eq!(read(storage, |tx| tx.position_at(at(1_000))), 0);
    assert_eq!(read(storage, |tx| tx.log_time(0)), None);
    let clock = [10, 30, 20, 30, 30, 31, 5];
    for (number, seconds) in clock.into_iter().enumerate() {
        written(&format!("O-{number}"), seconds);
    }
    // What moved on in the log leaves its former place to nothing else.
    written("O-0", 6);
    for (seconds, position) in [
        (9, 0),
        (10, 0),
        (11, 1),
        (29, 1),
        (30, 1),
        (31, 5),
        (32, 8),
        (999, 8),
    ] {
        assert_eq!(
            read(storage, |tx| tx.position_at(at(seconds))),
            position,
            "{seconds}"
        );
    }
    let times: Vec<_> = (1..=8)
        .filter_map(|sequence| read(storage, |tx| tx.log_time(sequence)))
        .collect();
    assert!(times.len() == 8 && times.is_sorted_by(|a, b| a < b), "{times:?}");
    let just_before = |time: holdfast_core::Timestamp| time - chrono::TimeDelta::microseconds(1);
    for (sequence, time) in (1..).zip(times) {
        assert_eq!(read(storage, |tx| tx.position_at(time)), sequence);
        assert_eq!(
            read(storage, |tx| tx.position_at(just_before(time))),
            sequence - 1
        );
    }
}

fn put_at(tx: &mut dyn Transaction, id: &str, sequence: u64, time: holdfast_core::Timestamp) -> Result<()> {
    let version = tx.record("order", id)?.map_or(1, |record| record.version + 1);
    let record = StoredRecord {
        entity: "order".into(),
        id: id.into(),
        fields: fields(id),
        version,
        sequence,
        updated_at: time,
        updated_by: "tara".into(),
        local_id: None,
        deleted: false,
        maker: None,
    };
    let entry = HistoryEntry {
        entity: "order".into(),
        id: id.into(),
        version,
        sequence,
        at: time,
        user_id: "tara".into(),
        user_name: "Tara".into(),
        roles: Vec::new(),
        device_id: "phone".into(),
        act: Act::Update,
        changes: std::collections::BTreeMap::new(),
    };
    tx.put_version(&record, &entry)
}

fn a_record_stands_in_the_log_once(storage: &impl Storage) {
    write(storage, |tx| {
        put(tx, "order", "O-1", 1, "a")?;
        put(tx, "order", "O-2", 1, "b")?;
        put(tx, "asset", "A-1", 1, "c")?;
        put(tx, "order", "O-1", 2, "")
    });
    read(storage, |tx| {
        assert_eq!(titles(&tx.changes_after(0, 10)?), ["O-2:b", "A-1:c", "O-1:"]);
        assert_eq!(titles(&tx.changes_after(0, 2)?), ["O-2:b", "A-1:c"]);
        assert_eq!(titles(&tx.changes_after(3, 2)?), ["O-1:"]);
        assert!(tx.changes_after(4, 2)?.is_empty());
        Ok(())
    });
}

fn ids_are_walked_in_order_by_entity(storage: &impl Storage) {
    write(storage, |tx| {
        for (entity, id) in [("b", "2"), ("a", "9"), ("b", "1"), ("b", "3"), ("c", "0")] {
            put(tx, entity, id, 1, "x")?;
        }
        Ok(())
    });
    read(storage, |tx| {
        assert_eq!(titles(&tx.records_after("b", None, 10)?), ["1:x", "2:x", "3:x"]);
        assert_eq!(titles(&tx.records_after("b", Some("1"), 1)?), ["2:x"]);
        assert!(tx.records_after("b", Some("3"), 1)?.is_empty());
        Ok(())
    });
}

fn a_failed_transaction_leaves_nothing(storage: &impl Storage) {
    let outcome: Result<()> = storage.write(|tx| {
        put(tx, "order", "O-1", 1, "a")?;
        tx.put_meta("epoch", "x")?;
        Err(StorageError::Inconsistent("on purpose".into()))
    });
    assert!(outcome.is_err());
    read(storage, |tx| {
        assert_eq!(
            (tx.record("order", "O-1")?, tx.last_sequence()?, tx.meta("epoch")?),
            (None, 0, None)
        );
        Ok(())
    });
}

fn a_savepoint_takes_back_only_itself(storage: &impl Storage) {
    write(storage, |tx| {
        put(tx, "order", "O-1", 1, "before")?;
        let failed: Result<()> = in_savepoint(tx, |tx| {
            put(tx, "order", "O-1", 2, "inside")?;
            in_savepoint(tx, |tx| put(tx, "order", "O-2", 1, "deeper"))?;
            tx.drop_key("order", "ref", "r", "O-1")?;
            Err(StorageError::Inconsistent("on purpose".into()))
        });
        assert!(failed.is_err());
        in_savepoint(tx, |tx| put(tx, "order", "O-3", 1, "after")).map(drop)
    });
    read(storage, |tx| {
        assert_eq!(titles(&tx.changes_after(0, 10)?), ["O-1:before", "O-3:after"]);
        assert_eq!(tx.history_page("order", "O-1", 0, bound(9, 9_999))?.len(), 1);
        Ok(())
    });
}

fn keys_aliases_answers_and_meta(storage: &impl Storage) {
    write(storage, |tx| {
        tx.put_key("order", "ref", "r-1", "O-1")?;
        tx.put_key("order", "ref", "r-2", "O-2")?;
        tx.put_key("order", "ref", "r-2", "O-3")?;
        tx.put_key("order", "ref", "r-2", "O-2")?;
        ["O-7", "O-5", "O-6"]
            .into_iter()
            .try_for_each(|id| tx.put_key("order", "ref", "r-3", id))?;
        tx.put_key("order", "tag", "r-1", "O-1")?;
        tx.put_key("order", "tag", "r-2", "O-1")?;
        tx.clear_keys("order", "tag")?;
        tx.drop_key("order", "ref", "r-2", "O-2")?;
        tx.drop_key("order", "ref", "r-2", "O-9")?;
        tx.put_alias("phone", "order", "local-1", "O-1")?;
        tx.put_answer("phone", "key-1", "{}")?;
        tx.put_meta("epoch", "one")?;
        tx.put_meta("epoch", "two")
    });
    read(storage, |tx| {
        let holder = |entity, name, value, besides| tx.key_holder(entity, name, value, besides);
        assert_eq!(holder("order", "ref", "r-1", None)?.as_deref(), Some("O-1"));
        assert_eq!(holder("order", "ref", "r-1", Some("O-1"))?, None);
        assert_eq!(
            holder("order", "ref", "r-1", Some("O-2"))?.as_deref(),
            Some("O-1")
        );
        assert_eq!(holder("order", "ref", "r-2", None)?.as_deref(), Some("O-3"));
        assert_eq!(tx.key_holders("order", "ref", "r-3", 2)?, ["O-5", "O-6"]);
        assert_eq!(tx.key_holders("order", "ref", "r-3", 9)?, ["O-5", "O-6", "O-7"]);
        assert!(tx.key_holders("order", "ref", "r-30", 9)?.is_empty());
        assert_eq!(holder("asset", "ref", "r-1", None)?, None);
        assert_eq!(holder("order", "tag", "r-1", None)?, None);
        assert_eq!(tx.alias("phone", "order", "local-1")?.as_deref(), Some("O-1"));
        assert_eq!(tx.alias("phone", "asset", "local-1")?, None);
        assert_eq!(tx.alias("tablet", "order", "local-1")?, None);
        assert_eq!(tx.answer("phone", "key-1")?.as_deref(), Some("{}"));
        assert_eq!(tx.answer("tablet", "key-1")?, None);
        assert_eq!(tx.meta("epoch")?.as_deref(), Some("two"));
        Ok(())
    });
}

fn memberships_are_by_device_and_entity(storage: &impl Storage) {
    use Membership::{Doubted, Expected, Held};
    write(storage, |tx| {
        put(tx, "order", "O-1", 1, "a")?;
        put(tx, "order", "O-2", 1, "")?;
        put(tx, "order", "O-3", 4, "c")?;
        put(tx, "order", "O-4", 1, "d")?;
        for id in ["O-1", "O-2", "O-3", "O-9"] {
            tx.put_membership("phone", "order", id, Held)?;
        }
        tx.put_membership("phone", "order", "O-4", Expected)?;
        tx.put_membership("watch", "order", "O-1", Doubted)?;
        tx.put_membership("phone", "asset", "A-1", Held)?;
        tx.put_membership("tablet", "order", "O-1", Expected)?;
        tx.put_membership("tablet", "order", "O-1", Held)?;
        tx.put_membership("tablet", "order", "O-3", Held)?;
        tx.drop_membership("tablet", "order", "O-3")?;
        tx.drop_membership("tablet", "order", "O-8")
    });
    read(storage, |tx| {
        let held = |device| Ok::<_, StorageError>(titles(&tx.held(device, "order")?));
        assert_eq!(
            held("phone")?,
            ["O-1:a", "O-3:c"],
            "the living, and nothing expected"
        );
        assert_eq!(held("tablet")?, ["O-1:a"]);
        assert!(held("watch")?.is_empty());
        assert_eq!(tx.membership("watch", "order", "O-1")?, Some(Doubted));
        assert_eq!(tx.membership("phone", "order", "O-4")?, Some(Expected));
        assert_eq!(tx.membership("tablet", "order", "O-3")?, None);
        assert_eq!(tx.membership("tablet", "asset", "A-1")?, None);
        Ok(())
    });
    write(storage, |tx| tx.clear_memberships("phone", "order"));
    read(storage, |tx| {
        assert_eq!(tx.membership("phone", "order", "O-1")?, None);
        assert_eq!(tx.membership("phone", "asset", "A-1")?, Some(Held));
        assert_eq!(tx.membership("tablet", "order", "O-1")?, Some(Held));
        Ok(())
    });
}

fn dialogues_are_by_device_and_entity_set(storage: &impl Storage) {
    write(storage, |tx| {
        tx.put_dialogue("phone", "orders", "first")?;
        tx.put_dialogue("phone", "people", "other")?;
        tx.put_dialogue("tablet", "orders", "another")?;
        tx.put_dialogue("phone", "orders", "second")
    });
    let taken_back: Result<()> = storage.write(|tx| {
        tx.put_dialogue("phone", "orders", "third")?;
        Err(StorageError::Inconsistent("on purpose".into()))
    });
    assert!(taken_back.is_err());
    let of = |device: &str| read(storage, |tx| tx.dialogues(device));
    let pairs = |pairs: &[(&str, &str)]| {
        let owned = pairs
            .iter()
            .map(|(set, text)| ((*set).to_owned(), (*text).to_owned()));
        owned.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(of("phone"), pairs(&[("orders", "second"), ("people", "other")]));
    assert_eq!(of("tablet"), pairs(&[("orders", "another")]));
    assert_eq!(of("watch"), pairs(&[]));
    write(storage, |tx| {
        tx.drop_dialogue("phone", "orders")?;
        tx.drop_dialogue("phone", "no such set")
    });
    assert_eq!(of("phone"), pairs(&[("people", "other")]));
    assert_eq!(of("tablet"), pairs(&[("orders", "another")]));
}

/// A cursor, a version or a page may name any number.
fn the_largest_number_is_a_bound_like_any_other(storage: &impl Storage) {
    write(storage, |tx| put(tx, "order", "1", 1, "Leak").map(drop));
    let audits = AuditFilter {
        before: Some(u64::MAX),
        limit: 10,
        ..AuditFilter::default()
    };
    read(storage, |tx| {
        assert!(tx.changes_after(u64::MAX, 10)?.is_empty());
        assert_eq!(tx.history_page("order", "1", u64::MAX, bound(9, 9_999))?, []);
        let range = |after, since| HistoryRange {
            after,
            since,
            ..HistoryRange::ALL
        };
        for range in [range(u64::MAX, 0), range(0, u64::MAX)] {
            assert_eq!(tx.newest_versions("order", "1", range, bound(9, 9))?.entries, []);
        }
        let all = tx.newest_versions("order", "1", HistoryRange::ALL, bound(9, 9_999))?;
        assert_eq!(all.entries.len(), 1);
        assert_eq!(tx.audits(&audits)?, []);
        Ok(())
    });
}

fn audit_is_listed_newest_first_by_filter(storage: &impl Storage) {
    write(storage, |tx| {
        for (id, entity, user) in [
            ("a", "order", "tara"),
            ("b", "order", "samir"),
            ("c", "asset", "tara"),
        ] {
            tx.put_audit(&AuditRow {
                id: id.into(),
                number: 0,
                at: at(1),
                entity: entity.into(),
                record_id: "1".into(),
                user_id: user.into(),
                entry: format!("{{ \"auditId\": \"{id}\" }}"),
                hash: format!("hash of {id}"),
            })?;
        }
        Ok(())
    });
    let list = |filter: AuditFilter| {
        read(storage, |tx| tx.audits(&filter))
            .into_iter()
            .map(|row| row.id)
            .collect::<Vec<_>>()
    };
    let all = AuditFilter {
        limit: 10,
        ..AuditFilter::default()
    };
    assert_eq!(list(all.clone()), ["c", "b", "a"]);
    assert_eq!(
        list(AuditFilter {
            limit: 1,
            ..all.clone()
        }),
        ["c"]
    );
    assert_eq!(
        list(AuditFilter {
            entity: Some("order".into()),
            ..all.clone()
        }),
        ["b", "a"]
    );
    assert_eq!(
        list(AuditFilter {
            user_id: Some("tara".into()),
            before: Some(3),
            ..all
        }),
        ["a"]
    );
    let found = read(storage, |tx| tx.audit("b")).unwrap();
    assert_eq!((found.number, found.hash.as_str()), (2, "hash of b"));
    assert_eq!(found.entry, r#"{ "auditId": "b" }"#, "to the byte");
    assert_eq!(read(storage, |tx| tx.audit("z")), None);
}
