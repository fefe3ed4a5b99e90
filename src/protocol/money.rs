//! Money as integers of one millionth of a millionth (1e-12) of a named currency. A price per million tokens times a number
//! of tokens fits without rounding. Amounts of different currencies are never added; there is no float.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Parts of one currency unit: 1e12.
pub const UNIT: i64 = 1_000_000_000_000;

/// An ISO 4217 code, three upper-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// A text that is no currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no currency: expected three capital letters such as USD or CNY")]
pub struct NoCurrency(pub String);

impl Currency {
    pub const USD: Self = Self(*b"USD");
    pub const CNY: Self = Self(*b"CNY");

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// The sign a person reads before an amount, with the code itself where there is no common sign.
    pub fn sign(&self) -> &str {
        match &self.0 {
            b"USD" => "$",
            b"CNY" => "¥",
            b"EUR" => "€",
            b"GBP" => "£",
            _ => self.code(),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = NoCurrency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_bytes() {
            &[a, b, c] if text.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(Self([a, b, c])),
            _ => Err(NoCurrency(text)),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An amount of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// In parts of 1e-12 of the currency. Sums saturate at 9.2 million units.
    pub parts: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn usd(parts: i64) -> Self {
        Self {
            parts,
            currency: Currency::USD,
        }
    }

    /// For JSON fields that are numbers by contract; money is never computed with this.
    pub fn to_decimal(self) -> f64 {
        self.parts as f64 / UNIT as f64
    }
}

impl fmt::Display for Money {
    /// As short as it stays true: `$0`, `$0.0042`, `$0.42`, `$12.30`. Below one hundredth two significant digits are kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.parts < 0 { "-" } else { "" };
        let parts = self.parts.unsigned_abs();
        let unit = UNIT.unsigned_abs();
        write!(f, "{sign}{}", self.currency.sign())?;
        if parts == 0 || parts >= unit / 100 {
            let hundredths = (parts + unit / 200) / (unit / 100);
            return write!(f, "{}.{:02}", hundredths / 100, hundredths % 100);
        }
        let mut digits = 3;
        let mut step = unit / 1000;
        while step > 1 && parts < step * 10 {
            digits += 1;
            step /= 10;
        }
        let mut rounded = (parts + step / 2) / step;
        if rounded == 100 {
            // Rounding up has brought a third digit.
            rounded = 10;
            digits -= 1;
        }
        write!(f, "0.{rounded:0digits$}")
    }
}

/// What one unit of a currency is worth in dollars, and since when that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// In parts of a dollar.
    pub usd: i64,
    /// The day of the rate, as `2026-11-20`.
    pub date: String,
}

/// The rates a person has written down, by currency; never those of dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(pub BTreeMap<Currency, Rate>);

impl Rates {
    /// The amount in dollars, rounded up to a whole part; `None` without a rate. Dollars stay what they are.
    pub fn in_usd(&self, money: Money) -> Option<Money> {
        if money.currency == Currency::USD {
            return Some(money);
        }
        let rate = self.0.get(&money.currency)?;
        let product = i128::from(money.parts) * i128::from(rate.usd);
        let unit = i128::from(UNIT);
        let parts = product.div_euclid(unit) + i128::from(product.rem_euclid(unit) != 0);
        Some(Money::usd(i64::try_from(parts).unwrap_or(i64::MAX)))
    }

    /// All amounts as one sum of dollars; `None` where a rate is missing.
    pub fn total(&self, amounts: &Amounts) -> Option<Money> {
        let mut total = Amounts::default();
        for (&currency, &parts) in &amounts.0 {
            total.add(self.in_usd(Money { parts, currency })?);
        }
        Some(total.of(Currency::USD))
    }
}

/// Sums side by side, one a currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amounts(pub BTreeMap<Currency, i64>);

impl Amounts {
    pub fn add(&mut self, money: Money) {
        let sum = self.0.entry(money.currency).or_insert(0);
        *sum = sum.saturating_add(money.parts);
    }

    pub fn add_all(&mut self, other: &Self) {
        for (&currency, &parts) in &other.0 {
            self.add(Money { parts, currency });
        }
    }

    pub fn of(&self, currency: Currency) -> Money {
        Money {
            parts: self.0.get(&currency).copied().unwrap_or(0),
            currency,
        }
    }

    /// All but the dollars, for `cost_other`.
    pub fn without_usd(&self) -> impl Iterator<Item = Money> {
        self.0
            .iter()
            .filter(|(currency, _)| **currency != Currency::USD)
            .map(|(&currency, &parts)| Money { parts, currency })
    }
}

impl fmt::Display for Amounts {
    /// `$1.20 + ¥3.40`; dollars first, and `$0.00` when there is nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usd = self.of(Currency::USD);
        let mut first = true;
        if usd.parts != 0 || self.0.values().all(|parts| *parts == 0) {
            write!(f, "{usd}")?;
            first = false;
        }
        for money in self.without_usd().filter(|money| money.parts != 0) {
            if !first {
                write!(f, " + ")?;
            }
            write!(f, "{money}")?;
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_as_short_as_it_stays_true() {
        let cases = [
            (0, "$0.00"),
            (420_000_000_000, "$0.42"),
            (12_300_000_000_000, "$12.30"),
            (10_000_000_000, "$0.01"),
            (13_400_000_000, "$0.01"),
            (4_200_000_000, "$0.0042"),
            (999_900_000, "$0.0010"),
            (1_234, "$0.0000000012"),
            (1, "$0.000000000001"),
            (-420_000_000_000, "-$0.42"),
        ];
        for (parts, expected) in cases {
            assert_eq!(Money::usd(parts).to_string(), expected, "{parts}");
        }
    }

    #[test]
    fn a_rate_makes_one_sum_of_dollars_to_the_last_part() {
        let rate = |usd| Rate {
            usd,
            date: "2026-11-20".to_owned(),
        };
        let rates = Rates([(Currency::CNY, rate(139_000_000_000))].into());
        let yuan = |parts| Money {
            parts,
            currency: Currency::CNY,
        };
        let cases = [
            (Money::usd(5), Some(5)),
            (yuan(86_200_000_000_000), Some(11_981_800_000_000)),
            // A part that is left over is held against the budget as a whole one.
            (yuan(1), Some(1)),
            (yuan(0), Some(0)),
            (yuan(i64::MAX), Some(1_282_048_713_122_813_838)),
        ];
        for (money, expected) in cases {
            assert_eq!(rates.in_usd(money), expected.map(Money::usd), "{money:?}");
        }
        let mut amounts = Amounts::default();
        amounts.add(Money::usd(41_070_000_000_000));
        amounts.add(yuan(86_200_000_000_000));
        assert_eq!(rates.total(&amounts), Some(Money::usd(53_051_800_000_000)));
        assert_eq!(Rates::default().total(&amounts), None);
    }

    #[test]
    fn currencies_stand_side_by_side() {
        let mut amounts = Amounts::default();
        assert_eq!(amounts.to_string(), "$0.00");
        amounts.add(Money {
            parts: 3_400_000_000_000,
            currency: Currency::CNY,
        });
        assert_eq!(amounts.to_string(), "¥3.40");
        amounts.add(Money::usd(1_200_000_000_000));
        assert_eq!(amounts.to_string(), "$1.20 + ¥3.40");
    }
}
