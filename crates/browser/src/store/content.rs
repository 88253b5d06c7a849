//! What is written in commits and bases, as JSON. Pages are named there, and stand by themselves.

use std::{collections::BTreeMap, rc::Rc};

use holdfast_core::{
    json::{self, FromJson, Malformed},
    page::{Page, PageId, Part, Section},
    store::{Base, Changes, KeptPage, Quarantined, Row, RowKey, StoreError},
};
use serde::Serialize;
use serde_json::Value;

use super::{
    schema::{BODIES, HEADS, TEXTS},
    sealed::Plain,
};
use crate::seal::Purpose;

/// A commit as it is written.
#[derive(Serialize)]
struct WrittenCommit<'a> {
    put: &'a [Row],
    delete: &'a [RowKey],
    pages: Vec<NamedPage>,
}

/// A base as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenBase<'a> {
    rows: &'a [Row],
    pages: Vec<NamedPage>,
    last_page: PageId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NamedPage {
    id: PageId,
    entity: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dead: Vec<u16>,
    /// There is nothing of it but its head.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    head_only: bool,
}

impl NamedPage {
    fn of(page: &Page, dead: &[u16]) -> Self {
        Self {
            id: page.id,
            entity: page.entity.to_string(),
            dead: dead.to_vec(),
            head_only: is_head_only(page),
        }
    }

    /// The page by its head, and whole if there is nothing else.
    fn read(&self, head: &[u8]) -> Result<Page, Malformed> {
        let page = Page::of_head(self.id, &self.entity, Part::read(head)?);
        if self.head_only {
            let nothing = || Part::empty(page.rows());
            page.complete(nothing(), nothing())?;
        }
        Ok(page)
    }
}

/// A commit out of its text, its pages and rows still to be read.
pub(super) struct ReadCommit {
    put: Vec<Value>,
    delete: Vec<Value>,
    pages: Vec<NamedPage>,
}

struct ReadBase {
    rows: Vec<Value>,
    pages: Vec<NamedPage>,
    last_page: PageId,
}

holdfast_core::json_object!(NamedPage {
    id: "id",
    entity: "entity",
    dead: "dead" = Vec::new(),
    head_only: "headOnly" = false
});
holdfast_core::json_object!(ReadCommit {
    put: "put",
    delete: "delete",
    pages: "pages"
});
holdfast_core::json_object!(ReadBase {
    rows: "rows",
    pages: "pages",
    last_page: "lastPage"
});

/// Heads of pages that opened, by id, and what did not open or read so far.
#[derive(Default)]
pub(super) struct Opened {
    pub heads: BTreeMap<PageId, Option<Vec<u8>>>,
    pub quarantined: Vec<Quarantined>,
}

impl Opened {
    fn page(&mut self, named: &NamedPage) -> Option<Rc<Page>> {
        let head = self.heads.remove(&named.id).flatten();
        let page = head.and_then(|head| named.read(&head).ok());
        if page.is_none() {
            self.quarantined.push(Quarantined::Page(named.id));
        }
        page.map(Rc::new)
    }

    fn items<T: FromJson>(&mut self, within: Quarantined, items: Vec<Value>) -> Vec<T> {
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            match json::from_value(item) {
                Ok(item) => read.push(item),
                Err(Malformed) => self.quarantined.push(within),
            }
        }
        read
    }
}

fn written(content: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(content).map_err(|error| StoreError::Failed(error.to_string()))
}

pub(super) fn write_commit(changes: &Changes) -> Result<Vec<u8>, StoreError> {
    let named = changes.pages.iter().map(|page| NamedPage::of(page, &[]));
    written(&WrittenCommit {
        put: &changes.put,
        delete: &changes.delete,
        pages: named.collect(),
    })
}

impl ReadCommit {
    pub(super) fn of(content: &[u8]) -> Option<Self> {
        json::from_slice(content).ok()
    }

    pub(super) fn page_ids(&self) -> impl Iterator<Item = PageId> {
        self.pages.iter().map(|named| named.id)
    }

    /// The commit; what in it cannot be read is noted.
    pub(super) fn changes(self, within: Quarantined, opened: &mut Opened) -> Changes {
        Changes {
            put: opened.items(within, self.put),
            delete: opened.items(within, self.delete),
            pages: self.pages.iter().filter_map(|named| opened.page(named)).collect(),
        }
    }
}

pub(super) fn write_base(base: &Base) -> Result<Vec<u8>, StoreError> {
    let named = |kept: &KeptPage| NamedPage::of(&kept.page, &kept.dead);
    written(&WrittenBase {
        rows: &base.rows,
        pages: base.pages.iter().map(named).collect(),
        last_page: base.last_page,
    })
}

/// The base of a fold out of its text.
pub(super) fn read_base(revision: u64, content: &[u8], opened: &mut Opened) -> Option<Base> {
    let read: ReadBase = json::from_slice(content).ok()?;
    let mut pages = Vec::with_capacity(read.pages.len());
    for named in read.pages {
        if let Some(page) = opened.page(&named) {
            let dead = named.dead;
            pages.push(KeptPage { page, dead });
        }
    }
    Some(Base {
        revision,
        rows: opened.items(Quarantined::Base, read.rows),
        pages,
        last_page: read.last_page,
    })
}

/// Where each section of a page lies, and what it is sealed for.
pub(super) const SECTIONS: [(&str, Purpose); 3] = [
    (HEADS, Purpose::Head),
    (TEXTS, Purpose::Text),
    (BODIES, Purpose::Body),
];

fn is_head_only(page: &Page) -> bool {
    let rest = [Section::Text, Section::Body].map(|section| page.part(section));
    rest.iter().all(|part| part.is_some_and(Part::is_empty))
}

/// A page's sections, to be sealed.
pub(super) fn sections(page: &Page) -> Result<Vec<Plain>, StoreError> {
    let section = |section: Section| -> Result<Plain, StoreError> {
        let (store, purpose) = SECTIONS[section as usize];
        let content = page.part(section).ok_or(Malformed).and_then(Part::bytes);
        let content = content.map_err(|error| StoreError::Failed(error.to_string()))?;
        let key = page.id;
        Ok(Plain {
            store,
            purpose,
            key,
            content,
        })
    };
    let count = if is_head_only(page) { 1 } else { Section::ALL.len() };
    Section::ALL.into_iter().take(count).map(section).collect()
}
