//! What files look like: encodings, separators, quotes, sizes. Each row of each of them is accounted for.

use super::*;
use crate::import::encoding::{Named, Origin};

const HEADER: &str = "Day,Machine,Text,Cost\n";

fn try_with(file: &[u8], options: Options) -> (MemoryStorage, Result<Summary, ImportError>) {
    let storage = MemoryStorage::default();
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let done = import(
        (&storage, Organisation::ONLY),
        &packs(),
        (&mapping, options),
        file,
        (&|| now, "olga"),
        |_, _| {},
    );
    (storage, done)
}

/// The titles that came in, and lines with reasons of what did not.
fn read_with(file: &[u8], options: Options) -> (Vec<String>, Vec<(u64, String)>, Summary) {
    let (storage, done) = try_with(file, options);
    let summary = done.unwrap();
    assert_eq!(
        summary.imported + summary.known + summary.revived + summary.broken.len(),
        summary.rows,
        "{summary:?}"
    );
    let titles = orders(&storage).into_iter();
    let titles = titles.map(|order| order.fields["title"].as_str().unwrap().to_owned());
    let broken = summary.broken.iter().map(|row| (row.line, row.reason.clone()));
    (titles.collect(), broken.collect(), summary)
}

fn latin(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

fn in_encoding(label: &str) -> Options {
    Options {
        encoding: Some(label.parse::<Named>().unwrap()),
        ..Options::default()
    }
}

#[test]
fn letters_arrive_as_they_were_meant() {
    let text = format!("{HEADER}2001-01-05,A,Bagger schließt nicht,1\n2001-01-06,B,Öl für Kühler prüfen,2\n");
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, options, name, origin) in [
        (
            text.as_bytes().to_vec(),
            Options::default(),
            "UTF-8",
            Origin::Valid,
        ),
        (latin(&text), Options::default(), "windows-1252", Origin::Guessed),
        (
            latin(&text),
            in_encoding("iso-8859-1"),
            "windows-1252",
            Origin::Asked,
        ),
        (wide, Options::default(), "UTF-16LE", Origin::Marked),
    ] {
        let (titles, broken, summary) = read_with(&bytes, options);
        assert_eq!(
            titles,
            ["Bagger schließt nicht", "Öl für Kühler prüfen"],
            "{name}"
        );
        assert_eq!((broken, summary.rows), (vec![], 2));
        assert_eq!((summary.read_as.name, summary.read_as.origin), (name, origin));
    }
}

#[test]
fn what_does_not_decode_costs_its_row_and_is_never_replaced() {
    let rows = ["2001-01-05,A,Öl,1", "2001-01-06,B,für,2", "2001-01-07,A,plain,3"];
    let file = [
        HEADER.as_bytes(),
        rows[0].as_bytes(),
        b"\n",
        &latin(rows[1]),
        b"\n",
        rows[2].as_bytes(),
    ]
    .concat();
    let (titles, broken, summary) = read_with(&file, Options::default());
    assert_eq!(
        (titles, summary.rows),
        (vec!["Öl".to_owned(), "plain".to_owned()], 3)
    );
    assert_eq!(broken.len(), 1);
    let (line, reason) = &broken[0];
    assert_eq!(*line, 3);
    assert!(
        reason.starts_with("does not decode as UTF-8 at character 15, byte 56 of the file"),
        "{reason}"
    );
    // The wrong encoding by name.
    let (titles, broken, _) = read_with(&latin(&format!("{HEADER}{}", rows[1])), in_encoding("utf-8"));
    assert_eq!((titles.len(), broken.len()), (0, 1));
    // A row with wrong bytes in a cell of several lines is one row.
    let file = [
        HEADER.as_bytes(),
        b"2001-01-06,B,\"a\nb\xfc\nc\xc3\xb6\xc3\xb6\",2\n2001-01-07,A,plain,3",
    ]
    .concat();
    let (titles, broken, summary) = read_with(&file, Options::default());
    assert_eq!(
        (titles, broken.len(), summary.rows),
        (vec!["plain".to_owned()], 1, 2)
    );
    for bytes in [
        b"2001-01-07,A,a\xef\xbf\xbdb,3".as_slice(),
        b"2001-01-07,A,a\x07b,3",
    ] {
        let (titles, broken, _) = read_with(&[HEADER.as_bytes(), bytes].concat(), Options::default());
        assert_eq!((titles.len(), broken[0].0), (0, 2));
    }
}

#[test]
fn a_quote_takes_no_row_with_it_untold() {
    // A stray quote that nothing closes, or in the wrong way, costs its own row.
    let open = format!("{HEADER}2001-01-05,A,\"grease,1\n2001-01-06,B,track,2\n2001-01-07,B,boom,3\n");
    let (titles, broken, summary) = read_with(open.as_bytes(), Options::default());
    assert_eq!(
        (titles, summary.rows),
        (vec!["track".to_owned(), "boom".to_owned()], 3)
    );
    assert_eq!(broken[0].0, 2);
    // One that a later row closes, with the right number of cells: nobody can tell which rows were meant.
    let closed = format!(
        "{HEADER}2001-01-05,A,\"grease,1\n2001-01-06,B,track,2\n2001-01-07,B,5\",3\n2001-01-08,A,last,4\n"
    );
    let (titles, broken, summary) = read_with(closed.as_bytes(), Options::default());
    assert_eq!((titles, summary.rows), (vec!["last".to_owned()], 4));
    let told: Vec<_> = broken
        .iter()
        .map(|(line, reason)| (*line, reason.split(',').next().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (2, "opens a quote that is closed in line 4"),
            (3, "stands within the quote that line 2 opens"),
            (4, "stands within the quote that line 2 opens")
        ]
    );
    let multiline = Options {
        multiline: true,
        ..Options::default()
    };
    let (titles, broken, summary) = read_with(closed.as_bytes(), multiline);
    assert_eq!(
        (titles.len(), broken.len(), summary.rows),
        (1, 1, 2),
        "told as too long: {broken:?}"
    );
    assert!(broken[0].1.contains("title may have 40 characters"), "{broken:?}");
    // A note of several lines is a cell like any other.
    let note = format!("{HEADER}2001-01-05,A,\"first\nsecond, and\n\nthird\",1\r\n2001-01-06,B,track,2\n");
    let (titles, broken, summary) = read_with(note.as_bytes(), Options::default());
    assert_eq!(titles, ["first\nsecond, and\n\nthird", "track"]);
    assert_eq!((broken.len(), summary.rows), (0, 2));
}

#[test]
fn separators_are_the_files_own() {
    let rows = "Day;Machine;Text;Cost\n2001-01-05;A;leak, left;1\n2001-01-06;B;\"a;b\";2\n";
    let with = |delimiter: char| Options {
        delimiter: Some(delimiter),
        ..Options::default()
    };
    let (titles, ..) = read_with(rows.as_bytes(), with(';'));
    assert_eq!(titles, ["leak, left", "a;b"]);
    let tabs = rows.replace("a;b", "a\tb").replace(';', "\t");
    assert_eq!(read_with(tabs.as_bytes(), with('\t')).0, ["leak, left", "a\tb"]);
    for (file, name) in [(rows, "';'"), (tabs.as_str(), "tab")] {
        let (storage, refused) = try_with(file.as_bytes(), Options::default());
        let told = refused.unwrap_err().to_string();
        assert!(told.contains(&format!("say --delimiter {name}")), "{told}");
        assert!(orders(&storage).is_empty());
    }
    // Decimal commas, and everything that a mapping may say of its file.
    let of_file = "delimiter = \";\"\nencoding = \"latin1\"\nmultiline = true\n\n[[columns]]\nname = \"Day\"";
    let text = MAPPING
        .replacen("[[columns]]\nname = \"Day\"", of_file, 1)
        .replace("type = \"number\"", "type = \"number\"\ndecimal = \",\"");
    let mapping = Mapping::from_toml(&text).unwrap();
    let storage = MemoryStorage::default();
    let file = latin(
        "Day;Machine;Text;Cost\n2001-01-05;A;Öl;1,50\n2001-01-05;B;\"a\n2001-01-05;A;b;2\n\";2\n2001-01-05;A;Öl;1.50\n",
    );
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let done = import(
        (&storage, Organisation::ONLY),
        &packs(),
        (&mapping, Options::default()),
        &file[..],
        (&|| now, "olga"),
        |_, _| {},
    );
    let summary = done.unwrap();
    assert_eq!(
        (summary.imported, summary.broken.len(), summary.rows),
        (2, 1, 3),
        "{summary:?}"
    );
    assert!(summary.broken[0].reason.contains("not a number"), "{summary:?}");
    for (unsound, told) in [
        ("delimiter = \"ab\"", "delimiter: "),
        ("encoding = \"klingon\"", "encoding: "),
    ] {
        let text = MAPPING.replacen("[[columns]]", &format!("{unsound}\n\n[[columns]]"), 1);
        let mapping = Mapping::from_toml(&text).unwrap();
        let refused = import(
            (&storage, Organisation::ONLY),
            &packs(),
            (&mapping, Options::default()),
            &file[..],
            (&|| now, "olga"),
            |_, _| {},
        );
        assert!(
            matches!(&refused, Err(ImportError::Mapping(fault)) if fault.starts_with(told)),
            "{refused:?}"
        );
    }
    for name in ["tab", "\\t", ";", "|", ","] {
        assert!(crate::import::delimiter(name).is_ok(), "{name}");
    }
    for name in ["", "ab", "\"", "\n", "x", " "] {
        assert!(crate::import::delimiter(name).is_err(), "{name}");
    }
}

#[test]
fn files_have_a_largest_size() {
    let endless = std::io::repeat(b'x');
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let storage = MemoryStorage::default();
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let refused = import(
        (&storage, Organisation::ONLY),
        &packs(),
        (&mapping, Options::default()),
        endless,
        (&|| now, "olga"),
        |_, _| {},
    );
    assert!(matches!(refused, Err(ImportError::TooLarge)), "{refused:?}");
    let many = format!("{HEADER}{}", "x\n".repeat(1_000_001));
    let (storage, refused) = try_with(many.as_bytes(), Options::default());
    assert!(matches!(refused, Err(ImportError::TooManyRows)), "{refused:?}");
    assert!(orders(&storage).is_empty());
    let wide: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (_, refused) = try_with(&wide, Options::default());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("say --encoding utf-16be")
    );
}
