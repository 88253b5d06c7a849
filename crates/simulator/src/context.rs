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
    executor::Bell,
    link::Link,
    network::Network,
    rng::Seeded,
    server::sessions,
    story::Story,
};

/// Commits between folds: few, so that a run of hours has many.
const FOLD_AFTER: u64 = 12;

/// What makes the app look whether there is something to do, but for a write.
const TRIGGERS: [Trigger; 5] = [
    Trigger::Timer,
    Trigger::Manual,
    Trigger::Reconnect,
    Trigger::Launch,
    Trigger::Periodic,
];

pub struct Driver {
    pub engine: Rc<RefCell<Option<Rc<SimEngine>>>>,
    pub bell: Bell,
    pub lock: Lock,
    pub election: Election,
    pub network: Rc<Network>,
    pub link: Rc<Link>,
    pub user: String,
    pub rng: Rc<Seeded>,
    pub story: Story,
    pub name: String,
}

/// The platform's lock: given back when its holder is done or dies, and taken away when the holder is put to sleep.
#[derive(Debug, Clone, Default)]
pub struct Lock(Rc<State>);

#[derive(Debug, Default)]
struct State {
    /// Zero: nobody.
    holder: Cell<u64>,
    holders: Cell<u64>,
}

/// A holder's claim; void, once the lock was taken away.
#[derive(Debug)]
struct Held(Lock, u64);

impl Lock {
    fn try_take(&self) -> Option<Held> {
        if self.0.holder.get() != 0 {
            return None;
        }
        let number = self.0.holders.get() + 1;
        self.0.holders.set(number);
        self.0.holder.set(number);
        Some(Held(self.clone(), number))
    }

    pub fn take_away(&self) {
        self.0.holder.set(0);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.0.0.holder.get() == self.1 {
            self.0.0.holder.set(0);
        }
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
    pub async fn live(self, ports: SimPorts) {
        let Ok(opened) = Engine::open(ports).await else {
            return;
        };
        let opened = Rc::new(opened);
        let time = &self.network.time;
        while opened.replica().device().is_none() {
            if !self.sign_in(&opened).await {
                time.sleep(self.rng.between(1_000, 60_000)).await;
            }
        }
        *self.engine.borrow_mut() = Some(Rc::clone(&opened));
        let mut trigger = Trigger::Launch;
        loop {
            // Of what the app does at launch; a part at a time, as long as there is any.
            if trigger == Trigger::Launch && opened.clean_up().await.is_err() {
                return;
            }
            let round = self.sync(&opened, trigger).await;
            if opened.fold(FOLD_AFTER).await.is_err() {
                return;
            }
            let eventful = !matches!(round, Round::Done | Round::Elsewhere);
            self.story.tell_if(&self.name, || {
                eventful.then(|| format!("{trigger:?} -> {round:?}"))
            });
            if round == Round::Parked && self.rng.chance(500) {
                self.sign_in(&opened).await;
            }
            let patience = time.sleep(self.patience(&opened, &round));
            trigger = match self.bell.within(patience).await {
                true => Trigger::Write,
                false => *self.rng.pick(&TRIGGERS).unwrap_or(&Trigger::Timer),
            };
        }
    }

    async fn sync(&self, engine: &SimEngine, trigger: Trigger) -> Round {
        match self.election {
            Election::LeaseAlone => engine.sync(trigger, self.election).await,
            Election::Lock => match self.lock.try_take() {
                Some(_held) => engine.sync(trigger, self.election).await,
                None => Round::Elsewhere,
            },
        }
    }

    /// The person types user name and password, if the server shows its page.
    async fn sign_in(&self, engine: &SimEngine) -> bool {
        let device_id = engine.replica().device().map(|device| device.device_id.clone());
        let signed_in = match self.network.sign_in_page(&self.link, &self.user).await {
            Some(code) => {
                let form = sessions::code_form(&code, device_id.as_deref());
                engine
                    .sign_in(form)
                    .await
                    .map(drop)
                    .map_err(|error| error.to_string())
            }
            None => Err("there is no sign-in page".to_owned()),
        };
        self.story.tell(&self.name, || format!("signs in: {signed_in:?}"));
        signed_in.is_ok()
    }

    /// How long the app waits before it tries again, if nothing happens meanwhile.
    fn patience(&self, engine: &SimEngine, round: &Round) -> u64 {
        match round {
            Round::Done => self.rng.between(5_000, 300_000),
            Round::Waiting(Some(until)) => {
                let wait = (*until - engine.ports().clock().now()).num_milliseconds();
                u64::try_from(wait).unwrap_or(0).min(900_000) + 1
            }
            _ => self.rng.between(2_000, 90_000),
        }
    }
}
