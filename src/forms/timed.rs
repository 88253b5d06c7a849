//! Work that is timed, as a pack declares it: stretches of one person's work in a list.

use chrono::Duration;
use holdfast_core::{
    Timestamp, decimal,
    pack::{Entity, FieldType, Timer},
};
use serde_json::{Value, json};

use super::{
    entries::{items, text, with_entry},
    number::{self, Separators},
};
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

/// How the timed work of an entity is read and written.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    timer: Timer,
    key: String,
}

/// A shift that is longer was hardly worked in one piece: the timer was forgotten, or the clock was set.
const LONGEST_SHIFT: Duration = Duration::hours(16);

/// The longest stretch that one entry holds.
const LONGEST_ENTRY: Duration = Duration::hours(24);

impl Timed {
    /// Of an entity whose pack declares a timer.
    pub fn of(entity: &Entity) -> Option<Self> {
        let timer = entity.timer.clone()?;
        match &entity.field(&timer.list)?.kind {
            FieldType::List { key, .. } => Some(Self {
                timer,
                key: key.clone(),
            }),
            _ => None,
        }
    }

    /// The field that holds the stretches.
    pub fn list(&self) -> &str {
        &self.timer.list
    }

    /// Whether it is asked what was done.
    pub fn has_note(&self) -> bool {
        self.timer.note.is_some()
    }

    pub fn entries(&self, list: &Value) -> Vec<Entry> {
        items(list).iter().map(|item| self.entry(item)).collect()
    }

    fn entry(&self, item: &Value) -> Entry {
        let time = |name: &str| time::parse(text(item, name));
        let (start, end) = (time(&self.timer.start), time(&self.timer.end));
        let counted = item.get(&self.timer.hours).and_then(decimal::near);
        let note = self.timer.note.as_deref().map(|note| text(item, note));
        Entry {
            id: text(item, &self.key).to_owned(),
            person: text(item, &self.timer.person).to_owned(),
            start,
            hours: counted.or_else(|| Some(hours_between(start?, end?))),
            note: note.unwrap_or_default().to_owned(),
        }
    }

    /// When the person's timer was started, if it runs.
    pub fn running(&self, list: &Value, person: &str) -> Option<Timestamp> {
        self.entries(list)
            .into_iter()
            .find(|entry| entry.person == person && entry.hours.is_none())
            .and_then(|entry| entry.start)
    }

    /// The list with a timer running for the person.
    pub fn start(&self, list: &Value, id: String, person: &str, now: Timestamp) -> Value {
        let entry = json!({ &self.key: &id, &self.timer.person: person, &self.timer.start: wire(now) });
        with_entry(list, &id, entry)
    }

    /// The list with the person's timers stopped, after having run for so long.
    pub fn stop(&self, list: &Value, person: &str, ran: Duration) -> Value {
        let stopped = items(list).iter().map(|item| {
            let mut item = item.clone();
            let read = self.entry(&item);
            if read.person == person
                && read.hours.is_none()
                && let (Some(start), Some(parts)) = (read.start, item.as_object_mut())
            {
                parts.insert(self.timer.end.clone(), wire(start + ran).into());
                parts.insert(self.timer.hours.clone(), hours_of(ran).into());
            }
            item
        });
        Value::Array(stopped.collect())
    }

    /// The list with a stretch that was not timed.
    pub fn add(
        &self,
        list: &Value,
        id: String,
        person: &str,
        worked: Duration,
        note: &str,
        now: Timestamp,
    ) -> Value {
        let timer = &self.timer;
        let mut entry = json!({
            &self.key: &id,
            &timer.person: person,
            &timer.start: wire(now - worked),
            &timer.end: wire(now),
            &timer.hours: hours_of(worked),
        });
        if let Some(name) = timer.note.as_ref().filter(|_| !note.trim().is_empty()) {
            entry[name] = note.trim().into();
        }
        with_entry(list, &id, entry)
    }
}

/// How long a timer that began at `start` ran; `None` if nobody would believe it.
pub fn plausible(start: Timestamp, now: Timestamp) -> Option<Duration> {
    let ran = now - start;
    (Duration::zero() <= ran && ran <= LONGEST_SHIFT).then_some(ran)
}

/// The time typed as hours and minutes, to the second; `None` if it is nothing or more than a day.
///
/// # Errors
/// What is wrong with one of them, if it is no number.
pub fn typed(hours: &str, minutes: &str, separators: Separators) -> Result<Option<Duration>, String> {
    let number = |text: &str| match number::read(text, separators) {
        Ok(number) => Ok(decimal::near(&number).unwrap_or(0.0)),
        Err(why) => Err(why.said(text, separators)),
    };
    let seconds = (number(hours)? * 3_600.0 + number(minutes)? * 60.0).round();
    let longest = LONGEST_ENTRY.num_seconds() as f64;
    let worked = (0.0 < seconds && seconds <= longest).then(|| Duration::seconds(seconds as i64));
    Ok(worked)
}

fn hours_between(start: Timestamp, end: Timestamp) -> f64 {
    hours_of((end - start).clamp(Duration::zero(), LONGEST_ENTRY))
}

/// Whole seconds as hours, not rounded: three times twenty minutes are an hour.
fn hours_of(worked: Duration) -> f64 {
    worked.num_seconds() as f64 / 3_600.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn timed() -> Timed {
        let [list, person, start, end, hours] =
            ["laborRecords", "personId", "start", "end", "hours"].map(str::to_owned);
        Timed {
            timer: Timer {
                list,
                person,
                start,
                end,
                hours,
                note: None,
            },
            key: "laborId".to_owned(),
        }
    }

    #[test]
    fn a_timer_runs_for_its_person_and_stops_into_hours() {
        let others = json!([{ "laborId": "0", "personId": "user-2", "start": "2026-11-21T08:00:00Z" }]);
        let timed = timed();
        let started = timed.start(&others, "1".into(), "user-1", at("2026-11-21T09:00:00Z"));
        assert_eq!(
            timed.running(&started, "user-1"),
            Some(at("2026-11-21T09:00:00Z"))
        );
        assert_eq!(timed.running(&started, "user-3"), None);
        let stopped = timed.stop(&started, "user-1", Duration::minutes(84));
        assert_eq!(timed.running(&stopped, "user-1"), None);
        assert_eq!(stopped[0], others[0]);
        assert_eq!(timed.entries(&stopped)[1].hours, Some(1.4));
    }

    #[test]
    fn a_timer_that_nobody_would_believe_is_asked_about() {
        let friday = at("2026-11-20T16:00:00Z");
        let table = [
            ("2026-11-20T16:00:00Z", Some(0)),
            ("2026-11-20T16:20:00Z", Some(1_200)),
            ("2026-11-21T08:00:00Z", Some(57_600)),
            ("2026-11-21T08:00:01Z", None),
            ("2026-11-23T08:00:00Z", None),
            ("2026-11-20T15:59:59Z", None),
            ("1970-01-01T00:00:00Z", None),
        ];
        for (now, seconds) in table {
            let ran = plausible(friday, at(now)).map(|ran| ran.num_seconds());
            assert_eq!(ran, seconds, "{now}");
        }
    }

    #[test]
    fn three_times_twenty_minutes_are_an_hour() {
        let mut list = Value::Null;
        for id in ["1", "2", "3"] {
            list = timed().start(&list, id.into(), "user-1", at("2026-11-21T09:00:00Z"));
            list = timed().stop(&list, "user-1", Duration::minutes(20));
        }
        assert_eq!(list[2]["end"], "2026-11-21T09:20:00Z");
        let hours: f64 = timed()
            .entries(&list)
            .into_iter()
            .filter_map(|entry| entry.hours)
            .sum();
        assert_eq!(hours, 1.0);
    }

    #[test]
    fn typed_hours_are_more_than_nothing_and_at_most_a_day() {
        let english = Separators { decimal: '.' };
        let table = [
            (("1", "30"), Some(5_400)),
            (("", "40"), Some(2_400)),
            (("0,5", ""), Some(1_800)),
            (("0.01", ""), Some(36)),
            (("24", ""), Some(86_400)),
            (("", ""), None),
            (("25", ""), None),
            (("-1", ""), None),
        ];
        for ((hours, minutes), expected) in table {
            let seconds =
                typed(hours, minutes, english).map(|worked| worked.map(|worked| worked.num_seconds()));
            assert_eq!(seconds, Ok(expected), "{hours} h {minutes}");
        }
        for (hours, minutes) in [("x", "1"), ("inf", ""), ("1", "NaN"), ("1e1", "")] {
            assert!(typed(hours, minutes, english).is_err(), "{hours} h {minutes}");
        }
    }
}
