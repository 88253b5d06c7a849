//! Starts of the server: each has an id and the position of the change log at which it began.
//!
//! A cursor names the start that issued it. A database that was restored from a backup does not know the starts that came
//! after the backup, or knows that one of them ended earlier than the cursor says: either shows that history was lost.
//! Rows are never removed: a start that was forgotten would look like a lost one.

use holdfast_core::ports::Rng;

use super::epoch;
use crate::storage::port::{Result, StorageError, Transaction};

/// The number of the newest start.
const NEWEST: &str = "start";

fn by_number(number: u64) -> String {
    format!("start#{number}")
}

fn by_id(id: &str) -> String {
    format!("start:{id}")
}

/// Notes that the server starts now: cursors issued from now on name this start. A new database gets its epoch.
///
/// # Errors
/// If the storage fails.
pub fn begin(tx: &mut dyn Transaction, rng: &dyn Rng) -> Result<String> {
    epoch::current(tx, rng)?;
    let id = epoch::short_id(rng);
    let number = newest(tx)? + 1;
    let first = tx.last_sequence()?;
    tx.put_meta(&by_number(number), &format!("{id}:{first}"))?;
    tx.put_meta(&by_id(&id), &number.to_string())?;
    tx.put_meta(NEWEST, &number.to_string())?;
    Ok(id)
}

/// The id of the newest start; begins one in a database that has none.
///
/// # Errors
/// If the storage fails.
pub fn current(tx: &mut dyn Transaction, rng: &dyn Rng) -> Result<String> {
    match at(tx, newest(tx)?)? {
        Some((id, _)) => Ok(id),
        None => begin(tx, rng),
    }
}

/// Whether any server has opened the database.
///
/// # Errors
/// If the storage fails.
pub fn any(tx: &dyn Transaction) -> Result<bool> {
    Ok(newest(tx)? > 0)
}

/// Whether a start could issue a cursor at this position: it is known, and the log did not go on without it before.
///
/// # Errors
/// If the storage fails.
pub fn reached(tx: &dyn Transaction, id: &str, sequence: u64) -> Result<bool> {
    let Some(number) = tx.meta(&by_id(id))? else {
        return Ok(false);
    };
    let number = number.parse::<u64>().map_err(|_| inconsistent(id))?;
    let end = match at(tx, number + 1)? {
        Some((_, first)) => first,
        None => tx.last_sequence()?,
    };
    Ok(sequence <= end)
}

/// The start under which a position of the change log was written; empty, before there were starts.
///
/// A restored server goes on under a start of its own, so it tells a version of a lost history from the one that has its
/// number now.
fn of(tx: &dyn Transaction, sequence: u64) -> Result<String> {
    let (mut low, mut high) = (0, newest(tx)?);
    let mut found = String::new();
    // A start's first position is the end of the log before it.
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let (id, first) = at(tx, middle)?.ok_or_else(|| inconsistent(&middle.to_string()))?;
        match first < sequence {
            true => (low, found) = (middle, id),
            false => high = middle - 1,
        }
    }
    Ok(found)
}

/// What names the history in which a position of the change log was written, whether or not anybody noticed that another one
/// was lost: `<epoch>-<start>`.
///
/// # Errors
/// If the storage fails.
pub fn history_at(tx: &dyn Transaction, sequence: u64) -> Result<String> {
    let epoch = tx.meta(epoch::EPOCH)?.unwrap_or_default();
    Ok(format!("{epoch}-{}", of(tx, sequence)?))
}

fn newest(tx: &dyn Transaction) -> Result<u64> {
    let number = tx.meta(NEWEST)?;
    number.map_or(Ok(0), |number| number.parse().map_err(|_| inconsistent(NEWEST)))
}

/// The start of this number: its id, and the position at which it began.
fn at(tx: &dyn Transaction, number: u64) -> Result<Option<(String, u64)>> {
    let Some(row) = tx.meta(&by_number(number))? else {
        return Ok(None);
    };
    let (id, first) = row.split_once(':').ok_or_else(|| inconsistent(&row))?;
    let first = first.parse().map_err(|_| inconsistent(&row))?;
    Ok(Some((id.to_owned(), first)))
}

fn inconsistent(what: &str) -> StorageError {
    StorageError::Inconsistent(format!("the start \"{what}\" cannot be read"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::storage::memory::MemoryStorage;
    use crate::storage::port::{Organisation, Storage};

    struct Counter(Cell<u64>);

    impl Rng for Counter {
        fn next_u64(&self) -> u64 {
            self.0.set(self.0.get() + 1);
            self.0.get() << 16
        }
    }

    #[test]
    fn a_position_belongs_to_the_last_start_before_it() {
        let storage = MemoryStorage::default();
        let firsts: &[u64] = &[0, 0, 3, 7, 7, 9];
        let ids: Vec<String> = (1..=firsts.len()).map(|number| format!("s{number}")).collect();
        let found = storage.write::<_, StorageError>(Organisation::ONLY, |tx| {
            for (number, (first, id)) in firsts.iter().zip(&ids).enumerate() {
                tx.put_meta(&by_number(number as u64 + 1), &format!("{id}:{first}"))?;
            }
            tx.put_meta(NEWEST, &firsts.len().to_string())?;
            (0..=10)
                .map(|sequence| of(tx, sequence))
                .collect::<Result<Vec<_>>>()
        });
        // Two that began at the same position: the later one wrote what follows.
        let expected = ["", "s2", "s2", "s2", "s3", "s3", "s3", "s3", "s5", "s5", "s6"];
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn a_database_without_starts_has_none() {
        let storage = MemoryStorage::default();
        let found = storage.write::<_, StorageError>(Organisation::ONLY, |tx| {
            let before = of(tx, 5)?;
            let id = begin(tx, &Counter(Cell::new(0)))?;
            Ok((before, of(tx, 1)? == id))
        });
        assert_eq!(found.unwrap(), (String::new(), true));
    }
}
