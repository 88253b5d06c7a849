use super::*;
use crate::storage::memory::MemoryStorage;
use crate::storage::port::{Organisation, Storage};

use Membership::{Doubted, Expected, Held};

fn storage() -> MemoryStorage {
    let storage = MemoryStorage::default();
    let given: Result<()> = storage.write(Organisation::ONLY, |tx| {
        for device in ["phone", "desk"] {
            tx.put_membership(device, "order", "1", Held)?;
            tx.put_membership(device, "order", "2", Held)?;
            tx.put_membership(device, "person", "1", Held)?;
            tx.put_dialogue(device, "all", "first")?;
        }
        Ok(())
    });
    given.unwrap();
    storage
}

/// What a device's owner could see of it.
fn state(tx: &dyn Transaction, device: &str) -> Result<(Vec<Option<Membership>>, Dialogues)> {
    let mut memberships = Vec::new();
    for entity in ["order", "person"] {
        for id in ["1", "2", "3"] {
            memberships.push(tx.membership(device, entity, id)?);
        }
    }
    Ok((memberships, tx.dialogues(device)?))
}

type Work = fn(&mut dyn Transaction) -> Result<()>;

const WORKS: [Work; 6] = [
    |_| Ok(()),
    |tx| tx.put_membership("phone", "order", "3", Expected),
    |tx| {
        tx.drop_membership("phone", "order", "1")?;
        tx.put_membership("phone", "order", "2", Doubted)
    },
    |tx| {
        tx.put_membership("phone", "order", "3", Held)?;
        tx.clear_memberships("phone", "order")?;
        tx.put_membership("phone", "order", "2", Expected)?;
        tx.drop_membership("phone", "order", "3")
    },
    |tx| {
        tx.put_dialogue("phone", "all", "second")?;
        tx.put_dialogue("phone", "some", "new")
    },
    |tx| {
        tx.put_dialogue("phone", "some", "new")?;
        tx.drop_dialogue("phone", "some")?;
        tx.drop_dialogue("phone", "all")
    },
];

#[test]
fn a_draft_reads_and_stores_as_a_write_transaction_would() {
    for (number, work) in WORKS.into_iter().enumerate() {
        let (direct, drafted) = (storage(), storage());
        let expected = direct
            .write(Organisation::ONLY, |tx| {
                work(tx).and_then(|()| state(tx, "phone"))
            })
            .unwrap();
        let (seen, changes) = drafted
            .read(Organisation::ONLY, |tx| -> Result<_> {
                let mut draft = Draft::new(tx, "phone")?;
                work(&mut draft)?;
                Ok((state(&draft, "phone")?, draft.into_changes()))
            })
            .unwrap();
        assert_eq!(seen, expected, "{number}");
        assert_eq!(changes.is_empty(), number == 0, "{number}");
        assert!(
            drafted
                .write(Organisation::ONLY, |tx| changes.store(tx, "phone"))
                .unwrap()
        );
        for device in ["phone", "desk"] {
            let of =
                |storage: &MemoryStorage| storage.read(Organisation::ONLY, |tx| state(tx, device)).unwrap();
            assert_eq!(of(&drafted), of(&direct), "{number} {device}");
        }
    }
}

#[test]
fn changes_are_stored_over_nothing_but_what_was_seen() {
    let storage = storage();
    let changes = storage
        .read(Organisation::ONLY, |tx| -> Result<_> {
            let mut draft = Draft::new(tx, "phone")?;
            draft.drop_membership("phone", "order", "1")?;
            Ok(draft.into_changes())
        })
        .unwrap();
    storage
        .write(Organisation::ONLY, |tx| {
            tx.put_dialogue("phone", "some", "told meanwhile")
        })
        .unwrap();
    assert!(
        !storage
            .write(Organisation::ONLY, |tx| changes.store(tx, "phone"))
            .unwrap()
    );
    let kept = storage
        .read(Organisation::ONLY, |tx| tx.membership("phone", "order", "1"))
        .unwrap();
    assert_eq!(kept, Some(Held));
}

#[test]
fn what_a_draft_cannot_hold_it_refuses() {
    let storage = storage();
    let refused = storage.read(Organisation::ONLY, |tx| -> Result<_> {
        let mut draft = Draft::new(tx, "phone")?;
        assert_eq!(draft.held("phone", "order")?, [], "nothing has changed yet");
        draft.drop_membership("phone", "order", "1")?;
        Ok([
            draft.held("phone", "order").map(drop),
            draft.put_meta("epoch", "mine"),
            draft.put_membership("desk", "order", "1", Held),
            draft.put_dialogue("desk", "all", "mine"),
            draft.savepoint(),
            draft.identity_mut().map(drop),
        ])
    });
    for refused in refused.unwrap() {
        assert!(matches!(refused, Err(StorageError::NeedsWriter)), "{refused:?}");
    }
}
