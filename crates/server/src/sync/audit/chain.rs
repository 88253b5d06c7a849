//! The audit's hash chain: each entry's hash is over its own content and the hash of the entry before it. Whoever changes,
//! removes or inserts an entry past the server has to make every later hash anew; the last one, noted elsewhere, gives
//! that away.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::storage::model::{AuditFilter, AuditRow};
use crate::storage::port::{Result, Transaction};

/// Entries looked at together.
const PAGE: usize = 1_000;

/// An unbroken chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Entries that the chain holds.
    pub entries: usize,
    /// Entries from before there was a chain: nothing shows whether they were changed.
    pub unchained: usize,
    /// The last entry's hash; `None` if there is no entry. To be noted where nobody can change it together with the data.
    pub head: Option<String>,
}

/// Where the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error(
        "entry {number} ({id}) does not follow from the one before it: it was changed, or one before it was changed, removed or inserted"
    )]
    Link { number: u64, id: String },
    #[error(
        "no entry has the hash {0}: the entries up to the one that had it were changed, or it was removed"
    )]
    Head(String),
}

/// Adds an entry behind the last one.
pub fn append(tx: &mut dyn Transaction, row: AuditRow) -> Result<()> {
    let last = tx.audits(&AuditFilter {
        limit: 1,
        ..AuditFilter::default()
    })?;
    let previous = last.first().map_or("", |row| row.hash.as_str());
    let hash = link(previous, &row);
    tx.put_audit(&AuditRow { hash, ..row })
}

/// Looks at every entry. `noted`: a head that was noted before; it must still be in the chain.
pub fn verify(tx: &dyn Transaction, noted: Option<&str>) -> Result<std::result::Result<Chain, Broken>> {
    let mut chain = Chain {
        entries: 0,
        unchained: 0,
        head: None,
    };
    let mut met_noted = noted.is_none();
    let mut broken = None;
    // An entry is judged once the one before it is known. The oldest broken one is judged last.
    let mut later: Option<AuditRow> = None;
    newest_first(tx, |row| {
        met_noted |= noted == Some(row.hash.as_str());
        match row.hash.is_empty() {
            true => chain.unchained += 1,
            false => chain.entries += 1,
        }
        chain.head.get_or_insert_with(|| row.hash.clone());
        if let Some(later) = later.take().filter(|later| !follows(later, &row.hash)) {
            broken = Some(later);
        }
        later = Some(row);
    })?;
    if let Some(oldest) = later.filter(|oldest| !follows(oldest, "")) {
        broken = Some(oldest);
    }
    Ok(match broken {
        Some(AuditRow { number, id, .. }) => Err(Broken::Link { number, id }),
        None if !met_noted => Err(Broken::Head(noted.unwrap_or_default().to_owned())),
        None => Ok(chain),
    })
}

fn newest_first(tx: &dyn Transaction, mut each: impl FnMut(AuditRow)) -> Result<()> {
    let mut filter = AuditFilter {
        limit: PAGE,
        ..AuditFilter::default()
    };
    loop {
        let rows = tx.audits(&filter)?;
        let Some(last) = rows.last() else { return Ok(()) };
        filter.before = Some(last.number);
        rows.into_iter().for_each(&mut each);
    }
}

/// Only entries from before the chain have no hash.
fn follows(row: &AuditRow, previous: &str) -> bool {
    match row.hash.is_empty() {
        true => previous.is_empty(),
        false => row.hash == link(previous, row),
    }
}

/// The hash of an entry behind one with the hash `previous`: SHA-256 in hexadecimal. Each part goes in with its length, so
/// that no two entries are the same bytes.
fn link(previous: &str, row: &AuditRow) -> String {
    let at = row.at.timestamp_millis().to_string();
    let parts = [
        previous,
        &row.id,
        &at,
        &row.entity,
        &row.record_id,
        &row.user_id,
        &row.entry,
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
