//! Reading a foreign table into records, by a mapping that a pack brings along (`domains/README.md` describes it).
//!
//! A file is read whole, decoded ([`encoding`]) and judged row by row ([`rows`]); what cannot be read is told with line and
//! reason, and the rest goes on. A row becomes a record ([`drafts`], [`records`]) under a unique key made of its key cells and of its
//! position among rows with equal ones ([`positions`]). The key is looked up first, so reading the same file again adds
//! nothing: neither where the record was changed since, nor where it was deleted. Correcting a row that was left out, and
//! importing the file again, adds that row alone. Every row of the file is imported, known, brought back or left out.

mod drafts;
pub mod encoding;
mod error;
pub mod mapping;
mod numbers;
mod place;
mod positions;
mod records;
mod revival;
mod rows;
mod table;

use std::io::Read;

use holdfast_core::{Timestamp, pack::Packs};

use crate::randomness::SystemRng;
use crate::storage::port::{Organisation, Storage};
use crate::sync::audit::AuditEntry;
use encoding::{Named, ReadAs};
pub use error::ImportError;
use mapping::Mapping;
pub use rows::BrokenRow;

/// Rows written in one transaction: a server that runs on the same database waits for no longer than that.
const ROWS_PER_TRANSACTION: usize = 1_000;
/// The largest file, in bytes.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How a file is read, and what is done with it. What is left out here says the mapping.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    pub encoding: Option<Named>,
    /// What separates cells.
    pub delimiter: Option<char>,
    /// Cells may hold lines that could be rows by themselves.
    pub multiline: bool,
    /// Records that were deleted since an earlier import come back: with the file's values if only imports ever wrote their
    /// values, otherwise with their last ones.
    pub revive: bool,
}

/// What came of an import: `rows` are the imported, the known, the revived and the broken ones together.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    pub read_as: ReadAs,
    /// A line with letters beyond ASCII, as it was read.
    pub sample: Option<String>,
    /// Rows of the file, without its header.
    pub rows: usize,
    /// Records made of rows.
    pub imported: usize,
    /// Deleted records that came back.
    pub revived: usize,
    /// Rows that an earlier import brought; their records stay as they are.
    pub known: usize,
    /// Of these, whose records were deleted since.
    pub deleted: usize,
    pub broken: Vec<BrokenRow>,
    /// What records refer to and is not there: `person technician`.
    pub missing: Vec<String>,
}

/// Imports a CSV file into an organisation. `progress` is told rows done and rows in all. The records keep the authors that the mapping gives
/// them; the audit names who brought them in (`by`). `clock` is read in each transaction: a record is not older than what was
/// stored while its file was read.
pub fn import(
    (storage, organisation): (&impl Storage, Organisation),
    packs: &Packs,
    (mapping, options): (&Mapping, Options),
    file: impl Read,
    (clock, by): (&dyn Fn() -> Timestamp, &str),
    mut progress: impl FnMut(usize, usize),
) -> Result<Summary, ImportError> {
    let entity = mapping.check(packs).map_err(ImportError::Mapping)?;
    let (format, asked) = reading(mapping, options)?;
    let decoded = encoding::decode(&bytes(file)?, asked).map_err(ImportError::Encoding)?;
    let table = rows::read(mapping, &decoded, format)?;
    let (drafts, misfits) = drafts::of_rows(mapping, entity, &table.rows, &table.keyed);
    let mut summary = Summary {
        read_as: decoded.read_as,
        sample: decoded.sample(),
        rows: table.rows.len() + table.broken.len(),
        imported: 0,
        revived: 0,
        known: 0,
        deleted: 0,
        broken: table.broken,
        missing: Vec::new(),
    };
    summary.broken.extend(misfits);
    storage.write(organisation, |tx| {
        records::put_companions(tx, packs, mapping, clock()).map_err(ImportError::from)
    })?;
    let tombstones = storage.read(organisation, |tx| {
        records::tombstones(tx, entity, mapping).map_err(ImportError::from)
    })?;
    let mut positions = storage.read(organisation, |tx| {
        positions::Positions::of_stored(tx, entity, mapping, &drafts).map_err(ImportError::from)
    })?;
    let place = place::Place {
        packs,
        entity,
        mapping,
        tombstones: &tombstones,
        revive: options.revive,
        by,
    };
    for (at, chunk) in drafts.chunks(ROWS_PER_TRANSACTION).enumerate() {
        let put = storage.write(organisation, |tx| -> Result<_, ImportError> {
            let now = clock();
            let put = records::put(tx, (place, now), &mut positions, chunk)?;
            if put.imported > 0 {
                AuditEntry::of_import(&SystemRng, now, &entity.name, by, put.imported).write(tx)?;
            }
            Ok(put)
        })?;
        summary.add(put);
        progress((at * ROWS_PER_TRANSACTION) + chunk.len(), drafts.len());
    }
    summary.broken.sort_by_key(|row| row.line);
    Ok(summary)
}

/// How the file is read, as the command says, or else the mapping.
fn reading(mapping: &Mapping, options: Options) -> Result<(rows::Format, Option<Named>), ImportError> {
    let delimiter = mapping.delimiter.as_deref().map(delimiter).transpose();
    let delimiter = delimiter.map_err(|fault| ImportError::Mapping(format!("delimiter: {fault}")))?;
    let encoding = mapping.encoding.as_deref().map(str::parse).transpose();
    let encoding = encoding.map_err(|fault: String| ImportError::Mapping(format!("encoding: {fault}")))?;
    let format = rows::Format {
        delimiter: options.delimiter.or(delimiter).unwrap_or(','),
        multiline: options.multiline || mapping.multiline,
    };
    Ok((format, options.encoding.or(encoding)))
}

/// A separator as the command line and mappings name it: a character, or `tab`.
///
/// # Errors
/// If it is neither, or a character that means something else in a table.
pub fn delimiter(name: &str) -> Result<char, String> {
    let mut characters = name.chars();
    match (name, characters.next(), characters.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        (_, Some(only), None) if !only.is_alphanumeric() && !matches!(only, '"' | '\r' | '\n' | ' ') => {
            Ok(only)
        }
        _ => Err(format!(
            "\"{name}\" separates no cells; a character like ; does, or tab"
        )),
    }
}

/// The whole file.
fn bytes(file: impl Read) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(ImportError::TooLarge),
        false => Ok(bytes),
    }
}

impl Summary {
    fn add(&mut self, put: place::Put) {
        self.imported += put.imported;
        self.revived += put.revived;
        self.known += put.known;
        self.deleted += put.deleted;
        self.broken.extend(put.broken);
        for missing in put.missing {
            if !self.missing.contains(&missing) {
                self.missing.push(missing);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
