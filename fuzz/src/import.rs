//! Foreign tables.

use std::sync::OnceLock;

use holdfast_core::{Timestamp, pack::Packs};
use holdfast_server::{
    import::{Options, Summary, import as import_csv, mapping::Mapping},
    packs::load,
    storage::{
        memory::MemoryStorage,
        port::{Organisation, Storage},
    },
};

const HEADER: &str = "BscStartDate,Asset,OriginalShorttext,PMType,Cost\n";
/// Before whatever follows; `\n` ends it for sure.
const GOOD: &str = "2004-07-01,A,BUCKET WON'T OPEN,PM01,183.05\n";

fn rules() -> &'static (Packs, Mapping) {
    static RULES: OnceLock<(Packs, Mapping)> = OnceLock::new();
    RULES.get_or_init(|| {
        let mapping = include_str!("../../domains/maintenance.nist.toml");
        (
            load(None).expect("packs in use are sound"),
            Mapping::from_toml(mapping).expect("and their mapping"),
        )
    })
}

/// Of any file with the right header each row is imported or told with its line, and reading it again adds nothing.
/// Any other file, or one in an encoding that cannot be told, is refused, and nothing is imported.
pub fn import(bytes: &[u8]) {
    let storage = MemoryStorage::default();
    if run(&storage, bytes).is_none() {
        assert_eq!(orders(&storage), 0, "a refused file leaves nothing");
    }
    let storage = MemoryStorage::default();
    let file = [HEADER.as_bytes(), GOOD.as_bytes(), bytes].concat();
    let Some(summary) = run(&storage, &file) else {
        assert!(bytes.contains(&0) || !bytes.is_ascii(), "the header is right");
        return;
    };
    let told = summary.imported + summary.known + summary.broken.len();
    assert_eq!(told, summary.rows, "each row is imported or told");
    // A cell of several lines makes them one row; bytes that are no text may hold ends of lines that are none.
    if summary.read_as.name == "UTF-8" {
        assert!(
            told <= lines(&file) && (file.contains(&b'"') || told == lines(&file)),
            "{told} of {} lines",
            lines(&file)
        );
    }
    assert_eq!(orders(&storage), summary.imported);
    assert!(summary.imported >= 1, "the good row stays good");
    let lines: Vec<u64> = summary.broken.iter().map(|row| row.line).collect();
    assert!(
        lines.is_sorted() && lines.iter().all(|line| *line > 2),
        "{lines:?}"
    );
    assert!(summary.broken.iter().all(|row| !row.reason.is_empty()));
    let again = run(&storage, &file).expect("as before");
    assert_eq!(
        (again.imported, again.known),
        (0, summary.imported + summary.known),
        "the same file adds nothing"
    );
}

fn run(storage: &MemoryStorage, file: &[u8]) -> Option<Summary> {
    let (packs, mapping) = rules();
    import_csv(
        (storage, Organisation::ONLY),
        packs,
        (mapping, Options::default()),
        file,
        (&|| Timestamp::UNIX_EPOCH, "fuzz"),
        |_, _| {},
    )
    .ok()
}

/// Lines behind the header that hold anything.
fn lines(file: &[u8]) -> usize {
    let lines = file.split(|byte| matches!(byte, b'\r' | b'\n'));
    lines.filter(|line| !line.is_empty()).count() - 1
}

fn orders(storage: &MemoryStorage) -> usize {
    let found = storage.read(Organisation::ONLY, |tx| {
        tx.records_after("work-order", None, usize::MAX)
    });
    found.expect("memory does not fail").len()
}
