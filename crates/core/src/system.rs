//! Names of the built-in pack ([`crate::pack::built_in`]): what every line of work needs to be told. Conflicts and notices are records like any other, so
//! they reach the device with the same delta, are readable offline, and are settled by queued writes.

/// Name of the built-in pack.
pub const NAME: &str = "system";
/// Entity of a conflict. Updates of it are `conflict_resolve` and `conflict_undo`.
pub const CONFLICT: &str = "conflict";
/// Entity of a notice.
pub const NOTICE: &str = "notice";
/// Entity of a person: profile, pinned records, remembered choices.
pub const USER: &str = "user";
/// Entity of what colleagues see of a person; its ids are those of users.
pub const PERSON: &str = "person";

/// Settles a conflict; the payload's `resolution` holds a choice by field.
pub const CONFLICT_RESOLVE: &str = "conflict_resolve";
/// Takes a settlement back.
pub const CONFLICT_UNDO: &str = "conflict_undo";
