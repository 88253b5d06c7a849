use super::migrate::MIGRATIONS;
use super::*;
use crate::storage::port::Transaction as _;

fn open() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("test.db")).unwrap();
    (folder, database)
}

fn count_users(connection: &Connection) -> Result<i64, DatabaseError> {
    Ok(connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?)
}

fn insert_user(connection: &Connection) -> Result<(), DatabaseError> {
    let sql = "INSERT INTO users VALUES ('u', 'u', 'U', 'x', '[]', '[]', 0, 0, 0)";
    connection.execute(sql, [])?;
    Ok(())
}

#[test]
fn commits_are_durable_and_logged_ahead() {
    let (_folder, database) = open();
    let pragma = |name: &str| {
        database.write(|tx| -> Result<String, DatabaseError> {
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
    let outcome: Result<(), DatabaseError> = database.write(|tx| {
        insert_user(tx)?;
        Err(DatabaseError::Newer { found: 2, known: 1 })
    });
    assert!(outcome.is_err());
    assert_eq!(database.read(count_users).unwrap(), 0);
}

#[test]
fn a_panic_rolls_back_and_the_next_write_works() {
    let (_folder, database) = open();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        database.write(|tx| -> Result<(), DatabaseError> {
            insert_user(tx)?;
            panic!("in the middle");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(database.read(count_users).unwrap(), 0);
    database.write(|tx| insert_user(tx)).unwrap();
    assert_eq!(database.read(count_users).unwrap(), 1);
}

#[test]
fn readers_cannot_write() {
    let (_folder, database) = open();
    assert!(database.read(insert_user).is_err());
}

#[test]
fn a_newer_schema_is_refused_and_a_current_one_reopens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    drop(Database::open(&path).unwrap());
    drop(Database::open(&path).unwrap());
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    assert!(matches!(
        Database::open(&path),
        Err(DatabaseError::Newer { found: 999, .. })
    ));
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
    let message = Database::open(&path).unwrap_err().to_string();
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
    let database = Database::open(&path).unwrap();
    let mut last: Option<Run> = None;
    for (sequence, at) in (1..).zip(times) {
        let at = chrono::DateTime::from_timestamp_millis(at).unwrap();
        last = Run::begun_at(sequence, at, last).or(last);
        let expected = last.map(|run| run.time_of(sequence));
        let found = crate::storage::port::Storage::read(&database, |tx| -> crate::storage::port::Result<_> {
            tx.log_time(sequence)
        })
        .unwrap();
        assert_eq!(found.map(|time| time.timestamp_micros()), expected, "{sequence}");
    }
}
