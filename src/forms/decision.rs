//! A refused decision about a conflict (to settle it, or to take the settlement back), as a form over the record.

use holdfast_core::{Fields, ordered, pack::Entity};
use serde_json::Value;

use super::Draft;

/// Values of a decision's write that take the place of chosen ones (protocol C11).
pub const INSTEAD: &str = "instead";

const WHOLE_RECORD: &str = "record";

/// The values that a decision gives to the record, over none.
///
/// `conflict` is the conflict as the server confirmed it, `payload` what was sent.
pub fn values(conflict: &Fields, payload: &Fields) -> Fields {
    let known = |field: &str, part: &str| {
        let values = conflict.get("values")?.get(field)?;
        values.get(part).filter(|value| !value.is_null())
    };
    let mut given = Fields::new();
    let mut give = |field: &str, value: Option<&Value>| {
        given.insert(field.to_owned(), value.cloned().unwrap_or_default());
    };
    match payload.get("resolution").and_then(Value::as_object) {
        Some(choices) => {
            for (field, choice) in choices {
                match choice.get("choice").and_then(Value::as_str) {
                    Some("recreate") => {
                        let typed = known(WHOLE_RECORD, "mine").and_then(Value::as_object);
                        typed
                            .into_iter()
                            .flatten()
                            .for_each(|(name, value)| give(name, Some(value)));
                    }
                    Some("mine") if field != WHOLE_RECORD => give(field, known(field, "mine")),
                    Some("value") => give(field, choice.get("value")),
                    _ => {}
                }
            }
        }
        None => {
            let values = conflict.get("values").and_then(Value::as_object);
            let fields = values.into_iter().flatten().map(|(field, _)| field);
            fields
                .filter(|field| *field != WHOLE_RECORD)
                .for_each(|field| give(field, known(field, "before")));
        }
    }
    given.extend(earlier(payload));
    given
}

/// Fields that the form offers, in the pack's order: what was refused, the other parts of a unique value, and what the
/// decision gives to the record as far as its author may fill it in.
pub fn offered(entity: &Entity, roles: &[String], refused: &[String], given: &Fields) -> Vec<String> {
    let sets = entity.unique.iter();
    let parts: Vec<&String> = sets
        .filter(|set| set.iter().any(|part| refused.contains(part)))
        .flatten()
        .collect();
    let fields = entity.fields.iter().filter(|field| field.computed.is_none());
    let wanted = fields.filter(|field| {
        let may = field.is_filled_in_by(roles);
        refused.contains(&field.name)
            || (may && (parts.contains(&&field.name) || given.contains_key(&field.name)))
    });
    wanted.map(|field| field.name.clone()).collect()
}

/// What is sent in place of the refused values: they are always named, so that an empty one is left empty on purpose.
pub fn instead(draft: &Draft, refused: &[String], payload: &Fields) -> Fields {
    let mut values = earlier(payload);
    values.extend(draft.changed());
    for field in refused {
        values.insert(field.clone(), draft.value(field));
    }
    ordered::fields([(INSTEAD.to_owned(), Value::Object(values))])
}

fn earlier(payload: &Fields) -> Fields {
    let values = payload.get(INSTEAD).and_then(Value::as_object);
    values.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_decision_gives_what_was_chosen() {
        let changed = json!({ "values": {
            "serial": { "mine": "A", "theirs": "B", "before": "Z", "after": "A" },
            "title": { "mine": "x", "theirs": "y", "before": null, "after": "x" },
        } });
        let deleted =
            json!({ "values": { "record": { "mine": { "serial": "A", "notes": "n" }, "theirs": null } } });
        let table = [
            (
                &changed,
                json!({ "resolution": { "serial": { "choice": "mine" }, "title": { "choice": "theirs" } } }),
                json!({ "serial": "A" }),
            ),
            (
                &changed,
                json!({ "resolution": { "serial": { "choice": "value", "value": "C" } } }),
                json!({ "serial": "C" }),
            ),
            (
                &changed,
                json!({ "undo": true }),
                json!({ "serial": "Z", "title": null }),
            ),
            (
                &changed,
                json!({ "undo": true, "instead": { "serial": "Q" } }),
                json!({ "serial": "Q", "title": null }),
            ),
            (
                &deleted,
                json!({ "resolution": { "record": { "choice": "recreate" } } }),
                json!({ "serial": "A", "notes": "n" }),
            ),
            (
                &deleted,
                json!({ "resolution": { "record": { "choice": "let-go" } } }),
                json!({}),
            ),
        ];
        for (conflict, payload, expected) in table {
            assert_eq!(
                values(&fields(conflict.clone()), &fields(payload.clone())),
                fields(expected),
                "{payload}"
            );
        }
    }

    #[test]
    fn refused_fields_are_always_sent_and_earlier_ones_stay() {
        let mut draft = Draft::of(fields(json!({ "serial": "A", "site": "north" })));
        draft.set("site", json!("south"));
        let payload = fields(json!({ "instead": { "title": "kept" } }));
        let sent = instead(&draft, &["serial".into(), "number".into()], &payload);
        let expected =
            json!({ "instead": { "title": "kept", "site": "south", "serial": "A", "number": null } });
        assert_eq!(Value::Object(sent), expected);
    }

    #[test]
    fn a_refused_field_is_offered_though_people_do_not_fill_it_in() {
        let pack = r#"{ "name": "order", "plural": "orders", "title": "Order", "titlePlural": "Orders", "icon": "x", "idField": "orderId",
            "idPrefix": "", "titleField": "title", "operations": ["update"], "unique": [["number"], ["site", "serial"]], "access": [],
            "fields": [{ "name": "title", "label": "Title", "type": "text" }, { "name": "number", "label": "Number", "type": "text", "readOnly": true },
            { "name": "site", "label": "Site", "type": "text" }, { "name": "serial", "label": "Serial", "type": "text" }] }"#;
        let entity: Entity = serde_json::from_str(pack).unwrap();
        let given = fields(json!({ "title": "t", "number": "1" }));
        let of = |refused: &[&str]| {
            let refused: Vec<String> = refused.iter().map(|name| (*name).to_owned()).collect();
            offered(&entity, &[], &refused, &given)
        };
        assert_eq!(of(&["number"]), ["title", "number"]);
        assert_eq!(of(&["serial"]), ["title", "site", "serial"]);
    }
}
