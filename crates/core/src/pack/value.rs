//! When two values are the same, and how numbers are put together so that they come out the same everywhere.

use std::cmp::Ordering;

use serde_json::Value;

use crate::decimal::{self, Decimal, DecimalError, order};

/// JSON equality, but for what JSON writers are free in: numbers go by value (`1` is `1.0`, and a number that JavaScript
/// does not keep is its digits as text), and in an object `null` and absent are the same.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || order(a, b) == Some(Ordering::Equal),
        (Value::Number(_), Value::String(_)) => is_unsafe(a) && order(a, b) == Some(Ordering::Equal),
        (Value::String(_), Value::Number(_)) => equal(b, a),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            // Each pair of parts is compared once: twice at each level would be 2ⁿ times at the n-th.
            x.iter()
                .all(|(name, value)| equal(value, y.get(name).unwrap_or(&Value::Null)))
                && y.iter()
                    .all(|(name, value)| value.is_null() || x.contains_key(name))
        }
        _ => a == b,
    }
}

/// Whether JavaScript does not keep a whole number: then its text is the same value.
fn is_unsafe(value: &Value) -> bool {
    Decimal::of(value).is_some_and(Decimal::is_unsafe)
}

/// More decimals than this are of a fraction that has no end, like the hours of twenty minutes.
const DECIMALS: u32 = 10;

/// The sum of products, exact to its last digit; but to four decimals (cents, grams and seconds are plenty) where a part is
/// a fraction without an end. So sums of the same parts are the same value on every side. `Null` beyond what numbers can
/// tell.
pub fn sum<'a>(products: impl Iterator<Item = [&'a Value; 2]> + Clone) -> Value {
    // What is no number counts for nothing.
    let exact = |value: &Value| match value {
        Value::Number(_) => Decimal::of(value),
        Value::String(text) => match text.parse() {
            Err(DecimalError::NotANumber) => Some(Decimal::ZERO),
            read => read.ok(),
        },
        _ => Some(Decimal::ZERO),
    };
    let product = |[a, b]: [&Value; 2]| exact(a)?.times(exact(b)?);
    let total = products
        .clone()
        .try_fold(Decimal::ZERO, |total, pair| total.plus(product(pair)?));
    if let Some(total) = total {
        let rounded = if total.decimals() > DECIMALS {
            total.rounded(PLACES)
        } else {
            total
        };
        return rounded.to_value();
    }
    // Fractions with so many digits that their product has more than are kept.
    let near = |value: &Value| decimal::near(value).unwrap_or(0.0);
    let sum: f64 = products.map(|[a, b]| near(a) * near(b)).sum();
    if sum.abs() < LARGEST_ROUNDED {
        number(sum)
    } else {
        Value::Null
    }
}

/// Places of a sum that is rounded.
const PLACES: u32 = 4;

/// Up to here doubles tell four places apart.
const LARGEST_ROUNDED: f64 = 9e11;

/// A number to four decimals, whole where it is whole.
pub fn number(value: f64) -> Value {
    const EXACT: f64 = 9e15;
    let scaled = value * 10_000.0;
    let rounded = if scaled.abs() < EXACT {
        scaled.round() / 10_000.0
    } else {
        value
    };
    if rounded.fract() == 0.0 && rounded.abs() < EXACT {
        Value::from(rounded as i64)
    } else {
        Value::from(rounded)
    }
}
