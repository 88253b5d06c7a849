//! What `serve` needs to start, and how it says what is missing.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::support::{Serving, account, folder_with_app, run, server};

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
    use holdfast_server::storage::port::{Organisation, Storage, StorageError};
    use holdfast_server::storage::sqlite::SqliteDatabase;

    let folder = folder_with_app();
    let path = folder.path().join("holdfast.db");
    let database = SqliteDatabase::open(&path).unwrap();
    let now = chrono::Utc::now();
    database
        .write(Organisation::ONLY, |tx| {
            demo::open(tx.identity_mut()?, &mut rand::rng(), now)
        })
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
    let users = database
        .read::<_, StorageError>(Organisation::ONLY, |tx| tx.identity().users())
        .unwrap();
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
