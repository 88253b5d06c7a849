//! Lists whose items are told apart by a key.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    parts::{Step, Trace, merge_object},
    value::equal,
};
use crate::{ordered, pack::Field};

/// The items by their keys.
pub(super) fn items<'a>(key: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    let named = |item: &'a Value| Some((item.get(key)?.as_str()?.to_owned(), item));
    value.as_array().into_iter().flatten().filter_map(named).collect()
}

/// Item by item: both sides' additions and changes count; a removal counts unless the other side changed the item.
/// `sides`: the base, the author's list and the server's.
///
/// The order is the server's, unless only the author reordered; the author's new items follow the item that they
/// followed in the author's list, or come before the one that they preceded, or at the end.
pub fn merge(key: &str, fields: &[Field], sides: [&Value; 3], trace: &mut Trace) -> Value {
    let [base, mine, theirs] = sides.map(|side| items(key, side));
    let index = |side: &[(String, &Value)]| ordered::map(side.iter().map(|(k, v)| (k.clone(), (*v).clone())));
    let (base_by, mine_by, theirs_by) = (index(&base), index(&mine), index(&theirs));
    let mut settle = |k: &String| -> Option<Value> {
        trace.enter(Step::Item {
            key: key.to_owned(),
            id: k.clone(),
        });
        let item = match (base_by.get(k), mine_by.get(k), theirs_by.get(k)) {
            (b, Some(m), Some(t)) => Some(merge_object(fields, b.unwrap_or(&Value::Null), m, t, trace)),
            (None, one, other) => one.or(other).cloned(),
            (Some(b), Some(m), None) if !equal(m, b) => {
                trace.overrule(m, &Value::Null);
                Some(m.clone())
            }
            (Some(b), None, Some(t)) => (!equal(t, b)).then(|| t.clone()),
            (Some(_), _, None) => None,
        };
        trace.leave();
        item
    };
    let mut settled = BTreeMap::new();
    for k in ordered::set(mine_by.keys().chain(theirs_by.keys()).cloned()) {
        if let Some(item) = settle(&k) {
            settled.insert(k, item);
        }
    }
    let staying = |side: &[(String, &Value)]| -> Vec<String> {
        let keys = side.iter().map(|(k, _)| k);
        keys.filter(|k| settled.contains_key(*k)).cloned().collect()
    };
    let order = interleave(&staying(&base), &staying(&mine), &staying(&theirs));
    Value::Array(order.iter().filter_map(|k| settled.remove(k)).collect())
}

/// One order of all keys of both sides. Only rows that stay are asked who moved them: the same write, met again, finds
/// the same answer.
fn interleave(base: &[String], mine: &[String], theirs: &[String]) -> Vec<String> {
    let moved = |side: &[String]| {
        let known = side.iter().filter(|k| base.contains(k));
        let as_before = base.iter().filter(|k| side.contains(k));
        !known.eq(as_before)
    };
    let (lead, follow) = if !moved(theirs) && moved(mine) {
        (mine, theirs)
    } else {
        (theirs, mine)
    };
    let mut order: Vec<String> = lead.to_vec();
    let mut placed = ordered::set(lead.iter().cloned());
    for (at, k) in follow.iter().enumerate() {
        if placed.insert(k.clone()) {
            let position = |near: &String| order.iter().position(|other| other == near);
            let after = follow[..at]
                .iter()
                .rev()
                .find_map(position)
                .map(|before| before + 1);
            let place = after
                .or_else(|| follow[at + 1..].iter().find_map(position))
                .unwrap_or(order.len());
            order.insert(place, k.clone());
        }
    }
    order
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
