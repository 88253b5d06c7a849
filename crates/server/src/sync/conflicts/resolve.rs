//! Settling (protocol C4, C5, C8, C9).

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    merge::compute_fields,
    pack::validate,
    protocol::{ErrorCode, FieldError, OperationResult, Superseded, WireOperation},
    queue::Operation,
    system,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Parts, RECORD, open, write};
use crate::records::{self, unique, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::audit::{AuditAction, AuditEntry, LosingValue};
use crate::sync::notices::{self, About};
use crate::sync::{Context, create, outcome};

/// How one field is settled.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Choice {
    choice: Pick,
    /// The value, where `choice` is `value`.
    #[serde(default)]
    value: Value,
    /// Settle later conflicts of this field in the same way.
    #[serde(default)]
    remember: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Pick {
    /// The author's value; of a deletion: delete.
    Mine,
    /// The server's value; of a deletion: keep.
    Theirs,
    /// Another one.
    Value,
    /// A deleted record comes back, with what the author typed.
    Recreate,
    /// It stays deleted.
    LetGo,
}

type Choices = BTreeMap<String, Choice>;

pub(super) fn resolve(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    conflict: &StoredRecord,
    resolution: &Fields,
) -> Result<OperationResult> {
    let mut parts = Parts::of(tx, cx, conflict)?;
    if !parts.is_open {
        return late(tx, cx, operation, conflict, resolution);
    }
    let choices = match read(&parts, resolution) {
        Ok(choices) => choices,
        Err(errors) => return Ok(outcome::invalid(operation, errors)),
    };
    if let Some(refused) = carry_out(tx, cx, operation, &mut parts, &choices)? {
        return Ok(refused);
    }
    remember(tx, cx, &parts, &choices)?;
    let settled = json!({
        "status": "resolved",
        "resolvedAt": cx.now,
        "resolvedBy": cx.caller.me.user_id,
        "resolvedByName": cx.caller.me.display_name,
        "resolutionStrategy": "manual",
        "resolution": resolution,
        "values": parts.values,
    });
    let settled = write(tx, cx, conflict, settled)?;
    open::forget(tx, conflict)?;
    tell(tx, cx, operation, conflict, &parts, &choices)?;
    let mut result = outcome::success(operation, &conflict.id, settled.version);
    let entity = notices::built_in(cx, system::CONFLICT)?;
    result.record = Some(records::whole(entity, &settled));
    Ok(result)
}

/// Somebody was first: their settlement stands, and the second is told.
fn late(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    conflict: &StoredRecord,
    resolution: &Fields,
) -> Result<OperationResult> {
    let entity = notices::built_in(cx, system::CONFLICT)?;
    let stands = conflict.fields.get("resolution").cloned().unwrap_or_default();
    let mine = Value::Object(resolution.clone());
    let mut result = outcome::success(operation, &conflict.id, conflict.version);
    result.record = Some(records::whole(entity, conflict));
    if stands != mine {
        let parts = Parts::of(tx, cx, conflict)?;
        let detail = notices::detail("resolution", &stands, &mine, "first-write-wins");
        let me = &cx.caller.me.user_id;
        notices::tell(
            tx,
            cx,
            me,
            About::Settled,
            (parts.entity, &parts.record),
            vec![detail],
        )?;
        result.superseded.push(Superseded {
            field: "resolution".into(),
            kept: stands,
            lost: mine,
            lost_by: me.clone(),
            strategy: "first-write-wins".into(),
        });
    }
    Ok(result)
}

/// One choice per field of the conflict, of a kind that fits it.
fn read(parts: &Parts<'_>, resolution: &Fields) -> std::result::Result<Choices, Vec<FieldError>> {
    let mut choices = Choices::new();
    let mut errors = Vec::new();
    for field in &parts.fields {
        let choice = resolution
            .get(field)
            .and_then(|choice| serde_json::from_value::<Choice>(choice.clone()).ok());
        let fits = |choice: &Choice| match choice.choice {
            Pick::Recreate | Pick::LetGo => field == RECORD && parts.value(field, "mine").is_object(),
            Pick::Mine | Pick::Theirs => field != RECORD || parts.value(field, "mine").is_null(),
            Pick::Value => field != RECORD,
        };
        match choice.filter(fits) {
            Some(choice) => {
                choices.insert(field.clone(), choice);
            }
            None => {
                let message = "needs a choice between your value and the server's".into();
                errors.push(FieldError {
                    field: format!("resolution.{field}"),
                    message,
                });
            }
        }
    }
    if errors.is_empty() {
        Ok(choices)
    } else {
        Err(errors)
    }
}

/// Applies the chosen values to the record, and notes what it held before and after. Answers with a refusal, if the
/// resolver may not, or the values do not fit.
fn carry_out(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    parts: &mut Parts<'_>,
    choices: &Choices,
) -> Result<Option<OperationResult>> {
    let whole = choices.get(RECORD).map(|choice| choice.choice);
    let mut fields = parts.record.fields.clone();
    for (field, choice) in choices.iter().filter(|(field, _)| *field != RECORD) {
        let chosen = match choice.choice {
            Pick::Mine => parts.value(field, "mine"),
            Pick::Value => choice.value.clone(),
            _ => fields.get(field).cloned().unwrap_or_default(),
        };
        parts.note(field, "before", fields.get(field).cloned().unwrap_or_default());
        parts.note(field, "after", chosen.clone());
        fields.insert(field.clone(), chosen);
    }
    let act = match whole {
        Some(Pick::Recreate) if parts.record.deleted => Act::Recreate,
        Some(Pick::Mine) if !parts.record.deleted => Act::Delete,
        _ => Act::Update,
    };
    if whole == Some(Pick::Recreate) {
        fields.extend(
            parts
                .value(RECORD, "mine")
                .as_object()
                .cloned()
                .unwrap_or_default(),
        );
    }
    fields.retain(|_, value| !value.is_null());
    compute_fields(parts.entity, &mut fields);
    let untouched = act == Act::Update && fields == parts.record.fields;
    if !untouched {
        if let Some(refused) = refusal(tx, cx, operation, parts, &fields, act)? {
            return Ok(Some(refused));
        }
        let (id, before, author, at) = (parts.record.id.clone(), parts.record.clone(), cx.author(), cx.now);
        let version = NewVersion {
            entity: parts.entity,
            id: &id,
            before: Some(&before),
            fields,
            act,
            local_id: None,
            author,
            at,
        };
        parts.record = version.write(tx)?;
    }
    if whole.is_some() {
        let version = if untouched {
            Value::Null
        } else {
            parts.record.version.into()
        };
        parts.note(RECORD, "after", version);
    }
    Ok(None)
}

fn refusal(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    parts: &Parts<'_>,
    fields: &Fields,
    act: Act,
) -> Result<Option<OperationResult>> {
    let Parts { entity, record, .. } = parts;
    let action = if act == Act::Delete { "delete" } else { "update" };
    if !cx.may(&entity.name, action) || !cx.readable(entity, record) {
        let message = "Your role does not allow you to change this record; use the server's values, or ask a supervisor.";
        return Ok(Some(outcome::rejected(
            operation,
            ErrorCode::PermissionDenied,
            message,
        )));
    }
    if record.deleted && act == Act::Update {
        let message = "The record was deleted meanwhile; use the server's values to close this conflict.";
        return Ok(Some(outcome::rejected(
            operation,
            ErrorCode::VersionConflict,
            message,
        )));
    }
    if act == Act::Delete {
        return Ok(None);
    }
    let changed = fields
        .iter()
        .filter(|(name, value)| record.fields.get(*name) != Some(value));
    let writable =
        changed.filter(|(name, _)| entity.field(name).is_some_and(|field| field.computed.is_none()));
    let changed: Fields = writable
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut errors = validate(entity, Operation::Update, &changed, &record.fields);
    errors.extend(unique::taken(tx, entity, Some(&record.id), fields)?);
    errors.extend(create::dangling(tx, cx, entity, &record.fields, fields)?);
    Ok((!errors.is_empty()).then(|| outcome::invalid(operation, errors)))
}

/// Enters remembered choices into the resolver's profile.
fn remember(tx: &mut dyn Transaction, cx: &Context<'_>, parts: &Parts<'_>, choices: &Choices) -> Result<()> {
    let remembered = choices
        .iter()
        .filter(|(_, choice)| choice.remember)
        .filter_map(|(field, choice)| {
            let name = match choice.choice {
                Pick::Mine => "mine",
                Pick::Theirs => "theirs",
                _ => return None,
            };
            Some((format!("{}.{field}", parts.entity.name), Value::from(name)))
        });
    let remembered: Fields = remembered.collect();
    let Some(user) = tx
        .record(system::USER, &cx.caller.me.user_id)?
        .filter(|_| !remembered.is_empty())
    else {
        return Ok(());
    };
    let mut fields = user.fields.clone();
    let mut known = fields
        .get("rememberedChoices")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    known.extend(remembered);
    fields.insert("rememberedChoices".into(), Value::Object(known));
    let entity = notices::built_in(cx, system::USER)?;
    let (author, at, act) = (cx.author(), cx.now, Act::Update);
    NewVersion {
        entity,
        id: &user.id,
        before: Some(&user),
        fields,
        act,
        local_id: None,
        author,
        at,
    }
    .write(tx)?;
    Ok(())
}

/// Writes the settlement down, and tells whoever's value does not stand.
fn tell(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    conflict: &StoredRecord,
    parts: &Parts<'_>,
    choices: &Choices,
) -> Result<()> {
    let Parts {
        entity,
        record,
        author,
        ..
    } = parts;
    let mut entry =
        AuditEntry::new(cx, AuditAction::Resolve, &entity.name, &record.id).about(operation, record.version);
    entry.conflict_id = Some(conflict.id.clone());
    entry.resolved_at = Some(cx.now);
    let mut to_author = Vec::new();
    for (field, choice) in choices {
        let name = serde_json::to_value(resolution_name(choice.choice)).unwrap_or_default();
        let mine = parts.value(field, "mine");
        let (before, after) = (parts.value(field, "before"), parts.value(field, "after"));
        let theirs_by = parts
            .value(field, "theirsBy")
            .as_str()
            .unwrap_or_default()
            .to_owned();
        entry.conflicting_fields.push(field.clone());
        entry
            .resolution
            .insert(field.clone(), resolution_name(choice.choice).to_owned());
        if after != mine {
            entry.losing.push(LosingValue {
                field: field.clone(),
                value: mine.clone(),
                by: author.clone(),
                kept: after.clone(),
            });
        }
        if field != RECORD && after != before {
            let lost = LosingValue {
                field: field.clone(),
                value: before.clone(),
                by: theirs_by.clone(),
                kept: after.clone(),
            };
            entry.losing.push(lost);
            if theirs_by != cx.caller.me.user_id && theirs_by != *author {
                let detail = notices::detail(field, &after, &before, "manual");
                notices::tell(
                    tx,
                    cx,
                    &theirs_by,
                    About::Superseded,
                    (entity, record),
                    vec![detail],
                )?;
            }
        }
        let kept = if field == RECORD { name } else { after };
        to_author.push(notices::detail(field, &kept, &mine, "manual"));
    }
    entry.write(tx)?;
    if *author == cx.caller.me.user_id {
        return Ok(());
    }
    notices::tell(tx, cx, author, About::Settled, (entity, record), to_author)
}

fn resolution_name(choice: Pick) -> &'static str {
    match choice {
        Pick::Mine => "mine",
        Pick::Theirs => "theirs",
        Pick::Value => "value",
        Pick::Recreate => "recreate",
        Pick::LetGo => "let-go",
    }
}
