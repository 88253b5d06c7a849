use std::collections::BTreeMap;

use holdfast_core::{
    pack::{Entity, FieldType, Viewer},
    protocol::Me,
    replica::{Filter, Item, Mark, Query},
};
use serde_json::Value;

use crate::format::value::PERSON;

/// Rows shown at first, and how many more at a time.
pub const PAGE: usize = 50;

/// How somebody looks at a list: kept while the app is open, so that coming back shows the same.
#[derive(Debug, Clone, PartialEq)]
pub struct ListState {
    pub search: String,
    /// Values wanted, by field.
    pub filters: BTreeMap<String, Vec<Value>>,
    /// Only what is not finished.
    pub unfinished: bool,
    /// Only what was not synced.
    pub unsynced: bool,
    /// Position among the pack's sorts.
    pub sort: usize,
    pub shown: usize,
}

impl Default for ListState {
    fn default() -> Self {
        Self {
            search: String::new(),
            filters: BTreeMap::new(),
            unfinished: true,
            unsynced: false,
            sort: 0,
            shown: PAGE,
        }
    }
}

impl ListState {
    pub fn query(&self, entity: &Entity) -> Query {
        let sort = entity
            .list
            .sorts
            .get(self.sort)
            .or_else(|| entity.list.sorts.first());
        Query {
            entity: entity.name.clone(),
            filters: self
                .filters
                .iter()
                .filter(|(_, wanted)| !wanted.is_empty())
                .map(|(field, any_of)| Filter {
                    field: field.clone(),
                    any_of: any_of.clone(),
                })
                .collect(),
            search: self.search.clone(),
            // "Last changed" is what a list without a field is sorted by.
            sort: sort
                .map(|sort| sort.field.clone())
                .filter(|field| entity.field(field).is_some()),
            descending: sort.is_some_and(|sort| sort.descending),
            ..Query::default()
        }
    }

    /// What a query cannot ask for.
    pub fn keeps(&self, entity: &Entity, item: &Item<'_>, viewer: &Viewer<'_>) -> bool {
        let finished = || {
            entity
                .retention
                .as_ref()
                .is_some_and(|retention| retention.closed.holds(item, &viewer.context(false)))
        };
        (!self.unsynced || item.mark() != Mark::Synced) && !(self.unfinished && finished())
    }

    pub fn has(&self, field: &str, value: &Value) -> bool {
        self.filters
            .get(field)
            .is_some_and(|wanted| wanted.contains(value))
    }

    /// Adds or takes away a wanted value. Asking for a state by name shows finished work too.
    pub fn toggle(&mut self, field: &str, value: Value) {
        let wanted = self.filters.entry(field.to_owned()).or_default();
        let before = wanted.len();
        wanted.retain(|other| *other != value);
        if wanted.len() == before {
            wanted.push(value);
            self.unfinished = false;
        }
        self.shown = PAGE;
    }

    /// How many filters narrow the list.
    pub fn narrowed(&self) -> usize {
        self.filters.values().map(Vec::len).sum::<usize>() + usize::from(self.unsynced)
    }

    pub fn clear(&mut self) {
        *self = Self {
            sort: self.sort,
            unfinished: false,
            ..Self::default()
        };
    }
}

/// The field that tells whose a record is, for the "Mine" filter.
pub fn owner_field<'a>(entity: &'a Entity, me: &Me) -> Option<&'a str> {
    let person = |name: &&String| {
        let kind = entity.field(name).map(|field| &field.kind);
        matches!(kind, Some(FieldType::Reference { entity }) if entity == PERSON)
    };
    entity
        .list
        .filters
        .iter()
        .find(person)
        .filter(|_| !me.user_id.is_empty())
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_is_on_until_it_is_tapped_again() {
        let mut state = ListState::default();
        state.toggle("status", json!("closed"));
        assert!(state.has("status", &json!("closed")));
        assert!(!state.unfinished, "asking for finished work shows it");
        state.toggle("status", json!("on-hold"));
        assert_eq!(state.narrowed(), 2);
        state.toggle("status", json!("closed"));
        assert_eq!(state.filters["status"], [json!("on-hold")]);
        state.clear();
        assert_eq!(state.narrowed(), 0);
    }
}
