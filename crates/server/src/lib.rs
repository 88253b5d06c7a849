//! The sync server: delta, push, conflicts, audit and identity over an embedded database.
