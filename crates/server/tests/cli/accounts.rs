//! Accounts, and the security log.

use crate::support::{account, run};

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
