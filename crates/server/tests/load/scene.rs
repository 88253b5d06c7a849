//! A server with people at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::attacker::{self, Attacker};
use crate::board::{Board, Figures};
use crate::dispatcher::Dispatcher;
use crate::killer::{self, Plan, Restarts};
use crate::prober::Prober;
use crate::process::{Place, Process};
use crate::reader::Reader;
use crate::session::{Address, Session};
use crate::truth;
use crate::writer::Writer;

/// Whose devices they are, in turn.
const PEOPLE: [&str; 3] = ["technician", "supervisor", "admin"];

/// How many devices write, and how many read.
#[derive(Debug, Clone, Copy)]
pub struct Cast {
    pub writers: usize,
    pub readers: usize,
}

pub struct Scene {
    place: Arc<Place>,
    process: Process,
    moved: watch::Sender<String>,
    board: Arc<Board>,
    stop: Arc<AtomicBool>,
    writing: Vec<JoinHandle<()>>,
    reading: Vec<JoinHandle<Reader>>,
}

impl Scene {
    /// Starts the server, signs everybody in, and lets them begin.
    pub async fn open(cast: Cast, seed: u64) -> Self {
        let place = Arc::new(Place::new());
        let process = place.start();
        let (moved, address) = watch::channel(process.address.clone());
        let (board, stop) = (Arc::new(Board::default()), Arc::new(AtomicBool::new(false)));
        let (mut writers, mut readers) = (Vec::new(), Vec::new());
        for (number, user) in (0..cast.writers).zip(PEOPLE.into_iter().cycle()) {
            let session = Session::open(&address, user).await;
            writers.push(Writer::new(
                format!("w{number}"),
                session,
                board.clone(),
                seed + number as u64,
            ));
        }
        for (number, user) in (0..cast.readers).zip(PEOPLE.into_iter().cycle()) {
            readers.push(Reader::open(&address, user, board.clone(), seed + 100 + number as u64).await);
        }
        let dispatcher = Dispatcher::new(Session::open(&address, "supervisor").await);
        let mut writing: Vec<_> = writers
            .into_iter()
            .map(|writer| tokio::spawn(writer.run(stop.clone())))
            .collect();
        writing.push(tokio::spawn(dispatcher.run(stop.clone())));
        let reading = readers
            .into_iter()
            .map(|reader| tokio::spawn(reader.run(stop.clone())))
            .collect();
        Self {
            place,
            process,
            moved,
            board,
            stop,
            writing,
            reading,
        }
    }

    /// A hostile device comes in, with an account of its own.
    pub async fn attack(&self, seed: u64) -> Attacker {
        self.place.add_account(attacker::USER, "technician");
        let session = Session::open(&self.moved.subscribe(), attacker::USER).await;
        Attacker::new(session, self.board.clone(), seed)
    }

    /// One more honest device, whose waits are measured.
    pub async fn probe(&self) -> Prober {
        Prober::new(Session::open(&self.moved.subscribe(), "admin").await)
    }

    pub fn epoch(&self) -> String {
        self.place.epoch()
    }

    /// Kills and restarts the server as planned, while everybody goes on.
    pub async fn kill(mut self, plan: Plan) -> (Self, Restarts) {
        let (place, process, moved) = (self.place.clone(), self.process, self.moved.clone());
        let killing = tokio::task::spawn_blocking(move || killer::kill(&place, process, &moved, plan));
        let (process, restarts) = killing.await.unwrap();
        self.process = process;
        (self, restarts)
    }

    /// Lets everybody end, and judges what is left.
    pub async fn close(self) -> Figures {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writing {
            writer.await.unwrap();
        }
        let address: Address = self.moved.subscribe();
        for reader in self.reading {
            reader.await.unwrap().judge(&address).await;
        }
        truth::check(&Session::open(&address, "admin").await, &self.board).await;
        self.process.kill();
        let audit = self.place.verify_audit();
        Figures {
            audit,
            ..self.board.figures()
        }
    }
}
