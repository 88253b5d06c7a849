//! Work recorded on something that was finished while its author was away: both are told.

use holdfast_core::Fields;
use serde_json::Value;

use super::Context;
use super::notices::{self, About, Detail, Own};
use super::settlement::Versions;
use crate::records::past;
use crate::storage::port::{Result, Transaction};

/// Tells the author, and whoever finished the record meanwhile, what work came in after it.
///
/// Which fields hold work the pack says (`afterAccess`), as it says when a record is finished (`retention`). `changed`:
/// the fields that the author's write changed.
pub(super) fn report(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    versions: &Versions<'_>,
    changed: &[String],
) -> Result<()> {
    let Versions { entity, after, .. } = versions;
    let Some(rule) = &entity.after_access else {
        return Ok(());
    };
    let work = changed.iter().filter(|name| rule.fields.contains(name));
    let detail = |name: &String| {
        let value = after.fields.get(name).unwrap_or(&Value::Null);
        Detail {
            field: name,
            kept: value,
            lost: &Value::Null,
            strategy: "added",
            own: Own::Neither,
        }
        .json()
    };
    let details: Vec<Value> = work.map(detail).collect();
    let me = cx.caller.me.user_id.as_str();
    let Some(closed_by) = closed_by(cx, versions).filter(|closed_by| *closed_by != me) else {
        return Ok(());
    };
    for to in [me, closed_by] {
        notices::tell(tx, cx, to, About::Recorded, (entity, after), details.clone())?;
    }
    Ok(())
}

/// Who finished the record since its author looked, if it was open then and is finished now.
fn closed_by<'a>(cx: &Context<'_>, versions: &Versions<'a>) -> Option<&'a str> {
    let Versions {
        entity,
        before,
        since,
        ..
    } = versions;
    let closed = &entity.retention.as_ref()?.closed;
    let viewer = cx.viewer();
    let is_closed = |fields: &Fields| closed.holds(fields, &viewer.context(false));
    let mut fields = past::fields_before(since, &before.fields);
    if is_closed(&fields) || !is_closed(&before.fields) {
        return None;
    }
    let mut closed_by = None;
    for entry in *since {
        let was_closed = is_closed(&fields);
        past::advance(&mut fields, entry);
        if is_closed(&fields) && !was_closed {
            closed_by = Some(entry.user_id.as_str());
        }
    }
    closed_by
}
