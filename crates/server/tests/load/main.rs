//! The server as a process, under load and under `kill -9`.
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

mod board;
mod dispatcher;
mod killer;
mod process;
mod reader;
mod scene;
mod session;
mod truth;
mod writer;

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
