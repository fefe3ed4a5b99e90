//! What a model call used and what it is charged: buckets that never overlap, and money with its basis.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::money::{Amounts, Currency, Money};

/// Tokens of one call, or of many added up. The four input buckets add up to all input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Fresh input, neither read from nor written to a cache.
    pub input: u64,
    pub cache_read: u64,
    /// Written to a cache of the shortest life the provider sells.
    pub cache_write: u64,
    /// Written to a cache of the longer life (one hour at Anthropic), at its own price.
    pub cache_write_long: u64,
    /// All that is billed as output, reasoning included.
    pub output: u64,
    /// The part of `output` that was reasoning; `None` when the provider does not say.
    pub reasoning: Option<u64>,
    /// Searches of the web that the provider made by itself: no tokens, but billed by use beside them.
    #[serde(skip_serializing_if = "is_none")]
    pub searches: u64,
}

/// What is rare is not written where there is none.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde calls")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// All tokens of the prompt: what fills the context window. Providers can say anything, so nothing here overflows.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
            .saturating_add(self.cache_write_long)
    }

    pub fn add(&mut self, other: &Self) {
        self.input = self.input.saturating_add(other.input);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.cache_write_long = self.cache_write_long.saturating_add(other.cache_write_long);
        self.output = self.output.saturating_add(other.output);
        self.reasoning = match (self.reasoning, other.reasoning) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
        };
        self.searches = self.searches.saturating_add(other.searches);
    }

    /// The most of each figure that two tellings of one call say.
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        Self {
            reasoning: self.reasoning.max(other.reasoning),
            ..self.each(other, u64::max)
        }
    }

    /// What all of it is more than a part of it.
    #[must_use]
    pub fn beyond(self, part: Self) -> Self {
        let more = |reasoning: u64| reasoning.saturating_sub(part.reasoning.unwrap_or_default());
        Self {
            reasoning: self.reasoning.map(more).filter(|tokens| *tokens > 0),
            ..self.each(part, u64::saturating_sub)
        }
    }

    fn each(self, other: Self, of: fn(u64, u64) -> u64) -> Self {
        Self {
            input: of(self.input, other.input),
            cache_read: of(self.cache_read, other.cache_read),
            cache_write: of(self.cache_write, other.cache_write),
            cache_write_long: of(self.cache_write_long, other.cache_write_long),
            output: of(self.output, other.output),
            reasoning: None,
            searches: of(self.searches, other.searches),
        }
    }
}

/// How long what is written to a provider's cache lives, where that can be chosen. Each reading begins the time anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CacheLife {
    /// Five minutes.
    #[default]
    #[serde(rename = "5m")]
    Short,
    /// One hour, at a dearer price of writing.
    #[serde(rename = "1h")]
    Long,
}

impl CacheLife {
    pub const ALL: [Self; 2] = [Self::Short, Self::Long];

    pub fn duration(self) -> Duration {
        match self {
            Self::Short => Duration::from_mins(5),
            Self::Long => Duration::from_hours(1),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "5m",
            Self::Long => "1h",
        }
    }
}

impl FromStr for CacheLife {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|life| life.name() == text)
            .ok_or("expected 5m or 1h")
    }
}

/// Prices of one model, in parts (1e-12 of the currency) per token: $3 per million tokens is 3,000,000 parts a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub currency: Currency,
    pub input: i64,
    pub output: i64,
    /// A missing cache price costs as input.
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    pub cache_write_long: Option<i64>,
    /// One search of the web that the provider makes by itself, in parts of the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_search: Option<i64>,
    /// Dearer rows for long prompts, in rising order of `above`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
}

/// The price row of a request whose whole prompt is longer than `above` tokens; a missing field keeps the base price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub above: u64,
    pub input: Option<i64>,
    pub output: Option<i64>,
    pub cache_read: Option<i64>,
    pub cache_write: Option<i64>,
    pub cache_write_long: Option<i64>,
}

/// Where an amount comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The provider said what it charges; this wins over any table.
    Reported,
    /// Computed from the provider's usage and the price table.
    Listed,
    /// Computed from an estimate, because the answer broke off before its usage.
    Estimated,
    /// No price is known. The amount is absent, never 0.
    Unknown,
    /// A server on this machine without a price: costs nothing.
    Local,
    /// Covered by a subscription. The amount is what the call would have cost by list price, and is added to no real sum.
    Included,
    /// The same, computed from an estimate.
    IncludedEstimated,
    /// The rehearsal's play money: computed, shown as such, never added to real sums.
    Play,
}

impl Basis {
    /// A subscription covers the call.
    pub fn is_included(self) -> bool {
        matches!(self, Self::Included | Self::IncludedEstimated)
    }

    /// The amount is computed from an estimate.
    pub fn is_estimated(self) -> bool {
        matches!(self, Self::Estimated | Self::IncludedEstimated)
    }
}

/// What one call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// `None` when the basis is `Unknown`, and for an included call of a model without a list price.
    pub money: Option<Money>,
    pub basis: Basis,
}

impl Charge {
    pub const UNKNOWN: Self = Self {
        money: None,
        basis: Basis::Unknown,
    };
    pub const LOCAL: Self = Self {
        money: Some(Money::usd(0)),
        basis: Basis::Local,
    };
}

/// Charges added up, each kind for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spending {
    /// Real money: reported, listed, estimated.
    pub cost: Amounts,
    /// A part of `cost` is an estimate.
    pub estimated: bool,
    /// Calls whose price is not known.
    pub unpriced: u32,
    /// Calls that a subscription covers.
    pub included: u32,
    /// What those would have cost by list price, as far as there is one.
    pub list: Amounts,
    /// A part of that is an estimate.
    pub list_estimated: bool,
    /// The rehearsal's play money.
    pub play: Amounts,
}

impl Spending {
    pub fn add(&mut self, charge: Charge) {
        match (charge.basis, charge.money) {
            (Basis::Play, Some(money)) => self.play.add(money),
            (basis, list) if basis.is_included() => {
                self.included = self.included.saturating_add(1);
                self.list_estimated |= basis.is_estimated();
                if let Some(money) = list {
                    self.list.add(money);
                }
            }
            (basis, Some(money)) => {
                self.estimated |= basis.is_estimated();
                self.cost.add(money);
            }
            (_, None) => self.unpriced = self.unpriced.saturating_add(1),
        }
    }
}

/// `$0.42`, `≈$0.42` with an estimate in it, `$0.42 + ?` with calls of unknown price, `?` with only those, `incl.` where a
/// subscription covers it, `incl. ≈` where what that would have cost is partly an estimate.
impl fmt::Display for Spending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cost, play, .. } = self;
        let nothing = cost.0.values().all(|parts| *parts == 0);
        let mark = if self.estimated { "≈" } else { "" };
        let mut parts = Vec::new();
        if !nothing {
            parts.push(format!("{mark}{cost}"));
        }
        if self.unpriced > 0 {
            parts.push("?".to_owned());
        }
        if self.included > 0 {
            let mark = if self.list_estimated { " ≈" } else { "" };
            parts.push(format!("incl.{mark}"));
        }
        match parts.is_empty() {
            true if play.0.values().any(|parts| *parts != 0) => write!(f, "{play} play"),
            true => write!(f, "{mark}{cost}"),
            false => f.write_str(&parts.join(" + ")),
        }
    }
}

/// Why a model was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The work the person asked for.
    Work,
    /// The same step again, after a failure.
    Retry,
    /// A title for the session, asked of the model of the role `small`.
    Title,
    /// The person has a provider tried.
    Check,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_charge_has_its_own_sum() {
        let charge = |parts: Option<i64>, basis| Charge {
            money: parts.map(Money::usd),
            basis,
        };
        let mut spending = Spending::default();
        for charge in [
            charge(Some(1), Basis::Reported),
            charge(Some(2), Basis::Listed),
            Charge::LOCAL,
            Charge::UNKNOWN,
            charge(Some(40), Basis::Included),
            charge(None, Basis::Included),
            charge(Some(500), Basis::Play),
        ] {
            spending.add(charge);
        }
        let amounts = |parts| Amounts([(Currency::USD, parts)].into());
        let expected = Spending {
            cost: amounts(3),
            estimated: false,
            unpriced: 1,
            included: 2,
            list: amounts(40),
            list_estimated: false,
            play: amounts(500),
        };
        assert_eq!(spending, expected);
        spending.add(charge(Some(2), Basis::IncludedEstimated));
        assert!(spending.list_estimated && !spending.estimated);
        assert_eq!(spending.list, amounts(42));
        spending.add(charge(Some(4), Basis::Estimated));
        assert!(spending.estimated);
        assert_eq!(spending.cost, amounts(7));
    }
}
