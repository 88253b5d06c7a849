//! A device that pages through deltas, in small pages, some of whose answers are lost on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use holdfast_core::pack::{Entity, Packs};
use holdfast_core::protocol::{Cursor, Delta, Digest, WireRecord};
use holdfast_core::record::meta;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::board::Board;
use crate::session::{Address, Session};

/// Collection and id.
type Key = (String, String);

pub struct Reader {
    session: Session,
    packs: Arc<Packs>,
    board: Arc<Board>,
    rng: StdRng,
    cursor: Option<String>,
    held: BTreeMap<Key, WireRecord>,
}

impl Reader {
    pub async fn open(address: &Address, user: &'static str, board: Arc<Board>, seed: u64) -> Self {
        let session = Session::open(address, user).await;
        let packs = Arc::new(holdfast_server::packs::load(None).unwrap());
        let (rng, cursor, held) = (StdRng::seed_from_u64(seed), None, BTreeMap::new());
        Self {
            session,
            packs,
            board,
            rng,
            cursor,
            held,
        }
    }

    /// Reads round after round; answers itself, to be judged.
    pub async fn run(mut self, stop: Arc<AtomicBool>) -> Self {
        self.round().await;
        while !stop.load(Ordering::Relaxed) {
            self.follow().await;
        }
        self
    }

    /// A round after which everything acknowledged before it must be here.
    async fn follow(&mut self) {
        let acknowledged = self.board.newest();
        self.round().await;
        for (id, version) in acknowledged {
            let key = ("workOrders".to_owned(), id);
            let held = self.held.get(&key).and_then(WireRecord::version);
            let user = self.session.user;
            assert!(
                held >= Some(version),
                "a reader of {user} skipped version {version} of {key:?}: it has {held:?}"
            );
        }
        self.board.count(|figures| figures.rounds += 1);
    }

    /// Pages until the server says that there is no more.
    async fn round(&mut self) {
        loop {
            let limit = self.rng.random_range(3..=40);
            let since = self
                .cursor
                .as_ref()
                .map_or(String::new(), |cursor| format!("&since={cursor}"));
            let page = self
                .session
                .get_surely(&format!("/api/v1/sync/delta?limit={limit}{since}"))
                .await;
            // Lost on the way: the same cursor is presented again.
            if self.rng.random_bool(0.1) {
                continue;
            }
            let page: Delta = serde_json::from_value(page).unwrap();
            self.store(&page).await;
            self.board.count(|figures| figures.pages += 1);
            if !page.has_more {
                return;
            }
        }
    }

    async fn store(&mut self, page: &Delta) {
        let position = |text: &str| text.parse::<Cursor>().unwrap().sequence;
        let before = self.cursor.as_deref().map_or(0, position);
        let back = position(&page.cursor) < before;
        assert!(
            !back,
            "the cursor went back: {:?} to {}",
            self.cursor, page.cursor
        );
        for (collection, rows) in &page.changes.records {
            for row in rows {
                self.store_row(collection, row).await;
            }
        }
        let (deleted, revoked) = (&page.changes.deleted_ids, &page.changes.revoked_ids);
        for (collection, ids) in deleted.iter().chain(revoked) {
            for id in ids {
                self.held.remove(&(collection.clone(), id.clone()));
            }
        }
        self.cursor = Some(page.cursor.clone());
    }

    /// By the table of a record's life on a device: R1 to R4 of the protocol.
    async fn store_row(&mut self, collection: &str, row: &WireRecord) {
        let entity = self.entity(collection);
        let key = (
            collection.to_owned(),
            row.id(&entity.id_field).unwrap().to_owned(),
        );
        let (from, to) = (row.base_version(), row.version().unwrap());
        let held = self.held.get(&key);
        let at = held.and_then(WireRecord::version);
        let fields = match (from, at) {
            (None, at) => {
                assert!(at <= Some(to), "{key:?} went back from {at:?} to {to}");
                row.0.clone()
            }
            (Some(_), Some(at)) if to <= at => return,
            (Some(from), Some(at)) if from <= at => {
                let mut fields = held.map(|held| held.0.clone()).unwrap_or_default();
                fields.extend(row.0.clone());
                fields.remove(meta::BASE_VERSION);
                fields.retain(|_, value| !value.is_null());
                fields
            }
            _ => {
                self.board.count(|figures| figures.fetched += 1);
                match self.whole(&key).await {
                    Some(whole) => whole.0,
                    // Gone again since: the next page says so.
                    None => return,
                }
            }
        };
        self.held.insert(key, WireRecord(fields));
    }

    fn entity(&self, collection: &str) -> &Entity {
        let declared = self
            .packs
            .entities()
            .find(|(_, entity)| entity.collection() == collection);
        declared
            .unwrap_or_else(|| panic!("no pack declares {collection}"))
            .1
    }

    /// Reads to the end, and holds what it has against a device that begins now, and against the server's own idea.
    pub async fn judge(mut self, address: &Address) {
        self.follow().await;
        let mut fresh = Self::open(address, self.session.user, self.board.clone(), 0).await;
        fresh.round().await;
        fresh.round().await;
        for (key, record) in &fresh.held {
            assert_eq!(
                self.held.get(key),
                Some(record),
                "{} lacks or mistakes {key:?}",
                self.session.user
            );
        }
        for (key, held) in self.held.iter().filter(|(key, _)| !fresh.held.contains_key(*key)) {
            assert_eq!(
                self.whole(key).await.as_ref(),
                Some(held),
                "{} still has {key:?}",
                self.session.user
            );
        }
        self.compare_digest().await;
    }

    /// A record as the server has it, if its reader may see it.
    async fn whole(&self, (collection, id): &Key) -> Option<WireRecord> {
        let path = format!(
            "/api/v1/sync/records?entity={}&ids={id}",
            self.entity(collection).plural
        );
        let answer = self.session.get_surely(&path).await;
        let row = answer[collection].as_array()?.first()?.as_object()?.clone();
        Some(WireRecord(row))
    }

    async fn compare_digest(&self) {
        let cursor = self.cursor.as_deref().unwrap_or_default();
        let answer = self
            .session
            .get_surely(&format!("/api/v1/sync/digest?versions=true&since={cursor}"))
            .await;
        let digest: Digest = serde_json::from_value::<Value>(answer)
            .and_then(serde_json::from_value)
            .unwrap();
        let mut told = BTreeMap::new();
        for (collection, entry) in digest.entities {
            let versions = entry.versions.unwrap_or_default();
            told.extend(
                versions
                    .into_iter()
                    .map(|(id, version)| ((collection.clone(), id), Some(version))),
            );
        }
        let held: BTreeMap<Key, Option<u64>> = self
            .held
            .iter()
            .map(|(key, record)| (key.clone(), record.version()))
            .collect();
        assert_eq!(
            told, held,
            "what the server believes a device of {} to hold",
            self.session.user
        );
    }
}
