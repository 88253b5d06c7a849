//! Locking, by hand and automatically: the keys leave every context of the user at once.
//!
//! Each page looks at the clock every second, whenever it is looked at again, and before a touch counts. So a page that
//! slept, was hidden or frozen meanwhile locks before it shows or takes anything. How long nobody may touch the app is a
//! private setting of the user: nobody can change or remove it to gain time, because without one the default holds.

use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use gloo::timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;

use super::{
    context::Context,
    error::ClientError,
    idle::{Idle, LockAfter},
    listeners::ClientEvent,
    open_data::OpenData,
};
use crate::{
    activity::{Activity, Sign},
    channel::Message,
    vault::{Private, Unlocked, Vault, VaultError},
};

/// The name of the setting.
const SETTING: &str = "lock-after";

/// How often the clock is looked at, in milliseconds.
const LOOK_EVERY_MS: u32 = 1_000;

/// Locks the open data.
#[derive(Debug)]
pub(super) struct Locking {
    data: Rc<OpenData>,
    idle: Idle,
}

/// Looks at the clock and hears touches until it is dropped.
#[derive(Debug)]
pub(super) struct IdleWatch {
    _clock: Interval,
    _activity: Activity,
}

impl Locking {
    pub(super) async fn new(data: &Rc<OpenData>, unlocked: &Unlocked) -> Rc<Self> {
        let environment = &data.environment;
        let after = match environment.context {
            Context::Page => chosen(&environment.vault, unlocked).await,
            Context::Worker | Context::Manual => LockAfter::Never,
        };
        let this = Rc::new(Self {
            data: data.clone(),
            idle: Idle::new(&data.database, after, data.now()),
        });
        let closing = Rc::downgrade(&this);
        data.at_close(move || {
            if let Some(this) = closing.upgrade() {
                this.idle.forget();
            }
        });
        this
    }

    /// Locks here and in every other context. What must not wait is done when this returns: this context's keys are
    /// gone, the others are told. The future ends once kept keys are deleted and the locking is counted.
    ///
    /// The others are told once more then: a worker that was just being let in heard nothing of the first time, and looks
    /// at the count after it began to listen.
    pub(super) fn lock_everywhere(&self) -> LocalBoxFuture<'static, Result<(), VaultError>> {
        let data = &self.data;
        data.tell_others(&Message::Locked);
        let channel = data.leave();
        let (vault, user_id) = (data.environment.vault.clone(), data.user_id.clone());
        data.close(ClientEvent::Locked);
        async move {
            let locked = vault.lock(&user_id).await;
            if let Some(channel) = channel {
                channel.tell(&Message::Locked);
            }
            locked
        }
        .boxed_local()
    }

    /// How long nobody may touch the app before it locks.
    pub(super) fn lock_after(&self) -> LockAfter {
        self.idle.after.get()
    }

    /// Chooses how long, for every tab of the user.
    pub(super) async fn set_lock_after(&self, after: LockAfter) -> Result<(), ClientError> {
        let data = &self.data;
        let minutes = after.minutes().to_string();
        let (vault, kind, chosen) = (&data.environment.vault, Private::Setting, Some(minutes.as_str()));
        data.with_newest_keys(async |unlocked| vault.put_private(unlocked, kind, SETTING, chosen).await)
            .await?;
        self.idle.after.set(after);
        data.tell_others(&Message::SettingsChanged);
        Ok(())
    }

    /// Reads in the background what another context chose.
    pub(super) fn reread_lock_after(self: &Rc<Self>) {
        let this = self.clone();
        spawn_local(async move {
            if let Ok(unlocked) = this.data.unlocked() {
                let vault = &this.data.environment.vault;
                this.idle.after.set(chosen(vault, &unlocked).await);
            }
        });
    }

    /// Begins to watch for the time to lock.
    pub(super) fn watch(self: &Rc<Self>) -> IdleWatch {
        let (clock, signs) = (Rc::downgrade(self), Rc::downgrade(self));
        IdleWatch {
            _clock: Interval::new(LOOK_EVERY_MS, move || {
                if let Some(this) = clock.upgrade() {
                    this.look_at_the_clock();
                }
            }),
            _activity: Activity::listen(move |sign| {
                let Some(this) = signs.upgrade() else { return };
                if !this.look_at_the_clock() && sign == Sign::Touched {
                    this.idle.touch(this.data.now());
                }
            }),
        }
    }

    /// Locks if the time is over; returns whether it is.
    fn look_at_the_clock(&self) -> bool {
        let over = self.idle.is_over(self.data.now());
        if over && !self.data.is_closed() {
            let locking = self.lock_everywhere();
            // The keys are gone from here and from other tabs already; kept ones expire if deleting them fails.
            spawn_local(async move {
                let _ = locking.await;
            });
        }
        over
    }
}

/// What the user chose; the default if nothing can be read.
async fn chosen(vault: &Vault, unlocked: &Unlocked) -> LockAfter {
    let stored = vault.private(unlocked, Private::Setting, SETTING).await;
    LockAfter::of_minutes(&stored.ok().flatten().unwrap_or_default())
}
