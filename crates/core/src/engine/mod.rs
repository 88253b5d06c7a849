//! The engine of one context (a tab, a worker, a simulated device): keeps a [`Replica`] in step with the store, turns
//! edits into commits, and drives sync through the ports.
//!
//! Several engines share one store. None trusts its memory: a commit names the revision it was planned over, and a
//! stale plan is made again over the newer state ([`Engine::transact`]). Rounds of sync are elected by a lease in the
//! store; since a holder's every commit is planned over a state in which the lease is still its own, one that slept
//! through its lease cannot commit anything.

mod breaker;
mod clocks;
mod drain;
mod exchange;
mod fetch;
mod lease;
mod load;
mod page_size;
mod push;
mod queue;
mod recover;
mod salvage;
mod session;

pub use breaker::Breaker;
pub use drain::{Election, Round, Trigger};
pub use session::SignInError;

use std::cell::{Cell, Ref, RefCell};

use futures::lock::Mutex;

use self::page_size::PageSize;
use crate::{
    Timestamp,
    plan::{self, Edit, EditError, Edited},
    ports::{Clock, Ports, Rng},
    protocol::{Me, TokenAnswer},
    replica::{self, Replica},
    status::{Activity, Status, status},
    store::{self, Changes, CommitError, DeviceRow, Revision, Row, Store, StoreError},
};

/// How often a plan is made again because another context committed first. Each time somebody made progress, so this
/// bounds bad luck, not work.
const MAX_REPLANS: usize = 100;

pub struct Engine<P: Ports> {
    ports: P,
    replica: RefCell<Replica>,
    /// Serialises this context's own commits; other contexts are kept out by the store's revision.
    committing: Mutex<()>,
    breaker: RefCell<Breaker>,
    /// The access token, and whose it is.
    token: RefCell<Option<TokenAnswer>>,
    activity: RefCell<Activity>,
    draining: Cell<bool>,
    /// A trigger came while draining: look for more to send before the round ends.
    again: Cell<bool>,
    /// The last such trigger that asked for a pull.
    missed: Cell<Option<Trigger>>,
    page_size: Cell<PageSize>,
    listener: RefCell<Option<Listener>>,
}

type Listener = Box<dyn Fn(Event)>;

/// What a listener is told. It may read the engine, but must not await it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This context committed: other contexts should catch up.
    Committed(Revision),
    /// The replica follows what another context committed, or has become whole.
    CaughtUp(Revision),
    /// Sync began, moved on or ended; the breaker opened or closed.
    Activity,
}

impl<P: Ports> std::fmt::Debug for Engine<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("revision", &self.replica.borrow().revision())
            .finish_non_exhaustive()
    }
}

/// Planning or storing failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactError<E> {
    #[error(transparent)]
    Plan(E),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<P: Ports> Engine<P> {
    /// Opens the device's state: what lists need of it. [`Self::complete`] reads the rest.
    pub async fn open(ports: P) -> Result<Self, StoreError> {
        let snapshot = ports.store().load().await?;
        Ok(Self {
            ports,
            replica: RefCell::new(Replica::new(snapshot)),
            committing: Mutex::new(()),
            breaker: RefCell::default(),
            token: RefCell::default(),
            activity: RefCell::default(),
            draining: Cell::new(false),
            again: Cell::new(false),
            missed: Cell::new(None),
            page_size: Cell::default(),
            listener: RefCell::default(),
        })
    }

    /// Who is told of changes; one listener, which the platform spreads.
    pub fn listen(&self, listener: impl Fn(Event) + 'static) {
        *self.listener.borrow_mut() = Some(Box::new(listener));
    }

    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// The state as of the last commit this context made or followed. Do not hold the borrow across an await.
    pub fn replica(&self) -> Ref<'_, Replica> {
        self.replica.borrow()
    }

    /// What the status line says now.
    pub fn status(&self) -> Status {
        let activity = Activity {
            breaker_open: self.breaker.borrow().is_open(),
            ..self.activity.borrow().clone()
        };
        status(&self.replica.borrow(), &activity, self.now())
    }

    /// What this context is busy with; another context's is not known here.
    pub fn activity(&self) -> Activity {
        self.activity.borrow().clone()
    }

    /// Queues an edit: durable when this returns, and visible at once.
    pub async fn edit(&self, edit: &Edit) -> Result<Edited, TransactError<EditError>> {
        let id = self.ports.rng().uuid();
        self.queue_edit(edit, (id.clone(), id)).await
    }

    /// Queues an edit under a key of the caller's: asked again with the same key, it queues nothing more.
    pub async fn edit_once(&self, edit: &Edit, key: String) -> Result<Edited, TransactError<EditError>> {
        self.queue_edit(edit, (self.ports.rng().uuid(), key)).await
    }

    async fn queue_edit(
        &self,
        edit: &Edit,
        ids: (String, String),
    ) -> Result<Edited, TransactError<EditError>> {
        self.transact(|replica, now| plan::edit(replica, edit, now, ids.clone()))
            .await
    }

    /// Makes this device known to itself, at the first sign-in. A device that has an identity keeps it.
    pub async fn adopt_device(&self, device_id: &str, user_id: &str) -> Result<(), StoreError> {
        self.commit_plan(|replica, now| {
            let mut changes = Changes::default();
            if replica.device().is_none() {
                let (device_id, user_id) = (device_id.to_owned(), user_id.to_owned());
                changes.put(Row::Device(DeviceRow {
                    device_id,
                    user_id,
                    created_at: now,
                }));
            }
            changes
        })
        .await
    }

    /// Keeps who is signed in, for use offline.
    pub async fn remember_me(&self, me: &Me) -> Result<(), StoreError> {
        self.commit_plan(|replica, _| {
            let mut changes = Changes::default();
            if replica.me() != Some(me) {
                changes.put(Row::Me(me.clone()));
            }
            changes
        })
        .await
    }

    /// Lets go of what has aged out. Called at launch, in the background.
    pub async fn clean_up(&self) -> Result<(), StoreError> {
        self.commit_plan(|replica, _| plan::aged_out(replica)).await
    }

    /// Puts the state in the place of the commits that led to it, once there are `after` of them. Called in the
    /// background: it changes nothing that anybody sees.
    pub async fn fold(&self, after: Revision) -> Result<(), StoreError> {
        let _alone = self.committing.lock().await;
        self.make_whole().await?;
        let (expected, fold) = {
            let replica = self.replica.borrow();
            (replica.revision(), replica::fold(&replica, after))
        };
        let Some(fold) = fold else { return Ok(()) };
        match self.ports.store().fold(expected, &fold).await {
            Ok(revision) => {
                self.replica.borrow_mut().folded(revision, &fold);
                self.tell(Event::Committed(revision));
                Ok(())
            }
            // Another context was at work: its next fold does.
            Err(CommitError::Stale) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    fn now(&self) -> Timestamp {
        self.ports.clock().now()
    }

    /// Now by the server's clock, as far as it is known.
    fn server_now(&self) -> Timestamp {
        self.replica().sync().by_server(self.now())
    }

    fn tell(&self, event: Event) {
        if let Some(listener) = self.listener.borrow().as_ref() {
            listener(event);
        }
    }

    /// Plans over the newest state and commits; plans again if another context committed first.
    async fn transact<T, E>(
        &self,
        plan: impl Fn(&Replica, Timestamp) -> Result<(Changes, T), E>,
    ) -> Result<T, TransactError<E>> {
        let mut outcome = None;
        let planned = |replica: &Replica, now| match plan(replica, now) {
            Ok((changes, answer)) => {
                outcome = Some(Ok(answer));
                changes
            }
            Err(error) => {
                outcome = Some(Err(error));
                Changes::default()
            }
        };
        self.commit_plan(planned).await?;
        match outcome {
            Some(outcome) => outcome.map_err(TransactError::Plan),
            None => Err(StoreError::Failed("no plan was made".into()).into()),
        }
    }

    /// As [`Self::transact`], for a plan that cannot fail and answers nothing.
    async fn commit_plan(
        &self,
        mut plan: impl FnMut(&Replica, Timestamp) -> Changes,
    ) -> Result<(), StoreError> {
        self.commit_planned(&mut plan).await
    }

    /// The one loop behind all commits: compiled once, whatever the plan.
    async fn commit_planned(
        &self,
        plan: &mut dyn FnMut(&Replica, Timestamp) -> Changes,
    ) -> Result<(), StoreError> {
        let _alone = self.committing.lock().await;
        self.make_whole().await?;
        for _ in 0..MAX_REPLANS {
            let (expected, changes) = {
                let replica = self.replica.borrow();
                let mut changes = plan(&replica, self.now());
                store::gather(replica.packs(), replica.next_page(), &mut changes);
                (replica.revision(), changes)
            };
            if changes.is_empty() {
                return Ok(());
            }
            match self.ports.store().commit(expected, &changes).await {
                Ok(revision) => {
                    self.replica.borrow_mut().apply(revision, &changes);
                    self.tell(Event::Committed(revision));
                    return Ok(());
                }
                Err(CommitError::Stale) => self.follow().await?,
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::busy())
    }
}
