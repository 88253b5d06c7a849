//! A single-threaded executor over virtual time.
//!
//! Tasks that can run do so in the order in which they were woken; when none can, time jumps to the next timer. A task
//! may be dropped at any await, which is how a tab dies. Nothing here reads a clock or draws a number.

use std::{
    cell::{Cell, RefCell},
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

pub type TaskId = u64;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Milliseconds since the run began, and a way to wait for more of them.
#[derive(Debug, Clone, Default)]
pub struct Time(Rc<Timers>);

#[derive(Debug, Default)]
struct Timers {
    now: Cell<u64>,
    /// Numbers timers, so that those of one instant ring in the order they were set.
    set: Cell<u64>,
    waiting: RefCell<BinaryHeap<Reverse<(u64, u64)>>>,
    wakers: RefCell<BTreeMap<u64, Waker>>,
}

impl Time {
    pub fn now(&self) -> u64 {
        self.0.now.get()
    }

    pub fn sleep(&self, milliseconds: u64) -> Sleep {
        Sleep {
            time: self.clone(),
            until: self.now() + milliseconds,
            timer: None,
        }
    }

    fn set(&self, until: u64, waker: Waker) -> u64 {
        let number = self.0.set.get();
        self.0.set.set(number + 1);
        self.0.waiting.borrow_mut().push(Reverse((until, number)));
        self.0.wakers.borrow_mut().insert(number, waker);
        number
    }

    /// Moves to the next timer, if one rings at `limit` or before; rings it.
    fn advance(&self, limit: u64) -> bool {
        loop {
            let next = self.0.waiting.borrow().peek().map(|Reverse(timer)| *timer);
            let Some((until, number)) = next.filter(|(until, _)| *until <= limit) else {
                return false;
            };
            self.0.waiting.borrow_mut().pop();
            let waker = self.0.wakers.borrow_mut().remove(&number);
            // Timers of tasks that were dropped ring for nobody.
            if let Some(waker) = waker {
                self.0.now.set(self.now().max(until));
                waker.wake();
                return true;
            }
        }
    }
}

#[derive(Debug)]
pub struct Sleep {
    time: Time,
    until: u64,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.time.now() >= self.until {
            return Poll::Ready(());
        }
        match self.timer {
            Some(number) => {
                self.time.0.wakers.borrow_mut().insert(number, cx.waker().clone());
            }
            None => {
                let number = self.time.set(self.until, cx.waker().clone());
                self.timer = Some(number);
            }
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.timer {
            self.time.0.wakers.borrow_mut().remove(&number);
        }
    }
}

/// Wakes whoever waits for it; rung before anybody waits, it is heard by the next to come.
#[derive(Debug, Clone, Default)]
pub struct Bell(Rc<(Cell<bool>, RefCell<Option<Waker>>)>);

impl Bell {
    pub fn ring(&self) {
        self.0.0.set(true);
        if let Some(waker) = self.0.1.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Waits for the bell, or so long at most; whether it rang.
    pub async fn within(&self, mut sleep: Sleep) -> bool {
        std::future::poll_fn(|cx| {
            if self.0.0.replace(false) {
                return Poll::Ready(true);
            }
            *self.0.1.borrow_mut() = Some(cx.waker().clone());
            Pin::new(&mut sleep).poll(cx).map(|()| false)
        })
        .await
    }
}

type Ready = Arc<Mutex<VecDeque<TaskId>>>;

struct TaskWaker {
    id: TaskId,
    ready: Ready,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if !ready.contains(&self.id) {
            ready.push_back(self.id);
        }
    }
}

#[derive(Default)]
pub struct Executor {
    pub time: Time,
    tasks: BTreeMap<TaskId, Task>,
    next: TaskId,
    ready: Ready,
    /// Tasks that the platform has put to sleep, and whether they were woken meanwhile.
    frozen: BTreeMap<TaskId, bool>,
    /// Polls so far: what a run costs.
    pub steps: u64,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor")
            .field("tasks", &self.tasks.len())
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

impl Executor {
    pub fn spawn(&mut self, task: impl Future<Output = ()> + 'static) -> TaskId {
        let id = self.next;
        self.next += 1;
        self.tasks.insert(id, Box::pin(task));
        self.queue(id);
        id
    }

    /// Drops a task where it stands; what it awaited never comes back.
    pub fn kill(&mut self, id: TaskId) {
        self.tasks.remove(&id);
        self.frozen.remove(&id);
    }

    /// Suspends a task where it stands, as a platform does with a page in the background.
    pub fn freeze(&mut self, id: TaskId) {
        self.frozen.entry(id).or_insert(false);
    }

    /// Lets a suspended task go on, with whatever came for it meanwhile.
    pub fn thaw(&mut self, id: TaskId) {
        if self.frozen.remove(&id) == Some(true) {
            self.queue(id);
        }
    }

    /// Lets one task take a step, or time pass to the next timer; `false` if nothing is left to do until `end`, and
    /// time is at `end`.
    pub fn turn(&mut self, end: u64) -> bool {
        match self.next_ready() {
            Some(id) => {
                self.poll(id);
                true
            }
            None if self.time.advance(end) => true,
            None => {
                self.time.0.now.set(end);
                false
            }
        }
    }

    fn queue(&self, id: TaskId) {
        self.ready
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(id);
    }

    fn next_ready(&self) -> Option<TaskId> {
        self.ready
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }

    fn poll(&mut self, id: TaskId) {
        if let Some(woken) = self.frozen.get_mut(&id) {
            *woken = true;
            return;
        }
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        self.steps += 1;
        let waker = Waker::from(Arc::new(TaskWaker {
            id,
            ready: self.ready.clone(),
        }));
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.tasks.remove(&id);
        }
    }
}
