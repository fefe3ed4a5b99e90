//! What can be said of a provider: how it is set up, whether it can be reached, and what its model does when it is asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::failure::Failure;
use crate::protocol::id::ModelRef;
use crate::protocol::money::Money;
use crate::protocol::usage::{Charge, Usage};

/// A provider of the config, or one found by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCard {
    pub name: String,
    /// As the config names it.
    pub wire: String,
    /// Empty where there is no server.
    pub base_url: String,
    /// Where its key comes from, in words and never the key: `ANTHROPIC_API_KEY`; `None` for a server without keys.
    pub key: Option<String>,
    /// Where the entry stands: a file, the variable that was found, `built in`.
    pub origin: String,
    /// Why it cannot be used now, as `no key: ANTHROPIC_API_KEY is not set`; `None` when it can, as far as that shows without asking it.
    pub lacks: Option<String>,
}

/// What a provider answered to questions that cost nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    pub card: ProviderCard,
    /// How many models it lists; the failure says whose fault it is that it lists none.
    pub models: Result<u64, Failure>,
    /// The list is open to anybody: it says nothing of the key.
    pub open: bool,
    /// The model that would be tried; `None` where none is known.
    pub model: Option<ModelRef>,
    /// Whether the list names it; `None` without a list or a model.
    pub there: Option<bool>,
    /// Models that the person configured and the list does not name: of the config, its roles and routes, and of sessions.
    pub missing: Vec<ModelRef>,
    /// The most that trying it can cost, by the price that budgets count; `None` where it counts as nothing.
    pub worst: Option<Money>,
    /// No price is known: `worst` is by the dearest one known.
    pub unpriced: bool,
    /// How long trying it may take in all.
    pub time: Duration,
}

/// What came of a prompt that was sent twice, long enough to be cached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CacheTried {
    /// Tokens the second one was read with from the cache, be it none, of so many.
    Read { tokens: u64, of: u64 },
    /// It was not sent, or not answered, for this reason.
    Not { why: String },
}

/// What a model did when it was tried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// It was not asked, or did not answer to the end.
    pub failure: Option<Failure>,
    /// A budget stands in the way, and nothing was sent.
    pub over_budget: bool,
    /// The answer came in pieces; `None` where it was too short to tell.
    pub streams: Option<bool>,
    /// It called the tool it was asked to call; `None` where its answer was cut before.
    pub calls_tool: Option<bool>,
    /// What it reports of its usage; `None`: nothing.
    pub usage: Option<Usage>,
    /// It says how much of a prompt its cache had, be it nothing.
    pub reports_caching: bool,
    /// What its cache had of a long prompt that was sent twice; `None` where that was not tried.
    pub cache: Option<CacheTried>,
    /// `None` where nothing was sent.
    pub charge: Option<Charge>,
    /// Milliseconds from the request to its end.
    pub millis: u64,
}
