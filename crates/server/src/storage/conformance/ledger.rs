//! First answers, aliases and named values.

use super::*;

conformance!(answers_and_aliases_are_a_device_s_own, a_named_value_is_replaced);

fn answers_and_aliases_are_a_device_s_own(storage: &impl Storage) {
    write(storage, |tx| {
        tx.put_alias("phone", "order", "local-1", "O-1")?;
        tx.put_answer("phone", "key-1", "{}")
    });
    read(storage, |tx| {
        assert_eq!(tx.alias("phone", "order", "local-1")?.as_deref(), Some("O-1"));
        assert_eq!(tx.alias("phone", "asset", "local-1")?, None);
        assert_eq!(tx.alias("tablet", "order", "local-1")?, None);
        assert_eq!(tx.answer("phone", "key-1")?.as_deref(), Some("{}"));
        assert_eq!(tx.answer("phone", "key-2")?, None);
        assert_eq!(tx.answer("tablet", "key-1")?, None);
        Ok(())
    });
}

fn a_named_value_is_replaced(storage: &impl Storage) {
    write(storage, |tx| {
        tx.put_meta("epoch", "one")?;
        tx.put_meta("epoch", "two")
    });
    assert_eq!(read(storage, |tx| tx.meta("epoch")).as_deref(), Some("two"));
    assert_eq!(read(storage, |tx| tx.meta("counter")), None);
}
