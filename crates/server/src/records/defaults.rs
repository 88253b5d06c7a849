//! What a new record holds besides what it was given.

use chrono::SecondsFormat;
use holdfast_core::{Fields, Timestamp, merge::compute_fields, pack::Entity};
use serde_json::Value;

/// In whose name and when `$user` and `$now`, `createdBy` and `createdAt` are filled in.
#[derive(Debug, Clone, Copy)]
pub struct Creation<'a> {
    pub user_id: &'a str,
    pub at: Timestamp,
}

/// Adds the declared defaults, by whom and when it was created, and computed fields. Without a `creation` (an import
/// brings its own) only fixed defaults and computed fields.
pub fn complete(entity: &Entity, mut fields: Fields, creation: Option<Creation<'_>>) -> Fields {
    for field in &entity.fields {
        if !fields.contains_key(&field.name)
            && let Some(value) = default(&field.name, field.default.as_ref(), creation)
        {
            fields.insert(field.name.clone(), value);
        }
    }
    compute_fields(entity, &mut fields);
    fields
}

/// The record as it would be if it had just been created so: what people cannot change is as its creator would find it.
pub fn as_created(entity: &Entity, mut fields: Fields, creation: Creation<'_>) -> Fields {
    for field in &entity.fields {
        let declared = field.default.as_ref();
        let placeholder = matches!(declared.and_then(Value::as_str), Some("$user" | "$now"));
        let named = declared.is_none() && matches!(field.name.as_str(), "createdBy" | "createdAt");
        if (named || (placeholder && field.read_only))
            && let Some(value) = default(&field.name, declared, Some(creation))
        {
            fields.insert(field.name.clone(), value);
        }
    }
    fields
}

fn default(name: &str, declared: Option<&Value>, creation: Option<Creation<'_>>) -> Option<Value> {
    let user = || creation.map(|creation| Value::from(creation.user_id));
    let now =
        || creation.map(|creation| Value::from(creation.at.to_rfc3339_opts(SecondsFormat::Millis, true)));
    match (declared.and_then(Value::as_str), declared, name) {
        (Some("$user"), _, _) | (_, None, "createdBy") => user(),
        (Some("$now"), _, _) | (_, None, "createdAt") => now(),
        (_, declared, _) => declared.cloned(),
    }
}
