use holdfast_core::{pack::Entity, record::RecordKey};

use crate::{
    format::{
        row::named,
        value::{Reader, record_title},
    },
    routes::{of_flow, of_record},
    strings::{inbox, queue, records as words},
};

/// What somebody typed and did not save, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unfinished {
    pub what: String,
    /// The record's title; empty where there is none.
    pub record: String,
    pub href: String,
}

/// Of the places where something was typed, each with the step of a flow, those that there is a way to.
pub fn unfinished(reader: &Reader<'_>, places: &[(String, Option<String>)]) -> Vec<Unfinished> {
    let mut all: Vec<Unfinished> = places
        .iter()
        .filter_map(|(place, step)| of_place(reader, place, step.as_deref()))
        .collect();
    all.sort_by(|one, other| one.href.cmp(&other.href));
    all.dedup();
    all
}

fn of_place(reader: &Reader<'_>, place: &str, step: Option<&str>) -> Option<Unfinished> {
    let (record, part) = match place.split_once('#') {
        Some((record, part)) => (record, Some(part)),
        None => (place, None),
    };
    let (kind, id) = record.split_once('/')?;
    let alone = |what: &str| Unfinished {
        what: what.to_owned(),
        record: String::new(),
        href: format!("/{record}"),
    };
    match kind {
        "queue" => return Some(alone(queue::CORRECT_TITLE)),
        "inbox" => return Some(alone(inbox::TO_DECIDE)),
        _ => {}
    }
    let entity = reader.replica.packs().entity(kind)?;
    if id == "new" {
        return Some(Unfinished {
            what: with_step(&words::new_record(&entity.title), step),
            record: String::new(),
            href: format!("/records/{record}"),
        });
    }
    let key = reader.replica.resolve(&RecordKey::new(kind, id));
    reader.replica.item(&key)?;
    let (what, href) = on_record(reader, entity, &key, part, step);
    Some(Unfinished {
        what,
        record: named(
            &record_title(reader.replica, &key).unwrap_or_default(),
            &key.entity_id,
        ),
        href,
    })
}

/// What was typed on a record: in its form, in a flow, or in a dialog of its page.
fn on_record(
    reader: &Reader<'_>,
    entity: &Entity,
    key: &RecordKey,
    part: Option<&str>,
    step: Option<&str>,
) -> (String, String) {
    let page = of_record(key);
    let Some(part) = part else {
        return (words::EDIT.to_owned(), format!("{page}/edit"));
    };
    let pack = reader.replica.packs().pack_of(&entity.name);
    let kind = pack.and_then(|pack| {
        let kind = pack.kinds.iter().find(|kind| kind.name == part)?;
        pack.flow(part).map(|_| kind)
    });
    if let Some(kind) = kind {
        return (with_step(&kind.label, step), of_flow(key, part));
    }
    let field = entity.field(part).map(|field| field.label.clone());
    (field.unwrap_or_else(|| part.to_owned()), page)
}

fn with_step(what: &str, step: Option<&str>) -> String {
    step.map_or_else(|| what.to_owned(), |step| format!("{what} · {step}"))
}
