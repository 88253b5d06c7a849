use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{WireError, WireRecord};
use crate::{
    Fields, Timestamp,
    record::{Operation, meta},
    timestamp,
};

/// `POST /api/v1/sync/push`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushRequest {
    pub device_id: String,
    /// Version of each pack the operations were made under, by domain.
    #[serde(default)]
    pub pack_versions: BTreeMap<String, u64>,
    /// The device's cursor, if it has one: which history of the server it speaks of. A server that lost that one with
    /// a restored backup refuses the batch (410), so that what was lost is offered again before what came later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The [`PushResponse::receipt`] of what was acknowledged since the last full pull, judged as the cursor is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Results may leave their `queueId` out: their order says which operation each is of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_position: bool,
    /// The device stamps what was accepted as the server does, by [`PushResponse::server_time`]: an answer need not bring
    /// the record because of its stamps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stamps: bool,
    pub operations: Vec<WireOperation>,
}

/// One operation on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireOperation {
    pub queue_id: String,
    /// The idempotency key, where it is not the queue id: see [`Self::key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mutation_id: Option<String>,
    /// Keys of writes folded into this one; the ledger remembers them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_mutation_ids: Vec<String>,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub domain: String,
    pub entity_type: String,
    pub entity_id: String,
    pub operation: Operation,
    /// Changed fields, and `_version`: the server's version the author saw.
    #[serde(default)]
    pub payload: Fields,
    /// The value of each changed field as its author saw it. Without it the server takes it from its history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Fields>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::read_optional"
    )]
    pub queued_at: Option<Timestamp>,
    #[serde(default)]
    pub clock_offset_ms: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// [`crate::queue::QueuedWrite::seen_at`].
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "timestamp::read_optional"
    )]
    pub seen_at: Option<Timestamp>,
    /// [`crate::queue::QueuedWrite::seen_references`].
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "timestamp::read_map"
    )]
    pub seen_references: BTreeMap<String, Timestamp>,
}

impl WireOperation {
    /// The idempotency key: a server answers one that it knows as it did the first time.
    pub fn key(&self) -> &str {
        self.client_mutation_id.as_deref().unwrap_or(&self.queue_id)
    }

    /// The version the author saw, and the changed fields without it.
    pub fn split_payload(&self) -> (Option<u64>, Fields) {
        let mut fields = self.payload.clone();
        let version = fields
            .remove(meta::VERSION)
            .and_then(|value| meta::version(&value));
        (version, fields)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushResponse {
    #[serde(deserialize_with = "timestamp::read")]
    pub server_time: Timestamp,
    /// One for each operation, in the order of the request.
    pub results: Vec<OperationResult>,
    /// Opaque. Proves to the server how far its change log reached when it acknowledged this batch. Sent with the next
    /// requests until a pull has come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

crate::json_object!(PushResponse {
    server_time: "serverTime",
    results: "results",
    receipt: "receipt",
});

impl PushResponse {
    /// The result of the operation at a position of the request.
    pub fn result_of(&self, position: usize, queue_id: &str) -> Option<&OperationResult> {
        let here = self.results.get(position);
        let named = |result: &&OperationResult| result.queue_id.as_deref() == Some(queue_id);
        match here.filter(|result| result.queue_id.is_none()) {
            Some(unnamed) => Some(unnamed),
            None => here.filter(named).or_else(|| self.results.iter().find(named)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultStatus {
    /// Applied (or already applied: a resent operation gets its first answer).
    Success,
    /// Applied but for the fields in `conflict`, which wait for a person.
    Conflict,
    /// Not applied and not to be resent as it is: see `error`.
    Rejected,
    /// Not applied through no fault of its own; resend.
    Retry,
}

crate::json_names!(ResultStatus {
    Success: "success",
    Conflict: "conflict",
    Rejected: "rejected",
    Retry: "retry",
});

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationResult {
    /// Left out where the request allows it: the result's position tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<String>,
    pub status: ResultStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_version: Option<u64>,
    /// The record's id on the server, where it is not the one that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// The whole record after the operation, where it is not simply the author's version with the payload applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<WireRecord>,
    /// Fields where both sides' changes were put together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
    /// Fields where one side's value gave way to the other's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<ConflictSummary>,
    /// The author may no longer see the record: what they added was taken, and the record leaves the device.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub access_lost: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<WireError>,
}

crate::json_object!(OperationResult {
    queue_id: "queueId",
    status: "status",
    new_version: "newVersion",
    entity_id: "entityId",
    record: "record",
    merged: "merged" = Vec::new(),
    superseded: "superseded" = Vec::new(),
    conflict: "conflict",
    access_lost: "accessLost" = false,
    error: "error",
});

/// An automatic decision against somebody's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Superseded {
    pub field: String,
    /// The value that stands.
    pub kept: Value,
    /// The value that gave way.
    pub lost: Value,
    /// Who wrote the value that gave way.
    pub lost_by: String,
    /// The strategy that decided, as the pack names it.
    pub strategy: String,
}

crate::json_object!(Superseded {
    field: "field",
    kept: "kept",
    lost: "lost",
    lost_by: "lostBy",
    strategy: "strategy",
});

/// Names the conflict record (entity `conflict`) that the operation opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConflictSummary {
    pub conflict_id: String,
    pub fields: Vec<String>,
    /// The conflict as a record, so that the inbox shows it before the next pull.
    pub record: WireRecord,
}

crate::json_object!(ConflictSummary {
    conflict_id: "conflictId",
    fields: "fields",
    record: "record",
});
