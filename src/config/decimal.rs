//! Decimal numbers as people write them, as integers of a power of ten. Nothing is rounded: what does not fit is an error.

/// Why a number cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalFault {
    NotANumber,
    Negative,
    /// More digits after the point than there is room for.
    TooFine,
    TooLarge,
}

/// `text` times ten to the power of `digits`, at most `most`. The text may have an exponent and underscores.
pub fn scaled(text: &str, digits: u32, most: i64) -> Result<i64, DecimalFault> {
    let text = text.replace('_', "");
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    if whole.is_empty() || !all().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalFault::NotANumber);
    }
    let significant = format!("{whole}{fraction}");
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        return Ok(0);
    }
    if negative {
        return Err(DecimalFault::Negative);
    }
    let zeros = i64::try_from(significant.len() - trimmed.len()).unwrap_or(i64::MAX);
    let fraction = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let shift = exponent
        .saturating_add(i64::from(digits))
        .saturating_sub(fraction)
        .saturating_add(zeros);
    if shift < 0 {
        return Err(DecimalFault::TooFine);
    }
    let value = trimmed
        .trim_start_matches('0')
        .parse::<i64>()
        .map_err(|_| DecimalFault::TooLarge)?;
    u32::try_from(shift)
        .ok()
        .and_then(|shift| 10_i64.checked_pow(shift))
        .and_then(|factor| value.checked_mul(factor))
        .filter(|&value| value <= most)
        .ok_or(DecimalFault::TooLarge)
}

fn power(text: &str) -> Result<i64, DecimalFault> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalFault::NotANumber);
    }
    // So large a power is too large or too fine whatever stands before it.
    let size = digits
        .parse::<i64>()
        .unwrap_or(i64::MAX / 4)
        .min(i64::MAX / 4);
    Ok(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_taken_exactly_or_not_at_all() {
        use DecimalFault::{Negative, NotANumber, TooFine, TooLarge};
        let long = "1".repeat(100_000);
        let cases = [
            ("3", Ok(3_000_000)),
            ("0.435", Ok(435_000)),
            ("0.1", Ok(100_000)),
            ("+1_000.5", Ok(1_000_500_000)),
            ("1e-6", Ok(1)),
            ("15E-1", Ok(1_500_000)),
            ("0.0000010", Ok(1)),
            ("-0.0", Ok(0)),
            ("0e999999999999999999999", Ok(0)),
            ("0.0000001", Err(TooFine)),
            ("1e-7", Err(TooFine)),
            ("1e-99999999999999999999", Err(TooFine)),
            ("-1", Err(Negative)),
            ("-inf", Err(NotANumber)),
            ("nan", Err(NotANumber)),
            ("inf", Err(NotANumber)),
            ("", Err(NotANumber)),
            (".5", Err(NotANumber)),
            ("1e", Err(NotANumber)),
            ("0x10", Err(NotANumber)),
            ("1000001", Err(TooLarge)),
            ("1e20", Err(TooLarge)),
            ("1e99999999999999999999", Err(TooLarge)),
            (&long, Err(TooLarge)),
        ];
        for (text, expected) in cases {
            assert_eq!(scaled(text, 6, 1_000_000_000_000), expected, "{text:.40}");
        }
    }
}
