//! The properties on random bytes, and on all that ever broke one.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn packs(bytes in vec(any::<u8>(), 0..96)) {
        holdfast_fuzz::packs(&bytes);
    }

    #[test]
    fn protocol(bytes in vec(any::<u8>(), 0..96)) {
        holdfast_fuzz::protocol(&bytes);
    }

    #[test]
    fn merge(bytes in vec(any::<u8>(), 0..400)) {
        holdfast_fuzz::merge(&bytes);
    }

    #[test]
    fn import(bytes in vec(any::<u8>(), 0..200)) {
        holdfast_fuzz::import(&bytes);
    }

    /// Lines that look like rows get further than noise.
    #[test]
    fn import_of_rows(rows in vec("(200[0-9]-0[1-9]-1[0-9]|[a-z]*),[A-F],[a-z \"]{0,8},PM01,(-?[0-9]{1,4}(\\.[0-9]{2})?|x)", 0..12)) {
        holdfast_fuzz::import(rows.join("\r\n").as_bytes());
    }

    #[test]
    fn text(bytes in vec(any::<u8>(), 0..200)) {
        holdfast_fuzz::text(&bytes);
    }

    #[test]
    fn push(bytes in vec(any::<u8>(), 0..96)) {
        holdfast_fuzz::push(&bytes);
    }

    #[test]
    fn values(bytes in vec(any::<u8>(), 0..96)) {
        holdfast_fuzz::values(&bytes);
    }

    /// Lines that look like numbers, instants, tags and cursors get further than noise.
    #[test]
    fn values_of_lines(lines in vec(prop_oneof![
        "-?[0-9]{1,20}(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?",
        "20[0-9]{2}-1[0-2]-[0-2][1-8][Tt ][0-2][0-3]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|z|[-+][01][0-9]:[0-5][0-9])",
        "(W/)?\"[ef]\\.[0-9]{1,3}\",? ?",
        "v[12](\\.[a-z0-9:-]{1,6}){2,7}",
    ], 1..6)) {
        holdfast_fuzz::values(lines.join("\n").as_bytes());
    }
}

type Property = fn(&[u8]);

#[test]
fn what_was_found_stays_mended() {
    let all: [(&str, Property); 7] = [
        ("packs", holdfast_fuzz::packs),
        ("protocol", holdfast_fuzz::protocol),
        ("merge", holdfast_fuzz::merge),
        ("import", holdfast_fuzz::import),
        ("push", holdfast_fuzz::push),
        ("text", holdfast_fuzz::text),
        ("values", holdfast_fuzz::values),
    ];
    for (name, property) in all {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        for file in std::fs::read_dir(folder).unwrap() {
            property(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
