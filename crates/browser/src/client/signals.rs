//! What comes in from outside: other contexts and the platform.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_core::{Timestamp, engine::Trigger, ports::Clock, store::StoreError};
use wasm_bindgen_futures::spawn_local;

use super::{
    context::Context,
    key_rotation::KeyRotation,
    listeners::ClientEvent,
    locking::{IdleWatch, Locking},
    open_data::OpenData,
    sync_schedule::SyncSchedule,
};
use crate::{
    background,
    channel::Message,
    clock::PlatformClock,
    connectivity::{Connectivity, Hint, is_online},
    handover::Doorkeeper,
};

/// A page that was in the background for less is as fresh as it was.
const STALE_AFTER: chrono::Duration = chrono::Duration::minutes(5);

/// Pauses, in milliseconds, after which following others is tried again.
const FOLLOW_AGAIN_MS: [u64; 3] = [50, 500, 5_000];

/// Passes on what it hears to the parts of a session, until the session ends.
#[derive(Debug)]
pub(super) struct Signals {
    data: Rc<OpenData>,
    sync: Rc<SyncSchedule>,
    locking: Rc<Locking>,
    rotation: Rc<KeyRotation>,
    hidden_at: Cell<Option<Timestamp>>,
    sources: RefCell<Option<Sources>>,
}

/// What a page hears and answers.
#[derive(Debug)]
struct Sources {
    _connectivity: Connectivity,
    _doorkeeper: Option<Doorkeeper>,
    _idle: IdleWatch,
}

impl Signals {
    /// Begins to hear other contexts, and in a page the platform.
    pub(super) fn listen(
        data: &Rc<OpenData>,
        sync: &Rc<SyncSchedule>,
        locking: &Rc<Locking>,
        rotation: &Rc<KeyRotation>,
    ) -> Rc<Self> {
        let this = Rc::new(Self {
            data: data.clone(),
            sync: sync.clone(),
            locking: locking.clone(),
            rotation: rotation.clone(),
            hidden_at: Cell::default(),
            sources: RefCell::default(),
        });
        let (messages, closing) = (Rc::downgrade(&this), Rc::downgrade(&this));
        data.join(move |message| {
            if let Some(this) = messages.upgrade() {
                this.hear(message);
            }
        });
        data.at_close(move || {
            if let Some(this) = closing.upgrade() {
                this.sources.take();
            }
        });
        if data.environment.context == Context::Page {
            this.listen_to_platform();
        }
        this
    }

    fn listen_to_platform(self: &Rc<Self>) {
        let (open, hints) = (Rc::downgrade(&self.data), Rc::downgrade(self));
        let doorkeeper = Doorkeeper::new(move || open.upgrade()?.unlocked().ok());
        let connectivity = Connectivity::listen(move |hint| {
            if let Some(this) = hints.upgrade() {
                this.follow(hint);
            }
        });
        self.sources.replace(Some(Sources {
            _connectivity: connectivity,
            _doorkeeper: doorkeeper,
            _idle: self.locking.watch(),
        }));
        if !is_online() {
            self.data.engine.went_offline();
        }
    }

    fn hear(self: &Rc<Self>, message: Message) {
        let data = &self.data;
        if data.is_closed() {
            return;
        }
        match message {
            Message::Changed { revision } if revision > data.replica().revision() => {
                let this = self.clone();
                spawn_local(async move { this.follow_others().await });
            }
            Message::Changed { .. } => {}
            Message::SyncWanted => {
                if self.sync.is_syncing() {
                    self.sync.follow_change(Trigger::Write);
                }
            }
            Message::SyncEnded { reached: true, .. } => self.sync.another_has_synced(),
            Message::SyncEnded {
                again_at, probe_at, ..
            } => self.sync.another_has_failed(again_at, probe_at),
            Message::SettingsChanged => self.locking.reread_lock_after(),
            Message::KeyReplaced { generation } => self.rotation.forget_former_key(generation),
            Message::Locked => data.close(ClientEvent::Locked),
            Message::SignedOut => data.close(ClientEvent::SignedOut),
        }
    }

    /// Catches up. If the browser closes the storage meanwhile, it tries again: nobody tells of a change twice.
    ///
    /// The change may be a wait that the server's response to another context set. The worker has no timers, so each page
    /// times it, and the first one sends.
    async fn follow_others(&self) {
        for pause in FOLLOW_AGAIN_MS {
            if !matches!(self.data.engine.catch_up().await, Err(StoreError::Closed(_))) {
                break;
            }
            PlatformClock.sleep(pause).await;
        }
        if !self.sync.is_syncing() {
            self.sync.plan_wake_up();
        }
    }

    fn follow(&self, hint: Hint) {
        let engine = &self.data.engine;
        match hint {
            Hint::Online => {
                engine.came_online();
                self.sync.request(Trigger::Reconnect);
            }
            Hint::Offline => {
                engine.went_offline();
                self.sync.plan_wake_up();
            }
            Hint::Hidden => {
                self.hidden_at.set(Some(self.data.now()));
                if self.data.replica().unsent() > 0 {
                    background::request_sync_event();
                }
            }
            Hint::Visible => self.become_visible(),
        }
    }

    fn become_visible(&self) {
        let hidden_at = self.hidden_at.take();
        let stale = hidden_at.is_some_and(|at| self.data.now() - at >= STALE_AFTER);
        // Somebody looks: whether the server is back is worth a question at once.
        let unreachable = hidden_at.is_some() && self.sync.is_out_of_reach();
        if unreachable {
            self.data.engine.came_online();
        }
        if stale || unreachable {
            self.sync.request(Trigger::Foreground);
        } else {
            self.sync.plan_wake_up();
        }
    }
}
