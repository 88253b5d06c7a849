//! The binary, as an operator starts it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn folder_with_app() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("dist")).unwrap();
    std::fs::write(folder.path().join("dist/index.html"), "<!doctype html>").unwrap();
    folder
}

fn server(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-server"));
    command.current_dir(folder).args(arguments);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    server(folder, arguments).output().unwrap()
}

#[test]
fn help_tells_each_flag_and_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["serve", "--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for flag in [
        "--listen",
        "--database",
        "--web",
        "--demo",
        "--public-url",
        "--access-token-seconds",
        "--session-days",
        "--allowed-host",
        "--operations-listen",
        "--max-connections",
        "--hsts-seconds",
        "--hsts-include-subdomains",
        "--hsts-preload",
    ] {
        let variable = format!(
            "HOLDFAST_{}",
            flag.trim_start_matches('-').replace('-', "_").to_uppercase()
        );
        assert!(
            text.contains(flag) && text.contains(&variable),
            "{flag} and {variable} in {text}"
        );
    }
}

#[test]
fn what_prevents_a_start_is_told_with_what_to_do() {
    let folder = folder_with_app();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let table: &[(&[&str], i32, &str)] = &[
        (&["--listen", "0.0.0.0:0", "--demo"], 1, "loopback only"),
        (
            &["--demo", "--public-url", "https://field.example"],
            1,
            "combined with --public-url",
        ),
        (
            &["--demo", "--public-url", "http://127.0.0.1:1"],
            1,
            "combined with --public-url",
        ),
        (&["--demo", "--behind-proxy"], 1, "combined with --behind-proxy"),
        (
            &["--demo", "--allowed-host", "field.example"],
            1,
            "combined with --allowed-host",
        ),
        (&["--hsts-preload"], 1, "--hsts-include-subdomains"),
        (
            &[
                "--hsts-preload",
                "--hsts-include-subdomains",
                "--hsts-seconds",
                "60",
            ],
            1,
            "31536000",
        ),
        (&["--allowed-host", "*.example"], 2, "is not a host"),
        (&["--session-days", "0"], 2, "1..=365"),
        (&["--session-days", "366"], 2, "1..=365"),
        (
            &["--operations-listen", &taken, "--listen", "127.0.0.1:0"],
            1,
            "cannot listen on",
        ),
        (&["--listen", &taken], 1, "choose another with --listen"),
        (
            &["--listen", "127.0.0.1:0", "--web", "elsewhere"],
            1,
            "has no index.html",
        ),
        (
            &[
                "--listen",
                "127.0.0.1:0",
                "--database",
                "sqlite:no/such/folder/x.db",
            ],
            1,
            "no/such/folder/x.db",
        ),
        (&["--database", "postgres://localhost"], 2, "sqlite:holdfast.db"),
    ];
    for (flags, code, reason) in table {
        let arguments = [&["serve"], *flags].concat();
        let output = run(folder.path(), &arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{flags:?}: {told}");
        assert!(told.contains(reason), "{flags:?}: {told}");
    }
}

#[test]
fn changes_of_accounts_and_exports_are_in_the_security_log_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let table: [(&[&str], &str, &str); 5] = [
        (
            &["add", "ann", "--role", "admin"],
            "correct horse\n",
            "event=\"account_created\"",
        ),
        (&["password", "ann"], "battery staple\n", "event=\"password_set\""),
        (&["disable", "ann"], "", "event=\"status_changed\""),
        (&["enable", "ann"], "", "event=\"status_changed\""),
        (&["add", "ann", "--role", "admin"], "battery staple\n", "already"),
    ];
    for (arguments, input, expected) in table {
        let (_, told) = account(folder.path(), arguments, input);
        assert!(told.contains(expected), "{arguments:?}: {told}");
        assert!(
            !told.contains("horse") && !told.contains("staple") && !told.contains("argon2"),
            "{told}"
        );
    }
    let export = run(folder.path(), &["export", "--entity", "work-order"]);
    let told = String::from_utf8(export.stderr).unwrap();
    assert!(
        told.contains("event=\"exported\"") && told.contains("work-order"),
        "{told}"
    );
}

#[test]
fn a_demo_is_refused_in_the_environment_s_words_too() {
    let folder = folder_with_app();
    for (variable, value) in [
        ("HOLDFAST_PUBLIC_URL", "https://field.example"),
        ("HOLDFAST_BEHIND_PROXY", "true"),
        ("HOLDFAST_ALLOWED_HOST", "localhost,field.example"),
    ] {
        let mut command = server(folder.path(), &["serve"]);
        let output = command
            .env("HOLDFAST_DEMO", "true")
            .env(variable, value)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{variable}: {told}");
        assert!(told.contains("--demo opens accounts"), "{variable}: {told}");
    }
    assert!(
        !folder.path().join("holdfast.db").exists(),
        "nothing was opened before"
    );
}

#[test]
fn a_demo_and_accounts_of_its_own_do_not_share_a_database() {
    use holdfast_server::identity::demo;
    use holdfast_server::identity::sqlite::SqliteIdentity;
    use holdfast_server::identity::store::IdentityStore;
    use holdfast_server::storage::sqlite::Database;

    let folder = folder_with_app();
    let path = folder.path().join("holdfast.db");
    let database = Database::open(&path).unwrap();
    let now = chrono::Utc::now();
    database
        .write(|tx| demo::open(&SqliteIdentity(tx), &mut rand::rng(), now))
        .unwrap();
    assert_eq!(
        account(
            folder.path(),
            &["add", "ann", "--role", "admin"],
            "correct horse\n"
        )
        .0,
        0
    );
    let users = database.read(|tx| SqliteIdentity(tx).users()).unwrap();
    assert!(
        users.iter().filter(|user| user.demo).all(|user| user.disabled),
        "an account of its own closes the demo"
    );
    // Also where that account lets nobody in at the moment.
    for status in ["enable", "disable"] {
        account(folder.path(), &[status, "ann"], "");
        let output = run(folder.path(), &["serve", "--demo", "--listen", "127.0.0.1:0"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("holds accounts of its own"), "{told}");
    }
}

#[test]
fn what_the_server_writes_is_its_own_account_s_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder_with_app();
    let mode = |name: &str| {
        let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    let child = Serving::start(folder.path(), &["--demo", "--log", "off"]);
    for name in ["holdfast.db", "holdfast.db-wal", "holdfast.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    drop(child);
    assert!(
        run(folder.path(), &["export", "--output", "all.jsonl"])
            .status
            .success()
    );
    assert_eq!(mode("all.jsonl"), 0o600);

    let widen = |name: &str| {
        let path = folder.path().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    };
    for name in ["holdfast.db", "all.jsonl"] {
        widen(name);
        let output = run(folder.path(), &["export", "--output", "all.jsonl"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.success() && told.contains(&format!("chmod 600 {name}")),
            "{told}"
        );
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// The server as a process, until dropped.
struct Serving {
    child: std::process::Child,
    base: String,
}

impl Serving {
    fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut command = server(folder, &[&["serve", "--listen", "127.0.0.1:0"], flags].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let base = line.trim().strip_prefix("Holdfast is at ").unwrap().to_owned();
        Self { child, base }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_process_answers_to_its_names_and_sends_the_promise_of_tls() {
    let folder = folder_with_app();
    let serving = Serving::start(
        folder.path(),
        &[
            "--public-url",
            "https://field.example",
            "--allowed-host",
            "sync.example",
            "--hsts-seconds",
            "31536000",
            "--hsts-include-subdomains",
            "--hsts-preload",
            "--log",
            "off",
        ],
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ask = |host: &str| {
        runtime.block_on(async {
            let request = reqwest::Client::new().get(format!("{}/healthz", serving.base));
            request.header("host", host).send().await.unwrap()
        })
    };
    for (host, status) in [
        ("field.example", 200),
        ("sync.example", 200),
        ("other.example", 421),
    ] {
        let answer = ask(host);
        assert_eq!(answer.status().as_u16(), status, "{host}");
        assert_eq!(
            answer.headers()["strict-transport-security"],
            "max-age=31536000; includeSubDomains; preload"
        );
    }
}

#[test]
fn it_serves_and_stops_when_told() {
    let folder = folder_with_app();
    let mut child = server(folder.path(), &["serve", "--demo", "--log", "off"])
        .env("HOLDFAST_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let base = line.trim().strip_prefix("Holdfast is at ").unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let body = runtime.block_on(async {
        reqwest::get(format!("{base}/readyz"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    });
    assert_eq!(body, r#"{"status":"ok","service":"holdfast"}"#);
    let killed = Command::new("kill")
        .arg("-TERM")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success(), "an orderly stop exits with 0");
}

/// Runs `holdfast-server user` with an input; gives its exit code and what it told.
fn account(folder: &Path, arguments: &[&str], input: &str) -> (i32, String) {
    use std::io::Write;

    let mut command = server(folder, &[&["user"], arguments].concat());
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The process may end without reading its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn accounts_are_managed_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let user = |arguments: &[&str], input: &str| account(folder.path(), arguments, input);
    let table: &[(&[&str], &str, i32, &str)] = &[
        (
            &["add", "ann", "--role", "technician", "--site", "north"],
            "short\n",
            1,
            "8 to 1024 bytes",
        ),
        (
            &["add", "ann", "--role", "technician", "--site", "north"],
            "correct horse\n",
            0,
            "",
        ),
        (
            &["add", "Ann", "--role", "technician"],
            "correct horse\n",
            1,
            "already",
        ),
        (&["add", "ben"], "correct horse\n", 2, "--role"),
        (&["password", "ann"], "battery staple\n", 0, ""),
        (&["disable", "ann"], "", 0, ""),
        (&["enable", "ann"], "", 0, ""),
        (&["disable", "nobody"], "", 1, "no account"),
        (&["add", "jos\u{e9}", "--role", "admin"], "correct horse\n", 0, ""),
        (
            &["add", "JOSE\u{301}", "--role", "admin"],
            "correct horse\n",
            1,
            "already",
        ),
        (&["password", "Jose\u{301}"], "battery staple\n", 0, ""),
        (
            &["add", " ", "--role", "admin"],
            "correct horse\n",
            1,
            "1 to 100 characters",
        ),
        (
            &["add", "a\u{7}b", "--role", "admin"],
            "correct horse\n",
            1,
            "control character",
        ),
    ];
    for (arguments, input, code, reason) in table {
        let (status, told) = user(arguments, input);
        assert_eq!(status, *code, "{arguments:?}: {told}");
        assert!(told.contains(reason), "{arguments:?}: {told}");
    }
}

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
    assert!(told.starts_with(first) && told.contains("--encoding"), "{told}");
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
