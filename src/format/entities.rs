//! What the person on this device may do with which records.

use holdfast_browser::client::Snapshot;
use holdfast_core::{
    Timestamp,
    pack::{Entity, Pack, Viewer},
    protocol::Me,
};

/// The entities that stand in the navigation, in the packs' order, as far as the person may read them.
pub fn shown(replica: Snapshot<'_>) -> impl Iterator<Item = (&Pack, &Entity)> {
    let may_read = move |entity: &Entity| {
        replica
            .me()
            .is_some_and(|me| may(replica, me, &entity.name, "read"))
    };
    let all = replica.packs().entities();
    all.filter(move |(_, entity)| entity.list.shown && may_read(entity))
}

/// The first of them: what "Work" opens.
pub fn first(replica: Snapshot<'_>) -> Option<String> {
    shown(replica).next().map(|(_, entity)| entity.name.clone())
}

/// Whether a person may do this (`read`, or the name of an operation) to records of the entity.
pub fn may(replica: Snapshot<'_>, me: &Me, entity: &str, action: &str) -> bool {
    let pack = replica.packs().pack_of(entity);
    me.may(
        pack.map(|pack| pack.name.as_str()).unwrap_or_default(),
        entity,
        action,
    )
}

/// Somebody's eyes, for conditions.
pub fn viewer(me: &Me, now: Timestamp) -> Viewer<'_> {
    Viewer {
        user_id: &me.user_id,
        roles: &me.roles,
        sites: &me.sites,
        now,
    }
}
