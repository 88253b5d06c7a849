//! One IndexedDB database, by two connections.
//!
//! rexie creates and upgrades the schema, and serves reads and relaxed writes; it has no durability option and hides
//! its handle, so what must survive a power cut goes through a second connection ([`strict`]).
//!
//! Connections are opened when first needed and again after the platform closed them under us. Both are closed as soon
//! as another context wants to upgrade or delete the database: it would have to wait for us. A person's database that
//! was deleted is not opened any more (see [`Schema::returns`]), so that no forgotten timer brings an empty one back.

mod error;
pub mod strict;

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::{Rc, Weak},
};

use futures::future::{Either, select};
use holdfast_core::ports::Clock;
use rexie::{ObjectStore, Rexie, RexieBuilder, Transaction, TransactionMode};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, IdbVersionChangeEvent};

use crate::clock::PlatformClock;
pub use error::DatabaseError;
use strict::{StrictConnection, StrictTransaction};

/// For how long an upgrade waits for other contexts to let go, in milliseconds.
const OPEN_TIMEOUT_MS: u64 = 10_000;

/// For how long a deletion waits for other contexts to let go, in milliseconds.
const DELETE_TIMEOUT_MS: u64 = 5_000;

/// What is under way when the browser closes the connections ends within this time, or never, in milliseconds.
const CLOSING_MS: u64 = 1_000;

/// Version and object stores of a database.
#[derive(Clone, Copy)]
pub struct Schema {
    pub version: u32,
    /// Whether it may be made anew after another context deleted it.
    pub returns: bool,
    pub stores: fn() -> Vec<ObjectStore>,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schema")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A database by its name. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Database {
    name: Rc<str>,
    schema: Schema,
    state: Rc<RefCell<State>>,
    /// How often the browser closed the connections.
    closings: Rc<Cell<u32>>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open(Connections),
    Deleted,
}

type Listener = Closure<dyn FnMut(JsValue)>;

/// Closed when dropped.
#[derive(Debug)]
struct Connections {
    /// Taken out only to close it.
    reads: Option<Rexie>,
    strict: StrictConnection,
    /// A closed connection has no events: they live as long as it.
    _listeners: [Listener; 2],
}

impl Connections {
    fn relaxed(&self, stores: &[&str], mode: TransactionMode) -> Result<Transaction, DatabaseError> {
        match &self.reads {
            Some(reads) => Ok(reads.transaction(stores, mode)?),
            None => Err(DatabaseError::Closed("the storage is closed".into())),
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        if let Some(reads) = self.reads.take() {
            reads.close();
        }
        self.strict.close();
    }
}

impl Database {
    pub fn new(name: &str, schema: Schema) -> Self {
        Self {
            name: name.into(),
            schema,
            state: Rc::default(),
            closings: Rc::default(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it exists; `true` where the browser does not tell. Asking makes nothing.
    pub async fn exists(&self) -> bool {
        if matches!(*self.state.borrow(), State::Open(_)) {
            return true;
        }
        match strict::database_names().await {
            Some(names) => names.iter().any(|name| **name == *self.name),
            None => true,
        }
    }

    /// A transaction of rexie's: for reads, and for writes that may be lost with the power.
    pub async fn relaxed(
        &self,
        stores: &[&str],
        mode: TransactionMode,
    ) -> Result<Transaction, DatabaseError> {
        self.with_connections(|connections| connections.relaxed(stores, mode))
            .await
    }

    /// A readwrite transaction that is on the disk when it completes.
    pub async fn strict(&self, stores: &[&str]) -> Result<StrictTransaction, DatabaseError> {
        self.with_connections(|connections| connections.strict.begin(stores))
            .await
    }

    /// Opens, if need be; a connection that turns out to be closed is opened again, once.
    async fn with_connections<T>(
        &self,
        begin: impl Fn(&Connections) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        for attempt in 0..2 {
            self.open().await?;
            let begun = match &*self.state.borrow() {
                State::Open(connections) => begin(connections),
                State::Closed => Err(DatabaseError::Closed("the storage was closed meanwhile".into())),
                State::Deleted => return Err(DatabaseError::Deleted),
            };
            match begun {
                Err(DatabaseError::Closed(_)) if attempt == 0 => self.close(),
                begun => return begun,
            }
        }
        Err(DatabaseError::Closed(
            "the browser keeps closing the storage".into(),
        ))
    }

    /// Does the work; where the browser closes the connections meanwhile, it is given up after a moment: what is closed
    /// in the wrong moment may never say how it ended.
    pub(crate) async fn until_closed<T>(
        &self,
        work: impl Future<Output = Result<T, DatabaseError>>,
    ) -> Result<T, DatabaseError> {
        let before = self.closings.get();
        let mut work = pin!(work);
        let mut closed = false;
        loop {
            match select(work.as_mut(), pin!(PlatformClock.sleep(CLOSING_MS))).await {
                Either::Left((outcome, _)) => return outcome,
                Either::Right(_) if closed => {
                    return Err(DatabaseError::Closed("the browser closed the storage".into()));
                }
                Either::Right(_) => closed = self.closings.get() != before,
            }
        }
    }

    async fn open(&self) -> Result<(), DatabaseError> {
        match &*self.state.borrow() {
            State::Closed => {}
            State::Open(_) => return Ok(()),
            State::Deleted => return Err(DatabaseError::Deleted),
        }
        let builder = Rexie::builder(&self.name).version(self.schema.version);
        let builder = (self.schema.stores)()
            .into_iter()
            .fold(builder, RexieBuilder::add_object_store);
        let reads = opened(builder).await?;
        let strict = StrictConnection::open(&self.name, self.schema.version).await?;
        let listeners = listeners(&self.state, &self.closings, strict.events(), self.schema.returns);
        let connections = Connections {
            reads: Some(reads),
            strict,
            _listeners: listeners?,
        };
        let mut state = self.state.borrow_mut();
        match *state {
            State::Closed => *state = State::Open(connections),
            // Another task of this context opened or deleted it meanwhile.
            State::Open(_) | State::Deleted => drop(connections),
        }
        Ok(())
    }

    /// Closes the connections; the next use opens them again.
    pub fn close(&self) {
        let mut state = self.state.borrow_mut();
        if matches!(*state, State::Open(_)) {
            *state = State::Closed;
        }
    }

    /// Closes the connections for good: this object opens nothing from now on, whatever of it is still under way.
    pub fn abandon(&self) {
        self.state.replace(State::Deleted);
    }

    /// Deletes the database with all that is in it. Other contexts close their connections when they are told.
    /// This object opens nothing from now on.
    pub async fn delete(&self) -> Result<(), DatabaseError> {
        self.abandon();
        self.delete_closed().await
    }

    /// As [`Self::delete`], but the next use makes the database anew.
    pub async fn delete_for_now(&self) -> Result<(), DatabaseError> {
        self.state.replace(State::Closed);
        self.delete_closed().await
    }

    async fn delete_closed(&self) -> Result<(), DatabaseError> {
        let deletion = Box::pin(Rexie::delete(&self.name));
        match select(deletion, Box::pin(PlatformClock.sleep(DELETE_TIMEOUT_MS))).await {
            Either::Left((deleted, _)) => Ok(deleted?),
            Either::Right(_) => Err(DatabaseError::Failed(
                "another tab holds on to the data; close all other tabs of this app and sign out again"
                    .into(),
            )),
        }
    }
}

/// Opens, and upgrades if need be. What is held up for too long is told, and goes on by itself: once it is through, the
/// next use finds the database upgraded.
async fn opened(builder: RexieBuilder) -> Result<Rexie, DatabaseError> {
    let opening = Box::pin(builder.build());
    match select(opening, Box::pin(PlatformClock.sleep(OPEN_TIMEOUT_MS))).await {
        Either::Left((opened, _)) => Ok(opened?),
        Either::Right(((), opening)) => {
            spawn_local(async move {
                if let Ok(late) = opening.await {
                    late.close();
                }
            });
            Err(DatabaseError::Blocked)
        }
    }
}

/// Lets go when another context wants the database for itself, and notices when the platform closed it.
fn listeners(
    state: &Rc<RefCell<State>>,
    closings: &Rc<Cell<u32>>,
    events: &EventTarget,
    returns: bool,
) -> Result<[Listener; 2], DatabaseError> {
    let on_version_change = listener(state, move |event| {
        let deleted = event
            .dyn_into::<IdbVersionChangeEvent>()
            .is_ok_and(|event| event.new_version().is_none());
        if deleted && !returns {
            State::Deleted
        } else {
            State::Closed
        }
    });
    let closings = closings.clone();
    let on_close = listener(state, move |_| {
        closings.set(closings.get() + 1);
        State::Closed
    });
    events.add_event_listener_with_callback("versionchange", on_version_change.as_ref().unchecked_ref())?;
    events.add_event_listener_with_callback("close", on_close.as_ref().unchecked_ref())?;
    Ok([on_version_change, on_close])
}

fn listener(state: &Rc<RefCell<State>>, next: impl Fn(JsValue) -> State + 'static) -> Listener {
    let state: Weak<RefCell<State>> = Rc::downgrade(state);
    Closure::new(move |event| {
        if let Some(state) = state.upgrade() {
            state.replace(next(event));
        }
    })
}
