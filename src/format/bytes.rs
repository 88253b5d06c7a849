//! Amounts of storage.

use super::number::decimal;

/// `38 MB`; decimal units, as browsers and phones count.
pub fn bytes(count: f64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let mut amount = count.max(0.0);
    let mut unit = 0;
    while amount >= 1000.0 && unit + 1 < units.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let places = usize::from(unit > 0 && amount < 10.0);
    format!("{} {}", decimal(amount, places), units[unit])
}

/// `5,484`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let table = [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1_000.0, "1.0 KB"),
            (12_345.0, "12 KB"),
            (38_200_000.0, "38 MB"),
            (2_100_000_000.0, "2.1 GB"),
        ];
        for (count, said) in table {
            assert_eq!(bytes(count), said);
        }
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(100), "100");
        assert_eq!(grouped(5_484), "5,484");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
