use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Fields, Timestamp,
    protocol::WireError,
    record::{Operation, RecordKey},
    timestamp,
};

/// Where a queued write stands. See `docs/protocol.md`, "The life of a queued write".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteStatus {
    /// On this device, to be sent.
    Pending,
    /// In a request whose answer has not been committed. Resent with the same ids if the answer never comes.
    Syncing,
    /// Settled by the server; kept for seven days, to be offered again if the server is restored from a backup.
    Synced,
    /// Settled by the server but for fields that wait for a person; kept like a synced write.
    Conflict,
    /// A dead letter: refused, or out of attempts. Stops its lane until corrected, retried or discarded.
    Failed,
}

crate::json_names!(WriteStatus {
    Pending: "pending",
    Syncing: "syncing",
    Synced: "synced",
    Conflict: "conflict",
    Failed: "failed",
});

/// One mutation, from the moment a person made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedWrite {
    /// The queue id.
    pub id: String,
    /// The idempotency key: the server applies it once and answers a resent one as it did the first.
    pub client_mutation_id: String,
    /// The keys of earlier writes that were folded into this one before it was ever sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coalesced: Vec<String>,
    /// The write kind, as the pack names it: `ticket_comment`.
    pub kind: String,
    pub domain: String,
    pub entity_type: String,
    pub entity_id: String,
    pub operation: Operation,
    /// The changed fields only (all fields, for a create).
    pub payload: Fields,
    /// The value of each changed field as its author saw it; a field that was absent is `null`.
    pub base: Fields,
    /// The server's version that the author saw; 0 if the record had none yet.
    pub base_version: u64,
    /// When the server last changed the version that the author saw, by the server's time: noted once the server may have
    /// lost that version, so that it can tell whether it has another record under the same id.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::read_optional"
    )]
    pub seen_at: Option<Timestamp>,
    /// The local id under which this device created the record that the write means; empty, if another device created it.
    /// A server that lost history may give an id out again, and then one id names two records. Absent in writes that an
    /// earlier version queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_as: Option<String>,
    /// The same as `seen_at` of each record that the payload refers to by an id of the server's, by `type/id`.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "timestamp::read_map"
    )]
    pub seen_references: BTreeMap<String, Timestamp>,
    /// 1 (first) to 10 (last).
    pub priority: u8,
    /// Queue ids of writes of other lanes that must be settled before this one: the creates of the records of this device
    /// that it refers to, settled ones too, for as long as they are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    pub device_id: String,
    #[serde(deserialize_with = "timestamp::read")]
    pub created_at: Timestamp,
    /// Server time minus device time when it was made, in milliseconds, if known.
    pub clock_offset_ms: i64,
    /// Local order across the device: later writes have larger numbers.
    pub sequence: u64,
    pub status: WriteStatus,
    /// Whether it has ever been in a request: from then on it is frozen.
    pub sent: bool,
    /// Failures that the server laid on this write.
    pub retries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<WireError>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::read_optional"
    )]
    pub last_attempt_at: Option<Timestamp>,
    /// Not before this instant, after a counted failure.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::read_optional"
    )]
    pub not_before: Option<Timestamp>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::read_optional"
    )]
    pub synced_at: Option<Timestamp>,
    /// Fields that the server settled against or together with somebody else's value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
}

crate::json_object!(QueuedWrite {
    id: "id",
    client_mutation_id: "clientMutationId",
    coalesced: "coalesced" = Vec::new(),
    kind: "kind",
    domain: "domain",
    entity_type: "entityType",
    entity_id: "entityId",
    operation: "operation",
    payload: "payload",
    base: "base",
    base_version: "baseVersion",
    seen_at: "seenAt",
    made_as: "madeAs",
    seen_references: "seenReferences" = BTreeMap::new(),
    priority: "priority",
    depends_on: "dependsOn" = Vec::new(),
    device_id: "deviceId",
    created_at: "createdAt",
    clock_offset_ms: "clockOffsetMs",
    sequence: "sequence",
    status: "status",
    sent: "sent",
    retries: "retries",
    last_error: "lastError",
    last_attempt_at: "lastAttemptAt",
    not_before: "notBefore",
    synced_at: "syncedAt",
    merged: "merged" = Vec::new(),
});

impl QueuedWrite {
    pub fn key(&self) -> RecordKey {
        RecordKey::new(&self.entity_type, &self.entity_id)
    }

    /// Whether it still awaits an answer or a person on this device.
    pub fn is_open(&self) -> bool {
        !matches!(self.status, WriteStatus::Synced | WriteStatus::Conflict)
    }

    /// When it was made, by the server's clock as far as it was known then.
    pub fn recorded_at(&self) -> Timestamp {
        let offset = chrono::Duration::try_milliseconds(self.clock_offset_ms).unwrap_or_default();
        self.created_at
            .checked_add_signed(offset)
            .unwrap_or(self.created_at)
    }

    /// Whether it may be changed in place: a write that was ever sent is frozen, because the server may have it.
    pub fn is_editable(&self) -> bool {
        self.status == WriteStatus::Pending && !self.sent
    }
}
