//! Normalisation forms D and KD: composed characters taken apart, marks in their canonical order.

use super::table::{Table, table};

/// Whether compatibility characters (full width, ligatures, circled digits) become the plain ones they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    Canonical,
    Compatible,
}

/// The one mark that becomes a letter when its case is folded, so that marks have to be in order before.
const WRITTEN_UNDER: char = '\u{345}';

/// The characters of a text, taken apart and in canonical order, each as `keep` makes it. It is called for what is not
/// ASCII and may be for what is, too: most texts are mostly ASCII, which goes by in runs, in small letters if `small`.
pub(super) fn decomposed(
    text: &str,
    depth: Depth,
    small: bool,
    mut keep: impl FnMut(char, &mut String),
) -> String {
    let table = table();
    let mut out = String::with_capacity(text.len() + 8);
    let mut late = false;
    let mut rest = text;
    loop {
        let run = rest.bytes().position(|byte| !byte.is_ascii());
        let (ascii, other) = rest.split_at(run.unwrap_or(rest.len()));
        let start = out.len();
        out.push_str(ascii);
        if small {
            out[start..].make_ascii_lowercase();
        }
        let mut characters = other.chars();
        let Some(c) = characters.next() else { break };
        apart(table, c, depth, &mut |part| {
            late |= part == WRITTEN_UNDER;
            keep(part, &mut out);
        });
        rest = characters.as_str();
    }
    if late {
        out.clear();
        let mut parts = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            apart(table, c, depth, &mut |part| parts.push(part));
        }
        reorder(table, &mut parts);
        parts.chars().for_each(|part| keep(part, &mut out));
    }
    reorder(table, &mut out);
    out
}

fn apart(table: &Table, c: char, depth: Depth, emit: &mut dyn FnMut(char)) {
    if c.is_ascii() {
        return emit(c);
    }
    if let Some(parts) = hangul(c) {
        return parts.into_iter().flatten().for_each(emit);
    }
    match table.parts(c) {
        Some(parts) if !parts.compatible => {
            // A canonical part may be a compatibility character in turn, and nothing deeper.
            for part in parts.characters {
                match table.parts(*part).filter(|_| depth == Depth::Compatible) {
                    Some(plain) => plain.characters.iter().copied().for_each(&mut *emit),
                    None => emit(*part),
                }
            }
        }
        Some(parts) if depth == Depth::Compatible => parts.characters.iter().copied().for_each(emit),
        _ => emit(c),
    }
}

/// Leading consonant, vowel and trailing consonant of a syllable.
fn hangul(c: char) -> Option<[Option<char>; 3]> {
    const SYLLABLES: u32 = 0xac00;
    let index = u32::from(c)
        .checked_sub(SYLLABLES)
        .filter(|index| *index < 11_172)?;
    let part = |base: u32, at: u32| char::from_u32(base + at);
    let trailing = index % 28;
    Some([
        part(0x1100, index / 588),
        part(0x1161, index % 588 / 28),
        (trailing > 0).then(|| part(0x11a7, trailing)).flatten(),
    ])
}

/// Sorts each run of marks by combining class; marks of one class keep their order.
fn reorder(table: &Table, text: &mut String) {
    if text.is_ascii() {
        return;
    }
    let mut last = 0;
    let sorted = text.chars().all(|c| {
        let class = if c < '\u{300}' { 0 } else { table.class(c) };
        let fits = class == 0 || class >= last;
        last = class;
        fits
    });
    if sorted {
        return;
    }
    let mut classed: Vec<(u8, char)> = text.chars().map(|c| (table.class(c), c)).collect();
    for run in classed.chunk_by_mut(|a, b| a.0 != 0 && b.0 != 0) {
        sort_marks(run);
    }
    *text = classed.into_iter().map(|(_, c)| c).collect();
}

/// Sorts by class; marks of one class keep their order. Linear in the length of the run, since there are few classes. The
/// standard sort would add its code once more for this type.
fn sort_marks(run: &mut [(u8, char)]) {
    let classes = run.iter().map(|(class, _)| *class);
    let (least, most) = (classes.clone().min().unwrap_or(1), classes.max().unwrap_or(1));
    let sorted: Vec<(u8, char)> = (least..=most)
        .flat_map(|class| run.iter().filter(move |mark| mark.0 == class))
        .copied()
        .collect();
    run.copy_from_slice(&sorted);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::{Depth, decomposed, table};

    fn plain(text: &str, depth: Depth) -> String {
        decomposed(text, depth, false, |c, out| out.push(c))
    }

    #[test]
    fn every_character_is_taken_apart_as_unicode_says() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert_eq!(
                plain(&text, Depth::Canonical),
                text.nfd().collect::<String>(),
                "{c:?}"
            );
            assert_eq!(
                plain(&text, Depth::Compatible),
                text.nfkd().collect::<String>(),
                "{c:?}"
            );
            let class = unicode_normalization::char::canonical_combining_class(c);
            assert_eq!(table().class(c), class, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_put_in_canonical_order(text in "([a-e가각ｶﾞ\u{300}-\u{362}\u{5b0}-\u{5bc}\u{e38}\u{e48}\u{93c}\u{94d}Å-é]){0,12}") {
            prop_assert_eq!(plain(&text, Depth::Canonical), text.nfd().collect::<String>());
            prop_assert_eq!(plain(&text, Depth::Compatible), text.nfkd().collect::<String>());
        }
    }
}
