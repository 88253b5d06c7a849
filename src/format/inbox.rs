//! Conflicts and notices, as a colleague would tell them.

use holdfast_core::{
    Fields, Timestamp,
    pack::{Entity, Field, FieldType},
    protocol::ErrorCode,
    record::RecordKey,
    replica::View,
    system,
};
use serde_json::Value;

use super::{
    value::{Reader, short_id},
    write::said,
};
use crate::{
    routes::of_record,
    strings::{inbox as words, value::EMPTY},
};

/// Stands for the record itself where not a field but its deletion is contested.
pub const WHOLE_RECORD: &str = "record";

/// A conflict, ready to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    pub id: String,
    pub record: RecordKey,
    /// Number and title of the record.
    pub number: String,
    pub title: String,
    /// What kind of record: `work order`.
    pub kind: String,
    pub deleted: bool,
    pub open: bool,
    pub contested: Vec<Contested>,
    /// Whoever wrote the other values.
    pub who: String,
    pub their_time: Option<Timestamp>,
    pub my_time: Option<Timestamp>,
    pub settled_by: String,
    pub settled_at: Option<Timestamp>,
    /// The queued write of a decision that the server refused, and what it said.
    pub refused: Option<(String, String)>,
}

/// One field that waits for a word.
#[derive(Debug, Clone, PartialEq)]
pub struct Contested {
    pub name: String,
    pub label: String,
    /// The pack's declaration; `None` for the record itself.
    pub field: Option<Field>,
    pub base: String,
    pub mine: String,
    pub theirs: String,
    pub mine_value: Value,
    pub who: String,
    pub when: Option<Timestamp>,
}

impl Contested {
    /// Whether the difference can be marked word by word.
    pub fn is_text(&self) -> bool {
        let kind = self.field.as_ref().map(|field| &field.kind);
        matches!(kind, Some(FieldType::Text { .. } | FieldType::LongText { .. }))
    }
}

/// One line of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConflictRow {
    pub id: String,
    pub title: String,
    pub record: String,
    pub when: String,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notice {
    pub id: String,
    pub tone: &'static str,
    pub icon: &'static str,
    pub title: String,
    pub lines: Vec<String>,
    pub when: String,
    /// Where the record is, if it is still here.
    pub href: Option<String>,
    /// The record is gone, and what was typed into it lies in the queue.
    pub typed: bool,
}

/// Conflicts that wait and notices that are not read.
pub fn count(reader: &Reader<'_>) -> usize {
    conflicts(reader, true).len() + notices(reader).len()
}

/// Conflicts of the person at this device, open or settled lately, the newest first.
pub fn conflicts(reader: &Reader<'_>, open: bool) -> Vec<Conflict> {
    let mut all: Vec<Conflict> = reader
        .replica
        .all(system::CONFLICT)
        .map(|item| conflict(reader, &item.view()))
        .filter(|conflict| conflict.open == open)
        .collect();
    all.sort_by(|a, b| b.their_time.cmp(&a.their_time).then(a.id.cmp(&b.id)));
    all
}

pub fn conflict(reader: &Reader<'_>, view: &View<'_>) -> Conflict {
    let record = reader
        .replica
        .resolve(&RecordKey::new(view.text("recordType"), view.text("recordId")));
    let deleted = view.text("reason") == "deleted";
    let contested: Vec<Contested> = view
        .fields
        .get("values")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .flat_map(|(name, values)| match name.as_str() {
            WHOLE_RECORD if deleted => typed(reader, &record, values),
            _ => vec![contested(reader, &record, name, values)],
        })
        .collect();
    let kind = reader
        .replica
        .packs()
        .entity(&record.entity_type)
        .map_or("record", |entity| &entity.title);
    let refused = refused(reader, &view.key);
    Conflict {
        id: view.key.entity_id.clone(),
        number: short_id(&record.entity_id).to_owned(),
        title: view.text("title").to_owned(),
        kind: kind.to_lowercase(),
        deleted,
        // A decision that the server refused decided nothing, whatever the queue shows of it.
        open: refused.is_some() || view.text("status") == "open",
        who: contested
            .iter()
            .map(|field| field.who.as_str())
            .find(|who| !who.is_empty())
            .unwrap_or(words::SOMEBODY)
            .to_owned(),
        their_time: contested
            .iter()
            .find_map(|field| field.when)
            .or_else(|| time(&view.fields, "detectedAt")),
        my_time: time(&view.fields, "queuedAt"),
        settled_by: view.text("resolvedByName").to_owned(),
        settled_at: time(&view.fields, "resolvedAt"),
        refused,
        contested,
        record,
    }
}

fn refused(reader: &Reader<'_>, conflict: &RecordKey) -> Option<(String, String)> {
    let write = reader.replica.failed().find(|write| write.key() == *conflict)?;
    let error = write.last_error.as_ref();
    let error = error.filter(|error| error.code == ErrorCode::ValidationError)?;
    Some((write.id.clone(), said(reader.replica, write, error)))
}

/// What was typed into a record that was deleted meanwhile, field by field.
fn typed(reader: &Reader<'_>, record: &RecordKey, values: &Value) -> Vec<Contested> {
    let field = |(name, mine): (&String, &Value)| {
        let mut of_field = values.clone();
        of_field["mine"] = mine.clone();
        contested(reader, record, name, &of_field)
    };
    let mine = values.get("mine").and_then(Value::as_object);
    mine.into_iter().flatten().map(field).collect()
}

fn contested(reader: &Reader<'_>, record: &RecordKey, name: &str, values: &Value) -> Contested {
    let field = reader
        .replica
        .packs()
        .entity(&record.entity_type)
        .and_then(|entity| entity.field(name))
        .cloned();
    let part = |part: &str| values.get(part).unwrap_or(&Value::Null);
    let say = |value: &Value| {
        let said = match (&field, value) {
            (_, Value::Null) => String::new(),
            (Some(field), value) => reader.say(field, value),
            (None, Value::String(text)) => text.clone(),
            (None, value) => value.to_string(),
        };
        if said.is_empty() { EMPTY.to_owned() } else { said }
    };
    Contested {
        name: name.to_owned(),
        label: field
            .as_ref()
            .map_or_else(|| name.to_owned(), |field| field.label.clone()),
        base: say(part("base")),
        mine: say(part("mine")),
        theirs: say(part("theirs")),
        mine_value: part("mine").clone(),
        who: part("theirsName").as_str().unwrap_or_default().to_owned(),
        when: part("theirsAt").as_str().and_then(super::time::parse),
        field,
    }
}

pub fn conflict_row(reader: &Reader<'_>, conflict: &Conflict) -> ConflictRow {
    let title = match (conflict.deleted, conflict.contested.as_slice()) {
        (true, _) => words::DELETED_MEANWHILE.to_owned(),
        (_, [only]) if only.name == WHOLE_RECORD => words::DELETION.to_owned(),
        (_, [only]) => words::two_versions(&only.label),
        (_, many) => words::several_versions(many.len()),
    };
    let at = if conflict.open {
        conflict.their_time
    } else {
        conflict.settled_at
    };
    let who = if conflict.open {
        &conflict.who
    } else {
        &conflict.settled_by
    };
    let when = at
        .map(|at| super::time::day_time(at, reader.now, reader.zone))
        .unwrap_or_default();
    ConflictRow {
        id: conflict.id.clone(),
        title,
        record: format!("{} · {}", conflict.number, conflict.title),
        when: words::by(who, &when),
    }
}

/// Notices that are not read yet, the newest first.
pub fn notices(reader: &Reader<'_>) -> Vec<Notice> {
    let mut all: Vec<(Option<Timestamp>, Notice)> = reader
        .replica
        .all(system::NOTICE)
        .map(|item| item.view())
        .filter(|view| view.fields.get("read").and_then(Value::as_bool) != Some(true))
        .map(|view| (time(&view.fields, "createdAt"), notice(reader, &view)))
        .collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    all.into_iter().map(|(_, notice)| notice).collect()
}

fn notice(reader: &Reader<'_>, view: &View<'_>) -> Notice {
    let record = reader
        .replica
        .resolve(&RecordKey::new(view.text("recordType"), view.text("recordId")));
    let (tone, icon) = match view.text("about") {
        "merged" | "settled" => ("info", "sync"),
        "restored" => ("done", "restore"),
        "recorded" => ("done", "sync"),
        "deleted" => ("failed", "trash"),
        "access-lost" => ("failed", "lock"),
        _ => ("device", "person"),
    };
    let here = reader.replica.item(&record).is_some();
    let name = match (view.text("title"), short_id(&record.entity_id)) {
        ("", id) => id.to_owned(),
        (title, id) if title == id => id.to_owned(),
        (title, id) => format!("{id} {title}"),
    };
    let mut lines = vec![name.clone()];
    lines.extend(details(reader, &record, view.fields.get("details")));
    let at = time(&view.fields, "createdAt").map(|at| super::time::day_time(at, reader.now, reader.zone));
    Notice {
        id: view.key.entity_id.clone(),
        tone,
        icon,
        title: words::notice_title(view.text("about"), &name),
        lines,
        when: words::by(view.text("byName"), &at.unwrap_or_default()),
        href: here.then(|| of_record(&record)),
        typed: !here && reader.replica.failed().any(|write| write.key() == record),
    }
}

/// What became of each field: `{ field, kept, lost }`.
fn details(reader: &Reader<'_>, record: &RecordKey, details: Option<&Value>) -> Vec<String> {
    let entity = reader.replica.packs().entity(&record.entity_type);
    let told = |detail: &Value| {
        let path = detail.get("field").and_then(Value::as_str)?;
        let place = entity.and_then(|entity| place(entity, path));
        let say = |part: &str| match (&place, detail.get(part)) {
            (Some((_, field)), Some(value)) if path.ends_with(']') && !value.is_null() => {
                reader.say(field, &Value::Array(vec![value.clone()]))
            }
            (Some((_, field)), Some(value)) => reader.say(field, value),
            _ => String::new(),
        };
        let label = place.as_ref().map_or(path, |(label, _)| label);
        let (kept, lost) = (shortened(&say("kept")), shortened(&say("lost")));
        Some(match detail.get("strategy").and_then(Value::as_str) {
            Some("added") => words::taken(label, &kept),
            Some("access-lost") => words::not_taken(label, &lost),
            _ => words::stands(label, &kept, &lost),
        })
    };
    details
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(told)
        .collect()
}

/// The label and declaration of what a path names: a field, or a part of one, as in `partsUsed[P-1].description`. The
/// path of an item names the list that it stands in.
fn place<'a>(entity: &'a Entity, path: &str) -> Option<(String, &'a Field)> {
    let mut names = path
        .split('.')
        .map(|step| step.split('[').next().unwrap_or_default());
    let mut field = entity.field(names.next()?)?;
    let mut label = field.label.clone();
    for name in names {
        let (FieldType::Object { fields } | FieldType::List { fields, .. } | FieldType::Log { fields, .. }) =
            &field.kind
        else {
            return None;
        };
        field = fields.iter().find(|part| part.name == name)?;
        label = format!("{label} · {}", field.label);
    }
    Some((label, field))
}

/// A long text's beginning: the whole of it is in the record and in its history.
fn shortened(text: &str) -> String {
    const MOST: usize = 140;
    let flat = text.replace('\n', " ");
    if flat.chars().count() <= MOST {
        return flat;
    }
    let cut: String = flat.chars().take(MOST).collect();
    format!("{}…", cut.trim_end())
}

fn time(fields: &Fields, name: &str) -> Option<Timestamp> {
    super::time::parse(fields.get(name)?.as_str()?)
}
