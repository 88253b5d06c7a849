//! Whether a write fits its entity; [`crate::limits`] says how large it may be. The same code tells the author while typing and refuses at the server.

use std::{cmp::Ordering, collections::BTreeSet};

use serde_json::Value;

use super::{Entity, Field, FieldType, canonical::DOUBLES_LOSE_DIGITS, same, value};
use crate::{
    Fields,
    decimal::{self, Decimal, DecimalError, MAX_DIGITS},
    json,
    limits::{MAX_FAULTS, fault as error},
    record::{FieldError, Operation},
};

/// Checks the changed fields of a write over the record as it stands; empty if nothing is wrong. Names at most
/// [`MAX_FAULTS`].
///
/// `current` is the record before the write (empty for a create). Uniqueness and references are the server's to check.
pub fn validate(
    entity: &Entity,
    operation: Operation,
    payload: &Fields,
    current: &Fields,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if operation == Operation::Delete {
        return errors;
    }
    for (name, value) in payload {
        match entity.field(name) {
            None => errors.push(error(name, "is not a field of this record")),
            Some(field) if field.read_only || field.computed.is_some() => {
                errors.push(error(name, "cannot be changed"))
            }
            Some(field) => {
                check_value(field, name, value, &mut errors);
                check_transition(field, name, value, current.get(name), &mut errors);
            }
        }
    }
    if operation == Operation::Create {
        let missing = |field: &&Field| {
            is_asked_for(field) && !payload.contains_key(&field.name) && field.default.is_none()
        };
        errors.extend(
            entity
                .fields
                .iter()
                .filter(missing)
                .map(|field| error(&field.name, "is needed")),
        );
    }
    errors.truncate(MAX_FAULTS);
    errors
}

/// Whether its author has to fill it in: what is stamped the server fills in.
fn is_asked_for(field: &Field) -> bool {
    field.required && field.stamped.is_none()
}

fn check_transition(
    field: &Field,
    path: &str,
    value: &Value,
    current: Option<&Value>,
    errors: &mut Vec<FieldError>,
) {
    let FieldType::Enum { choices, .. } = &field.kind else {
        return;
    };
    let Some(current) = current.filter(|current| !field.may_follow(current, value)) else {
        return;
    };
    let label = |value: &str| {
        choices
            .iter()
            .find(|choice| choice.value == value)
            .map_or_else(|| value.to_owned(), |c| c.label.clone())
    };
    let [from, to] = [current, value].map(|value| label(value.as_str().unwrap_or_default()));
    errors.push(error(path, format!("cannot go from \"{from}\" to \"{to}\"")));
}

pub(super) fn check_value(field: &Field, path: &str, value: &Value, errors: &mut Vec<FieldError>) {
    let is_empty = |text: &str| text.trim().is_empty() || field.kind.form().is_empty(text);
    let empty = value.is_null() || value.as_str().is_some_and(is_empty);
    if empty && field.required {
        errors.push(error(path, "is needed"));
    }
    if value.is_null() {
        return;
    }
    match &field.kind {
        FieldType::Text { max_length, .. } | FieldType::LongText { max_length, .. } => {
            check_text(path, value, *max_length, errors)
        }
        FieldType::Reference { .. } => check_text(path, value, None, errors),
        FieldType::Number {
            min, max, integer, ..
        } => check_number(path, value, (*min, *max), *integer, errors),
        FieldType::Counter => check_number(path, value, (None, None), false, errors),
        FieldType::Bool if !value.is_boolean() => errors.push(error(path, "must be yes or no")),
        FieldType::Enum { choices, .. } => {
            if !choices
                .iter()
                .any(|choice| Some(choice.value.as_str()) == value.as_str())
            {
                errors.push(error(path, format!("has no choice {}", json::text(value))));
            }
        }
        FieldType::Datetime => {
            if value.as_str().and_then(crate::timestamp::parse).is_none() {
                errors.push(error(path, "must be a time, like 2026-11-21T08:30:00Z"));
            }
        }
        FieldType::Object { fields } => check_object(fields, path, value, errors),
        FieldType::List { key, fields } | FieldType::Log { key, fields } => {
            check_list(key, fields, path, value, errors)
        }
        FieldType::Set { choices, .. } => check_set(choices, path, value, errors),
        FieldType::Location => {
            let degrees = |name: &str, limit: f64| {
                value
                    .get(name)
                    .and_then(Value::as_f64)
                    .is_some_and(|d| d.abs() <= limit)
            };
            if !degrees("latitude", 90.0) || !degrees("longitude", 180.0) {
                errors.push(error(path, "must have a latitude and a longitude in degrees"));
            }
        }
        FieldType::Bool | FieldType::Json => {}
    }
}

fn check_text(path: &str, value: &Value, max_length: Option<usize>, errors: &mut Vec<FieldError>) {
    match (value.as_str(), max_length) {
        (None, _) => errors.push(error(path, "must be text")),
        (Some(text), Some(max)) if text.chars().count() > max => {
            errors.push(error(
                path,
                format!("may have {max} characters, and has {}", text.chars().count()),
            ));
        }
        _ => {}
    }
}

fn check_number(
    path: &str,
    value: &Value,
    (min, max): (Option<f64>, Option<f64>),
    integer: bool,
    errors: &mut Vec<FieldError>,
) {
    if let Some(fault) = unkept(value) {
        errors.push(error(path, fault));
        return;
    }
    if integer && Decimal::of(value).is_none_or(|number| number.decimals() > 0) {
        errors.push(error(path, "must be a whole number"));
    }
    let beyond = |limit: f64, side: Ordering| decimal::order(value, &Value::from(limit)) == Some(side);
    if let Some(min) = min.filter(|min| beyond(*min, Ordering::Less)) {
        errors.push(error(path, format!("must be at least {}", plain(min))));
    }
    if let Some(max) = max.filter(|max| beyond(*max, Ordering::Greater)) {
        errors.push(error(path, format!("must be at most {}", plain(max))));
    }
}

/// Why a value is no number that is kept exactly, if it is none.
fn unkept(value: &Value) -> Option<String> {
    let not_a_number = || "must be a number".to_owned();
    match value {
        Value::Number(number) if number.is_f64() && number.as_f64()?.abs() >= DOUBLES_LOSE_DIGITS => {
            Some("is too large to be kept exactly as a JSON number; send it as text".into())
        }
        Value::Number(_) if Decimal::of(value).is_none() => {
            Some(format!("must have at most {MAX_DIGITS} digits"))
        }
        Value::Number(_) => None,
        Value::String(text) => match text.parse::<Decimal>() {
            Ok(_) => None,
            Err(DecimalError::NotANumber) => Some(not_a_number()),
            Err(DecimalError::TooLong) => Some(format!("must have at most {MAX_DIGITS} digits")),
        },
        _ => Some(not_a_number()),
    }
}

/// A number as JSON writes it, whole where it is whole.
fn plain(number: f64) -> String {
    json::text(&value::number(number))
}

fn check_object(fields: &[Field], path: &str, value: &Value, errors: &mut Vec<FieldError>) {
    let Some(object) = value.as_object() else {
        errors.push(error(path, "must be a group of fields"));
        return;
    };
    for (name, part) in object {
        let part_path = format!("{path}.{name}");
        match fields.iter().find(|field| &field.name == name) {
            Some(field) => check_value(field, &part_path, part, errors),
            None => errors.push(error(&part_path, "is not a field here")),
        }
    }
    let missing = fields
        .iter()
        .filter(|field| is_asked_for(field) && !object.contains_key(&field.name));
    errors.extend(missing.map(|field| error(&format!("{path}.{}", field.name), "is needed")));
}

fn check_list(key: &str, fields: &[Field], path: &str, value: &Value, errors: &mut Vec<FieldError>) {
    let Some(items) = value.as_array() else {
        errors.push(error(path, "must be a list"));
        return;
    };
    let plain = same::key_form(key, fields).is_plain();
    let own: Vec<_> = items
        .iter()
        .map(|item| same::item_key(key, fields, item))
        .collect();
    let mut keys = BTreeSet::new();
    for (at, (item, own)) in items.iter().zip(&own).enumerate() {
        let item_path = format!("{path}[{at}]");
        check_object(fields, &item_path, item, errors);
        match own.as_deref().filter(|own| plain || !own.is_empty()) {
            None => errors.push(error(&format!("{item_path}.{key}"), "is needed")),
            Some(text) if !keys.insert(text) => {
                errors.push(error(&format!("{item_path}.{key}"), "stands twice in the list"))
            }
            Some(_) => {}
        }
        if errors.len() >= MAX_FAULTS {
            return;
        }
    }
}

fn check_set(choices: &[super::Choice], path: &str, value: &Value, errors: &mut Vec<FieldError>) {
    let Some(items) = value.as_array() else {
        errors.push(error(path, "must be a set"));
        return;
    };
    for item in items {
        let known = item
            .as_str()
            .is_some_and(|text| choices.is_empty() || choices.iter().any(|choice| choice.value == text));
        if !known {
            errors.push(error(path, format!("cannot hold {item}")));
        }
    }
}
