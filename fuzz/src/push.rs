//! Batches of operations, whatever is in them, through the server's rules.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use arbitrary::Unstructured;
use holdfast_core::{
    Timestamp,
    pack::{Pack, Packs},
    ports::Rng,
    protocol::{ErrorCode, Me, PushRequest, PushResponse, ResultStatus},
};
use holdfast_server::{
    records::people,
    storage::{
        memory::MemoryStorage,
        model::StoredRecord,
        port::{Organisation, Storage, StorageError, Transaction},
        text::StoredText,
    },
    sync::{Answer, Caller, Context, audit::chain, delta::DeltaRequest, pull, push as pushing, scopes_of},
};
use serde_json::Value;

use crate::mutation::{below, broken_sample};

const SAMPLES: [&str; 2] = [
    include_str!("../samples/push-orders.json"),
    include_str!("../samples/push-system.json"),
];
const DEVICE: &str = "phone";
const ENTITIES: [&str; 5] = ["order", "asset", "part", "conflict", "notice"];

/// A server with a few records, before anybody pushes.
struct World {
    packs: Packs,
    storage: MemoryStorage,
    /// Batches that fit these records.
    samples: Vec<String>,
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Rng for Counter {
    fn next_u64(&self) -> u64 {
        self.0
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let text = include_str!("../../crates/server/src/sync/tests/pack.toml");
        let packs =
            Packs::new(vec![Pack::from_toml("works", text).expect("the pack is sound")]).expect("and alone");
        let storage = MemoryStorage::default();
        let (office, rng) = (caller(&packs, "supervisor"), Counter::default());
        let request = serde_json::from_str(include_str!("../samples/push-first.json")).expect("a request");
        let response = act(&packs, &storage, &rng, &office, |tx, cx| {
            people::keep(tx, cx.packs, &cx.caller.me, cx.now)?;
            pushing::push(tx, cx, &request)
        });
        let response = response.expect("the first records are sent by their device");
        assert!(
            all_settled(&response),
            "the first records are taken: {response:?}"
        );
        let conflict = response.results.into_iter().find_map(|result| result.conflict);
        let conflict = conflict
            .expect("the last of them meets another value")
            .conflict_id;
        let samples = SAMPLES
            .map(|sample| sample.replace("the conflict", &conflict))
            .to_vec();
        World {
            packs,
            storage,
            samples,
        }
    })
}

fn caller(packs: &Packs, role: &str) -> Caller {
    let roles = vec![role.to_owned()];
    let me = Me {
        user_id: role.into(),
        username: role.into(),
        display_name: role.into(),
        scopes: scopes_of(packs, &roles),
        roles,
        sites: vec!["north".into()],
        device: None,
    };
    Caller {
        me,
        device_id: DEVICE.into(),
    }
}

/// A request in one transaction; `None` where it was refused as a whole.
fn act<T>(
    packs: &Packs,
    storage: &MemoryStorage,
    rng: &Counter,
    caller: &Caller,
    request: impl FnOnce(&mut dyn Transaction, &Context<'_>) -> Answer<T>,
) -> Option<T> {
    let now = Timestamp::from_timestamp(1_790_000_000, 0).unwrap_or_default();
    let cx = Context {
        stamps_alike: false,
        packs,
        rng,
        now,
        caller,
    };
    storage
        .write(Organisation::ONLY, |tx| request(tx, &cx))
        .expect("the rules do not fail inside the server")
        .ok()
}

/// Each operation gets its answer; the same batch again changes nothing and is answered alike; the audit's chain holds;
/// and the device can be told of what came of it.
pub fn push(bytes: &[u8]) {
    let mut directions = Unstructured::new(bytes);
    let role = ["technician", "supervisor", "admin"][below(&mut directions, 3)];
    let World {
        packs,
        storage,
        samples,
    } = world();
    let value = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => value,
        Err(_) => broken_sample(samples, &mut directions),
    };
    let Ok(request) = serde_json::from_value::<PushRequest>(value) else {
        return;
    };
    let (storage, rng, caller) = (storage.backup(), Counter::default(), caller(packs, role));
    // So that ids do not repeat those of the first records.
    rng.0.store(1_000, Ordering::Relaxed);
    let send = || {
        act(packs, &storage, &rng, &caller, |tx, cx| {
            pushing::push(tx, cx, &request)
        })
    };
    let Some(first) = send() else {
        return;
    };
    let asked = request.operations.iter().map(|operation| {
        let named = !request.by_position;
        named.then_some(&operation.queue_id)
    });
    assert!(
        asked.eq(first.results.iter().map(|result| result.queue_id.as_ref())),
        "an answer for each, in order"
    );
    let faults = first.results.iter().filter_map(|result| result.error.as_ref());
    for fault in faults {
        assert_ne!(
            fault.code,
            ErrorCode::ServerError,
            "an operation is refused for what is wrong with it: {request:?}"
        );
    }
    let before = records(&storage);
    let again = send().expect("what was taken once is not refused as a whole");
    if all_settled(&first) {
        assert!(all_settled(&again));
        assert_eq!(records(&storage), before, "a resent batch changes nothing");
    }
    let chain = storage
        .read(Organisation::ONLY, |tx| chain::verify(tx, None))
        .expect("memory does not fail");
    assert!(chain.is_ok(), "the audit's chain holds");
    let page = act(packs, &storage, &rng, &caller, |tx, cx| {
        pull::delta(tx, cx, &DeltaRequest::default())
    });
    assert!(page.is_some_and(|page| !page.cursor.is_empty()));
}

fn all_settled(response: &PushResponse) -> bool {
    let settled = |status| matches!(status, ResultStatus::Success | ResultStatus::Conflict);
    response.results.iter().all(|result| settled(result.status))
}

fn records(storage: &MemoryStorage) -> Vec<StoredRecord> {
    let all = storage.read(
        Organisation::ONLY,
        |tx| -> Result<Vec<StoredRecord>, StorageError> {
            let mut all = Vec::new();
            for entity in ENTITIES {
                all.extend(StoredText::read_all(&tx.records_after(
                    entity,
                    None,
                    usize::MAX,
                )?)?);
            }
            Ok(all)
        },
    );
    all.expect("memory does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else most of what is broken in them is never reached.
    #[test]
    fn the_samples_are_taken_as_they_are() {
        let World {
            packs,
            storage,
            samples,
        } = world();
        for sample in samples {
            let (storage, rng, caller) = (
                storage.backup(),
                Counter(AtomicU64::new(1_000)),
                caller(packs, "supervisor"),
            );
            let request = serde_json::from_str(sample).expect("a request");
            let response = act(packs, &storage, &rng, &caller, |tx, cx| {
                pushing::push(tx, cx, &request)
            });
            let results = response.map(|response| response.results).unwrap_or_default();
            let settled = results
                .iter()
                .filter(|result| matches!(result.status, ResultStatus::Success | ResultStatus::Conflict));
            assert!(settled.count() > results.len() / 2, "{results:#?}");
        }
    }
}
