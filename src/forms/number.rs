//! Numbers as people type them: with the separators of their language, and never read as something else.

use holdfast_core::decimal::{Decimal, DecimalError, MAX_DIGITS};
use serde_json::Value;

use crate::strings::number as words;

/// First digits of the scripts that number keyboards type, besides ASCII: Arabic, Persian, Devanagari, full width.
const ZEROS: [char; 4] = ['\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'];

/// Signs that only ever stand between groups of digits.
const ONLY_GROUPS: [char; 7] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '\u{2019}', '\u{66c}'];

const ARABIC_DECIMAL: char = '\u{66b}';

/// How a language separates decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Separators {
    pub decimal: char,
}

impl Separators {
    /// Of the browser's language.
    pub fn device() -> Self {
        let language = web_sys::window().and_then(|window| window.navigator().language());
        let sample = js_sys::Number::from(0.5).to_locale_string(language.as_deref().unwrap_or("en"));
        let sign = String::from(sample).chars().find(|sign| !sign.is_numeric());
        Self {
            decimal: sign.unwrap_or('.'),
        }
    }
}

/// Why what was typed is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    NotANumber,
    /// The separator may stand for thousands or for decimals: both readings, as JSON writes them.
    Ambiguous(String, String),
    TooExact,
}

impl Unread {
    /// What is wrong and what to do, in whole sentences.
    pub fn said(&self, typed: &str, separators: Separators) -> String {
        let local = |number: &str| number.replace('.', &separators.decimal.to_string());
        match self {
            Self::NotANumber => words::not_a_number(&local("12.5")),
            Self::Ambiguous(whole, decimal) => {
                words::ambiguous(typed.trim(), whole, &local(&format!("{decimal}0")))
            }
            Self::TooExact => words::too_exact(MAX_DIGITS),
        }
    }
}

/// As [`read`] for a form: what is no number stays as it was typed, so that it is told and can be corrected. It begins
/// with a space, so that nothing takes it for the digits of a number: in some languages `1.250` can be read in two ways.
pub fn typed(typed: &str, separators: Separators) -> Value {
    read(typed, separators).unwrap_or_else(|_| Value::String(format!(" {typed}")))
}

/// The value as an input shows it.
pub fn shown(value: &Value, separators: Separators) -> String {
    let local = |digits: &str| digits.replace('.', &separators.decimal.to_string());
    match value {
        Value::Null => String::new(),
        Value::String(text) => match text.strip_prefix(' ') {
            Some(typed) => typed.to_owned(),
            None => local(text),
        },
        number => local(&number.to_string()),
    }
}

/// The number that was typed; `Null` if nothing was.
pub fn read(typed: &str, separators: Separators) -> Result<Value, Unread> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(Value::Null);
    }
    let unsigned = typed.strip_prefix(['-', '\u{2212}']);
    let digits = unsigned.unwrap_or_else(|| typed.strip_prefix('+').unwrap_or(typed));
    let (whole, fraction) = parts(digits, separators)?;
    value(unsigned.is_some(), &whole, &fraction)
}

/// The digits before and behind the decimal separator.
fn parts(digits: &str, separators: Separators) -> Result<(String, String), Unread> {
    let mut runs = vec![String::new()];
    let mut signs = Vec::new();
    for sign in digits.chars() {
        match digit(sign) {
            Some(digit) => runs.iter_mut().last().ok_or(Unread::NotANumber)?.push(digit),
            None if matches!(sign, '.' | ',' | ARABIC_DECIMAL) || ONLY_GROUPS.contains(&sign) => {
                signs.push(sign);
                runs.push(String::new());
            }
            None => return Err(Unread::NotANumber),
        }
    }
    let fraction = match signs.last() {
        Some(last) if is_decimal(*last, &signs, &runs, separators)? => runs.pop().unwrap_or_default(),
        _ => String::new(),
    };
    let decimal = signs.len() == runs.len();
    if decimal {
        signs.pop();
    }
    let grouped = signs.windows(2).all(|pair| pair[0] == pair[1]) && are_groups(&runs);
    let whole = runs.concat();
    if (signs.is_empty() || grouped) && !(whole.is_empty() && fraction.is_empty()) {
        Ok((whole, fraction))
    } else {
        Err(Unread::NotANumber)
    }
}

/// Whether the last separator stands before decimals.
fn is_decimal(last: char, signs: &[char], runs: &[String], separators: Separators) -> Result<bool, Unread> {
    if ONLY_GROUPS.contains(&last) {
        return Ok(false);
    }
    let alike = signs.iter().filter(|sign| **sign == last).count();
    if last == ARABIC_DECIMAL || alike < signs.len() {
        return if alike == 1 {
            Ok(true)
        } else {
            Err(Unread::NotANumber)
        };
    }
    if alike > 1 {
        return Ok(false);
    }
    let (whole, behind) = (&runs[0], &runs[1]);
    if last != separators.decimal && behind.len() == 3 && are_groups(runs) && !whole.starts_with('0') {
        return Err(Unread::Ambiguous(
            format!("{whole}{behind}"),
            format!("{whole}.{behind}"),
        ));
    }
    Ok(true)
}

/// Whether these are the groups of a long number: three digits each, the middle ones also two, as in India.
fn are_groups(runs: &[String]) -> bool {
    let [first, middle @ .., last] = runs else {
        return true;
    };
    (1..=3).contains(&first.len()) && middle.iter().all(|run| (2..=3).contains(&run.len())) && last.len() == 3
}

fn digit(sign: char) -> Option<char> {
    if sign.is_ascii_digit() {
        return Some(sign);
    }
    let behind = |zero: &char| {
        u32::from(sign)
            .checked_sub(u32::from(*zero))
            .filter(|digit| *digit < 10)
    };
    ZEROS
        .iter()
        .find_map(behind)
        .and_then(|digit| char::from_digit(digit, 10))
}

fn value(negative: bool, whole: &str, fraction: &str) -> Result<Value, Unread> {
    let sign = if negative { "-" } else { "" };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    match format!("{sign}{whole}{point}{fraction}").parse::<Decimal>() {
        Ok(number) => Ok(number.to_value()),
        Err(DecimalError::TooLong) => Err(Unread::TooExact),
        Err(DecimalError::NotANumber) => Err(Unread::NotANumber),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ENGLISH: Separators = Separators { decimal: '.' };
    const GERMAN: Separators = Separators { decimal: ',' };

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let table = [
            ("", ENGLISH, json!(null)),
            (" 12 ", ENGLISH, json!(12)),
            ("-0.5", ENGLISH, json!(-0.5)),
            ("\u{2212}3", ENGLISH, json!(-3)),
            ("+3", ENGLISH, json!(3)),
            (".5", ENGLISH, json!(0.5)),
            ("5.", ENGLISH, json!(5)),
            ("1.250", ENGLISH, json!(1.25)),
            ("1.250", GERMAN, json!("1250 or 1.250")),
            ("1,250", GERMAN, json!(1.25)),
            ("1,5", ENGLISH, json!(1.5)),
            ("1.5", GERMAN, json!(1.5)),
            ("0,125", ENGLISH, json!(0.125)),
            ("1,234", ENGLISH, json!("1234 or 1.234")),
            ("1,234,567", ENGLISH, json!(1_234_567)),
            ("1,234.5", GERMAN, json!(1234.5)),
            ("1.234,5", ENGLISH, json!(1234.5)),
            ("12,34,567", ENGLISH, json!(1_234_567)),
            ("1\u{202f}234,5", GERMAN, json!(1234.5)),
            ("1'234", ENGLISH, json!(1234)),
            ("\u{661}\u{662}\u{66b}\u{665}", ENGLISH, json!(12.5)),
            ("007", ENGLISH, json!(7)),
            ("9007199254740991", ENGLISH, json!(9_007_199_254_740_991_i64)),
            ("9007199254740993", ENGLISH, json!("9007199254740993")),
            ("99999999999999999999,5", GERMAN, json!("99999999999999999999.5")),
            ("0.1234567890123456", ENGLISH, json!(0.1234567890123456)),
        ];
        for (typed, separators, expected) in table {
            let found = match read(typed, separators) {
                Err(Unread::Ambiguous(whole, decimal)) => json!(format!("{whole} or {decimal}")),
                other => other.unwrap_or_else(|why| panic!("{typed}: {why:?}")),
            };
            assert_eq!(found, expected, "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_and_never_guessed() {
        for typed in [
            "inf",
            "Infinity",
            "NaN",
            "nan",
            "1e999",
            "1e5",
            "0x10",
            "--1",
            "1-",
            "1,2,3",
            "1,23,4",
            "1.2.3",
            "1 2",
            "12 34",
            "1,234,56",
            "1.234,567,890",
            ".",
            ",",
            "-",
            "1 h",
            "½",
            "1_000",
        ] {
            assert_eq!(read(typed, ENGLISH), Err(Unread::NotANumber), "{typed}");
        }
        let long = "1234567890123456789012345678901234567";
        assert_eq!(read(long, ENGLISH), Err(Unread::TooExact));
    }

    #[test]
    fn who_is_asked_is_told_both_readings() {
        let why = read("1,234", ENGLISH).unwrap_err();
        let said = why.said("1,234", ENGLISH);
        assert!(said.contains("1234") && said.contains("1.2340"), "{said}");
    }

    #[test]
    fn what_could_not_be_read_is_shown_as_typed_and_is_no_number() {
        for text in ["1.250", "1e5", "12 34", " 1,2,3", "0x10"] {
            let kept = typed(text, GERMAN);
            assert_eq!(shown(&kept, GERMAN), text);
            assert_eq!(Decimal::of(&kept), None, "{text}");
        }
        for text in ["9007199254740993,5", "12,5", "-3"] {
            assert_eq!(shown(&typed(text, GERMAN), GERMAN), text);
        }
    }
}
