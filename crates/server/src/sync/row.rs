//! A record on its way to a device: its values go as the text that is stored.

use std::collections::BTreeSet;

use holdfast_core::{
    pack::Entity,
    protocol::{Metadata, Row},
    record::meta,
};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Context, subject};
use crate::storage::model::{Act, HistoryBound, HistoryRange, NewestVersions};
use crate::storage::port::{Result, Transaction};
use crate::storage::text::{Cells, StoredText, json_text};

/// With more changes than these a device is sent the whole record.
const CHANGES: HistoryBound = HistoryBound {
    versions: 200,
    bytes: 256 * 1024,
};

/// What a device reads as a [`holdfast_core::protocol::WireRecord`].
#[derive(Debug, Clone)]
pub struct TextRow(Cells);

impl Serialize for TextRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.cells())
    }
}

impl Row for TextRow {
    type Cell = RawValue;

    fn cells(&self) -> impl Iterator<Item = (&String, &RawValue)> {
        self.0.iter().map(|(name, text)| (name, text.as_ref()))
    }

    fn is_whole(&self) -> bool {
        !self.0.iter().any(|(name, _)| name == meta::BASE_VERSION)
    }
}

impl TextRow {
    /// The whole record, as the caller may see it. Under which id it was made is told to the device that made it, and to
    /// no other.
    pub(super) fn whole(tx: &dyn Transaction, cx: &Context<'_>, record: StoredText) -> Result<Self> {
        let record = subject::visible_text(tx, cx, record)?;
        let made_there = record.maker.as_deref() == Some(&cx.caller.device_id);
        let metadata = Metadata {
            version: record.version,
            base_version: None,
            updated_at: record.updated_at,
            local_id: record.local_id.filter(|_| made_there),
        };
        Self(record.fields.into_cells()).with(metadata)
    }

    /// The fields that changed after a position; `None`, if the record was created or came back since, or changed so
    /// often that the whole record is less work.
    pub(super) fn changed(
        tx: &dyn Transaction,
        cx: &Context<'_>,
        entity: &Entity,
        record: &StoredText,
        since: u64,
    ) -> Result<Option<Self>> {
        let range = HistoryRange {
            since,
            ..HistoryRange::ALL
        };
        let NewestVersions { entries, complete } =
            tx.newest_versions(&record.entity, &record.id, range, CHANGES)?;
        let only_updates = complete && entries.iter().all(|entry| entry.act == Act::Update);
        let Some(first) = entries.first().filter(|_| only_updates) else {
            return Ok(None);
        };
        let record = &subject::visible_text(tx, cx, record.clone())?;
        let names = entries.iter().flat_map(|entry| entry.changes.keys());
        let text_of = |name: &String| record.fields.get(name).unwrap_or(RawValue::NULL).to_owned();
        let names: BTreeSet<&String> = names.collect();
        let mut cells: Cells = names
            .into_iter()
            .map(|name| (name.clone(), text_of(name)))
            .collect();
        cells.push((entity.id_field.clone(), json_text(&record.id)?));
        let metadata = Metadata {
            version: record.version,
            base_version: Some(first.version - 1),
            updated_at: record.updated_at,
            local_id: None,
        };
        Self(cells).with(metadata).map(Some)
    }

    fn with(mut self, metadata: Metadata) -> Result<Self> {
        for (name, value) in metadata.cells() {
            self.0.retain(|(field, _)| field != name);
            self.0.push((name.to_owned(), json_text(&value)?));
        }
        Ok(self)
    }
}
