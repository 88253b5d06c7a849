//! Lists whose items are told apart by a key.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    parts::{Step, Trace, merge_object},
    stamps::equal_items,
};
use crate::{ordered, pack::Field};

/// The items by their keys.
pub(super) fn items<'a>(key: &str, value: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let named = |item: &'a Value| Some((item.get(key)?.as_str()?, item));
    value.as_array().into_iter().flatten().filter_map(named).collect()
}

/// Item by item: both sides' additions and changes count; a removal counts unless the other side changed the item.
/// `sides`: the base, the author's list and the server's.
///
/// The order is the server's, unless only the author reordered; the author's new items follow the item that they
/// followed in the author's list, or come before the one that they preceded, or at the end.
pub fn merge<'a>(key: &str, fields: &[Field], sides: [&'a Value; 3], trace: &mut Trace) -> Value {
    let [base, mine, theirs] = sides.map(|side| items(key, side));
    let index = |side: &[(&'a str, &'a Value)]| ordered::map(side.iter().copied());
    let (base_by, mine_by, theirs_by) = (index(&base), index(&mine), index(&theirs));
    let mut settle = |k: &str| -> Option<Value> {
        trace.enter(Step::Item {
            key: key.to_owned(),
            id: k.to_owned(),
        });
        let by = |side: &BTreeMap<&str, &'a Value>| side.get(k).copied();
        let item = match (by(&base_by), by(&mine_by), by(&theirs_by)) {
            (b, Some(m), Some(t)) => Some(merge_object(fields, b.unwrap_or(&Value::Null), m, t, trace)),
            (None, one, other) => one.or(other).cloned(),
            (Some(b), Some(m), None) if !equal_items(fields, m, b) => {
                trace.overrule(m, &Value::Null);
                Some(m.clone())
            }
            (Some(b), None, Some(t)) => (!equal_items(fields, t, b)).then(|| t.clone()),
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
    let staying = |side: &[(&'a str, &'a Value)]| -> Vec<&'a str> {
        let keys = side.iter().map(|(k, _)| *k);
        keys.filter(|k| settled.contains_key(k)).collect()
    };
    let order = interleave(&staying(&base), &staying(&mine), &staying(&theirs));
    Value::Array(order.into_iter().filter_map(|k| settled.remove(k)).collect())
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
pub fn append(key: &str, mine: &Value, theirs: &Value) -> Value {
    let known = ordered::set(items(key, theirs).into_iter().map(|(k, _)| k));
    let mut grown = theirs.as_array().cloned().unwrap_or_default();
    grown.extend(
        items(key, mine)
            .into_iter()
            .filter(|(k, _)| !known.contains(k))
            .map(|(_, item)| item.clone()),
    );
    if grown.is_empty() {
        theirs.clone()
    } else {
        Value::Array(grown)
    }
}
