//! Opening a user's data, and closing it.

use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::{
    engine::{Round, Trigger},
    ports::Clock,
    store::StoreError,
};
use wasm_bindgen_futures::spawn_local;

use super::{
    context::Context, error::ClientError, handle::Client, listeners::ClientEvent, open_data::tell_all,
    session::Session,
};
use crate::{channel::Message, clock::PlatformClock, handover, vault::Unlocked};

impl Client {
    /// Opens a user's data by the device passcode.
    ///
    /// # Errors
    /// If the passcode is wrong or may not be tried yet, or the storage cannot be read.
    pub async fn unlock(&self, user_id: &str, passcode: &str) -> Result<Rc<Session>, ClientError> {
        let before = self.vault().current().await?;
        let now = PlatformClock.now();
        let unlocked = self.vault().unlock(user_id, passcode, now).await?;
        self.lock_out(before, user_id).await?;
        let session = self.open(unlocked).await?;
        self.launch(&session);
        Ok(session)
    }

    /// Milliseconds until the next passcode may be tried; 0: now. Time counts while the app is open, by a clock that nobody
    /// can set. To be asked again and again while a wait is shown: each call stores how much of it has been served.
    ///
    /// # Errors
    /// If the vault cannot be read or written.
    pub async fn wait_left_ms(&self, user_id: &str) -> Result<u32, ClientError> {
        Ok(self.vault().wait_left_ms(user_id).await?)
    }

    /// For the worker: opens without a passcode, by the keys kept for "sync while the app is closed", or by
    /// those of an unlocked page. `None`: locked.
    ///
    /// Boxed here, so that the client's code is compiled into this crate alone and not once more into the worker's.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn resume(&self) -> LocalBoxFuture<'_, Result<Option<Rc<Session>>, ClientError>> {
        self.resume_by_keys().boxed_local()
    }

    async fn resume_by_keys(&self) -> Result<Option<Rc<Session>>, ClientError> {
        let _alone = self.shared.resuming.lock().await;
        let open = self.session();
        let fresh = |session: &Rc<Session>| {
            let until = session.data.until.get();
            until.is_none_or(|until| PlatformClock.now() < until)
        };
        if let Some(session) = open.clone().filter(fresh) {
            return Ok(Some(session));
        }
        let Some(unlocked) = self.keys_of_current().await? else {
            if let Some(session) = open {
                session.data.close(ClientEvent::Locked);
            }
            return Ok(None);
        };
        let session = match open.filter(|session| session.user_id() == unlocked.user_id) {
            Some(session) => {
                session.data.until.set(unlocked.until);
                if !session.is_closed() {
                    session.store().unlock(unlocked.keys);
                }
                session
            }
            None => match self.open(unlocked).await {
                // The data key was replaced at that very moment, and nobody gave the new one.
                Err(ClientError::Store(StoreError::Locked)) => return Ok(None),
                opened => opened?,
            },
        };
        // Somebody may have locked while it was being opened, too early to be heard.
        Ok(self.may_stay(&session).await?.then_some(session))
    }

    /// What opens the last user's data without a passcode, if anything does.
    async fn keys_of_current(&self) -> Result<Option<Unlocked>, ClientError> {
        let vault = self.vault();
        let Some(user_id) = vault.current().await? else {
            return Ok(None);
        };
        Ok(match vault.kept(&user_id, PlatformClock.now()).await? {
            Some(unlocked) => Some(unlocked),
            None => handover::ask(&user_id, vault.generation(&user_id).await?).await,
        })
    }

    /// Opens a user's data; what was open before is closed.
    pub(super) async fn open(&self, unlocked: Unlocked) -> Result<Rc<Session>, ClientError> {
        let session = Session::open(&unlocked, self.environment.clone()).await?;
        self.forget_when_closed(&session);
        match self.environment.context {
            // Lists are shown meanwhile. A failure shows wherever whole records are needed: they are asked for again there.
            Context::Page => spawn_local({
                let session = session.clone();
                async move { drop(session.data.engine.complete().await) }
            }),
            Context::Worker => session.data.engine.complete().await?,
            Context::Manual => {}
        }
        let before = self.shared.session.replace(Some(session.clone()));
        if let Some(before) = before {
            before.data.close(ClientEvent::Locked);
        }
        self.environment.listeners.tell(ClientEvent::Opened);
        Ok(session)
    }

    /// A session that has ended is not handed out any more.
    fn forget_when_closed(&self, session: &Rc<Session>) {
        let (shared, ended) = (Rc::downgrade(&self.shared), Rc::downgrade(session));
        session.data.at_close(move || {
            let Some(shared) = shared.upgrade() else { return };
            let is_ended = |open: &mut Rc<Session>| std::ptr::eq(Rc::as_ptr(open), ended.as_ptr());
            // Dropped once nothing is borrowed any more.
            let _ended = shared.session.borrow_mut().take_if(is_ended);
        });
    }

    /// The first round, and tidying up after it.
    pub(super) fn launch(&self, session: &Rc<Session>) {
        if self.environment.context == Context::Manual {
            return;
        }
        session.key_rotation().resume();
        let session = session.clone();
        spawn_local(async move {
            let engine = &session.data.engine;
            if session.sync().run(Trigger::Launch).await == Round::Done {
                // What the user may do can have changed; if not learned now, then at the next launch.
                let _ = engine.refresh_me().await;
            }
            // Tidying that fails is tried again at the next launch.
            let _ = engine.clean_up().await;
            let _ = session.server().cached_reads().fold(PlatformClock.now()).await;
        });
    }

    /// Locks: the keys leave the memory of every context, and kept keys are deleted. Unsent work waits.
    ///
    /// # Errors
    /// If kept keys cannot be deleted. The data is closed all the same.
    pub async fn lock(&self) -> Result<(), ClientError> {
        match self.session() {
            Some(session) => Ok(session.locking.lock_everywhere().await?),
            None => Ok(()),
        }
    }

    /// Closes the data in this context only: its keys leave this context's memory. Other contexts stay open, and kept keys
    /// stay on the device.
    pub fn close(&self) {
        if let Some(session) = self.session() {
            session.data.close(ClientEvent::Locked);
        }
    }

    /// Locks the data of the user who was here before another user's is opened: no context, and above all not the worker,
    /// continues for another user than the one before the screen.
    pub(super) async fn lock_out(&self, before: Option<String>, user_id: &str) -> Result<(), ClientError> {
        let Some(before) = before.filter(|before| before != user_id) else {
            return Ok(());
        };
        let Some(database) = self.vault().database_of(&before).await? else {
            return Ok(());
        };
        self.vault().lock(&before).await?;
        tell_all(&database, &Message::Locked);
        Ok(())
    }

    /// Whether a session may stay open; one that may not is closed.
    async fn may_stay(&self, session: &Rc<Session>) -> Result<bool, ClientError> {
        let open = !session.is_closed() && self.vault().is_current(&session.data.unlocked()?).await?;
        if !open {
            session.data.close(ClientEvent::Locked);
        }
        Ok(open)
    }
}
