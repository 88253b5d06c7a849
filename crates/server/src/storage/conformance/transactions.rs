//! What commits, what is rolled back, and what does not begin.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::storage::deadline::{self, Deadline};

conformance!(
    a_failed_transaction_leaves_nothing,
    a_panic_leaves_nothing_and_the_next_transaction_works,
    a_savepoint_takes_back_only_itself,
    nothing_begins_after_its_deadline,
    an_open_database_can_serve,
);

fn a_failed_transaction_leaves_nothing(storage: &impl Storage) {
    let outcome: Result<()> = storage.write(Organisation::ONLY, |tx| {
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

fn a_panic_leaves_nothing_and_the_next_transaction_works(storage: &impl Storage) {
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        write(storage, |tx| -> Result<()> {
            put(tx, "order", "O-1", 1, "a")?;
            panic!("in the middle");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(read(storage, |tx| tx.last_sequence()), 0);
    write(storage, |tx| put(tx, "order", "O-2", 1, "b").map(drop));
    assert_eq!(read(storage, |tx| tx.last_sequence()), 1);
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

fn nothing_begins_after_its_deadline(storage: &impl Storage) {
    let over = || Deadline {
        at: Instant::now(),
        abandoned: Arc::default(),
    };
    let written = deadline::within(over(), || {
        storage.write(Organisation::ONLY, |_| -> Result<()> {
            panic!("nothing may begin")
        })
    });
    assert!(matches!(written, Err(StorageError::Cancelled)));
    let read = deadline::within(over(), || {
        storage.read(Organisation::ONLY, |_| -> Result<()> {
            panic!("nothing may begin")
        })
    });
    assert!(matches!(read, Err(StorageError::Cancelled)));
    let probed = deadline::within(over(), || storage.probe());
    assert!(matches!(probed, Err(StorageError::Cancelled)));
}

fn an_open_database_can_serve(storage: &impl Storage) {
    storage.probe().unwrap();
}
