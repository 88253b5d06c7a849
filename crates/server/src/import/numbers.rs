//! Numbers in cells, kept exactly or refused.

use serde::Deserialize;
use serde_json::Value;

/// The sign before a number's fraction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Decimal {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

/// Digits that a double keeps, whatever they are.
const KEPT_DIGITS: usize = 15;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NumberFault {
    #[error("not a number")]
    NoNumber,
    #[error("which has more digits than can be kept")]
    TooLong,
}

/// A number of digits, a sign and a fraction; no grouping, which nobody can tell from a fraction.
pub(super) fn read(cell: &str, decimal: Decimal) -> Result<Value, NumberFault> {
    let cell = cell.trim();
    let text = match decimal {
        Decimal::Point => cell.to_owned(),
        Decimal::Comma if cell.contains('.') => return Err(NumberFault::NoNumber),
        Decimal::Comma => cell.replace(',', "."),
    };
    let has_form = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !has_form {
        return Err(NumberFault::NoNumber);
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Ok(whole.into());
    }
    let number = text.parse::<f64>().map_err(|_| NumberFault::NoNumber)?;
    if !number.is_finite() || significant(&text) > KEPT_DIGITS {
        return Err(NumberFault::TooLong);
    }
    Ok(number.into())
}

/// How many digits matter.
fn significant(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    match mantissa.contains('.') {
        true => digits.trim_end_matches('0').len(),
        false => digits.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_exact_or_none() {
        let table = [
            (" 183.05 ", Decimal::Point, Ok(json!(183.05))),
            ("-7", Decimal::Point, Ok(json!(-7))),
            ("+7.50", Decimal::Point, Ok(json!(7.5))),
            ("1e3", Decimal::Point, Ok(json!(1_000.0))),
            (
                "9007199254740993",
                Decimal::Point,
                Ok(json!(9_007_199_254_740_993_i64)),
            ),
            ("18446744073709551615", Decimal::Point, Ok(json!(u64::MAX))),
            ("18446744073709551616", Decimal::Point, Err(NumberFault::TooLong)),
            ("0.1234567890123456789", Decimal::Point, Err(NumberFault::TooLong)),
            ("0.10000000000000000000", Decimal::Point, Ok(json!(0.1))),
            ("1e999", Decimal::Point, Err(NumberFault::TooLong)),
            ("1,234", Decimal::Point, Err(NumberFault::NoNumber)),
            ("1,5", Decimal::Comma, Ok(json!(1.5))),
            ("1.234,50", Decimal::Comma, Err(NumberFault::NoNumber)),
            ("1.5", Decimal::Comma, Err(NumberFault::NoNumber)),
            ("1,2,3", Decimal::Comma, Err(NumberFault::NoNumber)),
        ];
        for (cell, decimal, expected) in table {
            assert_eq!(read(cell, decimal), expected, "{cell}");
        }
        for cell in [
            "", " ", "inf", "NaN", "-", "e", ".", "1 234", "0x10", "PM01", "１２",
        ] {
            assert_eq!(read(cell, Decimal::Point), Err(NumberFault::NoNumber), "{cell}");
        }
    }
}
