//! Lists whose items are told apart by a key.

use serde_json::Value;

use super::{field::merge_object, value::equal};
use crate::{ordered, pack::Field};

fn items<'a>(key: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    let named = |item: &'a Value| Some((item.get(key)?.as_str()?.to_owned(), item));
    value.as_array().into_iter().flatten().filter_map(named).collect()
}

/// Item by item: both sides' additions and changes count; a removal counts unless the other side changed the item.
///
/// The order is the server's, unless only the author reordered; the author's new items follow the item that they
/// followed in the author's list, or come before the one that they preceded, or at the end.
pub fn merge(key: &str, fields: &[Field], base: &Value, mine: &Value, theirs: &Value) -> Value {
    let (base, mine, theirs) = (items(key, base), items(key, mine), items(key, theirs));
    let index = |side: &[(String, &Value)]| ordered::map(side.iter().map(|(k, v)| (k.clone(), (*v).clone())));
    let (base_by, mine_by, theirs_by) = (index(&base), index(&mine), index(&theirs));
    let settle = |k: &String| -> Option<Value> {
        match (base_by.get(k), mine_by.get(k), theirs_by.get(k)) {
            (_, Some(m), Some(t)) => Some(merge_object(fields, base_by.get(k).unwrap_or(&Value::Null), m, t)),
            (None, one, other) => one.or(other).cloned(),
            (Some(b), Some(m), None) => (!equal(m, b)).then(|| m.clone()),
            (Some(b), None, Some(t)) => (!equal(t, b)).then(|| t.clone()),
            (Some(_), None, None) => None,
        }
    };
    let keys = |side: &[(String, &Value)]| side.iter().map(|(k, _)| k.clone()).collect::<Vec<_>>();
    let order = interleave(&keys(&base), &keys(&mine), &keys(&theirs));
    Value::Array(order.iter().filter_map(settle).collect())
}

/// One order of all keys of both sides.
fn interleave(base: &[String], mine: &[String], theirs: &[String]) -> Vec<String> {
    let common = |side: &[String]| -> Vec<String> {
        side.iter()
            .filter(|k| base.contains(k) && mine.contains(k) && theirs.contains(k))
            .cloned()
            .collect()
    };
    let they_reordered = common(theirs) != common(base);
    let (lead, follow) = if !they_reordered && common(mine) != common(base) {
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
