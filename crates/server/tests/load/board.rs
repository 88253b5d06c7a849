//! What the server acknowledged, as all clients know it together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard};

/// A write that the server said it had taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The server's id of the order.
    pub order: String,
    /// The write's key: its note stands under it.
    pub key: String,
    pub quantity: i64,
    pub version: u64,
    /// Of an order that the write created.
    pub title: Option<String>,
}

/// How much there was of everything.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub pushes: usize,
    pub writes: usize,
    /// Pushes sent again because no answer had come.
    pub resent: usize,
    /// Of those, how many the server had taken in already: only the answer was lost.
    pub answer_lost: usize,
    pub pages: usize,
    pub rounds: usize,
    /// Records fetched whole, because a row of changed fields began after the version that was held.
    pub fetched: usize,
    pub audit: String,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pushes,
            writes,
            resent,
            answer_lost,
            pages,
            rounds,
            fetched,
            audit,
        } = self;
        writeln!(
            f,
            "{pushes} pushes acknowledged, with {writes} writes; {resent} sent again, of which {answer_lost} had lost only the answer"
        )?;
        writeln!(
            f,
            "{pages} pages read in {rounds} rounds; {fetched} records fetched whole"
        )?;
        write!(f, "{audit}")
    }
}

#[derive(Debug, Default)]
struct Posted {
    taken: Vec<Taken>,
    newest: BTreeMap<String, u64>,
    figures: Figures,
}

#[derive(Debug, Default)]
pub struct Board(Mutex<Posted>);

impl Board {
    fn posted(&self) -> MutexGuard<'_, Posted> {
        self.0.lock().unwrap()
    }

    /// An acknowledged push.
    pub fn take(&self, writes: Vec<Taken>) {
        let mut posted = self.posted();
        posted.figures.pushes += 1;
        posted.figures.writes += writes.len();
        for write in &writes {
            let newest = posted.newest.entry(write.order.clone()).or_default();
            *newest = write.version.max(*newest);
        }
        posted.taken.extend(writes);
    }

    /// One of the orders created last: where everybody meets.
    pub fn recent_order(&self, choice: usize) -> Option<String> {
        const RECENT: usize = 16;
        let posted = self.posted();
        let orders = posted
            .taken
            .iter()
            .rev()
            .filter(|write| write.title.is_some())
            .take(RECENT);
        let orders: Vec<&Taken> = orders.collect();
        orders
            .get(choice % RECENT.min(orders.len().max(1)))
            .map(|write| write.order.clone())
    }

    /// The version that each order has at least, by now.
    pub fn newest(&self) -> BTreeMap<String, u64> {
        self.posted().newest.clone()
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.posted().taken.clone()
    }

    pub fn count(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.posted().figures);
    }

    pub fn figures(&self) -> Figures {
        self.posted().figures.clone()
    }
}
