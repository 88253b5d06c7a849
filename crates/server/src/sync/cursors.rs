//! Cursors: signed when they are issued, judged when they come back.
//!
//! A cursor is bound to the device that it was issued to, by a MAC under a key of the database. Only a cursor that the
//! server itself issued can show that history was lost ([`crate::records::starts`]) and so begin an epoch for everybody.
//! Whatever else is wrong with a cursor concerns the device that sent it, and nobody else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use holdfast_core::{ports::Rng, protocol::Cursor};
use sha2::Sha256;

use super::walk_position::furthest;
use super::{Context, Refusal};
use crate::records::{epoch, starts};
use crate::security_log::{self, Event};
use crate::storage::port::{Result, StorageError, Transaction};

/// The database's key for cursors, in base64url. It comes back with a backup, so that a restored server can tell which
/// cursors of the lost history are its own.
const KEY: &str = "cursorKey";

/// Stands in a receipt for the entity set: a receipt is not a position to pull from.
const RECEIPT: &str = "push";

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// Bytes of the MAC that a cursor carries: RFC 2104 allows half of the hash.
const MAC_BYTES: usize = 16;

/// Issues a cursor to a device: names the present start, and signs.
pub(super) fn issue(tx: &mut dyn Transaction, rng: &dyn Rng, device: &str, cursor: Cursor) -> Result<Cursor> {
    let unsigned = Cursor {
        start: starts::current(tx, rng)?,
        mac: String::new(),
        ..cursor
    };
    let tag = keyed(tx, rng, device, &unsigned)?.finalize().into_bytes();
    let mac = URL_SAFE_NO_PAD.encode(&tag[..MAC_BYTES]);
    Ok(Cursor { mac, ..unsigned })
}

/// The refusal, if this server's history is not the one that the cursor comes from, or the cursor is not one that this
/// server issued to this device.
///
/// One that proves a lost history which nobody has reported yet begins a new epoch.
pub(super) fn judge(tx: &mut dyn Transaction, cx: &Context<'_>, cursor: &Cursor) -> Result<Option<Refusal>> {
    let current = epoch::current(tx, cx.rng)?;
    if !is_authentic(tx, cx, cursor)? {
        return unproven(tx, cursor, &current);
    }
    let kept = cursor.epoch == current && starts::reached(tx, &cursor.start, furthest(cursor))?;
    if kept {
        return Ok(None);
    }
    // Others of the same lost history may have come before: one epoch is enough for all of them.
    let reported = cursor.epoch != current && epoch::has_ended(tx, &cursor.epoch)?;
    let epoch = match reported {
        true => current,
        false => begin_epoch(tx, cx, cursor)?,
    };
    epoch::note_returned(tx, &cx.caller.device_id, &epoch)?;
    Ok(Some(Refusal::history_lost()))
}

/// As [`judge`], of a cursor's text. What cannot be read was not issued by this server.
pub(super) fn judge_text(tx: &mut dyn Transaction, cx: &Context<'_>, text: &str) -> Result<Option<Refusal>> {
    match text.parse() {
        Ok(cursor) => judge(tx, cx, &cursor),
        Err(_) => Ok(Some(Refusal::unknown_cursor())),
    }
}

/// What an acknowledged batch is proved by: a cursor that stands for no answer, at the end of the change log.
pub(super) fn receipt(tx: &mut dyn Transaction, cx: &Context<'_>) -> Result<String> {
    let cursor = Cursor {
        epoch: epoch::current(tx, cx.rng)?,
        start: String::new(),
        entity_set: RECEIPT.to_owned(),
        transaction: 0,
        sequence: tx.last_sequence()?,
        answer: 0,
        scan: None,
        mac: String::new(),
    };
    let receipt = issue(tx, cx.rng, &cx.caller.device_id, cursor)?;
    Ok(receipt.to_string())
}

/// A cursor of the first form, or a forged one: believed where it can do no harm.
fn unproven(tx: &dyn Transaction, cursor: &Cursor, current: &str) -> Result<Option<Refusal>> {
    if !cursor.is_unsigned() {
        return Ok(Some(Refusal::unknown_cursor()));
    }
    if cursor.epoch == current && furthest(cursor) <= tx.last_sequence()? {
        return Ok(None);
    }
    Ok(Some(match epoch::has_ended(tx, &cursor.epoch)? {
        true => Refusal::history_lost(),
        false => Refusal::unknown_cursor(),
    }))
}

fn begin_epoch(tx: &mut dyn Transaction, cx: &Context<'_>, proof: &Cursor) -> Result<String> {
    let entities: Vec<&str> = cx
        .packs
        .entities()
        .map(|(_, entity)| entity.name.as_str())
        .collect();
    let epoch = epoch::renew(tx, cx.rng, &entities)?;
    epoch::end(tx, &proof.epoch)?;
    security_log::record(Event::EpochBegun {
        user_id: &cx.caller.me.user_id,
        device_id: &cx.caller.device_id,
        epoch: &epoch,
    });
    Ok(epoch)
}

fn is_authentic(tx: &mut dyn Transaction, cx: &Context<'_>, cursor: &Cursor) -> Result<bool> {
    if cursor.is_unsigned() {
        return Ok(false);
    }
    let Ok(tag) = URL_SAFE_NO_PAD.decode(&cursor.mac) else {
        return Ok(false);
    };
    if tag.len() != MAC_BYTES {
        return Ok(false);
    }
    let mac = keyed(tx, cx.rng, &cx.caller.device_id, cursor)?;
    Ok(mac.verify_truncated_left(&tag).is_ok())
}

/// The MAC over device and cursor, before it is finished. The device's id goes in with its length.
fn keyed(tx: &mut dyn Transaction, rng: &dyn Rng, device: &str, cursor: &Cursor) -> Result<Hmac<Sha256>> {
    let key = key(tx, rng)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| unreadable_key())?;
    mac.update(&(device.len() as u64).to_be_bytes());
    mac.update(device.as_bytes());
    mac.update(cursor.signed_text().as_bytes());
    Ok(mac)
}

/// The database's key; made at the first call.
fn key(tx: &mut dyn Transaction, rng: &dyn Rng) -> Result<Vec<u8>> {
    if let Some(text) = tx.meta(KEY)? {
        let key = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .filter(|key| key.len() == KEY_BYTES);
        return key.ok_or_else(unreadable_key);
    }
    let key: Vec<u8> = (0..KEY_BYTES / 8)
        .flat_map(|_| rng.next_u64().to_be_bytes())
        .collect();
    tx.put_meta(KEY, &URL_SAFE_NO_PAD.encode(&key))?;
    Ok(key)
}

fn unreadable_key() -> StorageError {
    StorageError::Inconsistent("the key for cursors cannot be read".into())
}
