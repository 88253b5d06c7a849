//! Which mirrors of a commit lie in pages, and how they get there.

use serde_json::Value;

use super::{Changes, Row};
use crate::{
    Timestamp,
    json::{self, Malformed},
    pack::{Entity, Packs},
    page::{Meta, PageId, Pages, pages_of, time_text},
    record::Mirror,
};

/// From how many mirrors of one entity on a commit stores them as a page, and not one by one.
const WORTH_A_PAGE: usize = 32;

/// Whether so many mirrors of one entity are stored together.
pub fn is_worth_a_page(mirrors: usize) -> bool {
    mirrors >= WORTH_A_PAGE
}

/// Moves mirrors of which a commit has many out of its rows and into pages. `next_page`: the first id that is free.
pub fn gather(packs: &Packs, next_page: PageId, changes: &mut Changes) {
    let mut next = changes.next_page(next_page);
    for (name, count) in mirrors_by_entity(changes) {
        if !is_worth_a_page(count) {
            continue;
        }
        let of_it = changes.put.iter().filter_map(|row| mirror_of(row, &name));
        // What cannot be a page stays a row.
        let Ok(pages) = pages_of(packs, &name, of_it, next) else {
            continue;
        };
        next += pages.len() as PageId;
        changes.pages.extend(pages);
        changes.put.retain(|row| mirror_of(row, &name).is_none());
    }
}

fn mirror_of<'a>(row: &'a Row, entity: &str) -> Option<&'a Mirror> {
    match row {
        Row::Mirror(mirror) if mirror.key.entity_type == entity => Some(mirror),
        _ => None,
    }
}

fn mirrors_by_entity(changes: &Changes) -> Vec<(String, usize)> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for row in &changes.put {
        let Row::Mirror(mirror) = row else { continue };
        match counted
            .iter_mut()
            .find(|(name, _)| *name == mirror.key.entity_type)
        {
            Some((_, count)) => *count += 1,
            None => counted.push((mirror.key.entity_type.clone(), 1)),
        }
    }
    counted
}

/// A record that comes whole, and what stands beside its own fields.
#[derive(Debug, Clone, Copy)]
pub struct WholeRecord<'t> {
    pub id: &'t str,
    pub version: u64,
    /// As JSON text; none where it is no time.
    pub updated_at: Option<&'t str>,
    pub local_id: Option<&'t str>,
}

/// Records that reach the device whole and together: their text goes into pages as it came.
#[derive(Debug)]
pub struct WholeRecords<'a> {
    packs: &'a Packs,
    next_page: PageId,
    /// The scan, and when they reached the device: both as a page keeps them.
    scan: String,
    reached_at: String,
    /// The entity whose records are being taken: they come together.
    open: Option<(&'a str, Pages<'a>)>,
}

impl<'a> WholeRecords<'a> {
    /// `next_page`: the first id that is free.
    pub fn new(packs: &'a Packs, next_page: PageId, scan: u32, reached_at: Timestamp) -> Self {
        Self {
            packs,
            next_page,
            scan: scan.to_string(),
            reached_at: time_text(reached_at),
            open: None,
        }
    }

    /// Takes a record by the JSON text of its own fields.
    ///
    /// # Errors
    /// If it fits no page; it is left out then.
    pub fn add<'t>(
        &mut self,
        changes: &mut Changes,
        entity: &'a Entity,
        record: WholeRecord<'_>,
        fields: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Result<(), Malformed> {
        if self.open.as_ref().is_none_or(|(name, _)| *name != entity.name) {
            self.finish(changes);
            let pages = Pages::new(self.packs, &entity.name, changes.next_page(self.next_page));
            self.open = Some((&entity.name, pages));
        }
        let Some((_, pages)) = &mut self.open else {
            return Err(Malformed);
        };
        let text = |text: &str| json::text(&Value::from(text));
        let local_id = record.local_id.map(text);
        let meta = Meta {
            id: &text(record.id),
            version: &record.version.to_string(),
            updated_at: record.updated_at.unwrap_or(&self.reached_at),
            reached_at: &self.reached_at,
            scan: &self.scan,
            local_id: local_id.as_deref(),
        };
        pages.open().push_text(&meta, fields)
    }

    /// Puts what was taken into the changes.
    pub fn finish(&mut self, changes: &mut Changes) {
        if let Some((_, pages)) = self.open.take() {
            changes.pages.extend(pages.finish());
        }
    }
}
