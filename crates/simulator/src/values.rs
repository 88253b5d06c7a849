//! What people type: a value for each type of field, made from what they see.

use chrono::SecondsFormat;
use holdfast_core::Fields;
use serde_json::{Value, json};

use crate::{
    diary::{AppTime, Diary},
    rng::Seeded,
};

/// Fields of a job that people change, those that clash most first.
const FIELDS: [&str; 15] = [
    "finding",
    "meter",
    "title",
    "notes",
    "tasks",
    "log",
    "status",
    "cause",
    "hint",
    "tags",
    "place",
    "assetId",
    "code",
    "siteId",
    "assignedTo",
];

/// New values of one to three fields, over what is seen. `clock`: what the app takes for the time, where it fills it in.
pub fn changes(
    seen: &Fields,
    rng: &Seeded,
    diary: &Diary,
    (people, assets): (&[String], &[String]),
    clock: Option<&AppTime>,
) -> Fields {
    let mut changed = Fields::new();
    for _ in 0..=rng.below(3) {
        // The last fields move a record out of sight: rarely.
        let choices = if rng.chance(100) {
            FIELDS.len()
        } else {
            FIELDS.len() - 2
        };
        let Some(field) = rng.pick(&FIELDS[..choices]) else {
            continue;
        };
        let now = seen.get(*field).cloned().unwrap_or_default();
        let value = match *field {
            "meter" => json!(now.as_i64().unwrap_or(0) + rng.between(1, 5) as i64),
            "notes" => notes(now.as_str().unwrap_or_default(), rng, diary),
            "tasks" => tasks(items(&now), rng, diary),
            "log" => log(items(&now), diary, clock),
            "tags" => tags(items(&now), rng, diary),
            "place" => place(now, rng, diary),
            "status" => json!(rng.pick(&["open", "busy", "done", "closed"])),
            "assetId" => rng.pick(assets).map_or(Value::Null, |id| json!(id)),
            "code" => json!(rng.below(10)),
            "siteId" => json!(rng.pick(&["north", "south"])),
            "assignedTo" => json!(rng.pick(people)),
            "finding" | "cause" | "hint" if rng.chance(80) => Value::Null,
            _ => json!(diary.text()),
        };
        changed.insert((*field).to_owned(), value);
    }
    changed
}

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn notes(now: &str, rng: &Seeded, diary: &Diary) -> Value {
    let mut lines: Vec<String> = now.lines().map(str::to_owned).collect();
    match rng.pick(&(0..lines.len()).collect::<Vec<_>>()) {
        Some(at) if rng.chance(300) => lines[*at] = diary.text(),
        Some(at) if rng.chance(500) => lines.insert(*at, diary.text()),
        _ => lines.push(diary.text()),
    }
    json!(lines.join("\n"))
}

fn tasks(mut tasks: Vec<Value>, rng: &Seeded, diary: &Diary) -> Value {
    let at = rng.below(tasks.len() as u64) as usize;
    let many = tasks.len() > 3;
    match (tasks.get_mut(at), rng.below(4)) {
        (Some(task), 0) => task["done"] = json!(task["done"] != json!(true)),
        (Some(task), 1) => task["title"] = json!(diary.text()),
        (Some(_), 2) if many => {
            diary.removes(&tasks.remove(at)["taskId"]);
        }
        _ => tasks.push(json!({ "taskId": diary.text(), "title": diary.text() })),
    }
    json!(tasks)
}

fn log(mut log: Vec<Value>, diary: &Diary, clock: Option<&AppTime>) -> Value {
    let mut entry = json!({ "entryId": diary.text(), "text": diary.text() });
    if let (Some(clock), Some(id)) = (clock, entry["entryId"].as_str()) {
        diary.dates(id, *clock);
        entry["at"] = json!(clock.claimed.to_rfc3339_opts(SecondsFormat::Millis, true));
    }
    log.push(entry);
    json!(log)
}

fn tags(mut tags: Vec<Value>, rng: &Seeded, diary: &Diary) -> Value {
    if !tags.is_empty() && rng.chance(200) {
        diary.removes(&tags.remove(rng.below(tags.len() as u64) as usize));
    } else {
        tags.push(json!(diary.text()));
    }
    json!(tags)
}

fn place(now: Value, rng: &Seeded, diary: &Diary) -> Value {
    let mut place = now.as_object().cloned().unwrap_or_default();
    let part = if rng.chance(500) { "bay" } else { "shelf" };
    place.insert(part.into(), json!(diary.text()));
    Value::Object(place)
}
