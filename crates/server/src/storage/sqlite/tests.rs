use std::sync::Arc;
use std::time::Instant;

use super::migrate::MIGRATIONS;
use super::*;
use crate::storage::deadline::Deadline;
use crate::storage::port::{Organisation, Result, Storage as _, Transaction as _};

fn open() -> (tempfile::TempDir, SqliteDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let database = SqliteDatabase::open(&folder.path().join("test.db")).unwrap();
    (folder, database)
}

fn count_users(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?)
}

fn insert_user(connection: &Connection) -> Result<()> {
    let sql = "INSERT INTO users VALUES ('u', 'u', 'U', 'x', '[]', '[]', 0, 0, 0)";
    connection.execute(sql, [])?;
    Ok(())
}

#[test]
fn commits_are_durable_and_logged_ahead() {
    let (_folder, database) = open();
    let pragma = |name: &str| {
        database.transact(|tx| -> Result<String> {
            Ok(tx.query_row(
                &format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"),
                [],
                |row| row.get(0),
            )?)
        })
    };
    assert_eq!(pragma("journal_mode").unwrap(), "wal");
    assert_eq!(pragma("synchronous").unwrap(), "2");
    assert_eq!(pragma("foreign_keys").unwrap(), "1");
}

#[test]
fn an_error_rolls_the_whole_transaction_back() {
    let (_folder, database) = open();
    let outcome: Result<()> = database.transact(|tx| {
        insert_user(tx)?;
        Err(StorageError::Injected)
    });
    assert!(outcome.is_err());
    assert_eq!(database.snapshot(count_users).unwrap(), 0);
}

#[test]
fn a_panic_rolls_back_and_the_next_write_works() {
    let (_folder, database) = open();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        database.transact(|tx| -> Result<()> {
            insert_user(tx)?;
            panic!("in the middle");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(database.snapshot(count_users).unwrap(), 0);
    database.transact(insert_user).unwrap();
    assert_eq!(database.snapshot(count_users).unwrap(), 1);
}

#[test]
fn readers_cannot_write() {
    let (_folder, database) = open();
    assert!(database.snapshot(insert_user).is_err());
}

#[test]
fn a_newer_schema_is_refused_and_a_current_one_reopens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    drop(SqliteDatabase::open(&path).unwrap());
    drop(SqliteDatabase::open(&path).unwrap());
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    let refused = SqliteDatabase::open(&path).unwrap_err();
    assert!(matches!(refused, StorageError::Unavailable(_)));
    assert!(refused.to_string().contains("(schema 999;"), "{refused}");
}

#[test]
fn records_from_before_their_maker_was_kept_with_them_get_it_from_the_history() {
    let mut connection = Connection::open_in_memory().unwrap();
    for sql in &MIGRATIONS[..4] {
        connection.execute_batch(sql).unwrap();
    }
    connection.pragma_update(None, "user_version", 4).unwrap();
    let former = "INSERT INTO records VALUES ('order', 'O-1', '{}', 2, 3, 0, 'tara', 'local-1', 0),
                                             ('order', 'O-2', '{}', 1, 2, 0, 'tara', NULL, 0);
                  INSERT INTO history VALUES ('order', 'O-1', 1, 1, 0, 'tara', 'T', '[]', 'phone', 'create', '{}'),
                                             ('order', 'O-2', 1, 2, 0, 'tara', 'T', '[]', 'phone', 'create', '{}'),
                                             ('order', 'O-1', 2, 3, 0, 'samir', 'S', '[]', 'tablet', 'update', '{}')";
    connection.execute_batch(former).unwrap();
    migrate(&mut connection).unwrap();
    let tx = SqliteTransaction::new(&connection);
    let maker = |id| tx.record("order", id).unwrap().unwrap().maker;
    assert_eq!((maker("O-1").as_deref(), maker("O-2")), (Some("phone"), None));
}

#[test]
fn what_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "dear diary, ".repeat(500)).unwrap();
    let message = SqliteDatabase::open(&path).unwrap_err().to_string();
    assert!(message.contains("notes.txt"), "{message}");
}

/// As they would have come about version by version.
#[test]
fn an_earlier_database_gets_the_times_of_its_log() {
    use crate::storage::log_time::Run;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let before = MIGRATIONS
        .iter()
        .position(|sql| sql.contains("CREATE TABLE log_times"))
        .unwrap();
    let times = [5_i64, 7, 7, 7, 6, 100, 3, 101, 101, 90_000, 1];
    let old = Connection::open(&path).unwrap();
    for sql in &MIGRATIONS[..before] {
        old.execute_batch(sql).unwrap();
    }
    old.pragma_update(None, "user_version", before as u32).unwrap();
    for (sequence, at) in (1_i64..).zip(times) {
        let sql = "INSERT INTO history VALUES ('order', 'O', ?1, ?1, ?2, '', '', '[]', '', 'update', '{}')";
        old.execute(sql, [sequence, at]).unwrap();
    }
    drop(old);
    let database = SqliteDatabase::open(&path).unwrap();
    let mut last: Option<Run> = None;
    for (sequence, at) in (1..).zip(times) {
        let at = chrono::DateTime::from_timestamp_millis(at).unwrap();
        last = Run::begun_at(sequence, at, last).or(last);
        let expected = last.map(|run| run.time_of(sequence));
        let found = database
            .read(Organisation::ONLY, |tx| -> Result<_> { tx.log_time(sequence) })
            .unwrap();
        assert_eq!(found.map(|time| time.timestamp_micros()), expected, "{sequence}");
    }
}

/// Counts for years.
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

fn ending(after: Duration) -> Deadline {
    Deadline {
        at: Instant::now() + after,
        abandoned: Arc::default(),
    }
}

fn count(database: &SqliteDatabase, sql: &str) -> Result<i64> {
    database.snapshot(|tx| Ok(tx.query_row(sql, [], |row| row.get(0))?))
}

#[test]
fn a_read_is_interrupted_when_its_time_is_over_and_the_reader_goes_on_serving() {
    let (_folder, database) = open();
    // More often than there are readers.
    for _ in 0..5 {
        let interrupted = deadline::within(ending(Duration::from_millis(20)), || count(&database, ENDLESS));
        assert!(matches!(interrupted, Err(StorageError::Cancelled)));
    }
    for _ in 0..5 {
        assert_eq!(database.snapshot(count_users).unwrap(), 0);
    }
}

#[test]
fn a_read_that_nobody_waits_for_any_more_is_interrupted() {
    let (_folder, database) = open();
    let end = ending(Duration::from_secs(3600));
    let abandoned = Arc::clone(&end.abandoned);
    std::thread::scope(|scope| {
        let read = scope.spawn(|| deadline::within(end, || count(&database, ENDLESS)));
        abandoned.store(true, Ordering::Relaxed);
        assert!(matches!(read.join().unwrap(), Err(StorageError::Cancelled)));
    });
}

#[test]
fn a_write_that_has_begun_ends_after_its_time() {
    let (_folder, database) = open();
    let end = ending(Duration::from_secs(3600));
    let abandoned = Arc::clone(&end.abandoned);
    let written = deadline::within(end, || {
        database.transact(|tx| -> Result<i64> {
            abandoned.store(true, Ordering::Relaxed);
            let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT max(i) FROM n";
            Ok(tx.query_row(sql, [], |row| row.get(0))?)
        })
    });
    assert_eq!(written.unwrap(), 10_000);
}
