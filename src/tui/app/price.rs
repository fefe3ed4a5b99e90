//! What a prompt will cost, said before it is sent. Always an estimate: tokens are counted by the provider alone.

use crate::agent::picture::Tokens;
use crate::protocol::money::Money;
use crate::protocol::query::ModelCard;
use crate::protocol::usage::Price;
use crate::tui::app::App;
use crate::tui::app::view::{Stage, View};

/// Tokens of a text, as far as they can be told here: four bytes of Latin text make one, a character of other scripts is
/// taken as one.
pub fn tokens_of(text: &str) -> u64 {
    let wide = text.chars().filter(|c| !c.is_ascii()).count() as u64;
    let narrow = text.len() as u64
        - text
            .chars()
            .filter(|c| !c.is_ascii())
            .map(|c| c.len_utf8() as u64)
            .sum::<u64>();
    wide + narrow.div_ceil(4)
}

/// What so many fresh input tokens cost, by the row of prices that such a prompt falls under.
pub fn input_cost(price: &Price, tokens: u64) -> Money {
    let row = price.tiers.iter().rfind(|tier| tokens > tier.above);
    let each = row.and_then(|tier| tier.input).unwrap_or(price.input);
    money(price, each, tokens)
}

fn money(price: &Price, each: i64, tokens: u64) -> Money {
    Money {
        parts: each.saturating_mul(i64::try_from(tokens).unwrap_or(i64::MAX)),
        currency: price.currency,
    }
}

/// A price per million tokens, as lists print it.
pub fn per_million(price: &Price, each: i64) -> Money {
    money(price, each, 1_000_000)
}

/// What is known of the next prompt's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// About this much.
    About(Money),
    /// A server on this machine: counts as nothing.
    Local,
    /// The rehearsal's play money.
    Play,
    /// A subscription covers it.
    Included,
    Unknown,
}

impl App {
    /// Tokens the next prompt of a session starts with, without what is being typed.
    pub fn tokens_before(&self, view: &View) -> u64 {
        match &view.session {
            Some(session) if session.context_used > 0 => session.context_used,
            _ => {
                self.setup.fixed_tokens
                    + self.place(view.cwd()).map_or(0, |place| {
                        place.instructions.iter().map(|file| file.tokens).sum()
                    })
            }
        }
    }

    /// What the next prompt's input will cost with what is typed so far. A session that was not spoken to yet has nothing in
    /// any cache; in a later one the cache is taken as gone, so that the figure is never too low.
    pub fn next_prompt(&self, view: &View) -> Option<Estimate> {
        if view.played() {
            return Some(Estimate::Play);
        }
        let card = self.card(view.model()?)?;
        Some(estimate(card, self.tokens_of_prompt(view, card), view))
    }

    /// Tokens of the next prompt of a session with what is typed so far.
    pub fn tokens_of_prompt(&self, view: &View, card: &ModelCard) -> u64 {
        let shown = Tokens::of(&card.model.model, view.composer.images()).likely;
        self.tokens_before(view) + shown + tokens_of(&view.composer.plain())
    }
}

fn estimate(card: &ModelCard, tokens: u64, view: &View) -> Estimate {
    match &card.price {
        _ if view.stage == Stage::Loading => Estimate::Unknown,
        _ if card.subscription => Estimate::Included,
        Some(price) => Estimate::About(input_cost(price, tokens)),
        None if card.local => Estimate::Local,
        None => Estimate::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::money::Currency;
    use crate::protocol::usage::Tier;

    #[test]
    fn the_tier_of_the_whole_prompt_decides() {
        let price = Price {
            currency: Currency::USD,
            input: 3_000_000,
            output: 15_000_000,
            cache_read: Some(300_000),
            cache_write: None,
            cache_write_long: None,
            web_search: None,
            tiers: vec![Tier {
                above: 200_000,
                input: Some(6_000_000),
                output: None,
                cache_read: None,
                cache_write: None,
                cache_write_long: None,
            }],
        };
        assert_eq!(input_cost(&price, 1_000).to_string(), "$0.0030");
        assert_eq!(input_cost(&price, 300_000).to_string(), "$1.80");
        assert_eq!(per_million(&price, price.input).to_string(), "$3.00");
    }

    #[test]
    fn tokens_are_estimated_by_script() {
        assert_eq!(tokens_of("four byte"), 3);
        assert_eq!(tokens_of("你好"), 2);
        assert_eq!(tokens_of(""), 0);
    }
}
