//! `holdfast-server audit`: the audit trail on the command line.

use clap::Args;

use super::database_url::DatabaseUrl;
use crate::storage::model::AuditFilter;
use crate::storage::port::{Storage, StorageError};
use crate::storage::sqlite::{Database, DatabaseError};
use crate::sync::audit::{AuditEntry, read_entry};

/// List conflicts, automatic decisions, restorations and refusals, newest first
#[derive(Debug, Args)]
pub(super) struct AuditArguments {
    /// Only records of this entity, such as work-order
    #[arg(long)]
    entity: Option<String>,

    /// Only the record with this id
    #[arg(long)]
    id: Option<String>,

    /// Only writes of the person with this user id
    #[arg(long)]
    user: Option<String>,

    /// How many entries
    #[arg(long, default_value_t = 50)]
    limit: usize,

    /// One JSON object a line, with everything that is known
    #[arg(long)]
    json: bool,

    /// Where the data lies
    #[arg(long, env = "HOLDFAST_DATABASE", default_value = "sqlite:holdfast.db")]
    database: DatabaseUrl,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum AuditError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

pub(super) fn run(arguments: &AuditArguments) -> Result<(), AuditError> {
    let AuditArguments {
        entity,
        id,
        user,
        limit,
        json,
        database,
    } = arguments;
    let DatabaseUrl::Sqlite(path) = database;
    let filter = AuditFilter {
        entity: entity.clone(),
        record_id: id.clone(),
        user_id: user.clone(),
        before: None,
        limit: *limit,
    };
    let rows = Storage::read(&Database::open_existing(path)?, |tx| {
        tx.audits(&filter).map_err(AuditError::from)
    })?;
    for row in &rows {
        match json {
            true => println!("{}", row.entry),
            false => print_entry(&read_entry(row)?),
        }
    }
    if rows.is_empty() {
        eprintln!("nothing to show");
    }
    Ok(())
}

fn print_entry(entry: &AuditEntry) {
    let at = entry.detected_at.format("%Y-%m-%d %H:%M:%S");
    let action = serde_json::to_value(entry.action)
        .ok()
        .and_then(|action| action.as_str().map(str::to_owned));
    let action = action.unwrap_or_default();
    println!(
        "{at}  {action:<8}  {}/{}  by {}",
        entry.entity_type, entry.entity_id, entry.user_name
    );
    for (field, how) in &entry.resolution {
        println!("    {field}: {how}");
    }
    for lost in &entry.losing {
        let by = if lost.by.is_empty() {
            "the server"
        } else {
            &lost.by
        };
        println!(
            "    {}: {} (by {by}) gave way to {}",
            lost.field, lost.value, lost.kept
        );
    }
}
