//! What is told and written down when both sides changed a field and its strategy decided.

use std::collections::BTreeMap;

use holdfast_core::{
    merge::{FieldChange, Verdict},
    pack::Entity,
    protocol::{OperationResult, Superseded, WireOperation},
};
use serde_json::Value;

use super::Context;
use super::audit::{AuditAction, AuditEntry, LosingValue};
use super::notices::{self, About, Detail, Own};
use crate::records::past;
use crate::storage::model::{HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// A record before and after a merge.
pub(super) struct Versions<'a> {
    pub entity: &'a Entity,
    pub before: &'a StoredRecord,
    pub after: &'a StoredRecord,
    /// The versions that the author had not seen, oldest first.
    pub since: &'a [HistoryEntry],
}

/// One decision: who is told what about which values.
struct Decision<'a> {
    to: &'a str,
    about: About,
    kept: &'a Value,
    lost: &'a Value,
    lost_by: &'a str,
}

/// Writes the audit entry, tells whoever's value gave way, and fills in the author's answer. Conflicts are not decided
/// here, and passed over.
pub(super) fn report(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    versions: &Versions<'_>,
    settled: &[FieldChange],
    result: &mut OperationResult,
) -> Result<()> {
    let Versions {
        entity,
        before,
        after,
        since,
    } = versions;
    let mut entry =
        AuditEntry::new(cx, AuditAction::Merge, &entity.name, &after.id).about(operation, before.version);
    entry.resolution_strategy = "automatic".into();
    entry.resolved_at = Some(cx.now);
    let mut told: BTreeMap<(&str, About), Vec<Value>> = BTreeMap::new();
    for change in settled {
        let Some(decision) = decide(cx, change, after) else {
            continue;
        };
        let (field, strategy) = (&change.field, change.strategy.name());
        let Decision {
            to,
            about,
            kept,
            lost,
            lost_by,
        } = decision;
        entry.conflicting_fields.push(field.clone());
        entry.resolution.insert(field.clone(), strategy.into());
        entry.losing.push(LosingValue {
            field: field.clone(),
            value: lost.clone(),
            by: lost_by.to_owned(),
            kept: kept.clone(),
        });
        told.entry((to, about)).or_default().push(
            Detail {
                field,
                kept,
                lost,
                strategy,
                own: own_of(about),
            }
            .json(),
        );
        for part in &change.overruled {
            let by = past::author_of_part(since, field, part).unwrap_or(&change.theirs_by);
            let (path, own) = (part.path(field), Own::Lost);
            let (kept, lost) = (&part.kept, &part.lost);
            let detail = Detail {
                field: &path,
                kept,
                lost,
                strategy,
                own,
            }
            .json();
            told.entry((by, About::Superseded)).or_default().push(detail);
        }
        match about {
            About::Merged => result.merged.push(field.clone()),
            _ => result.superseded.push(Superseded {
                field: field.clone(),
                kept: kept.clone(),
                lost: lost.clone(),
                lost_by: lost_by.to_owned(),
                strategy: strategy.into(),
            }),
        }
    }
    for ((to, about), details) in told {
        notices::tell(tx, cx, to, about, (entity, after), details)?;
    }
    if entry.conflicting_fields.is_empty() {
        Ok(())
    } else {
        entry.write(tx)
    }
}

/// Of two merged values the one that was there before is somebody else's.
fn own_of(about: About) -> Own {
    match about {
        About::Merged => Own::Neither,
        _ => Own::Lost,
    }
}

fn decide<'a>(cx: &'a Context<'_>, change: &'a FieldChange, after: &'a StoredRecord) -> Option<Decision<'a>> {
    let me = cx.caller.me.user_id.as_str();
    let FieldChange {
        mine,
        theirs,
        theirs_by,
        ..
    } = change;
    match change.verdict {
        Verdict::TheirsStand => Some(Decision {
            to: me,
            about: About::Superseded,
            kept: theirs,
            lost: mine,
            lost_by: me,
        }),
        Verdict::MineStands => Some(Decision {
            to: theirs_by,
            about: About::Superseded,
            kept: mine,
            lost: theirs,
            lost_by: theirs_by,
        }),
        // The server's former value stays restorable: inside a list, parts of it may have given way.
        Verdict::Merged => {
            let both = after.fields.get(&change.field).unwrap_or(&Value::Null);
            Some(Decision {
                to: me,
                about: About::Merged,
                kept: both,
                lost: theirs,
                lost_by: theirs_by,
            })
        }
        Verdict::Conflict => None,
    }
}
