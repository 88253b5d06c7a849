//! Keys of unique values.

use super::*;

conformance!(
    a_value_names_its_holders_by_id,
    keys_are_dropped_one_by_one_or_by_kind
);

fn a_value_names_its_holders_by_id(storage: &impl Storage) {
    write(storage, |tx| {
        tx.put_key("order", "ref", "r-1", "O-1")?;
        ["O-7", "O-5", "O-6"]
            .into_iter()
            .try_for_each(|id| tx.put_key("order", "ref", "r-3", id))
    });
    read(storage, |tx| {
        let holder = |entity, name, value, besides| tx.key_holder(entity, name, value, besides);
        assert_eq!(holder("order", "ref", "r-1", None)?.as_deref(), Some("O-1"));
        assert_eq!(holder("order", "ref", "r-1", Some("O-1"))?, None);
        assert_eq!(
            holder("order", "ref", "r-1", Some("O-2"))?.as_deref(),
            Some("O-1")
        );
        assert_eq!(holder("asset", "ref", "r-1", None)?, None);
        assert_eq!(tx.key_holders("order", "ref", "r-3", 2)?, ["O-5", "O-6"]);
        assert_eq!(tx.key_holders("order", "ref", "r-3", 9)?, ["O-5", "O-6", "O-7"]);
        assert!(tx.key_holders("order", "ref", "r-30", 9)?.is_empty());
        Ok(())
    });
}

fn keys_are_dropped_one_by_one_or_by_kind(storage: &impl Storage) {
    write(storage, |tx| {
        tx.put_key("order", "ref", "r-2", "O-2")?;
        tx.put_key("order", "ref", "r-2", "O-3")?;
        tx.put_key("order", "ref", "r-2", "O-2")?;
        tx.put_key("order", "tag", "r-1", "O-1")?;
        tx.put_key("order", "tag", "r-2", "O-1")?;
        tx.clear_keys("order", "tag")?;
        tx.drop_key("order", "ref", "r-2", "O-2")?;
        tx.drop_key("order", "ref", "r-2", "O-9")
    });
    read(storage, |tx| {
        assert_eq!(tx.key_holders("order", "ref", "r-2", 9)?, ["O-3"]);
        assert_eq!(tx.key_holder("order", "tag", "r-1", None)?, None);
        assert_eq!(tx.key_holder("order", "tag", "r-2", None)?, None);
        Ok(())
    });
}
