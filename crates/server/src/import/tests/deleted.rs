//! Rows whose records were changed or deleted since.

use holdfast_core::Fields;
use serde_json::{Value, json};

use super::*;
use crate::records::version::{Author, NewVersion};
use crate::storage::model::{Act, AuditFilter};

const ROWS: &str =
    "Day,Machine,Text,Cost\n2001-01-05,A,bucket,1\n2001-01-06,B,track,2\n2001-01-07,B,boom,3\n";

fn run_with(storage: &MemoryStorage, file: &str, revive: bool) -> Summary {
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let options = Options {
        revive,
        ..Options::default()
    };
    let summary = import(
        (storage, Organisation::ONLY),
        &packs(),
        (&mapping, options),
        file.as_bytes(),
        (&|| now, "olga"),
        |_, _| {},
    );
    let summary = summary.unwrap();
    assert_eq!(
        summary.imported + summary.known + summary.revived + summary.broken.len(),
        summary.rows,
        "{summary:?}"
    );
    summary
}

/// As a person would change or delete it.
fn written(storage: &MemoryStorage, id: &str, act: Act, changes: Value) {
    let packs = packs();
    let entity = packs.entity("order").unwrap();
    let done: Result<_, StorageError> = storage.write(Organisation::ONLY, |tx| {
        let before = tx.record("order", id)?.unwrap();
        let mut fields: Fields = before.fields.clone();
        fields.extend(changes.as_object().cloned().unwrap_or_default());
        NewVersion {
            entity,
            id,
            before: Some(&before),
            fields,
            act,
            local_id: None,
            author: Author::server("tara"),
            at: "2026-11-21T13:00:00Z".parse().unwrap(),
        }
        .write(tx)
    });
    done.unwrap();
}

fn of_title(storage: &MemoryStorage, title: &str) -> StoredRecord {
    let found: Vec<_> = orders(storage)
        .into_iter()
        .filter(|order| order.fields["title"] == title)
        .collect();
    assert_eq!(found.len(), 1, "{title}");
    found.into_iter().next().unwrap()
}

fn counts(summary: &Summary) -> (usize, usize, usize, usize, usize) {
    (
        summary.rows,
        summary.imported,
        summary.known,
        summary.deleted,
        summary.revived,
    )
}

#[test]
fn a_deleted_record_stays_deleted_until_it_is_brought_back_on_purpose() {
    let storage = MemoryStorage::default();
    run_with(&storage, ROWS, false);
    let bucket = of_title(&storage, "bucket");
    written(
        &storage,
        &bucket.id,
        Act::Update,
        json!({ "finding": "worn", "status": "done" }),
    );
    written(&storage, &bucket.id, Act::Delete, json!({}));
    for _ in 0..2 {
        assert_eq!(counts(&run_with(&storage, ROWS, false)), (3, 0, 3, 1, 0));
        assert!(of_title(&storage, "bucket").deleted);
    }
    let before = storage.read(Organisation::ONLY, |tx| tx.last_sequence()).unwrap();
    assert_eq!(counts(&run_with(&storage, ROWS, true)), (3, 0, 2, 0, 1));
    let back = of_title(&storage, "bucket");
    assert_eq!(
        (back.deleted, back.version, back.sequence, &back.fields["finding"]),
        (false, 4, before + 1, &json!("worn")),
        "with its last values, behind everything that devices have"
    );
    let history = storage
        .read(Organisation::ONLY, |tx| {
            tx.history_page("order", &back.id, 3, past::CHUNK)
        })
        .unwrap();
    assert_eq!(
        (history[0].act, history[0].user_name.as_str()),
        (Act::Recreate, "import")
    );
    let filter = AuditFilter {
        record_id: Some(back.id),
        limit: 5,
        ..AuditFilter::default()
    };
    let audits = storage.read(Organisation::ONLY, |tx| tx.audits(&filter)).unwrap();
    let entry = crate::sync::audit::read_entry(&audits[0]).unwrap();
    assert_eq!((audits.len(), entry.user_name.as_str()), (1, "olga"));
    assert_eq!(counts(&run_with(&storage, ROWS, true)), (3, 0, 3, 0, 0), "once");
}

#[test]
fn a_changed_record_is_known_and_left_alone() {
    let storage = MemoryStorage::default();
    run_with(&storage, ROWS, false);
    let track = of_title(&storage, "track");
    // Also in the very field that recognises it.
    written(
        &storage,
        &track.id,
        Act::Update,
        json!({ "title": "renamed", "reference": "ours" }),
    );
    for revive in [false, true] {
        assert_eq!(counts(&run_with(&storage, ROWS, revive)), (3, 0, 3, 0, 0));
    }
    let kept = of_title(&storage, "renamed");
    assert_eq!((kept.version, &kept.fields["reference"]), (2, &json!("ours")));
    written(&storage, &track.id, Act::Delete, json!({}));
    assert_eq!(counts(&run_with(&storage, ROWS, false)), (3, 0, 3, 1, 0));
}

/// Earlier versions of the server noted nothing of imports.
#[test]
fn records_of_earlier_imports_are_recognised() {
    let storage = MemoryStorage::default();
    run_with(&storage, ROWS, false);
    let boom = of_title(&storage, "boom");
    written(&storage, &boom.id, Act::Delete, json!({}));
    let forget: Result<(), StorageError> = storage.write(Organisation::ONLY, |tx| {
        for order in orders_in(tx)? {
            let key = order.fields["reference"].as_str().unwrap().to_owned();
            tx.drop_key("order", "imported:reference", &key, &order.id)?;
        }
        tx.clear_keys("order", "imported-row:reference")
    });
    forget.unwrap();
    assert_eq!(counts(&run_with(&storage, ROWS, false)), (3, 0, 3, 1, 0));
    assert_eq!(counts(&run_with(&storage, ROWS, true)), (3, 0, 2, 0, 1));
    assert_eq!(of_title(&storage, "boom").id, boom.id);
}

fn orders_in(tx: &dyn Transaction) -> Result<Vec<StoredRecord>, StorageError> {
    StoredText::read_all(&tx.records_after("order", None, 1_000)?)
}

#[test]
fn a_record_whose_value_is_taken_is_left_out_and_told() {
    let storage = MemoryStorage::default();
    run_with(&storage, ROWS, false);
    let (bucket, track) = (of_title(&storage, "bucket"), of_title(&storage, "track"));
    let key = bucket.fields["reference"].clone();
    written(
        &storage,
        &bucket.id,
        Act::Update,
        json!({ "reference": "by hand" }),
    );
    written(&storage, &bucket.id, Act::Delete, json!({}));
    written(
        &storage,
        &track.id,
        Act::Update,
        json!({ "reference": "by hand" }),
    );
    let summary = run_with(&storage, ROWS, true);
    assert_eq!(counts(&summary), (3, 0, 2, 0, 0));
    let told = &summary.broken[0];
    assert_eq!(told.line, 2);
    assert!(
        told.reason.contains(&bucket.id) && told.reason.contains(&format!("used by {}", track.id)),
        "{told:?}"
    );
    // Whoever holds the key by now is known by it.
    written(&storage, &track.id, Act::Update, json!({ "reference": key }));
    assert_eq!(counts(&run_with(&storage, ROWS, true)).2, 3);
}

/// Rows known by cells that read the same in each encoding.
fn import_read_as(storage: &MemoryStorage, file: &[u8], encoding: Option<&str>, revive: bool) -> Summary {
    let text = MAPPING.replace(
        "of = [\"Day\", \"Machine\", \"Text\", \"Cost\"]",
        "of = [\"Day\", \"Machine\"]",
    );
    let options = Options {
        revive,
        encoding: encoding.map(|name| name.parse().unwrap()),
        ..Options::default()
    };
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let mapping = (&Mapping::from_toml(&text).unwrap(), options);
    import(
        (storage, Organisation::ONLY),
        &packs(),
        mapping,
        file,
        (&|| now, "olga"),
        |_, _| {},
    )
    .unwrap()
}

#[test]
fn a_record_that_imports_alone_wrote_comes_back_with_the_files_values() {
    // Cyrillic in KOI8-R, read as something else first.
    let (good, _, _) = encoding_rs::KOI8_R.encode("насос течёт");
    let file = [b"Day,Machine,Text,Cost\n2001-01-05,A,", &*good, b",1\n"].concat();
    for (change, comes_back_as) in [
        (None, "насос течёт"),
        (Some(json!({ "finding": "worn" })), "wrong"),
        // Also where the change was taken back.
        (Some(json!({})), "wrong"),
    ] {
        let storage = MemoryStorage::default();
        assert_eq!(
            import_read_as(&storage, &file, Some("windows-1252"), false).imported,
            1
        );
        let order = orders(&storage).remove(0);
        let wrong = order.fields["title"].clone();
        assert_ne!(wrong, "насос течёт");
        if let Some(change) = &change {
            written(&storage, &order.id, Act::Update, change.clone());
        }
        written(&storage, &order.id, Act::Delete, json!({}));
        let known = import_read_as(&storage, &file, Some("koi8-r"), false);
        assert_eq!((known.known, known.deleted), (1, 1), "it stays deleted");
        assert_eq!(import_read_as(&storage, &file, Some("koi8-r"), true).revived, 1);
        let back = orders(&storage).remove(0);
        let expected = match comes_back_as {
            "wrong" => wrong,
            text => json!(text),
        };
        assert_eq!((&back.fields["title"], back.deleted), (&expected, false));
        assert_eq!(
            (&back.id, &back.fields["reference"]),
            (&order.id, &order.fields["reference"])
        );
        if let Some(finding) = change.as_ref().and_then(|change| change.get("finding")) {
            assert_eq!(&back.fields["finding"], finding);
        }
        let again = import_read_as(&storage, &file, Some("koi8-r"), true);
        assert_eq!((again.known, again.revived), (1, 0));
        // A second time: an import brought it back, and nobody changed it since.
        written(&storage, &order.id, Act::Delete, json!({}));
        import_read_as(&storage, &file, Some("windows-1251"), true);
        let title = orders(&storage).remove(0).fields["title"].clone();
        assert_eq!(title == back.fields["title"], change.is_some());
    }
}
