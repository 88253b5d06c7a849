//! Rules of records, run for a caller in their turn.

use std::sync::Arc;

use holdfast_core::{Timestamp, pack::Packs};

use super::AppState;
use crate::http::ApiError;
use crate::http::resting_turn::RestingTurn;
use crate::http::signed_in::SignedIn;
use crate::http::turns::{Busy, Queues, UserTurn};
use crate::identity::throttle::Key;
use crate::randomness::SystemRng;
use crate::records::people;
use crate::storage::port::{Storage, StorageError, Transaction};
use crate::sync::prepared;
use crate::sync::{Answer, Caller, Context, Refusal};

impl AppState {
    /// Runs a rule of records in a write transaction. It is committed even where the request is refused: a refusal may
    /// have to be written down.
    pub async fn act<T, F>(&self, me: SignedIn, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Transaction, &Context<'_>) -> Answer<T> + Send + 'static,
    {
        let turn = self.device_turn(&me).await?;
        self.act_in_turn(turn, me, work).await
    }

    /// Runs a rule of records on a snapshot; it waits for no writer.
    pub async fn look<T, F>(&self, me: SignedIn, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Transaction, &Context<'_>) -> Answer<T> + Send + 'static,
    {
        let (database, organisation) = (Arc::clone(&self.database), self.organisation());
        let (packs, now) = (Arc::clone(&self.packs), self.now());
        let work_turn = resting_turn(&self.user_work, &me).await?;
        let done = self.work.reading(move || {
            let (mut work_turn, (identity, _turn)) = (work_turn, me.into_parts());
            let caller = identity.caller(&packs);
            let cx = context(&packs, &caller, now);
            database.read(organisation, |tx| -> Result<_, StorageError> {
                work_turn.begin();
                work(tx, &cx)
            })
        });
        answered(done.await?)
    }

    /// Runs a rule of records that writes only what is known of the caller's device: on a snapshot, and what it writes
    /// in a short transaction, if there is anything ([`prepared`]).
    pub async fn tell<T, F>(&self, me: SignedIn, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Transaction, &Context<'_>) -> Answer<T> + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        let turn = self.device_turn(&me).await?;
        let on_snapshot = Arc::clone(&work);
        let prepared = self.look(me.clone(), move |tx, cx| {
            // Roles that have changed are stored first, because they decide what the device may read.
            if !people::are_kept(tx, cx.packs, &cx.caller.me)? {
                return Ok(Ok(None));
            }
            prepared::prepare(tx, cx, |tx| on_snapshot(tx, cx)).map(Ok)
        });
        match prepared.await? {
            Some(prepared) if prepared.is_final() => answered(prepared.into_answer()),
            Some(prepared) => {
                let store = move |tx: &mut dyn Transaction, cx: &Context<'_>| {
                    prepared.store(tx, cx, |tx| work(tx, cx))
                };
                self.act_in_turn(turn, me, store).await
            }
            None => self.act_in_turn(turn, me, move |tx, cx| work(tx, cx)).await,
        }
    }

    async fn act_in_turn<T, F>(&self, turn: UserTurn, me: SignedIn, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Transaction, &Context<'_>) -> Answer<T> + Send + 'static,
    {
        let (database, organisation) = (Arc::clone(&self.database), self.organisation());
        let packs = Arc::clone(&self.packs);
        // Writes of one user come one after the other, so that others get in between.
        let write_turn = resting_turn(&self.user_writes, &me).await?;
        let work_turn = resting_turn(&self.user_work, &me).await?;
        let done = self.work.writing(move || {
            let (_device_turn, mut turns, (identity, _turn)) =
                (turn, [write_turn, work_turn], me.into_parts());
            let caller = identity.caller(&packs);
            database.write(organisation, |tx| {
                turns.iter_mut().for_each(RestingTurn::begin);
                // Read once the transaction has begun: a write that waited is not older than what was committed meanwhile.
                let now = super::now();
                people::keep(tx, &packs, &caller.me, now)?;
                work(tx, &context(&packs, &caller, now))
            })
        });
        answered(done.await?)
    }

    /// What is written of a device is written by one request at a time. It is taken before the turns of the user, so
    /// that who waits for their own device takes none of their user's turns at the database.
    async fn device_turn(&self, me: &SignedIn) -> Result<UserTurn, ApiError> {
        let turn = self.device_turns.enter(Key::of(&[&me.device_id.to_string()]));
        turn.await.map_err(|Busy| ApiError::Busy)
    }
}

/// What a rule of records is given for a request.
fn context<'a>(packs: &'a Packs, caller: &'a Caller, now: Timestamp) -> Context<'a> {
    Context {
        stamps_alike: false,
        packs,
        rng: &SystemRng,
        now,
        caller,
    }
}

async fn resting_turn(turns: &Queues, me: &SignedIn) -> Result<RestingTurn, ApiError> {
    let turn = turns.enter(Key::of(&[&me.user_id])).await;
    turn.map(RestingTurn::new).map_err(|Busy| ApiError::Busy)
}

fn answered<T>(answer: Result<T, Refusal>) -> Result<T, ApiError> {
    answer.map_err(ApiError::Refused)
}
