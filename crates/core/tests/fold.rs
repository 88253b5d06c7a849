//! Folding changes nothing of what is there, whatever was committed before it, and loses no row of any kind.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use futures::executor::block_on;
use holdfast_core::{
    Fields, Timestamp, plan,
    record::{Mirror, RecordKey},
    replica::{self, Held, Replica},
    store::{self, Alias, Changes, DeviceRow, Fold, MemoryStore, Revision, Row, RowKey, Store, SyncRow},
};
use proptest::prelude::*;

const KEYS: u32 = 700;

#[derive(Debug, Clone)]
enum Step {
    /// Puts a run of records, as a pull does.
    Put {
        from: u32,
        count: u32,
    },
    Delete {
        from: u32,
        count: u32,
    },
    /// Folds, from the state that is in memory.
    Fold,
    /// Another context opens the store.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let run = || (0..KEYS, prop_oneof![1..4_u32, 20..60_u32, 150..450_u32]);
    prop_oneof![
        4 => run().prop_map(|(from, count)| Step::Put { from, count }),
        2 => run().prop_map(|(from, count)| Step::Delete { from, count: count / 3 + 1 }),
        2 => Just(Step::Fold),
        1 => Just(Step::Reopen),
    ]
}

fn mirror(key: u32, version: u64) -> Mirror {
    let mut fields = Fields::new();
    fields.insert("title".into(), format!("{key} at {version}").into());
    Mirror {
        key: RecordKey::new(
            if key.is_multiple_of(3) { "asset" } else { "order" },
            key.to_string(),
        ),
        fields,
        version,
        updated_at: Timestamp::UNIX_EPOCH,
        reached_at: Timestamp::UNIX_EPOCH,
        scan: 0,
        local_id: None,
    }
}

/// A store, what a context has of it in memory, and what must be there.
#[derive(Default)]
struct Bench {
    store: MemoryStore,
    replica: Replica,
    model: BTreeMap<RecordKey, Mirror>,
    pages: std::collections::BTreeSet<u64>,
}

impl Bench {
    fn commit(&mut self, mut changes: Changes) {
        store::gather(self.replica.packs(), self.replica.next_page(), &mut changes);
        for page in &changes.pages {
            assert!(self.pages.insert(page.id), "no id is given twice");
        }
        let revision = block_on(self.store.commit(self.replica.revision(), &changes)).unwrap();
        self.replica.apply(revision, &changes);
    }

    fn fold(&mut self, after: Revision) {
        let Some(fold) = replica::fold(&self.replica, after) else {
            return;
        };
        for id in &fold.new {
            assert!(self.pages.insert(*id), "no id is given twice");
        }
        let kept: Vec<u64> = fold.base.pages.iter().map(|kept| kept.page.id).collect();
        assert!(
            fold.gone.iter().all(|gone| !kept.contains(gone)),
            "what is kept does not go"
        );
        let revision = block_on(self.store.fold(self.replica.revision(), &fold)).unwrap();
        self.replica.folded(revision, &fold);
    }

    fn check(&self, replica: &Replica) {
        let held: BTreeMap<_, _> = replica
            .mirrors()
            .map(|(key, held)| (key.clone(), (*held.mirror()).clone()))
            .collect();
        assert_eq!(held, self.model);
        assert_eq!(replica.revision(), self.replica.revision());
        assert_eq!(replica.next_page(), self.replica.next_page());
    }

    fn reopened(&self) -> Replica {
        block_on(Replica::load(&self.store)).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn folding_changes_nothing(steps in prop::collection::vec(step(), 1..14)) {
        let mut bench = Bench::default();
        for (version, step) in steps.into_iter().enumerate() {
            let mut changes = Changes::default();
            match step {
                Step::Put { from, count } => {
                    for key in from..(from + count).min(KEYS) {
                        let mirror = mirror(key, version as u64);
                        bench.model.insert(mirror.key.clone(), mirror.clone());
                        changes.put.push(Row::Mirror(mirror));
                    }
                    bench.commit(changes);
                }
                Step::Delete { from, count } => {
                    for key in (from..(from + count).min(KEYS)).map(|key| mirror(key, 0).key) {
                        bench.model.remove(&key);
                        changes.delete.push(RowKey::Mirror(key));
                    }
                    bench.commit(changes);
                }
                Step::Fold => bench.fold(0),
                Step::Reopen => bench.replica = bench.reopened(),
            }
            bench.check(&bench.replica);
            bench.check(&bench.reopened());
        }
    }
}

/// How many rows each page of a fold has, and how many of them are dead.
fn kept(fold: &Fold) -> Vec<(usize, usize)> {
    let rows = fold
        .base
        .pages
        .iter()
        .map(|kept| (kept.page.rows(), kept.dead.len()));
    rows.collect()
}

#[test]
fn a_page_of_which_much_is_left_stays_with_its_dead_rows() {
    let mut bench = Bench::default();
    let put = |keys: std::ops::Range<u32>, version| {
        let rows = keys.map(|key| Row::Mirror(mirror(key * 3, version)));
        Changes {
            put: rows.collect(),
            ..Changes::default()
        }
    };
    bench.commit(put(0..200, 1));
    bench.commit(put(0..40, 2));
    let fold = replica::fold(&bench.replica, 0).unwrap();
    assert_eq!(kept(&fold), [(40, 0), (200, 40)]);
    bench.fold(0);
    bench.commit(put(40..120, 3));
    let fold = replica::fold(&bench.replica, 0).unwrap();
    assert_eq!(
        kept(&fold),
        [(200, 0)],
        "80 of 200 are left: all are put together"
    );
    assert_eq!(fold.gone.len(), 3);
}

#[test]
fn rows_of_every_kind_are_carried_over() {
    let mut bench = Bench::default();
    let mut changes = Changes::default();
    changes.put(Row::Sync(SyncRow {
        whole_failures: 5,
        ..SyncRow::default()
    }));
    let local = RecordKey::new("order", "a local one");
    changes.put(Row::Alias(Alias {
        local: local.clone(),
        server_id: "O-1".into(),
    }));
    bench.commit(changes);
    bench.fold(0);
    let reopened = bench.reopened();
    assert_eq!(reopened.sync().whole_failures, 5);
    assert_eq!(reopened.resolve(&local), RecordKey::new("order", "O-1"));
}

#[test]
fn few_commits_are_not_folded() {
    let mut bench = Bench::default();
    for version in 1..=9 {
        bench.commit(Changes {
            put: vec![Row::Mirror(mirror(1, version))],
            ..Changes::default()
        });
    }
    assert!(replica::fold(&bench.replica, 10).is_none());
    assert!(replica::fold(&bench.replica, 9).is_some());
    assert!(matches!(
        bench.replica.mirror(&mirror(1, 0).key),
        Some(Held::Loose(_))
    ));
    bench.fold(9);
    assert!(matches!(
        bench.replica.mirror(&mirror(1, 0).key),
        Some(Held::Paged { .. })
    ));
}

/// A commit is lost: what the rest of the journal holds stays, but for how far the server's log had been read.
#[test]
fn salvage_keeps_everything_but_the_cursor_and_the_lease() {
    let lost = [store::Quarantined::Commit(2)];
    let device = DeviceRow {
        device_id: "device-1".into(),
        user_id: "user-1".into(),
        created_at: Timestamp::UNIX_EPOCH,
    };
    let cursor = Row::Cursor(store::CursorRow {
        cursor: "one".into(),
        partial: false,
        scan: 3,
        pulled_at: Timestamp::UNIX_EPOCH,
    });
    let lease = Row::Lease(store::Lease {
        token: "held".into(),
        expires_at: Timestamp::UNIX_EPOCH,
    });
    let sync = Row::Sync(SyncRow {
        parked: true,
        ..SyncRow::default()
    });
    let alias = Row::Alias(Alias {
        local: RecordKey::new("order", "local"),
        server_id: "WO-1".into(),
    });
    let mirrors = (0..3).map(|key| Row::Mirror(mirror(key, 1)));
    let mut put = vec![cursor, lease, sync.clone(), alias.clone()];
    put.extend(mirrors);
    let commit = Changes {
        put,
        ..Changes::default()
    };
    let replica = Replica::new(store::Snapshot {
        revision: 3,
        commits: vec![commit],
        quarantined: lost.to_vec(),
        ..store::Snapshot::default()
    });
    assert_eq!(replica::fold(&replica, 0), None, "nothing is folded away unasked");
    let fold = plan::salvage(&replica, &device).unwrap();
    assert_eq!(fold.base.rows, [alias, sync, Row::Device(device)]);
    let rows: usize = fold.base.pages.iter().map(|kept| kept.page.rows()).sum();
    assert_eq!(rows, 3, "records stay to be looked at");
}
