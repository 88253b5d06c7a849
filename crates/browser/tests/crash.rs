//! Death at every named place of a write, in a real browser: a worker of its own does the write, gets to the place and
//! stops there for good; it is terminated, and the store is opened again. What is there is what was there before or what
//! was to be, whole, with the queue; and the store goes on.
//!
//! This shows that a write is whole or absent. That it is on the disk is not to be seen by ending a process; it is what
//! the browser promises of a transaction whose durability reads "strict", which is looked at here too.

#![allow(clippy::unwrap_used)]

mod support;

use holdfast_browser::{
    client::Context,
    crash::{self, CrashPoint},
    seal::{Keys, secret},
    store::IndexedDbStore,
};
use holdfast_core::{
    queue::QueuedWrite,
    record::Mirror,
    replica::{self, Replica},
    store::{Changes, CursorRow, Row, Store},
};
use js_sys::Function;
use support::{
    device::{Device, PASSCODE as PASSCODE_OF_DEVICE},
    earlier, fresh_name,
    furnished::{all_at_rest, found, furnished, until_replaced},
    page, put, queued,
    replacement::{Step, replace_until},
    script, transactions, work_order,
    worker::Worker,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const PASSCODE: &str = "a passcode";

/// What is being written when death comes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Writing {
    Commit,
    Fold,
    Migration,
    /// A new data key: see the test of its own.
    Rotation,
}

/// Which state a death leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leaves {
    Before,
    /// Both keys, and work to go on with.
    Amid,
    After,
}

/// The table. A place without a line here does not compile.
fn expected(point: CrashPoint) -> (Writing, Leaves) {
    match point {
        CrashPoint::CommitSealed => (Writing::Commit, Leaves::Before),
        CrashPoint::CommitAdded => (Writing::Commit, Leaves::Before),
        CrashPoint::CommitIssued => (Writing::Commit, Leaves::Before),
        CrashPoint::CommitDone => (Writing::Commit, Leaves::After),
        CrashPoint::FoldSealed => (Writing::Fold, Leaves::Before),
        CrashPoint::FoldAdded => (Writing::Fold, Leaves::Before),
        CrashPoint::FoldIssued => (Writing::Fold, Leaves::Before),
        CrashPoint::FoldDone => (Writing::Fold, Leaves::After),
        CrashPoint::MigrationRead => (Writing::Migration, Leaves::Before),
        CrashPoint::MigrationSealed => (Writing::Migration, Leaves::Before),
        CrashPoint::MigrationIssued => (Writing::Migration, Leaves::Before),
        CrashPoint::MigrationDone => (Writing::Migration, Leaves::After),
        CrashPoint::RotationWrapped => (Writing::Rotation, Leaves::Before),
        CrashPoint::RotationBegun => (Writing::Rotation, Leaves::Amid),
        CrashPoint::RotationFenced => (Writing::Rotation, Leaves::Amid),
        CrashPoint::RotationRead => (Writing::Rotation, Leaves::Amid),
        CrashPoint::RotationSealed => (Writing::Rotation, Leaves::Amid),
        CrashPoint::RotationIssued => (Writing::Rotation, Leaves::Amid),
        CrashPoint::RotationWritten => (Writing::Rotation, Leaves::Amid),
        CrashPoint::RotationEnded => (Writing::Rotation, Leaves::After),
    }
}

/// Everything that a person would miss.
#[derive(Debug, PartialEq)]
struct State {
    revision: u64,
    folded_at: u64,
    mirrors: Vec<Mirror>,
    queue: Vec<QueuedWrite>,
    cursor: Option<CursorRow>,
    quarantined: usize,
}

impl State {
    fn of(replica: &Replica) -> Self {
        Self {
            revision: replica.revision(),
            folded_at: replica.folded_at(),
            mirrors: replica
                .mirrors()
                .map(|(_, held)| (*held.mirror()).clone())
                .collect(),
            queue: replica.writes().cloned().collect(),
            cursor: replica.cursor().cloned(),
            quarantined: replica.quarantined().count(),
        }
    }
}

fn cursor(at: &str) -> Row {
    Row::Cursor(CursorRow {
        cursor: at.into(),
        partial: true,
        scan: 1,
        pulled_at: support::at(0),
    })
}

/// Another page of a first sync, with an answer to one write and a new one.
fn changes() -> Changes {
    let many: Vec<Row> = (300..400)
        .map(|n| work_order(&format!("{n:03}"), &format!("pulled {n}")))
        .collect();
    let mut changes = page(50, &many);
    changes.put(cursor("two"));
    changes.put(queued("third", 3));
    changes.delete(queued("first", 1).key());
    changes
}

async fn replica_of(store: &IndexedDbStore) -> Replica {
    Replica::load(store).await.unwrap()
}

impl Writing {
    /// A database in which this is to be done.
    async fn prepare(self, keys: &Keys) -> String {
        let mut rows: Vec<Row> = (0..300)
            .map(|n| work_order(&format!("{n:03}"), &format!("title {n}")))
            .collect();
        rows.extend([queued("first", 1), queued("second", 2), cursor("one")]);
        if self == Self::Migration {
            return earlier::left_behind(keys, &rows).await;
        }
        let store = IndexedDbStore::new(&fresh_name(), keys.clone());
        store.commit(0, &put(rows)).await.unwrap();
        let fold = replica::fold(&replica_of(&store).await, 0).unwrap();
        store.fold(1, &fold).await.unwrap();
        let later = (250..320).map(|n| work_order(&format!("{n:03}"), "changed"));
        store.commit(2, &put(later)).await.unwrap();
        store.database().name().to_owned()
    }

    async fn perform(self, store: &IndexedDbStore) -> Result<(), String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        match self {
            Self::Commit => store.commit(3, &changes()).await.map(drop).map_err(|e| said(&e)),
            Self::Fold => {
                let fold = replica::fold(&replica_of(store).await, 0).unwrap();
                store.fold(3, &fold).await.map(drop).map_err(|e| said(&e))
            }
            Self::Migration => store.load().await.map(drop).map_err(|e| said(&e)),
            Self::Rotation => Err("it has a test of its own".to_owned()),
        }
    }
}

/// What the worker runs: it does the write and stops for good at the place of this name.
#[wasm_bindgen]
pub async fn die_at(database: String, salt: Vec<u8>, secret: Vec<u8>, name: String) -> Result<(), JsValue> {
    let wrapped = support::wrapped(salt, secret);
    let keys = secret::unlock(&wrapped, PASSCODE).await.unwrap();
    let point = arm(&name);
    let store = IndexedDbStore::new(&database, keys);
    Ok(expected(point).0.perform(&store).await?)
}

/// As [`die_at`], of whoever replaces the data key of the person in this vault.
#[wasm_bindgen]
pub async fn replace_and_die_at(vault: String, user_id: Vec<u8>, database: Vec<u8>, name: String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    arm(&name);
    let device = Device {
        vault,
        user_id: text(user_id),
    };
    replace_until(&device, &text(database), Step::FormerDropped).await;
}

/// What the worker runs: it upgrades a database of an earlier version and stops for good when it has made the store of
/// this name, in the middle of the browser's own transaction.
#[wasm_bindgen]
pub async fn die_upgrading(database: String, salt: Vec<u8>, secret: Vec<u8>, made: String) {
    let wrapped = support::wrapped(salt, secret);
    let keys = secret::unlock(&wrapped, PASSCODE).await.unwrap();
    let patch = "const make = IDBDatabase.prototype.createObjectStore;
        IDBDatabase.prototype.createObjectStore = function (name, ...options) {
            const made = make.call(this, name, ...options);
            if (name === a) b(name);
            return made;
        };";
    script(patch, &[made.into(), stop().into()]).await;
    IndexedDbStore::new(&database, keys).load().await.unwrap();
}

/// Blocks the thread, as nothing that merely awaits does: a transaction that nobody asks anything of would commit.
fn stop() -> Function {
    let stop = "postMessage(`at ${a}`);
        const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
        Atomics.wait(new Int32Array(memory.buffer), 0, 0);";
    Function::new_with_args("a", stop)
}

/// Stops this context for good at the place of this name.
fn arm(name: &str) -> CrashPoint {
    let point = *CrashPoint::ALL
        .iter()
        .find(|point| format!("{point:?}") == name)
        .unwrap();
    crash::arm(point, |point| {
        let name = JsValue::from_str(&format!("{point:?}"));
        stop().call1(&JsValue::NULL, &name).unwrap();
    });
    point
}

/// Lets a worker run a function and die at the place.
async fn kill_at(place: &str, function: &str, database: &str, bytes: [&[u8]; 2]) {
    let worker = Worker::start(function, database, bytes, &place.into());
    let said = worker.says().await;
    worker.terminate();
    assert_eq!(said, format!("at {place}"), "it died where it was to die");
}

/// What a write leads to where nobody dies.
async fn undisturbed(writing: Writing, keys: &Keys) -> State {
    let database = writing.prepare(keys).await;
    let store = IndexedDbStore::new(&database, keys.clone());
    writing.perform(&store).await.unwrap();
    State::of(&replica_of(&store).await)
}

#[wasm_bindgen_test]
async fn death_at_each_named_place_leaves_what_was_or_what_was_to_be() {
    let (wrapped, keys) = secret::create(PASSCODE).await.unwrap();
    for point in CrashPoint::ALL.iter().copied() {
        let (writing, leaves) = expected(point);
        if writing == Writing::Rotation {
            continue;
        }
        let database = writing.prepare(&keys).await;
        let store = IndexedDbStore::new(&database, keys.clone());
        let before = match writing {
            Writing::Migration => None,
            _ => Some(State::of(&replica_of(&store).await)),
        };
        store.database().close();
        let place = format!("{point:?}");
        kill_at(&place, "die_at", &database, [&wrapped.salt, &wrapped.secret]).await;

        let after = undisturbed(writing, &keys).await;
        let store = IndexedDbStore::new(&database, keys.clone());
        match (leaves, before) {
            (Leaves::Before, Some(before)) => {
                let found = State::of(&replica_of(&store).await);
                assert!(found == before, "{point:?}: found revision {}", found.revision);
                writing.perform(&store).await.unwrap();
            }
            (Leaves::Before, None) => assert_eq!(earlier::left(&database).await, "303 1", "{point:?}"),
            (Leaves::After, None) => assert_eq!(earlier::left(&database).await, "0 0", "{point:?}"),
            (Leaves::After, Some(_)) => {}
            (Leaves::Amid, _) => unreachable!("such a write is one transaction"),
        }
        let state = State::of(&replica_of(&store).await);
        assert!(state == after, "{point:?}: done, or done once more");
        let next = store
            .commit(state.revision, &put([queued("next", 1 << 40)]))
            .await;
        assert_eq!(next, Ok(state.revision + 1), "{point:?}: the store goes on");
    }
}

#[wasm_bindgen_test]
async fn death_in_the_middle_of_the_browsers_upgrade_leaves_the_earlier_version_whole() {
    let (wrapped, keys) = secret::create(PASSCODE).await.unwrap();
    let after = undisturbed(Writing::Migration, &keys).await;
    for made in ["journal", "heads", "bodies"] {
        let database = Writing::Migration.prepare(&keys).await;
        let bytes: [&[u8]; 2] = [&wrapped.salt, &wrapped.secret];
        kill_at(made, "die_upgrading", &database, bytes).await;
        assert_eq!(
            earlier::left(&database).await,
            "303 1",
            "{made}: every row and the head"
        );
        assert_eq!(
            earlier::version(&database).await,
            1,
            "{made}: the upgrade was taken back whole"
        );

        let store = IndexedDbStore::new(&database, keys.clone());
        let state = State::of(&replica_of(&store).await);
        assert!(state == after, "{made}: the next start brings it over");
        assert_eq!(earlier::left(&database).await, "0 0", "{made}");
    }
}

#[wasm_bindgen_test]
async fn death_at_each_named_place_of_a_rotation_loses_nothing_and_the_next_unlock_goes_on() {
    for point in CrashPoint::ALL.iter().copied() {
        let (writing, leaves) = expected(point);
        if writing != Writing::Rotation {
            continue;
        }
        let (device, client, session) = furnished().await;
        let before = found(&session).await;
        let database = session.store().database().name().to_owned();
        client.lock().await.unwrap();
        drop((client, session));
        let bytes = [device.user_id.as_bytes(), database.as_bytes()];
        let place = format!("{point:?}");
        kill_at(&place, "replace_and_die_at", &device.vault, bytes).await;

        let client = device.context(Context::Page);
        let session = client.unlock(&device.user_id, PASSCODE_OF_DEVICE).await.unwrap();
        assert_eq!(
            session.key_rotation().is_under_way(),
            leaves == Leaves::Amid,
            "{point:?}"
        );
        assert!(found(&session).await == before, "{point:?}: at once");
        until_replaced(&session).await;
        assert!(found(&session).await == before, "{point:?}: at the end");
        let sealed = all_at_rest(&device, &session).await;
        let generation = u32::from(leaves != Leaves::Before);
        assert!(
            sealed.iter().all(|value| value.generation() == generation),
            "{point:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn everything_that_writes_is_strict() {
    let (_, keys) = secret::create(PASSCODE).await.unwrap();
    for writing in [Writing::Commit, Writing::Fold, Writing::Migration] {
        let database = writing.prepare(&keys).await;
        transactions::watch(&[&database]).await;
        let done = writing
            .perform(&IndexedDbStore::new(&database, keys.clone()))
            .await;
        let kinds = transactions::kinds_of_writes().await;
        done.unwrap();
        assert_eq!(kinds, ["0 readwrite strict"], "{writing:?}");
    }
}
