//! Import, export and audit.

use std::path::Path;
use std::process::Output;

use crate::support::run;

/// Two orders that are good, and a row that is not.
fn import_orders(folder: &Path) -> Output {
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../../domains/maintenance.nist.toml");
    let rows = "BscStartDate,Asset,OriginalShorttext,PMType,Cost\n2004-07-01,A,BUCKET WON'T OPEN,PM01,183.05\n\
                2004-07-01,A,BUCKET WON'T OPEN,PM01,183.05\n2003-12-31,B,won,t swing,PM01\n";
    std::fs::write(folder.join("orders.csv"), rows).unwrap();
    run(
        folder,
        &[
            "import",
            "--pack",
            "maintenance",
            "--mapping",
            mapping,
            "orders.csv",
            "--by",
            "olga",
        ],
    )
}

#[test]
fn a_table_is_imported_once_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let import = || import_orders(folder.path());
    let first = import();
    assert_eq!(first.status.code(), Some(1), "a row was left out");
    let told = String::from_utf8(first.stdout).unwrap();
    assert!(
        told.starts_with("2 records imported, 0 were there already, 1 row left out"),
        "{told}"
    );
    assert!(told.contains("line 4: Cost is \"PM01\", not a number"), "{told}");
    assert!(String::from_utf8(first.stderr).unwrap().contains("2 of 2 rows"));
    let again = String::from_utf8(import().stdout).unwrap();
    assert!(
        again.starts_with("0 records imported, 2 were there already"),
        "{again}"
    );

    let export = run(folder.path(), &["export", "--entity", "work-order"]);
    let lines: Vec<serde_json::Value> = String::from_utf8(export.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["record", "version", "record", "version", "audit"]);
    assert_eq!(lines[0]["fields"]["title"], "BUCKET WON'T OPEN");
    let audit = run(folder.path(), &["audit", "--json"]);
    let entries = String::from_utf8(audit.stdout).unwrap();
    let entry: serde_json::Value =
        serde_json::from_str(&entries).expect("one entry: the second import brought nothing");
    assert_eq!(
        (
            &entry["action"],
            &entry["userName"],
            &entry["resolution"]["records"]
        ),
        (&"import".into(), &"olga".into(), &"2".into())
    );
    assert_eq!(
        lines[0]["fields"]["createdBy"], "supervisor",
        "its author is who the mapping says"
    );
}

/// A file as a German spreadsheet writes it: Latin-1, semicolons.
#[test]
fn the_command_says_how_it_read_a_file_and_what_became_of_each_row() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../../domains/maintenance.nist.toml");
    let rows = "BscStartDate;Asset;OriginalShorttext;PMType;Cost\n2004-07-01;A;K\u{fc}hler und \u{d6}lfilter pr\u{fc}fen;PM01;1\n\
                2004-07-02;B;Schlie\u{df}t nicht;PM01;2\n2004-07-03;X;Schlie\u{df}t nicht;PM01;2\n";
    let latin: Vec<u8> = rows
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    std::fs::write(folder.path().join("orders.csv"), latin).unwrap();
    let import = |more: &[&str]| {
        let arguments = [
            "import",
            "--pack",
            "maintenance",
            "--mapping",
            mapping,
            "orders.csv",
        ];
        let output = run(folder.path(), &[&arguments, more].concat());
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, _, refused) = import(&[]);
    assert_eq!(code, Some(1));
    assert!(refused.contains("say --delimiter ';'"), "{refused}");
    let (code, told, _) = import(&["--delimiter", ";"]);
    assert_eq!(code, Some(1), "{told}");
    let first = "2 records imported, 0 were there already, 1 row left out: 3 rows in the file\nnote: the file is not UTF-8 and was read as windows-1252";
    assert!(
        told.starts_with(first) && told.contains("import again with --revive --encoding NAME"),
        "{told}"
    );
    assert!(told.contains("line 4: Asset is \"X\""), "{told}");
    let (_, told, _) = import(&["--delimiter", ";", "--encoding", "latin1"]);
    assert!(
        told.starts_with("0 records imported, 2 were there already, 1 row left out: 3"),
        "{told}"
    );
    assert!(!told.contains("read as"), "{told}");
    for (option, value) in [("--encoding", "klingon"), ("--delimiter", "ab")] {
        let (code, _, told) = import(&[option, value]);
        assert_eq!(code, Some(2), "{told}");
    }
    let export = run(folder.path(), &["export", "--entity", "work-order"]);
    let lines = String::from_utf8(export.stdout).unwrap();
    assert!(
        lines.contains("K\u{fc}hler und \u{d6}lfilter pr\u{fc}fen"),
        "{lines}"
    );
}

#[test]
fn an_audit_that_was_tampered_with_is_told_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    import_orders(folder.path());
    let verified = run(folder.path(), &["audit", "verify"]);
    let told = String::from_utf8(verified.stdout).unwrap();
    assert!(
        verified.status.success() && told.starts_with("1 entries"),
        "{told}"
    );

    let intruder = rusqlite::Connection::open(folder.path().join("holdfast.db")).unwrap();
    intruder
        .execute_batch(
            "INSERT INTO audit (id, at, entity, record_id, user_id, entry, hash) \
             VALUES ('forged', 0, 'work-order', 'WO-1', 'tara', '{}', 'made up')",
        )
        .unwrap();
    let verified = run(folder.path(), &["audit", "verify"]);
    let told = String::from_utf8(verified.stderr).unwrap();
    assert_eq!(verified.status.code(), Some(1), "{told}");
    assert!(told.contains("tampered") && told.contains("forged"), "{told}");
}

#[test]
fn what_prevents_an_import_or_export_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.toml"), "pack = 7").unwrap();
    std::fs::write(folder.path().join("orders.csv"), "a,b\n").unwrap();
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../../domains/maintenance.nist.toml");
    let table: &[(&[&str], &str)] = &[
        (
            &[
                "import",
                "--pack",
                "maintenance",
                "--mapping",
                "nowhere.toml",
                "orders.csv",
            ],
            "cannot read nowhere.toml",
        ),
        (
            &[
                "import",
                "--pack",
                "maintenance",
                "--mapping",
                "broken.toml",
                "orders.csv",
            ],
            "broken.toml cannot be read",
        ),
        (
            &[
                "import",
                "--pack",
                "service-desk",
                "--mapping",
                mapping,
                "orders.csv",
            ],
            "--pack says \"service-desk\"",
        ),
        (
            &[
                "import",
                "--pack",
                "maintenance",
                "--mapping",
                mapping,
                "nowhere.csv",
            ],
            "cannot read nowhere.csv",
        ),
        (
            &[
                "import",
                "--pack",
                "maintenance",
                "--mapping",
                mapping,
                "orders.csv",
            ],
            "the mapping expects",
        ),
        (
            &["export", "--database", "sqlite:nowhere.db"],
            "there is no database nowhere.db",
        ),
        (
            &["audit", "--database", "sqlite:nowhere.db"],
            "there is no database nowhere.db",
        ),
        (&["export", "--entity", "ship"], "there is no entity \"ship\""),
    ];
    for (arguments, expected) in table {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
}
