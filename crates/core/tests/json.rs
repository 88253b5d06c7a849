//! The small reader and the one that serde derives must take the same JSON for the same thing, and refuse the same.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, fmt::Debug, path::Path};

use holdfast_core::{
    Fields,
    json::{FromJson, from_value},
    pack::Pack,
    protocol::{Delta, DeltaText, Digest, ErrorEnvelope, Health, Me, PushResponse, TokenAnswer, WireRecord},
    store::{PacksRow, Row, RowKey},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Reads both ways, and then with every value inside left out, nulled, turned into something else or given company.
fn agree<T: FromJson + Serialize + DeserializeOwned + PartialEq + Debug>(sample: Value) {
    let read: T = from_value(sample.clone()).unwrap_or_else(|_| panic!("not read: {sample}"));
    assert_eq!(read, serde_json::from_value(sample.clone()).unwrap());
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(from_value::<T>(written), Ok(read), "{sample}");
    for broken in broken(&sample) {
        let (small, derived) = (
            from_value::<T>(broken.clone()),
            serde_json::from_value::<T>(broken.clone()),
        );
        assert_eq!(small.ok(), derived.ok(), "{broken:#}");
    }
}

/// What a device reads of a page of changes, and what serde derives for it, are the same; and refused alike.
fn delta_agrees(value: &Value) {
    let text = serde_json::to_string(value).unwrap();
    let (read, derived) = (
        DeltaText::read(&text),
        serde_json::from_value::<Delta>(value.clone()),
    );
    let (read, derived) = match (read, derived) {
        (Ok(read), Ok(derived)) => (read, derived),
        (read, derived) => return assert_eq!(read.is_ok(), derived.is_ok(), "{value:#}"),
    };
    assert_eq!(
        (&read.cursor, read.has_more, read.remaining),
        (&derived.cursor, derived.has_more, derived.remaining)
    );
    assert_eq!(
        (&read.deleted_ids, &read.revoked_ids),
        (&derived.changes.deleted_ids, &derived.changes.revoked_ids)
    );
    let records = read.records.iter().map(|(name, records)| {
        let records: Vec<_> = records.iter().map(|record| WireRecord(record.fields())).collect();
        (name.to_string(), records)
    });
    assert_eq!(records.collect::<BTreeMap<_, _>>(), derived.changes.records);
}

fn broken(value: &Value) -> Vec<Value> {
    let wrong = [
        json!(null),
        json!(-1.5),
        json!(7),
        json!("?"),
        // No instant, though chrono's own reader takes it for one.
        json!("2026-11-21T08:30:0 Z"),
        json!(true),
        json!({ "?": 1 }),
    ];
    let mut all = wrong.to_vec();
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let with = |change: &dyn Fn(&mut Fields)| {
                    let mut fields = fields.clone();
                    change(&mut fields);
                    Value::Object(fields)
                };
                all.push(with(&|fields| drop(fields.remove(name))));
                all.extend(
                    broken(inner)
                        .into_iter()
                        .map(|inner| with(&|fields| drop(fields.insert(name.clone(), inner.clone())))),
                );
            }
            let mut more = fields.clone();
            more.insert("unheardOf".into(), json!(1));
            all.push(Value::Object(more));
        }
        Value::Array(items) => {
            // Items are alike; the first stands for all.
            let first = items.first().into_iter().flat_map(broken);
            all.extend(first.map(|item| json!([item])));
            all.push(json!([]));
        }
        _ => {}
    }
    all
}

fn write() -> Value {
    json!({ "write": {
        "id": "q1", "clientMutationId": "m1", "coalesced": ["m0"], "kind": "work-order_update", "domain": "maintenance",
        "entityType": "work-order", "entityId": "WO-1", "operation": "update", "payload": { "status": "assigned" },
        "base": { "status": null }, "baseVersion": 3, "priority": 5, "dependsOn": ["q0"], "deviceId": "d1",
        "createdAt": "2026-11-21T08:30:00Z", "clockOffsetMs": -4, "sequence": 9, "status": "failed", "sent": true,
        "retries": 1, "lastError": { "code": "VALIDATION_ERROR", "message": "no", "fields": [{ "field": "a", "message": "b" }] },
        "lastAttemptAt": "2026-11-21T08:30:00.123Z", "notBefore": "2026-11-21T08:30:00Z",
        "syncedAt": "2026-11-21T08:30:00Z", "merged": ["status"],
    }})
}

#[test]
fn rows() {
    let key = json!({ "entityType": "work-order", "entityId": "WO-1" });
    let at = "2026-11-21T08:30:00Z";
    agree::<Row>(write());
    agree::<Row>(json!({ "mirror": {
        "key": key, "fields": { "title": "Pump" }, "version": 4, "updatedAt": at, "reachedAt": at, "scan": 2, "localId": "u1",
    }}));
    agree::<Row>(json!({ "alias": { "local": key, "serverId": "WO-2" } }));
    agree::<Row>(json!({ "device": { "deviceId": "d", "userId": "u", "createdAt": at } }));
    agree::<Row>(json!({ "cursor": { "cursor": "v1.a.b.3", "partial": false, "scan": 1, "pulledAt": at } }));
    agree::<Row>(json!({ "lease": { "token": "t", "expiresAt": at } }));
    agree::<Row>(json!({ "sync": {
        "batchLimit": 50, "wholeFailures": 1, "loneFailures": 2, "holdUntil": at, "networkFailures": 3, "parked": true,
        "clockOffsetMs": -7, "lastSyncedAt": at, "lastVerifiedAt": at,
        "lastError": { "code": "GONE", "message": "m" }, "epochChangedAt": at, "inVainSince": at,
    }}));
    agree::<Row>(json!({ "me": {
        "userId": "u", "username": "n", "displayName": "N", "roles": ["technician"], "sites": [], "scopes": ["a:b:c"],
        "device": { "id": "d", "firstSeenAt": at, "lastSeenAt": at },
    }}));
}

#[test]
fn row_keys() {
    let key = json!({ "entityType": "work-order", "entityId": "WO-1" });
    agree::<RowKey>(json!({ "mirror": key }));
    agree::<RowKey>(json!({ "alias": key }));
    agree::<RowKey>(json!({ "write": "q1" }));
    for unit in ["device", "cursor", "sync", "lease", "me", "packs"] {
        agree::<RowKey>(json!(unit));
        let with_content = json!({ unit: { "?": 1 } });
        assert!(from_value::<RowKey>(with_content.clone()).is_err());
        assert!(serde_json::from_value::<RowKey>(with_content).is_err());
    }
}

#[test]
fn answers() {
    let at = "2026-11-21T08:30:00Z";
    let record = json!({ "workOrderId": "WO-1", "_version": 2, "updatedAt": at });
    agree::<PushResponse>(json!({ "serverTime": at, "results": [{
        "queueId": "q1", "status": "conflict", "newVersion": 4, "entityId": "WO-1", "record": record, "merged": ["a"],
        "superseded": [{ "field": "f", "kept": 1, "lost": [2], "lostBy": "u", "strategy": "server-wins" }],
        "conflict": { "conflictId": "c", "fields": ["f"], "record": record },
        "error": { "code": "SERVER_ERROR", "message": "m" },
    }]}));
    let delta = json!({
        "syncTimestamp": at, "cursor": "v1.a.b.3", "hasMore": true, "remaining": 7,
        "changes": { "deletedIds": { "workOrders": ["WO-3"] }, "revokedIds": {}, "workOrders": [record] },
    });
    assert!(serde_json::from_value::<Delta>(delta.clone()).is_ok());
    delta_agrees(&delta);
    broken(&delta).iter().for_each(delta_agrees);
    let by_columns = json!({
        "syncTimestamp": at, "cursor": "v1.a.b.3", "hasMore": false,
        "changes": { "deletedIds": {}, "revokedIds": {}, "workOrders": {
            "columns": { "workOrderId": ["WO-1", "WO-2"], "title": ["Pump", null], "_version": [2, 3], "updatedAt": [at, at] },
            "rows": [record],
        } },
    });
    let read: Delta = serde_json::from_value(by_columns.clone()).unwrap();
    let records = &read.changes.records["workOrders"];
    assert_eq!(records.len(), 3);
    assert_eq!(
        json!(records[0]),
        json!({ "workOrderId": "WO-1", "title": "Pump", "_version": 2, "updatedAt": at })
    );
    assert_eq!(
        json!(records[1]),
        json!({ "workOrderId": "WO-2", "_version": 3, "updatedAt": at })
    );
    delta_agrees(&by_columns);
    broken(&by_columns).iter().for_each(delta_agrees);
    agree::<Digest>(json!({ "epoch": "e", "asOf": at, "entities": {
        "workOrders": { "count": 1, "sha256": "ab", "versions": { "WO-1": 2 } },
    }}));
    agree::<Me>(
        json!({ "userId": "u", "username": "n", "displayName": "N", "roles": [], "sites": [], "scopes": [] }),
    );
    agree::<Health>(json!({ "status": "ok", "service": "holdfast" }));
    agree::<ErrorEnvelope>(json!({ "error": { "code": "RATE_LIMITED", "message": "m" } }));
    agree::<TokenAnswer>(json!({
        "access_token": "a", "token_type": "Bearer", "expires_in": 600, "device_id": "d", "user_id": "u",
    }));
}

#[test]
fn packs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../domains");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let is_pack = path.extension().is_some_and(|ending| ending == "toml");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let Some(pack) = is_pack.then(|| Pack::from_toml("a pack", &text).ok()).flatten() else {
            continue;
        };
        let written = serde_json::to_value(&pack).unwrap();
        assert_eq!(from_value::<Pack>(written.clone()), Ok(pack));
        assert!(from_value::<PacksRow>(json!({ "packs": [written] })).is_ok());
        seen += 1;
    }
    assert!(seen > 0, "there are packs to read");
}

#[test]
fn a_pack_with_everything() {
    agree::<Pack>(json!({
        "name": "yard", "version": 1, "title": "Yard", "attempts": 3, "coalesce": "state",
        "entities": [{
            "name": "gate", "plural": "gates", "title": "Gate", "titlePlural": "Gates", "icon": "door", "idField": "gateId",
            "idPrefix": "G-", "titleField": "plate", "operations": ["create"], "unique": [["plate"]],
            "access": [{ "roles": ["guard"], "when": { "all": [{ "is": { "field": "state", "value": "in" } }] } }],
            "sync": { "any": [{ "not": { "within": { "field": "at", "days": 7 } } }] },
            "syncAlong": [{ "entity": "lorry", "field": "lastGate" }],
            "list": {
                "shown": true, "columns": [{ "field": "plate", "slot": "line" }], "filters": ["state"],
                "search": ["plate"], "sorts": [{ "field": "at", "label": "Time", "descending": true }],
            },
            "retention": { "closed": { "in": { "field": "state", "values": ["out"] } }, "days": 30 },
            "afterAccess": { "fields": ["plate"], "days": 7 },
            "fields": [{
                "name": "plate", "label": "Plate", "type": "text", "required": true, "readOnly": false, "default": "x",
                "help": "h", "strategy": "manual", "maxLength": 9,
                "strategyRules": [{ "writtenBy": "guard", "strategy": "merge" }],
            }],
        }],
        "kinds": [{
            "name": "let_in", "entity": "gate", "operation": "update", "label": "Let in", "fields": ["state"],
            "set": { "state": "in" }, "ask": ["plate"], "when": { "has": { "field": "guards", "value": "$user" } },
            "critical": true,
        }],
        "priorities": [{
            "priority": 3, "entity": "gate", "operation": "create", "changes": ["a"], "only": ["b"], "when": { "pinned": true },
        }],
        "roles": { "guard": ["yard:gate:*"] },
        "onlineOnly": [{ "title": "t", "reason": "r", "entity": "gate" }],
    }));
}

#[test]
fn every_type_of_field() {
    let field = |rest: Value| {
        let mut field = json!({ "name": "f", "label": "F", "required": false, "readOnly": false });
        field
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        agree::<holdfast_core::pack::Field>(field);
    };
    let part = json!({ "name": "p", "label": "P", "type": "bool" });
    let choice = json!({ "value": "v", "label": "V", "tone": "good" });
    field(json!({ "type": "longText", "maxLength": 5 }));
    field(json!({ "type": "number", "min": -1.5, "max": 9, "integer": true, "unit": "h" }));
    field(json!({ "type": "enum", "choices": [choice], "transitions": { "v": ["v"] } }));
    field(json!({ "type": "reference", "entity": "lorry" }));
    field(json!({ "type": "object", "fields": [part] }));
    field(json!({ "type": "list", "key": "p", "fields": [part] }));
    field(json!({ "type": "log", "key": "p", "fields": [part] }));
    field(json!({ "type": "set", "choices": [choice] }));
    field(json!({ "type": "counter", "computed": { "count": { "list": "l", "field": "f" } } }));
    field(json!({ "type": "number", "computed": { "sum": { "list": "l", "field": "f", "times": "g" } } }));
    for plain in ["bool", "datetime", "location", "json"] {
        field(json!({ "type": plain }));
    }
}
