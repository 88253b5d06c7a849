//! The access token: in memory only, got by the cookie that scripts cannot read (protocol S1–S8).

use super::{Engine, exchange::Failure};
use crate::{
    ports::{Ports, Request},
    protocol::{Me, TokenAnswer, WireError},
    store::{Changes, Row, StoreError, SyncRow},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    #[error("{0}")]
    Refused(WireError),
    #[error("the server could not be reached")]
    Unreachable,
    #[error("the device holds the work of somebody else")]
    OtherUser,
    /// The device is known under the name that another context's sign-in got for it, at the same moment.
    #[error("another context signed in at the same moment")]
    AnotherTab,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<P: Ports> Engine<P> {
    /// Exchanges an authorization code for the first access token and learns who is signed in.
    ///
    /// `form`: the body of the token request. A device that is set up for somebody else is left as it is.
    pub async fn sign_in(&self, form: String) -> Result<Me, SignInError> {
        let answer = self.token_request(form).await.map_err(refused)?;
        self.welcomes(&answer)?;
        let device_id = answer.device_id.clone().unwrap_or_default();
        *self.token.borrow_mut() = Some(answer.clone());
        let me = self.refresh_me().await?;
        self.adopt_device(&device_id, &me.user_id).await?;
        self.welcomes(&answer)?;
        Ok(me)
    }

    /// Asks who is signed in, keeps the answer, and wakes a parked queue.
    pub async fn refresh_me(&self) -> Result<Me, SignInError> {
        let me: Me = self.get("/api/v1/me").await.map_err(refused)?;
        if self
            .replica()
            .device()
            .is_some_and(|device| device.user_id != me.user_id)
        {
            *self.token.borrow_mut() = None;
            return Err(SignInError::OtherUser);
        }
        self.remember_me(&me).await?;
        self.park(false).await?;
        Ok(me)
    }

    /// The token in memory, or a new one by the cookie.
    pub(super) async fn access_token(&self, fresh: bool) -> Result<String, Failure> {
        let held = self.token.borrow().clone();
        // Another person signed in beside this one, or the same in another tab at the same moment, as another device:
        // nothing may be sent under the wrong name.
        if let Some(held) = held.filter(|held| !fresh && self.welcomes(held).is_ok()) {
            return Ok(held.access_token);
        }
        let answer = self
            .token_request("grant_type=refresh_token&client_id=holdfast-pwa".into())
            .await?;
        if self.welcomes(&answer).is_err() {
            return Err(Failure::SignedOut);
        }
        *self.token.borrow_mut() = Some(answer.clone());
        Ok(answer.access_token)
    }

    /// Whether a token is for the person and the device that this store belongs to, as far as both are known.
    fn welcomes(&self, answer: &TokenAnswer) -> Result<(), SignInError> {
        let differ = |mine: &str, given: &Option<String>| given.as_ref().is_some_and(|given| given != mine);
        match self.replica().device() {
            Some(own) if differ(&own.user_id, &answer.user_id) => Err(SignInError::OtherUser),
            Some(own) if differ(&own.device_id, &answer.device_id) => Err(SignInError::AnotherTab),
            _ => Ok(()),
        }
    }

    /// Forgets the token in memory: at sign-out and when the app locks.
    pub fn forget_token(&self) {
        *self.token.borrow_mut() = None;
    }

    async fn token_request(&self, form: String) -> Result<TokenAnswer, Failure> {
        let response = self.send(Request::form("/oauth/token", form)).await?;
        // RFC 6749 §5.2: 400 or 401 with `error`, which is not the API's error shape.
        if matches!(response.status, 400 | 401) && response.text().contains("\"error\"") {
            *self.token.borrow_mut() = None;
            return Err(Failure::SignedOut);
        }
        let answer = self.believe(response).await?;
        self.shaped(&answer).await
    }

    /// Parks the queue until somebody signs in, or wakes it.
    pub(super) async fn park(&self, parked: bool) -> Result<(), StoreError> {
        self.commit_plan(|replica, _| {
            let mut changes = Changes::default();
            if replica.sync().parked != parked {
                changes.put(Row::Sync(SyncRow {
                    parked,
                    hold_until: None,
                    in_vain_since: None,
                    ..replica.sync().clone()
                }));
            }
            changes
        })
        .await
    }
}

fn refused(failure: Failure) -> SignInError {
    match failure {
        Failure::Unreachable(_) => SignInError::Unreachable,
        other => SignInError::Refused(other.error()),
    }
}
