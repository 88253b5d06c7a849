//! What follows a settlement: choices are remembered, it is written down, and whoever's value does not stand is told.

use holdfast_core::{Fields, protocol::WireOperation, system};
use serde_json::Value;

use super::choice::{Choices, Pick};
use super::{Parts, RECORD};
use crate::records::{past, version::NewVersion};
use crate::storage::model::{Act, HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::Context;
use crate::sync::audit::{AuditAction, AuditEntry, LosingValue};
use crate::sync::notices::{self, About, Detail, Own};

/// Enters remembered choices into the resolver's profile.
pub(super) fn remember(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    parts: &Parts<'_>,
    choices: &Choices,
) -> Result<()> {
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
pub(super) fn tell(
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
    let fields = choices
        .keys()
        .map(String::as_str)
        .filter(|field| *field != RECORD)
        .collect();
    let by_others_or_before =
        |version: &HistoryEntry| version.at < cx.now || version.user_id != cx.caller.me.user_id;
    let authors = past::last_authors(tx, record, fields, by_others_or_before)?;
    let mut to_author = Vec::new();
    for (field, choice) in choices {
        let name = Value::from(choice.choice.name());
        let mine = parts.value(field, "mine");
        let (before, after) = (parts.value(field, "before"), parts.value(field, "after"));
        // Whoever wrote what stood there until now; that may be a third.
        let theirs_by = authors.get(field).cloned().unwrap_or_default();
        entry.conflicting_fields.push(field.clone());
        entry
            .resolution
            .insert(field.clone(), choice.choice.name().to_owned());
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
                let detail = Detail {
                    field,
                    kept: &after,
                    lost: &before,
                    strategy: "manual",
                    own: Own::Lost,
                }
                .json();
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
        to_author.push(
            Detail {
                field,
                kept: &kept,
                lost: &mine,
                strategy: "manual",
                own: Own::Lost,
            }
            .json(),
        );
    }
    settled_with_it(&mut entry, parts, choices);
    entry.write(tx)?;
    if *author == cx.caller.me.user_id {
        return Ok(());
    }
    notices::tell(tx, cx, author, About::Settled, (entity, record), to_author)
}

/// Notes fields that were in no conflict, and got another value with the settlement.
fn settled_with_it(entry: &mut AuditEntry, parts: &Parts<'_>, choices: &Choices) {
    for (field, known) in parts
        .values
        .iter()
        .filter(|(field, _)| !choices.contains_key(*field))
    {
        let part = |name: &str| known.get(name).cloned().unwrap_or_default();
        entry.conflicting_fields.push(field.clone());
        entry
            .resolution
            .insert(field.clone(), Pick::Value.name().to_owned());
        entry.losing.push(LosingValue {
            field: field.clone(),
            value: part("before"),
            by: String::new(),
            kept: part("after"),
        });
    }
}
