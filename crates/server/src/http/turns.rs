//! Turns: how many requests are worked on at once, of one user and in all.
//!
//! Requests beyond that wait in order, up to a bound. So a user who sends many at once waits for themselves, and a
//! flood is answered at once instead of being remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::identity::throttle::Key;

/// There is no room to wait any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy;

/// A number of turns, and a bounded queue for them.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    turns: Arc<Semaphore>,
    /// Turns and places to wait.
    places: Arc<Semaphore>,
}

/// A turn, until dropped.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "held until dropped")] [OwnedSemaphorePermit; 2]);

impl Queue {
    pub fn new(turns: usize, waiting: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(turns)),
            places: Arc::new(Semaphore::new(turns + waiting)),
        }
    }

    /// Waits for a turn, if there is room to wait.
    pub async fn enter(&self) -> Result<Turn, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Busy)?;
        Ok(Turn([place, turn]))
    }
}

/// A queue for each user, or device, that has a request in progress.
#[derive(Debug, Clone)]
pub(super) struct Queues {
    turns: usize,
    waiting: usize,
    queues: Arc<Mutex<HashMap<Key, (Queue, usize)>>>,
}

/// A user's or a device's turn, until dropped.
#[derive(Debug)]
pub(super) struct UserTurn {
    _turn: Turn,
    _visit: Visit,
}

/// Keeps the queue of a user while somebody is in it.
#[derive(Debug)]
struct Visit {
    queues: Queues,
    user: Key,
}

impl Queues {
    pub fn new(turns: usize, waiting: usize) -> Self {
        Self {
            turns,
            waiting,
            queues: Arc::default(),
        }
    }

    pub async fn enter(&self, user: Key) -> Result<UserTurn, Busy> {
        let (queue, visit) = self.visit(user);
        let turn = queue.enter().await?;
        Ok(UserTurn {
            _turn: turn,
            _visit: visit,
        })
    }

    fn visit(&self, user: Key) -> (Queue, Visit) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || (Queue::new(self.turns, self.waiting), 0);
        let (queue, visitors) = queues.entry(user).or_insert_with(fresh);
        *visitors += 1;
        let visit = Visit {
            queues: self.clone(),
            user,
        };
        (queue.clone(), visit)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut queues = self.queues.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, visitors)) = queues.get_mut(&self.user) {
            *visitors -= 1;
            if *visitors == 0 {
                queues.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_test::poll_once;

    use super::*;

    /// What a future says when it is asked once.
    mod futures_test {
        use std::pin::Pin;
        use std::task::{Context, Poll, Waker};

        pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
            future.poll(&mut Context::from_waker(Waker::noop()))
        }
    }

    #[test]
    fn requests_of_one_user_wait_for_each_other_and_for_nobody_else() {
        let queues = Queues::new(1, 1);
        let (ann, ben) = (Key::of(&["ann"]), Key::of(&["ben"]));
        let mut first = Box::pin(queues.enter(ann));
        let std::task::Poll::Ready(Ok(turn)) = poll_once(first.as_mut()) else {
            panic!("the first has its turn at once");
        };
        let mut second = Box::pin(queues.enter(ann));
        assert!(poll_once(second.as_mut()).is_pending());
        let mut third = Box::pin(queues.enter(ann));
        assert!(matches!(
            poll_once(third.as_mut()),
            std::task::Poll::Ready(Err(Busy))
        ));
        let mut other = Box::pin(queues.enter(ben));
        assert!(matches!(poll_once(other.as_mut()), std::task::Poll::Ready(Ok(_))));

        drop(turn);
        assert!(matches!(
            poll_once(second.as_mut()),
            std::task::Poll::Ready(Ok(_))
        ));
        drop((first, second, third, other));
        assert!(queues.queues.lock().unwrap().is_empty(), "nobody is remembered");
    }

    #[test]
    fn who_gives_up_waiting_leaves_the_place_to_others() {
        let queue = Queue::new(1, 1);
        let mut holder = Box::pin(queue.enter());
        let turn = poll_once(holder.as_mut());
        let mut waiting = Box::pin(queue.enter());
        assert!(poll_once(waiting.as_mut()).is_pending());
        drop(waiting);
        let mut next = Box::pin(queue.enter());
        assert!(poll_once(next.as_mut()).is_pending());
        drop(turn);
        assert!(matches!(poll_once(next.as_mut()), std::task::Poll::Ready(Ok(_))));
    }
}
