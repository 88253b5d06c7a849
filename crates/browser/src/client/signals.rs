//! What comes in from outside: other contexts and the platform.

use std::rc::Rc;

use holdfast_core::{
    Timestamp,
    engine::Trigger,
    ports::{Clock, Ports},
    store::StoreError,
};
use wasm_bindgen_futures::spawn_local;

use super::{ClientEvent, Context, locking::channel_of, session::Session};
use crate::{
    background,
    channel::{Channel, Message},
    clock::PlatformClock,
    connectivity::{Connectivity, Hint, is_online},
    handover::Doorkeeper,
};

/// A page that was in the background for less is as fresh as it was.
const STALE_AFTER: chrono::Duration = chrono::Duration::minutes(5);

/// Pauses, in milliseconds, after which following others is tried again.
const FOLLOW_AGAIN_MS: [u64; 3] = [50, 500, 5_000];

impl Session {
    /// Begins to hear the engine, other contexts and the platform.
    pub(super) fn wire_up(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        self.engine.listen({
            let weak = weak.clone();
            move |event| Self::told_by_engine(&weak, event)
        });
        self.engine.ports().store().database().on_removed({
            let weak = weak.clone();
            move || {
                if let Some(session) = weak.upgrade() {
                    session.listeners.tell(ClientEvent::Activity);
                }
            }
        });
        let channel = Channel::join(&channel_of(&self.database), {
            let weak = weak.clone();
            move |message| {
                if let Some(session) = weak.upgrade() {
                    session.heard(message);
                }
            }
        });
        self.ears.borrow_mut().channel = channel;
        if self.context == Context::Worker {
            return;
        }
        let open = weak.clone();
        let doorkeeper = Doorkeeper::new(move || open.upgrade()?.unlocked().ok());
        let connectivity = Connectivity::listen(move |hint| {
            if let Some(session) = weak.upgrade() {
                session.hinted(hint);
            }
        });
        let mut ears = self.ears.borrow_mut();
        ears.connectivity = Some(connectivity);
        ears.doorkeeper = doorkeeper;
        ears.watch = Some(self.watch());
        drop(ears);
        if !is_online() {
            self.engine.went_offline();
        }
    }

    /// Catches up. Where the browser closes the storage meanwhile it is tried again: nobody tells of a change twice.
    ///
    /// The change may be a wait that the server's answer to another context set. The worker has no timers, so each page
    /// times it, and whoever is first sends.
    async fn follow_others(self: &Rc<Self>) {
        for pause in FOLLOW_AGAIN_MS {
            if !matches!(self.engine.catch_up().await, Err(StoreError::Closed(_))) {
                break;
            }
            PlatformClock.sleep(pause).await;
        }
        if !self.syncing.get() {
            self.plan_wake_up();
        }
    }

    fn heard(self: &Rc<Self>, message: Message) {
        if self.is_closed() {
            return;
        }
        match message {
            Message::Changed { revision } if revision > self.engine.replica().revision() => {
                let session = self.clone();
                spawn_local(async move { session.follow_others().await });
            }
            Message::Changed { .. } => {}
            Message::SyncWanted => {
                if self.syncing.get() {
                    self.request_sync(Trigger::Write);
                }
            }
            Message::SyncEnded { reached: true, .. } => self.another_has_synced(),
            Message::SyncEnded {
                again_at, probe_at, ..
            } => self.another_has_failed(again_at, probe_at),
            Message::SettingsChanged => {
                let session = self.clone();
                spawn_local(async move { session.reread_lock_after().await });
            }
            Message::KeyReplaced { generation } => self.forget_former_key(generation),
            Message::Locked => self.close(ClientEvent::Locked),
            Message::SignedOut => self.close(ClientEvent::SignedOut),
        }
    }

    /// What waited for the other context's round goes on; what it found out about the server holds here too.
    fn another_has_synced(self: &Rc<Self>) {
        let back = self.engine.breaker().is_open();
        if back {
            self.engine.came_online();
        }
        let trigger = self.elsewhere.take().or(back.then_some(Trigger::Reconnect));
        if let Some(trigger) = trigger {
            self.request_sync(trigger);
        }
    }

    /// What the other context could not send waits for this page's timer. A trigger that waited for the other's round
    /// is tried by the rules of one that finds the server so: it probes or waits, and resends nothing at once.
    fn another_has_failed(self: &Rc<Self>, again_at: Option<Timestamp>, probe_at: Option<Timestamp>) {
        // The worker wakes for what it is told to; a round of this page's own finds out by itself.
        if self.context == Context::Worker || self.syncing.get() {
            return;
        }
        if let Some(probe_at) = probe_at {
            self.engine.heard_out_of_reach(probe_at);
        }
        let own = self.retry_at.get();
        self.retry_at.set(own.into_iter().chain(again_at).min());
        match self.elsewhere.take() {
            Some(trigger) => self.request_sync(trigger),
            None => self.plan_wake_up(),
        }
    }

    fn hinted(self: &Rc<Self>, hint: Hint) {
        match hint {
            Hint::Online => {
                self.engine.came_online();
                self.request_sync(Trigger::Reconnect);
            }
            Hint::Offline => {
                self.engine.went_offline();
                self.plan_wake_up();
            }
            Hint::Hidden => {
                self.hidden_at.set(Some(self.now()));
                if self.engine.replica().unsent() > 0 {
                    background::request_sync_event();
                }
            }
            Hint::Visible => {
                let hidden_at = self.hidden_at.take();
                let stale = hidden_at.is_some_and(|at| self.now() - at >= STALE_AFTER);
                // Somebody looks: whether the server is back is worth a question at once.
                let unreachable = hidden_at.is_some() && self.engine.breaker().is_open();
                if unreachable {
                    self.engine.came_online();
                }
                if stale || unreachable {
                    self.request_sync(Trigger::Foreground);
                } else {
                    self.plan_wake_up();
                }
            }
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.ports().clock().now()
    }
}
