//! What a person's database holds. Every value is sealed; every key is a number and says nothing.

use rexie::{Index, ObjectStore};

use crate::database::Schema;

/// Commits by revision, from the last fold on. The browser counts the revisions: see [`super::write`].
pub(crate) const JOURNAL: &str = "journal";
/// The pieces of the last fold, by [`super::base`]'s numbers.
pub(crate) const BASE: &str = "base";
/// The sections of pages, by page.
pub(crate) const HEADS: &str = "heads";
pub(crate) const TEXTS: &str = "texts";
pub(crate) const BODIES: &str = "bodies";
/// Sealed answers of the API: `{ key, expiresAt, sealed }`, by `key`.
pub(crate) const READS: &str = "reads";

pub(crate) const BY_EXPIRY: &str = "expiresAt";

/// The layout before pages, one sealed value for each row; emptied by [`super::migrate`]. Sealed rows
/// `{ key, revision, sealed }` by `key`; names of deleted rows; `head`: `{ revision, commit }`.
pub(crate) const ROWS: &str = "rows";
pub(crate) const DELETIONS: &str = "deletions";
pub(crate) const META: &str = "meta";
pub(crate) const HEAD: &str = "head";

/// Of a person's database.
pub const SCHEMA: Schema = Schema {
    // 3 has the stores of 2: an app that knows of one data key only must not write any more.
    version: 3,
    returns: false,
    stores,
};

fn stores() -> Vec<ObjectStore> {
    vec![
        ObjectStore::new(JOURNAL).auto_increment(true),
        ObjectStore::new(BASE),
        ObjectStore::new(HEADS),
        ObjectStore::new(TEXTS),
        ObjectStore::new(BODIES),
        ObjectStore::new(READS)
            .key_path("key")
            .add_index(Index::new(BY_EXPIRY, "expiresAt")),
        ObjectStore::new(ROWS)
            .key_path("key")
            .add_index(Index::new("revision", "revision")),
        ObjectStore::new(DELETIONS),
        ObjectStore::new(META),
    ]
}
