//! Texts as they are compared, searched and sorted: the rules agree with each other for any two texts.

use std::cmp::Ordering;

use arbitrary::Unstructured;
use holdfast_core::text::{Collation, Form, Natural, TextOrder, fold, natural};
use unicode_normalization::UnicodeNormalization;

use crate::mutation::below;

/// Characters that the rules know, among whatever else the bytes say.
const KNOWN: [char; 24] = [
    'a', 'A', 'ä', 'ß', 'ẞ', 'ı', 'İ', 'ς', 'Σ', 'é', '\u{301}', '\u{323}', 'Ａ', 'ﬁ', '각', 'ｶ', 'ﾞ',
    '\u{200b}', ' ', '\u{3000}', '1', '０', '\u{345}', '\u{e48}',
];

/// Keys and folded texts are stable, do not depend on normalisation, and what counts as the same is found; ranks are a
/// total order that agrees with the collation.
pub fn text(bytes: &[u8]) {
    let mut directions = Unstructured::new(bytes);
    let texts: Vec<String> = (0..4).map(|_| some_text(&mut directions)).collect();
    for text in &texts {
        stable(text);
        for other in &texts {
            agree(text, other);
        }
    }
    ranks(&texts);
}

fn some_text(bytes: &mut Unstructured<'_>) -> String {
    let length = below(bytes, 8);
    (0..length)
        .map(|_| match below(bytes, 4) {
            0 => bytes.arbitrary().unwrap_or('x'),
            _ => KNOWN[below(bytes, KNOWN.len())],
        })
        .collect()
}

fn forms() -> impl Iterator<Item = Form> {
    (0..8).map(|bits| Form {
        trim: bits & 1 > 0,
        canonical: bits & 2 > 0,
        casefold: bits & 4 > 0,
    })
}

fn stable(text: &str) {
    let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
    let folded = fold(text);
    assert_eq!(fold(&folded), folded, "folding again changes {text:?}");
    for other in [&composed, &decomposed] {
        assert_eq!(fold(other), folded, "{text:?} and {other:?}");
    }
    for form in forms() {
        let key = form.key(text);
        assert_eq!(
            form.key(&key),
            key,
            "the key of {text:?} in {form:?} is not its own"
        );
        assert_eq!(form.is_empty(text), key.is_empty() || text.is_empty());
        for other in [&composed, &decomposed] {
            let same = form.key(other) == key;
            assert!(
                same || !(form.canonical || form.casefold),
                "{text:?} and {other:?} in {form:?}"
            );
        }
    }
}

fn agree(text: &str, other: &str) {
    for form in forms() {
        let same = form.key(text) == form.key(other);
        if same && !form.trim {
            assert_eq!(
                fold(text),
                fold(other),
                "{text:?} is {other:?} in {form:?}, and a search tells them apart"
            );
        }
        let unseen = form.unseen();
        assert!(
            same || unseen.key(text) != unseen.key(other),
            "a reader sees less than {form:?} tells apart"
        );
    }
    let order = natural(text).cmp(&natural(other));
    assert_eq!(Natural.compare(text, other), order);
    assert_eq!(order.reverse(), natural(other).cmp(&natural(text)));
}

fn ranks(texts: &[String]) {
    let order = TextOrder::new(Natural);
    // One after the other, as they come to a device.
    texts.iter().for_each(|text| drop(order.ranks("field", &[text])));
    let ranks = order.ranks("field", texts);
    for (rank, text) in ranks.iter().zip(texts) {
        for (other_rank, other) in ranks.iter().zip(texts) {
            let expected = natural(text).cmp(&natural(other)).then_with(|| text.cmp(other));
            assert_eq!(rank.cmp(other_rank), expected, "{text:?} and {other:?}");
            assert_eq!(expected == Ordering::Equal, text == other);
        }
    }
}
