//! Coming and going: sign-in, setting a device up, sign-out.
//!
//! The code is exchanged before anything is stored, because only then is it known whose device this is. What the user's
//! own database keeps is written once it exists. A page that is reloaded in between asks to sign in again; the cookie then
//! tells the server which device this is.

use std::rc::Rc;

use holdfast_core::{
    json,
    ports::{Clock, Request, Response, Transport, Unreachable},
    protocol::{ErrorCode, TokenAnswer, WireError},
};
use wasm_bindgen_futures::spawn_local;

use super::{
    context::Context, error::ClientError, handle::Client, listeners::ClientEvent, open_data::tell_all,
    session::Session,
};
use crate::{channel::Message, clock::PlatformClock, pkce, storage_health::StorageHealth};

/// Somebody has signed in, and this device is not open for them yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub user_id: String,
    pub device_id: String,
    /// Their data is on this device: it wants their passcode. Otherwise a new passcode is to be set.
    pub known: bool,
}

impl Client {
    /// Where to send the browser to sign in, as a path on the server; it comes back to `redirect_uri` with `code` and
    /// `state`.
    pub async fn begin_sign_in(&self, redirect_uri: &str) -> Result<String, ClientError> {
        Ok(pkce::begin(redirect_uri).await?)
    }

    /// Exchanges the code. `user_id`: who signs in again, if the device knows them already; it then keeps its name
    /// with the server.
    pub async fn finish_sign_in(
        &self,
        code: &str,
        state: &str,
        user_id: Option<&str>,
    ) -> Result<SignedIn, ClientError> {
        let users = self.vault().users().await?;
        let again = match user_id {
            Some(user_id) => users.iter().find(|user| user.user_id == user_id),
            None => users.first(),
        };
        let form = pkce::finish(code, state, again.map(|user| user.device_id.as_str()))?;
        let answer = token(self.post("/oauth/token", form).await)?;
        if self.vault().owes_revocation().await? {
            // The cookie that it was owed for has just been replaced.
            self.vault().owe_revocation(false).await?;
        }
        self.recognise(answer).await
    }

    async fn recognise(&self, answer: TokenAnswer) -> Result<SignedIn, ClientError> {
        let (Some(user_id), Some(device_id)) = (answer.user_id, answer.device_id) else {
            let message = "The server did not say who signed in. Ask your administrator to update it.";
            return Err(ClientError::Refused(WireError::new(
                ErrorCode::ServerError,
                message,
            )));
        };
        let users = self.vault().users().await?;
        let known = users.iter().find(|user| user.user_id == user_id);
        // Under another name the server would take this device's resent writes for new ones.
        if known.is_some_and(|user| user.device_id != device_id) {
            return Err(ClientError::ChooseAccount);
        }
        Ok(SignedIn {
            known: known.is_some(),
            user_id,
            device_id,
        })
    }

    /// Sets the device up for somebody new to it: seals it under their passcode and begins the first sync.
    pub async fn set_up(&self, signed_in: &SignedIn, passcode: &str) -> Result<Rc<Session>, ClientError> {
        let SignedIn {
            user_id, device_id, ..
        } = signed_in;
        let before = self.vault().current().await?;
        let unlocked = self
            .vault()
            .create(user_id, device_id, passcode, PlatformClock.now())
            .await?;
        self.vault().note_cookie(user_id).await?;
        self.lock_out(before, user_id).await?;
        let session = self.open(unlocked).await?;
        session.data.engine.adopt_device(device_id, user_id).await?;
        if self.environment.context != Context::Manual {
            // Firefox asks the user, and answers once they do.
            spawn_local(async {
                StorageHealth::ask_to_persist().await;
            });
        }
        self.welcome(&session);
        Ok(session)
    }

    /// Opens the data of somebody who has just signed in again; a parked queue goes on.
    pub async fn unlock_signed_in(
        &self,
        signed_in: &SignedIn,
        passcode: &str,
    ) -> Result<Rc<Session>, ClientError> {
        let before = self.vault().current().await?;
        let unlocked = self
            .vault()
            .unlock(&signed_in.user_id, passcode, PlatformClock.now())
            .await?;
        self.vault().note_cookie(&signed_in.user_id).await?;
        self.lock_out(before, &signed_in.user_id).await?;
        let session = self.open(unlocked).await?;
        self.welcome(&session);
        Ok(session)
    }

    /// Learns what the user may do, then syncs.
    fn welcome(&self, session: &Rc<Session>) {
        if self.environment.context == Context::Manual {
            return;
        }
        let (client, session) = (self.clone(), session.clone());
        spawn_local(async move {
            // If it fails, the round that follows meets the same obstacle and says so.
            let _ = session.data.engine.refresh_me().await;
            client.launch(&session);
        });
    }

    /// Removes the open user's data from this device and ends their sign-in session. Offline, that session
    /// is ended at the next contact and its cookie is not used meanwhile.
    ///
    /// Unsent work is gone with it: ask before, and offer [`Recovery::export`](super::Recovery::export).
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        let session = self.open_session()?;
        session.data.tell_others(&Message::SignedOut);
        let user_id = session.user_id().to_owned();
        session.data.close(ClientEvent::SignedOut);
        drop(session);
        self.revoke_or_owe(&user_id).await?;
        Ok(self.vault().purge(&user_id).await?)
    }

    /// Removes the data of somebody who cannot open it any more (a forgotten passcode), unsent work with it.
    pub async fn forget(&self, user_id: &str) -> Result<(), ClientError> {
        if self.session().is_some_and(|session| session.user_id() == user_id) {
            return self.sign_out().await;
        }
        if let Some(database) = self.vault().database_of(user_id).await? {
            tell_all(&database, &Message::SignedOut);
        }
        self.revoke_or_owe(user_id).await?;
        Ok(self.vault().purge(user_id).await?)
    }

    /// Tells the server of a sign-out that it could not be told of. Call at start and when the network is back.
    pub async fn settle_revocation(&self) -> Result<(), ClientError> {
        if self.vault().owes_revocation().await? && self.revoke().await {
            self.vault().owe_revocation(false).await?;
            self.vault().delete_if_empty().await?;
        }
        Ok(())
    }

    /// Another user's sign-in session is not theirs to end.
    async fn revoke_or_owe(&self, user_id: &str) -> Result<(), ClientError> {
        if !self.vault().has_cookie(user_id).await? {
            return Ok(());
        }
        let revoked = self.revoke().await;
        Ok(self.vault().owe_revocation(!revoked).await?)
    }

    /// Ends the sign-in session that the cookie stands for; answers whether the server did.
    async fn revoke(&self) -> bool {
        let answer = self.post("/oauth/revoke", String::new()).await;
        answer.is_ok_and(|response| response.status == 200 && !response.text().contains('<'))
    }

    async fn post(&self, path: &str, form: String) -> Result<Response, Unreachable> {
        self.environment.transport.send(Request::form(path, form)).await
    }
}

/// What a token request got.
fn token(answered: Result<Response, Unreachable>) -> Result<TokenAnswer, ClientError> {
    let response = answered.map_err(|_| ClientError::Unreachable)?;
    match response.status {
        200 => json::from_slice(&response.body).map_err(|_| ClientError::Unreachable),
        400 | 401 if response.text().contains("\"error\"") => Err(ClientError::Refused(WireError::new(
            ErrorCode::AuthError,
            "Sign in again to go on.",
        ))),
        429 => {
            let message = "Too many tries. Wait a minute, then try again.";
            Err(ClientError::Refused(WireError::new(
                ErrorCode::RateLimited,
                message,
            )))
        }
        _ => Err(ClientError::Unreachable),
    }
}
