//! Lists whose items are told apart by a key.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::parts::{Step, Trace, merge_object};
use crate::{
    ordered,
    pack::{
        Field,
        same::{Difference, item_key, key_form, same_items},
    },
};

/// The items by what tells them apart.
pub(super) fn items<'a>(key: &str, fields: &[Field], value: &'a Value) -> Vec<(Cow<'a, str>, &'a Value)> {
    let named = |item: &'a Value| Some((item_key(key, fields, item)?, item));
    value.as_array().into_iter().flatten().filter_map(named).collect()
}

pub(super) fn borrowed<'a>(items: &'a [(Cow<'a, str>, &'a Value)]) -> Vec<(&'a str, &'a Value)> {
    items.iter().map(|(key, item)| (&**key, *item)).collect()
}

/// Item by item: both sides' additions and changes count; a removal counts unless the other side changed the item.
/// `sides`: the base, the author's list and the server's.
///
/// The order is the server's, unless only the author reordered; the author's new items follow the item that they
/// followed in the author's list, or come before the one that they preceded, or at the end.
pub fn merge(key: &str, fields: &[Field], sides: [&Value; 3], trace: &mut Trace) -> Value {
    let sides = sides.map(|side| items(key, fields, side));
    let [base, mine, theirs] = sides.each_ref().map(|side| borrowed(side));
    merge_items(key, fields, [&base, &mine, &theirs], trace)
}

/// Items by their keys, in order.
type Items<'a> = [(&'a str, &'a Value)];

fn merge_items(key: &str, fields: &[Field], sides: [&Items<'_>; 3], trace: &mut Trace) -> Value {
    let [base, mine, theirs] = sides;
    let [base_by, mine_by, theirs_by] = sides.map(|side| ordered::map(side.iter().copied()));
    let changed = |item: &Value, base: &Value| !same_items(Difference::Seen, fields, item, base);
    let mut settle = |k: &str| -> Option<Value> {
        let (base, mine, theirs) = (base_by.get(k), mine_by.get(k), theirs_by.get(k));
        trace.enter(step(key, fields, theirs.or(mine).or(base).copied()));
        let item = match (base.copied(), mine.copied(), theirs.copied()) {
            (b, Some(m), Some(t)) => Some(merge_object(fields, b.unwrap_or(&Value::Null), m, t, trace)),
            (None, one, other) => one.or(other).cloned(),
            (Some(b), Some(m), None) if changed(m, b) => {
                trace.overrule(m, &Value::Null);
                Some(m.clone())
            }
            (Some(b), None, Some(t)) => changed(t, b).then(|| t.clone()),
            (Some(_), _, None) => None,
        };
        trace.leave();
        item
    };
    let mut settled = BTreeMap::new();
    for k in ordered::set(mine_by.keys().chain(theirs_by.keys()).copied()) {
        if let Some(item) = settle(k) {
            settled.insert(k, item);
        }
    }
    let [base, mine, theirs] = [base, mine, theirs].map(|side| {
        let keys = side.iter().map(|(k, _)| *k);
        keys.filter(|k| settled.contains_key(k)).collect::<Vec<_>>()
    });
    let order = interleave(&base, &mine, &theirs);
    Value::Array(order.into_iter().filter_map(|k| settled.remove(k)).collect())
}

/// The step to an item, named as it is written there.
fn step(key: &str, fields: &[Field], item: Option<&Value>) -> Step {
    let id = item.and_then(|item| item.get(key)).and_then(Value::as_str);
    Step::Item {
        key: key.to_owned(),
        id: id.unwrap_or_default().to_owned(),
        form: key_form(key, fields),
    }
}

/// One order of all keys of both sides, in time that grows with their number. Only rows that stay are asked who moved
/// them: the same write, met again, finds the same answer.
fn interleave<'a>(base: &[&'a str], mine: &[&'a str], theirs: &[&'a str]) -> Vec<&'a str> {
    let before = ordered::set(base.iter().copied());
    let moved = |side: &[&str]| {
        let present = ordered::set(side.iter().copied());
        let known = side.iter().filter(|k| before.contains(**k));
        !known.eq(base.iter().filter(|k| present.contains(**k)))
    };
    let (lead, follow) = if !moved(theirs) && moved(mine) {
        (mine, theirs)
    } else {
        (theirs, mine)
    };
    let mut order = Order::of(lead);
    // What stands before the first row of `follow` that both sides have.
    let mut previous = follow
        .iter()
        .find_map(|k| order.slot(k))
        .map_or(lead.len(), |slot| slot - 1);
    for k in follow {
        previous = order.slot(k).unwrap_or_else(|| order.insert_after(previous, k));
    }
    order.keys()
}

/// Keys in an order into which others are put without moving the rest. Slot 0 stands before the first key.
struct Order<'a> {
    /// A key, and the slot that follows it; the last is followed by slot 0.
    slots: Vec<(&'a str, usize)>,
    /// The first slot of each key.
    slot_of: BTreeMap<&'a str, usize>,
}

impl<'a> Order<'a> {
    fn of(keys: &[&'a str]) -> Self {
        let mut order = Self {
            slots: vec![("", 0)],
            slot_of: BTreeMap::new(),
        };
        for (last, key) in keys.iter().enumerate() {
            order.insert_after(last, key);
        }
        order
    }

    fn slot(&self, key: &str) -> Option<usize> {
        self.slot_of.get(key).copied()
    }

    fn insert_after(&mut self, previous: usize, key: &'a str) -> usize {
        let slot = self.slots.len();
        let next = std::mem::replace(&mut self.slots[previous].1, slot);
        self.slots.push((key, next));
        self.slot_of.entry(key).or_insert(slot);
        slot
    }

    fn keys(&self) -> Vec<&'a str> {
        let mut keys = Vec::with_capacity(self.slots.len());
        let mut slot = self.slots[0].1;
        while slot != 0 {
            keys.push(self.slots[slot].0);
            slot = self.slots[slot].1;
        }
        keys
    }
}

/// The server's list, and behind it the author's items that it lacks. Nothing is ever removed or changed.
pub fn append(key: &str, fields: &[Field], mine: &Value, theirs: &Value) -> Value {
    let known = items(key, fields, theirs);
    let known = ordered::set(known.iter().map(|(k, _)| &**k));
    let mut grown = theirs.as_array().cloned().unwrap_or_default();
    grown.extend(
        items(key, fields, mine)
            .into_iter()
            .filter(|(k, _)| !known.contains(&**k))
            .map(|(_, item)| item.clone()),
    );
    if grown.is_empty() {
        theirs.clone()
    } else {
        Value::Array(grown)
    }
}
