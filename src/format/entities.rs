//! Which lists the person on this device may open.

use holdfast_core::{
    pack::{Entity, Pack},
    replica::Replica,
};

/// The entities that stand in the navigation, in the packs' order, as far as the person may read them.
pub fn shown(replica: &Replica) -> impl Iterator<Item = (&Pack, &Entity)> {
    let may = |pack: &Pack, entity: &Entity| {
        replica
            .me()
            .is_some_and(|me| me.may(&pack.name, &entity.name, "read"))
    };
    replica
        .packs()
        .entities()
        .filter(move |(pack, entity)| entity.list.shown && may(pack, entity))
}

/// The first of them: what "Work" opens.
pub fn first(replica: &Replica) -> Option<String> {
    shown(replica).next().map(|(_, entity)| entity.name.clone())
}
