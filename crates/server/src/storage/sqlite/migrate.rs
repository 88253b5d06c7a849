//! Schema migrations: numbered SQL files, each applied once, in order, in a transaction of its own.
//!
//! SQLite's `user_version` holds the number of the last one applied; it changes in the same transaction as the
//! schema, so an interrupted upgrade resumes where it stopped.

use rusqlite::{Connection, TransactionBehavior};

use super::DatabaseError;

/// Position + 1 is the migration's number. Released migrations never change; a correction is a new file.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_identity.sql"),
    include_str!("../migrations/0002_records.sql"),
    include_str!("../migrations/0003_dialogues.sql"),
    include_str!("../migrations/0004_audit_chain.sql"),
    include_str!("../migrations/0005_maker.sql"),
    include_str!("../migrations/0006_alias_devices.sql"),
    include_str!("../migrations/0008_records_by_time.sql"),
    include_str!("../migrations/0010_known_browsers.sql"),
    include_str!("../migrations/0011_log_times.sql"),
    include_str!("../migrations/0012_unique_holders.sql"),
];

/// Brings the schema to the newest version this server knows.
pub fn migrate(connection: &mut Connection) -> Result<(), DatabaseError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let mut known = 0;
    for (number, sql) in (1..).zip(MIGRATIONS) {
        if number > found {
            apply(connection, number, sql).map_err(|source| DatabaseError::Migration { number, source })?;
        }
        known = number;
    }
    if found > known {
        Err(DatabaseError::Newer { found, known })
    } else {
        Ok(())
    }
}

fn apply(connection: &mut Connection, number: u32, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.commit()
}
