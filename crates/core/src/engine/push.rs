//! Sending the queue, batch by batch (protocol D3–D6).

use super::{Engine, Event, clocks::Exchange, drain::Stop, exchange::Failure};
use crate::{
    Timestamp,
    plan::{self, Batch},
    ports::{Ports, Rng},
    protocol::{Cause, PushResponse, WireError},
    queue::WriteStatus,
    replica::Replica,
};

impl<P: Ports> Engine<P> {
    /// Sends until nothing is ready, beginning with a batch that is chosen already, if there is one. Every batch moves
    /// at least one write on, or ends this with a failure.
    pub(super) async fn push_all(&self, mut chosen: Option<Batch>, token: &str) -> Result<(), Stop> {
        let mut done = 0;
        loop {
            self.again.set(false);
            let next = |replica: &Replica, now| {
                let (changes, batch) = plan::batch(replica, now).unzip();
                Ok((changes.unwrap_or_default(), batch))
            };
            let batch = match chosen.take() {
                Some(batch) => Some(batch),
                None => self.with_lease(token, next).await?,
            };
            if let Some(batch) = batch {
                self.show_pushing(done, done + self.replica().unsent());
                self.push(&batch, token).await?;
                done += self.settled(&batch.queue_ids);
                self.show_pushing(done, done + self.replica().unsent());
                continue;
            }
            // What other contexts queued meanwhile is not in memory yet.
            let known = self.replica().revision();
            self.catch_up().await?;
            if self.replica().revision() == known && !self.again.get() {
                return Ok(());
            }
        }
    }

    fn show_pushing(&self, done: usize, total: usize) {
        self.activity.borrow_mut().pushing = Some((done, total));
        self.tell(Event::Activity);
    }

    /// How many of the writes no longer wait: what is put off is counted when its turn comes again.
    fn settled(&self, queue_ids: &[String]) -> usize {
        let replica = self.replica();
        let waits = |id: &String| {
            let write = replica.write(id);
            write.is_some_and(|write| write.is_open() && write.status != WriteStatus::Failed)
        };
        queue_ids.iter().filter(|id| !waits(id)).count()
    }

    async fn push(&self, batch: &Batch, token: &str) -> Result<(), Stop> {
        let sent_at = self.now();
        let answer: Result<PushResponse, Failure> = self.post("/api/v1/sync/push", &batch.request).await;
        match answer {
            Ok(response) => self.take_answers(batch, &response, sent_at, token).await,
            // The server was there and failed on this batch: find the operation that it fails on.
            Err(Failure::Server(error)) | Err(Failure::Refused(error)) => {
                self.bisect(batch, error, token).await
            }
            // What this server acknowledged and lost goes before what is new.
            Err(Failure::Gone { history_lost }) => self.begin_again(history_lost, token).await,
            Err(failure) => {
                let reached = !matches!(failure, Failure::Unreachable(_));
                self.with_lease(token, |replica, now| {
                    Ok((
                        plan::batch_unanswered(replica, &batch.queue_ids, reached, now),
                        (),
                    ))
                })
                .await?;
                Err(failure.into())
            }
        }
    }

    async fn take_answers(
        &self,
        batch: &Batch,
        response: &PushResponse,
        sent_at: Timestamp,
        token: &str,
    ) -> Result<(), Stop> {
        let exchange = Exchange {
            sent_at,
            arrived_at: self.now(),
            date: None,
        };
        let random = self.ports.rng().next_u64();
        self.with_lease(token, |replica, now| {
            let known = replica.sync().clock_offset_ms;
            let offset = exchange.clock_offset(known, (response.server_time, response.server_time));
            let changes = plan::answers(replica, &batch.queue_ids, response, now, offset, random);
            Ok((changes, ()))
        })
        .await?;
        // An answer that settles nothing would have the same batch sent again at once, for ever.
        if self.moved_on(&batch.queue_ids) {
            return Ok(());
        }
        Err(Failure::Unavailable(WireError::of(Cause::Undecided)).into())
    }

    fn moved_on(&self, queue_ids: &[String]) -> bool {
        let replica = self.replica();
        let as_before = |id: &String| {
            let write = replica.write(id);
            write.is_some_and(|w| w.status == WriteStatus::Pending && w.not_before.is_none())
        };
        !queue_ids.iter().all(as_before)
    }

    async fn bisect(&self, batch: &Batch, error: WireError, token: &str) -> Result<(), Stop> {
        let random = self.ports.rng().next_u64();
        self.with_lease(token, |replica, now| {
            let changes = plan::batch_failed(replica, &batch.queue_ids, error.clone(), now, random);
            Ok((changes, ()))
        })
        .await?;
        match self.replica().sync().hold_until.is_some() {
            true => Err(Stop::Failure(Failure::Unavailable(error))),
            false => Ok(()),
        }
    }
}
