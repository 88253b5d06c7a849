//! Work of somebody who may no longer see its record: a technician records hours and parts offline, and the order is
//! given to somebody else meanwhile. What was really done is taken; who may read and change the record stays as it is.
//!
//! The pack says of which fields, and for how many days ([`AfterAccess`]). The author must have been able to read the
//! record at the version that the write was made over: told by the server's own history and the author's roles and
//! sites of today, never by what the device says. So only a change of the *record* leaves this door open; whoever lost
//! a role or a site comes in no more. Only additions are taken, and the answer says nothing of the record. See ADR 7.

use holdfast_core::{
    Fields, Timestamp,
    merge::{additions, compute_fields},
    pack::{AfterAccess, Entity, same_value, validate},
    protocol::{OperationResult, Superseded, WireOperation},
    record::Operation,
};
use serde_json::Value;

use super::audit::{AuditAction, AuditEntry, LosingValue};
use super::authored::{self, Subject};
use super::notices::{self, About, Detail, Own};
use super::reference_checks::dangling;
use super::{Context, outcome, result as results};
use crate::records::{past, references, unique, version::NewVersion};
use crate::storage::model::{Act, HistoryEntry, NewestVersions, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// What the author does not get to be so, for lack of access.
const ACCESS_LOST: &str = "access-lost";
/// What is taken.
const ADDED: &str = "added";

/// The record as its author saw it, and who took it from them.
struct Past {
    seen: StoredRecord,
    since: Vec<HistoryEntry>,
    taken_by: String,
}

/// A write sorted out: what it adds, and what gives way.
#[derive(Default)]
struct Sorted {
    /// What the author typed, of the fields that are added to.
    typed: Fields,
    /// These fields with the additions.
    added: Fields,
    /// What the author typed that is no addition.
    left_out: Fields,
}

/// Takes what a write adds to a record that its author may not see; `None`, if there is no reason to take anything.
pub(super) fn take(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
) -> Result<Option<OperationResult>> {
    let Some(rule) = &entity.after_access else {
        return Ok(None);
    };
    // A write by REST knows no base: it is made over the record as it is.
    let (seen, payload) = operation.split_payload();
    let (Some(seen), Some(base)) = (seen, &operation.base) else {
        return Ok(None);
    };
    let may = cx.may(&entity.name, "read") && cx.may(&entity.name, "update");
    if operation.operation != Operation::Update || record.deleted || !may {
        return Ok(None);
    }
    let Some(past) = could_read(tx, cx, entity, (rule, seen), record)? else {
        return Ok(None);
    };
    let mut payload = references::resolve(tx, &cx.caller.device_id, entity, payload)?;
    let base = references::resolve(tx, &cx.caller.device_id, entity, base.clone())?;
    let subject = Subject {
        base: &base,
        stored: &record.fields,
        since: &past.since,
    };
    let misstated = authored::stamp(cx, entity, operation, &mut payload, subject);
    let sorted = sort(entity, rule, &payload, &base, record);
    let mut after = record.fields.clone();
    after.extend(sorted.added.clone());
    compute_fields(entity, &mut after);
    let mut errors = misstated;
    errors.extend(validate(entity, Operation::Update, &sorted.typed, &Fields::new()));
    errors.extend(results::closed(cx, entity, Some(&record.fields), &after));
    errors.extend(unique::taken(tx, entity, Some(record), &after, &|holder| {
        cx.readable(entity, holder)
    })?);
    errors.extend(dangling(tx, cx, entity, &record.fields, &after)?);
    if !errors.is_empty() {
        return Ok(Some(outcome::invalid(operation, errors)));
    }
    let after = match after == record.fields {
        true => record.clone(),
        false => store(tx, cx, entity, record, after)?,
    };
    report(tx, cx, entity, operation, (&past, &after), &sorted)?;
    let mut result = outcome::success(operation, &record.id, 0);
    result.new_version = None;
    result.access_lost = true;
    let superseded = |(field, lost): (&String, &Value)| Superseded {
        field: field.clone(),
        kept: Value::Null,
        lost: lost.clone(),
        lost_by: cx.caller.me.user_id.clone(),
        strategy: ACCESS_LOST.into(),
    };
    result.superseded = sorted.left_out.iter().map(superseded).collect();
    Ok(Some(result))
}

/// The record at the version that the author worked on, if they could read it then and lost that lately enough.
fn could_read(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    (rule, seen): (&AfterAccess, u64),
    record: &StoredRecord,
) -> Result<Option<Past>> {
    if seen == 0 || seen > record.version {
        return Ok(None);
    }
    let NewestVersions {
        entries: mut since,
        complete,
    } = past::newest_after(tx, record, seen - 1)?;
    // Too many versions since to be looked at: it is not known what the author saw.
    if !complete || since.first().is_none_or(|entry| entry.act == Act::Delete) {
        return Ok(None);
    }
    let since = since.split_off(1);
    let mut fields = past::fields_before(&since, &record.fields);
    if !entity.readable_by(&fields, &cx.viewer()) {
        return Ok(None);
    }
    let seen = StoredRecord {
        fields: fields.clone(),
        version: seen,
        ..record.clone()
    };
    let mut lost: Option<(Timestamp, String)> = None;
    for entry in &since {
        past::advance(&mut fields, entry);
        match entity.readable_by(&fields, &cx.viewer()) {
            true => lost = None,
            false if lost.is_none() => lost = Some((entry.at, entry.user_id.clone())),
            false => {}
        }
    }
    let in_time = |at: Timestamp| cx.now - at <= chrono::Duration::days(i64::from(rule.days));
    let past = lost.filter(|(at, _)| in_time(*at)).map(|(_, taken_by)| Past {
        seen,
        since,
        taken_by,
    });
    Ok(past)
}

fn sort(
    entity: &Entity,
    rule: &AfterAccess,
    payload: &Fields,
    base: &Fields,
    record: &StoredRecord,
) -> Sorted {
    let mut sorted = Sorted::default();
    for (name, mine) in payload {
        let Some(field) = entity.field(name) else {
            sorted.left_out.insert(name.clone(), mine.clone());
            continue;
        };
        let get = |side: &Fields| side.get(name).cloned().unwrap_or_default();
        let (base, theirs) = (get(base), get(&record.fields));
        if same_value(field, mine, &base) {
            continue;
        }
        let takes = rule.fields.contains(name);
        let added = takes.then(|| additions(field, &base, mine, &theirs));
        if !added.as_ref().is_some_and(|added| added.complete) {
            sorted.left_out.insert(name.clone(), mine.clone());
        }
        if let Some(added) = added.filter(|added| !same_value(field, &added.value, &theirs)) {
            sorted.typed.insert(name.clone(), mine.clone());
            sorted.added.insert(name.clone(), added.value);
        }
    }
    sorted
}

fn store(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    record: &StoredRecord,
    fields: Fields,
) -> Result<StoredRecord> {
    let version = NewVersion {
        entity,
        id: &record.id,
        before: Some(record),
        fields,
        act: Act::Update,
        local_id: None,
        author: cx.author(),
        at: cx.now,
    };
    version.write(tx)
}

/// Writes it down, and tells both: the author what was taken and what was not, under the title that they saw; whoever
/// took the record from them, that work was added.
fn report(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    (past, after): (&Past, &StoredRecord),
    sorted: &Sorted,
) -> Result<()> {
    let me = &cx.caller.me.user_id;
    let mut entry = AuditEntry::new(cx, AuditAction::AfterAccess, &entity.name, &after.id)
        .about(operation, past.seen.version + past.since.len() as u64);
    entry.resolution_strategy = "automatic".into();
    entry.resolved_at = Some(cx.now);
    for name in sorted.added.keys() {
        entry.conflicting_fields.push(name.clone());
        entry.resolution.insert(name.clone(), ADDED.into());
    }
    for (name, lost) in &sorted.left_out {
        if !entry.conflicting_fields.contains(name) {
            entry.conflicting_fields.push(name.clone());
        }
        entry.resolution.insert(name.clone(), ACCESS_LOST.into());
        entry.losing.push(LosingValue {
            field: name.clone(),
            value: lost.clone(),
            by: me.clone(),
            kept: after.fields.get(name).cloned().unwrap_or_default(),
        });
    }
    if entry.conflicting_fields.is_empty() {
        return Ok(());
    }
    entry.write(tx)?;
    let nothing = Value::Null;
    let detail = |(name, typed): (&String, &Value)| {
        Detail {
            field: name,
            kept: typed,
            lost: &nothing,
            strategy: ADDED,
            own: Own::SeenKept,
        }
        .json()
    };
    let taken = sorted.typed.iter().map(detail).collect();
    notices::tell(tx, cx, me, About::Recorded, (entity, &past.seen), taken)?;
    let detail = |(name, lost): (&String, &Value)| {
        Detail {
            field: name,
            kept: &nothing,
            lost,
            strategy: ACCESS_LOST,
            own: Own::SeenLost,
        }
        .json()
    };
    let lost = sorted.left_out.iter().map(detail).collect();
    notices::tell(tx, cx, me, About::Superseded, (entity, &past.seen), lost)?;
    if past.taken_by == *me {
        return Ok(());
    }
    let detail = |(name, value): (&String, &Value)| {
        Detail {
            field: name,
            kept: value,
            lost: &nothing,
            strategy: ADDED,
            own: Own::Neither,
        }
        .json()
    };
    let added = sorted.added.iter().map(detail).collect();
    notices::tell(tx, cx, &past.taken_by, About::Recorded, (entity, after), added)
}
