//! The audit trail.

use super::*;

conformance!(audit_is_listed_newest_first_by_filter,);

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
