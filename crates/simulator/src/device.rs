//! A device: one store, and one or more contexts (tabs, the worker) that run the real engine over it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_core::{
    Timestamp,
    engine::{Election, Engine},
    ports::{Clock, Ports},
    replica::Replica,
    store::MemoryStore,
};

use crate::{
    actions::{LastSet, ServerClock},
    context::{Driver, Lock},
    diary::Diary,
    executor::{Bell, Executor, TaskId, Time},
    link::{Dialect, Link, SimTransport},
    network::Network,
    rng::Seeded,
    server::instant,
    store::{Boundary, Doom, SlowStore},
    story::Story,
    witness::Witness,
};

pub type SimEngine = Engine<SimPorts>;

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
    pub doom: Rc<Doom>,
    asleep: bool,
}

#[derive(Debug)]
pub struct Device {
    pub number: usize,
    pub user: String,
    pub link: Rc<Link>,
    pub store: MemoryStore,
    skew_ms: Rc<Cell<i64>>,
    last_set: Rc<Cell<LastSet>>,
    pub contexts: Vec<ContextSlot>,
    /// Whether the platform has locks; without them the lease alone elects.
    has_locks: bool,
    lock: Lock,
    rng: Rc<Seeded>,
    network: Rc<Network>,
    witness: Rc<Witness>,
    story: Story,
}

impl Device {
    pub fn new(
        number: usize,
        user: &str,
        network: &Rc<Network>,
        witness: &Rc<Witness>,
        rng: Seeded,
        story: &Story,
    ) -> Self {
        let contexts = (0..=rng.below(3)).map(|_| ContextSlot::default()).collect();
        let dialect = if rng.chance(850) {
            Dialect::Present
        } else {
            Dialect::First
        };
        Self {
            number,
            user: user.to_owned(),
            link: Rc::new(Link::new(format!("{user}/{number}"), dialect)),
            store: MemoryStore::default(),
            skew_ms: Rc::new(Cell::new(rng.between(0, 7_200_000) as i64 - 3_600_000)),
            last_set: Rc::default(),
            contexts,
            has_locks: rng.chance(500),
            lock: Lock::default(),
            rng: Rc::new(rng),
            network: Rc::clone(network),
            witness: Rc::clone(witness),
            story: story.clone(),
        }
    }

    fn ports(&self, at: usize) -> SimPorts {
        let time = self.network.time.clone();
        SimPorts {
            store: SlowStore {
                device: self.number,
                inner: self.store.clone(),
                time: time.clone(),
                rng: Rc::clone(&self.rng),
                doom: Rc::clone(&self.contexts[at].doom),
                witness: Rc::clone(&self.witness),
            },
            transport: SimTransport {
                device: self.number,
                network: Rc::clone(&self.network),
                link: Rc::clone(&self.link),
                witness: Rc::clone(&self.witness),
            },
            clock: self.clock(),
            rng: Rc::clone(&self.rng),
        }
    }

    /// Sets its clock to so many milliseconds off.
    pub fn set_clock(&self, skew_ms: i64) {
        self.skew_ms.set(skew_ms);
        self.clocks_differ();
    }

    /// Its clock, or the server's, was set: the offset that it knows is the one of before.
    pub fn clocks_differ(&self) {
        self.server_clock().is_set();
    }

    /// What it knows of the server's clock.
    pub fn server_clock(&self) -> ServerClock {
        ServerClock {
            network: Rc::clone(&self.network),
            store: self.store.clone(),
            last_set: Rc::clone(&self.last_set),
        }
    }

    fn clock(&self) -> SkewedClock {
        SkewedClock {
            time: self.network.time.clone(),
            skew_ms: Rc::clone(&self.skew_ms),
        }
    }

    /// Opens a context: it loads the store, signs in if need be, and keeps the device in sync from then on.
    pub fn open_context(&mut self, at: usize, executor: &mut Executor) {
        self.contexts[at].doom.lift();
        let election = if self.has_locks {
            Election::Lock
        } else {
            Election::LeaseAlone
        };
        let context = Driver {
            engine: Rc::clone(&self.contexts[at].engine),
            bell: self.contexts[at].bell.clone(),
            lock: self.lock.clone(),
            election,
            network: Rc::clone(&self.network),
            link: Rc::clone(&self.link),
            user: self.user.clone(),
            rng: Rc::clone(&self.rng),
            story: self.story.clone(),
            name: format!("{}.{at}", self.link.name),
        };
        let task = executor.spawn(context.live(self.ports(at)));
        self.contexts[at].tasks.push(task);
        self.story.tell(&self.link.name, || format!("context {at} opens"));
    }

    /// The context dies, whatever it was about.
    pub fn crash_context(&mut self, at: usize, executor: &mut Executor) {
        let context = &mut self.contexts[at];
        if context.tasks.is_empty() {
            return;
        }
        context.tasks.drain(..).for_each(|task| executor.kill(task));
        context.asleep = false;
        *context.engine.borrow_mut() = None;
        self.story.tell(&self.link.name, || format!("context {at} dies"));
    }

    /// Lets a context die at one of its next commits.
    pub fn doom_context(&self, at: usize, commits: u64, boundary: Boundary) {
        self.contexts[at].doom.set(commits, boundary);
        self.story.tell(&self.link.name, || {
            format!(
                "context {at} will die {boundary:?} its commit number {}",
                commits + 1
            )
            .to_lowercase()
        });
    }

    /// Contexts that have come to the commit at which they die.
    pub fn struck(&self) -> Vec<usize> {
        (0..self.contexts.len())
            .filter(|at| self.contexts[*at].doom.has_struck())
            .collect()
    }

    /// The platform suspends a context, in the middle of whatever it does. It gives the lock to others.
    pub fn put_to_sleep(&mut self, at: usize, executor: &mut Executor) {
        let context = &mut self.contexts[at];
        context.asleep = true;
        context.tasks.iter().for_each(|task| executor.freeze(*task));
        self.lock.take_away();
        self.story
            .tell(&self.link.name, || format!("context {at} is put to sleep"));
    }

    pub fn wake(&mut self, at: usize, executor: &mut Executor) {
        let context = &mut self.contexts[at];
        if std::mem::take(&mut context.asleep) {
            context.tasks.iter().for_each(|task| executor.thaw(*task));
            self.story
                .tell(&self.link.name, || format!("context {at} wakes up"));
        }
    }

    pub fn is_alive(&self, at: usize) -> bool {
        !self.contexts[at].tasks.is_empty()
    }

    /// The browser's processes are killed: the contexts die, and a cookie that was not on disk yet is gone.
    pub fn kill_browser(&mut self, executor: &mut Executor) {
        (0..self.contexts.len()).for_each(|at| self.crash_context(at, executor));
        self.link.jar.lose_what_is_not_on_disk(self.network.time.now());
        self.story.tell(&self.link.name, || "has its browser killed");
    }

    /// The browser evicts the origin: everything on the device is gone. The cookie may have survived.
    pub fn wipe(&mut self, keep_cookie: bool, executor: &mut Executor, diary: &Diary) {
        (0..self.contexts.len()).for_each(|at| self.crash_context(at, executor));
        diary.wiped(self.number);
        self.store.wipe();
        if !keep_cookie {
            self.link.jar.clear();
        }
        self.story.tell(&self.link.name, || "loses its storage");
    }

    /// The device's state as stored, read without disturbing anything.
    pub fn replica(&self) -> Replica {
        Replica::new(self.store.everything())
    }
}
