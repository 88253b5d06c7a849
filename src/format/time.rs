//! Times, as people on site say them. All arithmetic is in UTC; a [`Zone`] tells what a wall clock shows.

use chrono::{Datelike, Duration, NaiveDateTime, Timelike};
use holdfast_core::Timestamp;
pub use holdfast_core::timestamp::parse;

use crate::strings::time as words;

/// What wall clocks show: minutes to add to UTC at an instant, which summer time changes through the year.
#[derive(Debug, Clone, Copy)]
pub struct Zone(pub fn(Timestamp) -> i32);

impl Zone {
    pub const UTC: Self = Self(|_| 0);

    /// The device's own.
    pub fn device() -> Self {
        Self(|at| {
            let date = js_sys::Date::new(&(at.timestamp_millis() as f64).into());
            -(date.get_timezone_offset() as i32)
        })
    }

    /// The wall clock's date and time at an instant.
    pub fn local(self, at: Timestamp) -> NaiveDateTime {
        at.naive_utc() + Duration::minutes(i64::from((self.0)(at)))
    }

    /// The instant at which the wall clock shows this.
    pub fn instant(self, local: NaiveDateTime) -> Timestamp {
        let guess = (local - Duration::minutes(i64::from((self.0)(local.and_utc())))).and_utc();
        // Around a change of the clocks the first guess may have used the other offset.
        (local - Duration::minutes(i64::from((self.0)(guess)))).and_utc()
    }
}

/// `2 min ago`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        ..60 => words::JUST_NOW.to_owned(),
        60..3_600 => words::minutes_ago(seconds / 60),
        3_600..86_400 => words::hours_ago(seconds / 3_600),
        _ => words::days_ago(seconds / 86_400),
    }
}

/// `in 30 s`, `in 5 min`; never less than a second, because what is due is being done.
pub fn until(at: Timestamp, now: Timestamp) -> String {
    let seconds = (at - now).num_seconds().max(1);
    if seconds < 90 {
        words::in_seconds(seconds)
    } else {
        words::in_minutes((seconds + 30) / 60)
    }
}

/// `Today 14:00`, `Yesterday 16:02`, `23 Nov 09:30`, `23 Nov 2024`.
pub fn day_time(at: Timestamp, now: Timestamp, zone: Zone) -> String {
    let local = zone.local(at);
    let day = day(at, now, zone);
    if local.year() == zone.local(now).year() || day.starts_with(char::is_alphabetic) {
        format!("{day} {}", clock(at, zone))
    } else {
        day
    }
}

/// `14:02` if it was today, `Yesterday 16:02` or `23 Nov 09:30` before.
pub fn clock_or_day(at: Timestamp, now: Timestamp, zone: Zone) -> String {
    if same_day(at, now, zone) {
        clock(at, zone)
    } else {
        day_time(at, now, zone)
    }
}

/// `Thursday 14:10`, for a time in the next seven days; `Thursday 28 Nov 14:10` where the weekday alone means today.
pub fn weekday_time(at: Timestamp, now: Timestamp, zone: Zone) -> String {
    let date = zone.local(at).date();
    let weekday = words::WEEKDAYS[date.weekday().num_days_from_monday() as usize];
    if date.weekday() == zone.local(now).date().weekday() && !same_day(at, now, zone) {
        format!("{weekday} {} {}", day(at, now, zone), clock(at, zone))
    } else {
        format!("{weekday} {}", clock(at, zone))
    }
}

/// `Today`, `Tomorrow`, `23 Nov`, `23 Nov 2024`.
pub fn day(at: Timestamp, now: Timestamp, zone: Zone) -> String {
    let (date, today) = (zone.local(at).date(), zone.local(now).date());
    match (date - today).num_days() {
        0 => return words::TODAY.to_owned(),
        1 => return words::TOMORROW.to_owned(),
        -1 => return words::YESTERDAY.to_owned(),
        _ => {}
    }
    let month = words::MONTHS[date.month0() as usize];
    if date.year() == today.year() {
        format!("{} {month}", date.day())
    } else {
        format!("{} {month} {}", date.day(), date.year())
    }
}

/// `09:12`.
pub fn clock(at: Timestamp, zone: Zone) -> String {
    let local = zone.local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// Whether both are on one day of the wall clock.
pub fn same_day(a: Timestamp, b: Timestamp, zone: Zone) -> bool {
    zone.local(a).date() == zone.local(b).date()
}

/// A running timer: `1:24:06`.
pub fn reading(seconds: i64) -> String {
    let seconds = seconds.max(0);
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Hours of labor: `0 h 40`.
pub fn hours(hours: f64) -> String {
    let minutes = (hours.max(0.0) * 60.0).round() as i64;
    format!("{} h {:02}", minutes / 60, minutes % 60)
}

/// A length of time in its largest unit: `12 min`, `5 h`, `3 days`, `1 year`.
pub fn length(length: Duration) -> String {
    let length = length.abs();
    match (length.num_minutes(), length.num_hours(), length.num_days()) {
        (minutes @ ..120, _, _) => words::minutes(minutes),
        (_, hours @ ..48, _) => words::hours(hours),
        (_, _, days @ ..365) => words::days(days),
        (_, _, days) => words::years(days / 365),
    }
}

/// What date and time inputs hold: `2026-11-21`, `14:00`.
pub fn to_inputs(at: Timestamp, zone: Zone) -> (String, String) {
    let local = zone.local(at);
    (local.date().to_string(), clock(at, zone))
}

/// What was typed into date and time inputs and is no instant yet: kept as `<date>T<time>`.
pub fn halves(typed: &str) -> (String, String) {
    let (date, time) = typed.split_once('T').unwrap_or((typed, ""));
    (date.to_owned(), time.to_owned())
}

/// The instant that date and time inputs mean; an empty time is the start of the day.
pub fn from_inputs(date: &str, time: &str, zone: Zone) -> Option<Timestamp> {
    let time = match time.len() {
        0 => "00:00:00",
        5 => &format!("{time}:00"),
        _ => time,
    };
    Some(zone.instant(parse(&format!("{date}T{time}Z"))?.naive_utc()))
}

/// As it goes over the wire: RFC 3339, UTC, to the second.
pub fn wire(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: Zone = Zone(|_| 120);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_days_are_told_by_their_weekday() {
        let now = at("2026-11-19T09:00:00Z");
        let table = [
            ("2026-11-19T21:30:00Z", "Thursday 23:30"),
            ("2026-11-21T12:10:00Z", "Saturday 14:10"),
            ("2026-11-22T22:10:00Z", "Monday 00:10"),
            ("2026-11-26T08:59:00Z", "Thursday 26 Nov 10:59"),
        ];
        for (when, said) in table {
            assert_eq!(weekday_time(at(when), now, EAST), said);
        }
    }

    #[test]
    fn the_past_is_told_by_its_distance() {
        let now = at("2026-11-21T12:00:00Z");
        let table = [
            ("2026-11-21T12:00:05Z", "just now"),
            ("2026-11-21T11:59:10Z", "just now"),
            ("2026-11-21T11:58:00Z", "2 min ago"),
            ("2026-11-21T09:00:00Z", "3 h ago"),
            ("2026-11-18T09:00:00Z", "3 days ago"),
            ("2026-11-20T11:00:00Z", "1 day ago"),
        ];
        for (then, said) in table {
            assert_eq!(ago(at(then), now), said);
        }
    }

    #[test]
    fn a_wait_is_never_over_before_it_is() {
        let now = at("2026-11-21T12:00:00Z");
        assert_eq!(until(now, now), "in 1 s");
        assert_eq!(until(at("2026-11-21T12:00:30Z"), now), "in 30 s");
        assert_eq!(until(at("2026-11-21T12:05:00Z"), now), "in 5 min");
    }

    #[test]
    fn days_are_those_of_the_wall_clock() {
        let now = at("2026-11-21T22:30:00Z");
        let table = [
            ("2026-11-21T12:00:00Z", "Yesterday 14:00"),
            ("2026-11-21T22:00:00Z", "Today 00:00"),
            ("2026-11-23T07:30:00Z", "Tomorrow 09:30"),
            ("2026-12-03T07:30:00Z", "3 Dec 09:30"),
            ("2011-03-04T07:30:00Z", "4 Mar 2011"),
        ];
        for (then, said) in table {
            assert_eq!(day_time(at(then), now, EAST), said);
        }
    }

    #[test]
    fn inputs_go_there_and_back() {
        let instant = at("2026-11-21T22:30:00Z");
        let (date, time) = to_inputs(instant, EAST);
        assert_eq!((date.as_str(), time.as_str()), ("2026-11-22", "00:30"));
        assert_eq!(from_inputs(&date, &time, EAST), Some(instant));
        assert_eq!(
            from_inputs("2026-11-22", "", EAST),
            Some(at("2026-11-21T22:00:00Z"))
        );
        assert_eq!(from_inputs("", "12:00", EAST), None);
        assert_eq!(halves("T12:00"), (String::new(), "12:00".to_owned()));
        assert_eq!(from_inputs("2026-02-31", "12:00", EAST), None);
    }

    #[test]
    fn durations_read_like_a_clock() {
        assert_eq!(reading(5_046), "1:24:06");
        assert_eq!(reading(-3), "0:00:00");
        assert_eq!(hours(0.6667), "0 h 40");
        assert_eq!(hours(1.5), "1 h 30");
        let lengths = [
            (-7, "7 min"),
            (180, "3 h"),
            (60 * 72, "3 days"),
            (60 * 24 * 366, "1 year"),
        ];
        for (minutes, said) in lengths {
            assert_eq!(length(Duration::minutes(minutes)), said);
        }
    }
}
