//! Decimal numbers from their text, as integers of a power of ten: money never passes through a float.

/// The number times 10 to the power of `digits`, rounded to the nearest integer, halves up. `None` for what is no number of
/// JSON, is negative, or does not fit.
pub fn scaled(text: &str, digits: i32) -> Option<i64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        return None;
    }
    // How many of all the digits stand before the point of the result.
    let kept = i64::try_from(whole.len()).ok()? + i64::from(exponent) + i64::from(digits);
    let mut value: i64 = 0;
    let mut all = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
    for place in 0..kept.max(0) {
        let digit = match all.next() {
            Some(digit) => digit,
            // Only zeros follow; nought stays nought however many there are.
            None if value == 0 => break,
            None => 0,
        };
        if place > 0 || digit > 0 {
            value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
        }
    }
    let half = kept >= 0 && all.next().is_some_and(|digit| digit >= 5);
    value.checked_add(i64::from(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_integers_exactly() {
        let cases = [
            ("0.00035595", 12, Some(355_950_000)),
            ("2.4e-06", 12, Some(2_400_000)),
            ("2.4E-6", 12, Some(2_400_000)),
            ("3", 6, Some(3_000_000)),
            ("3.0", 6, Some(3_000_000)),
            ("0.0036", 6, Some(3_600)),
            ("0.435", 6, Some(435_000)),
            ("0", 12, Some(0)),
            ("0e999999999", 12, Some(0)),
            ("1e-30", 12, Some(0)),
            ("1e-999999999", 12, Some(0)),
            ("0.0000000000005", 12, Some(1)),
            ("0.0000000000004999", 12, Some(0)),
            ("1.2345678901234567", 12, Some(1_234_567_890_123)),
            ("133050000", 2, Some(13_305_000_000)),
            ("9223372", 12, Some(9_223_372_000_000_000_000)),
            ("9223373", 12, None),
            ("1e999999999", 12, None),
            ("1e99999999999", 12, None),
            ("-0.5", 12, None),
            ("", 12, None),
            (".5", 12, None),
            ("1.2.3", 12, None),
            ("null", 12, None),
            ("\"1\"", 12, None),
        ];
        for (text, digits, expected) in cases {
            assert_eq!(scaled(text, digits), expected, "{text}");
        }
    }
}
