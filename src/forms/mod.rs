//! What a form holds, apart from how it looks.

mod actions;
pub mod asked;
pub mod decision;
mod draft;
pub mod entries;
pub mod log;
pub mod number;
mod settlement;
mod state;
pub mod timed;
pub mod walk;

pub use actions::{Action, actions_for, filled};
pub use draft::{Draft, root};
pub use settlement::{Choice, Settlement};
pub use state::FormState;

use holdfast_core::{
    pack::{Entity, Field, FieldType},
    record::Operation,
};

/// The fields that a person with these roles fills in, in the pack's order. Status and the like come with the default at first; logs
/// grow by actions, and lists that the record's own page edits with a tap stay out of its form, timed work among them.
pub fn editable<'a>(
    entity: &'a Entity,
    operation: Operation,
    own_page: &[&str],
    roles: &[String],
) -> Vec<&'a Field> {
    let with_default = |field: &Field| {
        operation == Operation::Create
            && field.default.is_some()
            && matches!(&field.kind, FieldType::Enum { transitions, .. } if !transitions.is_empty())
    };
    let timed = entity
        .timer
        .as_ref()
        .filter(|_| operation == Operation::Update)
        .map(|timer| timer.list.as_str());
    let offered = |field: &&Field| {
        field.is_filled_in_by(roles)
            && !matches!(field.kind, FieldType::Json | FieldType::Log { .. })
            && !own_page.contains(&field.name.as_str())
            && timed != Some(field.name.as_str())
            && !with_default(field)
    };
    entity.fields.iter().filter(offered).collect()
}
