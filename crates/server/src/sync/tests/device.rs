//! A device that does with a delta what the protocol says (R1–R7), to see whether it ends up with what the server has.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    protocol::{Delta, WireRecord},
};

use super::World;
use crate::storage::port::Storage;
use crate::sync::{Caller, subject};

pub(super) struct Device {
    pub caller: Caller,
    pub cursor: Option<String>,
    /// Entity and id → version and fields.
    pub mirrors: BTreeMap<(String, String), (u64, Fields)>,
    /// Ids that it was told to drop: `deleted WO-1`.
    pub left: Vec<String>,
}

impl Device {
    pub fn new(caller: Caller) -> Self {
        Self {
            caller,
            cursor: None,
            mirrors: BTreeMap::new(),
            left: Vec::new(),
        }
    }

    /// Pulls to the end; the number of pages.
    pub fn sync(&mut self, world: &World<impl Storage>, limit: usize) -> usize {
        for pages in 1..1_000 {
            let delta = world.pull(&self.caller, self.cursor.as_deref(), limit).unwrap();
            let more = delta.has_more;
            self.apply(world, &delta);
            if !more {
                return pages;
            }
        }
        panic!("the delta never ends");
    }

    /// A page that arrives.
    pub fn apply(&mut self, world: &World<impl Storage>, delta: &Delta) {
        for (collection, rows) in &delta.changes.records {
            let entity = world.packs.entity_by_collection(collection).unwrap();
            for row in rows {
                let id = row.id(&entity.id_field).unwrap().to_owned();
                let whole = self.completed(world, &entity.name, &entity.plural, &entity.id_field, &id, row);
                if let Some((version, fields)) = whole {
                    self.mirrors.insert((entity.name.clone(), id), (version, fields));
                }
            }
        }
        for (word, ids) in [
            ("deleted", &delta.changes.deleted_ids),
            ("revoked", &delta.changes.revoked_ids),
        ] {
            for (collection, ids) in ids {
                let entity = world.packs.entity_by_collection(collection).unwrap();
                for id in ids {
                    if self.mirrors.remove(&(entity.name.clone(), id.clone())).is_some() {
                        self.left.push(format!("{word} {id}"));
                    }
                }
            }
        }
        self.cursor = Some(delta.cursor.clone());
    }

    /// The record that a row makes of what is held; `None` if it is no news.
    fn completed(
        &self,
        world: &World<impl Storage>,
        entity: &str,
        plural: &str,
        id_field: &str,
        id: &str,
        row: &WireRecord,
    ) -> Option<(u64, Fields)> {
        let version = row.version().unwrap();
        let held = self.mirrors.get(&(entity.to_owned(), id.to_owned()));
        let Some(base) = row.base_version() else {
            return Some((version, row.fields(id_field)));
        };
        match held {
            Some((known, _)) if *known >= version => None,
            Some((known, fields)) if *known >= base => {
                let mut fields = fields.clone();
                fields.extend(row.fields(id_field));
                fields.retain(|_, value| !value.is_null());
                Some((version, fields))
            }
            _ => {
                let found = world.fetch(&self.caller, plural, &[id]).unwrap();
                let whole = found
                    .first()
                    .unwrap_or_else(|| panic!("{entity} {id} is not to be had"));
                Some((whole.version().unwrap(), whole.fields(id_field)))
            }
        }
    }

    /// Ids held of an entity.
    pub fn holds(&self, entity: &str) -> Vec<&str> {
        self.mirrors
            .keys()
            .filter(|(of, _)| of == entity)
            .map(|(_, id)| id.as_str())
            .collect()
    }

    /// Every mirror is the server's record, as it stands.
    pub fn agrees(&self, world: &World<impl Storage>) {
        for ((entity, id), (version, fields)) in &self.mirrors {
            let record = world.record(entity, id);
            let mut expected = record.fields.clone();
            expected.remove(&world.packs.entity(entity).unwrap().id_field);
            assert!(!record.deleted, "{entity} {id} was deleted");
            // What is about a record that the device's owner may no longer read came without that record's values.
            let mut visible = world
                .act(&self.caller, |tx, cx| subject::visible(tx, cx, record.clone()))
                .fields;
            visible.remove(&world.packs.entity(entity).unwrap().id_field);
            let expected = if *fields == visible { visible } else { expected };
            assert_eq!((*version, fields), (record.version, &expected), "{entity} {id}");
        }
    }
}
