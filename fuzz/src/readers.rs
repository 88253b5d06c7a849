//! The engine's own reader beside the one that serde derives.

use std::fmt::Debug;

use holdfast_core::json::{FromJson, from_value, limits};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Both readers take the value for the same, and what was read is written and read again as it was. One thing serde
/// takes and the engine refuses: an array in place of an object, its items in the order of the fields.
pub fn agree<T: FromJson + Serialize + DeserializeOwned + PartialEq + Debug>(value: &Value) -> Option<T> {
    let small = from_value::<T>(value.clone()).ok();
    let derived = serde_json::from_value::<T>(value.clone()).ok();
    if small.is_none() && derived.is_some() {
        assert!(holds_array(value), "refused by one reader alone: {value}");
        return None;
    }
    assert_eq!(small, derived, "{value}");
    let read = small?;
    let written = serde_json::to_value(&read).expect("what was read is JSON");
    assert_eq!(from_value::<T>(written).as_ref(), Ok(&read), "{value}");
    Some(read)
}

/// Whatever passes the count of a request's body is no larger than it says, once it is read.
pub fn counted(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        // What is no JSON is counted, too, without a fault.
        let _ = limits::check(bytes);
        return;
    };
    let (values, depth) = extent(&value);
    if limits::check(bytes).is_ok() {
        assert!(values <= limits::MAX_VALUES && depth <= limits::MAX_DEPTH);
    }
    let written = serde_json::to_vec(&value).expect("what was read is JSON");
    if depth <= limits::MAX_DEPTH && values <= limits::MAX_VALUES && written.len() <= limits::MAX_NUMBER_BYTES
    {
        assert_eq!(limits::check(&written), Ok(()), "{value}");
    }
}

/// The number of values, and how deep they lie in each other.
fn extent(value: &Value) -> (usize, usize) {
    let within = |parts: &mut dyn Iterator<Item = &Value>| {
        let parts = parts.map(extent);
        let (values, depth) = parts.fold((0, 0), |(values, deepest), (more, depth)| {
            (values + more, deepest.max(depth))
        });
        (values + 1, depth + 1)
    };
    match value {
        Value::Array(items) => within(&mut items.iter()),
        Value::Object(parts) => within(&mut parts.values()),
        _ => (1, 0),
    }
}

fn holds_array(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(fields) => fields.values().any(holds_array),
        _ => false,
    }
}
