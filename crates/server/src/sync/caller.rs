use std::collections::BTreeSet;

use holdfast_core::{
    Timestamp,
    pack::{Entity, Packs, Values, Viewer},
    ports::Rng,
    protocol::Me,
};

use crate::records::version::Author;
use crate::storage::model::Stored;

/// Who calls, from which device.
#[derive(Debug, Clone)]
pub struct Caller {
    pub me: Me,
    pub device_id: String,
}

/// What a rule may look at besides the store.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub packs: &'a Packs,
    pub rng: &'a dyn Rng,
    /// When the server received the request: the time that orders writes.
    pub now: Timestamp,
    pub caller: &'a Caller,
    /// Whether the device stamps what was accepted as the server does.
    pub stamps_alike: bool,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("now", &self.now)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    /// Whether the caller's roles allow an action on an entity: `read`, `create`, `update`, `delete`.
    pub fn may(&self, entity: &str, action: &str) -> bool {
        self.packs
            .pack_of(entity)
            .is_some_and(|pack| self.caller.me.may(&pack.name, entity, action))
    }

    pub fn viewer(&self) -> Viewer<'a> {
        let me = &self.caller.me;
        Viewer {
            user_id: &me.user_id,
            roles: &me.roles,
            sites: &me.sites,
            now: self.now,
        }
    }

    pub fn author(&self) -> Author<'a> {
        let me = &self.caller.me;
        Author {
            user_id: &me.user_id,
            name: &me.display_name,
            roles: &me.roles,
            device_id: &self.caller.device_id,
        }
    }

    /// Whether the caller may read the record (of a deleted one: its last values).
    pub fn readable<F: Values>(&self, entity: &Entity, record: &Stored<F>) -> bool {
        self.may(&entity.name, "read") && entity.readable_by(&record.fields, &self.viewer())
    }
}

/// The scopes (`domain:entity:action`) that the packs give to these roles.
pub fn scopes_of(packs: &Packs, roles: &[String]) -> Vec<String> {
    let scopes = packs
        .iter()
        .flat_map(|pack| roles.iter().filter_map(|role| pack.roles.get(role)).flatten());
    scopes.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}
