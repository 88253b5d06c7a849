//! What identity saves is committed or rolled back with the records of its transaction.

use uuid::Uuid;

use super::identity::{device, session, with_people};
use super::*;
use crate::storage::fixtures::user;
use crate::storage::identity::User;

conformance!(
    an_error_takes_identity_back_with_the_records,
    a_savepoint_takes_identity_back_with_the_records,
);

fn names(storage: &impl Storage) -> Vec<String> {
    let users = read(storage, |tx| tx.identity().users());
    users.into_iter().map(|user| user.id).collect()
}

fn an_error_takes_identity_back_with_the_records(storage: &impl Storage) {
    with_people(storage, |_| {});
    let outcome: Result<()> = storage.write(Organisation::ONLY, |tx| {
        put(tx, "order", "O-1", 1, "a")?;
        let store = tx.identity_mut()?;
        store.save_user(&user("cid"))?;
        store.save_device(&device(1, at(0)))?;
        store.save_session(&session(11, 1, at(0)))?;
        assert_eq!(store.signed_in_devices("ann", None, 9)?.len(), 1, "seen inside");
        Err(StorageError::Inconsistent("on purpose".into()))
    });
    assert!(outcome.is_err());
    assert_eq!(names(storage), ["ann", "ben"]);
    read(storage, |tx| {
        assert_eq!(tx.last_sequence()?, 0);
        assert_eq!(tx.identity().device(Uuid::from_u128(1))?, None);
        assert_eq!(tx.identity().session(Uuid::from_u128(11))?, None);
        Ok(())
    });
}

fn a_savepoint_takes_identity_back_with_the_records(storage: &impl Storage) {
    with_people(storage, |_| {});
    write(storage, |tx| {
        tx.identity_mut()?.save_user(&user("cid"))?;
        let failed: Result<()> = in_savepoint(tx, |tx| {
            put(tx, "order", "O-1", 1, "inside")?;
            tx.identity_mut()?.save_user(&user("dora"))?;
            let disabled = User {
                disabled: true,
                ..user("ann")
            };
            tx.identity_mut()?.save_user(&disabled)?;
            Err(StorageError::Inconsistent("on purpose".into()))
        });
        assert!(failed.is_err());
        Ok(())
    });
    assert_eq!(names(storage), ["ann", "ben", "cid"]);
    let ann = read(storage, |tx| tx.identity().user("ann"));
    assert!(!ann.unwrap().disabled);
    assert_eq!(read(storage, |tx| tx.last_sequence()), 0);
}
