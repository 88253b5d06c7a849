//! What people typed and were told is safe: the ground truth that the promises are measured against.
//!
//! Every text typed in a run carries a token of its own (`t000042x`), so that it can be found again wherever it went.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use holdfast_core::{
    Fields, Timestamp,
    queue::{QueuedWrite, WriteStatus},
    record::RecordKey,
    replica::Replica,
};
use serde_json::Value;

use crate::{server::identity::Seen, witness::Committed};

/// A device from one loss of its storage to the next: within one, sequences tell what was made first.
pub type Author = (usize, u64);

/// One text that a device committed.
#[derive(Debug, Clone)]
pub struct Typed {
    pub token: String,
    pub author: Author,
    pub key: RecordKey,
    pub field: String,
    pub queue_id: String,
    /// The write's place in the device's own order.
    pub sequence: u64,
    /// Its author replaced it in the same write before that was sent, discarded it, or lost the device it was only on.
    pub given_up: bool,
}

/// A write as a device last stored it.
#[derive(Debug, Clone)]
pub struct Known {
    pub author: Author,
    pub write: QueuedWrite,
    /// How often the server had been restored when it was stored so.
    restores: u64,
    /// Whatever became of it, nobody can tell from here: it was thrown away, or lost, when the server may have had it.
    pub doubtful: bool,
}

impl Known {
    /// Whether its author was told that the server has it.
    pub fn is_acknowledged(&self) -> bool {
        matches!(self.write.status, WriteStatus::Synced | WriteStatus::Conflict)
    }
}

/// A time that the app set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppTime {
    /// The device's clock, corrected by the offset that it knew.
    pub claimed: Timestamp,
    /// What the server's clock said then.
    pub by_server: Timestamp,
    /// Whether the offset was measured since a clock was last set.
    pub measured: bool,
}

#[derive(Debug, Default)]
pub struct Diary {
    /// The pack folds what was never sent into the state that its author wants: what is taken back falls out.
    reconciles: bool,
    next: Cell<u64>,
    typed: RefCell<Vec<Typed>>,
    /// Where each token stands in `typed`.
    places: RefCell<BTreeMap<String, usize>>,
    /// Batches that commits marked as being sent.
    chosen: RefCell<BTreeSet<Vec<String>>>,
    restores: Cell<u64>,
    /// By queue id.
    writes: RefCell<BTreeMap<String, Known>>,
    /// When the server last changed what an author saw, by queue id.
    seen: RefCell<Seen>,
    /// Keys of rows that somebody took out of a list by hand.
    removed: RefCell<BTreeSet<String>>,
    /// Times that the app set, by the entry of a log.
    dated: RefCell<BTreeMap<String, AppTime>>,
    /// How often each device lost its storage.
    wipes: RefCell<BTreeMap<usize, u64>>,
}

impl Diary {
    pub fn new(reconciles: bool) -> Self {
        Self {
            reconciles,
            ..Self::default()
        }
    }

    /// A text that nobody typed before.
    pub fn text(&self) -> String {
        let number = self.next.get();
        self.next.set(number + 1);
        format!("t{number:06}x")
    }

    /// The app set the time of an entry of a log.
    pub fn dates(&self, entry: &str, time: AppTime) {
        self.dated.borrow_mut().insert(entry.to_owned(), time);
    }

    pub fn dated(&self) -> std::cell::Ref<'_, BTreeMap<String, AppTime>> {
        self.dated.borrow()
    }

    /// Somebody takes a row out of a list.
    pub fn removes(&self, row: &Value) {
        if let Some(key) = row.as_str() {
            self.removed.borrow_mut().insert(key.to_owned());
        }
    }

    pub fn was_removed(&self, key: &str) -> bool {
        self.removed.borrow().contains(key)
    }

    fn author(&self, device: usize) -> Author {
        (device, self.wipes.borrow().get(&device).copied().unwrap_or(0))
    }

    /// A commit reached a device's store: what is in it is safe, whether its author lives to hear of it or not.
    pub fn committed(&self, commit: &Committed) {
        let author = self.author(commit.device);
        let batch = self.chosen_by(commit);
        if !batch.is_empty() {
            self.chosen.borrow_mut().insert(batch);
        }
        self.join(commit);
        if self.reconciles {
            self.take_back(commit);
        }
        for write in &commit.writes {
            self.note(author, write);
            let mut writes = self.writes.borrow_mut();
            let doubtful = writes.get(&write.id).is_some_and(|known| known.doubtful);
            let write = write.clone();
            writes.insert(
                write.id.clone(),
                Known {
                    author,
                    write,
                    restores: self.restores.get(),
                    doubtful,
                },
            );
        }
    }

    /// Notes what the authors of new writes saw.
    pub fn sees(&self, commit: &Committed, replica: &Replica) {
        for write in &commit.writes {
            let held = replica.mirror(&write.key()).filter(|held| held.version() > 0);
            let new = !self.writes.borrow().contains_key(&write.id);
            if let Some(held) = held.filter(|_| new) {
                self.seen.borrow_mut().insert(write.id.clone(), held.updated_at());
            }
        }
    }

    pub fn seen(&self) -> std::cell::Ref<'_, Seen> {
        self.seen.borrow()
    }

    /// What was typed into a write that was folded into an earlier one belongs to that one.
    fn join(&self, commit: &Committed) {
        let known = self.writes.borrow();
        for gone in commit.deleted.iter().filter_map(|id| known.get(id)) {
            let has_it = |write: &&QueuedWrite| write.coalesced.contains(&gone.write.client_mutation_id);
            let Some(write) = commit.writes.iter().find(has_it) else {
                continue;
            };
            let mut typed = self.typed.borrow_mut();
            for typed in typed.iter_mut().filter(|typed| typed.queue_id == gone.write.id) {
                typed.queue_id.clone_from(&write.id);
                typed.sequence = write.sequence;
                typed.given_up |= !write.payload.contains_key(&typed.field);
            }
        }
    }

    /// Gives up what an author took back before it was sent: a field at its base again, a record deleted again.
    fn take_back(&self, commit: &Committed) {
        let known = self.writes.borrow();
        let unsent = |id: &String| known.get(id).filter(|known| !known.write.sent);
        for before in commit.deleted.iter().filter_map(unsent) {
            self.give_up(|typed| typed.queue_id == before.write.id);
        }
        for write in &commit.writes {
            let before = unsent(&write.id)
                .into_iter()
                .flat_map(|known| known.write.payload.keys());
            let gone = before.filter(|field| !write.payload.contains_key(*field));
            gone.for_each(|field| self.replaced(&write.id, field, &BTreeSet::new()));
        }
    }

    /// The writes that a commit marks as being sent, in its order; asked before it is noted.
    pub fn chosen_by(&self, commit: &Committed) -> Vec<String> {
        let known = self.writes.borrow();
        let attempted = |write: &&QueuedWrite| {
            let before = known.get(&write.id).and_then(|known| known.write.last_attempt_at);
            write.status == WriteStatus::Syncing && write.last_attempt_at != before
        };
        let chosen = commit.writes.iter().filter(attempted);
        chosen.map(|write| write.id.clone()).collect()
    }

    pub fn was_chosen(&self, batch: &[String]) -> bool {
        self.chosen.borrow().contains(batch)
    }

    fn note(&self, author: Author, write: &QueuedWrite) {
        for (field, value) in &write.payload {
            let tokens = tokens_in(&value.to_string());
            self.replaced(&write.id, field, &tokens);
            let mut typed = self.typed.borrow_mut();
            let mut places = self.places.borrow_mut();
            for token in tokens {
                if !places.contains_key(&token) {
                    places.insert(token.clone(), typed.len());
                    typed.push(Typed {
                        token,
                        author,
                        key: write.key(),
                        field: field.clone(),
                        queue_id: write.id.clone(),
                        sequence: write.sequence,
                        given_up: false,
                    });
                }
            }
        }
    }

    /// A write's author put these texts in place of what the same write had for the field.
    pub fn replaced(&self, queue_id: &str, field: &str, tokens: &BTreeSet<String>) {
        let mut typed = self.typed.borrow_mut();
        let before = typed
            .iter_mut()
            .filter(|t| t.queue_id == queue_id && t.field == field);
        before
            .filter(|t| !tokens.contains(&t.token))
            .for_each(|t| t.given_up = true);
    }

    /// A person throws writes away, having been asked.
    pub fn discards(&self, writes: &[QueuedWrite]) {
        let ids: BTreeSet<&str> = writes.iter().map(|write| write.id.as_str()).collect();
        self.give_up(|t| ids.contains(t.queue_id.as_str()));
        let mut known = self.writes.borrow_mut();
        for write in writes.iter().filter(|write| write.sent) {
            if let Some(known) = known.get_mut(&write.id) {
                known.doubtful = true;
            }
        }
    }

    /// The device lost its storage: what the server was not known to have is gone, and nobody can help it.
    pub fn wiped(&self, device: usize) {
        let author = self.author(device);
        *self.wipes.borrow_mut().entry(device).or_default() += 1;
        let mut lost = BTreeSet::new();
        for (id, known) in self.writes.borrow_mut().iter_mut() {
            // What a server that was restored since had acknowledged was only here.
            let safe = known.is_acknowledged() && known.restores == self.restores.get();
            if known.author == author && !safe {
                known.doubtful |= known.write.sent;
                lost.insert(id.clone());
            }
        }
        self.give_up(|t| lost.contains(&t.queue_id));
    }

    /// The server went back to a backup: what no device keeps any more cannot be offered to it again.
    pub fn restored(&self, kept: &BTreeSet<String>) {
        self.restores.set(self.restores.get() + 1);
        let mut lost = BTreeSet::new();
        for (id, known) in self.writes.borrow_mut().iter_mut() {
            if known.is_acknowledged() && !kept.contains(id) {
                known.doubtful = true;
                lost.insert(id.clone());
            }
        }
        self.give_up(|t| lost.contains(&t.queue_id));
    }

    fn give_up(&self, which: impl Fn(&Typed) -> bool) {
        let mut typed = self.typed.borrow_mut();
        let given_up = typed.iter_mut().filter(|t| which(t));
        given_up.for_each(|t| t.given_up = true);
    }

    pub fn typed(&self) -> Vec<Typed> {
        self.typed.borrow().clone()
    }

    /// Every write that a device ever stored, by queue id.
    pub fn writes(&self) -> std::cell::Ref<'_, BTreeMap<String, Known>> {
        self.writes.borrow()
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
