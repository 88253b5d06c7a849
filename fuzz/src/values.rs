//! Texts that stand for something: numbers, instants, preconditions, cursors; and JSON with numbers of any length.

use holdfast_core::{
    decimal::{self, Decimal},
    json::{keep_digits, parse},
    pack::{FieldType, canonical_value},
    protocol::{Cursor, IfMatch, entity_tag},
    timestamp,
};
use serde_json::Value;

/// Lines of a text, each read as everything that it may be.
pub fn values(bytes: &[u8]) {
    json(bytes);
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().take(8).collect();
    for line in &lines {
        number(line);
        instant(line);
        cursor(line);
        for other in &lines {
            in_order(line, other);
            tags(line, other);
        }
    }
}

/// What a JSON reader takes, it takes as well with all digits kept; and what it would not round stays as it was.
fn json(bytes: &[u8]) {
    let kept = keep_digits(bytes);
    if parse(bytes).is_ok() {
        let value = parse(&kept).expect("it was JSON before");
        let written = value.to_string();
        assert_eq!(&*keep_digits(written.as_bytes()), written.as_bytes());
    }
}

/// A number has one form, and means the same in it, also behind a reader that knows doubles alone.
fn number(text: &str) {
    let Ok(number) = text.parse::<Decimal>() else {
        return;
    };
    let value = number.to_value();
    assert_eq!(Decimal::of(&value), Some(number), "{text}");
    assert_eq!(number.to_string().parse(), Ok(number), "{text}");
    let through_doubles = match &value {
        Value::Number(number) => Value::from(number.as_f64().unwrap_or_default()),
        digits => digits.clone(),
    };
    assert_eq!(Decimal::of(&through_doubles), Some(number), "{text}");
    let zero = number.minus(number).expect("a number less itself");
    assert!(zero.is_zero());
    stays(&FieldType::Counter, Value::from(text), value);
}

fn instant(text: &str) {
    let kind = FieldType::Datetime;
    let Some(instant) = timestamp::parse(text) else {
        stays(&kind, Value::from(text), Value::from(text));
        return;
    };
    let mut value = Value::from(text);
    canonical_value(&kind, &mut value);
    let stored = value.as_str().unwrap_or_default();
    assert_eq!(timestamp::parse(stored), Some(instant), "{text}");
    assert!(timestamp::is_in_utc(stored), "{text} is stored as {stored}");
    stays(&kind, value.clone(), value);
}

/// A value's form is `expected`, and that is its own form.
fn stays(kind: &FieldType, mut value: Value, expected: Value) {
    for _ in 0..2 {
        canonical_value(kind, &mut value);
        assert_eq!(value, expected);
    }
}

/// Texts are ordered as the instants or numbers that they say.
fn in_order(a: &str, b: &str) {
    if let (Some(first), Some(second)) = (timestamp::parse(a), timestamp::parse(b)) {
        let (earlier, later) = (timestamp::sortable(a), timestamp::sortable(b));
        assert_eq!(earlier.cmp(&later), first.cmp(&second), "{a} {b}");
    }
    if let (Ok(first), Ok(second)) = (a.parse::<Decimal>(), b.parse::<Decimal>()) {
        let [one, other] = [first, second].map(Decimal::to_value);
        assert_eq!(decimal::order(&one, &other), Some(first.cmp(&second)), "{a} {b}");
        assert_eq!(first.cmp(&second), second.cmp(&first).reverse());
    }
}

/// A header asks for no tag that does not stand in it.
fn tags(first: &str, second: &str) {
    let Some(IfMatch::OneOf(tags)) = IfMatch::parse([first, second]) else {
        return;
    };
    for (epoch, version) in tags {
        // `007` is 7.
        let written = entity_tag(&epoch, version);
        let start = format!("\"{epoch}.");
        assert!(
            [first, second].iter().any(|value| value.contains(&start)),
            "{written}"
        );
    }
}

fn cursor(text: &str) {
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string().parse().as_ref(), Ok(&cursor), "{text}");
    }
}
