//! Pages: some hundred mirrors of one entity together.
//!
//! A page is what the store keeps records in. It has three [sections](Section), each of them [columns](Part) of JSON
//! text that are sealed and read by themselves: what lists need of every record, what a search looks through, and the
//! rest. A start reads the heads alone; the other sections join them after it ([`Page::complete`]). A page never
//! changes: a newer state of a record stands in a newer page or beside the pages, and its row in the old one is dead.
//! [`crate::replica::fold`] makes new pages out of what is left.

mod builder;

pub use builder::{FULL, Meta, PageBuilder, Pages};
pub(crate) use builder::{pages_of, time_text};
pub use holdfast_codec::part::Part;

use std::{borrow::Cow, cell::OnceCell, rc::Rc};

use serde_json::Value;

use crate::{
    Fields, Timestamp,
    json::{self, Malformed},
    pack::Entity,
    record::{Mirror, RecordKey},
    timestamp,
};

/// Names a page in its store. Never given twice.
pub type PageId = u64;

/// A part of a page by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Id, version, times, and the fields that lists show, filter and sort by.
    Head,
    /// Further text that a search looks through.
    Text,
    Body,
}

impl Section {
    pub const ALL: [Self; 3] = [Self::Head, Self::Text, Self::Body];

    /// Where a field of an entity stands. A record of the built-in pack is all head: the engine itself looks at them.
    pub fn of(entity: &Entity, built_in: bool, field: &str) -> Self {
        let list = &entity.list;
        let listed = || {
            let columns = list.columns.iter().map(|column| &column.field);
            let sorts = list.sorts.iter().map(|sort| &sort.field);
            let mut all = columns
                .chain(sorts)
                .chain(&list.filters)
                .chain([&entity.title_field]);
            all.any(|name| name == field)
        };
        if built_in || listed() {
            Self::Head
        } else if list.search.iter().any(|name| name == field) {
            Self::Text
        } else {
            Self::Body
        }
    }
}

/// What stands beside a record's own fields in its head: under names that no field has.
mod column {
    /// What they begin with.
    pub const MARK: char = '\0';

    pub const ID: &str = "\0id";
    pub const VERSION: &str = "\0version";
    pub const UPDATED_AT: &str = "\0updatedAt";
    pub const REACHED_AT: &str = "\0reachedAt";
    pub const SCAN: &str = "\0scan";
    pub const LOCAL_ID: &str = "\0localId";
}

/// Mirrors of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub id: PageId,
    pub entity: Rc<str>,
    head: Part,
    /// Texts and bodies, once they are here.
    rest: OnceCell<[Part; 2]>,
}

impl Page {
    /// A page by its head alone.
    pub fn of_head(id: PageId, entity: &str, head: Part) -> Self {
        Self {
            id,
            entity: entity.into(),
            head,
            rest: OnceCell::new(),
        }
    }

    /// Gives a page its other sections; one that has them keeps them.
    ///
    /// # Errors
    /// If they are not about as many records as its head.
    pub fn complete(&self, text: Part, body: Part) -> Result<(), Malformed> {
        if [&text, &body].iter().any(|part| part.rows() != self.rows()) {
            return Err(Malformed);
        }
        // A page never changes: what it has is the same.
        self.rest.set([text, body]).unwrap_or_default();
        Ok(())
    }

    /// Whether all its sections are here.
    pub fn is_whole(&self) -> bool {
        self.rest.get().is_some()
    }

    /// A section, if it is here.
    pub fn part(&self, section: Section) -> Option<&Part> {
        match (section, self.rest.get()) {
            (Section::Head, _) => Some(&self.head),
            (Section::Text, rest) => rest.map(|[text, _]| text),
            (Section::Body, rest) => rest.map(|[_, body]| body),
        }
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.head).chain(self.rest.get().into_iter().flatten())
    }

    pub fn rows(&self) -> usize {
        self.head.rows()
    }

    /// The JSON text of a field of a record; none while its section is not here.
    pub fn cell(&self, row: usize, field: &str) -> Option<&str> {
        self.parts().find_map(|part| part.cell(field, row))
    }

    pub fn value(&self, row: usize, field: &str) -> Option<Value> {
        json::parse(self.cell(row, field)?.as_bytes()).ok()
    }

    /// The text of a field, where it has one. Borrowed unless it holds escapes.
    pub fn text(&self, row: usize, field: &str) -> Option<Cow<'_, str>> {
        json::string(self.cell(row, field)?)
    }

    pub fn key(&self, row: usize) -> RecordKey {
        RecordKey::new(&*self.entity, self.text(row, column::ID).unwrap_or_default())
    }

    pub fn version(&self, row: usize) -> u64 {
        self.number(row, column::VERSION)
    }

    pub fn updated_at(&self, row: usize) -> Timestamp {
        self.time(row, column::UPDATED_AT)
    }

    pub fn reached_at(&self, row: usize) -> Timestamp {
        self.time(row, column::REACHED_AT)
    }

    pub fn scan(&self, row: usize) -> u32 {
        self.number(row, column::SCAN) as u32
    }

    /// The local id under which this device created the record.
    pub fn local_id(&self, row: usize) -> Option<Cow<'_, str>> {
        self.text(row, column::LOCAL_ID)
    }

    /// A record's own fields, as far as they are here.
    pub fn fields(&self, row: usize) -> Fields {
        let mut fields = Fields::new();
        for part in self.parts() {
            for (name, text) in part.cells(row) {
                if !name.starts_with(column::MARK)
                    && let Ok(value) = json::parse(text.as_bytes())
                {
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        fields
    }

    /// The record as it was put in.
    pub fn mirror(&self, row: usize) -> Mirror {
        Mirror {
            key: self.key(row),
            fields: self.fields(row),
            version: self.version(row),
            updated_at: self.updated_at(row),
            reached_at: self.reached_at(row),
            scan: self.scan(row),
            local_id: self.local_id(row).map(Cow::into_owned),
        }
    }

    fn head(&self, row: usize, name: &str) -> Option<&str> {
        self.head.cell(name, row)
    }

    fn number(&self, row: usize, name: &str) -> u64 {
        self.head(row, name)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    fn time(&self, row: usize, name: &str) -> Timestamp {
        let text = self.head(row, name).map(|text| text.trim_matches('"'));
        text.and_then(timestamp::parse).unwrap_or_default()
    }
}
