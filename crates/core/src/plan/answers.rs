//! What the answers to a push change (protocol W4–W12, R8).

use crate::{
    Timestamp,
    protocol::{Cause, ErrorCode, OperationResult, PushResponse, ResultStatus, WireError, WireRecord},
    queue::{QueuedWrite, WriteStatus},
    record::{Mirror, Operation, RecordKey},
    replica::Replica,
    stamps::Signer,
    store::{Changes, Row, RowKey, SyncRow},
    system, watchdog,
};

use super::{aliases, batch, notices};

/// Plans what the answers change. Writes of the batch that got no answer go back to `pending`, still sent.
///
/// `clock_offset_ms`: as measured by this exchange. `random`: jitter. What lies ahead (when to try again) is counted by
/// the device's clock, `now`; what is kept of the past, by the server's.
pub fn answers(
    replica: &Replica,
    queue_ids: &[String],
    response: &PushResponse,
    now: Timestamp,
    clock_offset_ms: i64,
    random: u64,
) -> Changes {
    // Results apply one after the other: a later one of the same record builds on what an earlier one planned.
    let mut planned = replica.part_for_planning(queue_ids);
    let mut changes = Changes::default();
    for (position, queue_id) in queue_ids.iter().enumerate() {
        let Some(write) = planned
            .write(queue_id)
            .filter(|write| write.status == WriteStatus::Syncing)
            .cloned()
        else {
            continue;
        };
        let step = match response.result_of(position, queue_id) {
            Some(result) => answer(&planned, &write, result, (now, response.server_time), random),
            None => put(QueuedWrite {
                status: WriteStatus::Pending,
                ..write
            }),
        };
        planned.apply_plan(&step);
        merge_into(&mut changes, step);
    }
    let batch_limit = (replica.sync().batch_limit * 2).min(SyncRow::FULL_BATCH);
    let mut sync = SyncRow {
        batch_limit,
        whole_failures: 0,
        lone_failures: 0,
        network_failures: 0,
        hold_until: None,
        last_error: None,
        clock_offset_ms,
        receipt: response
            .receipt
            .clone()
            .or_else(|| replica.sync().receipt.clone()),
        ..replica.sync().clone()
    };
    let accepted = |status: ResultStatus| matches!(status, ResultStatus::Success | ResultStatus::Conflict);
    match response.results.iter().any(|result| accepted(result.status)) {
        true => sync.in_vain_since = None,
        false => watchdog::tried_in_vain(&mut sync, now),
    }
    changes.put(Row::Sync(sync));
    changes
}

fn put(write: QueuedWrite) -> Changes {
    let mut changes = Changes::default();
    changes.put(Row::Write(Box::new(write)));
    changes
}

fn merge_into(changes: &mut Changes, step: Changes) {
    step.delete.into_iter().for_each(|key| changes.delete(key));
    step.put.into_iter().for_each(|row| changes.put(row));
}

fn answer(
    replica: &Replica,
    write: &QueuedWrite,
    result: &OperationResult,
    (now, server_time): (Timestamp, Timestamp),
    random: u64,
) -> Changes {
    let error = || {
        result
            .error
            .clone()
            .unwrap_or_else(|| WireError::of(Cause::Unexplained))
    };
    match result.status {
        ResultStatus::Success => settled(replica, write, result, WriteStatus::Synced, server_time),
        ResultStatus::Conflict => settled(replica, write, result, WriteStatus::Conflict, server_time),
        ResultStatus::Retry if error().code == ErrorCode::DependencyFailed => put(QueuedWrite {
            status: WriteStatus::Pending,
            ..write.clone()
        }),
        ResultStatus::Retry => put(batch::counted(replica, write, error(), now, random)),
        ResultStatus::Rejected => match error().code {
            // What is held here is the other record.
            ErrorCode::NotFound if holds_another(replica, write) => put(refused_by_server(write, error())),
            ErrorCode::NotFound => {
                let mut changes = access_lost(replica, &write.key(), &error(), server_time, |_| false);
                changes.put(Row::Write(Box::new(refused_by_server(write, error()))));
                changes
            }
            ErrorCode::ServerError => put(batch::counted(replica, write, error(), now, random)),
            _ => put(refused_by_server(write, error())),
        },
    }
}

/// Whether a record is held that was changed after the author of a write saw the one that they meant, which the server lost.
fn holds_another(replica: &Replica, write: &QueuedWrite) -> bool {
    let held = replica.mirror(&write.key());
    held.zip(write.seen_at)
        .is_some_and(|(held, seen_at)| held.updated_at() > seen_at)
}

/// The server has judged it for good: under this key it will never be applied, so that a retry takes a new one.
fn refused_by_server(write: &QueuedWrite, error: WireError) -> QueuedWrite {
    QueuedWrite {
        sent: false,
        ..refused(write, error)
    }
}

fn refused(write: &QueuedWrite, error: WireError) -> QueuedWrite {
    QueuedWrite {
        status: WriteStatus::Failed,
        last_error: Some(error),
        retries: write.retries + 1,
        ..write.clone()
    }
}

/// The record is no longer ours to see: it leaves the device, what was typed stays as dead letters (W9, R7).
///
/// `goes_on`: which writes stay in the queue, for the server to judge.
pub(super) fn access_lost(
    replica: &Replica,
    key: &RecordKey,
    error: &WireError,
    now: Timestamp,
    goes_on: impl Fn(&QueuedWrite) -> bool,
) -> Changes {
    let mut changes = Changes::default();
    let held = replica.mirror(key).is_some();
    // Told again, and gone before: the dead letters of the first time stay as they are.
    let typed: Vec<&QueuedWrite> = replica
        .lane(key)
        .filter(|write| held || write.status != WriteStatus::Failed)
        .filter(|write| !goes_on(write))
        .collect();
    let details = typed
        .iter()
        .map(|write| serde_json::Value::Object(write.payload.clone()))
        .collect();
    if held || !typed.is_empty() {
        changes.put(notices::local_notice(replica, "access-lost", key, details, now));
    }
    for write in typed {
        changes.put(Row::Write(Box::new(refused(write, error.clone()))));
    }
    changes.delete(RowKey::Mirror(key.clone()));
    changes
}

fn settled(
    replica: &Replica,
    write: &QueuedWrite,
    result: &OperationResult,
    status: WriteStatus,
    server_time: Timestamp,
) -> Changes {
    let mut merged = result.merged.clone();
    merged.extend(
        result
            .superseded
            .iter()
            .map(|superseded| superseded.field.clone()),
    );
    let done = QueuedWrite {
        status,
        synced_at: Some(server_time),
        last_error: None,
        not_before: None,
        merged,
        ..write.clone()
    };
    let mut changes = put(done);
    let local = write.key();
    let server_id = result
        .entity_id
        .clone()
        .unwrap_or_else(|| local.entity_id.clone());
    let key = RecordKey::new(&local.entity_type, &server_id);
    if result.access_lost {
        if replica.mirror(&key).is_some() {
            let nothing_lost = serde_json::Value::Array(Vec::new());
            changes.put(notices::local_notice(
                replica,
                "access-lost",
                &key,
                nothing_lost,
                server_time,
            ));
        }
        changes.delete(RowKey::Mirror(key));
        return changes;
    }
    match confirmed(replica, write, result, &key, server_time) {
        Confirmed::Record(mirror) => changes.put(Row::Mirror(mirror)),
        Confirmed::Deleted => changes.delete(RowKey::Mirror(key.clone())),
        Confirmed::Unknown => {}
    }
    if let Some(conflict) = &result.conflict
        && let Some(mirror) = mirror_of(replica, system::CONFLICT, &conflict.record, server_time)
        && replica
            .mirror(&mirror.key)
            .is_none_or(|known| known.version() < mirror.version)
    {
        changes.put(Row::Mirror(mirror));
    }
    aliases::adopt(replica, &mut changes, &local, &server_id, Some(write));
    changes
}

enum Confirmed {
    Record(Mirror),
    Deleted,
    /// The answer does not tell what the record is now; the next pull does.
    Unknown,
}

fn confirmed(
    replica: &Replica,
    write: &QueuedWrite,
    result: &OperationResult,
    key: &RecordKey,
    server_time: Timestamp,
) -> Confirmed {
    let known = replica.mirror(key);
    let newer = |version: u64| known.is_none_or(|held| held.version() < version);
    if let Some(record) = &result.record {
        return match mirror_of(replica, &key.entity_type, record, server_time) {
            Some(mirror) if newer(mirror.version) => Confirmed::Record(mirror),
            _ => Confirmed::Unknown,
        };
    }
    let (Some(version), Some(entity)) = (result.new_version, replica.packs().entity(&key.entity_type)) else {
        return Confirmed::Unknown;
    };
    match (write.operation, known) {
        (Operation::Delete, _) if result.status == ResultStatus::Success => Confirmed::Deleted,
        // Without `record`, the result is the author's version with the payload applied, and stamped.
        (Operation::Update, Some(held)) if held.version() == write.base_version && newer(version) => {
            let mirror = held.mirror();
            let signer = Signer {
                user_id: replica.device().map_or("", |device| device.user_id.as_str()),
                received: server_time,
                clock_offset_ms: 0,
            };
            let fields = signer.applied(entity, &mirror.fields, &write.base, &write.payload);
            Confirmed::Record(Mirror {
                fields,
                version,
                updated_at: server_time,
                reached_at: server_time,
                ..(*mirror).clone()
            })
        }
        _ => Confirmed::Unknown,
    }
}

/// A whole record off the wire, as a mirror; `None` if it lacks what every record has.
pub(crate) fn mirror_of(
    replica: &Replica,
    entity_type: &str,
    record: &WireRecord,
    now: Timestamp,
) -> Option<Mirror> {
    let entity = replica.packs().entity(entity_type)?;
    let id = record.id(&entity.id_field)?;
    let mut fields = record.fields(&entity.id_field);
    fields.retain(|_, value| !value.is_null());
    Some(Mirror {
        key: RecordKey::new(entity_type, id),
        fields,
        version: record.version()?,
        updated_at: record.updated_at().unwrap_or(now),
        reached_at: now,
        scan: replica.cursor().map_or(0, |cursor| cursor.scan),
        local_id: record.local_id().map(str::to_owned),
    })
}
