//! A model as it stands to be chosen: what the next prompts would cost there, where their text would go, what it would not
//! be told, and when the change would pay.

use crate::protocol::id::ModelRef;
use crate::protocol::money::Money;
use crate::protocol::query::ModelCard;
use crate::protocol::time::Time;

#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Of the model, or of a route with the figures of the endpoint that would serve.
    pub card: ModelCard,
    /// The model itself: of a route that endpoint.
    pub model: ModelRef,
    /// Where the text goes, as `api.example.com`; `None` where a script plays it, and nothing is sent.
    pub host: Option<String>,
    /// Nothing of this project was ever sent to that host.
    pub first: bool,
    /// Tokens the next prompt has there, as far as they can be told before it is counted.
    pub tokens: u64,
    /// The part of them that is still in its cache.
    pub warm: u64,
    /// What the input of the next prompt costs there, and of the one after.
    pub next: Figure,
    /// The next prompt where nothing of it is in the cache.
    pub cold: Figure,
    pub then: Figure,
    pub left: Left,
    pub pays: Pays,
    /// Tokens a second: the median of recent answers.
    pub speed: Option<u64>,
    /// When it was asked last, in whatever session.
    pub used: Option<Time>,
    /// Until when what it has cached of this session is kept.
    pub warm_until: Option<Time>,
}

impl Offer {
    /// Whether the next prompt is shorter than the window, as far as that is known.
    pub fn fits(&self) -> bool {
        self.card.context.is_none_or(|window| self.tokens < window)
    }
}

/// What a prompt costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    About(Money),
    /// A subscription covers it.
    Included,
    /// A server on this machine.
    Free,
    /// The rehearsal's play money.
    Play,
    Unknown,
}

/// What a model is not told of the conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Thoughts that only the model that had them can read.
    pub thoughts: u64,
    /// Pictures, where the model takes none.
    pub images: u64,
}

/// When a change of model has paid for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pays {
    /// It is the model that answers now.
    Here,
    /// The next prompt already costs no more.
    AtOnce,
    /// After so many prompts.
    After(u64),
    /// Each prompt costs as much or more.
    Never,
    /// A price is not known, or they are in different currencies.
    Unknown,
}
