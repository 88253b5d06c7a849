//! Fields as text: what is only handed on to a device is not taken apart.

use std::{borrow::Cow, fmt};

use holdfast_core::{Fields, pack::Values};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::error::{Result, StorageError};
use super::model::{Stored, StoredRecord};

/// A record's fields, each value as JSON, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct FieldsText(Cells);

/// Names and their JSON. Most are handed on and few are looked for, so they are not sorted into a map.
pub type Cells = Vec<(String, Box<RawValue>)>;

/// Fields that a record may well have, with what goes beside them on the wire.
const FIELDS: usize = 32;

/// A record as it is stored: to be handed on, or asked for a value.
pub type StoredText = Stored<FieldsText>;

impl FieldsText {
    pub fn get(&self, field: &str) -> Option<&RawValue> {
        let cell = self.0.iter().find(|(name, _)| name == field);
        cell.map(|(_, text)| text.as_ref())
    }

    pub fn into_cells(self) -> Cells {
        self.0
    }

    fn of(fields: &Fields) -> Result<Self> {
        let cells = fields
            .iter()
            .map(|(name, value)| Ok((name.clone(), json_text(value)?)));
        cells.collect::<Result<_>>().map(Self)
    }

    fn read(&self) -> Result<Fields> {
        let values = self.0.iter().map(|(name, text)| {
            let value = serde_json::from_str(text.get()).map_err(|error| inconsistent(name, &error))?;
            Ok((name.clone(), value))
        });
        values.collect()
    }
}

/// A value as JSON.
///
/// # Errors
/// If it cannot be written so.
pub fn json_text<T: Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>> {
    to_raw_value(value).map_err(|error| StorageError::Inconsistent(error.to_string()))
}

fn inconsistent(field: &str, error: &serde_json::Error) -> StorageError {
    StorageError::Inconsistent(format!("the field \"{field}\" of a record: {error}"))
}

impl Serialize for FieldsText {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

impl<'de> Deserialize<'de> for FieldsText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Cells;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record's fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Cells, A::Error> {
                let mut cells = Cells::with_capacity(FIELDS);
                while let Some(cell) = map.next_entry()? {
                    cells.push(cell);
                }
                Ok(cells)
            }
        }

        deserializer.deserialize_map(Object).map(Self)
    }
}

impl Values for FieldsText {
    fn value(&self, field: &str) -> Option<Cow<'_, Value>> {
        let value = serde_json::from_str(self.get(field)?.get());
        value.ok().map(Cow::Owned)
    }
}

impl StoredText {
    /// # Errors
    /// If a value cannot be written as JSON.
    pub fn of(record: &StoredRecord) -> Result<Self> {
        Ok(record.with(FieldsText::of(&record.fields)?))
    }

    /// As [`Self::read`], of several.
    ///
    /// # Errors
    /// If a value of one is no JSON that can be read.
    pub fn read_all(records: &[Self]) -> Result<Vec<StoredRecord>> {
        records.iter().map(Self::read).collect()
    }

    /// The record with its values taken apart.
    ///
    /// # Errors
    /// If a value is no JSON that can be read.
    pub fn read(&self) -> Result<StoredRecord> {
        Ok(self.with(self.fields.read()?))
    }
}
