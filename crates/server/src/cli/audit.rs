//! `holdfast-server audit`: the audit trail on the command line.

use clap::{Args, Subcommand};

use super::target::Target;
use crate::storage::database::DatabaseUrl;
use crate::storage::model::AuditFilter;
use crate::storage::port::{Organisation, StorageError};
use crate::sync::audit::chain::{self, Broken};
use crate::sync::audit::{AuditEntry, read_entry};

/// List conflicts, automatic decisions, restorations and refusals, newest first
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct AuditArguments {
    #[command(subcommand)]
    command: Option<AuditCommand>,

    #[command(flatten)]
    list: ListArguments,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no entry was changed or removed past the server, and print the chain's head to be noted elsewhere
    Verify(VerifyArguments),
}

#[derive(Debug, Args)]
struct ListArguments {
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

#[derive(Debug, Args)]
struct VerifyArguments {
    /// A head that was noted before: everything up to it must be as it was
    #[arg(long, value_name = "HASH")]
    head: Option<String>,

    /// Where the data lies
    #[arg(long, env = "HOLDFAST_DATABASE", default_value = "sqlite:holdfast.db")]
    database: DatabaseUrl,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum AuditError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the audit was tampered with: {0}")]
    Broken(#[from] Broken),
}

pub(super) fn run(arguments: &AuditArguments, organisation: Organisation) -> Result<(), AuditError> {
    match &arguments.command {
        Some(AuditCommand::Verify(arguments)) => verify(arguments, organisation),
        None => list(&arguments.list, organisation),
    }
}

fn verify(arguments: &VerifyArguments, organisation: Organisation) -> Result<(), AuditError> {
    let target = Target {
        database: &arguments.database.open_existing()?,
        organisation,
    };
    let chain =
        target.read(|tx| chain::verify(tx, arguments.head.as_deref()).map_err(AuditError::from))??;
    match chain.entries {
        0 => println!("0 entries: nothing to verify"),
        entries => println!("{entries} entries, each follows from the one before it"),
    }
    if chain.unchained > 0 {
        println!(
            "{} older ones are from before the chain and are not covered",
            chain.unchained
        );
    }
    if let Some(head) = chain.head {
        println!("head: {head}");
    }
    Ok(())
}

fn list(arguments: &ListArguments, organisation: Organisation) -> Result<(), AuditError> {
    let ListArguments {
        entity,
        id,
        user,
        limit,
        json,
        database,
    } = arguments;
    let filter = AuditFilter {
        entity: entity.clone(),
        record_id: id.clone(),
        user_id: user.clone(),
        before: None,
        limit: *limit,
    };
    let target = Target {
        database: &database.open_existing()?,
        organisation,
    };
    let rows = target.read(|tx| tx.audits(&filter))?;
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
