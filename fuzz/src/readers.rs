//! The engine's own reader beside the one that serde derives.

use std::fmt::Debug;

use holdfast_core::json::{FromJson, from_value};
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

fn holds_array(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(fields) => fields.values().any(holds_array),
        _ => false,
    }
}
