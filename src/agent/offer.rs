//! What choosing a model comes to, reckoned from what the log tells: tokens of the next prompt, its price while a cache is
//! warm and when it is not, when a change has paid for itself, what is not carried over, and how fast a model answers.

use crate::protocol::cache::SentBody;
use crate::protocol::id::ModelRef;
use crate::protocol::item::Item;
use crate::protocol::money::Money;
use crate::protocol::offer::{Figure, Left, Pays};
use crate::protocol::query::ModelCard;
use crate::protocol::route::Vitals;
use crate::protocol::usage::{CacheLife, Usage};

use crate::agent::cost;
use crate::agent::prompt::Placed;

/// Shorter answers say little about speed.
const FEW_TOKENS: u64 = 20;

/// What a prompt grows by from one to the next where a session has not shown it yet: an answer with a call, and its result.
const USUAL_GROWTH: u64 = 500;

/// Answers of a model that are looked at, the newest ones.
pub const RECENT: usize = 20;

/// So many tokens were so many bytes, as somebody counted; without a count four bytes make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    pub tokens: u64,
    pub bytes: u64,
}

impl Ratio {
    pub const USUAL: Self = Self {
        tokens: 1,
        bytes: cost::BYTES_PER_TOKEN,
    };

    /// Tokens of so many bytes, to the nearest.
    pub fn of(self, bytes: u64) -> u64 {
        let scaled = u128::from(bytes) * u128::from(self.tokens);
        let per = u128::from(self.bytes.max(1));
        u64::try_from((scaled + per / 2) / per).unwrap_or(u64::MAX)
    }

    /// Orders ratios by tokens a byte.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let ours = u128::from(self.tokens) * u128::from(other.bytes);
        ours.cmp(&(u128::from(other.tokens) * u128::from(self.bytes)))
    }
}

/// The last prompt a model answered in a session, as it was counted, and the bytes it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub usage: Usage,
    /// Without its pictures.
    pub bytes: u64,
    /// With the answer as it is sent back.
    pub answered: u64,
    /// Tokens its pictures likely came to.
    pub pictures: u64,
    /// The answer's reasoning goes back to the model; where it does not, its tokens are no part of the next prompt.
    pub reasons: bool,
}

impl Counted {
    pub fn ratio(&self) -> Ratio {
        Ratio {
            tokens: self.usage.prompt().saturating_sub(self.pictures),
            bytes: self.bytes,
        }
    }

    /// Tokens of the next prompt, which has so many bytes and so many tokens of pictures.
    pub fn next(&self, bytes: u64, pictures: u64) -> u64 {
        let unsaid = self.usage.reasoning.filter(|_| !self.reasons);
        let said = self.usage.output.saturating_sub(unsaid.unwrap_or(0));
        let new = self.ratio().of(bytes.saturating_sub(self.answered));
        let shown = pictures.saturating_sub(self.pictures);
        [self.usage.prompt(), said, new, shown]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

/// How a prompt of so many tokens is billed whose first `warm` ones are in the cache. `least` is the shortest prefix that is
/// cached at all.
pub fn billed(tokens: u64, warm: u64, least: u64, life: CacheLife, card: &ModelCard) -> Usage {
    let warm = warm.min(tokens);
    let fresh = tokens - warm;
    let mut usage = Usage {
        cache_read: warm,
        ..Usage::default()
    };
    let writes = card
        .price
        .as_ref()
        .is_some_and(|price| price.cache_write.is_some_and(|write| write != 0));
    match life {
        _ if !writes || tokens < least => usage.input = fresh,
        CacheLife::Short => usage.cache_write = fresh,
        CacheLife::Long => usage.cache_write_long = fresh,
    }
    usage
}

/// What that costs.
pub fn figure(usage: &Usage, card: &ModelCard, plays: bool) -> Figure {
    match &card.price {
        _ if plays => Figure::Play,
        _ if card.subscription => Figure::Included,
        Some(price) => Figure::About(cost::of(usage, price)),
        None if card.local => Figure::Free,
        None => Figure::Unknown,
    }
}

/// The next prompt and the one after.
pub type Ahead = (Figure, Figure);

/// When going from one model to another has paid: the dearer first prompt against what each later one saves.
pub fn pays(from: Ahead, to: Ahead) -> Pays {
    let less = |from: Figure, to: Figure| {
        let (from, to) = (charged(from)?, charged(to)?);
        let same = from.parts == 0 || to.parts == 0 || from.currency == to.currency;
        same.then(|| from.parts.saturating_sub(to.parts))
    };
    let (Some(first), Some(later)) = (less(from.0, to.0), less(from.1, to.1)) else {
        return Pays::Unknown;
    };
    // What costs the same, as two that are free, is no cheaper.
    let cheaper = first > 0 || later > 0;
    if cheaper && first >= 0 && later >= 0 {
        Pays::AtOnce
    } else if later <= 0 {
        Pays::Never
    } else {
        let extra = first.unsigned_abs();
        Pays::After(extra.div_ceil(later.unsigned_abs()))
    }
}

/// What is charged for it, nothing where nothing is.
fn charged(figure: Figure) -> Option<Money> {
    match figure {
        Figure::About(money) => Some(money),
        Figure::Included | Figure::Free | Figure::Play => Some(Money::usd(0)),
        Figure::Unknown => None,
    }
}

/// What the model is not told of a conversation; `sees`: whether it takes pictures.
pub fn left<'a>(items: impl IntoIterator<Item = &'a Placed>, model: &ModelRef, sees: bool) -> Left {
    let family = model.to_string();
    let mut left = Left::default();
    for (_, _, item) in items {
        match item {
            Item::Thought { opaque, .. }
                if opaque.as_ref().is_none_or(|opaque| opaque.family != family) =>
            {
                left.thoughts += 1;
            }
            _ if sees => {}
            _ => left.images += item.images().count() as u64,
        }
    }
    left
}

/// What prompts grow by from one to the next: the median of a session's, given in order.
pub fn growth(prompts: &[u64]) -> u64 {
    let grown = prompts.windows(2).filter(|pair| pair[1] > pair[0]);
    median(grown.map(|pair| pair[1] - pair[0]).collect()).unwrap_or(USUAL_GROWTH)
}

/// One answer of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub usage: Usage,
    pub millis: u64,
    pub vitals: Option<Vitals>,
    pub body: Option<SentBody>,
}

/// Tokens a second while it speaks.
pub fn speed(answers: &[Answer]) -> Option<u64> {
    let rates = answers.iter().filter_map(|answer| {
        let spoke = answer.millis.checked_sub(answer.vitals?.first?)?;
        let enough = answer.usage.output >= FEW_TOKENS && spoke > 0;
        enough.then(|| answer.usage.output.saturating_mul(1000) / spoke)
    });
    median(rates.collect())
}

/// No text has more bytes to a token than this.
const THINNEST: u64 = 16;

/// How many bytes of its bodies make a token, as it counted them.
pub fn density(answers: &[Answer]) -> Option<Ratio> {
    let ratios = answers.iter().filter_map(|answer| {
        let ratio = Ratio {
            tokens: answer.usage.prompt(),
            bytes: answer.body.as_ref()?.bytes,
        };
        // Thinner than any text: most of that body was pictures.
        let pictures = ratio.tokens.saturating_mul(THINNEST) < ratio.bytes;
        (ratio.tokens > 0 && ratio.bytes > 0 && !pictures).then_some(ratio)
    });
    let mut ratios: Vec<Ratio> = ratios.collect();
    ratios.sort_by(Ratio::cmp);
    ratios.get(ratios.len() / 2).copied()
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests;
