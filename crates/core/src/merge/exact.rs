//! JSON numbers as what they say, digit by digit: `0.1 + 0.2` is `0.3`, and 9007199254740993 is not 9007199254740992.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// More digits than this are not added up. Enough for any two numbers that stand 30 places apart.
const MOST_DIGITS: u32 = 36;

/// Up to here a double keeps every whole number.
const MOST: f64 = 9_007_199_254_740_992.0;

/// The powers of ten that a double keeps.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// `mantissa` divided by ten to the power of `scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };

    /// The number as its shortest text says it; `None` if it has more digits than a double keeps of any decimal.
    ///
    /// Found by division, which is exact for such numbers. Printing and parsing would say the same for 20 KB of code.
    pub fn of(number: &Number) -> Option<Self> {
        let whole = |mantissa| Self { mantissa, scale: 0 };
        if let Some(number) = number.as_i64() {
            return Some(whole(number.into()));
        }
        if let Some(number) = number.as_u64() {
            return Some(whole(number.into()));
        }
        let value = number.as_f64()?;
        (0_u32..).zip(POWERS).find_map(|(scale, power)| {
            let mantissa = (value * power).round();
            let exact = mantissa.abs() <= MOST && mantissa / power == value;
            exact.then_some(Self {
                mantissa: mantissa as i128,
                scale,
            })
        })
    }

    fn scaled_by(self, digits: u32) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(10_i128.checked_pow(digits)?)?;
        Some(Self { mantissa, ..self })
    }

    /// Both mantissas at one scale, and that scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let mine = self.scaled_by(scale - self.scale)?.mantissa;
        let theirs = other.scaled_by(scale - other.scale)?.mantissa;
        Some((mine, theirs, scale))
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        let (mine, theirs, scale) = self.aligned(other)?;
        Some(Self {
            mantissa: mine.checked_add(theirs)?,
            scale,
        })
    }

    pub fn times(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        let scale = self.scale + other.scale;
        (scale <= MOST_DIGITS).then_some(Self { mantissa, scale })
    }

    /// Digits behind the decimal point.
    pub fn decimals(self) -> u32 {
        let Self {
            mut mantissa,
            mut scale,
        } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        scale
    }

    pub fn minus(self, other: Self) -> Option<Self> {
        let mantissa = other.mantissa.checked_neg()?;
        self.plus(Self { mantissa, ..other })
    }

    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// As a JSON number, whole where it is whole; `None` if no JSON number that every program reads says exactly this.
    pub fn to_value(self) -> Option<Value> {
        let scale = self.decimals();
        let mantissa = self.mantissa / 10_i128.checked_pow(self.scale - scale)?;
        if scale == 0 {
            return i64::try_from(mantissa).map(Value::from).ok();
        }
        let mantissa = mantissa as f64;
        let power = POWERS.get(scale as usize).filter(|_| mantissa.abs() <= MOST)?;
        Number::from_f64(mantissa / power).map(Value::Number)
    }
}

fn compare(number: &Number, other: &Decimal) -> Option<Ordering> {
    let (mine, theirs, _) = Decimal::of(number)?.aligned(*other)?;
    Some(mine.cmp(&theirs))
}

/// A number in its plainest form: equal numbers are written alike.
pub fn plain(number: &Number) -> Value {
    let plain = Decimal::of(number).and_then(Decimal::to_value);
    plain.unwrap_or_else(|| Value::Number(number.clone()))
}

/// Orders numbers by what they say.
pub fn order(a: &Number, b: &Number) -> Ordering {
    // Rounding keeps the order: only what rounds to the same has to be looked at closely.
    match a.as_f64().partial_cmp(&b.as_f64()) {
        Some(differing @ (Ordering::Less | Ordering::Greater)) => differing,
        _ => Decimal::of(b)
            .and_then(|b| compare(a, &b))
            .unwrap_or(Ordering::Equal),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(value: &Value) -> Number {
        value.as_number().unwrap().clone()
    }

    #[test]
    fn numbers_are_compared_by_every_digit() {
        use Ordering::{Equal, Greater, Less};
        let table = [
            (json!(1), json!(1.0), Equal),
            (json!(-0.0), json!(0), Equal),
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992_i64),
                Greater,
            ),
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992.0),
                Greater,
            ),
            (json!(u64::MAX), json!(u64::MAX - 1), Greater),
            (json!(u64::MAX), json!(i64::MIN), Greater),
            (json!(0.1), json!(0.100_000_000_000_000_02), Less),
            (json!(1e300), json!(1e301), Less),
            (json!(1e300), json!(i64::MAX), Greater),
            (json!(5e-324), json!(0), Greater),
        ];
        for (a, b, expected) in table {
            assert_eq!(order(&number(&a), &number(&b)), expected, "{a} {b}");
            assert_eq!(order(&number(&b), &number(&a)), expected.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn sums_are_exact_or_refused() {
        let sum = |a: Value, b: Value| {
            let sum = Decimal::of(&number(&a)).zip(Decimal::of(&number(&b)));
            sum.and_then(|(a, b)| a.plus(b)).and_then(Decimal::to_value)
        };
        let table = [
            (json!(0.1), json!(0.2), Some(json!(0.3))),
            (json!(0.5), json!(0.5), Some(json!(1))),
            (json!(i64::MAX), json!(1), None),
            (json!(u64::MAX), json!(1), None),
            (
                json!(9_007_199_254_740_992_i64),
                json!(1),
                Some(json!(9_007_199_254_740_993_i64)),
            ),
            (json!(9_007_199_254_740_993_i64), json!(0.5), None),
            (json!(1e300), json!(1), None),
            (json!(1e-20), json!(1), None),
            (json!(0.00001), json!(0.00002), Some(json!(0.00003))),
        ];
        for (a, b, expected) in table {
            assert_eq!(sum(a.clone(), b.clone()), expected, "{a} + {b}");
        }
    }
}
