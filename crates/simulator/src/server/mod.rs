//! The server's side of a run: the real push and pull logic over its storage in memory, behind a door that knows
//! sessions and tokens. It can be down, be restored from a backup, and fail in the middle of a write.

mod aliases;
mod api;
pub mod epochs;
pub mod identity;
mod misjudged;
pub mod rest;
pub mod sessions;
mod upgrade;

use std::collections::BTreeMap;

use holdfast_core::{
    Timestamp,
    pack::{Pack, Packs},
    ports::{Response, Rng},
    protocol::{Me, PushRequest},
};
use holdfast_server::{
    records::{epoch, people, starts},
    storage::{
        memory::MemoryStorage,
        port::{Organisation, Storage, StorageError},
    },
    sync::{Caller, Context, push},
};
use serde_json::{Value, json};

pub use upgrade::{AMENDMENTS, Amendment};

use crate::rng::Seeded;
use epochs::Epochs;
use sessions::Sessions;

/// The account of the hostile device.
pub const HOSTILE: &str = "mal";

/// What a request is answered with, and the refresh cookie that comes with it.
#[derive(Debug)]
pub struct Answer {
    pub response: Response,
    pub cookie: Option<String>,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self {
            response,
            cookie: None,
        }
    }
}

/// Which queued write made a version of a record: entity, id and version, and the queue id.
pub type MadeBy = BTreeMap<(String, String, u64), String>;

#[derive(Debug)]
pub struct Server {
    pub storage: MemoryStorage,
    pub sessions: Sessions,
    pub packs: Packs,
    pub up: bool,
    /// Rows of a page at most: small, so that pulls have many.
    pub page: usize,
    /// As far as answers to pushes tell.
    pub made_by: MadeBy,
    /// Writes that were refused as of something gone, which was there.
    pub misjudged: Vec<String>,
    /// Writes that were taken for a record of another device's making.
    pub misaliased: Vec<String>,
    /// Changes of honest devices that were accepted.
    pub taken: Vec<identity::Taken>,
    pub epochs: Epochs,
    /// The latest end of a log that a backup brought back.
    pub restored_to: u64,
    /// How far its clock is from the world's time, in milliseconds.
    pub clock_ms: i64,
    lost: identity::Lost,
    backups: Vec<Backup>,
    rng: Seeded,
}

/// One file, as an operator copies it: work and accounts together, and which writes made it.
#[derive(Debug)]
struct Backup {
    storage: MemoryStorage,
    made_by: MadeBy,
}

/// The pack of every run: a field of each type and of each strategy.
pub fn pack() -> Result<Pack, serde_json::Error> {
    serde_json::from_str(include_str!("../pack.json"))
}

/// The server's clock: virtual milliseconds after the beginning of 2026.
pub fn instant(milliseconds: u64) -> Timestamp {
    const START_OF_2026: i64 = 1_767_225_600;
    let start = Timestamp::UNIX_EPOCH + chrono::Duration::seconds(START_OF_2026);
    start + chrono::Duration::milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

impl Server {
    pub fn new(packs: Packs, rng: Seeded) -> Self {
        Self {
            storage: MemoryStorage::default(),
            sessions: Sessions::new(Rng::next_u64(&rng)),
            packs,
            up: true,
            page: 10,
            made_by: MadeBy::new(),
            misjudged: Vec::new(),
            misaliased: Vec::new(),
            taken: Vec::new(),
            epochs: Epochs::default(),
            restored_to: 0,
            clock_ms: 0,
            lost: identity::Lost::default(),
            backups: Vec::new(),
            rng,
        }
    }

    /// Gives a person roles and sites, from now on.
    pub fn account(
        &mut self,
        user: &str,
        roles: &[&str],
        sites: &[&str],
        now: u64,
    ) -> Result<(), StorageError> {
        self.storage.write(Organisation::ONLY, |tx| {
            sessions::keep_account(tx, user, roles, sites)?;
            match sessions::person(tx, user, &self.packs)? {
                Some(me) => people::keep(tx, &self.packs, &me, instant(now)),
                None => Ok(()),
            }
        })
    }

    /// What the rules look at, for a caller, long after everything that happened.
    pub fn context<'a>(&'a self, caller: &'a Caller) -> Context<'a> {
        self.context_at(caller, instant(u64::MAX >> 24))
    }

    /// What a request is judged by.
    fn context_at<'a>(&'a self, caller: &'a Caller, now: Timestamp) -> Context<'a> {
        Context {
            stamps_alike: false,
            packs: &self.packs,
            rng: &self.rng,
            now,
            caller,
        }
    }

    /// A person, with what their roles allow.
    pub fn me(&self, user: &str) -> Option<Me> {
        let person = self
            .storage
            .read::<_, StorageError>(Organisation::ONLY, |tx| sessions::person(tx, user, &self.packs));
        person.ok().flatten()
    }

    /// Work that is there from the beginning, one job for each of these people, all in sight of the supervisor.
    pub fn seed_work(&mut self, assigned_to: &[&str]) -> Result<(), StorageError> {
        let operations: Vec<Value> = assigned_to
            .iter()
            .enumerate()
            .map(|(at, user)| {
                json!({ "queueId": format!("seed-{at}"), "clientMutationId": format!("seed-{at}"), "entityType": "job",
                    "entityId": format!("00000000-0000-4000-8000-{at:012}"), "operation": "create",
                    "payload": { "title": format!("Job {at}"), "siteId": "north", "assignedTo": user, "_version": 0 } })
            })
            .collect();
        self.push_from_office(&operations, 0)
    }

    /// The supervisor writes, from a device that is none of the run's.
    pub fn push_from_office(&mut self, operations: &[Value], now: u64) -> Result<(), StorageError> {
        let Some(me) = self.me("sue") else {
            return Ok(());
        };
        let caller = Caller {
            me,
            device_id: "office".into(),
        };
        let batch = json!({ "deviceId": "office", "operations": operations });
        let Ok(batch) = serde_json::from_value::<PushRequest>(batch) else {
            return Ok(());
        };
        let cx = self.context_at(&caller, self.dated(now));
        self.storage
            .write(Organisation::ONLY, |tx| push::push(tx, &cx, &batch))
            .map(drop)
    }

    /// The number of the id that was given out last.
    pub fn last_number(&self, entity: &str) -> u64 {
        let counted = self
            .storage
            .read::<_, StorageError>(Organisation::ONLY, |tx| tx.meta(&format!("lastId:{entity}")));
        let counted = counted.ok().flatten();
        counted.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub fn back_up(&mut self) {
        self.backups.push(Backup {
            storage: self.storage.backup(),
            made_by: self.made_by.clone(),
        });
    }

    pub fn throw_away_backups(&mut self) {
        self.backups.clear();
    }

    /// The process starts: what it issues from now on names this start.
    pub fn start(&mut self) -> Result<(), StorageError> {
        self.up = true;
        self.storage
            .write(Organisation::ONLY, |tx| starts::begin(tx, &self.rng).map(drop))
    }

    /// Goes back to a backup, if there is one: what came after it is lost. If the operator says so, a new epoch begins;
    /// else the devices have to show it.
    pub fn restore(&mut self) -> Result<bool, StorageError> {
        let which = self.rng.below(self.backups.len() as u64) as usize;
        let Some(backup) = self.backups.get(which) else {
            return Ok(false);
        };
        let packs = self.packs.clone();
        let entities: Vec<&str> = packs.entities().map(|(_, entity)| entity.name.as_str()).collect();
        let (lost, made_by) = (&mut self.lost, &self.made_by);
        self.storage
            .read::<_, StorageError>(Organisation::ONLY, |tx| lost.note(tx, made_by, &entities))?;
        self.storage = backup.storage.backup();
        self.storage.fail_after(u64::MAX);
        self.made_by = backup.made_by.clone();
        let end = self
            .storage
            .read::<_, StorageError>(Organisation::ONLY, |tx| tx.last_sequence())?;
        self.restored_to = self.restored_to.max(end);
        self.backups.truncate(which);
        self.start()?;
        if self.rng.chance(500) {
            self.storage
                .write(Organisation::ONLY, |tx| epoch::renew(tx, &self.rng, &entities))?;
        }
        let epochs = &mut self.epochs;
        self.storage
            .read::<_, StorageError>(Organisation::ONLY, |tx| epochs.restored(tx))?;
        Ok(true)
    }
}
