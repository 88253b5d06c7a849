//! Rounds of sync that this context was elected for, and the compaction after them.

use std::{cell::Cell, rc::Rc};

use chrono::Duration;
use holdfast_core::{
    Timestamp,
    engine::{Election, Round, Trigger},
    store::{Revision, StoreError},
};

use super::{listeners::ClientEvent, open_data::OpenData};

/// Without room, compaction is tried again after this. Nobody waits for it, and each attempt takes room.
const NO_ROOM_TO_FOLD: Duration = Duration::hours(1);

/// After so many commits the journal is compacted: reading them all would delay a start by milliseconds.
const FOLD_AFTER: Revision = 100;

/// Set for as long as it lives.
struct While<'a>(&'a Cell<bool>);

impl<'a> While<'a> {
    fn set(flag: &'a Cell<bool>) -> Self {
        flag.set(true);
        Self(flag)
    }
}

impl Drop for While<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Runs rounds.
#[derive(Debug)]
pub(super) struct Rounds {
    data: Rc<OpenData>,
    running: Cell<bool>,
    /// The full check of the launch's round is still to be done.
    launch_owed: Cell<bool>,
    /// The last round ended because there was no room left.
    full: Cell<bool>,
    fold_refused_at: Cell<Option<Timestamp>>,
}

impl Rounds {
    pub(super) fn new(data: &Rc<OpenData>) -> Self {
        Self {
            data: data.clone(),
            running: Cell::default(),
            launch_owed: Cell::default(),
            full: Cell::default(),
            fold_refused_at: Cell::default(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.get()
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.get()
    }

    /// The round asked for, and compaction after it.
    pub(super) async fn run(&self, trigger: Trigger, election: Election) -> Round {
        let _running = While::set(&self.running);
        let round = self.sync(trigger, election).await;
        self.fold_if_there_is_room().await;
        round
    }

    /// The round asked for, and the launch's full check if that one never came about.
    async fn sync(&self, trigger: Trigger, election: Election) -> Round {
        let engine = &self.data.engine;
        let round = engine.sync(trigger, election).await;
        if round != Round::Done {
            self.launch_owed
                .set(self.launch_owed.get() || trigger == Trigger::Launch);
            return round;
        }
        if self.launch_owed.take() && trigger != Trigger::Launch {
            return engine.sync(Trigger::Launch, election).await;
        }
        round
    }

    /// A compaction that does not come about is due again after the next round, or after a while if there was no room.
    async fn fold_if_there_is_room(&self) {
        let now = self.data.now();
        let refused = self.fold_refused_at.get();
        if refused.is_some_and(|at| at <= now && now - at < NO_ROOM_TO_FOLD) {
            return;
        }
        let folded = self.data.engine.fold(FOLD_AFTER).await;
        self.fold_refused_at
            .set((folded == Err(StoreError::Full)).then_some(now));
    }

    /// A round that fails otherwise, or waits, says nothing of the room.
    pub(super) fn note_room(&self, round: &Round) {
        let full = match round {
            Round::Failed(StoreError::Full) => true,
            Round::Done => false,
            _ => return,
        };
        if self.full.replace(full) != full {
            self.data.environment.listeners.tell(ClientEvent::Activity);
        }
    }
}
