use std::collections::{BTreeMap, BTreeSet};

use chrono::SecondsFormat;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::Value;

use super::columns::{Layout, Read, Row, Written};
use crate::{
    Fields, Timestamp,
    json::{Faults, FromJson},
    ordered,
    record::meta,
    timestamp,
};

/// `GET /api/v1/sync/delta`, as the server makes it; a device reads it as [`super::DeltaText`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    bound(serialize = "R: Row", deserialize = "DeltaChanges<R>: Deserialize<'de>")
)]
pub struct Delta<R = WireRecord> {
    #[serde(deserialize_with = "timestamp::read")]
    pub sync_timestamp: Timestamp,
    /// Opaque. Send it as `since` next time; store it in the transaction that stores the changes.
    pub cursor: String,
    pub has_more: bool,
    /// Records still to come in this sync, if the server knows: what a progress bar counts down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
    pub changes: DeltaChanges<R>,
}

/// Changed records by collection (`workOrders`), and the ids that left.
#[derive(Debug, Clone, PartialEq)]
pub struct DeltaChanges<R = WireRecord> {
    /// By collection: ids deleted on the server.
    pub deleted_ids: BTreeMap<String, Vec<String>>,
    /// By collection: ids this user may no longer see.
    pub revoked_ids: BTreeMap<String, Vec<String>>,
    pub records: BTreeMap<String, Vec<R>>,
    /// As it is to be written; it is read in any.
    pub layout: Layout,
}

impl<R> Default for DeltaChanges<R> {
    fn default() -> Self {
        Self {
            deleted_ids: BTreeMap::new(),
            revoked_ids: BTreeMap::new(),
            records: BTreeMap::new(),
            layout: Layout::default(),
        }
    }
}

impl<R: Row> Serialize for DeltaChanges<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut changes = serializer.serialize_map(None)?;
        changes.serialize_entry("deletedIds", &self.deleted_ids)?;
        changes.serialize_entry("revokedIds", &self.revoked_ids)?;
        for (collection, records) in &self.records {
            changes.serialize_entry(collection, &Written::new(records, self.layout))?;
        }
        changes.end()
    }
}

/// By hand, because what serde derives for flattened fields buffers every record first.
impl<'de> Deserialize<'de> for DeltaChanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collections;

        impl<'de> Visitor<'de> for Collections {
            type Value = DeltaChanges;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("collections of changed records")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DeltaChanges, A::Error> {
                let mut changes = DeltaChanges::default();
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "deletedIds" => changes.deleted_ids = map.next_value()?,
                        "revokedIds" => changes.revoked_ids = map.next_value()?,
                        _ => {
                            let records = map.next_value::<Read>()?.records();
                            let records =
                                records.ok_or_else(|| A::Error::custom("columns of unequal length"))?;
                            changes.records.insert(name, records);
                        }
                    }
                }
                Ok(changes)
            }
        }

        deserializer.deserialize_map(Collections)
    }
}

/// A record on the wire: its id under the entity's id field, its fields, and `_version`, `updatedAt`, `_localId`.
/// With `_baseVersion`, only the fields that changed since that version are present, and an absent field is unchanged;
/// a field that was removed is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WireRecord(pub Fields);

impl FromJson for WireRecord {
    fn read(value: Value, faults: &mut Faults) -> Self {
        Self(Fields::read(value, faults))
    }
}

impl WireRecord {
    pub fn version(&self) -> Option<u64> {
        self.0.get(meta::VERSION).and_then(Value::as_u64)
    }

    /// The version its changed fields count from; `None` for a whole record.
    pub fn base_version(&self) -> Option<u64> {
        self.0.get(meta::BASE_VERSION).and_then(Value::as_u64)
    }

    pub fn local_id(&self) -> Option<&str> {
        self.0.get(meta::LOCAL_ID).and_then(Value::as_str)
    }

    pub fn updated_at(&self) -> Option<Timestamp> {
        self.0
            .get(meta::UPDATED_AT)
            .and_then(Value::as_str)
            .and_then(timestamp::parse)
    }

    pub fn id(&self, id_field: &str) -> Option<&str> {
        self.0.get(id_field).and_then(Value::as_str)
    }

    /// The record's own fields, without id and metadata.
    pub fn fields(&self, id_field: &str) -> Fields {
        let own = self
            .0
            .iter()
            .filter(|(name, _)| !meta::is_no_field(name, id_field));
        ordered::fields(own.map(|(k, v)| (k.clone(), v.clone())))
    }

    /// A record as it goes on the wire.
    pub fn assemble(mut fields: Fields, id_field: &str, id: String, metadata: Metadata) -> Self {
        fields.insert(id_field.into(), id.into());
        let metadata = metadata.cells();
        fields.extend(metadata.map(|(name, value)| (name.to_owned(), value)));
        Self(fields)
    }
}

/// What goes beside a record's fields on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    pub version: u64,
    /// For a row of changed fields only: the version they count from.
    pub base_version: Option<u64>,
    pub updated_at: Timestamp,
    /// For the device that made the record: the id under which it did.
    pub local_id: Option<String>,
}

impl Metadata {
    /// Names and values, as they stand in a record.
    pub fn cells(self) -> impl Iterator<Item = (&'static str, Value)> {
        let updated_at = self.updated_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let cells = [
            Some((meta::VERSION, self.version.into())),
            self.base_version.map(|base| (meta::BASE_VERSION, base.into())),
            self.local_id.map(|id| (meta::LOCAL_ID, id.into())),
            Some((meta::UPDATED_AT, updated_at.into())),
        ];
        cells.into_iter().flatten()
    }
}

/// `GET /api/v1/sync/digest`: what the server believes this device holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    pub epoch: String,
    /// When it was taken: what ages are counted at.
    #[serde(default, deserialize_with = "timestamp::read")]
    pub as_of: Timestamp,
    /// By collection.
    pub entities: BTreeMap<String, DigestEntry>,
}

crate::json_object!(Digest {
    epoch: "epoch",
    as_of: "asOf" = Timestamp::default(),
    entities: "entities",
});

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestEntry {
    /// Of the records that must be there: not of those that have had their days.
    pub count: u64,
    /// SHA-256, hex, over `id:version\n` of those records, in the order of ids.
    pub sha256: String,
    /// Version by id, where `versions=true` was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<BTreeMap<String, u64>>,
    /// Ids among the versions that may have left the device with time.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aged: BTreeSet<String>,
}

crate::json_object!(DigestEntry {
    count: "count",
    sha256: "sha256",
    versions: "versions",
    aged: "aged" = BTreeSet::new(),
});

impl DigestEntry {
    /// Over records by id. `aged`: those of them that have had their days.
    pub fn of(versions: BTreeMap<String, u64>, aged: BTreeSet<String>, with_versions: bool) -> Self {
        use sha2::{Digest as _, Sha256};
        let mut hash = Sha256::new();
        let mut count = 0;
        for (id, version) in versions.iter().filter(|(id, _)| !aged.contains(*id)) {
            hash.update(format!("{id}:{version}\n"));
            count += 1;
        }
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            count,
            sha256,
            versions: with_versions.then_some(versions),
            aged: if with_versions { aged } else { BTreeSet::new() },
        }
    }
}
