mod corrected;
mod deleted;
mod files;

use holdfast_core::pack::{Pack, Packs};

use super::*;
use crate::records::past;
use crate::storage::memory::MemoryStorage;
use crate::storage::model::StoredRecord;
use crate::storage::port::{Organisation, StorageError, Transaction};
use crate::storage::text::StoredText;

pub(crate) const MAPPING: &str = r#"
pack = "works"
entity = "order"

[[columns]]
name = "Day"
type = "date"
format = "%Y-%m-%d"
[[columns]]
name = "Machine"
type = "choice"
choices = ["A", "B"]
[[columns]]
name = "Text"
type = "text"
[[columns]]
name = "Cost"
type = "number"

[key]
field = "reference"
prefix = "mine-"
of = ["Day", "Machine", "Text", "Cost"]

[[records]]
entity = "asset"
id = "AS-A"
fields = { name = "Machine A", siteId = "north" }

[fields]
title = { column = "Text" }
owner = { value = "tara" }
assetId = { column = "Machine", map = { A = "AS-A" } }
plan = { column = "Machine", map = { A = "first" }, otherwise = "other" }
createdAt = { column = "Day" }

[[rules]]
newest = 2
by = "Day"
fields = { status = { value = "open" } }
[[rules]]
fields = { status = { value = "done" } }
"#;

const FILE: &str = "\
Day,Machine,Text,Cost
2001-01-05,A,BUCKET WON'T OPEN,183.05
2001-01-03,B,\"leak, left\",0
2001-01-04,A,grease,-7
2001-01-04,A,grease,-7
2003-12-31,B,won,t swing,PM01
2001-01-02,C,grease,1
not a day,A,grease,1
2001-01-02,A,grease,PM01
2001-01-02,A,,1
2001-01-02,A,a text that is longer than forty characters can be,1
";

fn packs() -> Packs {
    Packs::new(vec![
        Pack::from_toml("works", include_str!("../../sync/tests/pack.toml")).unwrap(),
    ])
    .unwrap()
}

fn run(storage: &impl Storage, file: &str) -> Result<Summary, ImportError> {
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    import(
        (storage, Organisation::ONLY),
        &packs(),
        (&mapping, Options::default()),
        file.as_bytes(),
        (&|| now, "olga"),
        |_, _| {},
    )
}

fn orders(storage: &MemoryStorage) -> Vec<StoredRecord> {
    let read = |tx: &dyn Transaction| -> Result<Vec<StoredRecord>, StorageError> {
        StoredText::read_all(&tx.records_after("order", None, 1_000)?)
    };
    storage.read(Organisation::ONLY, read).unwrap()
}

#[test]
fn good_rows_come_in_and_broken_ones_are_told() {
    let storage = MemoryStorage::default();
    let summary = run(&storage, FILE).unwrap();
    assert_eq!((summary.imported, summary.known), (4, 0));
    let told: Vec<String> = summary
        .broken
        .iter()
        .map(|row| format!("{}: {}", row.line, row.reason))
        .collect();
    let expected = [
        "6: has 5 cells instead of 4",
        "7: Machine is \"C\", not one of A, B",
        "8: Day is \"not a day\", not a date like %Y-%m-%d",
        "9: Cost is \"PM01\", not a number",
        "10: title is needed",
        "11: title may have 40 characters, and has 50",
    ];
    assert_eq!(told, expected);
    assert!(
        summary.missing.is_empty(),
        "the asset was made: {:?}",
        summary.missing
    );
    let orders = orders(&storage);
    let field = |name: &str| {
        orders
            .iter()
            .map(|order| order.fields.get(name).and_then(|v| v.as_str()).unwrap_or("-"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        field("title"),
        ["BUCKET WON'T OPEN", "leak, left", "grease", "grease"]
    );
    assert_eq!(field("assetId"), ["AS-A", "-", "AS-A", "AS-A"]);
    assert_eq!(field("plan"), ["first", "other", "first", "first"]);
    assert_eq!(
        field("status"),
        ["open", "done", "done", "open"],
        "the newest two, the later line among equals"
    );
    assert_eq!(field("createdAt")[0], "2001-01-05T00:00:00.000Z");
    assert_eq!(field("siteId"), ["north"; 4], "defaults are filled in");
    let references = field("reference");
    assert_ne!(references[2], references[3], "equal rows are separate orders");
    assert_eq!(
        references[2].trim_end_matches("-1"),
        references[3].trim_end_matches("-2")
    );
}

#[test]
fn running_again_adds_nothing_and_a_longer_file_only_the_rest() {
    let storage = MemoryStorage::default();
    run(&storage, FILE).unwrap();
    let again = run(&storage, FILE).unwrap();
    assert_eq!((again.imported, again.known, orders(&storage).len()), (0, 4, 4));
    let longer = format!("{FILE}2001-01-04,A,grease,-7\n");
    let more = run(&storage, &longer).unwrap();
    assert_eq!(
        (more.imported, more.known),
        (1, 4),
        "a third equal row is a third order"
    );
}

#[test]
fn another_header_is_refused() {
    let storage = MemoryStorage::default();
    let refused = run(&storage, "Day,Machine,Cost\n2001-01-05,A,1\n");
    assert!(matches!(refused, Err(ImportError::Header { .. })), "{refused:?}");
    assert!(orders(&storage).is_empty());
}

#[test]
fn an_unsound_mapping_is_told() {
    let table = [
        (
            "entity = \"order\"",
            "entity = \"ship\"",
            "there is no entity \"ship\"",
        ),
        (
            "pack = \"works\"",
            "pack = \"docks\"",
            "the pack \"docks\" has no entity \"order\"",
        ),
        (
            "field = \"reference\"",
            "field = \"title\"",
            "key.field \"title\" is not unique in order",
        ),
        (
            "column = \"Text\"",
            "column = \"Words\"",
            "there is no column \"Words\"",
        ),
        (
            "owner = { value",
            "colour = { value",
            "order has no field \"colour\"",
        ),
        (
            "owner = { value = \"tara\" }",
            "owner = {}",
            "the field \"owner\" needs either a value or a column",
        ),
        (
            "fields = { name = \"Machine A\"",
            "fields = { nick = \"Machine A\"",
            "asset has no field \"nick\"",
        ),
    ];
    for (good, bad, expected) in table {
        let mapping = Mapping::from_toml(&MAPPING.replace(good, bad)).unwrap();
        assert_eq!(mapping.check(&packs()).unwrap_err(), expected);
    }
    assert!(Mapping::from_toml("pack = 7").is_err());
}

#[test]
fn what_is_brought_in_keeps_its_authors_and_the_audit_names_who_brought_it() {
    let storage = MemoryStorage::default();
    let remarks = "remarks = { value = [{ id = \"r\", by = \"jonas\", at = \"2001-01-05T08:00:00Z\" }] }\nsignedBy = { value = \"jonas\" }\nsignedAt = { value = \"2001-01-05T08:00:00Z\" }\n\n[[rules]]";
    let mapping = Mapping::from_toml(&MAPPING.replacen("[[rules]]", remarks, 1)).unwrap();
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    import(
        (&storage, Organisation::ONLY),
        &packs(),
        (&mapping, Options::default()),
        FILE.as_bytes(),
        (&|| now, "olga"),
        |_, _| {},
    )
    .unwrap();
    for order in orders(&storage) {
        let (remark, received) = (&order.fields["remarks"][0], "2026-11-21T12:00:00.000Z");
        assert_eq!(
            (&remark["by"], &remark["at"]),
            (&"jonas".into(), &"2001-01-05T08:00:00Z".into())
        );
        assert_eq!(
            (&remark["atReceived"], &order.fields["signedAtReceived"]),
            (&received.into(), &received.into())
        );
        assert_eq!(order.fields["signedBy"], "jonas");
        let history = storage
            .read(Organisation::ONLY, |tx| {
                tx.history_page("order", &order.id, 0, past::CHUNK)
            })
            .unwrap();
        assert_eq!(history[0].user_name, "import");
    }
    let filter = crate::storage::model::AuditFilter {
        limit: 10,
        ..Default::default()
    };
    let audits = storage.read(Organisation::ONLY, |tx| tx.audits(&filter)).unwrap();
    let entry = crate::sync::audit::read_entry(&audits[0]).unwrap();
    assert_eq!(
        (
            audits.len(),
            entry.user_name.as_str(),
            entry.resolution["records"].as_str()
        ),
        (1, "olga", "4")
    );
}
