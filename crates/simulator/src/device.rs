//! A device: one store, and one or more contexts (tabs, the worker) that run the real engine over it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_core::{
    Timestamp,
    engine::{Election, Engine},
    ports::{Clock, Ports},
    store::{Changes, CommitError, MemoryStore, Revision, Since, Snapshot, Store, StoreError},
};

use crate::{
    context::Driver,
    diary::Diary,
    executor::{Bell, Executor, TaskId, Time},
    network::{Link, Network, SimTransport},
    rng::Seeded,
    server::instant,
    story::Story,
};

pub type SimEngine = Engine<SimPorts>;

/// A store that takes its time, so that a context can die before, in the middle of, and after a commit.
#[derive(Debug, Clone)]
pub struct SlowStore {
    inner: MemoryStore,
    time: Time,
    rng: Rc<Seeded>,
}

impl Store for SlowStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.time.sleep(self.rng.below(4)).await;
        self.inner.load().await
    }

    async fn since(&self, revision: Revision) -> Result<Since, StoreError> {
        self.time.sleep(self.rng.below(3)).await;
        self.inner.since(revision).await
    }

    async fn commit(&self, expected: Revision, changes: &Changes) -> Result<Revision, CommitError> {
        self.time.sleep(self.rng.below(4)).await;
        let revision = self.inner.commit(expected, changes).await;
        self.time.sleep(self.rng.below(4)).await;
        revision
    }
}

/// A device's clock: wrong by some, and sometimes set anew.
#[derive(Debug, Clone)]
pub struct SkewedClock {
    time: Time,
    skew_ms: Rc<Cell<i64>>,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        instant(self.time.now()) + chrono::Duration::milliseconds(self.skew_ms.get())
    }

    async fn sleep(&self, milliseconds: u64) {
        self.time.sleep(milliseconds).await;
    }
}

#[derive(Debug)]
pub struct SimPorts {
    store: SlowStore,
    transport: SimTransport,
    clock: SkewedClock,
    rng: Rc<Seeded>,
}

impl Ports for SimPorts {
    type Store = SlowStore;
    type Transport = SimTransport;
    type Clock = SkewedClock;
    type Rng = Seeded;

    fn store(&self) -> &SlowStore {
        &self.store
    }

    fn transport(&self) -> &SimTransport {
        &self.transport
    }

    fn clock(&self) -> &SkewedClock {
        &self.clock
    }

    fn rng(&self) -> &Seeded {
        &self.rng
    }
}

/// A tab or the worker, alive or not.
#[derive(Debug, Default)]
pub struct ContextSlot {
    /// Set once the context has opened its store.
    pub engine: Rc<RefCell<Option<Rc<SimEngine>>>>,
    /// Wakes the drainer because something was queued.
    pub bell: Bell,
    pub tasks: Vec<TaskId>,
}

#[derive(Debug)]
pub struct Device {
    pub number: usize,
    pub user: String,
    pub link: Rc<Link>,
    pub store: MemoryStore,
    pub skew_ms: Rc<Cell<i64>>,
    pub contexts: Vec<ContextSlot>,
    /// Whether the platform has locks; without them the lease alone elects.
    has_locks: bool,
    lock: Rc<Cell<bool>>,
    rng: Rc<Seeded>,
    network: Rc<Network>,
    story: Story,
}

impl Device {
    pub fn new(number: usize, user: &str, network: &Rc<Network>, rng: Seeded, story: &Story) -> Self {
        let name = format!("{user}/{number}");
        let link = Link {
            device_id: RefCell::new(format!("device-{number}")),
            name,
            online: Cell::new(true),
            captive: Cell::new(false),
        };
        let contexts = (0..=rng.below(2)).map(|_| ContextSlot::default()).collect();
        Self {
            number,
            user: user.to_owned(),
            link: Rc::new(link),
            store: MemoryStore::default(),
            skew_ms: Rc::new(Cell::new(rng.between(0, 7_200_000) as i64 - 3_600_000)),
            contexts,
            has_locks: rng.chance(500),
            lock: Rc::default(),
            rng: Rc::new(rng),
            network: Rc::clone(network),
            story: story.clone(),
        }
    }

    pub fn ports(&self) -> SimPorts {
        let time = self.network.time.clone();
        SimPorts {
            store: SlowStore {
                inner: self.store.clone(),
                time: time.clone(),
                rng: Rc::clone(&self.rng),
            },
            transport: SimTransport {
                network: Rc::clone(&self.network),
                link: Rc::clone(&self.link),
            },
            clock: SkewedClock {
                time,
                skew_ms: Rc::clone(&self.skew_ms),
            },
            rng: Rc::clone(&self.rng),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.ports().clock.now()
    }

    /// Opens a context: it loads the store, signs in if need be, and keeps the device in sync from then on.
    pub fn open_context(&mut self, at: usize, executor: &mut Executor) {
        let election = if self.has_locks {
            Election::Lock
        } else {
            Election::LeaseAlone
        };
        let context = Driver {
            ports: self.ports(),
            engine: Rc::clone(&self.contexts[at].engine),
            bell: self.contexts[at].bell.clone(),
            lock: Rc::clone(&self.lock),
            election,
            time: self.network.time.clone(),
            rng: Rc::clone(&self.rng),
            story: self.story.clone(),
            name: format!("{}.{at}", self.link.name),
        };
        let task = executor.spawn(context.live());
        self.contexts[at].tasks.push(task);
        self.story.tell(&self.link.name, || format!("context {at} opens"));
    }

    /// The context dies, whatever it was about.
    pub fn crash_context(&mut self, at: usize, executor: &mut Executor) {
        let context = &mut self.contexts[at];
        context.tasks.drain(..).for_each(|task| executor.kill(task));
        *context.engine.borrow_mut() = None;
        self.story.tell(&self.link.name, || format!("context {at} dies"));
    }

    pub fn is_alive(&self, at: usize) -> bool {
        !self.contexts[at].tasks.is_empty()
    }

    /// The browser evicts the origin: everything on the device is gone. The cookie may have survived.
    pub fn wipe(&mut self, keep_cookie: bool, executor: &mut Executor, diary: &Diary) {
        (0..self.contexts.len()).for_each(|at| self.crash_context(at, executor));
        self.store.wipe();
        diary.wiped(self.number);
        if !keep_cookie {
            let renamed = format!("{}'", self.link.device_id.borrow());
            *self.link.device_id.borrow_mut() = renamed;
        }
        self.story.tell(&self.link.name, || "loses its storage");
    }

    /// The device's state as stored, read without disturbing anything.
    pub fn replica(&self) -> holdfast_core::replica::Replica {
        let snapshot = now_or_never(self.store.load());
        holdfast_core::replica::Replica::new(snapshot.and_then(Result::ok).unwrap_or_default())
    }
}

/// The value of a future that never waits.
fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut cx) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}
