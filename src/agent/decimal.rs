//! Decimal numbers from their text, as integers of a power of ten: money never passes through a float.

use crate::protocol::money::{Money, UNIT};

/// Why a number cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalFault {
    NotANumber,
    Negative,
    /// More digits after the point than there is room for.
    TooFine,
    TooLarge,
}

/// A budget as a person writes it, `2.50` or `$2.50`: at most a million dollars. Nothing is rounded.
pub fn dollars(text: &str) -> Result<Money, String> {
    let text = text.strip_prefix('$').unwrap_or(text);
    exact(text, 12, 1_000_000 * UNIT)
        .map(Money::usd)
        .map_err(|fault| match fault {
            DecimalFault::NotANumber => "expected dollars, as 0.50".to_owned(),
            DecimalFault::Negative => "must not be negative".to_owned(),
            DecimalFault::TooFine => "has more than 12 digits after the point".to_owned(),
            DecimalFault::TooLarge => "at most 1000000 dollars".to_owned(),
        })
}

/// What a person wrote: `text` times ten to the power of `digits`, at most `most`. Nothing is rounded: what does not fit is
/// an error. The text may have a sign, an exponent and underscores.
pub fn exact(text: &str, digits: u32, most: i64) -> Result<i64, DecimalFault> {
    let text = text.replace('_', "");
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let Digits {
        whole,
        fraction,
        exponent,
    } = Digits::of(text).ok_or(DecimalFault::NotANumber)?;
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

/// What a server or a table gave: the number times ten to the power of `digits`, rounded to the nearest integer, halves up.
/// `None` for what is no number of JSON, is negative, or does not fit.
pub fn rounded(text: &str, digits: u32) -> Option<i64> {
    let Digits {
        whole,
        fraction,
        exponent,
    } = Digits::of(text)?;
    // How many of all the digits stand before the point of the result.
    let kept = i64::try_from(whole.len())
        .ok()?
        .saturating_add(exponent)
        .saturating_add(i64::from(digits));
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

/// A number without its sign, taken apart.
struct Digits<'a> {
    whole: &'a str,
    fraction: &'a str,
    /// Of ten. So large a one that it was cut is too large or too small whatever stands before it.
    exponent: i64,
}

impl<'a> Digits<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut all = whole.bytes().chain(fraction.bytes());
        (!whole.is_empty() && all.all(|byte| byte.is_ascii_digit())).then_some(Self {
            whole,
            fraction,
            exponent,
        })
    }
}

fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits
        .parse::<i64>()
        .unwrap_or(i64::MAX / 4)
        .min(i64::MAX / 4);
    Some(if text.starts_with('-') { -size } else { size })
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
            assert_eq!(exact(text, 6, 1_000_000_000_000), expected, "{text:.40}");
        }
    }

    #[test]
    fn a_decimal_is_rounded_to_the_nearest() {
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
            assert_eq!(rounded(text, digits), expected, "{text}");
        }
    }

    #[test]
    fn dollars_are_read_as_people_write_them() {
        let cases = [
            ("$0.10", Ok(100_000_000_000)),
            ("2", Ok(2_000_000_000_000)),
            ("-1", Err("must not be negative")),
            ("ten", Err("expected dollars, as 0.50")),
            (
                "0.0000000000001",
                Err("has more than 12 digits after the point"),
            ),
            ("1000001", Err("at most 1000000 dollars")),
        ];
        for (text, expected) in cases {
            let expected = expected.map(Money::usd).map_err(str::to_owned);
            assert_eq!(dollars(text), expected, "{text}");
        }
    }
}
