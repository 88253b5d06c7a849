//! A record as a person sees it: the mirror with the open writes over it.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::{Held, Replica};
use crate::{
    Fields, Timestamp,
    merge::{MergeInput, Verdict, compute_fields, merge_record},
    ordered,
    pack::Entity,
    queue::{QueuedWrite, WriteStatus},
    record::{Operation, RecordKey},
    system,
};

/// The small mark beside a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// The server has everything.
    Synced,
    /// Changes wait on this device.
    OnDevice,
    /// Changes are on their way.
    Sending,
    /// A person must decide.
    Conflict,
    /// A change was refused or has run out of attempts.
    Failed,
}

/// One record, as shown.
#[derive(Debug, Clone, PartialEq)]
pub struct View<'a> {
    pub key: RecordKey,
    pub fields: Cow<'a, Fields>,
    /// The server's version; 0 while the server has none.
    pub version: u64,
    /// When the server last changed it; `None` while the server has none.
    pub updated_at: Option<Timestamp>,
    pub mark: Mark,
    /// The server no longer has it, or never had: what is shown is only what was written here.
    pub only_here: bool,
}

impl View<'_> {
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Replica {
    /// The record under its present key, or `None` where there is nothing to show: unknown, deleted here, or no longer
    /// ours to see; or not [whole](Replica::is_whole) yet, so that nobody takes a part for all of it.
    pub fn view(&self, key: &RecordKey) -> Option<View<'_>> {
        let key = self.resolve(key);
        let whole = self.mirrors.get(&key).is_none_or(Held::is_whole);
        self.shown(key).filter(|_| whole)
    }

    /// As [`Self::view`], of a record under its present key and as far as it is here.
    pub(super) fn shown(&self, key: RecordKey) -> Option<View<'_>> {
        let mirror = self.mirrors.get(&key);
        let open: Vec<&QueuedWrite> = self.lane(&key).collect();
        let settlements = self.pending_settlements(&key);
        let mark = self.mark(&key, &open);
        let (version, updated_at) =
            mirror.map_or((0, None), |held| (held.version(), Some(held.updated_at())));
        let view = |fields| View {
            key: key.clone(),
            fields,
            version,
            updated_at,
            mark,
            only_here: mirror.is_none(),
        };
        if open.is_empty() && settlements.is_empty() {
            return mirror.map(|held| view(held.fields()));
        }
        let entity = self.packs.entity(&key.entity_type)?;
        let created = open.iter().any(|write| write.operation == Operation::Create);
        let alive = created || open.iter().any(|write| write.status != WriteStatus::Failed);
        if mirror.is_none() && !alive {
            return None;
        }
        let mut fields = mirror.map(|held| held.fields().into_owned()).unwrap_or_default();
        for write in open {
            match write.operation {
                Operation::Delete if write.status != WriteStatus::Failed => return None,
                Operation::Delete => {}
                // The server has it already; only its answer is still to come.
                Operation::Create if mirror.is_some() => {}
                // Over a record that is gone there is nothing to merge with: what was typed is shown as it is.
                Operation::Create | Operation::Update if mirror.is_none() => {
                    overlay(entity, &mut fields, write)
                }
                Operation::Create | Operation::Update => fields = preview(entity, &fields, write),
            }
        }
        fields.extend(settlements);
        Some(view(Cow::Owned(fields)))
    }

    fn mark(&self, key: &RecordKey, open: &[&QueuedWrite]) -> Mark {
        let of = |write: &&QueuedWrite| match write.status {
            WriteStatus::Failed => Mark::Failed,
            WriteStatus::Syncing => Mark::Sending,
            _ => Mark::OnDevice,
        };
        let queue = open.iter().map(of).max().unwrap_or(Mark::Synced);
        let waits = || self.open_conflicts().any(|conflict| &conflict == key);
        if queue < Mark::Conflict && waits() {
            Mark::Conflict
        } else {
            queue
        }
    }

    /// Records with a conflict that nobody has settled yet, as far as this device knows.
    pub fn open_conflicts(&self) -> impl Iterator<Item = RecordKey> + '_ {
        let settled_here =
            |key: &RecordKey| self.lane(key).any(|write| write.kind == system::CONFLICT_RESOLVE);
        self.mirrors_of(system::CONFLICT)
            .filter(move |(key, held)| held.text("status") == "open" && !settled_here(key))
            .filter_map(|(_, held)| target(held))
    }

    /// Values of a record that were chosen on this device in a conflict, the server not knowing yet.
    fn pending_settlements(&self, key: &RecordKey) -> Fields {
        let mut chosen = Fields::new();
        for lane in self
            .lanes
            .keys()
            .filter(|lane| lane.entity_type == system::CONFLICT)
        {
            let Some(conflict) = self
                .mirrors
                .get(lane)
                .filter(|held| target(held).as_ref() == Some(key))
            else {
                continue;
            };
            for write in self
                .lane(lane)
                .filter(|write| write.kind == system::CONFLICT_RESOLVE)
            {
                chosen.extend(chosen_values(&conflict.fields(), &write.payload));
            }
        }
        chosen
    }
}

/// The record a conflict is about.
fn target(conflict: &Held) -> Option<RecordKey> {
    let [entity, id] = ["recordType", "recordId"].map(|name| conflict.text(name));
    (!entity.is_empty() && !id.is_empty()).then(|| RecordKey::new(entity, id))
}

fn chosen_values(conflict: &Fields, payload: &Fields) -> Fields {
    let Some(resolution) = payload.get("resolution").and_then(Value::as_object) else {
        return Fields::new();
    };
    let value = |field: &String, choice: &Value| match choice.get("choice").and_then(Value::as_str)? {
        "mine" => conflict.get("values")?.get(field)?.get("mine").cloned(),
        "value" => choice.get("value").cloned(),
        _ => None,
    };
    let chosen = resolution
        .iter()
        .filter_map(|(field, choice)| Some((field.clone(), value(field, choice)?)));
    ordered::fields(chosen)
}

fn overlay(entity: &Entity, fields: &mut Fields, write: &QueuedWrite) {
    fields.extend(write.payload.clone());
    fields.retain(|_, value| !value.is_null());
    compute_fields(entity, fields);
}

/// A write over a state, as the server would merge it; a field that a person will have to decide shows the author's
/// own value until the server has said so.
fn preview(entity: &Entity, current: &Fields, write: &QueuedWrite) -> Fields {
    let nobody = BTreeMap::new();
    let nothing = BTreeMap::new();
    let base = if write.operation == Operation::Create {
        current
    } else {
        &write.base
    };
    let input = MergeInput {
        entity,
        current,
        written_by: &nobody,
        payload: &write.payload,
        base,
        remembered: &nothing,
    };
    let merged = merge_record(&input);
    let mut fields = merged.fields;
    for change in merged
        .settled
        .into_iter()
        .filter(|change| change.verdict == Verdict::Conflict)
    {
        fields.insert(change.field, change.mine);
    }
    if entity.name == system::CONFLICT {
        let status = match write.kind.as_str() {
            system::CONFLICT_RESOLVE => "resolved",
            system::CONFLICT_UNDO => "open",
            _ => return fields,
        };
        fields.insert("status".into(), status.into());
    }
    fields
}
