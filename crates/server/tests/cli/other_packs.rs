//! An import beside a running server whose packs are not the import's.

use std::path::Path;

use crate::support::{Serving, folder_with_app, run};

const MAPPING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../domains/maintenance.nist.toml");

/// The packs of the product, with another way to compare the unique values of work orders.
fn write_packs(folder: &Path, unique: &str) {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../domains"));
    std::fs::create_dir_all(folder.join("packs")).unwrap();
    for name in ["maintenance.toml", "service-desk.toml"] {
        let text = std::fs::read_to_string(source.join(name)).unwrap();
        let text = text.replacen("unique = [[\"externalRef\"]]", unique, 1);
        std::fs::write(folder.join("packs").join(name), text).unwrap();
    }
}

/// Imports one order; the exit code, and what was told on the error output.
fn import(folder: &Path, title: &str, flags: &[&str]) -> (i32, String) {
    let rows = format!("BscStartDate,Asset,OriginalShorttext,PMType,Cost\n2004-07-01,A,{title},PM01,1\n");
    std::fs::write(folder.join("orders.csv"), rows).unwrap();
    let arguments = [
        "import",
        "--pack",
        "maintenance",
        "--mapping",
        MAPPING,
        "orders.csv",
    ];
    let output = run(folder, &[&arguments, flags].concat());
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// How keys are made, all keys, and the number of records.
fn state(folder: &Path) -> (String, Vec<(String, String, String)>, u32) {
    let database = rusqlite::Connection::open(folder.join("holdfast.db")).unwrap();
    let ways = "SELECT value FROM meta WHERE name = 'uniqueKeys'";
    let ways = database.query_row(ways, [], |row| row.get(0)).unwrap();
    let mut keys = database
        .prepare("SELECT name, value, id FROM unique_values WHERE entity = 'work-order' ORDER BY 1, 2, 3")
        .unwrap();
    let keys = keys.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let keys = keys.unwrap().map(Result::unwrap).collect();
    let records = database.query_row("SELECT count(*) FROM records", [], |row| row.get(0));
    (ways, keys, records.unwrap())
}

#[test]
fn an_import_with_other_packs_changes_nothing_of_a_running_server() {
    let folder = folder_with_app();
    write_packs(folder.path(), "unique = [[\"externalRef\"], [\"title\"]]");
    let domains = ["--domains", "packs"];
    let serving = Serving::start(folder.path(), &["--domains", "packs", "--log", "off"]);
    assert_eq!(import(folder.path(), "first", &domains).0, 0);
    let before = state(folder.path());
    assert!(before.1.iter().any(|(set, ..)| set == "title"), "{before:?}");
    // Without the server's packs.
    let (code, told) = import(folder.path(), "second", &[]);
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("Nothing was imported") && told.contains("--domains"),
        "{told}"
    );
    assert_eq!(state(folder.path()), before);
    // With packs that were edited since the server started.
    write_packs(
        folder.path(),
        "unique = [[\"externalRef\"], [\"title\", \"siteId\"]]",
    );
    let (code, told) = import(folder.path(), "second", &domains);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("restart the server"), "{told}");
    assert_eq!(state(folder.path()), before);
    // After the restart they are the server's.
    drop(serving);
    let serving = Serving::start(folder.path(), &["--domains", "packs", "--log", "off"]);
    let (code, told) = import(folder.path(), "second", &domains);
    assert_eq!(code, 0, "{told}");
    let after = state(folder.path());
    assert!(after.1.iter().any(|(set, ..)| set == "title,siteId"), "{after:?}");
    assert!(!after.1.iter().any(|(set, ..)| set == "title"), "{after:?}");
    assert_eq!(after.2, before.2 + 1);
    drop(serving);
}

#[test]
fn a_database_that_no_server_opened_takes_the_packs_of_its_first_import() {
    let folder = folder_with_app();
    assert_eq!(import(folder.path(), "first", &[]).0, 0);
    write_packs(folder.path(), "unique = [[\"externalRef\"], [\"title\"]]");
    let (code, told) = import(folder.path(), "second", &["--domains", "packs"]);
    assert_eq!(code, 1, "{told}");
    drop(Serving::start(
        folder.path(),
        &["--domains", "packs", "--log", "off"],
    ));
    let keys = state(folder.path()).1;
    assert!(
        keys.iter().any(|(set, ..)| set == "title"),
        "made at the start: {keys:?}"
    );
    let (code, told) = import(folder.path(), "second", &["--domains", "packs"]);
    assert_eq!(code, 0, "{told}");
}
