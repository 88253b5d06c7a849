//! `normalize`: the form in which a field's texts are compared, as a pack writes it.
//!
//! `"trim"`, `"nfc"`, `"casefold"`, or a list of them. Each leaves out a difference, so their order means nothing;
//! `casefold` includes `nfc`. Texts are stored as they were written.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

use super::FieldType;
use crate::{
    json::{Faults, FromJson},
    text::Form,
};

const NAMES: &str = "normalize takes \"trim\", \"nfc\" and \"casefold\", or a list of them";

impl FieldType {
    /// The form of its texts, or of its members.
    pub fn form(&self) -> Form {
        match self {
            Self::Text { normalize, .. } | Self::LongText { normalize, .. } | Self::Set { normalize, .. } => {
                *normalize
            }
            _ => Form::default(),
        }
    }
}

/// The form with these names; none, if one of them is unknown.
fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Form> {
    let mut form = Form::default();
    for name in names {
        match name {
            "trim" => form.trim = true,
            "nfc" => form.canonical = true,
            "casefold" => form.casefold = true,
            _ => return None,
        }
    }
    Some(form)
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = [
            (self.trim, "trim"),
            (self.canonical, "nfc"),
            (self.casefold, "casefold"),
        ];
        serializer.collect_seq(names.iter().filter(|(set, _)| *set).map(|(_, name)| name))
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_value(&Value::deserialize(deserializer)?).ok_or_else(|| D::Error::custom(NAMES))
    }
}

impl FromJson for Form {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(from_value(&value))
    }
}

fn from_value(value: &Value) -> Option<Form> {
    match value {
        Value::String(name) => named([name.as_str()]),
        Value::Array(names) => named(names.iter().map(|name| name.as_str().unwrap_or_default())),
        _ => None,
    }
}
