//! A page of the change log as a device reads it: each record's values stay the text that came over the wire.
//!
//! Most records of a page are new to the device and go into the store as they are, so nothing is gained by taking their
//! values apart. The text is walked through once, whether a collection comes by rows or by columns.

mod records;

use std::{borrow::Cow, collections::BTreeMap};

use chrono::DateTime;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use self::records::{Name, Records};
use crate::{Malformed, parse};

/// `GET /api/v1/sync/delta`, borrowed from the answer's text.
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

/// A record as it came.
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
    /// The JSON text of a value. Of two of one name the later one stands, as wherever JSON is read.
    pub fn cell(&self, name: &str) -> Option<&'a str> {
        let cell = self.cells.iter().rfind(|(cell, _)| cell == name);
        cell.map(|(_, text)| *text)
    }

    /// Names and JSON texts, in the order in which they came.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.cells.iter().map(|(name, text)| (name.as_ref(), *text))
    }

    /// The record with its values taken apart.
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        for (name, text) in self.cells() {
            fields.insert(name.to_owned(), parse(text.as_bytes()).unwrap_or_default());
        }
        fields
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
                "syncTimestamp" => at = DateTime::parse_from_rfc3339(&map.next_value::<Name<'_>>()?.0).ok(),
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
    serde_json::from_str(text.get()).map_err(E::custom)
}
