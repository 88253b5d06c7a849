//! The merge inside a field: values with parts, at any depth.
//!
//! Inside a field there is nobody to ask. A part that both sides changed, and that cannot hold both changes, takes the
//! author's value; the server's gives way, and is noted with its place, so that whoever wrote it can be told.

use serde_json::Value;

use super::{
    field::{adds_up, merge_by_type},
    list, stamps,
};
use crate::{
    Fields, ordered,
    pack::{
        Field, FieldType,
        same::{Difference, same, settled_set},
    },
    text::Form,
};

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A part of an object or of a list's item, by name.
    Part(String),
    /// An item of a list: the name of the list's key, the item's, and the form in which keys are compared.
    Item { key: String, id: String, form: Form },
}

/// A part of the server's value that gave way to the author's.
#[derive(Debug, Clone, PartialEq)]
pub struct Overruled {
    /// From the field's value to the part.
    pub steps: Vec<Step>,
    pub kept: Value,
    /// `null`, if it was the part's removal that gave way.
    pub lost: Value,
}

impl Overruled {
    /// The place as a person may read it: `partsUsed[P-1].description`.
    pub fn path(&self, field: &str) -> String {
        let mut path = field.to_owned();
        for step in &self.steps {
            match step {
                Step::Part(name) => {
                    path.push('.');
                    path.push_str(name);
                }
                Step::Item { id, .. } => {
                    path.push('[');
                    path.push_str(id);
                    path.push(']');
                }
            }
        }
        path
    }

    /// The part as it is in some version of the field; `None`, if that has no such part.
    pub fn part_of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.steps.iter().try_fold(value, |value, step| match step {
            Step::Part(name) => value.get(name),
            Step::Item { key, id, form } => {
                let id = form.key(id);
                let is_it = |item: &&Value| {
                    let own = item.get(key).and_then(Value::as_str);
                    own.is_some_and(|own| form.key(own) == id)
                };
                value.as_array()?.iter().find(is_it)
            }
        })
    }
}

/// Parts of one field that are reported one by one.
pub const MAX_OVERRULED: usize = 100;

/// Where the merge is, and what it has overruled so far.
#[derive(Debug, Default)]
pub struct Trace {
    steps: Vec<Step>,
    pub overruled: Vec<Overruled>,
}

impl Trace {
    pub(super) fn enter(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Makes one of the parts that gave way, if there are more than anybody would read: the whole value.
    pub(super) fn summarise(&mut self, kept: &Value, lost: &Value) {
        if self.overruled.len() > MAX_OVERRULED {
            self.overruled.clear();
            self.steps.clear();
            self.overrule(kept, lost);
        }
    }

    pub(super) fn leave(&mut self) {
        self.steps.pop();
    }

    pub(super) fn overrule(&mut self, kept: &Value, lost: &Value) {
        self.overruled.push(Overruled {
            steps: self.steps.clone(),
            kept: kept.clone(),
            lost: lost.clone(),
        });
    }
}

/// Part by part.
pub(super) fn merge_object<'a>(
    fields: &[Field],
    base: &'a Value,
    mine: &'a Value,
    theirs: &'a Value,
    trace: &mut Trace,
) -> Value {
    let names = [mine, theirs]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(Fields::keys);
    let mut merged = Fields::new();
    let is_stamp = |name: &String| {
        let declared = fields.iter().find(|field| field.name == *name);
        theirs.is_object() && declared.is_some_and(|field| field.stamped.is_some())
    };
    for name in ordered::set(names).into_iter().filter(|name| !is_stamp(name)) {
        let get = |side: &'a Value| side.get(name).unwrap_or(&Value::Null);
        let kind = fields
            .iter()
            .find(|field| field.name == *name)
            .map(|field| &field.kind);
        trace.enter(Step::Part(name.clone()));
        let value = merge_part(kind, get(base), get(mine), get(theirs), trace);
        trace.leave();
        if !value.is_null() {
            merged.insert(name.clone(), value);
        }
    }
    if let (Value::Object(mine), Value::Object(theirs)) = (mine, theirs) {
        stamps::settle(fields, &mut merged, mine, theirs);
    }
    Value::Object(merged)
}

/// One part, of a declared kind or of none.
fn merge_part(
    kind: Option<&FieldType>,
    base: &Value,
    mine: &Value,
    theirs: &Value,
    trace: &mut Trace,
) -> Value {
    let grown;
    let mine = match kind {
        Some(FieldType::Log { key, fields }) => {
            grown = list::append(key, fields, mine, theirs);
            &grown
        }
        _ => mine,
    };
    let same = |a: &Value, b: &Value| same(Difference::Meant, kind, a, b);
    let reads = |a: &Value, b: &Value| crate::pack::same::same(Difference::Seen, kind, a, b);
    let mine_alone = reads(theirs, base);
    let settled = match mine_alone {
        true => reads(mine, base),
        // Where somebody else changed it, another way to write the base is no change.
        false => same(mine, base) || (same(mine, theirs) && !kind.is_some_and(adds_up)),
    };
    if settled {
        return theirs.clone();
    }
    if mine_alone || same(theirs, base) {
        return kind.map_or_else(
            || mine.clone(),
            |kind| settled_set(kind, &stamps::kept(kind, mine, theirs)),
        );
    }
    let both = kind.and_then(|kind| merge_by_type(kind, base, mine, theirs, trace));
    both.unwrap_or_else(|| {
        trace.overrule(mine, theirs);
        mine.clone()
    })
}
