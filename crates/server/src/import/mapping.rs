//! The mapping: how a row becomes a record.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    pack::{Entity, Packs},
};
use serde::Deserialize;
use serde_json::Value;

use super::numbers::Decimal;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    pub pack: String,
    pub entity: String,
    /// The file's encoding, by its WHATWG label; found out, if left out.
    #[serde(default)]
    pub encoding: Option<String>,
    /// What separates cells: a character, or `tab`.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Whether cells have several lines.
    #[serde(default)]
    pub multiline: bool,
    /// The file's header, in order.
    pub columns: Vec<Column>,
    pub key: Key,
    /// What the rows refer to, made if it is not there.
    #[serde(default)]
    pub records: Vec<Companion>,
    pub fields: BTreeMap<String, Source>,
    /// More fields for some rows; the first rule that fits a row counts.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(flatten)]
    pub kind: CellType,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum CellType {
    Text,
    Number {
        /// The sign before the fraction: a point, if left out.
        #[serde(default)]
        decimal: Decimal,
    },
    /// Midnight UTC of a day written like `format` (strftime).
    Date {
        format: String,
    },
    Choice {
        choices: Vec<String>,
    },
}

/// The unique field that recognises a row: `prefix`, a digest of the cells of `of`, and the occurrence among equal rows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub field: String,
    pub prefix: String,
    pub of: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    pub entity: String,
    pub id: String,
    pub fields: Fields,
}

/// Where a field's value comes from: a fixed `value`, or the cell of a `column`, or what `map` makes of that cell.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    #[serde(default)]
    pub value: Option<Value>,
    #[serde(default)]
    pub column: Option<String>,
    #[serde(default)]
    pub map: BTreeMap<String, Value>,
    /// For cells that `map` does not name.
    #[serde(default)]
    pub otherwise: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Fits so many rows, newest first by the date column `by`, the later line first among equals; all, if absent.
    #[serde(default)]
    pub newest: Option<usize>,
    #[serde(default)]
    pub by: Option<String>,
    pub fields: BTreeMap<String, Source>,
}

impl Mapping {
    /// Reads a mapping; the message of the error has line and column.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Names of the entities whose records an import by this mapping writes.
    pub fn entities(&self) -> Vec<&str> {
        let companions = self.records.iter().map(|companion| companion.entity.as_str());
        std::iter::once(self.entity.as_str()).chain(companions).collect()
    }

    /// Checks every name that refers to something; the entity that rows become.
    pub(super) fn check<'a>(&self, packs: &'a Packs) -> Result<&'a Entity, String> {
        let entity = packs
            .entity(&self.entity)
            .ok_or_else(|| format!("there is no entity \"{}\"", self.entity))?;
        if packs
            .pack_of(&self.entity)
            .is_none_or(|pack| pack.name != self.pack)
        {
            return Err(format!(
                "the pack \"{}\" has no entity \"{}\"",
                self.pack, self.entity
            ));
        }
        if !entity
            .unique
            .iter()
            .any(|set| set.as_slice() == [self.key.field.clone()])
        {
            return Err(format!(
                "key.field \"{}\" is not unique in {}",
                self.key.field, entity.name
            ));
        }
        let known = |column: &String| {
            self.column(column)
                .map(drop)
                .ok_or_else(|| format!("there is no column \"{column}\""))
        };
        self.key.of.iter().try_for_each(known)?;
        for (name, source) in self
            .fields
            .iter()
            .chain(self.rules.iter().flat_map(|rule| &rule.fields))
        {
            entity
                .field(name)
                .ok_or_else(|| format!("{} has no field \"{name}\"", entity.name))?;
            source.column.iter().try_for_each(known)?;
            if source.value.is_some() == source.column.is_some() {
                return Err(format!("the field \"{name}\" needs either a value or a column"));
            }
        }
        self.rules
            .iter()
            .filter_map(|rule| rule.by.as_ref())
            .try_for_each(known)?;
        for companion in &self.records {
            let declared = packs.entity(&companion.entity);
            let declared = declared.ok_or_else(|| format!("there is no entity \"{}\"", companion.entity))?;
            let stranger = companion
                .fields
                .keys()
                .find(|field| declared.field(field).is_none());
            if let Some(field) = stranger {
                return Err(format!("{} has no field \"{field}\"", companion.entity));
            }
        }
        Ok(entity)
    }
}
