//! What may leave the device with time: settled writes after a week (W18), finished records after their pack's days
//! (R10). Open writes and pinned records never do.

use super::recovery::is_kept;
use crate::{
    replica::Replica,
    store::{Changes, MAX_ROWS_PER_COMMIT, RowKey},
};

/// Plans the clean-up of one launch; run again while it finds more than one commit may hold.
///
/// Ages are counted by the server's clock alone, up to the last full sync: the device's may be set to anything.
pub fn aged_out(replica: &Replica) -> Changes {
    let mut changes = Changes::default();
    let Some(now) = replica.sync().last_synced_at else {
        return changes;
    };
    for write in replica.writes().filter(|write| !write.is_open()) {
        if write.synced_at.is_some_and(|at| !is_kept(replica, at)) {
            changes.delete.push(RowKey::Write(write.id.clone()));
        }
    }
    let pinned = replica.pinned();
    for (key, held) in replica.mirrors() {
        let Some(entity) = replica.packs().entity(&key.entity_type) else {
            continue;
        };
        let aged = entity.has_had_its_days(|| held.fields(), held.reached_at(), now);
        if aged && !pinned.contains(key) && replica.lane(key).next().is_none() {
            changes.delete.push(RowKey::Mirror(key.clone()));
        }
    }
    changes.delete.truncate(MAX_ROWS_PER_COMMIT);
    changes
}
