//! Locking, and what the lock screen needs to know.

use holdfast_browser::client::LockAfter;
use holdfast_core::{Timestamp, text::TextOrder};
use leptos::{prelude::*, task::spawn_local};

use super::{Fault, Known, Phase, Session};

/// How somebody's data is locked.
#[derive(Debug)]
pub struct Locked {
    /// When the next passcode may be tried, by [`Session::steady_ms`].
    pub next_attempt: f64,
    /// Until when it is synced though it is locked: "sync while the app is closed".
    pub synced_until: Option<Timestamp>,
}

impl Session {
    /// Locks by hand, in every tab.
    pub fn lock(self) {
        spawn_local(async move {
            self.drafts.keep_now().await;
            if let Err(error) = self.client().lock().await {
                self.toasts.say(error.to_string());
            }
        });
    }

    /// The data was closed, here or in another tab: nothing of it stays on the page.
    pub(super) fn closed(self) {
        self.drafts.close();
        self.toasts.clear();
        self.started.set(false);
        self.set_up_after.set(None);
        self.lists.update_value(std::collections::HashMap::clear);
        super::ORDER.with(TextOrder::clear);
        self.phase.set(Phase::Starting);
        spawn_local(async move { self.rest(None).await });
    }

    /// How a person's data is locked. Nothing in particular if the device cannot tell.
    pub async fn locked(self, user_id: &str) -> Locked {
        let client = self.client();
        let left_ms = client.wait_left_ms(user_id).await.unwrap_or_default();
        Locked {
            next_attempt: self.steady_ms() + f64::from(left_ms),
            synced_until: client.kept_until(user_id).await.unwrap_or_default(),
        }
    }

    /// A forgotten passcode: what is sealed under it can only be erased.
    pub fn erase(self, known: Known) {
        spawn_local(async move {
            match self.client().forget(&known.user_id).await {
                Ok(()) => {
                    self.replace_address("/");
                    self.rest(None).await;
                }
                Err(error) => self.phase.set(Phase::Broken(error.to_string())),
            }
        });
    }

    /// After how long without a touch the app locks by itself.
    pub fn lock_after(self) -> LockAfter {
        self.data().map(|data| data.lock_after()).unwrap_or_default()
    }

    pub async fn set_lock_after(self, after: LockAfter) -> Result<(), Fault> {
        Ok(self.client().set_lock_after(after).await?)
    }

    /// How many stored values were looked at, of how many, while they are sealed with a new data key.
    pub fn resealing(self) -> Option<(usize, usize)> {
        self.active.track();
        let data = self.data()?;
        let rotation = data.key_rotation();
        let progress = rotation.progress().unwrap_or_default();
        rotation.is_under_way().then_some((progress.done, progress.of))
    }

    pub async fn syncs_while_closed(self) -> bool {
        self.client().keeps_key().await.unwrap_or_default()
    }

    pub async fn sync_while_closed(self, wanted: bool) -> Result<(), Fault> {
        Ok(self.client().keep_key(wanted).await?)
    }

    /// Until when the app syncs while it is closed, if it does.
    pub async fn synced_until(self) -> Option<Timestamp> {
        let user_id = self.data()?.user_id().to_owned();
        self.client().kept_until(&user_id).await.unwrap_or_default()
    }
}
