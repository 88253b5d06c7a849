//! What people typed and were told is safe: the ground truth that the promises are measured against.
//!
//! Every text typed in a run carries a token of its own (`t000042x`), so that it can be found again wherever it went.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use holdfast_core::{Fields, plan::Edited, queue::QueuedWrite, record::RecordKey};
use serde_json::Value;

/// One text that a device committed.
#[derive(Debug, Clone)]
pub struct Typed {
    pub token: String,
    pub device: usize,
    pub key: RecordKey,
    pub field: String,
    pub queue_id: String,
    /// The write's place in the device's own order.
    pub sequence: u64,
    /// Its author replaced it in the same write before that was sent, discarded it, or lost the device it was only on.
    pub given_up: bool,
}

#[derive(Debug, Default)]
pub struct Diary {
    next: Cell<u64>,
    typed: RefCell<Vec<Typed>>,
    /// Queue ids whose write was discarded after the server may have had it.
    doubtful: RefCell<BTreeSet<String>>,
    devices_wiped: Cell<u64>,
}

impl Diary {
    /// A text that nobody typed before.
    pub fn text(&self) -> String {
        let number = self.next.get();
        self.next.set(number + 1);
        format!("t{number:06}x")
    }

    /// An edit was committed on a device: its author was told that it is safe.
    pub fn committed(&self, device: usize, edited: &Edited, sequence: u64, fields: &Fields) {
        let Some(queue_id) = &edited.queue_id else { return };
        let mut typed = self.typed.borrow_mut();
        for (field, value) in fields {
            let tokens = tokens_in(&value.to_string());
            let replaced = typed
                .iter_mut()
                .filter(|t| t.queue_id == *queue_id && t.field == *field);
            replaced
                .filter(|t| !tokens.contains(&t.token))
                .for_each(|t| t.given_up = true);
            let known: BTreeSet<String> = typed.iter().map(|t| t.token.clone()).collect();
            typed.extend(
                tokens
                    .into_iter()
                    .filter(|token| !known.contains(token))
                    .map(|token| Typed {
                        token,
                        device,
                        key: edited.key.clone(),
                        field: field.clone(),
                        queue_id: queue_id.clone(),
                        sequence,
                        given_up: false,
                    }),
            );
        }
    }

    /// A person threw writes away, having been asked.
    pub fn discarded(&self, writes: &[QueuedWrite]) {
        let ids: BTreeSet<&str> = writes.iter().map(|write| write.id.as_str()).collect();
        let mut typed = self.typed.borrow_mut();
        typed
            .iter_mut()
            .filter(|t| ids.contains(t.queue_id.as_str()))
            .for_each(|t| t.given_up = true);
        let sent = writes
            .iter()
            .filter(|write| write.sent)
            .map(|write| write.id.clone());
        self.doubtful.borrow_mut().extend(sent);
    }

    /// The device lost its storage: what was only there is gone, and nobody can help it.
    pub fn wiped(&self, device: usize) {
        self.devices_wiped.set(self.devices_wiped.get() + 1);
        let mut typed = self.typed.borrow_mut();
        typed
            .iter_mut()
            .filter(|t| t.device == device)
            .for_each(|t| t.given_up = true);
    }

    pub fn typed(&self) -> Vec<Typed> {
        self.typed.borrow().clone()
    }

    /// Whether sums over the devices' queues tell what the server must hold: not if a queue was lost or thrown away.
    pub fn can_be_counted(&self) -> bool {
        self.devices_wiped.get() == 0 && self.doubtful.borrow().is_empty()
    }
}

/// All tokens in a text.
pub fn tokens_in(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    let is_token = |at: &usize| {
        let Some(part) = bytes.get(*at..at + 8) else {
            return false;
        };
        part[0] == b't' && part[7] == b'x' && part[1..7].iter().all(u8::is_ascii_digit)
    };
    (0..bytes.len())
        .filter(is_token)
        .map(|at| text[at..at + 8].to_owned())
        .collect()
}

/// All tokens in the values of fields.
pub fn tokens_of(fields: &Fields) -> BTreeSet<String> {
    tokens_in(&Value::Object(fields.clone()).to_string())
}
