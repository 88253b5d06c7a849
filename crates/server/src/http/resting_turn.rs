//! Turns at the database that are followed by a rest.

use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::turns::UserTurn;

/// A user's turn at the database. Where the work took long, its user gets it back only after a rest: a user who keeps
/// the database busy leaves most of its time to others, however many requests they send.
#[derive(Debug)]
pub(super) struct RestingTurn {
    turn: Option<UserTurn>,
    begun: Option<Instant>,
}

/// Work that needs no rest. An honest device's takes less, but for a large page.
const SHORT_WORK: Duration = Duration::from_millis(20);

/// How many times as long as the work took beyond that, its user rests.
const REST: u32 = 3;

const LONGEST_REST: Duration = Duration::from_secs(2);

fn rest_after(work: Duration) -> Duration {
    work.saturating_sub(SHORT_WORK)
        .saturating_mul(REST)
        .min(LONGEST_REST)
}

impl RestingTurn {
    pub fn new(turn: UserTurn) -> Self {
        let (turn, begun) = (Some(turn), None);
        Self { turn, begun }
    }

    /// The database is the caller's from now on.
    pub fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }
}

impl Drop for RestingTurn {
    fn drop(&mut self) {
        let turn = self.turn.take();
        let rest = self
            .begun
            .map_or(Duration::ZERO, |begun| rest_after(begun.elapsed()));
        if !rest.is_zero()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move {
                tokio::time::sleep(rest).await;
                drop(turn);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::http::turns::Queues;
    use crate::identity::throttle::Key;

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn long_work_is_followed_by_a_longer_rest_within_bounds() {
        for (work, rest) in [(0, 0), (20, 0), (21, 3), (120, 300), (10_000, 2_000)] {
            let [work, rest] = [work, rest].map(Duration::from_millis);
            assert_eq!(rest_after(work), rest, "{work:?}");
        }
        assert_eq!(rest_after(Duration::MAX), LONGEST_REST);
    }

    #[tokio::test]
    async fn the_turn_comes_back_after_the_rest_and_at_once_where_nothing_was_done() {
        let queues = Queues::new(1, 1);
        let ann = Key::of(&["ann"]);
        let mut idle = RestingTurn::new(queues.enter(ann).await.unwrap());
        idle.begun = None;
        drop(idle);
        let mut next = Box::pin(queues.enter(ann));
        let Poll::Ready(Ok(turn)) = poll_once(next.as_mut()) else {
            panic!("nothing was done");
        };
        let mut busy = RestingTurn::new(turn);
        busy.begin();
        busy.begun = busy.begun.map(|begun| begun - Duration::from_millis(200));
        drop(busy);
        let mut next = Box::pin(queues.enter(ann));
        assert!(poll_once(next.as_mut()).is_pending(), "it rests");
        assert!(next.await.is_ok(), "and comes back");
    }
}
