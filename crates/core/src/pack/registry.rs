use std::collections::BTreeMap;

use super::{Entity, Pack, PackError};
use crate::ordered;

/// The packs in force, the built-in `system` pack among them, with look-ups by entity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Packs {
    packs: Vec<Pack>,
    /// Entity name → position of its pack and within it.
    by_entity: BTreeMap<String, (usize, usize)>,
    by_collection: BTreeMap<String, String>,
    by_plural: BTreeMap<String, String>,
}

impl Packs {
    /// Checks the packs and puts the built-in one first.
    pub fn new(domain_packs: Vec<Pack>) -> Result<Self, PackError> {
        let system = crate::system::pack();
        let mut packs: Vec<Pack> = domain_packs
            .into_iter()
            .filter(|pack| pack.name != system.name)
            .collect();
        packs.insert(0, system);
        let mut all = Self {
            packs,
            ..Self::default()
        };
        for (p, pack) in all.packs.iter().enumerate() {
            for (e, entity) in pack.entities.iter().enumerate() {
                if all.by_entity.insert(entity.name.clone(), (p, e)).is_some() {
                    return Err(PackError::new(
                        &pack.name,
                        format!("entities.{}", entity.name),
                        "declared twice",
                    ));
                }
                all.by_collection.insert(entity.collection(), entity.name.clone());
                all.by_plural.insert(entity.plural.clone(), entity.name.clone());
            }
        }
        all.packs.iter().try_for_each(|pack| pack.check(&all))?;
        Ok(all)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Pack> {
        self.packs.iter()
    }

    /// All entities of all packs, in declared order.
    pub fn entities(&self) -> impl Iterator<Item = (&Pack, &Entity)> {
        self.packs
            .iter()
            .flat_map(|pack| pack.entities.iter().map(move |entity| (pack, entity)))
    }

    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.by_entity
            .get(name)
            .map(|(p, e)| &self.packs[*p].entities[*e])
    }

    pub fn pack_of(&self, entity: &str) -> Option<&Pack> {
        self.by_entity.get(entity).map(|(p, _)| &self.packs[*p])
    }

    /// By the name in a delta: `workOrders`.
    pub fn entity_by_collection(&self, collection: &str) -> Option<&Entity> {
        self.by_collection
            .get(collection)
            .and_then(|name| self.entity(name))
    }

    /// By the name in paths: `work-orders`.
    pub fn entity_by_plural(&self, plural: &str) -> Option<&Entity> {
        self.by_plural.get(plural).and_then(|name| self.entity(name))
    }

    /// Version by domain: what a push carries.
    pub fn versions(&self) -> BTreeMap<String, u32> {
        ordered::map(self.packs.iter().map(|pack| (pack.name.clone(), pack.version)))
    }
}
