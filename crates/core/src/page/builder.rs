//! Mirrors put together into pages.

use std::rc::Rc;

use chrono::SecondsFormat::AutoSi;
use serde_json::Value;

use holdfast_codec::part::{Gathered, join};

use super::{Page, PageId, Section, column};
use crate::{
    Timestamp,
    json::{self, Malformed},
    pack::{Entity, Packs},
    record::Mirror,
};

/// Records of a full page.
pub const FULL: usize = 200;

/// Bytes of text from which on a page is full: compressed and sealed, a section is to stay under the 64 KB from which
/// on a browser keeps a value in a file of its own.
const FULL_TEXT: usize = 160_000;

/// What stands beside a record's own fields, each as JSON text.
#[derive(Debug, Clone, Copy)]
pub struct Meta<'a> {
    pub id: &'a str,
    pub version: &'a str,
    pub updated_at: &'a str,
    pub reached_at: &'a str,
    pub scan: &'a str,
    pub local_id: Option<&'a str>,
}

/// A time as a page keeps it.
pub(crate) fn time_text(at: Timestamp) -> String {
    format!("\"{}\"", at.to_rfc3339_opts(AutoSi, true))
}

/// A page being filled.
#[derive(Debug)]
pub struct PageBuilder<'a> {
    name: &'a str,
    /// What is known of the entity, and whether it is built in; nothing of one that no pack declares any more.
    entity: Option<(&'a Entity, bool)>,
    columns: Vec<(Section, Gathered)>,
    /// Where the next value's column is looked for first: records name their fields in the same order.
    next: usize,
    rows: usize,
    size: usize,
}

impl<'a> PageBuilder<'a> {
    /// For mirrors of this entity, laid out as the packs declare it.
    pub fn new(packs: &'a Packs, name: &'a str) -> Self {
        let built_in = packs
            .pack_of(name)
            .is_some_and(|pack| pack.name == crate::system::NAME);
        Self {
            name,
            entity: packs.entity(name).map(|entity| (entity, built_in)),
            columns: Vec::new(),
            next: 0,
            rows: 0,
            size: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub fn is_full(&self) -> bool {
        self.rows >= FULL || self.size >= FULL_TEXT
    }

    /// # Errors
    /// If it does not fit into a page.
    pub fn push(&mut self, mirror: &Mirror) -> Result<(), Malformed> {
        let text = |text: &str| json::text(&Value::String(text.to_owned()));
        let local_id = mirror.local_id.as_deref().map(text);
        let meta = Meta {
            id: &text(&mirror.key.entity_id),
            version: &mirror.version.to_string(),
            updated_at: &time_text(mirror.updated_at),
            reached_at: &time_text(mirror.reached_at),
            scan: &mirror.scan.to_string(),
            local_id: local_id.as_deref(),
        };
        let texts: Vec<String> = mirror.fields.values().map(json::text).collect();
        let names = mirror.fields.keys().map(String::as_str);
        self.push_text(&meta, names.zip(texts.iter().map(String::as_str)))
    }

    /// Adds a record by the JSON text of its own fields; of two of one name the later one stands.
    ///
    /// # Errors
    /// If it does not fit into a page.
    pub fn push_text<'t>(
        &mut self,
        meta: &Meta<'_>,
        fields: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Result<(), Malformed> {
        let added = self.cells(meta, fields);
        match added {
            Ok(()) => self.rows += 1,
            Err(Malformed) => self
                .columns
                .iter_mut()
                .for_each(|(_, column)| column.truncate(self.rows)),
        }
        added
    }

    fn cells<'t>(
        &mut self,
        meta: &Meta<'_>,
        fields: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Result<(), Malformed> {
        self.next = 0;
        self.cell(column::ID, meta.id)?;
        self.cell(column::VERSION, meta.version)?;
        self.cell(column::UPDATED_AT, meta.updated_at)?;
        self.cell(column::REACHED_AT, meta.reached_at)?;
        self.cell(column::SCAN, meta.scan)?;
        if let Some(local_id) = meta.local_id {
            self.cell(column::LOCAL_ID, local_id)?;
        }
        for (name, json) in fields {
            if name.starts_with(column::MARK) {
                return Err(Malformed);
            }
            self.cell(name, json)?;
        }
        Ok(())
    }

    fn cell(&mut self, name: &str, json: &str) -> Result<(), Malformed> {
        let place = self.place(name)?;
        self.next = place + 1;
        self.size += json.len();
        self.columns[place].1.push(self.rows, json)
    }

    fn place(&mut self, name: &str) -> Result<usize, Malformed> {
        let is = |column: &(Section, Gathered)| column.1.name == name;
        if self.columns.get(self.next).is_some_and(is) {
            return Ok(self.next);
        }
        if let Some(place) = self.columns.iter().position(is) {
            return Ok(place);
        }
        let section = match self.entity {
            _ if name.starts_with(column::MARK) => Section::Head,
            Some((entity, built_in)) => Section::of(entity, built_in, name),
            None => Section::Body,
        };
        self.columns.push((section, Gathered::new(name, FULL)?));
        Ok(self.columns.len() - 1)
    }

    /// The page.
    pub fn finish(self, id: PageId) -> Page {
        let mut sections: [Vec<Gathered>; 3] = Default::default();
        for (section, column) in self.columns {
            sections[section as usize].push(column);
        }
        let [head, text, body] = sections.map(|columns| join(self.rows, columns));
        Page {
            id,
            entity: self.name.into(),
            head,
            rest: [text, body].into(),
        }
    }
}

/// Pages being filled, one after the other.
#[derive(Debug)]
pub struct Pages<'a> {
    packs: &'a Packs,
    builder: PageBuilder<'a>,
    done: Vec<Rc<Page>>,
    next: PageId,
}

impl<'a> Pages<'a> {
    /// Of this entity, the first of them with this id.
    pub fn new(packs: &'a Packs, entity: &'a str, next: PageId) -> Self {
        Self {
            packs,
            builder: PageBuilder::new(packs, entity),
            done: Vec::new(),
            next,
        }
    }

    /// Where the next record goes.
    pub fn open(&mut self) -> &mut PageBuilder<'a> {
        if self.builder.is_full() {
            self.close();
        }
        &mut self.builder
    }

    fn close(&mut self) {
        let fresh = PageBuilder::new(self.packs, self.builder.name);
        let full = std::mem::replace(&mut self.builder, fresh);
        self.done.push(Rc::new(full.finish(self.next)));
        self.next += 1;
    }

    /// The pages.
    pub fn finish(mut self) -> Vec<Rc<Page>> {
        if !self.builder.is_empty() {
            self.close();
        }
        self.done
    }
}

/// Pages of these mirrors of one entity, the first of them with this id.
///
/// # Errors
/// If a record does not fit into a page.
pub(crate) fn pages_of<'m>(
    packs: &Packs,
    entity: &str,
    mirrors: impl Iterator<Item = &'m Mirror>,
    next: PageId,
) -> Result<Vec<Rc<Page>>, Malformed> {
    let mut pages = Pages::new(packs, entity, next);
    for mirror in mirrors {
        pages.open().push(mirror)?;
    }
    Ok(pages.finish())
}
