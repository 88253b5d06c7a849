//! The office takes work from the hostile account and gives it back, decides its conflicts, and goes on with what it
//! lost: what the account could read before, it must not read now.

use holdfast_core::system;
use serde_json::{Value, json};

use crate::{
    invariants,
    rng::Seeded,
    server::{HOSTILE, Server},
    world::World,
};

/// The work that the hostile account has from the beginning.
const ITS_JOBS: [&str; 2] = ["J-000004", "J-000005"];

impl World {
    /// One step of the office. It draws nothing that anybody else draws.
    pub(crate) fn office(&mut self, rng: &Seeded) {
        let now = self.network.time.now();
        let mut server = self.network.server.borrow_mut();
        let Some(id) = rng.pick(&ITS_JOBS) else { return };
        let operation = match rng.below(6) {
            0 => Some(change(id, None, json!({ "assignedTo": HOSTILE }))),
            1 | 2 => Some(change(
                id,
                None,
                json!({ "assignedTo": rng.pick(&["tim", "tess"]) }),
            )),
            3 => decision(&server, rng, || self.diary.text()),
            // Over what it has not seen: the values that stand give way.
            _ => Some(change(id, Some(1), json!({ "title": self.diary.text() }))),
        };
        let Some(mut operation) = operation else { return };
        operation["queueId"] = json!(format!("office-{:016x}", rng.below(u64::MAX)));
        // A storage that fails now, fails the office too.
        let done = server.push_from_office(&[operation.clone()], now).is_ok();
        self.story.tell("office", || format!("{operation}: {done}"));
    }
}

fn change(id: &str, version: Option<u64>, mut payload: Value) -> Value {
    if let Some(version) = version {
        payload["_version"] = json!(version);
    }
    json!({ "entityType": "job", "entityId": id, "operation": "update", "payload": payload })
}

/// A decision about an open conflict of the hostile account, by new values.
fn decision(server: &Server, rng: &Seeded, text: impl Fn() -> String) -> Option<Value> {
    let conflicts: Vec<_> = invariants::all_records(server)
        .into_iter()
        .filter(|record| record.entity == system::CONFLICT)
        .filter(|record| record.fields.get("userId") == Some(&json!(HOSTILE)))
        .filter(|record| record.fields.get("status") == Some(&json!("open")))
        .collect();
    let conflict = rng.pick(&conflicts)?;
    let names = conflict.fields.get("conflictingFields")?.as_array()?;
    let choice = |name: &str| match name {
        "record" => json!({ "choice": "mine" }),
        _ => json!({ "choice": "value", "value": text() }),
    };
    let choices = names.iter().filter_map(Value::as_str);
    let resolution: serde_json::Map<String, Value> =
        choices.map(|name| (name.to_owned(), choice(name))).collect();
    Some(
        json!({ "entityType": system::CONFLICT, "entityId": conflict.id, "operation": "update",
        "payload": { "resolution": resolution } }),
    )
}
