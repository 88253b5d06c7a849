//! The promises, checked against what is stored on the devices and the server.
//!
//! - [`values`]: each value ever typed is current, or in the history, or waits for a person, or is a dead letter.
//! - [`once`]: each create is there once, each addition counted once, each device's entries in the order it made them.
//! - [`creates`]: each create of an honest device is a record of its own, with what its author typed.
//! - [`delay`]: no write that can be sent waits longer because a hostile device is at work.
//! - [`identity`]: a change goes to the record that its author saw.
//! - [`lanes`]: each batch keeps each record's order, passes by nothing more urgent, and lets nothing starve.
//! - [`decisions`]: nothing gives way unseen and untold, and no device's clock decides.
//! - [`rows`]: no row of a list goes but by somebody's hand.
//! - [`authors`]: nobody writes in another's name.
//! - [`clocks`]: a time that the app sets is the server's, whatever the device's clock says.
//! - [`replicas`]: a cursor never runs ahead of its data; a device holds what it should, and nothing it may not.
//! - [`hostile`]: a hostile device comes to know and to change nothing that is not its own.
//! - Here: when the faults have stopped, all queues drain; the audit's chain holds; nothing that is there was refused as
//!   gone; no device names a record by another's alias; no epoch begins but after a restore.

mod authors;
pub mod clocks;
mod creates;
mod decisions;
pub mod delay;
pub mod hostile;
mod identity;
mod lanes;
mod once;
mod replicas;
mod rows;
mod values;

use std::collections::BTreeSet;

use holdfast_core::{
    protocol::Cursor,
    queue::{QueuedWrite, WriteStatus},
    replica::Replica,
};
use holdfast_server::storage::{
    model::{HistoryBound, HistoryEntry, StoredRecord},
    port::{Organisation, Result, Storage, StorageError, Transaction},
    text::StoredText,
};
use holdfast_server::{records::starts, sync::audit::chain};

use crate::{device::Device, diary::Diary, network::Network, server::Server};

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub promise: &'static str,
    pub what: String,
}

impl Broken {
    pub fn new(promise: &'static str, what: impl Into<String>) -> Self {
        Self {
            promise,
            what: what.into(),
        }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.promise, self.what)
    }
}

/// What must hold whenever a device has committed, faults or not.
pub fn after_commit(device: &Device, server: &Server) -> Vec<Broken> {
    let replica = device.replica();
    let mut broken = replicas::behind_cursor(device, &replica, server);
    broken.extend(replicas::uncovered(device, &replica, server));
    broken
}

/// What must hold of a batch when a commit marks it as being sent.
pub fn as_chosen(device: &Device, queue_ids: &[String]) -> Vec<Broken> {
    lanes::broken(device, queue_ids)
}

/// What goes over the wire is what a commit had marked as being sent: nothing leaves that a crash could forget.
pub fn as_sent(device: &Device, queue_ids: &[String], diary: &Diary) -> Option<Broken> {
    let marked = diary.was_chosen(queue_ids);
    let what = || format!("{} sends {queue_ids:?}", device.link.name);
    (!marked).then(|| Broken::new("what is sent was marked as sent before", what()))
}

/// What befell a run that excuses some of what came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Excuses {
    /// The server went back to a backup.
    pub restored: bool,
    /// A browser was killed, and came back with the cookie that it had on disk.
    pub cookie_lost: bool,
}

/// What must hold once everybody has synced.
pub fn at_rest(devices: &[Device], network: &Network, diary: &Diary, excuses: Excuses) -> Vec<Broken> {
    let server = network.server.borrow();
    let mut broken = values::lost(devices, &server, diary);
    broken.extend(once::doubled(&server));
    broken.extend(creates::unmade(&server, diary));
    // Before that no id was given out twice, and times may be anything.
    if excuses.restored {
        broken.extend(identity::mistaken(devices, &server, diary));
    }
    broken.extend(once::miscounted(&server, diary));
    if !excuses.restored {
        broken.extend(once::out_of_order(&server, diary));
    }
    broken.extend(rows::vanished(devices, &server, diary));
    broken.extend(authors::misnamed(devices, &server, diary));
    broken.extend(clocks::misdated(&server, diary));
    broken.extend(decisions::silent(devices, &server, diary));
    broken.extend(decisions::untold(&server));
    broken.extend(decisions::by_a_clock(&server, diary));
    broken.extend(tampered(&server));
    let refused = |what: &String| Broken::new("what is there is not refused as gone", what.clone());
    broken.extend(server.misjudged.iter().map(refused));
    broken.extend(at_the_door(&server));
    if server.sessions.thefts > 0 && !excuses.cookie_lost {
        broken.push(Broken::new(
            "a lost answer is not taken for theft",
            "a session was ended",
        ));
    }
    for device in devices {
        broken.extend(after_commit(device, &server));
        broken.extend(replicas::differing(device, &server));
    }
    broken
}

/// What the server did that no request of any device may bring about.
pub fn at_the_door(server: &Server) -> Vec<Broken> {
    let aliases = server.misaliased.iter().map(|what| {
        let promise = "no device names a record by another's alias";
        Broken::new(promise, what.clone())
    });
    let epochs = server.epochs.unasked.iter().map(|epoch| {
        let promise = "no epoch begins except after a restore";
        Broken::new(promise, format!("{epoch} began, and nothing was lost"))
    });
    aliases.chain(epochs).collect()
}

/// An audit whose entries do not follow from one another.
fn tampered(server: &Server) -> Option<Broken> {
    let what = match read(server, |tx| chain::verify(tx, None))? {
        Err(broken) => broken.to_string(),
        // This server wrote every entry itself: none is from before there was a chain.
        Ok(chain) if chain.unchained > 0 => format!("{} entries are not in it", chain.unchained),
        Ok(_) => return None,
    };
    Some(Broken::new("the audit's chain holds", what))
}

/// Whether every device has sent all it can and has everything up to the end of the server's log.
pub fn is_quiet(devices: &[Device], network: &Network) -> bool {
    what_moves(devices, network).is_empty()
}

/// What is still under way, by device.
pub fn what_moves(devices: &[Device], network: &Network) -> Vec<Broken> {
    let server = network.server.borrow();
    let end = read(&server, |tx| tx.last_sequence()).unwrap_or_default();
    let mut moving = Vec::new();
    for device in devices {
        let replica = device.replica();
        let cursor = position(&replica);
        // A cursor of a lost history says nothing of this one, however far along it is.
        let there = |cursor: &Cursor| cursor.sequence >= end && is_of_this_history(&server, cursor);
        if !cursor.as_ref().is_some_and(there) || replica.cursor().is_none_or(|c| c.partial) {
            moving.push(Broken::new(
                "queues drain",
                format!("{} is at {cursor:?} of {end}", device.link.name),
            ));
        }
        // Its next pull shows the server that it lost something, and everything is offered again.
        let receipt = replica
            .sync()
            .receipt
            .as_deref()
            .and_then(|receipt| receipt.parse().ok());
        if let Some(receipt) = receipt.filter(|receipt| !is_of_this_history(&server, receipt)) {
            moving.push(Broken::new(
                "queues drain",
                format!("{} has yet to show {receipt:?}", device.link.name),
            ));
        }
        let stopped = stopped(&replica);
        for write in replica.open_writes().filter(|write| !stopped.contains(&write.id)) {
            let what = format!(
                "{} still has {} of {} {:?}",
                device.link.name,
                write.kind,
                write.key(),
                write.status
            );
            moving.push(Broken::new("queues drain", what));
        }
    }
    moving
}

/// Writes that wait for a person: dead letters, and what stands behind them.
fn stopped(replica: &Replica) -> BTreeSet<String> {
    let mut stopped: BTreeSet<String> = replica.failed().map(|write| write.id.clone()).collect();
    loop {
        let behind = |write: &&QueuedWrite| {
            let lane_stops = replica
                .lane(&write.key())
                .take_while(|earlier| earlier.sequence < write.sequence)
                .any(|earlier| stopped.contains(&earlier.id));
            lane_stops || write.depends_on.iter().any(|id| stopped.contains(id))
        };
        let more: Vec<String> = replica
            .open_writes()
            .filter(|write| write.status != WriteStatus::Failed && !stopped.contains(&write.id))
            .filter(behind)
            .map(|write| write.id.clone())
            .collect();
        if more.is_empty() {
            return stopped;
        }
        stopped.extend(more);
    }
}

/// Whether the server as it is now issued a cursor: not the one before a backup was put in its place.
fn is_of_this_history(server: &Server, cursor: &Cursor) -> bool {
    let kept = read(server, |tx| {
        let current = tx.meta("epoch")?.as_deref() == Some(&cursor.epoch);
        Ok(current && starts::reached(tx, &cursor.start, cursor.sequence)?)
    });
    kept == Some(true)
}

fn position(replica: &Replica) -> Option<Cursor> {
    replica.cursor().and_then(|cursor| cursor.cursor.parse().ok())
}

fn read<T>(server: &Server, work: impl FnOnce(&dyn Transaction) -> Result<T>) -> Option<T> {
    server
        .storage
        .read::<T, StorageError>(Organisation::ONLY, work)
        .ok()
}

/// All versions of a record, oldest first.
pub(crate) fn history(server: &Server, (entity, id): (&str, &str)) -> Vec<HistoryEntry> {
    read(server, |tx| tx.history_page(entity, id, 0, HistoryBound::NONE)).unwrap_or_default()
}

/// Every record and tombstone of the server.
pub(crate) fn all_records(server: &Server) -> Vec<StoredRecord> {
    let names: Vec<&str> = server
        .packs
        .entities()
        .map(|(_, entity)| entity.name.as_str())
        .collect();
    let records = read(server, |tx| {
        let of = |name: &&str| tx.records_after(name, None, usize::MAX);
        let texts = names.iter().map(of).collect::<Result<Vec<_>>>()?.concat();
        StoredText::read_all(&texts)
    });
    records.unwrap_or_default()
}
