//! Versions of records.

use super::*;

conformance!(
    versions_are_found_by_id_by_position_and_in_the_history,
    the_largest_number_is_a_bound_like_any_other,
);

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
