//! Random work by several people while a device follows with lost answers and small pages: in the end it holds exactly
//! what it should, and no committed change was skipped.

use std::time::{Duration, Instant};

use holdfast_core::protocol::ResultStatus;
use serde_json::json;

use super::{World, create, delete, device::Device, on_both, update};
use crate::storage::memory::MemoryStorage;
use crate::storage::port::Storage;
use crate::storage::sqlite::SqliteDatabase;

on_both!(a_follower_ends_up_with_everything);

/// A small generator, so that a failing seed can be run again.
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn a_follower_ends_up_with_everything(world: World<impl Storage>) {
    for seed in 0..12 {
        random_work(&world, seed);
    }
}

fn random_work(world: &World<impl Storage>, seed: u64) {
    let mut dice = Dice(seed);
    let mut device = Device::new(world.tara());
    device.caller.device_id = format!("tara-{seed}");
    for asset in 0..4 {
        world.given(
            "asset",
            &format!("AS-{asset}"),
            json!({ "name": format!("{seed}"), "siteId": "north" }),
        );
    }
    for step in 0..60 {
        let people = [world.tara(), world.jonas(), world.samir()];
        let by = &people[dice.roll(3) as usize];
        let key = format!("{seed}-{step}");
        let orders = world.all("order");
        let target = (!orders.is_empty()).then(|| &orders[dice.roll(orders.len() as u64) as usize]);
        match (dice.roll(10), target) {
            (0..=2, _) | (_, None) => {
                let owner = ["tara", "jonas"][dice.roll(2) as usize];
                let asset = format!("AS-{}", dice.roll(4));
                let fields = json!({ "title": key, "owner": owner, "siteId": "north", "assetId": asset });
                world.push_one(by, create(&key, &key, fields));
            }
            (3, Some(order)) => {
                world.push_one(&world.samir(), delete(&key, &order.id, order.version));
            }
            (4, Some(order)) => {
                let owner = ["tara", "jonas"][dice.roll(2) as usize];
                world.push_one(
                    &world.samir(),
                    update(&key, &order.id, order.version, json!({ "owner": owner })),
                );
            }
            (_, Some(order)) => {
                let version = order.version.saturating_sub(dice.roll(2)).max(1);
                let status = ["open", "done"][dice.roll(2) as usize];
                world.push_one(
                    by,
                    update(
                        &key,
                        &order.id,
                        version,
                        json!({ "finding": key, "status": status }),
                    ),
                );
            }
        }
        if dice.roll(3) == 0 {
            let page = world
                .pull(
                    &device.caller,
                    device.cursor.as_deref(),
                    1 + dice.roll(5) as usize,
                )
                .unwrap();
            if dice.roll(3) > 0 {
                device.apply(world, &page);
            }
        }
    }
    device.sync(world, 3);
    device.agrees(world);
    let readable = world.all("order").into_iter().filter(|order| {
        let own = order.fields.get("owner").is_some_and(|owner| owner == "tara")
            || order.fields.get("createdBy").is_some_and(|by| by == "tara");
        own && order.fields["status"] == "open"
    });
    for order in readable {
        assert!(
            device.mirrors.contains_key(&("order".into(), order.id.clone())),
            "seed {seed} lacks {}",
            order.id
        );
    }
}

/// Writers on several threads, and a reader that follows: it sees every change, whichever thread committed first.
#[test]
fn a_reader_skips_nothing_under_concurrent_writers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let seen = std::thread::scope(|scope| {
        let worlds: Vec<_> = (0..4)
            .map(|_| World::new(SqliteDatabase::open(&path).unwrap()))
            .collect();
        let writers: Vec<_> = worlds
            .into_iter()
            .enumerate()
            .map(|(thread, world)| {
                scope.spawn(move || {
                    for number in 0..25 {
                        let key = format!("{thread}-{number}");
                        let made = world.push_one(
                            &world.samir(),
                            create(&key, &key, json!({ "title": key, "siteId": "north" })),
                        );
                        assert_eq!(made.status, ResultStatus::Success, "{made:?}");
                    }
                })
            })
            .collect();
        let world = World::new(SqliteDatabase::open(&path).unwrap());
        let mut device = Device::new(world.samir());
        device.caller.device_id = "follower".into();
        let patience = Instant::now() + Duration::from_secs(60);
        while Instant::now() < patience {
            device.sync(&world, 7);
            if writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                break;
            }
        }
        device.sync(&world, 7);
        device.agrees(&world);
        device.holds("order").len()
    });
    assert_eq!(seen, 100);
}

/// The same history in memory and in SQLite gives the same answers, byte for byte: a run can be replayed.
#[test]
fn both_storages_give_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let memory = World::new(MemoryStorage::default());
    let sqlite = World::new(SqliteDatabase::open(&folder.path().join("test.db")).unwrap());
    random_work(&memory, 7);
    random_work(&sqlite, 7);
    let page = |page: Result<holdfast_core::protocol::Delta, crate::sync::Refusal>| {
        serde_json::to_string(&page.unwrap()).unwrap()
    };
    assert_eq!(
        page(memory.pull(&memory.samir(), None, 1_000)),
        page(sqlite.pull(&sqlite.samir(), None, 1_000))
    );
}
