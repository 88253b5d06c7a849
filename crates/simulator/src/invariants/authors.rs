//! Nobody writes in another's name, and no time is claimed that was still to come.

use std::collections::BTreeMap;

use holdfast_core::{Fields, timestamp};
use serde_json::Value;

use super::{Broken, all_records};
use crate::{
    device::Device,
    diary::Diary,
    server::{HOSTILE, Server},
};

/// Entries of a log that are in the name of somebody who did not make them. What no device typed the hostile one did.
pub fn misnamed(devices: &[Device], server: &Server, diary: &Diary) -> Vec<Broken> {
    let typed = diary.typed();
    let author = |typed: &crate::diary::Typed| devices.get(typed.author.0).map(|device| device.user.as_str());
    let authors: BTreeMap<&str, &str> = typed
        .iter()
        .filter_map(|typed| Some((typed.token.as_str(), author(typed)?)))
        .collect();
    let mut broken = Vec::new();
    for record in all_records(server) {
        for entry in entries(&record.fields) {
            let [key, by, at, received] = ["entryId", "by", "at", "atReceived"].map(|part| text(entry, part));
            let maker = authors.get(key).copied().unwrap_or(HOSTILE);
            let place = format!("{key} of {}/{}", record.entity, record.id);
            if by != maker {
                let what = format!("{place} is by {maker}, and says {by:?}");
                broken.push(Broken::new("nobody writes in another's name", what));
            }
            let times = timestamp::parse(at).zip(timestamp::parse(received));
            if times.is_none_or(|(at, received)| at > received) {
                let what = format!("{place} is of {at:?}, and was received at {received:?}");
                broken.push(Broken::new("no time is claimed before it came", what));
            }
        }
    }
    broken
}

fn entries(fields: &Fields) -> &[Value] {
    let log = fields.get("log").and_then(Value::as_array);
    log.map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(entry: &'a Value, part: &str) -> &'a str {
    entry.get(part).and_then(Value::as_str).unwrap_or_default()
}
