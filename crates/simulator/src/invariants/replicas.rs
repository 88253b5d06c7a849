//! What devices hold, against what the server says they hold.

use std::collections::BTreeMap;

use holdfast_core::{Fields, protocol::Me, system};
use holdfast_core::{
    pack::Viewer,
    record::RecordKey,
    replica::{Held, Replica},
};
use holdfast_server::storage::model::StoredRecord;
use holdfast_server::sync::{Caller, dialogue, subject};

use super::{Broken, all_records, is_of_this_history, position, read};
use crate::{device::Device, server::Server};

const CURSOR: &str = "a cursor never runs ahead of its data";
const SAME: &str = "a device that has synced holds what the server holds";
const COVERED: &str = "nothing is there that access no longer covers";

/// Everything the server sent up to the device's cursor is on the device, at that version or a later one.
pub fn behind_cursor(device: &Device, replica: &Replica, server: &Server) -> Vec<Broken> {
    let Some(cursor) = position(replica) else {
        return Vec::new();
    };
    // A walk that is under way, or another history: nothing is claimed yet.
    if cursor.scan.is_some()
        || replica.cursor().is_none_or(|row| row.partial)
        || !is_of_this_history(server, &cursor)
    {
        return Vec::new();
    }
    let Some(device_id) = replica.device().map(|device| device.device_id.clone()) else {
        return Vec::new();
    };
    // A digest that was asked for after the roles had changed takes what is no longer readable from the device, before a
    // page says so.
    let Some(me) = server.me(&device.user) else {
        return Vec::new();
    };
    let mut broken = Vec::new();
    for record in all_records(server) {
        // The log holds each record once, at its last change: what changed again lies ahead of the cursor.
        if record.deleted || record.sequence > cursor.sequence {
            continue;
        }
        let sent = read(server, |tx| {
            dialogue::held_at(tx, &device_id, &cursor, &record.entity, &record.id)
        });
        if sent.flatten() != Some(true) {
            continue;
        }
        let key = RecordKey::new(&record.entity, &record.id);
        let held = replica.mirror(&key).map(Held::version);
        if held.is_none_or(|version| version < record.version) && is_readable(server, &me, &key) {
            let name = &device.link.name;
            let what = format!(
                "{name} is at {} and has {}/{} at {held:?}, which was sent at version {}",
                cursor.sequence, record.entity, record.id, record.version
            );
            broken.push(Broken::new(CURSOR, what));
        }
    }
    broken
}

/// A device that has everything up to the end of the server's log holds nothing that access does not cover.
pub fn uncovered(device: &Device, replica: &Replica, server: &Server) -> Vec<Broken> {
    let end = read(server, |tx| tx.last_sequence()).unwrap_or_default();
    let up_to_date = position(replica).is_some_and(|cursor| {
        cursor.scan.is_none() && cursor.sequence >= end && is_of_this_history(server, &cursor)
    });
    let Some(me) = server.me(&device.user).filter(|_| up_to_date) else {
        return Vec::new();
    };
    let held = replica.mirrors().filter(|(_, held)| held.version() > 0);
    held.filter(|(key, _)| !is_readable(server, &me, key))
        .map(|(key, _)| {
            let what = format!("{} is up to date and still shows {key}", device.link.name);
            Broken::new(COVERED, what)
        })
        .collect()
}

/// Whether the user may read a record as it is on the server.
fn is_readable(server: &Server, me: &Me, key: &RecordKey) -> bool {
    let viewer = Viewer {
        user_id: &me.user_id,
        roles: &me.roles,
        sites: &me.sites,
        now: crate::server::instant(u64::MAX >> 24),
    };
    let record = read(server, |tx| tx.record(&key.entity_type, &key.entity_id)).flatten();
    let entity = server.packs.entity(&key.entity_type);
    let domain = server.packs.pack_of(&key.entity_type);
    match (record, entity, domain) {
        (Some(record), Some(entity), Some(domain)) => {
            me.may(&domain.name, &entity.name, "read") && entity.readable_by(&record.fields, &viewer)
        }
        _ => false,
    }
}

/// At rest: the same records at the same versions with the same values, all that is wanted, nothing unreadable.
pub fn differing(device: &Device, server: &Server) -> Vec<Broken> {
    let replica = device.replica();
    let name = &device.link.name;
    let Some(me) = server.me(&device.user) else {
        return Vec::new();
    };
    let now = crate::server::instant(u64::MAX >> 24);
    let viewer = Viewer {
        user_id: &me.user_id,
        roles: &me.roles,
        sites: &me.sites,
        now,
    };
    let mut broken = Vec::new();
    let mut mirrors: BTreeMap<RecordKey, _> = replica
        .mirrors()
        .filter(|(_, held)| held.version() > 0)
        .map(|(key, held)| (key.clone(), held.mirror()))
        .collect();
    for record in all_records(server) {
        let key = RecordKey::new(&record.entity, &record.id);
        let Some(entity) = server.packs.entity(&record.entity) else {
            continue;
        };
        let domain = server
            .packs
            .pack_of(&record.entity)
            .map_or("", |pack| pack.name.as_str());
        let readable = !record.deleted
            && me.may(domain, &entity.name, "read")
            && entity.readable_by(&record.fields, &viewer);
        let held = mirrors.remove(&key);
        match held {
            Some(_) if !readable => broken.push(Broken::new(COVERED, format!("{name} still holds {key}"))),
            Some(mirror) => {
                let mut fields = record.fields.clone();
                fields.remove(&entity.id_field);
                let same =
                    mirror.fields == fields || as_redacted(server, device, &me, &record, &mirror.fields);
                if mirror.version != record.version || !same {
                    let what = format!(
                        "{name} has {key} at {} as {:?}; the server has {} as {:?}",
                        mirror.version, mirror.fields, record.version, fields
                    );
                    broken.push(Broken::new(SAME, what));
                }
            }
            None if readable
                && entity.wanted_by(&record.fields, &viewer, false)
                && within(&record.fields) =>
            {
                broken.push(Broken::new(SAME, format!("{name} lacks {key}")));
            }
            None => {}
        }
    }
    let strangers = mirrors
        .keys()
        .map(|key| Broken::new(SAME, format!("{name} holds {key}, which the server has not")));
    broken.extend(strangers);
    broken
}

/// Whether a device holds of a record just what its owner may see: of what is about a record that they may not read, or
/// could not read when it came, nothing of that record's values.
fn as_redacted(server: &Server, device: &Device, me: &Me, record: &StoredRecord, held: &Fields) -> bool {
    let caller = Caller {
        me: me.clone(),
        device_id: device.link.name.clone(),
    };
    let cx = server.context(&caller);
    let seen = read(server, |tx| {
        let open = subject::is_open(tx, &cx, record)?;
        Ok((open, subject::redacted(record.clone(), &caller.me.user_id).fields))
    });
    let Some((open, redacted)) = seen else {
        return false;
    };
    // A notice is not sent again when its subject comes back into sight.
    // Nor is a conflict that somebody settled.
    let settled = record.fields.get("status").and_then(|status| status.as_str()) == Some("resolved");
    let excused = !open || record.entity == system::NOTICE || settled;
    let fits =
        |name: &String| held.get(name) == record.fields.get(name) || held.get(name) == redacted.get(name);
    let id_field = server.packs.entity(&record.entity).map(|entity| &entity.id_field);
    let mut names = held
        .keys()
        .chain(record.fields.keys())
        .filter(|name| Some(*name) != id_field);
    excused && names.all(fits)
}

/// Whether a record is wanted without regard to its age, which devices and server see at different times.
fn within(fields: &holdfast_core::Fields) -> bool {
    fields.get("status").and_then(|status| status.as_str()) != Some("resolved")
        && fields.get("read").and_then(|read| read.as_bool()) != Some(true)
}
