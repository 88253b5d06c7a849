//! What comes over the wire, and what lies opened in a device's store.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use holdfast_core::{
    json::parse,
    page::Part,
    protocol::{
        Cursor, Delta, DeltaText, Digest, ErrorEnvelope, Health, Me, PushRequest, PushResponse, TokenAnswer,
        WireRecord,
    },
    store::{Row, RowKey},
    timestamp,
};
use serde_json::Value;

use crate::{
    mutation::{below, broken_sample},
    readers::{agree, counted},
};

const SAMPLES: [&str; 10] = [
    include_str!("../samples/push-request.json"),
    include_str!("../samples/push-answer.json"),
    include_str!("../samples/delta.json"),
    include_str!("../samples/digest.json"),
    include_str!("../samples/me.json"),
    include_str!("../samples/error.json"),
    include_str!("../samples/token.json"),
    include_str!("../samples/row-write.json"),
    include_str!("../samples/row-mirror.json"),
    include_str!("../samples/row-sync.json"),
];

/// Each shape is read or refused, by both readers alike, from any bytes; what is read is written and read again as it
/// was.
pub fn protocol(bytes: &[u8]) {
    counted(bytes);
    if let Ok(value) = parse(bytes) {
        every_shape(&value);
    }
    // LEB128 can tell a length in more bytes than it needs; what is written is the shortest.
    let part = Part::read(bytes);
    assert!(part.is_err() || part.and_then(|part| Part::read(&part.bytes()?)).is_ok());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let delta = DeltaText::read(text);
        assert!(delta.is_err() || bytes.contains(&b'{'));
        cursor(text);
        instant(text);
    }
    let mut directions = Unstructured::new(bytes);
    let value = broken_sample(&SAMPLES, &mut directions);
    every_shape(&value);
    cut_off(&value, below(&mut directions, 4_096));
}

fn every_shape(value: &Value) {
    agree::<PushResponse>(value);
    delta_agrees(value);
    agree::<Digest>(value);
    agree::<Me>(value);
    agree::<Health>(value);
    agree::<ErrorEnvelope>(value);
    agree::<TokenAnswer>(value);
    agree::<Row>(value);
    agree::<RowKey>(value);
    if let Ok(request) = serde_json::from_value::<PushRequest>(value.clone()) {
        let written = serde_json::to_value(&request).expect("a request is JSON");
        let again = serde_json::from_value::<PushRequest>(written).expect("what was written is read");
        assert_eq!(again, request);
    }
}

/// What a device reads of a page of changes, and what serde derives for it, are the same; and refused alike.
fn delta_agrees(value: &Value) {
    let text = serde_json::to_string(value).expect("a value is JSON");
    let (read, derived) = (
        DeltaText::read(&text),
        serde_json::from_value::<Delta>(value.clone()),
    );
    let (read, derived) = match (read, derived) {
        (Ok(read), Ok(derived)) => (read, derived),
        (read, derived) => return assert_eq!(read.is_ok(), derived.is_ok(), "{value:#}"),
    };
    assert_eq!(
        (&read.cursor, read.has_more, read.remaining),
        (&derived.cursor, derived.has_more, derived.remaining)
    );
    assert_eq!(
        (&read.deleted_ids, &read.revoked_ids),
        (&derived.changes.deleted_ids, &derived.changes.revoked_ids)
    );
    let records = read.records.iter().map(|(name, records)| {
        let records: Vec<_> = records.iter().map(|record| WireRecord(record.fields())).collect();
        (name.to_string(), records)
    });
    assert_eq!(records.collect::<BTreeMap<_, _>>(), derived.changes.records);
}

/// A text that ends too early is no shorter message, but none.
fn cut_off(value: &Value, length: usize) {
    let text = serde_json::to_vec(value).expect("a value is JSON");
    if matches!(value, Value::Object(_)) && length < text.len() {
        assert!(parse(&text[..length]).is_err());
    }
}

fn cursor(text: &str) {
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(
            cursor.to_string().parse::<Cursor>().as_ref(),
            Ok(&cursor),
            "{text}"
        );
    }
}

fn instant(text: &str) {
    if let Some(instant) = timestamp::parse(text) {
        assert_eq!(timestamp::parse(&instant.to_rfc3339()), Some(instant), "{text}");
    }
}
