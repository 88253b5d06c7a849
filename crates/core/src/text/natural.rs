//! The order of texts where no language says otherwise.

use super::fold;

/// Digits that are compared as one number; longer runs are compared piece by piece.
const LONGEST: usize = 1_000;

/// A text as it is sorted by code point: [`fold`]ed, and numbers by value (`Zange 2` before `Zange 10`).
pub fn natural(text: &str) -> String {
    let folded = fold(text);
    let mut out = String::with_capacity(folded.len() + 8);
    let mut rest = &*folded;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = rest.bytes().take(LONGEST).take_while(u8::is_ascii_digit).count();
        let (digits, behind) = rest.split_at(length);
        let digits = digits.trim_start_matches('0');
        // More digits are a larger number. The sign before the length keeps numbers where digits stand.
        out.push('0');
        out.extend(char::from_u32('0' as u32 + digits.len() as u32));
        out.push_str(digits);
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::natural;

    fn sorted(mut texts: Vec<&str>) -> Vec<&str> {
        texts.sort_by_key(|text| (natural(text), (*text).to_owned()));
        texts
    }

    #[test]
    fn numbers_sort_by_value_and_letters_without_case_and_accents() {
        let table = [
            vec!["axt", "Äxte", "Zange", "Zange 2", "Zange 10", "Zebra"],
            vec!["P-1", "P-01", "P-2", "P-10", "P-010b", "P-11"],
            vec!["1.2.9", "1.2.10", "1.10.1", "2"],
            vec!["", " a", "#1", "0", "7", "10", "a"],
            vec!["v９", "v10", "v１１"],
            vec!["9007199254740992", "9007199254740993", "90071992547409920"],
        ];
        for expected in table {
            let mut mixed = expected.clone();
            mixed.reverse();
            let got = sorted(mixed);
            let key = |texts: &[&str]| texts.iter().map(|text| natural(text)).collect::<Vec<_>>();
            assert_eq!(key(&got), key(&expected), "{got:?}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_ordered_as_numbers(a: u64, b: u64, word in "[a-z ]{0,4}") {
            let [x, y] = [a, b].map(|number| natural(&format!("{word}{number}")));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}
