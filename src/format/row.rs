//! A record as one row of a list, and as the head of its own page: what the pack's columns say, in few words.

use holdfast_core::{
    Fields,
    pack::{Entity, Field, FieldType},
    protocol::Me,
    replica::{Mark, View},
};
use serde_json::Value;

use super::value::{PERSON, Reader, short_id};
use crate::routes::of_record;

/// A coloured word.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Badge {
    pub text: String,
    /// `data-tone`; empty for the plain one.
    pub tone: &'static str,
    pub emergency: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    pub id: String,
    pub href: String,
    pub title: String,
    pub meta: String,
    pub badges: Vec<Badge>,
    pub mark: Mark,
    /// `data-priority`.
    pub priority: &'static str,
}

/// The row of a record.
pub fn row(reader: &Reader<'_>, entity: &Entity, view: &View<'_>, me: &Me) -> Row {
    let mut meta = vec![short_id(&view.key.entity_id).to_owned()];
    let told = entity
        .list
        .columns
        .iter()
        .filter(|column| column.slot.as_deref() != Some("badge"));
    for column in told {
        let mine = is_person(entity, &column.field) && view.text(&column.field) == me.user_id;
        let said = reader.field(entity, &column.field, &view.fields);
        if !mine && !said.is_empty() {
            meta.push(said);
        }
    }
    Row {
        id: view.key.entity_id.clone(),
        href: of_record(&view.key),
        title: title(entity, &view.fields, &view.key.entity_id),
        meta: meta.join(" · "),
        badges: badges(reader, entity, &view.fields),
        mark: view.mark,
        priority: priority(entity, &view.fields),
    }
}

/// What names the record; its id, if nothing does.
pub fn title(entity: &Entity, fields: &Fields, id: &str) -> String {
    let title = fields.get(&entity.title_field).and_then(Value::as_str);
    named(title.unwrap_or_default(), id)
}

/// A record's title; its id, if it has none.
pub fn named(title: &str, id: &str) -> String {
    if title.is_empty() {
        short_id(id).to_owned()
    } else {
        title.to_owned()
    }
}

/// The columns that stand as badges. A plain priority is no news and gets none.
pub fn badges(reader: &Reader<'_>, entity: &Entity, fields: &Fields) -> Vec<Badge> {
    let badge = |field: &Field| {
        let value = fields.get(&field.name)?;
        let tone = tone_of(field, value);
        let urgency = is_urgency(field);
        if urgency && tone != Some("bad") && tone != Some("warn") {
            return None;
        }
        let text = reader.say(field, value);
        let tone_name = if urgency { "" } else { badge_tone(tone) };
        (!text.is_empty()).then_some(Badge {
            text,
            tone: tone_name,
            emergency: urgency && tone == Some("bad"),
        })
    };
    let columns = entity
        .list
        .columns
        .iter()
        .filter(|column| column.slot.as_deref() == Some("badge"));
    let badges = columns.filter_map(|column| entity.field(&column.field).and_then(badge));
    let (mut all, others): (Vec<Badge>, Vec<Badge>) = badges.partition(|badge| badge.emergency);
    all.extend(others);
    all
}

/// How urgent a record is, for the stripe at its edge.
pub fn priority(entity: &Entity, fields: &Fields) -> &'static str {
    let urgency = entity.fields.iter().find(|field| is_urgency(field));
    let tone = urgency.and_then(|field| tone_of(field, fields.get(&field.name)?));
    match tone {
        Some("bad") => "emergency",
        Some("warn") => "high",
        _ => "normal",
    }
}

fn is_urgency(field: &Field) -> bool {
    matches!(field.name.as_str(), "priority" | "severity")
}

fn is_person(entity: &Entity, field: &str) -> bool {
    entity
        .field(field)
        .is_some_and(|field| matches!(&field.kind, FieldType::Reference { entity } if entity == PERSON))
}

fn tone_of<'a>(field: &'a Field, value: &Value) -> Option<&'a str> {
    match &field.kind {
        FieldType::Enum { choices, .. } => choices
            .iter()
            .find(|choice| Some(choice.value.as_str()) == value.as_str())?
            .tone
            .as_deref(),
        _ => None,
    }
}

/// The pack's tone in the stylesheet's words.
pub fn badge_tone(tone: Option<&str>) -> &'static str {
    match tone {
        Some("info") => "active",
        Some("good") => "done",
        Some("warn") => "waiting",
        Some("bad") => "alert",
        _ => "",
    }
}
