//! Requests that no client sends: cut off, nested, doubled, of the wrong type, and larger than a limit.

use holdfast_core::pack::Packs;
use serde_json::json;

use super::{Attack, Knowledge, operations};
use crate::rng::Seeded;

/// Levels that a reader without a bound would follow.
const DEEP: usize = 2_000;
/// One more than a batch may hold, and one more id than may be asked for at once.
const OPERATIONS: usize = 501;
const IDS: usize = 201;

pub fn request(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Attack {
    let device = known.device.clone();
    match rng.below(9) {
        0 => {
            let whole = operations::push(rng, packs, known);
            let text = whole.body.unwrap_or_default();
            let cut = (0..=rng.below(text.len() as u64) as usize)
                .rev()
                .find(|at| text.is_char_boundary(*at));
            Attack::push("a batch cut off", text[..cut.unwrap_or(0)].to_owned())
        }
        1 => Attack::push(
            "deep nesting",
            format!("{}1{}", "[".repeat(DEEP), "]".repeat(DEEP)),
        ),
        2 => {
            let deep = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
            let operation = format!(
                r#"{{"queueId":"q","entityType":"job","entityId":"J-000001","operation":"update","payload":{{"place":{deep}}}}}"#
            );
            Attack::push(
                "deep nesting",
                format!(r#"{{"deviceId":"{device}","operations":[{operation}]}}"#),
            )
        }
        3 => Attack::push(
            "a name twice",
            format!(r#"{{"deviceId":"office","deviceId":"{device}","operations":[],"operations":[]}}"#),
        ),
        4 => too_many_operations(&device),
        5 => {
            let ids = vec!["J-000001"; IDS].join(",");
            Attack::get(
                "too many ids",
                format!("/api/v1/sync/records?entity=jobs&ids={ids}"),
            )
        }
        6 => Attack::push(
            "not a batch",
            json!({ "deviceId": device, "operations": {} }).to_string(),
        ),
        7 => Attack::push(
            "a number beyond all",
            format!(r#"{{"deviceId":"{device}","operations":[1e999]}}"#),
        ),
        _ => Attack::push("not text", "\u{0}\u{feff}{}".to_owned()),
    }
}

/// A batch beyond the limit, of operations that change nothing.
fn too_many_operations(device: &str) -> Attack {
    let one = json!({ "queueId": "q", "entityType": "job", "entityId": "x", "operation": "delete" });
    let body = json!({ "deviceId": device, "operations": vec![one; OPERATIONS] });
    Attack::push("too many operations", body.to_string())
}
