//! What a call costs: usage times price, in integers.

use crate::protocol::money::{Currency, Money, Rates};
use crate::protocol::reply::Reply;
use crate::protocol::usage::{Basis, Charge, Price, Usage};

/// A token is taken as four bytes where only bytes are known: for estimates that are shown as estimates.
pub const BYTES_PER_TOKEN: u64 = 4;

/// What stands behind a model's price.
#[derive(Debug, Clone, PartialEq)]
pub enum Tariff {
    Priced(Price),
    /// A server on this machine without a price.
    Local,
    /// Not known. Budgets count it as this, the dearest price known.
    Unknown {
        stand_in: Price,
    },
    /// Covered by a subscription, with the list price to show beside it; counted by no budget.
    Included(Option<Price>),
    /// The rehearsal: computed in play money, counted by no budget.
    Play(Price),
}

/// What a service tier costs that a provider says it answered in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServicePrice {
    /// The usual price, or one that goes by no table.
    Usual,
    Of(Price),
    /// Another than the usual one, and nobody says which.
    Unlisted,
}

impl Tariff {
    /// The tariff of a call that was answered in a service of this price; `dearest` stands in for one that is not known.
    #[must_use]
    pub fn served(&self, service: &ServicePrice, dearest: impl FnOnce() -> Price) -> Self {
        match (self, service) {
            (Self::Priced(_), ServicePrice::Of(price)) => Self::Priced(price.clone()),
            (Self::Priced(_), ServicePrice::Unlisted) => Self::Unknown {
                stand_in: dearest(),
            },
            (Self::Included(_), ServicePrice::Of(price)) => Self::Included(Some(price.clone())),
            (Self::Included(_), ServicePrice::Unlisted) => Self::Included(None),
            (tariff, _) => tariff.clone(),
        }
    }

    /// The price that money is really charged by.
    #[must_use]
    pub fn price(&self) -> Option<&Price> {
        match self {
            Self::Priced(price) => Some(price),
            Self::Local | Self::Unknown { .. } | Self::Included(_) | Self::Play(_) => None,
        }
    }

    /// The tariff of a call whose cache writes are all of the longer life: what its worst case is reckoned by.
    #[must_use]
    pub fn written_long(&self) -> Self {
        let mut tariff = self.clone();
        if let Self::Priced(price) | Self::Unknown { stand_in: price } | Self::Play(price) =
            &mut tariff
        {
            price.cache_write = price.cache_write_long.or(price.cache_write);
            for tier in &mut price.tiers {
                tier.cache_write = tier.cache_write_long.or(tier.cache_write);
            }
        }
        tariff
    }
}

/// The cost of a call by a price row, with the dearer row of a long prompt where there is one.
pub fn of(usage: &Usage, price: &Price) -> Money {
    let prompt = usage.prompt();
    let mut input = price.input;
    let mut output = price.output;
    let mut read = price.cache_read;
    let mut write = price.cache_write;
    let mut write_long = price.cache_write_long;
    for tier in price.tiers.iter().filter(|tier| prompt > tier.above) {
        input = tier.input.unwrap_or(input);
        output = tier.output.unwrap_or(output);
        read = tier.cache_read.or(read);
        write = tier.cache_write.or(write);
        write_long = tier.cache_write_long.or(write_long);
    }
    let read = read.unwrap_or(input);
    let write = write.unwrap_or(input);
    let write_long = write_long.unwrap_or(write);
    let parts = [
        (usage.input, input),
        (usage.cache_read, read),
        (usage.cache_write, write),
        (usage.cache_write_long, write_long),
        (usage.output, output),
    ]
    .into_iter()
    .fold(0_i64, |sum, (tokens, each)| {
        sum.saturating_add(
            i64::try_from(tokens)
                .unwrap_or(i64::MAX)
                .saturating_mul(each),
        )
    });
    Money {
        parts,
        currency: price.currency,
    }
}

/// The cost of several calls, each by the row of its own length.
fn of_all(usage: &[Usage], price: &Price) -> Money {
    let each = usage.iter().map(|usage| of(usage, price).parts);
    Money {
        parts: each.fold(0, i64::saturating_add),
        currency: price.currency,
    }
}

/// The most a call can cost whose prompt has at most `prompt` tokens and whose answer at most `output`.
pub fn worst(prompt: u64, output: u64, price: &Price) -> Money {
    let as_input = of(
        &Usage {
            input: prompt,
            output,
            ..Usage::default()
        },
        price,
    );
    let as_write = of(
        &Usage {
            cache_write: prompt,
            output,
            ..Usage::default()
        },
        price,
    );
    if as_write.parts > as_input.parts {
        as_write
    } else {
        as_input
    }
}

/// The charge for a call, and the dollars that budgets count for it. A cost the provider reported is taken as it is. `usage`: of
/// each call that the server made for it, since the length of each decides the row of its price.
pub fn charge(
    usage: &[Usage],
    reported: Option<Money>,
    tariff: &Tariff,
    estimated: bool,
    rates: &Rates,
) -> (Charge, Money) {
    let charge = match (reported, tariff) {
        (_, Tariff::Play(price)) => Charge {
            money: Some(of_all(usage, price)),
            basis: Basis::Play,
        },
        // Whatever is reported beside a subscription is a list price too.
        (reported, Tariff::Included(price)) => Charge {
            money: reported.or_else(|| price.as_ref().map(|price| of_all(usage, price))),
            basis: if estimated && reported.is_none() {
                Basis::IncludedEstimated
            } else {
                Basis::Included
            },
        },
        (Some(money), _) => Charge {
            money: Some(money),
            basis: Basis::Reported,
        },
        (None, Tariff::Priced(price)) => Charge {
            money: Some(of_all(usage, price)),
            basis: if estimated {
                Basis::Estimated
            } else {
                Basis::Listed
            },
        },
        (None, Tariff::Local) => Charge::LOCAL,
        (None, Tariff::Unknown { .. }) => Charge::UNKNOWN,
    };
    let counted = match (charge.basis, charge.money, tariff) {
        (Basis::Play | Basis::Included | Basis::IncludedEstimated, _, _) => Money::usd(0),
        (_, Some(money), _) => in_dollars(money, rates),
        (_, None, Tariff::Unknown { stand_in }) => in_dollars(of_all(usage, stand_in), rates),
        (_, None, _) => Money::usd(0),
    };
    (charge, counted)
}

/// Two charges of one answer as one, with what budgets count: known only where both are, and in one currency.
pub fn together(
    (one, counted): (Charge, Money),
    (other, more): (Charge, Money),
) -> (Charge, Money) {
    let counted = Money::usd(counted.parts.saturating_add(more.parts));
    let charge = match (one.money, other.money) {
        (Some(money), Some(more)) if money.currency == more.currency => Charge {
            money: Some(Money {
                parts: money.parts.saturating_add(more.parts),
                ..money
            }),
            ..one
        },
        // A subscription covers what has no list price, too.
        _ if one.basis.is_included() => Charge { money: None, ..one },
        _ => Charge::UNKNOWN,
    };
    (charge, counted)
}

/// What to hold against the budgets before a call; `None` where it counts as nothing.
pub fn reserve(prompt: u64, output: u64, tariff: &Tariff, rates: &Rates) -> Option<Money> {
    match tariff {
        Tariff::Priced(price) | Tariff::Unknown { stand_in: price } => {
            Some(in_dollars(worst(prompt, output, price), rates))
        }
        Tariff::Local | Tariff::Included(_) | Tariff::Play(_) => None,
    }
}

/// What an amount counts as against a budget: without a rate as that many dollars, which is too much for the yuan and errs to
/// the safe side.
pub fn in_dollars(money: Money, rates: &Rates) -> Money {
    rates.in_usd(money).unwrap_or(Money {
        parts: money.parts,
        currency: Currency::USD,
    })
}

/// The usage a provider told of a whole answer, and whether a part of it had to be estimated: no prompt is empty, what was
/// said was output, and a count from before it was said leaves it out.
pub fn completed(told: Usage, prompt_tokens: u64, reply: &Reply) -> (Usage, bool) {
    let mut usage = told;
    if usage.prompt() == 0 {
        usage.input = prompt_tokens;
    }
    if usage.output == 0 || reply.usage_early {
        usage.output = usage.output.max(said(reply));
    }
    (usage, usage != told || reply.usage_early)
}

/// Usage of an answer that broke off: the prompt as its provider told it, else as it was, of which `cached` tokens were read from
/// the provider's cache, and what was said so far.
pub fn estimate(prompt_tokens: u64, cached: u64, partial: &Reply) -> Usage {
    let mut usage = partial.usage.unwrap_or_default();
    if usage.prompt() == 0 {
        usage.cache_read = cached.min(prompt_tokens);
        usage.input = prompt_tokens - usage.cache_read;
    }
    usage.output = usage.output.max(said(partial));
    usage
}

fn said(partial: &Reply) -> u64 {
    let calls: usize = partial
        .parts
        .iter()
        .map(|part| {
            if let crate::protocol::reply::Part::Call { arguments, .. } = part {
                arguments.len()
            } else {
                0
            }
        })
        .sum();
    ((partial.text().len() + partial.thinking().len() + calls) as u64).div_ceil(BYTES_PER_TOKEN)
}

#[cfg(test)]
mod tests;
