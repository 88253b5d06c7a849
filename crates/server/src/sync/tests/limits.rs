//! How much a push may ask for: at the limit it is carried out; beyond it, it is refused before any work.

use holdfast_core::limits::{
    MAX_COALESCED, MAX_COALESCED_IN_BATCH, MAX_DEPENDENCIES, MAX_DEPTH, MAX_FAULTS, MAX_ITEMS, MAX_NAME_BYTES,
    MAX_SEEN_REFERENCES, MAX_TEXT_CHARS,
};
use holdfast_core::Timestamp;
use holdfast_core::protocol::{ErrorCode, OperationResult, PushRequest, ResultStatus, WireOperation};
use serde_json::{Value, json};

use super::{World, create, delete, on_both, system_update, update};
use crate::storage::port::Storage;
use crate::sync::push;

on_both!(
    what_is_too_large_is_refused_at_its_field,
    other_operations_of_the_batch_go_on,
    what_was_refused_for_its_size_is_not_in_the_ledger,
    a_batch_names_only_so_many_keys,
    a_key_that_stands_twice_in_a_batch_is_answered_once,
    an_old_value_beyond_a_limit_is_left_alone,
    the_ledger_keeps_no_records,
    a_clock_that_is_impossibly_off_has_no_time,
);

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| at.to_string()).collect()
}

fn leak() -> WireOperation {
    create("k", "local", json!({ "title": "Leak" }))
}

/// The field of the first fault, and how many there are; `None` where it was taken.
fn refused(result: &OperationResult) -> Option<(String, usize)> {
    let error = result.error.as_ref()?;
    assert_eq!((result.status, error.code), (ResultStatus::Rejected, ErrorCode::ValidationError));
    Some((error.fields[0].field.clone(), error.fields.len()))
}

fn what_is_too_large_is_refused_at_its_field(world: World<impl Storage>) {
    let samir = world.samir();
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    let list = |count: usize| -> Value { (0..count).map(|at| json!({ "id": at.to_string() })).collect() };
    let nested = (0..=MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
    let text = "x".repeat(MAX_TEXT_CHARS + 1);
    let order = |payload: Value| update("k", "WO-000050", 1, payload);
    let table: Vec<(&str, WireOperation)> = vec![
        ("clientMutationIds", WireOperation { client_mutation_ids: names(MAX_COALESCED + 1), ..leak() }),
        ("dependsOn", WireOperation { depends_on: names(MAX_DEPENDENCIES + 1), ..leak() }),
        ("seenReferences", WireOperation { seen_references: names(MAX_SEEN_REFERENCES + 1).into_iter().map(|name| (name, Timestamp::default())).collect(), ..leak() }),
        ("queueId", WireOperation { queue_id: long.clone(), client_mutation_id: Some("k".into()), ..leak() }),
        ("clientMutationId", WireOperation { client_mutation_id: Some(long.clone()), ..leak() }),
        ("clientMutationIds", WireOperation { client_mutation_ids: vec![long.clone()], ..leak() }),
        ("dependsOn", WireOperation { depends_on: vec![long.clone()], ..leak() }),
        ("kind", WireOperation { kind: long.clone(), ..leak() }),
        ("domain", WireOperation { domain: long.clone(), ..leak() }),
        ("entityType", WireOperation { entity_type: long.clone(), ..leak() }),
        ("entityId", WireOperation { entity_id: long.clone(), ..leak() }),
        ("entityId", delete("k", &format!("WO-{long}"), 1)),
        ("notes", order(json!({ "notes": list(MAX_ITEMS + 1) }))),
        ("labor", order(json!({ "labor": list(MAX_ITEMS + 1) }))),
        ("completion", order(json!({ "completion": text }))),
        ("parts", order(json!({ "parts": [{ "partId": "P", "note": text }] }))),
        ("undeclared", order(json!({ "undeclared": nested }))),
        ("resolution", system_update("k", "conflict", "nowhere", json!({ "resolution": nested }))),
        ("notes", WireOperation { entity_id: super::local("2"), ..create("k", "l", json!({ "title": "x", "notes": list(MAX_ITEMS + 1) })) }),
    ];
    world.given("order", "WO-000050", json!({ "title": "Leak", "owner": "tara" }));
    let before = (world.all("order").len(), world.audit_count());
    for (field, operation) in table {
        let result = world.push_one(&samir, operation);
        assert_eq!(refused(&result).map(|(field, _)| field).as_deref(), Some(field));
    }
    // Whoever may not see a record learns nothing of it.
    let hidden = update("k", "WO-000050", 1, json!({ "notes": list(MAX_ITEMS + 1) }));
    assert_eq!(refused(&world.push_one(&world.jonas(), hidden)).unwrap().0, "notes");
    let many: Value = (0..1_000).map(|at| (at.to_string(), nested.clone())).collect::<serde_json::Map<_, _>>().into();
    let result = world.push_one(&samir, order(many));
    assert_eq!(refused(&result).unwrap().1, MAX_FAULTS);
    assert_eq!((world.all("order").len(), world.audit_count()), before, "nothing is stored");
    let full = WireOperation {
        client_mutation_ids: names(MAX_COALESCED),
        depends_on: names(MAX_DEPENDENCIES),
        ..update("full", "WO-000050", 1, json!({ "notes": list(MAX_ITEMS), "completion": "x".repeat(MAX_TEXT_CHARS) }))
    };
    assert_eq!(world.push_one(&samir, full).status, ResultStatus::Success, "at the limits");
}

fn other_operations_of_the_batch_go_on(world: World<impl Storage>) {
    let long = WireOperation { client_mutation_ids: names(MAX_COALESCED + 1), ..create("long", "l", json!({ "title": "x" })) };
    let dependant = WireOperation { depends_on: vec!["long".into()], ..create("after", "a", json!({ "title": "x" })) };
    let results = world.push(&world.tara(), vec![create("one", "1", json!({ "title": "x" })), long, dependant, create("two", "2", json!({ "title": "x" }))]);
    let statuses: Vec<_> = results.iter().map(|result| result.status).collect();
    let expected = [ResultStatus::Success, ResultStatus::Rejected, ResultStatus::Retry, ResultStatus::Success];
    assert_eq!(statuses, expected);
}

fn what_was_refused_for_its_size_is_not_in_the_ledger(world: World<impl Storage>) {
    let tara = world.tara();
    let long = WireOperation { client_mutation_ids: names(MAX_COALESCED + 1), ..leak() };
    for _ in 0..2 {
        assert!(refused(&world.push_one(&tara, long.clone())).is_some());
    }
    for key in ["k", "0", "250"] {
        assert_eq!(world.write(|tx| tx.answer("tara-phone", key)), None, "{key}");
    }
    assert_eq!(world.push_one(&tara, leak()).status, ResultStatus::Success, "the same, made smaller");
    assert_eq!(world.push_one(&tara, long).status, ResultStatus::Success, "what was taken once is answered as it was");
}

fn a_batch_names_only_so_many_keys(world: World<impl Storage>) {
    let tara = world.tara();
    let status = |surplus: usize| {
        let count = MAX_COALESCED_IN_BATCH / MAX_COALESCED;
        let mut operations: Vec<WireOperation> = (0..count)
            .map(|at| WireOperation { client_mutation_ids: names(MAX_COALESCED), ..create(&format!("q{at}"), &format!("l{at}"), json!({ "title": "x" })) })
            .collect();
        operations.push(WireOperation { client_mutation_ids: names(surplus), ..leak() });
        let request = PushRequest {
            device_id: tara.device_id.clone(),
            pack_versions: world.packs.versions(),
            cursor: None,
            receipt: None,
            by_position: false,
            stamps: false,
            operations,
        };
        world.act(&tara, |tx, cx| push::push(tx, cx, &request)).map(|_| ()).map_err(|refusal| refusal.status)
    };
    assert_eq!(status(1), Err(413));
    assert_eq!(world.all("order").len(), 0);
    assert_eq!(status(0), Ok(()));
}

fn a_key_that_stands_twice_in_a_batch_is_answered_once(world: World<impl Storage>) {
    let tara = world.tara();
    let named = |queue: &str, key: &str, id: &str| WireOperation { client_mutation_id: Some(key.into()), ..create(queue, id, json!({ "title": "Leak" })) };
    let results = world.push(&tara, vec![named("q1", "k", "l1"), named("q2", "k", "l2"), named("q1", "k", "l3")]);
    let ids: Vec<_> = results.iter().map(|result| (result.queue_id.as_deref(), result.status, result.entity_id.as_deref())).collect();
    let taken = (ResultStatus::Success, Some("WO-000001"));
    assert_eq!(ids, [("q1", taken), ("q2", taken), ("q1", taken)].map(|(queue, (status, id))| (Some(queue), status, id)));
    let twice = vec![create("q7", "l7", json!({ "title": "One" })), create("q7", "l8", json!({ "title": "Other" }))];
    let results = world.push(&tara, twice);
    assert_eq!(results[0].entity_id, results[1].entity_id, "without a key, the queue id is the key");
    assert_eq!(world.all("order").len(), 2);
    // A key of a coalesced edit is taken, too.
    let coalesced = WireOperation { client_mutation_ids: vec!["q7".into(), "q9".into()], ..create("q8", "l9", json!({ "title": "Three" })) };
    let results = world.push(&tara, vec![coalesced, create("q9", "l10", json!({ "title": "Four" }))]);
    assert_eq!(results[0].entity_id, results[1].entity_id);
    assert_eq!(world.all("order").len(), 3);
}

fn an_old_value_beyond_a_limit_is_left_alone(world: World<impl Storage>) {
    let notes: Value = (0..MAX_ITEMS + 500).map(|at| json!({ "id": at.to_string() })).collect();
    let completion = "x".repeat(MAX_TEXT_CHARS * 2);
    world.given("order", "WO-000050", json!({ "title": "Leak", "owner": "tara", "notes": notes, "completion": completion }));
    let tara = world.tara();
    assert_eq!(world.push_one(&tara, update("k1", "WO-000050", 1, json!({ "title": "Crack" }))).status, ResultStatus::Success);
    // Whoever makes it smaller names it as it was.
    let shorter = WireOperation {
        base: Some(super::object(json!({ "completion": completion }))),
        ..update("k2", "WO-000050", 2, json!({ "completion": "short" }))
    };
    assert_eq!(world.push_one(&tara, shorter).status, ResultStatus::Success);
    let record = world.record("order", "WO-000050");
    assert_eq!((record.fields["title"].as_str(), record.fields["completion"].as_str()), (Some("Crack"), Some("short")));
    assert_eq!(record.fields["notes"].as_array().unwrap().len(), MAX_ITEMS + 500);
    // Somebody else's entry and mine may lead beyond the limit together: the log takes both.
    let entries = |from: usize, count: usize| -> Value { (from..from + count).map(|at| json!({ "id": at.to_string() })).collect() };
    world.given("order", "WO-000051", json!({ "title": "Leak", "owner": "tara", "notes": entries(0, MAX_ITEMS - 1) }));
    world.given("order", "WO-000051", json!({ "notes": entries(0, MAX_ITEMS) }));
    let mut mine = entries(0, MAX_ITEMS - 1);
    mine.as_array_mut().unwrap().push(json!({ "id": "mine" }));
    assert_eq!(world.push_one(&tara, update("k3", "WO-000051", 1, json!({ "notes": mine }))).status, ResultStatus::Success);
    assert_eq!(world.record("order", "WO-000051").fields["notes"].as_array().unwrap().len(), MAX_ITEMS + 1);
}

fn the_ledger_keeps_no_records(world: World<impl Storage>) {
    let (tara, text) = (world.tara(), "x".repeat(50_000));
    let long = WireOperation { client_mutation_ids: names(100), ..create("k", "local", json!({ "title": "Leak", "completion": text })) };
    let first = world.push_one(&tara, long.clone());
    assert_eq!(first.record.as_ref().unwrap().0["completion"], json!(text));
    let stored = |key: &str| world.write(|tx| tx.answer("tara-phone", key)).unwrap().len();
    assert!(stored("k") < 500 && stored("99") < 500);
    assert_eq!(world.push_one(&tara, long), first, "and is answered as before");
    // Values that gave way are told again under the write's own key.
    world.push_one(&world.samir(), update("s1", "WO-000001", 1, json!({ "plan": "theirs" })));
    let lost = WireOperation { client_mutation_ids: vec!["edit".into()], base: Some(super::object(json!({ "plan": null }))), ..update("k2", "WO-000001", 1, json!({ "plan": text })) };
    let answer = world.push_one(&tara, lost.clone());
    assert_eq!(answer.superseded[0].lost, json!(text));
    assert_eq!(world.push_one(&tara, lost).superseded, answer.superseded);
    assert!(stored("edit") < 500 && stored("k2") > 50_000);
}

fn a_clock_that_is_impossibly_off_has_no_time(world: World<impl Storage>) {
    let samir = world.samir();
    world.given("order", "WO-000050", json!({ "title": "Leak", "owner": "tara", "plan": "a" }));
    for (key, offset) in [("k1", i64::MIN), ("k2", i64::MAX), ("k3", 3_600_000)] {
        let mut write = update(key, "WO-000050", 1, json!({ "plan": key }));
        write.queued_at = Some(world.now());
        write.clock_offset_ms = offset;
        write.base = Some(super::object(json!({ "plan": "never so" })));
        assert_eq!(world.push_one(&samir, write).status, ResultStatus::Success);
    }
    let filter = crate::storage::model::AuditFilter { limit: 10, ..Default::default() };
    let entries = world.write(|tx| tx.audits(&filter));
    let offsets: Vec<_> = entries.iter().map(|row| crate::sync::audit::read_entry(row).unwrap()).map(|entry| (entry.acted_at.is_some(), entry.clock_offset_ms)).collect();
    assert_eq!(offsets, [(true, Some(3_600_000)), (false, None), (false, None)]);
}
