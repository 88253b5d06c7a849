use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Alias, CursorRow, DeviceRow, Lease, PacksRow, SyncRow};
use crate::{
    json::{Faults, FromJson},
    page::{Page, PageId},
    protocol::Me,
    queue::QueuedWrite,
    record::{Mirror, RecordKey},
};

/// One stored row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Row {
    Mirror(Mirror),
    /// A write that is open, or a settled one that is kept for a week.
    Write(Box<QueuedWrite>),
    Alias(Alias),
    Device(DeviceRow),
    Cursor(CursorRow),
    Sync(SyncRow),
    Lease(Lease),
    Me(Me),
    Packs(PacksRow),
}

impl FromJson for Row {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let (name, content) = faults.variant(value);
        match name.as_str() {
            "mirror" => Self::Mirror(FromJson::read(content, faults)),
            "write" => Self::Write(FromJson::read(content, faults)),
            "alias" => Self::Alias(FromJson::read(content, faults)),
            "device" => Self::Device(FromJson::read(content, faults)),
            "cursor" => Self::Cursor(FromJson::read(content, faults)),
            "sync" => Self::Sync(FromJson::read(content, faults)),
            "lease" => Self::Lease(FromJson::read(content, faults)),
            "me" => Self::Me(FromJson::read(content, faults)),
            "packs" => Self::Packs(FromJson::read(content, faults)),
            _ => {
                faults.note();
                Self::Sync(SyncRow::default())
            }
        }
    }
}

/// Names a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RowKey {
    Mirror(RecordKey),
    /// By queue id.
    Write(String),
    /// By local record.
    Alias(RecordKey),
    Device,
    Cursor,
    Sync,
    Lease,
    Me,
    Packs,
}

impl FromJson for RowKey {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let (name, content) = faults.variant(value);
        // What there is one of has nothing beside its name.
        if !content.is_null() && !matches!(name.as_str(), "mirror" | "write" | "alias") {
            faults.note();
        }
        match name.as_str() {
            "mirror" => Self::Mirror(FromJson::read(content, faults)),
            "write" => Self::Write(FromJson::read(content, faults)),
            "alias" => Self::Alias(FromJson::read(content, faults)),
            "device" => Self::Device,
            "cursor" => Self::Cursor,
            "sync" => Self::Sync,
            "lease" => Self::Lease,
            "me" => Self::Me,
            "packs" => Self::Packs,
            _ => {
                faults.note();
                Self::Device
            }
        }
    }
}

impl Row {
    pub fn key(&self) -> RowKey {
        match self {
            Self::Mirror(mirror) => RowKey::Mirror(mirror.key.clone()),
            Self::Write(write) => RowKey::Write(write.id.clone()),
            Self::Alias(alias) => RowKey::Alias(alias.local.clone()),
            Self::Device(_) => RowKey::Device,
            Self::Cursor(_) => RowKey::Cursor,
            Self::Sync(_) => RowKey::Sync,
            Self::Lease(_) => RowKey::Lease,
            Self::Me(_) => RowKey::Me,
            Self::Packs(_) => RowKey::Packs,
        }
    }
}

impl Row {
    /// Whether the row is named by the key, told without making one.
    pub fn is_at(&self, key: &RowKey) -> bool {
        match (self, key) {
            (Self::Mirror(mirror), RowKey::Mirror(key)) => mirror.key == *key,
            (Self::Write(write), RowKey::Write(id)) => write.id == *id,
            (Self::Alias(alias), RowKey::Alias(local)) => alias.local == *local,
            (Self::Device(_), RowKey::Device)
            | (Self::Cursor(_), RowKey::Cursor)
            | (Self::Sync(_), RowKey::Sync)
            | (Self::Lease(_), RowKey::Lease)
            | (Self::Me(_), RowKey::Me)
            | (Self::Packs(_), RowKey::Packs) => true,
            _ => false,
        }
    }
}

impl RowKey {
    /// A text that is unique among keys; what a sealed store hashes to name the row at rest.
    pub fn text(&self) -> String {
        match self {
            Self::Mirror(key) => format!("mirror/{key}"),
            Self::Write(id) => format!("write/{id}"),
            Self::Alias(key) => format!("alias/{key}"),
            Self::Device => "device".into(),
            Self::Cursor => "cursor".into(),
            Self::Sync => "sync".into(),
            Self::Lease => "lease".into(),
            Self::Me => "me".into(),
            Self::Packs => "packs".into(),
        }
    }
}

/// What one commit does. A key is put or deleted, never both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub put: Vec<Row>,
    pub delete: Vec<RowKey>,
    /// Mirrors of which there are many: put as well, and not among the rows. See [`crate::store::gather`].
    pub pages: Vec<Rc<Page>>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty() && self.pages.is_empty()
    }

    /// The id for a page that is added to them, where the store's first free one is `free`.
    pub fn next_page(&self, free: PageId) -> PageId {
        let highest = self.pages.iter().map(|page| page.id).max().unwrap_or_default();
        free.max(highest + 1)
    }

    /// Puts a row; takes the place of an earlier put or deletion of the same key.
    pub fn put(&mut self, row: Row) {
        self.delete.retain(|deleted| !row.is_at(deleted));
        let key = row.key();
        match self.put.iter_mut().find(|earlier| earlier.is_at(&key)) {
            Some(earlier) => *earlier = row,
            None => self.put.push(row),
        }
    }

    /// Deletes a row; takes the place of an earlier put of the same key.
    pub fn delete(&mut self, key: RowKey) {
        self.put.retain(|row| !row.is_at(&key));
        if !self.delete.contains(&key) {
            self.delete.push(key);
        }
    }
}
