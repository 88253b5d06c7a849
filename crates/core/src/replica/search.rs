//! What a search finds.
//!
//! Words are looked for where a record's texts stand: most fields need not be read into values for that, and ASCII texts
//! need no folding.

use memchr::memchr2_iter;
use serde_json::Value;

use super::Item;
use crate::{pack::Entity, text::fold};

/// Words that must all stand in a record, compared as [`fold`] leaves them.
#[derive(Debug)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(search: &str) -> Self {
        Self(fold(search).split_whitespace().map(str::to_owned).collect())
    }

    /// Whether each stands in the record's id, its title, or a field that its entity is searched by.
    pub(super) fn are_in(&self, entity: &Entity, item: &Item<'_>) -> bool {
        self.0.iter().all(|word| {
            let mut fields = entity.list.search.iter().chain([&entity.title_field]);
            text_has(&item.key().entity_id, word) || fields.any(|field| item.mentions(field, word))
        })
    }
}

/// Whether a folded word stands in a text, however that is written.
pub(super) fn text_has(text: &str, word: &str) -> bool {
    if !text.is_ascii() {
        return fold(text).contains(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some(first) = word.first() else { return true };
    memchr2_iter(*first, first.to_ascii_uppercase(), text).any(|at| {
        let there = text.get(at..at + word.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(word))
    })
}

/// As [`text_has`], for a text or number, or any within a list or object.
pub(super) fn value_has(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text_has(text, word),
        Value::Array(items) => items.iter().any(|item| value_has(item, word)),
        Value::Object(parts) => parts.values().any(|part| value_has(part, word)),
        Value::Number(number) => number.to_string().contains(word),
        Value::Bool(_) | Value::Null => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Words, text_has, value_has};
    use crate::text::fold;

    #[test]
    fn a_word_is_found_however_it_is_written_and_only_within_one_text() {
        let table = [
            ("Hose BURST at the boom", "burst", true),
            ("Hose BURST at the boom", "boom", true),
            ("Hose BURST at the boom", "booms", false),
            ("bubbub", "bub", true),
            ("hhose", "hose", true),
            ("", "hose", false),
            ("Förderband ÜBERLAUF", "überlauf", true),
            ("Förderband ÜBERLAUF", "uberlauf", true),
            ("Forderband", "förder", true),
            ("Café", "cafe", true),
            ("Cafe\u{301}", "café", true),
            ("Cafe", "CAFE\u{301}", true),
            ("Hauptstraße 5", "strasse", true),
            ("HAUPTSTRASSE", "straße", true),
            ("ＡＢＣ１２３", "abc123", true),
            ("ABC123", "ｃ１", true),
            ("ΟΔΟΣ", "οδος", true),
            ("οδός", "ΟΔΌΣ", true),
            ("Ölﬁlter", "olfilter", true),
            ("300 \u{212a}", "k", true),
            ("Diyarbakır", "DIYARBAKIR", true),
            ("İzmir", "izmir", true),
            ("soft\u{ad}ware", "software", true),
            ("software", "soft\u{ad}ware", true),
            ("ガス", "ｶﾞｽ", true),
            ("カス", "ガス", false),
            ("Straße", "strabe", false),
        ];
        for (text, word, found) in table {
            assert_eq!(text_has(text, &fold(word)), found, "{word} in {text}");
        }
        let parts = json!([{ "title": "Drain oil", "litres": 12.5, "done": true }, "HAT", null]);
        for (word, found) in [
            ("oil", true),
            ("hat", true),
            ("12.5", true),
            ("oilhat", false),
            ("true", false),
        ] {
            assert_eq!(value_has(&parts, word), found, "{word}");
        }
    }

    #[test]
    fn words_are_split_by_any_white_space_and_nothing_else_is_asked_for() {
        assert_eq!(Words::of("Café\u{3000}ＢＡＲ \u{200b} x").0, ["cafe", "bar", "x"]);
    }

    proptest! {
        #[test]
        fn a_text_has_what_it_has_folded(text in "[a-dA-DÄäßİKkＡé ]{0,12}", word in "[a-dA-DÄäßİKkＡé]{1,3}") {
            let word = fold(&word);
            prop_assert_eq!(text_has(&text, &word), fold(&text).contains(&*word));
        }
    }
}
