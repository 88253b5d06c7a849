//! What a search takes for the same.

use std::borrow::Cow;

use super::{
    decompose::{Depth, decomposed},
    form::{lower, passed_over},
};

/// Accents and the like, which a search does without: marks over and under Latin, Greek, Cyrillic, Hebrew and Arabic
/// letters. Marks that make another letter (kana, Indic vowels) stay.
const ACCENTS: [std::ops::RangeInclusive<char>; 13] = [
    // The iota written under a vowel (U+0345) is a letter in capitals.
    '\u{300}'..='\u{344}',
    '\u{346}'..='\u{36f}',
    '\u{483}'..='\u{489}',
    '\u{591}'..='\u{5c7}',
    '\u{610}'..='\u{61a}',
    // The bar that only stretches an Arabic word.
    '\u{640}'..='\u{640}',
    '\u{64b}'..='\u{65f}',
    '\u{670}'..='\u{670}',
    '\u{6d6}'..='\u{6ed}',
    '\u{1ab0}'..='\u{1aff}',
    '\u{1dc0}'..='\u{1dff}',
    '\u{20d0}'..='\u{20ff}',
    '\u{fe20}'..='\u{fe2f}',
];

/// A text as searches compare it: without case, accents and width, ligatures and other compatibility characters spelt out.
/// Folding a folded text changes nothing.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    Cow::Owned(decomposed(text, Depth::Compatible, true, |c, out| match c {
        ' '..='~' => out.push(c.to_ascii_lowercase()),
        _ if is_left_out(c) => {}
        _ => lower(c, &mut |c| plain(c, out)),
    }))
}

fn is_left_out(c: char) -> bool {
    passed_over(c) || ACCENTS.iter().any(|range| range.contains(&c))
}

/// Letters that no decomposition takes apart and that people type without their strokes; signs that keyboards lack.
fn plain(c: char, out: &mut String) {
    let spelt = match c {
        'ı' | 'ɨ' => "i",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' => "'",
        '\u{201c}'..='\u{201f}' | '«' | '»' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{660}'..='\u{669}' => return digit(c, 0x660, out),
        '\u{6f0}'..='\u{6f9}' => return digit(c, 0x6f0, out),
        '\u{966}'..='\u{96f}' => return digit(c, 0x966, out),
        _ if is_left_out(c) => return,
        _ => return out.push(c),
    };
    out.push_str(spelt);
}

fn digit(c: char, zero: u32, out: &mut String) {
    out.extend(char::from_digit(u32::from(c) - zero, 10));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::fold;

    #[test]
    fn what_people_type_alike_is_alike() {
        let table = [
            ("Café", "cafe"),
            ("CAFE\u{301}", "cafe"),
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("GROẞ", "gross"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδός", "οδοσ"),
            ("ＡＢＣ１２３", "abc123"),
            ("ﬁlter ﬂow", "filter flow"),
            ("ｶﾞｽ", "カ\u{3099}ス"),
            ("ガス", "カ\u{3099}ス"),
            ("İSTANBUL ısı", "istanbul isi"),
            ("Łódź Ærø Œuvre", "lodz aero oeuvre"),
            ("Müller’s – “Pumpe”", "muller's - \"pumpe\""),
            ("x\u{ad}y\u{200b}z\u{200d}", "xyz"),
            ("① Ⅳ ㎏", "1 iv kg"),
            ("١٢٣", "123"),
            ("3\u{a0}m²", "3 m2"),
            ("각", "\u{1100}\u{1161}\u{11a8}"),
        ];
        for (text, folded) in table {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn every_character_is_folded_to_the_end() {
        for c in '\0'..=char::MAX {
            let once = fold(&c.to_string()).into_owned();
            assert_eq!(fold(&once), once, "{c:?}");
            let capitals: String = c.to_uppercase().collect();
            assert_eq!(fold(&capitals), once, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn composed_and_decomposed_texts_are_alike(text in "\\PC{0,20}") {
            let folded = fold(&text).into_owned();
            let other: String = text.nfc().collect();
            prop_assert_eq!(&*fold(&other), &*folded);
            let other: String = text.nfd().collect();
            prop_assert_eq!(&*fold(&other), &*folded);
            let other: String = text.nfkc().collect();
            prop_assert_eq!(&*fold(&other), &*folded);
            prop_assert_eq!(&fold(&folded), &folded);
        }
    }
}
