//! What somebody is told afterwards: records of entity `notice`, which reach their devices with the next delta.

use holdfast_core::{pack::Entity, system};
use serde_json::{Value, json};

use super::Context;
use crate::records::version::{Author, NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, StorageError, Transaction};

/// What a notice says of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    Merged,
    Superseded,
    Settled,
    Restored,
    /// Work came in that was done before the record was closed, or taken from its author.
    Recorded,
}

impl About {
    fn name(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Superseded => "superseded",
            Self::Settled => "settled",
            Self::Restored => "restored",
            Self::Recorded => "recorded",
        }
    }
}

/// One field of a notice: the value that stands, the one that gave way, and why.
pub(super) fn detail(field: &str, kept: &Value, lost: &Value, strategy: &str) -> Value {
    json!({ "field": field, "kept": kept, "lost": lost, "strategy": strategy })
}

/// The entity that the built-in pack declares.
pub(super) fn built_in<'a>(cx: &Context<'a>, name: &str) -> Result<&'a Entity> {
    cx.packs
        .entity(name)
        .ok_or_else(|| StorageError::Inconsistent(format!("no pack declares {name}")))
}

/// Tells a person; nobody, if there is nothing to tell or the author is not a person (an import).
pub(super) fn tell(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    to: &str,
    about: About,
    (entity, record): (&Entity, &StoredRecord),
    details: Vec<Value>,
) -> Result<()> {
    if to.is_empty() || details.is_empty() {
        return Ok(());
    }
    let notice = built_in(cx, system::NOTICE)?;
    let fields = json!({
        "title": crate::records::title(entity, record),
        "recordType": entity.name,
        "recordId": record.id,
        "userId": to,
        "about": about.name(),
        "byName": cx.caller.me.display_name,
        "createdAt": cx.now,
        "details": details,
        "read": false,
    });
    let Value::Object(fields) = fields else {
        return Ok(());
    };
    let id = cx.rng.uuid();
    let author = Author::server("notices");
    let version = NewVersion {
        entity: notice,
        id: &id,
        before: None,
        fields,
        act: Act::Create,
        local_id: None,
        author,
        at: cx.now,
    };
    version.write(tx).map(drop)
}
