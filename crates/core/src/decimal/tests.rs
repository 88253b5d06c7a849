use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn numbers_are_ordered_by_every_digit() {
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
        (json!("9007199254740993"), json!(9_007_199_254_740_993_i64), Equal),
        (json!("9007199254740993"), json!("9007199254740992"), Greater),
        (json!("0.1000000000000000000001"), json!(0.1), Greater),
        (
            json!("123456789012345678901234567890123456"),
            json!("0.000000000000000000000000000000000001"),
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
        assert_eq!(order(&a, &b), Some(expected), "{a} {b}");
        assert_eq!(order(&b, &a), Some(expected.reverse()), "{b} {a}");
    }
    assert_eq!(order(&json!("5 apples"), &json!(5)), None);
}

#[test]
fn sums_are_exact_or_refused() {
    let sum = |a: &Value, b: &Value| Decimal::of(a)?.plus(Decimal::of(b)?).map(Decimal::to_value);
    let table = [
        (json!(0.1), json!(0.2), Some(json!(0.3))),
        (json!(0.5), json!(0.5), Some(json!(1))),
        (json!(i64::MAX), json!(1), Some(json!("9223372036854775808"))),
        (json!(u64::MAX), json!(1), Some(json!("18446744073709551616"))),
        (
            json!(9_007_199_254_740_990_i64),
            json!(1),
            Some(json!(9_007_199_254_740_991_i64)),
        ),
        (
            json!(9_007_199_254_740_991_i64),
            json!(1),
            Some(json!("9007199254740992")),
        ),
        (
            json!("9007199254740993"),
            json!(0.5),
            Some(json!("9007199254740993.5")),
        ),
        (
            json!("9007199254740993"),
            json!(-2),
            Some(json!(9_007_199_254_740_991_i64)),
        ),
        (json!("999999999999999999999999999999999999"), json!(1), None),
        (json!(1e300), json!(1), None),
        (json!(0.00001), json!(0.00002), Some(json!(0.00003))),
    ];
    for (a, b, expected) in table {
        assert_eq!(sum(&a, &b), expected, "{a} + {b}");
    }
}

#[test]
fn texts_are_numbers_only_as_json_writes_them() {
    let table = [
        ("0", Some("0")),
        ("-0", Some("0")),
        ("12.50", Some("12.5")),
        ("1e3", Some("1000")),
        ("1.5E-3", Some("0.0015")),
        ("-1e+2", Some("-100")),
        ("0e999999999999999999999", Some("0")),
        ("0.30000000000000004", Some("0.30000000000000004")),
    ];
    for (text, shown) in table {
        assert_eq!(
            text.parse::<Decimal>().ok().map(|n| n.to_string()).as_deref(),
            shown,
            "{text}"
        );
    }
    for text in [
        "", "-", ".5", "5.", "01", "+1", "1e", "1e+", " 1", "1_0", "0x1", "inf", "NaN", "--1", "1.2.3", "١",
    ] {
        assert_eq!(text.parse::<Decimal>(), Err(DecimalError::NotANumber), "{text}");
    }
    for text in [
        "1e36",
        "1e-37",
        "1e999999999999999999999",
        "-1e400",
        "1234567890123456789012345678901234567",
    ] {
        assert_eq!(text.parse::<Decimal>(), Err(DecimalError::TooLong), "{text}");
    }
}

#[test]
fn what_json_readers_would_round_is_told_apart() {
    for text in [
        "0.1",
        "12",
        "1e5",
        "0.30000000000000004",
        "1e300",
        "5e-324",
        "9007199254740993",
        "18446744073709551615",
        "true",
    ] {
        assert!(survives_json(text), "{text}");
    }
    for text in [
        "18446744073709551616",
        "0.1000000000000000055",
        "9007199254740993.5",
        "1e400",
        "1e-400",
        "1.23456789012345e-320",
        "9007199254740993.0",
    ] {
        assert!(!survives_json(text), "{text}");
    }
}

#[test]
fn rounding_goes_to_the_nearest_and_halves_away_from_zero() {
    let table = [
        ("0.12345", 4, "0.1235"),
        ("-0.12345", 4, "-0.1235"),
        ("0.99999", 4, "1"),
        ("0.00004", 4, "0"),
        ("12.5", 4, "12.5"),
        ("9007199254740993.00005", 4, "9007199254740993.0001"),
        ("2.5", 0, "3"),
    ];
    for (number, places, rounded) in table {
        let number: Decimal = number.parse().unwrap();
        assert_eq!(number.rounded(places).to_string(), rounded, "{number}");
    }
}

proptest! {
    /// Whatever way a number goes, through JavaScript or not, it stays the same.
    #[test]
    fn a_number_has_one_value_and_comes_back_from_it(mantissa in any::<i128>(), digits in 0..36_u32, scale in 0..30_u32) {
        let mantissa = mantissa % 10_i128.pow(digits);
        let number = Decimal::new(mantissa, scale).unwrap();
        let value = number.to_value();
        prop_assert_eq!(Decimal::of(&value), Some(number));
        prop_assert_eq!(number.to_string().parse(), Ok(number));
        let written = value.to_string();
        prop_assert!(survives_json(&written));
        if let Value::Number(number) = &value {
            let through_javascript = json!(number.as_f64()).to_string();
            prop_assert_eq!(through_javascript.trim_end_matches(".0"), written);
        }
    }

    #[test]
    fn sums_and_differences_undo_each_other(a in any::<i64>(), b in any::<i64>(), scales in (0..16_u32, 0..16_u32)) {
        let (a, b) = (Decimal::new(a.into(), scales.0).unwrap(), Decimal::new(b.into(), scales.1).unwrap());
        let sum = a.plus(b).unwrap();
        prop_assert_eq!(sum, b.plus(a).unwrap());
        prop_assert_eq!(sum.minus(b), Some(a));
        prop_assert_eq!(sum.cmp(&a), b.cmp(&Decimal::ZERO));
    }

    /// Every text that a JSON reader takes for a number is one here, and no other.
    #[test]
    fn any_text_is_read_or_refused(text in "-?[0-9.]{0,20}([eE][-+]?[0-9]{0,4})?") {
        let is_number = text.parse::<Decimal>() != Err(DecimalError::NotANumber);
        let out_of_range = |why: serde_json::Error| why.to_string().contains("out of range");
        let is_json = serde_json::from_str::<Number>(&text).map_or_else(out_of_range, |_| true);
        prop_assert_eq!(is_number, is_json);
    }
}
