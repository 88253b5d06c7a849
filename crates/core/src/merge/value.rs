//! When two values are the same, and how numbers are put together so that they come out the same everywhere.

use serde_json::Value;

/// JSON equality, but for what JSON writers are free in: numbers go by value (`1` is `1.0`), and in an object `null`
/// and absent are the same.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
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

/// A number to four decimals (cents, grams and seconds are plenty), whole where it is whole: sums of the same parts are
/// then the same value on every side.
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
