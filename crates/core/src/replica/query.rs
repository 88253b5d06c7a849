//! Lists: filtered, searched and sorted over what is on the device.
//!
//! Most records have nothing open, and are looked at where they stand: only the fields that a list asks for are read.
//! What is shown of them is put together for the rows that are taken.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    Held, Mark, Replica, View,
    held::{is_any_of, is_any_of_form},
    search::{Words, value_has},
    sort,
};
use crate::{
    Timestamp,
    pack::Values,
    record::{Operation, RecordKey},
    text::{Form, TextOrder},
};

/// What a list asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    pub entity: String,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Words that must all stand in the record's search fields, id or title, [folded](crate::text::fold).
    pub search: String,
    /// A field; the newest change first, if absent. Texts stand in natural order, or in that of a language.
    pub sort: Option<String>,
    pub descending: bool,
    pub offset: usize,
    /// 0 for all.
    pub limit: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    pub field: String,
    /// Any of them, compared in the form of the field.
    pub any_of: Vec<Value>,
}

/// A part of a list.
#[derive(Debug)]
pub struct Page<'a> {
    pub items: Vec<Item<'a>>,
    /// How many there are in all.
    pub total: usize,
}

/// A record of a list, not yet put together.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    content: Content<'a>,
}

#[derive(Debug, Clone)]
enum Content<'a> {
    /// Nothing is open: it is as the server confirmed it.
    Confirmed {
        key: &'a RecordKey,
        held: &'a Held,
        mark: Mark,
    },
    Shown(Box<View<'a>>),
}

impl<'a> Item<'a> {
    fn shown(view: View<'a>) -> Self {
        let content = Content::Shown(Box::new(view));
        Self { content }
    }

    pub fn key(&self) -> &RecordKey {
        match &self.content {
            Content::Confirmed { key, .. } => key,
            Content::Shown(view) => &view.key,
        }
    }

    pub fn mark(&self) -> Mark {
        match &self.content {
            Content::Confirmed { mark, .. } => *mark,
            Content::Shown(view) => view.mark,
        }
    }

    /// When the server last changed it; `None` while the server has none.
    pub fn updated_at(&self) -> Option<Timestamp> {
        match &self.content {
            Content::Confirmed { held, .. } => Some(held.updated_at()),
            Content::Shown(view) => view.updated_at,
        }
    }

    /// A field's text; empty where it has none.
    pub fn text(&self, field: &str) -> Cow<'_, str> {
        match &self.content {
            Content::Confirmed { held, .. } => held.text(field),
            Content::Shown(view) => Cow::Borrowed(view.text(field)),
        }
    }

    fn has(&self, filter: &Filter, form: Form) -> bool {
        match &self.content {
            _ if !form.is_plain() => {
                let value = self.value(&filter.field);
                is_any_of_form(form, value.as_deref(), &filter.any_of)
            }
            Content::Confirmed { held, .. } => held.has(&filter.field, &filter.any_of),
            Content::Shown(view) => is_any_of(view.fields.get(&filter.field), &filter.any_of),
        }
    }

    /// Whether a folded word stands in a field.
    pub(super) fn mentions(&self, field: &str, word: &str) -> bool {
        match &self.content {
            Content::Confirmed { held, .. } => held.mentions(field, word),
            Content::Shown(view) => view.fields.get(field).is_some_and(|value| value_has(value, word)),
        }
    }

    /// The record as shown, as far as it is here: of a replica that is not whole, what lists need.
    pub fn view(&self) -> View<'a> {
        match &self.content {
            Content::Confirmed { key, held, mark } => View {
                key: (*key).clone(),
                fields: held.fields(),
                version: held.version(),
                updated_at: Some(held.updated_at()),
                mark: *mark,
                only_here: false,
            },
            Content::Shown(view) => (**view).clone(),
        }
    }
}

impl Values for Item<'_> {
    fn value(&self, field: &str) -> Option<Cow<'_, Value>> {
        match &self.content {
            Content::Confirmed { held, .. } => held.value(field),
            Content::Shown(view) => view.fields.value(field),
        }
    }
}

impl Replica {
    /// The records that a query finds, as shown: with what is still unsent. Texts are in [natural](crate::text::natural) order.
    pub fn list(&self, query: &Query) -> Page<'_> {
        self.find(query, &|_| true, &sort::natural_keys)
    }

    /// As [`Self::list`], with texts in the order of the reader's language.
    pub fn list_ordered(&self, query: &Query, order: &TextOrder) -> Page<'_> {
        self.list_fitting(query, order, &|_| true)
    }

    /// As [`Self::list_ordered`], of those records only that fit.
    pub fn list_fitting(
        &self,
        query: &Query,
        order: &TextOrder,
        fits: &dyn Fn(&Item<'_>) -> bool,
    ) -> Page<'_> {
        self.find(query, fits, &|entity, field, items| {
            sort::ranked_keys(order, entity, field, items)
        })
    }

    fn find(
        &self,
        query: &Query,
        fits: &dyn Fn(&Item<'_>) -> bool,
        text_keys: &sort::TextKeys<'_>,
    ) -> Page<'_> {
        let Some(entity) = self.packs.entity(&query.entity) else {
            return Page {
                items: Vec::new(),
                total: 0,
            };
        };
        let words = Words::of(&query.search);
        let form = |filter: &Filter| entity.field(&filter.field).map(|field| field.kind.form());
        let filters: Vec<(&Filter, Form)> = query
            .filters
            .iter()
            .map(|filter| (filter, form(filter).unwrap_or_default()))
            .collect();
        let found: Vec<Item<'_>> = self
            .all(&entity.name)
            .filter(|item| filters.iter().all(|(filter, form)| item.has(filter, *form)))
            .filter(|item| words.are_in(entity, item) && fits(item))
            .collect();
        Page {
            total: found.len(),
            items: sort::part(entity, query, text_keys, found),
        }
    }

    /// All records of an entity that there is something to show of.
    pub fn all<'a>(&'a self, entity: &'a str) -> impl Iterator<Item = Item<'a>> + 'a {
        let conflicts: Vec<RecordKey> = self.open_conflicts().collect();
        let mut settlements = self
            .lanes()
            .filter(|lane| lane.entity_type == crate::system::CONFLICT);
        let no_settlements = settlements.next().is_none();
        let mirrored = self.mirrors_of(entity).filter_map(move |(key, held)| {
            let plain = no_settlements && !self.lanes.contains_key(key);
            if !plain {
                return self.item(key);
            }
            let mark = if conflicts.contains(key) {
                Mark::Conflict
            } else {
                Mark::Synced
            };
            let content = Content::Confirmed { key, held, mark };
            Some(Item { content })
        });
        let only_here = self
            .lanes()
            .filter(move |key| key.entity_type == entity && !self.mirrors.contains_key(*key));
        mirrored.chain(only_here.filter_map(|key| self.item(key)))
    }

    /// One record as lists show it, under its present key.
    pub fn item(&self, key: &RecordKey) -> Option<Item<'_>> {
        self.shown(self.resolve(key)).map(Item::shown)
    }

    /// How many records of an entity were created here and are not on the server yet.
    pub fn created_here(&self, entity: &str) -> usize {
        self.open_writes()
            .filter(|write| write.entity_type == entity && write.operation == Operation::Create)
            .count()
    }
}
