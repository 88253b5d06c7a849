use std::{borrow::Cow, collections::BTreeMap};

use super::{Entity, Pack, PackError, built_in, stamp};
use crate::{ordered, system};

/// The packs in force, the built-in `system` pack among them. They declare a few dozen entities: looking one up is a
/// walk through all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Packs {
    packs: Vec<Cow<'static, Pack>>,
}

impl Packs {
    /// Checks the packs and puts the built-in one first. A stamped time gets a field beside it for when it was received.
    pub fn new(domain_packs: Vec<Pack>) -> Result<Self, PackError> {
        let mut domains = domain_packs;
        domains.retain(|pack| pack.name != system::NAME);
        let entities = domains.iter_mut().flat_map(|pack| &mut pack.entities);
        entities.for_each(stamp::declare_received);
        let built_in = std::iter::once(Cow::Borrowed(built_in()));
        let all = Self {
            packs: built_in.chain(domains.into_iter().map(Cow::Owned)).collect(),
        };
        for (pack, entity) in all.entities() {
            if all
                .entities()
                .filter(|(_, other)| other.name == entity.name)
                .count()
                > 1
            {
                let place = format!("entities.{}", entity.name);
                return Err(PackError::new(&pack.name, place, "declared twice"));
            }
        }
        all.packs.iter().try_for_each(|pack| pack.check(&all))?;
        Ok(all)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Pack> {
        self.packs.iter().map(AsRef::as_ref)
    }

    /// All entities of all packs, in declared order.
    pub fn entities(&self) -> impl Iterator<Item = (&Pack, &Entity)> {
        self.iter()
            .flat_map(|pack| pack.entities.iter().map(move |entity| (pack, entity)))
    }

    fn find(&self, fits: impl Fn(&Entity) -> bool) -> Option<(&Pack, &Entity)> {
        self.entities().find(|(_, entity)| fits(entity))
    }

    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.find(|entity| entity.name == name).map(|(_, entity)| entity)
    }

    pub fn pack_of(&self, entity: &str) -> Option<&Pack> {
        self.find(|declared| declared.name == entity)
            .map(|(pack, _)| pack)
    }

    /// By the name in a delta: `workOrders`.
    pub fn entity_by_collection(&self, collection: &str) -> Option<&Entity> {
        self.find(|entity| entity.collection() == collection)
            .map(|(_, entity)| entity)
    }

    /// By the name in paths: `work-orders`.
    pub fn entity_by_plural(&self, plural: &str) -> Option<&Entity> {
        self.find(|entity| entity.plural == plural)
            .map(|(_, entity)| entity)
    }

    /// Version by domain: what a push carries.
    pub fn versions(&self) -> BTreeMap<String, u64> {
        ordered::map(self.iter().map(Pack::name_and_version))
    }
}
