//! The order of texts, by a real browser's `Intl.Collator`.

#![allow(clippy::unwrap_used)]

use std::{cmp::Ordering, rc::Rc};

use holdfast_browser::collation::PlatformCollation;
use holdfast_core::text::{Collation, TextOrder};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn sorted(language: &str, texts: &[&str]) -> Vec<String> {
    let order = TextOrder::new(PlatformCollation::new(Some(language)));
    let ranks = order.ranks("title", texts);
    let mut all: Vec<_> = ranks.into_iter().zip(texts).collect();
    all.sort_unstable();
    all.into_iter().map(|(_, text)| (*text).to_owned()).collect()
}

#[wasm_bindgen_test]
fn each_language_has_its_order_and_numbers_go_by_value() {
    let texts = ["Zange 10", "Zebra", "Äxte", "axt", "Zange 2", "a\0\"\u{1f600}"];
    let first = "a\0\"\u{1f600}";
    for language in ["en-GB", "de", "no such language"] {
        let expected = [first, "axt", "Äxte", "Zange 2", "Zange 10", "Zebra"];
        assert_eq!(sorted(language, &texts), expected, "{language}");
    }
    assert_eq!(
        sorted("sv-SE", &texts),
        [first, "axt", "Zange 2", "Zange 10", "Zebra", "Äxte"]
    );
}

#[wasm_bindgen_test]
fn sorting_all_at_once_is_comparing_one_by_one() {
    let collation = PlatformCollation::new(Some("de"));
    let mut texts: Vec<Rc<str>> = (0..300)
        .map(|n| format!("{} {}", ["Öl", "öl", "Ol", "ol", "o\u{308}l"][n % 5], n * 7 % 31).into())
        .collect();
    collation.sort(&mut texts);
    assert_eq!(texts.len(), 300);
    for pair in texts.windows(2) {
        assert_ne!(
            collation.compare(&pair[0], &pair[1]),
            Ordering::Greater,
            "{pair:?}"
        );
    }
}

#[wasm_bindgen_test]
fn a_new_text_finds_its_place_among_those_that_are_kept() {
    let order = TextOrder::new(PlatformCollation::new(Some("de")));
    let texts: Vec<String> = (0..100).map(|n| format!("Pumpe {n}")).collect();
    order.ranks("title", &texts);
    let later = ["Pumpe 50a", "pumpe 7", "Äxte", "Pumpe 50"];
    let ranks = order.ranks("title", &later);
    let mut all: Vec<_> = ranks.into_iter().zip(later).collect();
    all.sort_unstable();
    let all: Vec<&str> = all.into_iter().map(|(_, text)| text).collect();
    assert_eq!(all, ["Äxte", "pumpe 7", "Pumpe 50", "Pumpe 50a"]);
}
