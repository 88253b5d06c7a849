//! Numbers as what they say, digit by digit: `0.1 + 0.2` is `0.3`, and 9007199254740993 is not 9007199254740992.
//!
//! A number that JavaScript keeps is a JSON number. One with more digits is their text, `"9007199254740993"`: so it
//! passes through JavaScript, and every other reader of JSON, unchanged. [`canonical`](crate::pack::canonical) brings each
//! value into this form.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde_json::{Number, Value};

/// Significant digits, and places around the decimal point, that are kept. Enough for any two numbers that stand 30
/// places apart.
pub const MAX_DIGITS: u32 = 36;

/// JavaScript keeps each whole number up to here.
const MAX_SAFE_INTEGER: i128 = 9_007_199_254_740_991;

/// Decimals with so many significant digits are what a double says of them.
const SAFE_DIGITS: i128 = 1_000_000_000_000_000;

/// Powers of ten that a double keeps.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// `mantissa` divided by ten to the power of `scale`, with no zero at its end behind the decimal point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// The text is no number as JSON writes it, or has more than [`MAX_DIGITS`] digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("is not a number")]
    NotANumber,
    #[error("has more digits than can be kept")]
    TooLong,
}

impl Decimal {
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };

    /// The number that a value is, or that its text says; `None` for other values and for numbers beyond [`MAX_DIGITS`].
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::of_number(number),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// As [`of`](Self::of); nothing (`Null`) is zero.
    pub fn or_zero(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::ZERO),
            value => Self::of(value),
        }
    }

    fn of_number(number: &Number) -> Option<Self> {
        if let Some(whole) = number.as_i64() {
            return Some(whole.into());
        }
        number.to_string().parse().ok()
    }

    /// `None` beyond [`MAX_DIGITS`].
    fn new(mantissa: i128, scale: u32) -> Option<Self> {
        let mut new = Self { mantissa, scale };
        while new.scale > 0 && new.mantissa % 10 == 0 {
            new.mantissa /= 10;
            new.scale -= 1;
        }
        let fits = new.mantissa.unsigned_abs() < 10_u128.pow(MAX_DIGITS) && new.scale <= MAX_DIGITS;
        fits.then_some(new)
    }

    /// Both mantissas at one scale, and that scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let at = |number: Self| {
            let power = 10_i128.checked_pow(scale - number.scale)?;
            number.mantissa.checked_mul(power)
        };
        Some((at(self)?, at(other)?, scale))
    }

    /// The exact sum; `None` beyond [`MAX_DIGITS`].
    pub fn plus(self, other: Self) -> Option<Self> {
        let (mine, theirs, scale) = self.aligned(other)?;
        Self::new(mine.checked_add(theirs)?, scale)
    }

    /// The exact difference; `None` beyond [`MAX_DIGITS`].
    pub fn minus(self, other: Self) -> Option<Self> {
        let mantissa = other.mantissa.checked_neg()?;
        self.plus(Self { mantissa, ..other })
    }

    /// The exact product; `None` beyond [`MAX_DIGITS`].
    pub fn times(self, other: Self) -> Option<Self> {
        Self::new(
            self.mantissa.checked_mul(other.mantissa)?,
            self.scale + other.scale,
        )
    }

    /// To so many digits behind the decimal point; halves away from zero.
    #[must_use]
    pub fn rounded(self, places: u32) -> Self {
        let Some(surplus) = self.scale.checked_sub(places).filter(|surplus| *surplus > 0) else {
            return self;
        };
        let power = 10_i128.pow(surplus);
        let half = self.mantissa.signum() * (power / 2);
        Self::new((self.mantissa + half) / power, places).unwrap_or(self)
    }

    /// Digits behind the decimal point.
    pub fn decimals(self) -> u32 {
        self.scale
    }

    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// Whether it is beyond the whole numbers that JavaScript keeps.
    pub fn is_unsafe(self) -> bool {
        (self.mantissa / 10_i128.pow(self.scale)).abs() > MAX_SAFE_INTEGER
    }

    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The nearest double, for what need not be exact.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or_default()
    }

    /// The one value that stands for the number: a JSON number that JavaScript keeps, or else its digits.
    pub fn to_value(self) -> Value {
        if self.scale == 0 && self.mantissa.abs() <= MAX_SAFE_INTEGER {
            return Value::from(self.mantissa as i64);
        }
        let power = POWERS.get(self.scale as usize).filter(|_| self.scale > 0);
        let short = power.filter(|_| self.mantissa.abs() < SAFE_DIGITS);
        if let Some(number) = short.and_then(|power| Number::from_f64(self.mantissa as f64 / power)) {
            return Value::Number(number);
        }
        let text = self.to_string();
        let number = (self.scale > 0)
            .then(|| Number::from_f64(text.parse().ok()?))
            .flatten();
        match number.filter(|number| Self::of_number(number) == Some(self)) {
            Some(number) => Value::Number(number),
            None => Value::String(text),
        }
    }
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        let mantissa = whole.into();
        Self { mantissa, scale: 0 }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let scale = self.scale as usize;
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        match fraction {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads a number as JSON writes it.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, read_exponent(exponent)?),
            None => (text, 0),
        };
        let unsigned = number.strip_prefix('-').unwrap_or(number);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotANumber),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let leads_with_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || leads_with_zero || !digits(whole) || !digits(fraction) {
            return Err(DecimalError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let significant = format!("{whole}{fraction}");
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Ok(Self::ZERO);
        }
        let scale = fraction.len() as i64 - exponent;
        let places = i64::from(MAX_DIGITS);
        if significant.len() > MAX_DIGITS as usize || !(-places..=2 * places).contains(&scale) {
            return Err(DecimalError::TooLong);
        }
        let mantissa: i128 = significant.parse().map_err(|_| DecimalError::TooLong)?;
        let mantissa = if number.starts_with('-') {
            -mantissa
        } else {
            mantissa
        };
        // A positive exponent may leave more zeros than places.
        let shifted = match u32::try_from(scale) {
            Ok(scale) => Some((mantissa, scale)),
            Err(_) => 10_i128
                .checked_pow(scale.unsigned_abs() as u32)
                .and_then(|power| mantissa.checked_mul(power))
                .map(|mantissa| (mantissa, 0)),
        };
        shifted
            .and_then(|(mantissa, scale)| Self::new(mantissa, scale))
            .ok_or(DecimalError::TooLong)
    }
}

/// Far exponents are all alike: beyond what is kept.
fn read_exponent(text: &str) -> Result<i64, DecimalError> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    let size = unsigned.trim_start_matches('0');
    let size = if size.len() > 6 { "1000000" } else { size };
    let size: i64 = size.parse().unwrap_or_default();
    Ok(if text.starts_with('-') { -size } else { size })
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((mine, theirs, _)) => mine.cmp(&theirs),
            // So far apart that one of them is not to be scaled: their doubles differ.
            None => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

/// The double nearest to a number or to the text of one; `None` if it is neither.
pub fn near(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        value => Decimal::of(value).map(Decimal::to_f64),
    }
}

/// Orders two numbers, JSON numbers or texts of numbers, by every digit; `None` if one of them is no number.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    // Rounding keeps the order: only what rounds to the same has to be looked at closely.
    match near(a)?.partial_cmp(&near(b)?)? {
        Ordering::Equal => Some(
            Decimal::of(a)
                .zip(Decimal::of(b))
                .map_or(Ordering::Equal, |(a, b)| a.cmp(&b)),
        ),
        differing => Some(differing),
    }
}

/// Whether a JSON reader that keeps numbers as integers of 64 bits or doubles keeps this one as it is written.
pub fn survives_json(text: &str) -> bool {
    const SHORT: usize = 15;
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if text.len() <= SHORT && text.bytes().all(plain) {
        return true;
    }
    match (text.parse::<Decimal>(), serde_json::from_str::<Number>(text)) {
        (Ok(written), Ok(read)) => Decimal::of_number(&read) == Some(written),
        // Not a number at all: its reader says so.
        (Err(DecimalError::NotANumber), _) => true,
        // Too far from one to be kept. A double that says the same is judged where it is used.
        (Err(DecimalError::TooLong), Ok(read)) => scientific(text) == scientific(&read.to_string()),
        (_, Err(_)) => false,
    }
}

/// The significant digits of a number, and the power of ten of the first of them.
fn scientific(number: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = digits.trim_start_matches('0');
    let first = whole.trim_start_matches('-').len() + significant.len();
    let power = first as i64 - digits.len() as i64 + read_exponent(exponent).unwrap_or_default();
    let significant = significant.trim_end_matches('0').to_owned();
    (number.starts_with('-'), significant, power)
}

#[cfg(test)]
mod tests;
