//! The first page: what the packs' sections hold now, and what somebody began and did not save.

mod unfinished;

pub use unfinished::{Unfinished, unfinished};

use holdfast_core::{
    Timestamp,
    pack::{Counts, Entity, HomeSection, Values},
    protocol::Me,
    record::{Operation, RecordKey},
    replica::{Item, Query},
};

use crate::{
    format::{
        entities::{may, viewer},
        row::{Row, row},
        time,
        value::Reader,
    },
    forms::timed::Timed,
};

/// A section with something in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Pack and name.
    pub id: String,
    pub title: String,
    pub entity: String,
    /// For a person: what the list holds that has the rest.
    pub plural: String,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Rows(Vec<Row>),
    /// How many, of what.
    Counts(Vec<(usize, String)>),
    /// The record on which the viewer's timer runs, and since when.
    Running {
        since: Timestamp,
        row: Row,
        timed: Box<Timed>,
    },
}

/// The sections of all packs that somebody with these roles sees, those with nothing in them left out.
pub fn sections(reader: &Reader<'_>, me: &Me) -> Vec<Section> {
    let mut taken: Vec<RecordKey> = Vec::new();
    let mut sections = Vec::new();
    for pack in reader.replica.packs().iter() {
        for section in pack.home.iter().filter(|section| section.is_for(&me.roles)) {
            let Some(entity) = reader.replica.packs().entity(&section.entity) else {
                continue;
            };
            let content = Look {
                reader,
                me,
                entity,
                section,
            }
            .content(&mut taken);
            sections.extend(content.map(|content| Section {
                id: format!("{}-{}", pack.name, section.name),
                title: section.title.clone(),
                entity: entity.name.clone(),
                plural: entity.title_plural.clone(),
                content,
            }));
        }
    }
    sections
}

/// What the button under the thumb creates: of the entities of the sections, the first that the person may.
pub fn creatable(reader: &Reader<'_>, me: &Me) -> Option<String> {
    let packs = reader.replica.packs();
    let shown = packs.iter().flat_map(|pack| &pack.home);
    let mut theirs = shown.filter(|section| section.is_for(&me.roles));
    let created = theirs.find(|section| {
        let entity = packs.entity(&section.entity);
        entity.is_some_and(|entity| entity.allows(Operation::Create))
            && may(reader.replica, me, &section.entity, Operation::Create.name())
    });
    created.map(|section| section.entity.clone())
}

/// One section, looked at by one person.
struct Look<'a> {
    reader: &'a Reader<'a>,
    me: &'a Me,
    entity: &'a Entity,
    section: &'a HomeSection,
}

impl Look<'_> {
    fn content(&self, taken: &mut Vec<RecordKey>) -> Option<Content> {
        match (&self.section.counts, self.section.running) {
            (Some(counts), _) => self.counted(counts),
            (None, true) => self.running(),
            (None, false) => self.rows(taken),
        }
    }

    /// Whether the record belongs to the section.
    fn fits(&self, item: &Item<'_>) -> bool {
        let (reader, me) = (self.reader, self.me);
        let viewer = viewer(me, reader.now);
        let holds = self.section.when.as_ref().is_none_or(|when| {
            let pinned = reader.replica.is_pinned(item.key());
            when.holds(item, &viewer.context(pinned))
        });
        let due = |field: &String| {
            let at = time::parse(&item.text(field));
            at.is_some_and(|at| at <= reader.now || time::same_day(at, reader.now, reader.zone))
        };
        holds && self.section.due_by.as_ref().is_none_or(due)
    }

    fn rows(&self, taken: &mut Vec<RecordKey>) -> Option<Content> {
        let query = Query {
            entity: self.entity.name.clone(),
            sort: self.section.sort.clone(),
            descending: self.section.descending,
            limit: usize::from(self.section.most),
            ..Query::default()
        };
        let fits = |item: &Item<'_>| !taken.contains(item.key()) && self.fits(item);
        let page = self.reader.list_fitting(&query, &fits);
        taken.extend(page.items.iter().map(|item| item.key().clone()));
        let rows: Vec<Row> = page.items.iter().map(|item| self.row(item)).collect();
        (!rows.is_empty()).then_some(Content::Rows(rows))
    }

    fn counted(&self, counts: &Counts) -> Option<Content> {
        let all = self.reader.replica.all(&self.entity.name);
        let values: Vec<String> = all
            .filter(|item| self.fits(item))
            .map(|item| item.text(&counts.field).into_owned())
            .collect();
        let count = |value: &String| {
            let label = self.reader.say_choice(self.entity, &counts.field, value);
            (values.iter().filter(|held| *held == value).count(), label)
        };
        let counted = counts.values.iter().map(count).collect();
        (!values.is_empty()).then_some(Content::Counts(counted))
    }

    fn running(&self) -> Option<Content> {
        let timed = Timed::of(self.entity)?;
        let mut all = self.reader.replica.all(&self.entity.name);
        all.find_map(|item| {
            let since = timed.running(&*item.value(timed.list())?, &self.me.user_id)?;
            let row = self.fits(&item).then(|| self.row(&item))?;
            Some(Content::Running {
                since,
                row,
                timed: Box::new(timed.clone()),
            })
        })
    }

    fn row(&self, item: &Item<'_>) -> Row {
        row(self.reader, self.entity, &item.view(), self.me)
    }
}
