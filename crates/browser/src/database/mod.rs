//! One IndexedDB database, by two connections.
//!
//! rexie creates and upgrades the schema, and serves reads and relaxed writes; it has no durability option and hides
//! its handle, so what must survive a power cut goes through a second connection ([`strict`]). Whoever reads or writes
//! says what to do in a transaction ([`transactions`]), and has no transaction to end or to forget.
//!
//! Connections are opened when first needed and again after the platform closed them under us. Both are closed as soon
//! as another context wants to upgrade or delete the database: it would have to wait for us. A person's database that
//! was deleted, by another context or by the browser, is not opened any more (see [`Schema::returns`]): no forgotten
//! timer brings an empty one back, and nobody takes an empty one for the state of things.

mod closing;
mod error;
pub mod strict;
mod transactions;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::future::{Either, select};
use holdfast_core::ports::Clock;
use rexie::{ObjectStore, Rexie, RexieBuilder};
use wasm_bindgen_futures::spawn_local;

use crate::clock::PlatformClock;
use closing::{Closings, Listener, Removal, listeners};
pub use error::DatabaseError;
use strict::StrictConnection;

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
    /// Whether it may be made anew after it was deleted.
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
    closings: Closings,
    removal: Removal,
    /// Whether it has been open, and so must be there.
    made: Rc<Cell<bool>>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open(Connections),
    Deleted,
}

/// Closed when dropped.
#[derive(Debug)]
struct Connections {
    /// Taken out only to close it.
    reads: Option<Rexie>,
    strict: StrictConnection,
    /// A closed connection has no events: they live as long as it.
    _listeners: [Listener; 2],
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
            closings: Closings::default(),
            removal: Removal::default(),
            made: Rc::default(),
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
        is_there(&self.name).await
    }

    /// Whether it was removed from this device, or given up.
    pub fn is_gone(&self) -> bool {
        matches!(*self.state.borrow(), State::Deleted)
    }

    /// Who is told when the browser has removed it while it was open.
    pub fn on_removed(&self, tell: impl Fn() + 'static) {
        self.removal.set(tell);
    }

    async fn open(&self) -> Result<(), DatabaseError> {
        match &*self.state.borrow() {
            State::Closed => {}
            State::Open(_) => return Ok(()),
            State::Deleted => return Err(DatabaseError::Deleted),
        }
        if self.made.get() && !self.schema.returns && !is_there(&self.name).await {
            self.abandon();
            return Err(DatabaseError::Deleted);
        }
        let builder = Rexie::builder(&self.name).version(self.schema.version);
        let builder = (self.schema.stores)()
            .into_iter()
            .fold(builder, RexieBuilder::add_object_store);
        let reads = opened(builder).await?;
        let strict = strictly_opened(&self.name, self.schema.version).await?;
        let listeners = listeners(self, strict.events());
        let connections = Connections {
            reads: Some(reads),
            strict,
            _listeners: listeners?,
        };
        self.made.set(true);
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

/// Whether there is a database of this name; `true` where the browser does not tell.
async fn is_there(name: &str) -> bool {
    let names = strict::database_names().await;
    names.is_none_or(|names| names.iter().any(|there| there == name))
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

/// The second connection, to a database that has its schema. Nobody has to let go of it first: what takes long here was
/// closed by the browser before it was open.
async fn strictly_opened(name: &str, version: u32) -> Result<StrictConnection, DatabaseError> {
    let opening = Box::pin(StrictConnection::open(name, version));
    match select(opening, Box::pin(PlatformClock.sleep(OPEN_TIMEOUT_MS))).await {
        Either::Left((opened, _)) => opened,
        Either::Right(_) => Err(DatabaseError::Closed(
            "the browser does not open the storage".into(),
        )),
    }
}
