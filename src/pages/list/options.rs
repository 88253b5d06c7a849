//! What filters offer.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::pack::{Entity, Field, FieldType, Values};
use serde_json::Value;

use crate::{
    format::{row::title, value::Reader},
    strings::value,
};

/// One chip of the toolbar, or one line of the filter dialog.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Choosable {
    pub(super) field: String,
    pub(super) value: Value,
    pub(super) label: String,
}

/// Chips for the choices of the first filter that is an enumeration: usually the state.
pub(super) fn quick_options(reader: &Reader<'_>, entity: &Entity) -> Vec<Choosable> {
    let declared = entity.list.filters.iter().filter_map(|name| entity.field(name));
    let state = declared
        .into_iter()
        .find(|field| matches!(field.kind, FieldType::Enum { .. }));
    state
        .map(|field| options(reader, entity, field))
        .unwrap_or_default()
}

pub(super) fn all_options(reader: &Reader<'_>, entity: &Entity) -> Vec<(String, Vec<Choosable>)> {
    let declared = entity.list.filters.iter().filter_map(|name| entity.field(name));
    declared
        .map(|field| (field.label.clone(), options(reader, entity, field)))
        .filter(|(_, options)| !options.is_empty())
        .collect()
}

/// The values that a filter offers: declared choices, or what stands in the records.
fn options(reader: &Reader<'_>, entity: &Entity, field: &Field) -> Vec<Choosable> {
    let option = |value: Value, label: String| Choosable {
        field: field.name.clone(),
        value,
        label,
    };
    match &field.kind {
        FieldType::Enum { choices, .. } => choices
            .iter()
            .map(|choice| option(choice.value.clone().into(), choice.label.clone()))
            .collect(),
        FieldType::Bool => vec![
            option(true.into(), value::YES.to_owned()),
            option(false.into(), value::NO.to_owned()),
        ],
        FieldType::Reference { entity: target } => {
            let used: BTreeSet<String> = reader
                .replica
                .all(&entity.name)
                .map(|item| item.text(&field.name).into_owned())
                .filter(|id| !id.is_empty())
                .collect();
            let declared = reader.replica.packs().entity(target);
            let label = |id: &str| {
                let item = reader
                    .replica
                    .item(&holdfast_core::record::RecordKey::new(target, id));
                match (declared, item) {
                    (Some(declared), Some(item)) => title(declared, &item.view().fields, id),
                    _ => id.to_owned(),
                }
            };
            let options = used.iter().map(|id| option(id.clone().into(), label(id)));
            by_label(reader, options.collect())
        }
        FieldType::Set { .. } => {
            let used: BTreeSet<String> = reader
                .replica
                .all(&entity.name)
                .filter_map(|item| item.value(&field.name)?.as_array().cloned())
                .flatten()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect();
            // Two ways to write one member are one option.
            let form = field.kind.form();
            let used: BTreeMap<String, &String> = used
                .iter()
                .map(|item| (form.key(item).into_owned(), item))
                .collect();
            let options = used
                .values()
                .map(|item| option(item.as_str().into(), (*item).clone()));
            by_label(reader, options.collect())
        }
        _ => Vec::new(),
    }
}

/// In the order of the device's language.
fn by_label(reader: &Reader<'_>, options: Vec<Choosable>) -> Vec<Choosable> {
    let labels: Vec<&str> = options.iter().map(|option| option.label.as_str()).collect();
    let ranks = reader.order.ranks("labels", &labels);
    // By insertion: a filter offers few.
    let mut ranked: Vec<(u64, Choosable)> = Vec::new();
    for (rank, option) in ranks.into_iter().zip(options) {
        let at = ranked.partition_point(|(other, _)| *other <= rank);
        ranked.insert(at, (rank, option));
    }
    ranked.into_iter().map(|(_, option)| option).collect()
}
