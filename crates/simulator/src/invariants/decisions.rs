//! What the server decided between two people's values: each is in the audit, its author is told, and no device's clock
//! had a say.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{pack::Strategy, system};
use holdfast_server::{
    storage::model::AuditFilter,
    sync::audit::{AuditAction, AuditEntry, read_entry},
};
use serde_json::Value;

use super::{Broken, all_records, history, read};
use crate::{
    device::Device,
    diary::{Diary, tokens_in},
    link::Dialect,
    server::{HOSTILE, Server},
};

/// Entity type and id.
type Key = (String, String);

fn audits(server: &Server) -> Vec<AuditEntry> {
    let everything = AuditFilter {
        limit: usize::MAX,
        ..AuditFilter::default()
    };
    let rows = read(server, |tx| tx.audits(&everything)).unwrap_or_default();
    rows.iter().filter_map(|row| read_entry(row).ok()).collect()
}

/// Values that a write replaced though its author had not seen them, and that no audit entry names. Who does not say
/// what was seen is taken to have seen the version that is named.
pub fn silent(devices: &[Device], server: &Server, diary: &Diary) -> Vec<Broken> {
    let mut named: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    for entry in audits(server) {
        let losing = entry
            .losing
            .iter()
            .flat_map(|losing| tokens_in(&losing.value.to_string()));
        let key = (entry.entity_type.clone(), entry.entity_id.clone());
        named.entry(key).or_default().extend(losing);
    }
    let writes = diary.writes();
    let mut broken = Vec::new();
    for ((entity, id, version), queue_id) in &server.made_by {
        let Some(known) = writes.get(queue_id).filter(|known| !known.doubtful) else {
            continue;
        };
        let device = devices.get(known.author.0);
        if device.is_none_or(|device| device.link.dialect == Dialect::First) {
            continue;
        }
        let history = history(server, (entity, id));
        let Some(made) = history.iter().find(|entry| entry.version == *version) else {
            continue;
        };
        for (field, change) in &made.changes {
            let Some(seen) = known.write.base.get(field) else {
                continue;
            };
            let (from, to) = (
                tokens_in(&change.from.to_string()),
                tokens_in(&change.to.to_string()),
            );
            let seen = tokens_in(&seen.to_string());
            let told = named.get(&(entity.clone(), id.clone()));
            let unseen = from.difference(&to).filter(|token| !seen.contains(*token));
            for token in unseen.filter(|token| !told.is_some_and(|told| told.contains(*token))) {
                let what = format!(
                    "write {queue_id} replaced {token} in {field} of {entity}/{id} at version {version}, unseen by \
                     its author, and no audit entry names it"
                );
                broken.push(Broken::new("nothing gives way silently", what));
            }
        }
    }
    broken
}

/// Values that gave way by an automatic decision, and of which no notice tells.
pub fn untold(server: &Server) -> Vec<Broken> {
    let mut told: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    let notices = all_records(server);
    for notice in notices.iter().filter(|record| record.entity == system::NOTICE) {
        let text = |name: &str| {
            notice
                .fields
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let key = (text("recordType").to_owned(), text("recordId").to_owned());
        let details = notice
            .fields
            .get("details")
            .map(Value::to_string)
            .unwrap_or_default();
        told.entry(key).or_default().extend(tokens_in(&details));
    }
    let mut broken = Vec::new();
    for entry in audits(server)
        .iter()
        .filter(|entry| entry.action == AuditAction::Merge)
    {
        let told = told.get(&(entry.entity_type.clone(), entry.entity_id.clone()));
        for losing in &entry.losing {
            let lost = tokens_in(&losing.value.to_string());
            let stands = tokens_in(&losing.kept.to_string());
            let gave_way = lost.difference(&stands);
            for token in gave_way.filter(|token| !told.is_some_and(|told| told.contains(*token))) {
                let what = format!(
                    "{token} in {} of {}/{} gave way, and nobody was told",
                    losing.field, entry.entity_type, entry.entity_id
                );
                broken.push(Broken::new("whose value gave way is told", what));
            }
        }
    }
    broken
}

/// Automatic decisions that went against the order in which the server received the values.
pub fn by_a_clock(server: &Server, diary: &Diary) -> Vec<Broken> {
    let writes = diary.writes();
    let mut broken = Vec::new();
    for entry in audits(server)
        .iter()
        .filter(|entry| entry.action == AuditAction::Merge && entry.user_id != HOSTILE)
    {
        // The hostile device sends writes of its own under keys of others.
        let arrived = entry.client_mutation_id.as_ref();
        let Some(known) = writes
            .values()
            .find(|known| Some(&known.write.client_mutation_id) == arrived)
        else {
            continue;
        };
        for losing in &entry.losing {
            let Some(typed) = known.write.payload.get(&losing.field) else {
                continue;
            };
            let typed = tokens_in(&typed.to_string());
            let strategy = entry.resolution.get(&losing.field).map(String::as_str);
            let (against, value) = match strategy {
                Some(name) if name == Strategy::LastWriteWins.name() => ("later", &losing.value),
                Some(name) if name == Strategy::FirstWriteWins.name() => ("earlier", &losing.kept),
                _ => continue,
            };
            let other = tokens_in(&value.to_string());
            // What was there before, and was typed again, says nothing.
            let base = known
                .write
                .base
                .get(&losing.field)
                .map(|base| tokens_in(&base.to_string()));
            let mut own = typed
                .difference(base.as_ref().unwrap_or(&BTreeSet::new()))
                .cloned()
                .collect::<BTreeSet<_>>();
            own.retain(|token| other.contains(token));
            if !own.is_empty() {
                let what = format!(
                    "in {} of {}/{} the value that arrived {against} did not stand",
                    losing.field, entry.entity_type, entry.entity_id
                );
                broken.push(Broken::new("no device's clock decides", what));
            }
        }
    }
    broken
}
