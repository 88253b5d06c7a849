//! What a person's database holds.

use rexie::{Index, ObjectStore};

use crate::database::Schema;

/// Sealed rows: `{ key, revision, sealed }`, by `key`, the row's name.
pub(crate) const ROWS: &str = "rows";
/// Names of deleted rows: `{ key, sealed }` by `[revision, key]`, so that old ones are pruned as one range.
pub(crate) const DELETIONS: &str = "deletions";
/// `head`: `{ revision, commit }`, the last commit's number and its random mark.
pub(crate) const META: &str = "meta";
/// Sealed answers of the API: `{ key, expiresAt, sealed }`, by `key`.
pub(crate) const READS: &str = "reads";

pub(crate) const HEAD: &str = "head";
pub(crate) const BY_REVISION: &str = "revision";
pub(crate) const BY_EXPIRY: &str = "expiresAt";

/// Of a person's database.
pub const SCHEMA: Schema = Schema {
    version: 1,
    returns: false,
    stores,
};

fn stores() -> Vec<ObjectStore> {
    vec![
        ObjectStore::new(ROWS)
            .key_path("key")
            .add_index(Index::new(BY_REVISION, "revision")),
        ObjectStore::new(DELETIONS),
        ObjectStore::new(META),
        ObjectStore::new(READS)
            .key_path("key")
            .add_index(Index::new(BY_EXPIRY, "expiresAt")),
    ]
}
