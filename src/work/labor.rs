use holdfast_core::Timestamp;
use serde_json::{Value, json};

use super::{items, text, with_entry};
use crate::format::time::{self, wire};

/// One stretch of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: String,
    pub person: String,
    pub start: Option<Timestamp>,
    /// None: the timer runs.
    pub hours: Option<f64>,
    pub note: String,
}

pub fn entries(list: &Value) -> Vec<Entry> {
    items(list).iter().map(entry).collect()
}

fn entry(item: &Value) -> Entry {
    let time = |name: &str| time::parse(text(item, name));
    let (start, end) = (time("start"), time("end"));
    let counted = item.get("hours").and_then(Value::as_f64);
    Entry {
        id: text(item, "laborId").to_owned(),
        person: text(item, "personId").to_owned(),
        start,
        hours: counted.or_else(|| Some(hours_between(start?, end?))),
        note: text(item, "note").to_owned(),
    }
}

/// When the person's timer was started, if it runs.
pub fn running(list: &Value, person: &str) -> Option<Timestamp> {
    entries(list)
        .into_iter()
        .find(|entry| entry.person == person && entry.hours.is_none())
        .and_then(|entry| entry.start)
}

/// The list with a timer running for the person.
pub fn start(list: &Value, id: String, person: &str, now: Timestamp) -> Value {
    let mut all = items(list).to_vec();
    all.push(json!({ "laborId": id, "personId": person, "start": wire(now) }));
    Value::Array(all)
}

/// The list with the person's timers stopped.
pub fn stop(list: &Value, person: &str, now: Timestamp) -> Value {
    let stopped = items(list).iter().map(|item| {
        let mut item = item.clone();
        let read = entry(&item);
        if read.person == person
            && read.hours.is_none()
            && let Some(parts) = item.as_object_mut()
        {
            let start = read.start.unwrap_or(now);
            parts.insert("end".into(), wire(now).into());
            parts.insert("hours".into(), hours_between(start, now).into());
        }
        item
    });
    Value::Array(stopped.collect())
}

/// The list with a stretch that was not timed.
pub fn add(list: &Value, id: String, person: &str, hours: f64, note: &str, now: Timestamp) -> Value {
    let start = now - chrono::Duration::seconds((hours * 3_600.0) as i64);
    let mut entry =
        json!({ "laborId": id, "personId": person, "start": wire(start), "end": wire(now), "hours": hours });
    if !note.trim().is_empty() {
        entry["note"] = note.trim().into();
    }
    with_entry(list, &id, entry)
}

/// Hours typed as hours and minutes, or `None` if it is nothing or more than a day.
pub fn typed(hours: &str, minutes: &str) -> Option<f64> {
    let number = |text: &str| {
        if text.trim().is_empty() {
            Some(0.0)
        } else {
            text.trim().replace(',', ".").parse::<f64>().ok()
        }
    };
    let total = number(hours)? + number(minutes)? / 60.0;
    (total > 0.0 && total <= 24.0).then(|| rounded(total))
}

fn hours_between(start: Timestamp, end: Timestamp) -> f64 {
    rounded(((end - start).num_seconds() as f64 / 3_600.0).clamp(0.0, 24.0))
}

fn rounded(hours: f64) -> f64 {
    (hours * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_timer_runs_for_its_person_and_stops_into_hours() {
        let others = json!([{ "laborId": "0", "personId": "user-2", "start": "2026-11-21T08:00:00Z" }]);
        let started = start(&others, "1".into(), "user-1", at("2026-11-21T09:00:00Z"));
        assert_eq!(running(&started, "user-1"), Some(at("2026-11-21T09:00:00Z")));
        assert_eq!(running(&started, "user-3"), None);
        let stopped = stop(&started, "user-1", at("2026-11-21T10:24:00Z"));
        assert_eq!(running(&stopped, "user-1"), None);
        assert_eq!(stopped[0], others[0]);
        assert_eq!(entries(&stopped)[1].hours, Some(1.4));
    }

    #[test]
    fn a_timer_forgotten_over_the_weekend_counts_a_day_at_most() {
        let started = start(&Value::Null, "1".into(), "user-1", at("2026-11-20T09:00:00Z"));
        let stopped = stop(&started, "user-1", at("2026-11-23T09:00:00Z"));
        assert_eq!(entries(&stopped)[0].hours, Some(24.0));
    }

    #[test]
    fn typed_hours_are_more_than_nothing_and_less_than_a_day() {
        let table = [
            (("1", "30"), Some(1.5)),
            (("", "40"), Some(0.67)),
            (("0,5", ""), Some(0.5)),
            (("", ""), None),
            (("25", ""), None),
            (("x", "1"), None),
        ];
        for ((hours, minutes), expected) in table {
            assert_eq!(typed(hours, minutes), expected, "{hours} h {minutes}");
        }
    }
}
