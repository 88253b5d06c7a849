//! What somebody is told afterwards: records of entity `notice`, which reach their devices with the next delta.

use holdfast_core::{pack::Entity, system};
use serde_json::{Value, json};

use super::{Context, subject};
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

/// One field of a notice: the value that stands, the one that was superseded, and why.
#[derive(Debug, Clone)]
pub(super) struct Detail<'a> {
    pub field: &'a str,
    pub kept: &'a Value,
    pub lost: &'a Value,
    pub strategy: &'a str,
    /// Which of the values the notice's reader wrote; they may see it whatever becomes of their access.
    pub own: Own,
}

/// The value of a detail that its reader wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Kept,
    Lost,
    Neither,
    /// The value that stands; and the notice's title is the one that its reader saw.
    SeenKept,
    /// The superseded value; and the title is the one that its reader saw.
    SeenLost,
}

impl Detail<'_> {
    /// As it stands in a notice.
    pub fn json(&self) -> Value {
        let Self {
            field,
            kept,
            lost,
            strategy,
            own,
        } = self;
        let mut detail = json!({ "field": field, "kept": kept, "lost": lost, "strategy": strategy });
        match own {
            Own::Kept | Own::SeenKept => detail["own"] = "kept".into(),
            Own::Lost | Own::SeenLost => detail["own"] = "lost".into(),
            Own::Neither => {}
        }
        if matches!(own, Own::SeenKept | Own::SeenLost) {
            detail["seen"] = true.into();
        }
        detail
    }
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
    let notice = version.write(tx)?;
    subject::index(tx, &notice)
}
