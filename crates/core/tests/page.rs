//! Pages: what is put in comes out as it was, whatever it was, and what is no page is refused.

#![allow(clippy::unwrap_used)]

use holdfast_core::{
    Fields, Timestamp,
    pack::Packs,
    page::{FULL, Meta, Page, PageBuilder, Pages, Part, Section},
    record::{Mirror, RecordKey},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const ENTITY: &str = "thing";

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\\\\\"\n ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn mirror()(
        id in "[A-Za-z0-9\"\\\\ü-]{1,12}",
        fields in prop::collection::btree_map(prop_oneof!["[a-f]", "[a-zü_]{1,9}"], value(), 0..8),
        version in any::<u64>(),
        (updated, reached) in (0_i64..4_000_000_000_000, 0_i64..4_000_000_000_000),
        scan in any::<u32>(),
        local_id in prop::option::of("[a-f0-9]{8}"),
    ) -> Mirror {
        Mirror {
            key: RecordKey::new(ENTITY, id),
            fields: fields.into_iter().collect(),
            version,
            updated_at: Timestamp::from_timestamp_millis(updated).unwrap(),
            reached_at: Timestamp::from_timestamp_micros(reached).unwrap(),
            scan,
            local_id,
        }
    }
}

fn page(mirrors: &[Mirror]) -> Page {
    let packs = Packs::default();
    let mut builder = PageBuilder::new(&packs, ENTITY);
    mirrors.iter().for_each(|mirror| builder.push(mirror).unwrap());
    builder.finish(1)
}

fn stored(page: &Page) -> [Vec<u8>; 3] {
    Section::ALL.map(|section| page.part(section).unwrap().bytes().unwrap())
}

proptest! {
    #[test]
    fn records_come_out_as_they_went_in(mirrors in prop::collection::vec(mirror(), 1..12)) {
        let page = page(&mirrors);
        let [head, text, body] = stored(&page).map(|section| Part::read(&section).unwrap());
        let read = Page::of_head(1, ENTITY, head);
        read.complete(text, body).unwrap();
        prop_assert_eq!(&read, &page);
        for (row, mirror) in mirrors.iter().enumerate() {
            prop_assert_eq!(&read.mirror(row), mirror);
            for (name, value) in &mirror.fields {
                prop_assert_eq!(read.value(row, name), Some(value.clone()));
            }
        }
    }

    #[test]
    fn any_bytes_are_a_part_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), first in any::<bool>()) {
        let mut bytes = bytes;
        if let Some(byte) = bytes.first_mut().filter(|_| first) {
            *byte = 1;
        }
        if let Ok(part) = Part::read(&bytes) {
            for row in 0..part.rows().min(300) {
                prop_assert!(part.cells(row).all(|(_, text)| !text.is_empty()));
            }
        }
    }

    #[test]
    fn a_damaged_part_is_another_one_or_none(
        mirrors in prop::collection::vec(mirror(), 1..6),
        (at, bit, cut) in (any::<prop::sample::Index>(), 0..8_u32, any::<bool>()),
    ) {
        let [head, ..] = stored(&page(&mirrors));
        let place = at.index(head.len());
        let mut damaged = head.clone();
        if cut {
            damaged.truncate(place);
            prop_assert!(Part::read(&damaged).is_err());
        } else {
            damaged[place] ^= 1 << bit;
            if let Ok(part) = Part::read(&damaged) {
                prop_assert!((0..part.rows()).all(|row| part.cells(row).all(|(_, text)| !text.is_empty())));
            }
        }
    }
}

#[test]
fn a_page_takes_no_sections_of_another_number_of_records() {
    let [one, two] = [1, 2].map(|rows| Page::of_head(1, ENTITY, Part::empty(rows)));
    assert!(one.complete(Part::empty(1), Part::empty(2)).is_err());
    assert!(two.complete(Part::empty(1), Part::empty(2)).is_err());
    assert!(!one.is_whole() && !two.is_whole());
    assert!(two.complete(Part::empty(2), Part::empty(2)).is_ok());
    assert!(two.is_whole());
}

#[test]
fn text_that_came_as_json_is_kept_as_it_came() {
    let packs = Packs::default();
    let mut builder = PageBuilder::new(&packs, ENTITY);
    let meta = Meta {
        id: "\"T-1\"",
        version: "3",
        updated_at: "\"1970-01-01T00:00:00Z\"",
        reached_at: "\"1970-01-01T00:00:00Z\"",
        scan: "0",
        local_id: None,
    };
    let cells = [("a", "1.50"), ("b", "[ 1,\n2 ]"), ("a", "\"later\"")];
    builder.push_text(&meta, cells.into_iter()).unwrap();
    let page = builder.finish(1);
    assert_eq!(page.cell(0, "b"), Some("[ 1,\n2 ]"));
    assert_eq!(
        page.cell(0, "a"),
        Some("\"later\""),
        "of two of one name the later one stands"
    );
    assert_eq!(
        page.fields(0),
        json!({ "a": "later", "b": [1, 2] }).as_object().cloned().unwrap()
    );
}

#[test]
fn a_record_that_does_not_fit_leaves_nothing_behind() {
    let packs = Packs::default();
    let mut builder = PageBuilder::new(&packs, ENTITY);
    let mut fields = Fields::new();
    fields.insert("a".into(), 1.into());
    let sound = Mirror {
        key: RecordKey::new(ENTITY, "T-1"),
        fields: fields.clone(),
        version: 1,
        updated_at: Timestamp::UNIX_EPOCH,
        reached_at: Timestamp::UNIX_EPOCH,
        scan: 0,
        local_id: None,
    };
    fields.insert("b".into(), "left behind".into());
    fields.insert("z".repeat(256), 1.into());
    let unfit = Mirror {
        key: RecordKey::new(ENTITY, "T-0"),
        fields,
        ..sound.clone()
    };
    builder.push(&sound).unwrap();
    assert!(builder.push(&unfit).is_err());
    builder.push(&sound).unwrap();
    let page = builder.finish(1);
    assert_eq!((page.rows(), page.mirror(1)), (2, sound));
}

#[test]
fn full_pages_follow_one_another() {
    let packs = Packs::default();
    let mut pages = Pages::new(&packs, ENTITY, 7);
    for n in 0..2 * FULL + 1 {
        let mirror = Mirror {
            key: RecordKey::new(ENTITY, n.to_string()),
            fields: Fields::new(),
            version: 1,
            updated_at: Timestamp::UNIX_EPOCH,
            reached_at: Timestamp::UNIX_EPOCH,
            scan: 0,
            local_id: None,
        };
        pages.open().push(&mirror).unwrap();
    }
    let pages: Vec<_> = pages.finish().iter().map(|page| (page.id, page.rows())).collect();
    assert_eq!(pages, [(7, FULL), (8, FULL), (9, 1)]);
}
