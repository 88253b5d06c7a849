//! What runs in a tab or the worker for as long as it lives: it opens the store, signs in, and drains.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_core::{
    engine::{Election, Engine, Round, Trigger},
    ports::{Clock, Ports},
};

use crate::{
    device::{SimEngine, SimPorts},
    executor::{Bell, Time},
    rng::Seeded,
    story::Story,
};

pub struct Driver {
    pub ports: SimPorts,
    pub engine: Rc<RefCell<Option<Rc<SimEngine>>>>,
    pub bell: Bell,
    pub lock: Rc<Cell<bool>>,
    pub election: Election,
    pub time: Time,
    pub rng: Rc<Seeded>,
    pub story: Story,
    pub name: String,
}

/// The platform's lock: given back when its holder is done or dies.
struct Held(Rc<Cell<bool>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Driver {
    pub async fn live(self) {
        let Self {
            ports,
            engine,
            bell,
            lock,
            election,
            time,
            rng,
            story,
            name,
        } = self;
        let Ok(opened) = Engine::open(ports).await else {
            return;
        };
        let opened = Rc::new(opened);
        while opened.replica().device().is_none() {
            let signed_in = sign_in(&opened).await;
            story.tell(&name, || format!("signs in: {signed_in}"));
            if !signed_in {
                time.sleep(rng.between(1_000, 60_000)).await;
            }
        }
        *engine.borrow_mut() = Some(Rc::clone(&opened));
        let mut trigger = Trigger::Launch;
        loop {
            let round = match election {
                Election::LeaseAlone => opened.sync(trigger, election).await,
                Election::Lock if lock.replace(true) => Round::Elsewhere,
                Election::Lock => {
                    let _held = Held(Rc::clone(&lock));
                    opened.sync(trigger, election).await
                }
            };
            story.tell(&name, || format!("{trigger:?} -> {round:?}"));
            if round == Round::Parked && rng.chance(500) {
                sign_in(&opened).await;
            }
            let rang = bell.within(time.sleep(patience(&opened, &round, &rng))).await;
            trigger = match rang {
                true => Trigger::Write,
                false => *rng
                    .pick(&[
                        Trigger::Timer,
                        Trigger::Manual,
                        Trigger::Reconnect,
                        Trigger::Launch,
                    ])
                    .unwrap_or(&Trigger::Timer),
            };
        }
    }
}

pub async fn sign_in(engine: &SimEngine) -> bool {
    engine
        .sign_in("grant_type=authorization_code&code=any".into())
        .await
        .is_ok()
}

/// How long the app waits before it tries again, if nothing happens meanwhile.
fn patience(engine: &SimEngine, round: &Round, rng: &Seeded) -> u64 {
    match round {
        Round::Done => rng.between(5_000, 300_000),
        Round::Waiting(Some(until)) => {
            let wait = (*until - engine.ports().clock().now()).num_milliseconds();
            u64::try_from(wait).unwrap_or(0).min(900_000) + 1
        }
        _ => rng.between(2_000, 90_000),
    }
}
