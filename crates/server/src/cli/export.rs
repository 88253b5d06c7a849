//! `holdfast-server export`: everything as JSON lines.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::target::Target;
use crate::packs::{self, PacksError};
use crate::private_file;
use crate::records::past;
use crate::security_log::{self, Event};
use crate::storage::database::DatabaseUrl;
use crate::storage::model::AuditFilter;
use crate::storage::port::{Organisation, StorageError, Transaction};
use crate::sync::rest::HistoryVersion;

const CHUNK: usize = 500;

/// Write everything as JSON lines
#[derive(Debug, Args)]
#[command(
    after_help = "One line each: {\"type\": \"record\", …} with fields and version, {\"type\": \"version\", …} for every \
    change of it, and {\"type\": \"audit\", …}. Accounts, passwords and tokens are left out. The server may run meanwhile; \
    the export is one consistent state."
)]
pub(super) struct ExportArguments {
    /// Only this entity, such as work-order; may be given several times
    #[arg(long = "entity")]
    entities: Vec<String>,

    /// File to write to, for this account alone; by default the standard output
    #[arg(long, env = "HOLDFAST_OUTPUT")]
    output: Option<PathBuf>,

    /// Where the data lies
    #[arg(long, env = "HOLDFAST_DATABASE", default_value = "sqlite:holdfast.db")]
    database: DatabaseUrl,

    /// Folder of domain packs, in place of those built in
    #[arg(long, env = "HOLDFAST_DOMAINS")]
    domains: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    #[error("cannot write the export: {0}")]
    Write(#[from] std::io::Error),
    #[error("a record cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("there is no entity \"{0}\"")]
    Unknown(String),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Packs(#[from] PacksError),
}

pub(super) fn run(arguments: &ExportArguments, organisation: Organisation) -> Result<(), ExportError> {
    let packs = packs::load(arguments.domains.as_deref())?;
    if let Some(unknown) = arguments
        .entities
        .iter()
        .find(|name| packs.entity(name).is_none())
    {
        return Err(ExportError::Unknown(unknown.clone()));
    }
    let all = packs.entities().map(|(_, entity)| entity.name.clone());
    let entities: Vec<String> = if arguments.entities.is_empty() {
        all.collect()
    } else {
        arguments.entities.clone()
    };
    let database = arguments.database.open_existing()?;
    let mut output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(BufWriter::new(private_file::create(path)?)),
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    };
    let target = Target {
        database: &database,
        organisation,
    };
    target.read(|tx| -> Result<(), ExportError> {
        for entity in &entities {
            write_entity(tx, entity, &mut output)?;
        }
        write_audit(tx, &arguments.entities, &mut output)
    })?;
    output.flush()?;
    security_log::record(Event::Exported { entities: &entities });
    Ok(())
}

fn write_entity(tx: &dyn Transaction, entity: &str, output: &mut dyn Write) -> Result<(), ExportError> {
    let mut after: Option<String> = None;
    loop {
        let chunk = tx.records_after(entity, after.as_deref(), CHUNK)?;
        let Some(last) = chunk.last() else { return Ok(()) };
        after = Some(last.id.clone());
        for record in &chunk {
            let line = json!({
                "type": "record", "entityType": entity, "entityId": record.id, "version": record.version,
                "updatedAt": record.updated_at, "updatedBy": record.updated_by, "localId": record.local_id,
                "deleted": record.deleted, "fields": record.fields,
            });
            write_line(output, &line)?;
            write_history(tx, (entity, &record.id), output)?;
        }
    }
}

fn write_history(
    tx: &dyn Transaction,
    (entity, id): (&str, &str),
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut after = 0;
    loop {
        let page = tx.history_page(entity, id, after, past::CHUNK)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.version;
        for entry in page {
            let mut line = json!({ "type": "version", "entityType": entity, "entityId": id });
            let version = serde_json::to_value(HistoryVersion::from(entry))?;
            if let (Some(line), Some(version)) = (line.as_object_mut(), version.as_object()) {
                line.extend(version.clone());
            }
            write_line(output, &line)?;
        }
    }
}

fn write_audit(tx: &dyn Transaction, entities: &[String], output: &mut dyn Write) -> Result<(), ExportError> {
    let mut filter = AuditFilter {
        limit: CHUNK,
        ..AuditFilter::default()
    };
    loop {
        let rows = tx.audits(&filter)?;
        let Some(last) = rows.last() else { return Ok(()) };
        filter.before = Some(last.number);
        for row in rows
            .iter()
            .filter(|row| entities.is_empty() || entities.contains(&row.entity))
        {
            let entry: serde_json::Value = serde_json::from_str(&row.entry)?;
            let line = json!({ "type": "audit", "number": row.number, "entry": entry, "hash": row.hash });
            write_line(output, &line)?;
        }
    }
}

fn write_line(output: &mut dyn Write, line: &serde_json::Value) -> Result<(), ExportError> {
    serde_json::to_writer(&mut *output, line)?;
    Ok(output.write_all(b"\n")?)
}
