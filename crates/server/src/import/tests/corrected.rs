//! A file that is corrected and imported again: nothing is lost, nothing is there twice.

use super::*;

const GOOD: [&str; 3] = [
    "2001-01-05,A,first,12",
    "2001-01-05,A,second,5",
    "2001-01-05,A,third,6",
];

/// Rows are known by two of their four cells.
fn mapping() -> Mapping {
    let text = MAPPING.replace(
        "of = [\"Day\", \"Machine\", \"Text\", \"Cost\"]",
        "of = [\"Day\", \"Machine\"]",
    );
    Mapping::from_toml(&text).unwrap()
}

fn import_rows(storage: &MemoryStorage, rows: &[impl AsRef<[u8]>]) -> (usize, usize, usize) {
    let mut file = b"Day,Machine,Text,Cost\n".to_vec();
    for row in rows {
        file.extend_from_slice(row.as_ref());
        file.push(b'\n');
    }
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let place = (&mapping(), Options::default());
    let summary = import(
        (storage, Organisation::ONLY),
        &packs(),
        place,
        &file[..],
        (&|| now, "olga"),
        |_, _| {},
    );
    let summary = summary.unwrap();
    assert_eq!(
        summary.imported + summary.known + summary.broken.len(),
        summary.rows,
        "{summary:?}"
    );
    (summary.imported, summary.known, summary.broken.len())
}

fn titles(storage: &MemoryStorage) -> Vec<String> {
    let mut titles: Vec<_> = orders(storage)
        .iter()
        .map(|order| order.fields["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    titles
}

#[test]
fn a_corrected_row_adds_itself_alone() {
    let broken: [&[u8]; 11] = [
        b"2001-01-05,A,first,12x",
        b"2001-01-05,A,,12",
        b"2001-01-05,A,a text that is longer than forty characters can be,12",
        b"2001-01-05,A,fi\x07rst,12",
        b"2001-01-05,A,fi\xffrst\xc3\xa9\xc3\xa9,12",
        b"2001-01-05,A,first,1,2",
        b"2001-01-05,A",
        b"2001-01-05,A,\"first,12",
        b"2001-13-05,A,first,12",
        b"2001-01-05,C,first,12",
        b"2001-01-05,A\x07,first,12",
    ];
    for bad in broken {
        for at in 0..GOOD.len() {
            let told = format!("{} at {at}", String::from_utf8_lossy(bad));
            let good = |row: usize| GOOD[(row + GOOD.len() - at) % GOOD.len()].as_bytes();
            let corrected: Vec<&[u8]> = (0..GOOD.len()).map(good).collect();
            let mut rows = corrected.clone();
            rows[at] = bad;
            let storage = MemoryStorage::default();
            assert_eq!(import_rows(&storage, &rows), (2, 0, 1), "{told}");
            assert_eq!(import_rows(&storage, &rows), (0, 2, 1), "{told}");
            assert_eq!(titles(&storage), ["second", "third"], "{told}");
            assert_eq!(import_rows(&storage, &corrected), (1, 2, 0), "{told}");
            assert_eq!(titles(&storage), ["first", "second", "third"], "{told}");
            assert_eq!(import_rows(&storage, &corrected), (0, 3, 0), "{told}");
            // Broken again, it is the others that are there.
            assert_eq!(import_rows(&storage, &rows), (0, 2, 1), "{told}");
        }
    }
}

/// Also where other rows of the same key changed meanwhile: the left-out row has kept its position.
#[test]
fn a_corrected_row_whose_key_was_read_kept_its_position() {
    let storage = MemoryStorage::default();
    let rows = ["2001-01-05,A,first,12x", GOOD[1]];
    assert_eq!(import_rows(&storage, &rows), (1, 0, 1));
    let changed = "2001-01-05,A,second,7";
    assert_eq!(import_rows(&storage, &[rows[0], changed]), (0, 1, 1));
    assert_eq!(import_rows(&storage, &[GOOD[0], changed]), (1, 1, 0));
    assert_eq!(titles(&storage), ["first", "second"]);
}

#[test]
fn equal_rows_are_told_apart_by_their_number_alone() {
    let storage = MemoryStorage::default();
    let bad = "2001-01-05,A,same,1x";
    let good = "2001-01-05,A,same,1";
    assert_eq!(import_rows(&storage, &[bad, good, bad, good]), (2, 0, 2));
    assert_eq!(import_rows(&storage, &[good, good, bad, good]), (1, 2, 1));
    assert_eq!(import_rows(&storage, &[good; 4]), (1, 3, 0));
    assert_eq!(import_rows(&storage, &[good; 4]), (0, 4, 0));
}

#[test]
fn rows_put_in_before_others_or_in_another_order_are_known() {
    let storage = MemoryStorage::default();
    assert_eq!(import_rows(&storage, &GOOD[1..]), (2, 0, 0));
    assert_eq!(import_rows(&storage, &GOOD), (1, 2, 0));
    let turned = [GOOD[2], GOOD[0], GOOD[1]];
    assert_eq!(import_rows(&storage, &turned), (0, 3, 0));
    assert_eq!(titles(&storage), ["first", "second", "third"]);
}

#[test]
fn positions_hold_across_transactions() {
    let storage = MemoryStorage::default();
    let mut rows: Vec<String> = (0..ROWS_PER_TRANSACTION + 200)
        .map(|number| format!("2001-01-05,A,row {number},1"))
        .collect();
    let all = rows.clone();
    rows[3] = "2001-01-05,A,row 3,x".to_owned();
    rows[1_100] = "2001-01-05,A".to_owned();
    assert_eq!(import_rows(&storage, &rows), (1_198, 0, 2));
    assert_eq!(import_rows(&storage, &all), (2, 1_198, 0));
    assert_eq!(import_rows(&storage, &all), (0, 1_200, 0));
}
