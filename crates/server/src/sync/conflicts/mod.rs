//! Conflicts: what no strategy settles waits here for a person. See the table "The life of a conflict" in
//! `docs/protocol.md`.
//!
//! A conflict is a record of entity `conflict`; there is at most one open per record, author and reason, and it grows
//! when the same author meets another conflict on the record. Its `values` hold, by field, base, mine and theirs; once
//! it is settled also what the record held before and after, which is what taking it back needs. A conflict about the
//! record as a whole (deleted, or about to be) stands under the field `record`.

mod aftermath;
mod choice;
mod instead;
mod late;
mod open;
mod overwritten;
mod resolve;
mod signed;
mod undo;

pub(super) use open::{open, open_deleted, open_deletion, open_of};

use std::collections::BTreeSet;

use holdfast_core::{
    Fields,
    pack::{Entity, canonical, same_value, settle_sets, validate},
    protocol::{ErrorCode, OperationResult, WireOperation},
    record::Operation,
};
use serde_json::{Value, json};

use super::{Context, outcome};
use crate::records::version::NewVersion;
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, StorageError, Transaction};

/// The field of a conflict that is about the record as a whole.
const RECORD: &str = "record";

/// Settles a conflict or takes its settlement back, as the payload asks.
pub(super) fn settle(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    conflict: &StoredRecord,
) -> Result<OperationResult> {
    let (_, payload) = operation.split_payload();
    let errors = validate(entity, Operation::Update, &payload, &Fields::new());
    if !errors.is_empty() {
        return Ok(outcome::invalid(operation, errors));
    }
    let instead = match instead::read(&payload) {
        Ok(instead) => instead,
        Err(error) => return Ok(outcome::invalid(operation, vec![error])),
    };
    match (payload.get("resolution"), payload.get("undo")) {
        (Some(Value::Object(choices)), _) => {
            resolve::resolve(tx, cx, operation, conflict, (choices, &instead))
        }
        (_, Some(Value::Bool(true))) => undo::undo(tx, cx, operation, conflict, &instead),
        _ => {
            let message = "Say how the conflict is settled: a choice for each of its fields.";
            Ok(outcome::rejected(operation, ErrorCode::ValidationError, message))
        }
    }
}

/// A conflict's own fields, read.
struct Parts<'a> {
    entity: &'a Entity,
    record: StoredRecord,
    /// Names of the fields in conflict.
    fields: Vec<String>,
    values: Fields,
    author: String,
    is_open: bool,
}

impl<'a> Parts<'a> {
    /// Gives the record the conflict is about its next version.
    fn write_record(
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

    fn of(tx: &dyn Transaction, cx: &Context<'a>, conflict: &StoredRecord) -> Result<Self> {
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

    /// A part of what is known of a field: `base`, `mine`, `theirs`, `before`, `after`.
    fn value(&self, field: &str, part: &str) -> Value {
        self.values
            .get(field)
            .and_then(|known| known.get(part))
            .cloned()
            .unwrap_or_default()
    }

    /// A part of what is known of a field, in the form in which a record stores it.
    fn canonical_value(&self, field: &str, part: &str) -> Value {
        canonical_value(self.entity, field, self.value(field, part))
    }

    /// Whether two values of a field read the same, in whatever form either is written.
    fn is_same(&self, field: &str, a: &Value, b: &Value) -> bool {
        let [a, b] = [a, b].map(|value| canonical_value(self.entity, field, value.clone()));
        match self.entity.field(field) {
            Some(declared) => same_value(declared, &a, &b),
            None => a == b,
        }
    }

    /// Notes as `before` what the record holds of the fields that a decision about the whole record changes.
    fn note_former(&mut self, fields: &Fields) {
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
    fn settled_fields(&self) -> BTreeSet<String> {
        let noted = self
            .values
            .iter()
            .filter(|(_, known)| known.get("before").is_some());
        let noted = noted.map(|(name, _)| name.clone());
        self.fields.iter().cloned().chain(noted).collect()
    }

    /// Notes as `after` what the record holds now, of every field whose former value is noted.
    fn note_written(&mut self) {
        for (name, known) in &mut self.values {
            if name != RECORD && known.get("before").is_some() {
                known["after"] = self.record.fields.get(name).cloned().unwrap_or_default();
            }
        }
    }

    fn note(&mut self, field: &str, part: &str, value: Value) {
        let known = self.values.entry(field).or_insert_with(|| json!({}));
        known[part] = value;
    }
}

/// A value of a field in the form in which a record stores it.
fn canonical_value(entity: &Entity, field: &str, value: Value) -> Value {
    let mut fields = Fields::from_iter([(field.to_owned(), value)]);
    canonical(entity, &mut fields);
    settle_sets(entity, &mut fields);
    fields.remove(field).unwrap_or_default()
}

/// Writes the next version of a conflict: the given fields over its present ones.
fn write(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    conflict: &StoredRecord,
    changes: Value,
) -> Result<StoredRecord> {
    let entity = super::notices::built_in(cx, holdfast_core::system::CONFLICT)?;
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

/// Under what an open conflict is found again: one per record, author and reason.
fn open_key(entity: &str, id: &str, author: &str, reason: &str) -> String {
    json!([entity, id, author, reason]).to_string()
}
