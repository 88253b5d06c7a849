//! A page of the server's change log, sorted out.

use std::collections::BTreeMap;

use crate::{
    Timestamp, json,
    pack::Entity,
    protocol::{DeltaText, RecordText, WireRecord},
    record::{RecordKey, meta},
    replica::Replica,
    timestamp,
};

/// A page, sorted out: what it asks of a device that holds what this one holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Incoming<'a> {
    pub(super) rows: Vec<IncomingRow<'a>>,
    pub(super) deleted: Vec<RecordKey>,
    pub(super) revoked: Vec<RecordKey>,
    pub(super) cursor: String,
    pub(super) has_more: bool,
    /// Whether this page belongs to a scan of everything.
    pub(super) scanning: bool,
}

/// A record of a page, and what stands beside its own fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct IncomingRow<'a> {
    pub(super) key: RecordKey,
    pub(super) version: u64,
    /// The version its changed fields count from; `None` for a whole record.
    pub(super) base_version: Option<u64>,
    pub(super) local_id: Option<String>,
    /// As JSON text.
    pub(super) updated_at: Option<&'a str>,
    pub(super) text: &'a RecordText<'a>,
}

impl<'a> IncomingRow<'a> {
    /// # Errors
    /// If something is missing: what.
    fn read(entity: &Entity, text: &'a RecordText<'a>) -> Result<Self, &'static str> {
        let (mut id, mut version, mut base_version) = (None, None, None);
        let (mut local_id, mut updated_at) = (None, None);
        for (name, json) in text.cells() {
            match name {
                meta::VERSION => version = json.parse().ok(),
                meta::BASE_VERSION => base_version = json.parse().ok(),
                meta::LOCAL_ID => local_id = json::string(json),
                meta::UPDATED_AT => updated_at = Some(json),
                name if name == entity.id_field => id = json::string(json),
                _ => {}
            }
        }
        Ok(Self {
            key: RecordKey::new(&entity.name, id.ok_or("id")?),
            version: version.ok_or("_version")?,
            base_version,
            local_id: local_id.map(Into::into),
            updated_at,
            text,
        })
    }

    pub(super) fn updated_at(&self) -> Option<Timestamp> {
        timestamp::parse(&json::string(self.updated_at?)?)
    }

    /// Its own fields that have a value.
    pub(super) fn own(&self, id_field: &str) -> impl Iterator<Item = (&str, &'a str)> {
        let own = move |(name, json): &(&str, &str)| *json != "null" && !meta::is_no_field(name, id_field);
        self.text.cells().filter(own)
    }

    pub(super) fn record(&self) -> WireRecord {
        WireRecord(self.text.fields())
    }
}

/// The page cannot be used; nothing of it was stored, and the cursor stays where it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    #[error("a row of {entity} in the server's answer has no {missing}")]
    Row { entity: String, missing: &'static str },
    /// Whole records that were asked for did not come: the page is asked for again.
    #[error("the server did not send {0}, which its delta builds on")]
    Missing(RecordKey),
}

/// Sorts a page out. Collections that no pack declares are passed over: a newer server may have more.
pub fn incoming<'a>(replica: &Replica, delta: &'a DeltaText<'a>) -> Result<Incoming<'a>, PullError> {
    let packs = replica.packs();
    let mut rows = Vec::new();
    for (collection, records) in &delta.records {
        let Some(entity) = packs.entity_by_collection(collection) else {
            continue;
        };
        for record in records {
            let without = |missing| PullError::Row {
                entity: entity.name.clone(),
                missing,
            };
            rows.push(IncomingRow::read(entity, record).map_err(without)?);
        }
    }
    let keys = |ids: &BTreeMap<String, Vec<String>>| -> Vec<RecordKey> {
        let named = ids
            .iter()
            .filter_map(|(collection, ids)| Some((packs.entity_by_collection(collection)?, ids)));
        named
            .flat_map(|(entity, ids)| ids.iter().map(|id| RecordKey::new(&entity.name, id)))
            .collect()
    };
    Ok(Incoming {
        rows,
        deleted: keys(&delta.deleted_ids),
        revoked: keys(&delta.revoked_ids),
        cursor: delta.cursor.clone(),
        has_more: delta.has_more,
        scanning: replica.cursor().is_none_or(|cursor| cursor.partial),
    })
}
