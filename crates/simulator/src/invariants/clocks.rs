//! Clocks are far off and jump: a time that the app sets is the server's all the same, to within the error of the offset that
//! the device measured, and it is stored as it was claimed.

use holdfast_core::timestamp;
use serde_json::Value;

use super::{Broken, all_records};
use crate::{
    diary::{AppTime, Diary},
    server::Server,
};

/// Half of the longest exchange that measures an offset, and of the second that a `Date` header is exact to, in
/// milliseconds.
pub const ERROR_MS: i64 = 300_500;

const DATED: &str = "a time that the app sets is the server's";

/// Entries of logs whose time is not the one that their app set, or was wrong when it was set.
pub fn misdated(server: &Server, diary: &Diary) -> Vec<Broken> {
    let dated = diary.dated();
    if dated.is_empty() {
        return Vec::new();
    }
    let mut broken = Vec::new();
    for record in all_records(server) {
        let entries = record.fields.get("log").and_then(Value::as_array);
        for entry in entries.into_iter().flatten() {
            let id = entry["entryId"].as_str().unwrap_or_default();
            let fault = dated.get(id).and_then(|time| fault(entry, time));
            broken.extend(fault.map(|what| Broken::new(DATED, format!("{id} of {}: {what}", record.id))));
        }
    }
    broken
}

fn fault(entry: &Value, time: &AppTime) -> Option<String> {
    let read = |name: &str| entry[name].as_str().and_then(timestamp::parse);
    let (at, received) = (read("at"), read("atReceived"));
    // A clock that was set back since may have received it before it was made.
    let kept = at == Some(time.claimed) || at == received && received <= Some(time.claimed);
    if !kept {
        return Some(format!("{entry} was claimed to be of {}", time.claimed));
    }
    let error = (time.claimed - time.by_server).num_milliseconds().abs();
    (time.measured && error > ERROR_MS).then(|| {
        format!(
            "{} was claimed when the server had {}",
            time.claimed, time.by_server
        )
    })
}
