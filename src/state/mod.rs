//! What the pages share: one [`Session`] over the client, and nothing that the client decides.
//!
//! A page reads through [`Session::live`], a query that is asked again whenever something was committed, here or in
//! another tab, and whose answer re-renders only what it changed. It writes through the methods in `writing`, which
//! queue and return at once. `entry` is the way in and out: sign-in, passcode, lock.

mod address;
mod clock;
mod drafts;
mod entry;
mod fault;
mod install;
mod list_state;
mod lock;
mod memo;
mod online;
pub mod theme;
mod toasts;
mod update;
mod writing;

pub use drafts::Drafts;
pub use entry::{Known, Phase};
pub use fault::Fault;
pub use list_state::{ListState, PAGE, owner_field};
pub use memo::Memo;
pub use online::StorageUse;
pub use toasts::{Toast, Toasts};
pub use writing::one;

use std::{collections::HashMap, rc::Rc};

use chrono::{Duration, DurationRound};
use gloo::timers::callback::Interval;
use holdfast_browser::{
    client::{Client, ClientEvent, Context, Session as Data, Snapshot},
    clock::{PlatformClock, SteadyClock},
    collation::PlatformCollation,
};
use holdfast_core::{Timestamp, ports::Clock, protocol::Me, status::Status, text::TextOrder};
use leptos::prelude::*;

use crate::{
    format::{time::Zone, value::Reader},
    strings::more,
};
use address::Address;
use clock::Baseline;
use install::Install;
use update::NewVersion;

/// The app's state, cheap to copy into every closure.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    client: StoredValue<Client, LocalStorage>,
    phase: RwSignal<Phase>,
    /// Counts commits.
    changed: RwSignal<u64>,
    /// Counts steps of sync.
    active: RwSignal<u64>,
    second: RwSignal<Timestamp>,
    now: Memo<Timestamp>,
    lists: StoredValue<HashMap<String, RwSignal<ListState>>>,
    owner: StoredValue<Owner>,
    baseline: StoredValue<Baseline>,
    address: Address,
    started: RwSignal<bool>,
    /// How long ago the sign-in was when the device was set up in this page: tells a lost storage from a new device.
    set_up_after: RwSignal<Option<Duration>>,
    pub toasts: Toasts,
    pub drafts: Drafts,
    pub update: NewVersion,
    pub install: Install,
}

/// What is asked of the device, again and again.
type Question<T> = Box<dyn Fn(&Reader<'_>) -> T + Send + Sync>;

thread_local! {
    /// The order of texts in the device's language. Empty while nothing is open.
    static ORDER: TextOrder = TextOrder::new(PlatformCollation::new(window().navigator().language().as_deref()));
}

impl Session {
    /// Starts the client and hands the session to all pages below.
    pub fn provide() -> Self {
        let client = Client::new(Context::Page);
        let shared = StoredValue::new_local(client.clone());
        let toasts = Toasts::new();
        let second = RwSignal::new(PlatformClock.now());
        let session = Self {
            phase: RwSignal::new(Phase::Starting),
            changed: RwSignal::new(0),
            active: RwSignal::new(0),
            second,
            now: Memo::new(move |_| coarse(second.get())),
            lists: StoredValue::default(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            baseline: StoredValue::new(Baseline::new(Duration::zero())),
            address: Address::new(),
            started: RwSignal::new(false),
            set_up_after: RwSignal::new(None),
            toasts,
            drafts: Drafts::new(shared, toasts),
            update: NewVersion::watch(),
            install: Install::watch(),
            client: shared,
        };
        // The app listens for as long as it lives.
        std::mem::forget(client.subscribe(move |event| session.told(event)));
        Interval::new(1_000, move || {
            if !document().hidden() {
                second.set(PlatformClock.now());
            }
        })
        .forget();
        provide_context(session);
        session.begin();
        session
    }

    /// The session of the page that is being made.
    pub fn here() -> Self {
        expect_context()
    }

    fn told(self, event: ClientEvent) {
        match event {
            ClientEvent::Opened | ClientEvent::Changed(_) => self.changed.update(|count| *count += 1),
            ClientEvent::Activity => {}
            ClientEvent::KeyReplaced => self.toasts.say(more::KEY_REPLACED.to_owned()),
            ClientEvent::Locked | ClientEvent::SignedOut => self.closed(),
        }
        self.active.update(|count| *count += 1);
    }

    fn client(self) -> Client {
        self.client.get_value()
    }

    fn data(self) -> Option<Rc<Data>> {
        self.client.with_value(Client::session)
    }

    /// Asks what is on the device, once.
    pub fn read<T>(self, ask: impl FnOnce(&Reader<'_>) -> T) -> T {
        let (now, zone) = (self.server_now(), self.zone());
        let ask = |replica: Snapshot<'_>| {
            ORDER.with(|order| {
                ask(&Reader {
                    replica,
                    order,
                    now,
                    zone,
                })
            })
        };
        match self.data() {
            Some(data) => data.read(ask),
            None => Snapshot::of_nothing(ask),
        }
    }

    /// Asks what is on the device, again after every change of it and at midnight.
    pub fn live<T: PartialEq + Send + Sync + 'static>(
        self,
        ask: impl Fn(&Reader<'_>) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        self.follow(Box::new(ask))
    }

    /// Compiled once for every type of answer rather than for every question.
    fn follow<T: PartialEq + Send + Sync + 'static>(self, ask: Question<T>) -> Memo<T> {
        Memo::new(move |_| {
            self.changed.track();
            self.read(&ask)
        })
    }

    /// What the status line says; follows every step of sync.
    pub fn status(self) -> Status {
        self.active.track();
        self.data().map_or(Status::Never, |data| data.sync().status())
    }

    /// Whether the server is out of reach, as far as anybody knows.
    pub fn is_offline(self) -> bool {
        self.active.track();
        !window().navigator().on_line() || self.data().is_some_and(|data| data.sync().is_out_of_reach())
    }

    /// The time for words like "2 min ago"; moves on every few seconds.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }

    /// The time for a running clock; moves on every second.
    pub fn second(self) -> Timestamp {
        self.second.get()
    }

    /// Milliseconds by a clock that nobody can set.
    pub fn steady_ms(self) -> f64 {
        SteadyClock::default().now_ms()
    }

    /// This very moment by the device's own clock: for waits, never for what is recorded.
    pub fn instant(self) -> Timestamp {
        PlatformClock.now()
    }

    pub fn zone(self) -> Zone {
        Zone::device()
    }

    /// Who is signed in; nobody in particular before the server has said so.
    pub fn me_of(self, reader: &Reader<'_>) -> Me {
        reader.replica.me().cloned().unwrap_or_default()
    }

    /// How the list of an entity is looked at.
    pub fn list(self, entity: &str) -> RwSignal<ListState> {
        let known = self.lists.with_value(|lists| lists.get(entity).copied());
        known.unwrap_or_else(|| {
            // Owned by the app, because it outlives the page.
            let state = self
                .owner
                .with_value(|owner| owner.with(|| RwSignal::new(ListState::default())));
            self.lists.update_value(|lists| {
                lists.insert(entity.to_owned(), state);
            });
            state
        })
    }
}

/// In steps of five seconds: nothing that is told by it is finer.
fn coarse(at: Timestamp) -> Timestamp {
    at.duration_trunc(Duration::seconds(5)).unwrap_or(at)
}
