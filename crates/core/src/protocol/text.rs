//! A page of the change log as a device reads it: each record's values stay the text that came over the wire.
//!
//! Most records of a page are new to the device and go into the store as they are, so nothing is gained by taking their
//! values apart. The text is walked through once, whether a collection comes by rows or by columns.

mod records;

use std::{borrow::Cow, collections::BTreeMap};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use self::records::{Name, Records};
use super::WireRecord;
use crate::{Fields, Timestamp, json, json::Malformed, record::meta, timestamp};

/// `GET /api/v1/sync/delta`, borrowed from the answer's text. See [`super::Delta`] for what the fields mean.
#[derive(Debug, Default)]
pub struct DeltaText<'a> {
    pub cursor: String,
    pub has_more: bool,
    pub remaining: Option<u64>,
    pub deleted_ids: BTreeMap<String, Vec<String>>,
    pub revoked_ids: BTreeMap<String, Vec<String>>,
    /// By collection.
    pub records: Vec<(Cow<'a, str>, Vec<RecordText<'a>>)>,
}

/// A record as it came: see [`WireRecord`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordText<'a> {
    /// Names and JSON texts, in the order in which they came.
    cells: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> DeltaText<'a> {
    /// # Errors
    /// If the text is not an answer of that shape, whole.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = reader.deserialize_map(Answer).map_err(|_| Malformed)?;
        reader.end().map_err(|_| Malformed)?;
        read.ok_or(Malformed)
    }

    /// How many records it brings.
    pub fn count(&self) -> usize {
        self.records.iter().map(|(_, records)| records.len()).sum()
    }
}

impl<'a> RecordText<'a> {
    fn cell(&self, name: &str) -> Option<&'a str> {
        // Of two values of one name the later one stands, as wherever JSON is read.
        let cell = self.cells.iter().rfind(|(cell, _)| cell == name);
        cell.map(|(_, text)| *text)
    }

    fn text(&self, name: &str) -> Option<String> {
        match json::parse(self.cell(name)?.as_bytes()) {
            Ok(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub fn id(&self, id_field: &str) -> Option<String> {
        self.text(id_field)
    }

    pub fn version(&self) -> Option<u64> {
        self.cell(meta::VERSION)?.parse().ok()
    }

    /// The version its changed fields count from; `None` for a whole record.
    pub fn base_version(&self) -> Option<u64> {
        self.cell(meta::BASE_VERSION)?.parse().ok()
    }

    pub fn local_id(&self) -> Option<String> {
        self.text(meta::LOCAL_ID)
    }

    pub fn updated_at(&self) -> Option<Timestamp> {
        timestamp::parse(self.cell(meta::UPDATED_AT)?.trim_matches('"'))
    }

    /// The record's own fields that have a value, without id and metadata. Of two of one name the later one stands.
    pub fn own(&self, id_field: &str) -> impl Iterator<Item = (&str, &'a str)> {
        let own = self.cells.iter().map(|(name, text)| (name.as_ref(), *text));
        own.filter(move |(name, text)| *text != "null" && !meta::is_no_field(name, id_field))
    }

    /// The record with its values taken apart.
    pub fn record(&self) -> WireRecord {
        let mut fields = Fields::new();
        for (name, text) in &self.cells {
            fields.insert(name.to_string(), json::parse(text.as_bytes()).unwrap_or_default());
        }
        WireRecord(fields)
    }
}

/// The answer's outermost object; `None` where something is missing in it.
struct Answer;

impl<'de> Visitor<'de> for Answer {
    type Value = Option<DeltaText<'de>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a page of changes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut at, mut cursor, mut has_more, mut changes) = (None, None, None, false);
        let mut delta = DeltaText::default();
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "syncTimestamp" => at = timestamp::parse(map.next_value::<Name<'_>>()?.0.as_ref()),
                "cursor" => cursor = Some(map.next_value()?),
                "hasMore" => has_more = Some(map.next_value()?),
                "remaining" => delta.remaining = map.next_value()?,
                "changes" => {
                    map.next_value_seed(Changes(&mut delta))?;
                    changes = true;
                }
                _ => {
                    map.next_value::<&RawValue>()?;
                }
            }
        }
        Ok(match (at, cursor, has_more) {
            (Some(_), Some(cursor), Some(has_more)) if changes => Some(DeltaText {
                cursor,
                has_more,
                ..delta
            }),
            _ => None,
        })
    }
}

/// The changes of an answer, read into it.
struct Changes<'a, 'de>(&'a mut DeltaText<'de>);

impl<'de> DeserializeSeed<'de> for Changes<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Changes<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("collections of changed records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "deletedIds" => self.0.deleted_ids = ids(map.next_value()?)?,
                "revokedIds" => self.0.revoked_ids = ids(map.next_value()?)?,
                _ => {
                    let Records(records) = map.next_value()?;
                    self.0.records.push((name, records));
                }
            }
        }
        Ok(())
    }
}

/// Ids by collection: there are few, and they are taken apart.
fn ids<E: Error>(text: &RawValue) -> Result<BTreeMap<String, Vec<String>>, E> {
    json::from_slice(text.get().as_bytes()).map_err(E::custom)
}
