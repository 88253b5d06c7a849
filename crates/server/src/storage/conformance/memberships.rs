//! What a device holds, and what was said to it.

use super::*;

conformance!(
    memberships_are_by_device_and_entity,
    dialogues_are_by_device_and_entity_set,
);

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
    let taken_back: Result<()> = storage.write(Organisation::ONLY, |tx| {
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
