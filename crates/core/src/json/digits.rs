//! Numbers of foreign JSON with more digits than its reader keeps.

use std::borrow::Cow;

use crate::decimal::survives_json;

/// The text with each number that a JSON reader would round written as a string, so that its digits arrive: a field of
/// numbers then keeps it exactly, or refuses it by name. Borrowed where there is none.
pub fn keep_digits(text: &[u8]) -> Cow<'_, [u8]> {
    let mut kept: Option<Vec<u8>> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = behind_string(text, at),
            b'-' | b'0'..=b'9' => {
                let end = behind_number(text, at);
                let number = std::str::from_utf8(&text[at..end]).unwrap_or_default();
                if !survives_json(number) {
                    let kept = kept.get_or_insert_default();
                    kept.extend_from_slice(&text[copied..at]);
                    kept.extend([b"\"", &text[at..end], b"\""].concat());
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    match kept {
        None => Cow::Borrowed(text),
        Some(mut kept) => {
            kept.extend_from_slice(&text[copied..]);
            Cow::Owned(kept)
        }
    }
}

fn behind_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at).filter(|byte| **byte != b'"') {
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    text.len().min(at + 1)
}

fn behind_number(text: &[u8], start: usize) -> usize {
    let belongs = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let length = text[start..].iter().position(|byte| !belongs(byte));
    length.map_or(text.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::keep_digits;

    #[test]
    fn numbers_that_would_be_rounded_become_texts_and_nothing_else_changes() {
        let table = [
            (r#"{"a":0.1,"b":[1e5,-2]}"#, None),
            (r#"{"a":9007199254740993}"#, None),
            (r#"{"1e400":"say \"1e400\" 1e400"}"#, None),
            ("1e400", Some(r#""1e400""#)),
            (
                r#"[0.1000000000000000055, 18446744073709551616]"#,
                Some(r#"["0.1000000000000000055", "18446744073709551616"]"#),
            ),
            (
                r#"{"a": -9007199254740993.5}"#,
                Some(r#"{"a": "-9007199254740993.5"}"#),
            ),
            // No JSON: its reader says so.
            ("[1e, 12345678901234567890123-4, 1.2.3.4.5.6.7.8.9]", None),
            (r#"{"open"#, None),
            (r#"{"open\"#, None),
        ];
        for (text, expected) in table {
            let kept = keep_digits(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&kept), expected.unwrap_or(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_reads_as_before_is_left_alone(numbers in prop::collection::vec(any::<f64>().prop_filter("finite", |n| n.is_finite()), 0..8), text in ".{0,12}") {
            let json = serde_json::json!([numbers, text]).to_string();
            let kept = keep_digits(json.as_bytes());
            prop_assert_eq!(&*kept, json.as_bytes());
        }

        #[test]
        fn any_text_is_json_afterwards_if_it_was_before(text in r#"[\[\]{}",: 0-9eE.+-]{0,60}"#) {
            let before = serde_json::from_str::<Value>(&text);
            let after = serde_json::from_slice::<Value>(&keep_digits(text.as_bytes()));
            prop_assert!(before.is_err() || after.is_ok(), "{}", text);
        }
    }
}
