//! What follows a settlement: choices are remembered, it is written down, and whoever's value does not stand is told.

use std::collections::BTreeSet;

use holdfast_core::{Fields, protocol::WireOperation, system};
use serde_json::Value;

use super::choice::{Choices, Pick};
use super::overwritten;
use super::parts::{Parts, RECORD};
use crate::records::{past, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
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

/// Writes the settlement down, and tells whoever's value does not stand. `former`: the record before it.
pub(super) fn tell(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    (conflict, former): (&StoredRecord, &StoredRecord),
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
    let authors = past::last_authors(tx, former, fields, |_| true)?;
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
        if field == RECORD || !parts.is_same(field, &after, &mine) {
            entry.losing.push(LosingValue {
                field: field.clone(),
                value: mine.clone(),
                by: author.clone(),
                kept: after.clone(),
            });
        }
        if field != RECORD && !parts.is_same(field, &after, &before) {
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
    let with_it = settled_with_it(tx, former, parts, choices)?;
    for lost in &with_it {
        entry.conflicting_fields.push(lost.field.clone());
        let name = Pick::Value.name().to_owned();
        entry.resolution.insert(lost.field.clone(), name);
    }
    entry.losing.extend(with_it.iter().cloned());
    entry.write(tx)?;
    overwritten::notify(tx, cx, parts, &with_it)?;
    if *author == cx.caller.me.user_id {
        return Ok(());
    }
    notices::tell(tx, cx, author, About::Settled, (entity, record), to_author)
}

/// Values of fields without a choice of their own that the resolution overwrote: of those given instead, and of the write
/// to a deleted record. An author's own earlier value is not among them where their later one took its place.
fn settled_with_it(
    tx: &dyn Transaction,
    former: &StoredRecord,
    parts: &Parts<'_>,
    choices: &Choices,
) -> Result<Vec<LosingValue>> {
    let typed = parts.value(RECORD, "mine");
    let typed = typed.as_object();
    let names = parts
        .values
        .keys()
        .chain(typed.into_iter().flatten().map(|(name, _)| name));
    let names: BTreeSet<String> = names
        .filter(|name| !choices.contains_key(*name))
        .cloned()
        .collect();
    let mut lost = overwritten::overwritten(tx, parts, former, &names)?;
    lost.retain(|value| {
        let later = typed.and_then(|typed| typed.get(&value.field));
        let is_later = later.is_some_and(|later| parts.is_same(&value.field, later, &value.kept));
        value.by != parts.author || !is_later
    });
    Ok(lost)
}
