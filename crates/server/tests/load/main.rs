//! The server as a process, under load, under `kill -9`, under attack, and beside a hostile neighbour.
//!
//! Writers push over HTTP while readers page through deltas, all as devices of several people, into one SQLite file.
//! Each write leaves two marks in its work order: a note under the write's key, which shows that it is there and in
//! which order, and a quantity that is summed, which shows that it was applied once. What was acknowledged stands on
//! the [`board`]; readers hold the server to it after every round, and the [`truth`] is read at the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up has failed"
)]

mod attacker;
mod bench;
mod board;
mod dispatcher;
mod killer;
mod prober;
mod process;
mod reader;
mod scene;
mod session;
mod truth;
mod writer;

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use killer::Plan;
use scene::{Cast, Scene};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_change_is_skipped_and_no_write_doubled() {
    let scene = Scene::open(
        Cast {
            writers: 6,
            readers: 6,
        },
        1,
    )
    .await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let figures = scene.close().await;
    println!("{figures}");
    assert!(figures.writes > 100 && figures.rounds > 20, "{figures}");
}

/// `HOLDFAST_KILLS` and `HOLDFAST_SEED` make it longer and another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_it_loses_and_doubles_nothing() {
    let plan = Plan::from_environment();
    let scene = Scene::open(
        Cast {
            writers: 4,
            readers: 3,
        },
        plan.seed,
    )
    .await;
    let (scene, restarts) = scene.kill(plan).await;
    let figures = scene.close().await;
    println!("{restarts}\n{figures}");
    assert!(figures.resent > 0, "no kill met a push: {figures}");
}

/// `HOLDFAST_SECONDS` and `HOLDFAST_SEED` make it longer and another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attacked_it_reveals_changes_and_resets_nothing_of_others() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number("HOLDFAST_SEED").unwrap_or(1);
    let cast = Cast {
        writers: 2,
        readers: 2,
    };
    let scene = Scene::open(cast, seed).await;
    let (attacker, prober) = (scene.attack(seed).await, scene.probe().await);
    let epoch = scene.epoch();
    let stop = Arc::new(AtomicBool::new(false));
    let attacking = tokio::spawn(attacker.run(stop.clone()));
    let probing = tokio::spawn(prober.run(stop.clone()));
    tokio::time::sleep(Duration::from_secs(number("HOLDFAST_SECONDS").unwrap_or(8))).await;
    stop.store(true, Ordering::Relaxed);
    let tried = attacking.await.unwrap();
    let waits = probing.await.unwrap();
    assert_eq!(scene.epoch(), epoch, "an epoch began, and nothing was lost");
    let figures = scene.close().await;
    println!("{tried}\n{waits}\n{figures}");
    assert!(tried.requests > 20 && figures.writes > 0, "{tried}; {figures}");
}

/// `HOLDFAST_SECONDS`, `HOLDFAST_RECORDS` and `HOLDFAST_SEED` make it longer, larger and another; `HOLDFAST_ATTACK` names
/// the one attack to make. It prints how long honest devices waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_hostile_neighbour_no_honest_request_is_refused() {
    let outcome = bench::measure(&bench::Plan::from_environment()).await;
    println!("{outcome}");
    assert_eq!(
        (outcome.alone.refused, outcome.beside.refused),
        (0, 0),
        "{outcome}"
    );
    for waits in [&outcome.alone, &outcome.beside] {
        assert_eq!(waits.by_request.len(), 4, "{outcome}");
    }
    let statuses = || outcome.neighbour.values().flatten();
    assert!(statuses().any(|(status, _)| *status == 200), "{outcome}");
    let faults = statuses().filter(|(status, _)| **status >= 500 && **status != 503);
    assert_eq!(faults.count(), 0, "{outcome}");
}
