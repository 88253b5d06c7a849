//! Values that a decision overwrites outside the choices of the conflict: their authors get a notice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::parts::Parts;
use crate::records::past;
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};
use crate::sync::Context;
use crate::sync::audit::LosingValue;
use crate::sync::notices::{self, About, Detail, Own};

/// The fields among `names` that have another value than in the version `before`, with the author of the former one.
pub(super) fn overwritten(
    tx: &dyn Transaction,
    parts: &Parts<'_>,
    before: &StoredRecord,
    names: &BTreeSet<String>,
) -> Result<Vec<LosingValue>> {
    let value = |record: &StoredRecord, name: &str| record.fields.get(name).cloned().unwrap_or_default();
    let differs = |name: &&String| {
        let [former, present] = [before, &parts.record].map(|record| value(record, name));
        !parts.is_same(name, &former, &present)
    };
    let changed: BTreeSet<&str> = names.iter().filter(differs).map(String::as_str).collect();
    let authors = past::last_authors(tx, before, changed.clone(), |_| true)?;
    let lost = changed.into_iter().map(|name| LosingValue {
        field: name.to_owned(),
        value: value(before, name),
        by: authors.get(name).cloned().unwrap_or_default(),
        kept: value(&parts.record, name),
    });
    Ok(lost.collect())
}

/// Sends each author one notice of their overwritten values; none to the user who decides.
pub(super) fn notify(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    parts: &Parts<'_>,
    lost: &[LosingValue],
) -> Result<()> {
    let mut by_author: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for value in lost.iter().filter(|value| value.by != cx.caller.me.user_id) {
        let detail = Detail {
            field: &value.field,
            kept: &value.kept,
            lost: &value.value,
            strategy: "manual",
            own: Own::Lost,
        };
        by_author.entry(&value.by).or_default().push(detail.json());
    }
    for (author, details) in by_author {
        let about = (parts.entity, &parts.record);
        notices::tell(tx, cx, author, About::Superseded, about, details)?;
    }
    Ok(())
}
