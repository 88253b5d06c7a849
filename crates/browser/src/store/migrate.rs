//! From one sealed value for each row, as the first version of the app kept them, to pages.
//!
//! One transaction puts everything as a fold and takes the rows away: killed at any point, it has happened or not. The
//! fold's revision follows the last one of before, so that what is queued keeps its order. A row that does not open
//! stays where it is.

use holdfast_core::{
    json,
    replica::{self, Replica},
    store::{Base, Changes, Row, Snapshot, StoreError},
};
use js_sys::Uint8Array;
use rexie::Transaction;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    IndexedDbStore, base, content,
    schema::{BASE, BODIES, DELETIONS, HEAD, HEADS, JOURNAL, META, ROWS, TEXTS},
    seal_all,
    sealed::{Sealed, number},
};
use crate::{
    crash::{CrashPoint, reached},
    database::{DatabaseError, strict::StrictTransaction},
    scope::property,
    seal::{Keys, Opening, Purpose},
};

/// A row of before.
struct Old {
    key: JsValue,
    /// `None` where it does not open.
    row: Option<Row>,
}

impl IndexedDbStore {
    /// Brings over what an earlier version of the app left, if anything.
    pub(super) async fn migrate(&self, keys: &Keys) -> Result<(), StoreError> {
        let (revision, stored) = self.read_rows().await?;
        let Some(revision) = revision else { return Ok(()) };
        reached(CrashPoint::MigrationRead);
        let rows = open_rows(keys, &stored).await;
        let moved: Vec<JsValue> = rows
            .iter()
            .filter(|old| old.row.is_some())
            .map(|old| old.key.clone())
            .collect();
        let opened = rows.into_iter().filter_map(|old| old.row).collect();
        let base = Base {
            rows: opened,
            ..Base::default()
        };
        let replica = Replica::new(Snapshot {
            revision,
            base,
            ..Snapshot::default()
        });
        let fold = replica::fold(&replica, 0)
            .ok_or_else(|| StoreError::Failed("what an earlier version stored fits no page".into()))?;
        let pieces = base::pieces(revision + 1, &content::write_base(&fold.base)?);
        let nothing = content::write_commit(&Changes::default())?;
        let new = fold.base.pages.iter().map(|kept| kept.page.as_ref());
        let (entry, put) = seal_all(keys, revision + 1, nothing, new, pieces).await?;
        reached(CrashPoint::MigrationSealed);
        Ok(self.take_over(&entry, &put, &moved).await?)
    }

    /// The revision and the rows of before; no revision where there is nothing to bring over.
    async fn read_rows(&self) -> Result<(Option<u64>, Vec<JsValue>), DatabaseError> {
        let get = async |transaction: &Transaction| {
            let Some(head) = transaction.store(META)?.get(HEAD.into()).await? else {
                return Ok((None, Vec::new()));
            };
            let revision = property(&head, "revision").as_f64().unwrap_or_default() as u64;
            let rows = transaction.store(ROWS)?.get_all(None, None).await?;
            Ok((Some(revision), rows))
        };
        self.database.read(&[META, ROWS], get).await
    }

    async fn take_over(
        &self,
        entry: &Sealed,
        put: &[Sealed],
        moved: &[JsValue],
    ) -> Result<(), DatabaseError> {
        let stores = [JOURNAL, BASE, HEADS, TEXTS, BODIES, ROWS, DELETIONS, META];
        let take_over = async |transaction: &StrictTransaction| -> Result<(), DatabaseError> {
            // Another tab may have done it meanwhile.
            if transaction.get(META, &HEAD.into()).await?.is_undefined() {
                return Ok(());
            }
            transaction.put_at(JOURNAL, &number(entry.key), &entry.value)?;
            for sealed in put {
                transaction.put_at(sealed.store, &number(sealed.key), &sealed.value)?;
            }
            for key in moved {
                transaction.delete(ROWS, key)?;
            }
            transaction.clear(DELETIONS)?;
            transaction.clear(META)?;
            reached(CrashPoint::MigrationIssued);
            Ok(())
        };
        self.database.write(&stores, take_over).await?;
        reached(CrashPoint::MigrationDone);
        Ok(())
    }
}

async fn open_rows(keys: &Keys, stored: &[JsValue]) -> Vec<Old> {
    let begin = |stored: &JsValue| {
        let key = property(stored, "key");
        let name = Uint8Array::new(&key).to_vec();
        let sealed = property(stored, "sealed").dyn_into::<Uint8Array>().ok();
        let opening = sealed.and_then(|sealed| keys.begin_open(Purpose::Row, &name, &sealed).ok());
        (key, opening)
    };
    let begun: Vec<(JsValue, Option<Opening>)> = stored.iter().map(begin).collect();
    let mut rows = Vec::with_capacity(begun.len());
    for (key, opening) in begun {
        let plain = match opening {
            Some(opening) => opening.plain().await.ok(),
            None => None,
        };
        let row = plain.and_then(|plain| json::from_slice(&plain).ok());
        rows.push(Old { key, row });
    }
    rows
}
