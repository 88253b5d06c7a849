//! Mirrors put together into pages.

use chrono::SecondsFormat::AutoSi;
use serde_json::Value;

use super::{Page, PageId, PartBuilder, Section, column};
use crate::{
    json::{self, Malformed},
    pack::Entity,
    record::Mirror,
    replica::Replica,
    store::{Changes, Row},
};

/// Records of a full page.
pub const FULL: usize = 200;

/// Bytes of a section's text from which on a page is full: compressed and sealed, a section is to stay under the
/// 64 KB from which on a browser keeps a value in a file of its own.
const FULL_SECTION: usize = 120_000;

/// From how many mirrors of one entity on a commit stores them as a page, and not one by one.
const WORTH_A_PAGE: usize = 32;

/// A page being filled.
#[derive(Debug)]
pub struct PageBuilder<'a> {
    name: &'a str,
    /// What is known of the entity, and whether it is built in; nothing of one that no pack declares any more.
    entity: Option<(&'a Entity, bool)>,
    parts: [PartBuilder; 3],
    rows: usize,
}

impl<'a> PageBuilder<'a> {
    /// For mirrors of this entity, laid out as the packs of the replica declare it.
    pub fn new(replica: &'a Replica, name: &'a str) -> Self {
        let packs = replica.packs();
        let built_in = packs
            .pack_of(name)
            .is_some_and(|pack| pack.name == crate::system::NAME);
        Self {
            name,
            entity: packs.entity(name).map(|entity| (entity, built_in)),
            parts: Default::default(),
            rows: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub fn is_full(&self) -> bool {
        self.rows >= FULL || self.parts.iter().any(|part| part.size() >= FULL_SECTION)
    }

    pub fn push(&mut self, mirror: &Mirror) {
        let time = |at: crate::Timestamp| format!("\"{}\"", at.to_rfc3339_opts(AutoSi, true));
        let head = &mut self.parts[Section::Head as usize];
        head.cell(
            column::ID,
            &json::text(&Value::String(mirror.key.entity_id.clone())),
        );
        head.cell(column::VERSION, &mirror.version.to_string());
        head.cell(column::UPDATED_AT, &time(mirror.updated_at));
        head.cell(column::REACHED_AT, &time(mirror.reached_at));
        head.cell(column::SCAN, &mirror.scan.to_string());
        if let Some(local_id) = &mirror.local_id {
            head.cell(column::LOCAL_ID, &json::text(&Value::String(local_id.clone())));
        }
        for (name, value) in &mirror.fields {
            let section = match self.entity {
                Some((entity, built_in)) => Section::of(entity, built_in, name),
                None => Section::Body,
            };
            self.parts[section as usize].cell(name, &json::text(value));
        }
        self.parts.iter_mut().for_each(PartBuilder::end_row);
        self.rows += 1;
    }

    /// # Errors
    /// If a field's name or the page as a whole is longer than a page can tell.
    pub fn finish(self, id: PageId) -> Result<Page, Malformed> {
        let [head, text, body] = self.parts.map(PartBuilder::finish);
        Page::read(id, self.name, [head?, text?, body?])
    }
}

/// Moves mirrors of which a commit has many out of its rows and into pages.
pub fn gather(replica: &Replica, changes: &mut Changes) {
    let mut ids = replica.next_page()..;
    let mut names: Vec<String> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    for row in &changes.put {
        let Row::Mirror(mirror) = row else { continue };
        match names.iter().position(|name| *name == mirror.key.entity_type) {
            Some(place) => counts[place] += 1,
            None => {
                names.push(mirror.key.entity_type.clone());
                counts.push(1);
            }
        }
    }
    for (name, count) in names.iter().zip(counts) {
        if count < WORTH_A_PAGE {
            continue;
        }
        let is_of = |row: &&Row| matches!(row, Row::Mirror(mirror) if mirror.key.entity_type == *name);
        let mirrors = changes.put.iter().filter(is_of).filter_map(|row| match row {
            Row::Mirror(mirror) => Some(mirror),
            _ => None,
        });
        // What cannot be a page stays a row.
        let Ok(pages) = pages_of(replica, name, mirrors, &mut ids) else {
            continue;
        };
        changes.pages.extend(pages.into_iter().map(std::rc::Rc::new));
        changes.put.retain(|row| !is_of(&row));
    }
}

/// Pages of these mirrors of one entity.
///
/// # Errors
/// If a record does not fit into a page.
pub(crate) fn pages_of<'a>(
    replica: &Replica,
    entity: &str,
    mirrors: impl Iterator<Item = &'a Mirror>,
    ids: &mut impl Iterator<Item = PageId>,
) -> Result<Vec<Page>, Malformed> {
    let mut pages = Vec::new();
    let mut builder = PageBuilder::new(replica, entity);
    let mut finish = |builder: PageBuilder<'_>| -> Result<(), Malformed> {
        pages.push(builder.finish(ids.next().ok_or(Malformed)?)?);
        Ok(())
    };
    for mirror in mirrors {
        builder.push(mirror);
        if builder.is_full() {
            finish(std::mem::replace(&mut builder, PageBuilder::new(replica, entity)))?;
        }
    }
    if !builder.is_empty() {
        finish(builder)?;
    }
    Ok(pages)
}
