//! What the hostile device knows: what answers told it, what it makes up, and what it got hold of by other ways.

use holdfast_core::{Fields, pack::Packs, ports::Rng, record::meta};
use serde_json::Value;

use super::Attack;
use crate::rng::Seeded;

/// Records and cursors that it remembers at most: the newest.
const RECORDS: usize = 48;
const CURSORS: usize = 12;

/// A record as an answer showed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub entity: String,
    pub id: String,
    pub version: u64,
    pub fields: Fields,
}

/// What belongs to others: the worst case, in which it learned it from a log or over a shoulder.
#[derive(Debug, Clone, Default)]
pub struct Foreign {
    pub cursors: Vec<String>,
    pub receipts: Vec<String>,
    /// Ids under which other devices created records, and ids of records.
    pub ids: Vec<String>,
    /// Entity and id: UUIDs under which other devices created records, or are about to.
    pub local_ids: Vec<(String, String)>,
    /// Entity and id: what the server gives out next.
    pub next_ids: Vec<(String, String)>,
    /// Queue ids and idempotency keys.
    pub keys: Vec<String>,
    pub devices: Vec<String>,
    pub users: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Knowledge {
    pub user: String,
    pub device: String,
    pub records: Vec<Seen>,
    /// Cursors and receipts that it was given.
    pub cursors: Vec<String>,
    pub foreign: Foreign,
    /// Ids under which it created records itself.
    pub made_ids: Vec<String>,
    pub(super) sent: Vec<Attack>,
    made: u64,
}

impl Knowledge {
    pub fn new(user: &str, device: &str) -> Self {
        Self {
            user: user.to_owned(),
            device: device.to_owned(),
            ..Self::default()
        }
    }

    /// A text that nobody used before.
    pub fn word(&mut self) -> String {
        self.made += 1;
        format!("m{:06}x", self.made)
    }

    /// An id of the form that devices give, new or one of its own.
    pub fn local_id(&mut self, rng: &Seeded) -> String {
        match rng.pick(&self.made_ids) {
            Some(id) if rng.chance(300) => id.clone(),
            _ => {
                let id = rng.uuid();
                keep(&mut self.made_ids, id.clone(), CURSORS);
                id
            }
        }
    }

    /// Takes what an answer says: records, cursors and receipts, wherever they stand in it.
    pub fn learn(&mut self, packs: &Packs, answer: &str) {
        if let Ok(answer) = serde_json::from_str::<Value>(answer) {
            self.walk(packs, &answer);
        }
    }

    fn walk(&mut self, packs: &Packs, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(packs, item)),
            Value::Object(parts) => {
                for name in ["cursor", "receipt"] {
                    if let Some(cursor) = parts.get(name).and_then(Value::as_str) {
                        keep(&mut self.cursors, cursor.to_owned(), CURSORS);
                    }
                }
                self.note_record(packs, parts);
                parts.values().for_each(|part| self.walk(packs, part));
            }
            _ => {}
        }
    }

    fn note_record(&mut self, packs: &Packs, parts: &Fields) {
        let id_of = |field: &str| parts.get(field).and_then(Value::as_str);
        let named = packs
            .entities()
            .find_map(|(_, entity)| Some((entity, id_of(&entity.id_field)?)));
        let (Some((entity, id)), Some(version)) = (named, parts.get(meta::VERSION).and_then(Value::as_u64))
        else {
            return;
        };
        let mut fields = parts.clone();
        fields.retain(|name, _| !name.starts_with('_') && *name != entity.id_field);
        let seen = Seen {
            entity: entity.name.clone(),
            id: id.to_owned(),
            version,
            fields,
        };
        self.records
            .retain(|known| (&known.entity, &known.id) != (&seen.entity, &seen.id));
        keep(&mut self.records, seen, RECORDS);
    }
}

fn keep<T>(list: &mut Vec<T>, item: T, most: usize) {
    if list.len() >= most {
        list.remove(0);
    }
    list.push(item);
}
