//! `POST /audit/{id}/restore`: an administrator puts losing values back, as a new version.

use holdfast_core::{
    Fields,
    merge::{compute_fields, with_stamps_of},
    pack::validate,
    protocol::WireRecord,
    record::Operation,
    stamps,
};

use super::audit::{AuditAction, AuditEntry, LosingValue, read_entry};
use super::notices::{self, About, Detail, Own};
use super::reference_checks::dangling;
use super::{Answer, Context, Refusal, result as results, subject};
use crate::records::{past, unique, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// Restores the losing values at these positions of an audit entry; the first of each field, if none are named.
pub fn restore(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    audit_id: &str,
    positions: &[usize],
) -> Answer<WireRecord> {
    if !cx.caller.me.may("system", "audit", "restore") {
        return Ok(Err(Refusal::denied(
            "Only an administrator may restore values from the audit.",
        )));
    }
    let Some(row) = tx.audit(audit_id)? else {
        return Ok(Err(Refusal::not_found("There is no such audit entry.")));
    };
    let source = read_entry(&row)?;
    let Some(entity) = cx.packs.entity(&source.entity_type) else {
        return Ok(Err(Refusal::not_found(
            "This server no longer has records of this type.",
        )));
    };
    let record = tx
        .record(&entity.name, &source.entity_id)?
        .filter(|record| !record.deleted);
    let Some(record) = record else {
        return Ok(Err(Refusal::stale("The record is deleted. Recreate it first.")));
    };
    if !cx.may(&entity.name, "update") || !cx.readable(entity, &record) {
        return Ok(Err(Refusal::denied(
            "Your role does not allow you to change this record.",
        )));
    }
    let chosen = choose(&source, positions);
    let values: Fields = chosen
        .iter()
        .filter_map(|lost| {
            let stands = record.fields.get(&lost.field).cloned().unwrap_or_default();
            let value = with_stamps_of(entity.field(&lost.field)?, &lost.value, &stands);
            Some((lost.field.clone(), value))
        })
        .collect();
    if values.is_empty() {
        return Ok(Err(Refusal::malformed(
            "This entry holds no value of a field that could be restored.",
        )));
    }
    let mut fields = record.fields.clone();
    fields.extend(values.clone());
    fields.retain(|_, value| !value.is_null());
    compute_fields(entity, &mut fields);
    stamps::receive(entity, &record.fields, &mut fields, cx.now);
    let mut errors = validate(entity, Operation::Update, &values, &Fields::new());
    errors.extend(results::closed(cx, entity, Some(&record.fields), &fields));
    errors.extend(unique::taken(tx, entity, Some(&record), &fields, &|holder| {
        cx.readable(entity, holder)
    })?);
    errors.extend(dangling(tx, cx, entity, &record.fields, &fields)?);
    if !errors.is_empty() {
        return Ok(Err(Refusal::invalid(
            "The value no longer fits the record.",
            errors,
        )));
    }
    if let Some(message) = results::out_of_reach(cx, entity, &record.fields, &fields) {
        return Ok(Err(Refusal::denied(message)));
    }
    let (author, at, act) = (cx.author(), cx.now, Act::Update);
    let version = NewVersion {
        entity,
        id: &record.id,
        before: Some(&record),
        fields,
        act,
        local_id: None,
        author,
        at,
    };
    let restored = version.write(tx)?;
    tell(tx, cx, (entity, &record, &restored), &source, &chosen)?;
    Ok(Ok(subject::whole(tx, cx, entity, &restored)?))
}

fn choose(source: &AuditEntry, positions: &[usize]) -> Vec<LosingValue> {
    if !positions.is_empty() {
        return positions
            .iter()
            .filter_map(|at| source.losing.get(*at).cloned())
            .collect();
    }
    let mut first: Vec<LosingValue> = Vec::new();
    for lost in &source.losing {
        if !first.iter().any(|known| known.field == lost.field) {
            first.push(lost.clone());
        }
    }
    first
}

/// Writes the restoration down; tells whose value came back, and whose gave way.
fn tell(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    (entity, before, after): (&holdfast_core::pack::Entity, &StoredRecord, &StoredRecord),
    source: &AuditEntry,
    chosen: &[LosingValue],
) -> Result<()> {
    let mut entry = AuditEntry::new(cx, AuditAction::Restore, &entity.name, &after.id);
    entry.conflict_id.clone_from(&source.conflict_id);
    entry.server_version = Some(before.version);
    entry.resolution_strategy = "restore".into();
    entry.resolved_at = Some(cx.now);
    let fields = chosen.iter().map(|lost| lost.field.as_str()).collect();
    let authors = past::last_authors(tx, before, fields, |_| true)?;
    for lost in chosen {
        let former = before.fields.get(&lost.field).cloned().unwrap_or_default();
        let by = authors.get(&lost.field).cloned().unwrap_or_default();
        let detail = |own| {
            let (field, kept, lost) = (&lost.field, &lost.value, &former);
            let strategy = "restore";
            Detail {
                field,
                kept,
                lost,
                strategy,
                own,
            }
            .json()
        };
        notices::tell(
            tx,
            cx,
            &lost.by,
            About::Restored,
            (entity, after),
            vec![detail(Own::Kept)],
        )?;
        if by != lost.by && by != cx.caller.me.user_id {
            notices::tell(
                tx,
                cx,
                &by,
                About::Superseded,
                (entity, after),
                vec![detail(Own::Lost)],
            )?;
        }
        entry.conflicting_fields.push(lost.field.clone());
        entry.resolution.insert(lost.field.clone(), "restored".into());
        entry.losing.push(LosingValue {
            field: lost.field.clone(),
            value: former,
            by,
            kept: lost.value.clone(),
        });
    }
    entry.write(tx)
}
