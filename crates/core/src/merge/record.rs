use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    FieldMerge,
    field::{merge_field_traced, with_stamps_of},
    parts::{Overruled, Trace},
};
use crate::{
    Fields,
    pack::{
        Computed, Entity, Strategy,
        value::{equal, sum},
    },
};

/// Who wrote a field's current value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    pub user_id: String,
    pub roles: Vec<String>,
}

/// One write over one record.
#[derive(Debug)]
pub struct MergeInput<'a> {
    pub entity: &'a Entity,
    /// The server's fields as they are.
    pub current: &'a Fields,
    /// Who wrote the current value of each field since the author's version; a field nobody touched is absent.
    pub written_by: &'a BTreeMap<String, Author>,
    /// The author's changed fields.
    pub payload: &'a Fields,
    /// Their values as the author saw them.
    pub base: &'a Fields,
    /// Choices (`mine` or `theirs`) that the author asked to be remembered, by field: they settle what would otherwise
    /// wait for a person.
    pub remembered: &'a BTreeMap<String, String>,
}

/// What became of one field of a write, beyond plain application.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    pub field: String,
    pub verdict: Verdict,
    pub base: Value,
    pub mine: Value,
    pub theirs: Value,
    /// Who wrote `theirs`.
    pub theirs_by: String,
    pub strategy: Strategy,
    /// Of a merged field: the parts of the server's value that gave way.
    pub overruled: Vec<Overruled>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Both changes are in the record.
    Merged,
    /// The author's value stands, the server's gave way.
    MineStands,
    /// The server's value stands, the author's gave way.
    TheirsStand,
    /// A person decides; the server's value stands meanwhile.
    Conflict,
}

/// The record after the write, and what is to be told and written down about it.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedRecord {
    pub fields: Fields,
    /// Names of fields whose stored value changed, computed ones too.
    pub changed: Vec<String>,
    /// Fields that both sides changed.
    pub settled: Vec<FieldChange>,
}

/// Applies a write's fields to a record, field by field, by value.
///
/// No field is invented: the result's fields are the current ones, the payload's and computed ones.
pub fn merge_record(input: &MergeInput<'_>) -> MergedRecord {
    let mut fields = input.current.clone();
    let mut settled = Vec::new();
    for (name, mine) in input.payload {
        let Some(field) = input.entity.field(name) else {
            continue;
        };
        let get = |side: &Fields| side.get(name).cloned().unwrap_or(Value::Null);
        let (base, theirs) = (get(input.base), get(input.current));
        let author = input.written_by.get(name).cloned().unwrap_or_default();
        let declared = field.strategy_against(&author.roles);
        let remembered = input.remembered.get(name).map(String::as_str);
        let mut trace = Trace::default();
        let merged = merge_field_traced(field, declared, &base, mine, &theirs, &mut trace);
        let (strategy, outcome) = match (merged, remembered) {
            (FieldMerge::Conflict, Some("mine")) if field.may_follow(&theirs, mine) => {
                let mine = with_stamps_of(field, mine, &theirs);
                (Strategy::ClientWins, FieldMerge::MineWins(mine))
            }
            (FieldMerge::Conflict, Some("theirs")) => (Strategy::ServerWins, FieldMerge::TheirsWins),
            // It was the order of the choices that decided.
            (FieldMerge::TheirsWins, _) if declared.favours_the_author() => {
                (Strategy::ServerWins, FieldMerge::TheirsWins)
            }
            (outcome, _) => (declared, outcome),
        };
        let verdict = match outcome {
            FieldMerge::Unchanged => continue,
            FieldMerge::Applied(value) => {
                set(&mut fields, name, value);
                continue;
            }
            FieldMerge::Merged(value) => {
                trace.summarise(&value, &theirs);
                set(&mut fields, name, value);
                Verdict::Merged
            }
            FieldMerge::MineWins(value) => {
                set(&mut fields, name, value);
                Verdict::MineStands
            }
            FieldMerge::TheirsWins => Verdict::TheirsStand,
            FieldMerge::Conflict => Verdict::Conflict,
        };
        let (field, mine, theirs_by) = (name.clone(), mine.clone(), author.user_id);
        settled.push(FieldChange {
            field,
            verdict,
            base,
            mine,
            theirs,
            theirs_by,
            strategy,
            overruled: trace.overruled,
        });
    }
    compute_fields(input.entity, &mut fields);
    let changed = changed_fields(input.current, &fields);
    MergedRecord {
        fields,
        changed,
        settled,
    }
}

fn set(fields: &mut Fields, name: &str, value: Value) {
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
}

fn changed_fields(before: &Fields, after: &Fields) -> Vec<String> {
    let mut names: Vec<String> = after
        .iter()
        .filter(|(name, value)| !before.get(*name).is_some_and(|old| equal(old, value)))
        .map(|(name, _)| name.clone())
        .collect();
    names.extend(before.keys().filter(|name| !after.contains_key(*name)).cloned());
    names
}

/// Derives the computed fields from the others.
pub fn compute_fields(entity: &Entity, fields: &mut Fields) {
    for field in &entity.fields {
        let Some(computed) = &field.computed else { continue };
        let value = match computed {
            Computed::Count { list, field: None } => Value::from(items(fields, list).len()),
            Computed::Count {
                list,
                field: Some(flag),
            } => Value::from(
                items(fields, list)
                    .iter()
                    .filter(|item| item.get(flag) == Some(&Value::Bool(true)))
                    .count(),
            ),
            Computed::Sum {
                list,
                field: part,
                times,
            } => {
                let one = Value::from(1);
                let part_of = |item: &'_ Value, name: &str| item.get(name).cloned().unwrap_or(Value::Null);
                let pairs: Vec<[Value; 2]> = items(fields, list)
                    .iter()
                    .map(|item| {
                        let factor = times.as_deref().map(|times| part_of(item, times));
                        [part_of(item, part), factor.unwrap_or_else(|| one.clone())]
                    })
                    .collect();
                sum(pairs.iter().map(|[a, b]| [a, b]))
            }
        };
        // A sum beyond what numbers can tell is no value.
        match value {
            Value::Null => fields.remove(&field.name),
            value => fields.insert(field.name.clone(), value),
        };
    }
}

fn items(fields: &Fields, list: &str) -> Vec<Value> {
    fields
        .get(list)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}
