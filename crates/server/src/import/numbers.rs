//! Numbers in cells, kept exactly or refused.

use holdfast_core::decimal::{self, DecimalError};
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
    // Tables also write `+7`, `007`, `.5` and `5.`, which JSON does not.
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = unsigned.split_at(unsigned.find(['e', 'E']).unwrap_or(unsigned.len()));
    let has_digit = mantissa.bytes().any(|byte| byte.is_ascii_digit());
    if !has_digit || mantissa.starts_with('-') {
        return Err(NumberFault::NoNumber);
    }
    let mantissa = mantissa.strip_suffix('.').unwrap_or(mantissa);
    let mantissa = match mantissa.trim_start_matches('0') {
        digits if digits.is_empty() || digits.starts_with('.') => format!("0{digits}"),
        digits => digits.to_owned(),
    };
    match format!("{sign}{mantissa}{exponent}").parse::<decimal::Decimal>() {
        Ok(number) => Ok(number.to_value()),
        Err(DecimalError::NotANumber) => Err(NumberFault::NoNumber),
        Err(DecimalError::TooLong) => Err(NumberFault::TooLong),
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
            ("1e3", Decimal::Point, Ok(json!(1_000))),
            ("9007199254740993", Decimal::Point, Ok(json!("9007199254740993"))),
            (
                "18446744073709551615",
                Decimal::Point,
                Ok(json!("18446744073709551615")),
            ),
            (
                "0.1234567890123456789",
                Decimal::Point,
                Ok(json!("0.1234567890123456789")),
            ),
            ("007", Decimal::Point, Ok(json!(7))),
            ("-.5", Decimal::Point, Ok(json!(-0.5))),
            ("5.", Decimal::Point, Ok(json!(5))),
            (
                "1234567890123456789012345678901234567",
                Decimal::Point,
                Err(NumberFault::TooLong),
            ),
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
            "", " ", "inf", "NaN", "-", "+-1", "e", "e5", ".", "5.e", "1 234", "0x10", "PM01", "１２",
        ] {
            assert_eq!(read(cell, Decimal::Point), Err(NumberFault::NoNumber), "{cell}");
        }
    }
}
