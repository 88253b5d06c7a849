//! A conflict taken apart: what it is about, its values by field, and how it and its record get their next versions.

use std::collections::BTreeSet;

use holdfast_core::{
    Fields,
    pack::{Entity, canonical, same_value, settle_sets},
    system,
};
use serde_json::{Value, json};

use crate::records::version::NewVersion;
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, StorageError, Transaction};
use crate::sync::{Context, notices};

/// The field of a conflict that is about the record as a whole.
pub(super) const RECORD: &str = "record";

/// A conflict's own fields, read.
pub(super) struct Parts<'a> {
    pub entity: &'a Entity,
    pub record: StoredRecord,
    /// Names of the fields in conflict.
    pub fields: Vec<String>,
    /// What is known of each field, by its parts: see [`Self::value`].
    pub values: Fields,
    /// The user id of the write's author.
    pub author: String,
    pub is_open: bool,
}

impl<'a> Parts<'a> {
    /// Reads a conflict, and the record that it is about.
    ///
    /// # Errors
    /// If the storage fails, or the conflict names no record that there is.
    pub fn of(tx: &dyn Transaction, cx: &Context<'a>, conflict: &StoredRecord) -> Result<Self> {
        let broken =
            |what: &str| StorageError::Inconsistent(format!("conflict {} has no {what}", conflict.id));
        let text = |name: &str| {
            conflict
                .fields
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let entity = cx
            .packs
            .entity(text("recordType"))
            .ok_or_else(|| broken("known record type"))?;
        let record = tx
            .record(&entity.name, text("recordId"))?
            .ok_or_else(|| broken("record"))?;
        let named = conflict.fields.get("conflictingFields").and_then(Value::as_array);
        let named = named.into_iter().flatten();
        let mut fields: Vec<String> = named
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let values = conflict.fields.get("values").and_then(Value::as_object);
        let values = values.cloned().unwrap_or_default();
        // Fields that were in no conflict and got another value with its settlement.
        let with_it = values.keys().filter(|name| !fields.contains(name)).cloned();
        fields.extend(with_it.collect::<Vec<_>>());
        Ok(Self {
            entity,
            record,
            fields,
            values,
            author: text("userId").to_owned(),
            is_open: text("status") == "open",
        })
    }

    /// Gives the record the conflict is about its next version.
    pub fn write_record(
        &mut self,
        tx: &mut dyn Transaction,
        cx: &Context<'_>,
        fields: Fields,
        act: Act,
    ) -> Result<()> {
        let before = self.record.clone();
        let version = NewVersion {
            entity: self.entity,
            id: &before.id,
            before: Some(&before),
            fields,
            act,
            local_id: None,
            author: cx.author(),
            at: cx.now,
        };
        self.record = version.write(tx)?;
        Ok(())
    }

    /// A part of what is known of a field: `base`, `mine`, `theirs`, `before`, `after`.
    pub fn value(&self, field: &str, part: &str) -> Value {
        self.values
            .get(field)
            .and_then(|known| known.get(part))
            .cloned()
            .unwrap_or_default()
    }

    /// A part of what is known of a field, in the form in which a record stores it.
    pub fn canonical_value(&self, field: &str, part: &str) -> Value {
        canonical_value(self.entity, field, self.value(field, part))
    }

    /// Whether two values of a field read the same, in whatever form either is written.
    pub fn is_same(&self, field: &str, a: &Value, b: &Value) -> bool {
        let [a, b] = [a, b].map(|value| canonical_value(self.entity, field, value.clone()));
        match self.entity.field(field) {
            Some(declared) => same_value(declared, &a, &b),
            None => a == b,
        }
    }

    /// Notes as `before` what the record holds of the fields that a decision about the whole record changes.
    pub fn note_former(&mut self, fields: &Fields) {
        let typed = self.value(RECORD, "mine");
        for (name, value) in fields
            .iter()
            .filter(|(name, _)| typed.get(name.as_str()).is_some())
        {
            let before = self.record.fields.get(name).cloned().unwrap_or_default();
            if before != *value {
                self.note(name, "before", before);
            }
        }
    }

    /// The fields in conflict, and others whose former values the settlement noted.
    pub fn settled_fields(&self) -> BTreeSet<String> {
        let noted = self
            .values
            .iter()
            .filter(|(_, known)| known.get("before").is_some());
        let noted = noted.map(|(name, _)| name.clone());
        self.fields.iter().cloned().chain(noted).collect()
    }

    /// Notes as `after` what the record holds now, of every field whose former value is noted.
    pub fn note_written(&mut self) {
        for (name, known) in &mut self.values {
            if name != RECORD && known.get("before").is_some() {
                known["after"] = self.record.fields.get(name).cloned().unwrap_or_default();
            }
        }
    }

    /// Notes a part of what is known of a field.
    pub fn note(&mut self, field: &str, part: &str, value: Value) {
        let known = self.values.entry(field).or_insert_with(|| json!({}));
        known[part] = value;
    }
}

/// A value of a field in the form in which a record stores it.
pub(super) fn canonical_value(entity: &Entity, field: &str, value: Value) -> Value {
    let mut fields = Fields::from_iter([(field.to_owned(), value)]);
    canonical(entity, &mut fields);
    settle_sets(entity, &mut fields);
    fields.remove(field).unwrap_or_default()
}

/// Writes the next version of a conflict: the given fields over its present ones.
pub(super) fn write(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    conflict: &StoredRecord,
    changes: Value,
) -> Result<StoredRecord> {
    let entity = notices::built_in(cx, system::CONFLICT)?;
    let mut fields = conflict.fields.clone();
    if let Value::Object(changes) = changes {
        fields.extend(changes);
    }
    let (author, at, act) = (cx.author(), cx.now, Act::Update);
    NewVersion {
        entity,
        id: &conflict.id,
        before: Some(conflict),
        fields,
        act,
        local_id: None,
        author,
        at,
    }
    .write(tx)
}
