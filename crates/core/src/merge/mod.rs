//! The merge: what becomes of a field when its author and somebody else both changed it.
//!
//! It goes by value. The author's write carries the new value and the *base*, the value as the author saw it. If the
//! server's value still equals the base, nobody else changed it and the write applies; if it equals the new value,
//! there is nothing to do; only otherwise does the field's strategy speak. A chain of queued edits therefore never
//! conflicts with itself, and versions need not match for a write to be good.
//!
//! The server settles by this code; a device runs it to preview pending writes over pulled state.

mod additions;
mod field;
mod list;
mod parts;
mod record;
mod stamps;
mod text;

pub use additions::{Added, additions};
pub use field::{FieldMerge, merge_field, with_stamps_of};
pub use parts::{MAX_OVERRULED, Overruled, Step};
pub use record::{Author, FieldChange, MergeInput, MergedRecord, Verdict, compute_fields, merge_record};
pub use text::MAX_LINES as MAX_TEXT_LINES;
