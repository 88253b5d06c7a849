//! Fields that only some roles may write ([`Field::writers`]).

use serde_json::Value;

use super::{Entity, Field, FieldType, is_placeholder};
use crate::{
    Fields,
    limits::{MAX_FAULTS, fault},
    ordered,
    pack::same_value,
    record::FieldError,
};

/// Fields and parts that differ between two versions of a record and that none of these roles may write; at most
/// [`MAX_FAULTS`]. What a write leaves as it was refuses nothing. `before`: of a new record, its [`defaults`].
pub fn unwritable(entity: &Entity, roles: &[String], before: &Fields, after: &Fields) -> Vec<FieldError> {
    let mut errors = Vec::new();
    compare(&entity.fields, roles, ("", before), after, &mut errors);
    errors.truncate(MAX_FAULTS);
    errors
}

/// The refusal of one field, if none of these roles may write it.
pub fn closed_to(field: &Field, roles: &[String], path: &str) -> Option<FieldError> {
    (!field.is_open_to(roles))
        .then(|| fault(path, format!("can only be set by: {}", field.writers.join(", "))))
}

impl Field {
    /// Whether a form asks somebody with these roles for it: the server sets what is computed or stamped.
    pub fn is_filled_in_by(&self, roles: &[String]) -> bool {
        let of_the_server = self.read_only || self.computed.is_some() || self.stamped.is_some();
        !of_the_server && self.is_open_to(roles)
    }

    /// Whether somebody with these roles may write it.
    pub fn is_open_to(&self, roles: &[String]) -> bool {
        self.writers.is_empty() || self.writers.iter().any(|role| roles.contains(role))
    }
}

/// What a new record holds before anybody writes to it.
pub fn defaults(entity: &Entity) -> Fields {
    let declared = entity.fields.iter().filter_map(|field| {
        let value = field.default.clone().filter(|value| !is_placeholder(value))?;
        Some((field.name.clone(), value))
    });
    ordered::fields(declared)
}

fn compare(
    declared: &[Field],
    roles: &[String],
    (prefix, before): (&str, &Fields),
    after: &Fields,
    errors: &mut Vec<FieldError>,
) {
    let nothing = Value::Null;
    for field in declared {
        if !restricts(field) || errors.len() >= MAX_FAULTS {
            continue;
        }
        let get = |side: &'_ Fields| side.get(&field.name).cloned().unwrap_or_default();
        let (old, new) = (get(before), get(after));
        let path = format!("{prefix}{}", field.name);
        if same_value(field, &old, &new) {
            continue;
        }
        if let Some(error) = closed_to(field, roles, &path) {
            errors.push(error);
            continue;
        }
        let mut pair = |place: &str, old: &Value, new: &Value| {
            let (none, parts) = (Fields::new(), field.kind.parts());
            let old = old.as_object().unwrap_or(&none);
            let new = new.as_object().unwrap_or(&none);
            compare(parts, roles, (&format!("{place}."), old), new, errors);
        };
        match &field.kind {
            FieldType::Object { .. } => pair(&path, &old, &new),
            FieldType::List { key, .. } | FieldType::Log { key, .. } => {
                let keyed = |side: &Value| {
                    let items = side.as_array().cloned().unwrap_or_default().into_iter();
                    let named = items.enumerate().filter_map(|(at, item)| {
                        let id = item.get(key)?.as_str()?.to_owned();
                        Some((id, (at, item)))
                    });
                    ordered::map(named)
                };
                let (old, new) = (keyed(&old), keyed(&new));
                for (id, (at, item)) in &new {
                    let former = old.get(id).map_or(&nothing, |(_, item)| item);
                    pair(&format!("{path}[{at}]"), former, item);
                }
                for (id, (_, item)) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
                    pair(&format!("{path}[{id}]"), item, &nothing);
                }
            }
            _ => {}
        }
    }
}

/// Whether a field, or a part of it, is not everybody's to write.
fn restricts(field: &Field) -> bool {
    !field.writers.is_empty() || field.kind.parts().iter().any(restricts)
}
