//! A server with people, whose clock and randomness a test moves.

use std::cell::Cell;

use holdfast_core::{
    Timestamp,
    merge::compute_fields,
    pack::{Pack, Packs},
    ports::Rng,
    protocol::{Delta, Layout, Me, OperationResult, PushRequest, WireOperation, WireRecord},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::operations::object;
use crate::records::{people, starts, version::Author, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Organisation, Storage, StorageError, Transaction};
use crate::storage::text::StoredText;
use crate::sync::delta::DeltaRequest;
use crate::sync::prepared::prepare;
use crate::sync::{Answer, Caller, Context, Refusal, pull, push as pushing, scopes_of};

/// A server with a clock and randomness of its own, and some people.
pub(super) struct World<S> {
    pub storage: S,
    pub packs: Packs,
    pub random: Counter,
    pub seconds: Cell<i64>,
}

#[derive(Default)]
pub(super) struct Counter(Cell<u64>);

impl Rng for Counter {
    fn next_u64(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get().wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// A caller with this role, on a device of the same name.
pub(super) fn caller(packs: &Packs, user: &str, role: &str, sites: &[&str], device: &str) -> Caller {
    let roles = vec![role.to_owned()];
    let me = Me {
        user_id: user.into(),
        username: user.into(),
        display_name: user.to_uppercase(),
        scopes: scopes_of(packs, &roles),
        roles,
        sites: sites.iter().map(|site| (*site).to_owned()).collect(),
        device: None,
    };
    Caller {
        me,
        device_id: device.into(),
    }
}

/// An answer as its reader has it.
pub(super) fn heard<T: DeserializeOwned>(answer: &impl Serialize) -> T {
    serde_json::from_str(&serde_json::to_string(answer).unwrap()).unwrap()
}

impl<S: Storage> World<S> {
    pub fn new(storage: S) -> Self {
        let pack = Pack::from_toml("works", include_str!("pack.toml")).unwrap();
        let packs = Packs::new(vec![pack]).unwrap();
        let world = Self {
            storage,
            packs,
            random: Counter::default(),
            seconds: Cell::new(0),
        };
        world.write(|tx| starts::begin(tx, &world.random));
        for caller in [world.tara(), world.jonas(), world.samir(), world.ada()] {
            world.know(&caller);
        }
        world
    }

    /// A technician at the north site.
    pub fn tara(&self) -> Caller {
        caller(&self.packs, "tara", "technician", &["north"], "tara-phone")
    }

    /// Another technician there.
    pub fn jonas(&self) -> Caller {
        caller(&self.packs, "jonas", "technician", &["north"], "jonas-phone")
    }

    /// The supervisor of both sites.
    pub fn samir(&self) -> Caller {
        caller(
            &self.packs,
            "samir",
            "supervisor",
            &["north", "south"],
            "samir-tablet",
        )
    }

    pub fn ada(&self) -> Caller {
        caller(&self.packs, "ada", "admin", &[], "ada-desk")
    }

    /// Goes on drawing where another world is, so that no id comes twice.
    pub fn draw_from(&self, other: &Self) {
        self.random.0.set(other.random.0.get());
    }

    /// Keeps the person's records in step with the account.
    pub fn know(&self, caller: &Caller) {
        let now = self.now();
        self.write(|tx| people::keep(tx, &self.packs, &caller.me, now));
    }

    pub fn now(&self) -> Timestamp {
        self.seconds.set(self.seconds.get() + 1);
        Timestamp::from_timestamp(1_790_000_000 + self.seconds.get(), 0).unwrap()
    }

    pub fn pass_days(&self, days: i64) {
        self.seconds.set(self.seconds.get() + days * 86_400);
    }

    pub fn write<T>(&self, work: impl FnOnce(&mut dyn Transaction) -> Result<T, StorageError>) -> T {
        self.storage.write(Organisation::ONLY, work).unwrap()
    }

    /// Runs a rule as the caller, now.
    pub fn act<T>(
        &self,
        caller: &Caller,
        work: impl FnOnce(&mut dyn Transaction, &Context<'_>) -> Result<T, StorageError>,
    ) -> T {
        let cx = Context {
            stamps_alike: false,
            packs: &self.packs,
            rng: &self.random,
            now: self.now(),
            caller,
        };
        self.storage
            .write(Organisation::ONLY, |tx| work(tx, &cx))
            .unwrap()
    }

    /// As [`Self::act`], prepared on a snapshot, as the server's routes do; whether anything was stored, too.
    pub fn tell<T: std::fmt::Debug>(
        &self,
        caller: &Caller,
        work: impl Fn(&mut dyn Transaction, &Context<'_>) -> Answer<T>,
    ) -> (Result<T, Refusal>, bool) {
        let cx = Context {
            stamps_alike: false,
            packs: &self.packs,
            rng: &self.random,
            now: self.now(),
            caller,
        };
        let prepared = self
            .storage
            .read(Organisation::ONLY, |tx| prepare(tx, &cx, |tx| work(tx, &cx)))
            .unwrap();
        match prepared {
            Some(prepared) if prepared.is_final() => (prepared.into_answer(), false),
            Some(prepared) => {
                let stored = self.storage.write(Organisation::ONLY, |tx| {
                    prepared.store(tx, &cx, |tx| work(tx, &cx))
                });
                (stored.unwrap(), true)
            }
            None => (
                self.storage
                    .write(Organisation::ONLY, |tx| work(tx, &cx))
                    .unwrap(),
                true,
            ),
        }
    }

    /// A record that was always there.
    pub fn given(&self, entity: &str, id: &str, fields: Value) -> StoredRecord {
        let (entity, at) = (self.packs.entity(entity).unwrap(), self.now());
        self.write(|tx| {
            let before = tx.record(&entity.name, id)?;
            let act = if before.is_some() {
                Act::Update
            } else {
                Act::Create
            };
            let mut all = before
                .as_ref()
                .map(|record| record.fields.clone())
                .unwrap_or_default();
            all.extend(object(fields));
            if entity.name == "order" {
                all.entry("siteId").or_insert_with(|| json!("north"));
            }
            compute_fields(entity, &mut all);
            let author = Author::server("given");
            NewVersion {
                entity,
                id,
                before: before.as_ref(),
                fields: all,
                act,
                local_id: None,
                author,
                at,
            }
            .write(tx)
        })
    }

    /// Changes an order's plan again and again.
    pub fn replanned(&self, caller: &Caller, id: &str, times: usize) {
        let entity = self.packs.entity("order").unwrap();
        self.act(caller, |tx, cx| {
            for time in 0..times {
                let before = tx.record(&entity.name, id)?.unwrap();
                let mut fields = before.fields.clone();
                fields.insert("plan".to_owned(), json!(format!("plan {time}")));
                NewVersion {
                    entity,
                    id,
                    before: Some(&before),
                    fields,
                    act: Act::Update,
                    local_id: None,
                    author: cx.author(),
                    at: cx.now,
                }
                .write(tx)?;
            }
            Ok(())
        });
    }

    pub fn push(&self, caller: &Caller, operations: Vec<WireOperation>) -> Vec<OperationResult> {
        let request = PushRequest {
            cursor: None,
            receipt: None,
            by_position: false,
            stamps: false,
            device_id: caller.device_id.clone(),
            pack_versions: self.packs.versions(),
            operations,
        };
        self.act(caller, |tx, cx| pushing::push(tx, cx, &request))
            .unwrap()
            .results
    }

    pub fn push_one(&self, caller: &Caller, operation: WireOperation) -> OperationResult {
        self.push(caller, vec![operation]).remove(0)
    }

    pub fn pull(&self, caller: &Caller, since: Option<&str>, limit: usize) -> Result<Delta, Refusal> {
        let request = DeltaRequest {
            since: since.map(str::to_owned),
            entities: None,
            limit: Some(limit),
            layout: Layout::Rows,
            receipt: None,
        };
        let (delta, _) = self.tell(caller, |tx, cx| pull::delta(tx, cx, &request));
        delta.map(|delta| heard(&delta))
    }

    /// A first page of one collection.
    pub fn pull_of(&self, caller: &Caller, entities: &str) -> Delta {
        let request = DeltaRequest {
            entities: Some(entities.to_owned()),
            ..DeltaRequest::default()
        };
        heard(&self.act(caller, |tx, cx| pull::delta(tx, cx, &request)).unwrap())
    }

    /// Whole records by id.
    pub fn fetch(&self, caller: &Caller, plural: &str, ids: &[&str]) -> Result<Vec<WireRecord>, Refusal> {
        self.act(caller, |tx, cx| pull::whole_records(tx, cx, plural, ids))
            .map(|found| heard(&found))
    }

    pub fn record(&self, entity: &str, id: &str) -> StoredRecord {
        self.write(|tx| tx.record(entity, id)).unwrap()
    }

    /// All living records of an entity.
    pub fn all(&self, entity: &str) -> Vec<StoredRecord> {
        let mut records = self.write(|tx| tx.records_after(entity, None, 10_000));
        records.retain(|record| !record.deleted);
        StoredText::read_all(&records).unwrap()
    }

    /// What the person was told: `about` of each notice with its first field.
    pub fn notices(&self, user: &str) -> Vec<String> {
        let mut own = self.all("notice");
        own.retain(|notice| notice.fields["userId"] == user);
        own.sort_by_key(|notice| notice.sequence);
        let told = |notice: &StoredRecord| {
            let field = notice.fields["details"][0]["field"].as_str().unwrap_or_default();
            format!("{} {field}", notice.fields["about"].as_str().unwrap_or_default())
        };
        own.iter().map(told).collect()
    }

    pub fn audit_count(&self) -> usize {
        let filter = crate::storage::model::AuditFilter {
            limit: 1_000,
            ..Default::default()
        };
        self.write(|tx| tx.audits(&filter)).len()
    }
}
