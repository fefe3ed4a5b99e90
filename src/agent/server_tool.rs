//! What a provider's own tools cost, such as its search of the web: it bills them by use, beside the tokens.

use crate::agent::cost::{Tariff, in_dollars};
use crate::protocol::money::{Money, Rates};
use crate::protocol::usage::{Basis, Charge, Price};

/// Uses of tools that the provider ran by itself in one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    pub searches: u64,
    /// Of tools whose price no table has.
    pub others: u64,
}

/// What a use without a price counts as against budgets: $0.035, the dearest search in the table the prices are from.
const DEAREST_USE: i64 = 35_000_000_000;

/// A charge for tokens and what budgets count for it, with the uses added. What was reported holds them already, and a
/// subscription covers them. Where a price is missing the whole is not known.
pub fn add(
    uses: Uses,
    (charge, counted): (Charge, Money),
    tariff: &Tariff,
    rates: &Rates,
) -> (Charge, Money) {
    let price = match tariff {
        Tariff::Priced(price) => Some(price),
        Tariff::Unknown { .. } => None,
        Tariff::Local | Tariff::Included(_) | Tariff::Play(_) => return (charge, counted),
    };
    if uses == Uses::default() || charge.basis == Basis::Reported {
        return (charge, counted);
    }
    let more =
        |money: Money| Money::usd(counted.parts.saturating_add(in_dollars(money, rates).parts));
    if let (Some(sum), Some(money)) = (price.and_then(|price| cost(uses, price)), charge.money) {
        let parts = money.parts.saturating_add(sum.parts);
        let money = Some(Money { parts, ..money });
        return (Charge { money, ..charge }, more(sum));
    }
    let all = uses.searches.saturating_add(uses.others);
    (Charge::UNKNOWN, more(Money::usd(times(all, DEAREST_USE))))
}

/// The price of the uses, where each has one.
fn cost(uses: Uses, price: &Price) -> Option<Money> {
    let each = price.web_search.filter(|_| uses.others == 0)?;
    Some(Money {
        parts: times(uses.searches, each),
        currency: price.currency,
    })
}

fn times(count: u64, each: i64) -> i64 {
    i64::try_from(count)
        .unwrap_or(i64::MAX)
        .saturating_mul(each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::money::Currency;

    fn price(web_search: Option<i64>) -> Price {
        Price {
            currency: Currency::USD,
            input: 1,
            output: 1,
            cache_read: None,
            cache_write: None,
            cache_write_long: None,
            web_search,
            tiers: Vec::new(),
        }
    }

    #[test]
    fn uses_are_added_where_they_have_a_price_and_unknown_where_not() {
        let charge = |parts, basis| Charge {
            money: Some(Money::usd(parts)),
            basis,
        };
        let known = Tariff::Priced(price(Some(10_000_000_000)));
        let bare = Tariff::Priced(price(None));
        let unknown = Tariff::Unknown {
            stand_in: price(None),
        };
        let uses = |searches, others| Uses { searches, others };
        let listed = charge(5, Basis::Listed);
        let cases = [
            (uses(0, 0), listed, &bare, listed, 5),
            (
                uses(2, 0),
                listed,
                &known,
                charge(20_000_000_005, Basis::Listed),
                20_000_000_005,
            ),
            (uses(2, 0), listed, &bare, Charge::UNKNOWN, 70_000_000_005),
            (uses(1, 1), listed, &known, Charge::UNKNOWN, 70_000_000_005),
            (
                uses(1, 0),
                Charge::UNKNOWN,
                &unknown,
                Charge::UNKNOWN,
                35_000_000_005,
            ),
            (
                uses(2, 1),
                charge(5, Basis::Reported),
                &bare,
                charge(5, Basis::Reported),
                5,
            ),
            (
                uses(2, 1),
                charge(5, Basis::Included),
                &Tariff::Included(None),
                charge(5, Basis::Included),
                5,
            ),
            (uses(2, 1), Charge::LOCAL, &Tariff::Local, Charge::LOCAL, 5),
        ];
        for (uses, charge, tariff, expected, counted) in cases {
            let found = add(uses, (charge, Money::usd(5)), tariff, &Rates::default());
            assert_eq!(
                found,
                (expected, Money::usd(counted)),
                "{uses:?} {tariff:?}"
            );
        }
    }
}
