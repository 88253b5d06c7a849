//! Locking: the keys leave every context of the person at once, and nothing opened before is open any more.

use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};

use super::{Client, ClientError, ClientEvent, session::Session};
use crate::{
    channel::{Channel, Message},
    vault::VaultError,
};

/// The name of the channel over which the contexts of one person talk.
pub(super) fn channel_of(database: &str) -> String {
    format!("{database}-changes")
}

impl Session {
    /// Locks here and in every other context. What must not wait is done when this returns: this context's keys are
    /// gone, the others are told. The future ends once kept keys are deleted and the locking is counted.
    ///
    /// The others are told once more then: a worker that was just being let in heard nothing of the first time, and looks
    /// at the count after it began to listen.
    pub(super) fn lock_everywhere(&self) -> LocalBoxFuture<'static, Result<(), VaultError>> {
        self.tell_others(&Message::Locked);
        let channel = self.ears.borrow_mut().channel.take();
        let (vault, user_id) = (self.vault.clone(), self.user_id().to_owned());
        self.close(ClientEvent::Locked);
        async move {
            let locked = vault.lock(&user_id).await;
            if let Some(channel) = channel {
                channel.tell(&Message::Locked);
            }
            locked
        }
        .boxed_local()
    }
}

impl Client {
    /// Locks: the keys leave the memory of every context, and kept keys are deleted. Unsent work waits.
    pub async fn lock(&self) -> Result<(), ClientError> {
        match self.session() {
            Some(session) => Ok(session.lock_everywhere().await?),
            None => Ok(()),
        }
    }

    /// Locks whoever used the app before somebody else does: no context, and above all not the worker, goes on under
    /// another name than that of the person before the screen.
    pub(super) async fn lock_out(&self, before: Option<String>, user_id: &str) -> Result<(), ClientError> {
        let Some(before) = before.filter(|before| before != user_id) else {
            return Ok(());
        };
        let Some(database) = self.vault.database_of(&before).await? else {
            return Ok(());
        };
        self.vault.lock(&before).await?;
        tell(&database, &Message::Locked);
        Ok(())
    }

    /// Whether a session that needs to be asked for anew may stay open; one that may not is closed.
    pub(super) async fn may_stay(&self, session: &Rc<Session>) -> Result<bool, ClientError> {
        let open = !session.is_closed() && self.vault.is_current(&session.unlocked()?).await?;
        if !open {
            session.close(ClientEvent::Locked);
        }
        Ok(open)
    }
}

/// Tells all contexts of a person from outside.
pub(super) fn tell(database: &str, message: &Message) {
    if let Some(channel) = Channel::join(&channel_of(database), |_| {}) {
        channel.tell(message);
    }
}
