//! A reader that follows the change log and is no device: by the time that each page names, or by its cursor.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{Timestamp, protocol::Layout, record::meta, timestamp};
use holdfast_server::{storage::model::StoredRecord, sync::delta::DeltaRequest};
use serde_json::Value;

use super::caller;
use crate::{
    invariants::{self, Broken},
    rng::Seeded,
    server::Server,
};

const TOLD: &str = "every row is told to a reader at least once";

/// From before everything, whatever a clock says.
const BEGINNING: &str = "2000-01-01T00:00:00Z";
/// Pages that it takes at most to catch up.
const PAGES: usize = 400;
/// What it follows.
const ENTITIES: [&str; 2] = ["job", "asset"];

/// By what a reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Time,
    Cursor,
}

/// A record as a page told it: version, and when it was changed.
type Version = (u64, Option<Timestamp>);

#[derive(Debug)]
pub(super) struct Reader {
    form: Form,
    since: String,
    /// All that was told of a record.
    told: BTreeMap<(String, String), BTreeSet<Version>>,
}

/// What a supervisor of all sites may read. The hostile device also makes records of sites that are none.
fn is_followed(record: &StoredRecord) -> bool {
    let site = record.fields.get("siteId").and_then(Value::as_str);
    ENTITIES.contains(&record.entity.as_str()) && matches!(site, Some("north" | "south"))
}

impl Reader {
    pub fn new(form: Form) -> Self {
        Self {
            form,
            since: BEGINNING.to_owned(),
            told: BTreeMap::new(),
        }
    }

    /// Asks for a page or two.
    pub fn poll(&mut self, server: &Server, rng: &Seeded, now: u64) {
        for _ in 0..rng.between(1, 3) {
            if !self.page(server, rng.between(1, 6) as usize, now) {
                return;
            }
        }
    }

    /// Reads on until there is no more; then names what is there and was never told.
    pub fn catch_up(&mut self, server: &Server, now: u64) -> Vec<Broken> {
        for _ in 0..PAGES {
            if !self.page(server, 3, now) {
                break;
            }
        }
        // What a backup brought back may have been told as a later version, which was lost.
        let since_then = |record: &StoredRecord| record.sequence > server.restored_to;
        let followed = |record: &&StoredRecord| !record.deleted && is_followed(record) && since_then(record);
        let records = invariants::all_records(server);
        let missed = records
            .iter()
            .filter(followed)
            .filter(|record| !self.knows(record));
        let what = |record: &StoredRecord| {
            let (entity, id, version) = (&record.entity, &record.id, record.version);
            let at = self
                .told
                .get(&(entity.clone(), id.clone()))
                .and_then(|told| told.last());
            format!(
                "{entity}/{id} at version {version} was not told by {:?}: {at:?}",
                self.form
            )
        };
        missed.map(|record| Broken::new(TOLD, what(record))).collect()
    }

    fn knows(&self, record: &StoredRecord) -> bool {
        let told = self.told.get(&(record.entity.clone(), record.id.clone()));
        told.is_some_and(|told| told.contains(&(record.version, Some(record.updated_at))))
    }

    /// Takes one page; whether there is more.
    fn page(&mut self, server: &Server, limit: usize, now: u64) -> bool {
        let asked = DeltaRequest {
            since: Some(self.since.clone()),
            entities: None,
            limit: Some(limit),
            layout: Layout::Rows,
            receipt: None,
        };
        let reader = caller(server, "reader");
        let page = match server.read_changes(&reader, &asked, now) {
            Ok(Ok(page)) => page,
            // Of a lost history: from a time that is earlier than any loss.
            Ok(Err(refusal)) if refusal.status == 410 => {
                BEGINNING.clone_into(&mut self.since);
                return true;
            }
            _ => return false,
        };
        self.learn(server, &page);
        let next = match self.form {
            Form::Time => &page["syncTimestamp"],
            Form::Cursor => &page["cursor"],
        };
        self.since = next.as_str().unwrap_or_default().to_owned();
        page["hasMore"] == Value::Bool(true)
    }

    fn learn(&mut self, server: &Server, page: &Value) {
        for (_, entity) in server
            .packs
            .entities()
            .filter(|(_, e)| ENTITIES.contains(&e.name.as_str()))
        {
            for row in page["changes"][entity.collection()]
                .as_array()
                .into_iter()
                .flatten()
            {
                let id = row[&entity.id_field].as_str().unwrap_or_default();
                let at = row[meta::UPDATED_AT].as_str().and_then(timestamp::parse);
                let version = row[meta::VERSION].as_u64().unwrap_or(0);
                let told = self.told.entry((entity.name.clone(), id.to_owned()));
                told.or_default().insert((version, at));
            }
        }
    }
}
