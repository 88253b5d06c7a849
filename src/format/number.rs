//! Numbers as text.

/// A number with so many decimal places. In whole numbers, because the library's way takes 20 KB of code; what is
/// beyond them (more than 10^15) is said as the largest that is not.
pub fn decimal(number: f64, places: usize) -> String {
    let scale = (0..places).fold(1_u64, |scale, _| scale * 10);
    let scaled = (number.abs() * scale as f64).round() as u64;
    let sign = if number < 0.0 && scaled > 0 { "-" } else { "" };
    match places {
        0 => format!("{sign}{scaled}"),
        _ => format!("{sign}{}.{:0places$}", scaled / scale, scaled % scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_rounded_and_filled() {
        let table = [
            (7.0, 0, "7"),
            (0.5, 2, "0.50"),
            (2.999, 2, "3.00"),
            (-1.055, 1, "-1.1"),
            (-0.01, 1, "0.0"),
            (51.05, 5, "51.05000"),
        ];
        for (number, places, said) in table {
            assert_eq!(decimal(number, places), said);
        }
    }
}
