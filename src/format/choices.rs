//! What a person chose once and for all while settling conflicts.

use holdfast_browser::client::Snapshot;
use holdfast_core::{Fields, record::RecordKey, system};
use serde_json::Value;

use crate::strings::more as words;

/// The profile's field: `mine` or `theirs`, by `type.field`.
const FIELD: &str = "rememberedChoices";

/// A choice that settles a field's conflicts without asking.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// `type.field`, as the profile keeps it.
    pub key: String,
    /// What it is about: "Work order · Root cause".
    pub about: String,
    pub says: &'static str,
}

/// Everything a person had remembered.
pub fn choices(replica: Snapshot<'_>, user: &str) -> Vec<Choice> {
    let tell = |(key, side): (String, Value)| Choice {
        about: about(replica, &key),
        says: if side == "mine" {
            words::ALWAYS_MINE
        } else {
            words::ALWAYS_THEIRS
        },
        key,
    };
    kept(replica, user).into_iter().map(tell).collect()
}

/// The change of the profile that forgets one of them.
pub fn forgetting(replica: Snapshot<'_>, user: &str, key: &str) -> (RecordKey, Fields) {
    let mut left = kept(replica, user);
    left.remove(key);
    let fields = Fields::from_iter([(FIELD.to_owned(), Value::Object(left))]);
    (RecordKey::new(system::USER, user), fields)
}

fn kept(replica: Snapshot<'_>, user: &str) -> Fields {
    let profile = replica.view(&RecordKey::new(system::USER, user));
    let kept = profile.and_then(|view| view.fields.get(FIELD)?.as_object().cloned());
    kept.unwrap_or_default()
}

/// In the pack's words; a field that the pack no longer has keeps its name.
fn about(replica: Snapshot<'_>, key: &str) -> String {
    let Some((name, field)) = key.split_once('.') else {
        return key.to_owned();
    };
    let Some(entity) = replica.packs().entity(name) else {
        return key.to_owned();
    };
    let label = entity
        .field(field)
        .map_or(field, |declared| declared.label.as_str());
    format!("{} · {label}", entity.title)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use holdfast_core::{
        pack::built_in,
        record::Mirror,
        replica::Replica,
        store::{Changes, PacksRow, Row},
    };

    use super::*;

    fn replica(remembered: Value) -> Replica {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let profile = Mirror {
            key: RecordKey::new(system::USER, "tara"),
            fields: Fields::from_iter([(FIELD.to_owned(), remembered)]),
            version: 1,
            updated_at: now,
            reached_at: now,
            scan: 0,
            local_id: None,
        };
        let packs = PacksRow {
            packs: vec![built_in().clone()],
        };
        let mut changes = Changes::default();
        changes.put(Row::Packs(packs));
        changes.put(Row::Mirror(profile));
        let mut replica = Replica::default();
        replica.apply(1, &changes);
        replica
    }

    #[test]
    fn choices_are_told_in_the_packs_words_and_forgotten_one_by_one() {
        let known = replica(json!({ "user.skills": "mine", "work-order.gone": "theirs" }));
        let replica = Snapshot::from(&known);
        let told: Vec<_> = choices(replica, "tara")
            .into_iter()
            .map(|choice| (choice.about, choice.says))
            .collect();
        assert_eq!(
            told,
            [
                ("Profile · Skills".to_owned(), words::ALWAYS_MINE),
                ("work-order.gone".to_owned(), words::ALWAYS_THEIRS),
            ]
        );
        let (key, fields) = forgetting(replica, "tara", "work-order.gone");
        assert_eq!(key, RecordKey::new(system::USER, "tara"));
        assert_eq!(fields[FIELD], json!({ "user.skills": "mine" }));
        assert_eq!(choices(replica, "samir"), []);
    }
}
