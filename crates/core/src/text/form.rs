//! Which differences between two texts count.

use std::borrow::Cow;

use super::decompose::{Depth, decomposed};

/// The form in which texts are compared where something is decided by them: unique values, members of sets, keys of
/// lists, whether a value changed. Two texts are the same if their [`Form::key`]s are. With nothing set a text is
/// compared as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form {
    /// White space around the text does not count.
    pub trim: bool,
    /// Composed and decomposed characters are the same.
    pub canonical: bool,
    /// Case does not count, nor width and other compatibility differences, nor what is invisible; accents do.
    pub casefold: bool,
}

impl Form {
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The form without what a reader would see as a change.
    pub fn unseen(self) -> Self {
        Self {
            canonical: self.canonical || self.casefold,
            casefold: false,
            ..self
        }
    }

    /// What is compared of a text. The key of a key is itself.
    pub fn key(self, text: &str) -> Cow<'_, str> {
        let text = if self.trim { text.trim() } else { text };
        let folded = match (self.casefold, self.canonical, text.is_ascii()) {
            (false, false, _) | (false, true, true) => return Cow::Borrowed(text),
            (true, _, true) => return Cow::Owned(text.to_ascii_lowercase()),
            (true, ..) => decomposed(text, Depth::Compatible, true, |c, out| {
                if !passed_over(c) {
                    lower(c, &mut |c| out.push(c));
                }
            }),
            (false, true, false) => decomposed(text, Depth::Canonical, false, |c, out| out.push(c)),
        };
        // What is passed over may have hidden white space at the ends.
        match self.trim {
            true if folded.trim().len() < folded.len() => Cow::Owned(folded.trim().to_owned()),
            _ => Cow::Owned(folded),
        }
    }

    /// Whether a text is no value: it claims nothing, and a required field is still missing it.
    pub fn is_empty(self, text: &str) -> bool {
        text.is_empty() || (!self.is_plain() && self.key(text).is_empty())
    }
}

/// A character without case, by full case folding: `ß` is `ss`, and the final sigma a sigma.
pub(super) fn lower(c: char, emit: &mut dyn FnMut(char)) {
    for c in c.to_lowercase() {
        match c {
            'ß' => "ss".chars().for_each(&mut *emit),
            'ς' => emit('σ'),
            '\u{345}' => emit('ι'),
            '\u{1c80}' => emit('в'),
            '\u{1c81}' => emit('д'),
            '\u{1c82}' => emit('о'),
            '\u{1c83}' => emit('с'),
            '\u{1c84}' | '\u{1c85}' => emit('т'),
            '\u{1c86}' => emit('ъ'),
            '\u{1c87}' => emit('ѣ'),
            '\u{1c88}' => emit('\u{a64b}'),
            c => emit(c),
        }
    }
}

/// Whether a character is not seen and only steers how others are shown (joiners, direction, variants, soft hyphens).
pub(super) fn passed_over(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::{super::fold, Form};

    const TRIM: Form = Form {
        trim: true,
        canonical: false,
        casefold: false,
    };
    const NFC: Form = Form {
        trim: false,
        canonical: true,
        casefold: false,
    };
    const FOLD: Form = Form {
        trim: false,
        canonical: false,
        casefold: true,
    };
    const BOTH: Form = Form {
        trim: true,
        canonical: false,
        casefold: true,
    };

    #[test]
    fn a_form_says_which_differences_count() {
        let table = [
            (Form::default(), "A-1", "A-1", true),
            (Form::default(), "A-1", "a-1", false),
            (TRIM, " A-1\u{a0}", "A-1", true),
            (TRIM, "A-1", "a-1", false),
            (TRIM, "A  1", "A 1", false),
            (NFC, "Café", "Cafe\u{301}", true),
            (NFC, "Å", "\u{212b}", true),
            (NFC, "Café", "Cafe", false),
            (NFC, "café", "Café", false),
            (NFC, "ＡＢ", "AB", false),
            (FOLD, "a-1", "A-1", true),
            (FOLD, "Ａ－１", "a-1", true),
            (FOLD, "STRASSE", "straße", true),
            (FOLD, "ΟΔΟΣ", "οδος", true),
            (FOLD, "Cafe\u{301}", "CAFÉ", true),
            (FOLD, "Café", "Cafe", false),
            (FOLD, "A\u{200b}-1", "a-1", true),
            (FOLD, "ısı", "isi", false),
            (FOLD, " A", "a", false),
            (BOTH, "\u{3000}Ａ－１ ", "a-1", true),
            (BOTH, "\u{feff} a", "A", true),
        ];
        for (form, a, b, same) in table {
            assert_eq!(form.key(a) == form.key(b), same, "{a:?} and {b:?} in {form:?}");
        }
    }

    #[test]
    fn a_text_with_nothing_to_compare_is_no_value() {
        let table = [
            (Form::default(), "", true),
            (Form::default(), " ", false),
            (TRIM, " \t\u{a0}\u{3000}", true),
            (FOLD, "\u{200b}", true),
            (BOTH, " \u{200b} ", true),
            (BOTH, "0", false),
        ];
        for (form, text, empty) in table {
            assert_eq!(form.is_empty(text), empty, "{text:?} in {form:?}");
        }
    }

    #[test]
    fn every_character_is_the_same_in_capitals() {
        for c in '\0'..=char::MAX {
            let key = FOLD.key(&c.to_string()).into_owned();
            assert_eq!(FOLD.key(&key), key, "{c:?}");
            // The dotless i is another letter than i, whose capital it shares.
            if !matches!(c, 'ı' | '\u{345}') {
                let capitals: String = c.to_uppercase().collect();
                assert_eq!(FOLD.key(&capitals), key, "{c:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn keys_are_stable(text in "\\PC{0,20}", trim: bool, canonical: bool, casefold: bool) {
            let form = Form { trim, canonical, casefold };
            let key = form.key(&text).into_owned();
            prop_assert_eq!(&form.key(&key), &key);
            if canonical || casefold {
                let other: String = text.nfc().collect();
            prop_assert_eq!(&*form.key(&other), &*key);
                let other: String = text.nfd().collect();
            prop_assert_eq!(&*form.key(&other), &*key);
            }
        }

        #[test]
        fn a_search_finds_what_counts_as_the_same(text in "[ -~À-ž\u{300}-\u{303}ßẞſΑ-ώＡ-ｚ\u{200b}ﬁ]{0,8}", other in "[ -~À-žßΑ-ωＡ-ｚ]{0,8}") {
            for other in [other, text.to_uppercase(), text.to_lowercase(), text.nfkc().collect()] {
                if FOLD.key(&text) == FOLD.key(&other) {
                    prop_assert_eq!(fold(&text), fold(&other));
                }
            }
        }
    }
}
