//! Collections of records, walked through once: each record's names and the texts of its values.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::RecordText;
use crate::parse;

/// Room for the fields of a record as most have it.
const USUAL_FIELDS: usize = 24;

/// A number of no more digits, written out, is one that there is.
const SURELY_A_NUMBER: usize = 300;

const UNSOUND: &str = "a value that stands for nothing";

/// The records of a collection, from rows or from columns.
pub(super) struct Records<'a>(pub Vec<RecordText<'a>>);

impl<'de> Deserialize<'de> for Records<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collection;

        impl<'de> Visitor<'de> for Collection {
            type Value = Records<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("records")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Records<'de>, A::Error> {
                let mut records = Vec::new();
                while let Some(record) = list.next_element()? {
                    records.push(record);
                }
                Ok(Records(records))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Records<'de>, A::Error> {
                let (mut columns, mut rows) = (None, Records(Vec::new()));
                while let Some(Name(name)) = map.next_key()? {
                    match name.as_ref() {
                        "columns" => columns = Some(map.next_value::<Columns<'_>>()?.0),
                        "rows" => rows = map.next_value()?,
                        _ => drop(map.next_value::<&RawValue>()?),
                    }
                }
                let mut records = columns.ok_or_else(|| A::Error::custom("no columns"))?;
                records.append(&mut rows.0);
                Ok(Records(records))
            }
        }

        deserializer.deserialize_any(Collection)
    }
}

/// The records that stand in columns.
struct Columns<'a>(Vec<RecordText<'a>>);

impl<'de> Deserialize<'de> for Columns<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;

        impl<'de> Visitor<'de> for ByName {
            type Value = Columns<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("columns")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns<'de>, A::Error> {
                let mut records = None;
                while let Some(Name(name)) = map.next_key()? {
                    let columns = records.take();
                    records = Some(map.next_value_seed(Column { name, columns })?);
                }
                Ok(Columns(records.unwrap_or_default()))
            }
        }

        deserializer.deserialize_map(ByName)
    }
}

/// A column to be read into the records that the columns before it began; the first one begins them.
struct Column<'de> {
    name: Cow<'de, str>,
    columns: Option<Vec<RecordText<'de>>>,
}

impl<'de> DeserializeSeed<'de> for Column<'de> {
    type Value = Vec<RecordText<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Column<'de> {
    type Value = Vec<RecordText<'de>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a column")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let unequal = || A::Error::custom("columns of unequal length");
        let first = self.columns.is_none();
        let mut records = self.columns.unwrap_or_default();
        let mut filled = 0;
        while let Some(value) = list.next_element::<&'de RawValue>()? {
            if first {
                let cells = Vec::with_capacity(USUAL_FIELDS);
                records.push(RecordText { cells });
            }
            let record = records.get_mut(filled).ok_or_else(unequal)?;
            filled += 1;
            let text = value.get();
            if !is_sound(text) {
                return Err(A::Error::custom(UNSOUND));
            }
            if text != "null" {
                record.cells.push((self.name.clone(), text));
            }
        }
        match filled == records.len() {
            true => Ok(records),
            false => Err(unequal()),
        }
    }
}

impl<'de> Deserialize<'de> for RecordText<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cells;

        impl<'de> Visitor<'de> for Cells {
            type Value = RecordText<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RecordText<'de>, A::Error> {
                let mut cells: Vec<(Cow<'de, str>, &'de str)> = Vec::with_capacity(USUAL_FIELDS);
                while let Some(Name(name)) = map.next_key()? {
                    let text = map.next_value::<&'de RawValue>()?.get();
                    if !is_sound(text) {
                        return Err(A::Error::custom(UNSOUND));
                    }
                    cells.push((name, text));
                }
                Ok(RecordText { cells })
            }
        }

        deserializer.deserialize_map(Cells)
    }
}

/// Whether a value can be taken apart later: what was walked past is JSON, and may still name half a character or a
/// number that there is not.
fn is_sound(text: &str) -> bool {
    let number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let doubtful = match number {
        true => text.len() > SURELY_A_NUMBER || text.contains(['e', 'E']),
        false => text.contains('\\'),
    };
    !doubtful || parse(text.as_bytes()).is_ok()
}

/// A name in an object, borrowed unless it holds escapes.
pub(super) struct Name<'a>(pub Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::is_sound;

    #[test]
    fn what_cannot_be_taken_apart_later_is_refused_at_once() {
        let digits = "9".repeat(400);
        let table = [
            ("0", true),
            ("-12.5", true),
            ("1e3", true),
            ("1e999", false),
            ("-1E999", false),
            (digits.as_str(), false),
            (&digits[..300], true),
            (r#""plain""#, true),
            (r#""\n""#, true),
            (r#""\ud83d\ude00""#, true),
            (r#""\ud83d""#, false),
            (r#"["1e999", {"a": "\\"}]"#, true),
            (r#"["\udc00"]"#, false),
        ];
        for (text, sound) in table {
            assert_eq!(is_sound(text), sound, "{text}");
        }
    }
}
