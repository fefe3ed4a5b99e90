//! What the next prompt would cost at an endpoint, by which `cheapest` compares them.

use crate::agent::cost;
use crate::agent::route::{Endpoint, Moment, USUAL_ANSWER, cached};
use crate::protocol::money::{Currency, Money, Rates};
use crate::protocol::usage::{CacheLife, Usage};

/// The prompt and a usual answer; `None` where no price is known.
pub(crate) fn next_cost(endpoint: &Endpoint, moment: &Moment<'_>) -> Option<Money> {
    let cached = cached(endpoint, moment);
    // What is not read from the cache is written to it, at the price of the life that is asked for where there is one.
    let written = moment.prompt.saturating_sub(cached);
    let price = endpoint.card.price.as_ref();
    let (input, cache_write, cache_write_long) = match endpoint.life {
        // Nothing is charged for writing it: it costs as what it is.
        _ if price.is_some_and(|price| price.cache_write == Some(0)) => (written, 0, 0),
        CacheLife::Short => (0, written, 0),
        CacheLife::Long => (0, 0, written),
    };
    let usage = Usage {
        input,
        cache_read: cached,
        cache_write,
        cache_write_long,
        output: USUAL_ANSWER,
        ..Usage::default()
    };
    match &endpoint.card.price {
        // Nothing is charged by it.
        _ if endpoint.card.subscription => Some(Money::usd(0)),
        Some(price) => Some(cost::of(&usage, price)),
        None => endpoint.card.local.then(|| Money::usd(0)),
    }
}

/// What a cost is compared in: dollars where they are known, else its own currency. `None`: nothing is less than nothing, in any.
pub(crate) fn scale(cost: Money, rates: &Rates) -> Option<Currency> {
    let scale = rates.in_usd(cost).map_or(cost.currency, |_| Currency::USD);
    (cost.parts != 0).then_some(scale)
}

/// Whether one cost can be said to be more or less than another.
pub(crate) fn are_alike(one: Money, other: Money, rates: &Rates) -> bool {
    match (scale(one, rates), scale(other, rates)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::agent::route::given::NO_RATES;
    use crate::agent::route::health::Health;
    use crate::protocol::money::Currency;
    use crate::protocol::query::ModelCard;
    use crate::protocol::route::Abilities;
    use crate::protocol::time::Time;
    use crate::protocol::usage::Price;

    #[test]
    fn what_is_written_to_the_cache_has_the_price_of_its_life() {
        let price = |write, long| Price {
            currency: Currency::USD,
            input: 100,
            output: 0,
            cache_read: None,
            cache_write: write,
            cache_write_long: long,
            web_search: None,
            tiers: Vec::new(),
        };
        let cases = [
            (CacheLife::Short, Some(125), Some(200), 125_000),
            (CacheLife::Long, Some(125), Some(200), 200_000),
            (CacheLife::Long, Some(125), None, 125_000),
            (CacheLife::Short, None, None, 100_000),
            // A list that says 0 of writing says nothing of the tokens.
            (CacheLife::Short, Some(0), None, 100_000),
        ];
        for (life, write, long, expected) in cases {
            let endpoint = Endpoint {
                card: ModelCard {
                    model: "a/m".parse().unwrap(),
                    context: None,
                    max_output: None,
                    price: Some(price(write, long)),
                    price_date: None,
                    local: false,
                    subscription: false,
                    accepted: false,
                    lacks: None,
                },
                abilities: Abilities::default(),
                health: Health::default(),
                life,
            };
            let moment = Moment {
                now: Time(0),
                prompt: 1000,
                images: false,
                served: None,
                refused: &[],
                waited: false,
                rates: &NO_RATES,
            };
            let cost = next_cost(&endpoint, &moment);
            assert_eq!(cost, Some(Money::usd(expected)), "{life:?} {long:?}");
        }
    }
}
