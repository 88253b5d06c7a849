//! Reading a foreign table into records, by a mapping that a pack brings along (`domains/README.md` describes it).
//!
//! A file is read whole and judged row by row ([`rows`]); what cannot be read is told with line and reason, and the rest
//! goes on. A row becomes a record ([`records`]) under a unique key made of its content and of how many equal rows stand
//! before it. The key is looked up first, so reading the same file again adds nothing.

pub mod mapping;
mod records;
mod rows;
mod table;

use std::io::Read;

use holdfast_core::{Timestamp, pack::Packs};

use crate::randomness::SystemRng;
use crate::storage::port::{Storage, StorageError};
use crate::sync::audit::AuditEntry;
use mapping::Mapping;
pub use rows::BrokenRow;

/// Rows written in one transaction: a server that runs on the same database waits for no longer than that.
const ROWS_PER_TRANSACTION: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the mapping is not sound: {0}. Correct it, then import again; nothing was imported")]
    Mapping(String),
    #[error("the file's header is {found:?}, and the mapping expects {expected:?}. Nothing was imported")]
    Header {
        expected: Vec<String>,
        found: Vec<String>,
    },
    #[error("the file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What came of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records made of rows.
    pub imported: usize,
    /// Rows that an earlier import brought.
    pub known: usize,
    pub broken: Vec<BrokenRow>,
    /// What records refer to and is not there: `person technician`.
    pub missing: Vec<String>,
}

/// Imports a CSV file. `progress` is told rows done and rows in all. The records keep the authors that the mapping gives
/// them; the audit names who brought them in (`by`).
pub fn import(
    storage: &impl Storage,
    packs: &Packs,
    mapping: &Mapping,
    file: impl Read,
    (now, by): (Timestamp, &str),
    mut progress: impl FnMut(usize, usize),
) -> Result<Summary, ImportError> {
    let entity = mapping.check(packs).map_err(ImportError::Mapping)?;
    let (rows, mut broken) = rows::read(mapping, file)?;
    let (drafts, misfits) = records::drafts(mapping, entity, &rows);
    broken.extend(misfits);
    broken.sort_by_key(|row| row.line);
    let mut summary = Summary {
        broken,
        ..Summary::default()
    };
    storage.write(|tx| records::put_companions(tx, packs, mapping, now).map_err(ImportError::from))?;
    for (at, chunk) in drafts.chunks(ROWS_PER_TRANSACTION).enumerate() {
        let chunk_result = storage.write(|tx| -> Result<_, ImportError> {
            let put = records::put(tx, packs, entity, mapping, chunk, now)?;
            if put.imported > 0 {
                AuditEntry::of_import(&SystemRng, now, &entity.name, by, put.imported).write(tx)?;
            }
            Ok(put)
        })?;
        summary.imported += chunk_result.imported;
        summary.known += chunk.len() - chunk_result.imported;
        for missing in chunk_result.missing {
            if !summary.missing.contains(&missing) {
                summary.missing.push(missing);
            }
        }
        progress((at * ROWS_PER_TRANSACTION) + chunk.len(), drafts.len());
    }
    Ok(summary)
}

#[cfg(test)]
mod tests;
