//! What a face may ask; nothing is changed by asking.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::board::{Glimpse, Shelf, Wanted, Weight};
use crate::protocol::cache::CacheRow;
use crate::protocol::decided::Decided;
use crate::protocol::event::Event;
use crate::protocol::id::{AskId, ModelRef, Seq, SessionId};
use crate::protocol::image::Image;
use crate::protocol::import::Source;
use crate::protocol::money::{Amounts, Money, Rates};
use crate::protocol::offer::Offer;
use crate::protocol::provider::ProviderCard;
use crate::protocol::route::RouteReport;
use crate::protocol::rule::{KeptRule, NewRule, Replay, Rule};
use crate::protocol::sandbox::Hold;
use crate::protocol::search::{Hits, IndexStatus, Said, Search};
use crate::protocol::session::Card;
use crate::protocol::time::Time;
use crate::protocol::trust::Trust;
use crate::protocol::usage::{Price, Spending, Usage};
use crate::protocol::worktree::{Look, Sight};

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Newest first.
    Sessions {
        limit: Option<u32>,
        archived: bool,
    },
    /// Those the board shows.
    Board(Wanted),
    /// What was said last in a session.
    Glimpse {
        session: SessionId,
    },
    /// What a purge of a session would take, and what would stay.
    Weight {
        session: SessionId,
    },
    /// Any unique part of at least four characters of an id, or a whole one.
    Find {
        part: String,
    },
    /// A page of a session's events: after a number in rising order, or the last before one, also in rising order.
    History {
        session: SessionId,
        page: Page,
        limit: u32,
    },
    /// The session's fold as of now (`agent::session::Session` as JSON): where a face begins.
    Fold {
        session: SessionId,
    },
    /// The ledger, grouped.
    Spend {
        by: SpendBy,
        since: Option<Time>,
        until: Option<Time>,
        session: Option<SessionId>,
    },
    /// The newest requests of a session beside each other: what a prompt cache could use, and did.
    Cache {
        session: SessionId,
        limit: u32,
    },
    /// The rules there are: those of the config, and those that were kept.
    Rules,
    /// What the folder brings that waits to be trusted.
    Trust(PathBuf),
    /// What a rule would have done with the calls of before.
    Replay(Trial),
    /// What was decided on calls today (the local day), and so many of them, the newest first.
    Decided {
        rows: u32,
    },
    /// Dollars of today (the local day) with what is reserved now, and the day's limit.
    Today,
    Models,
    /// The same after the servers whose models no table has were asked for theirs, on this machine or wherever they are: that
    /// takes as long as they take, some seconds at most.
    Served {
        elsewhere: bool,
    },
    /// The providers of the config and those found by their keys.
    Providers,
    /// All models with what choosing each would come to for the next prompt: of a session, else of one that begins in this
    /// folder. `typed`: what is written and not sent.
    Offers {
        session: Option<SessionId>,
        cwd: PathBuf,
        typed: String,
        /// Weighed as well, though no table has it.
        also: Option<ModelRef>,
    },
    /// Which endpoint would serve, and why not the others: of one model or route, or of every route. `session`: as its next
    /// prompt would find it.
    Routes {
        model: Option<ModelRef>,
        session: Option<SessionId>,
    },
    /// Why these pictures cannot be said to a model or route.
    Blind {
        model: ModelRef,
        images: Vec<Image>,
    },
    /// When a provider last answered, of whatever session and process.
    LastAnswer {
        provider: String,
    },
    /// Bytes kept whole, by hash.
    Blob {
        hash: String,
    },
    /// Text typed and not sent, kept across a crash.
    Draft {
        session: Option<SessionId>,
    },
    /// Texts that were put by, newest first.
    Stashed,
    /// The newest prompts of the person over all sessions, newest first, and commands of theirs as they are typed: `! ls`.
    Prompts {
        limit: u32,
    },
    /// Who runs a session: `None` when nobody does.
    Holder {
        session: SessionId,
    },
    /// What the engine can say of itself and its surroundings: database, providers, disk, sandbox.
    Doctor,
    /// What holds the commands of models on this machine: as it was measured last since its start, by whichever process, else
    /// measured now. What holds a command is measured before the first one runs.
    Sandbox,
    /// Git worktrees, and who else writes in a folder.
    Worktree(Look),
    /// What was said and done, by words.
    Search(Search),
    /// What was said before and after an item, and itself: so many of each.
    Around {
        session: SessionId,
        item: Seq,
        items: u32,
    },
    /// What there is of the index.
    Index,
    /// Where other programs keep their sessions on this machine, and how much of that was taken in.
    Imports,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    After(Seq),
    /// `None`: from the end.
    Before(Option<Seq>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpendBy {
    Day,
    Model,
    Provider,
    Session,
    Project,
}

/// One group of the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpendRow {
    pub key: String,
    pub calls: u64,
    pub usage: Usage,
    pub cost: Amounts,
    /// Calls without a known price.
    pub unknown: u64,
    /// Calls of `cost` whose amount is an estimate.
    pub estimated: u64,
    /// Calls that a subscription covers, and what they would have cost by list price.
    pub included: u64,
    pub list: Amounts,
    /// Calls of `list` whose amount is an estimate.
    pub list_estimated: u64,
    /// `cost` as one sum of dollars, where it is of other currencies too and the config has a rate for each.
    pub about: Option<Money>,
    /// The rates behind `about`.
    pub rates: Rates,
}

/// Dollars of one local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// Charged and reserved, in parts: what the limit is held against.
    pub used: i64,
    /// Charged alone, in parts.
    pub charged: i64,
    /// A part of that is an estimate, or stands in for a price nobody knows.
    pub estimated: bool,
    pub limit: Option<i64>,
}

impl SpendRow {
    /// The same, as it is written for a person.
    pub fn spending(&self) -> Spending {
        let few = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Spending {
            cost: self.cost.clone(),
            estimated: self.estimated > 0,
            unpriced: few(self.unknown),
            included: few(self.included),
            list: self.list.clone(),
            list_estimated: self.list_estimated > 0,
            ..Spending::default()
        }
    }
}

/// A model that can be used, or could with a key.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    pub model: ModelRef,
    pub context: Option<u64>,
    pub max_output: Option<u64>,
    pub price: Option<Price>,
    /// The date of the price table the price is from; `None` when it is the person's own.
    pub price_date: Option<String>,
    /// On this machine: without a price it counts as nothing.
    pub local: bool,
    /// Paid by a subscription: the price is the list's, and nothing is charged by it.
    pub subscription: bool,
    /// No price is known, and the person said that it may be called all the same: budgets count it as the dearest known.
    pub accepted: bool,
    /// Why it cannot be used now, as `no key: ANTHROPIC_API_KEY is not set`; `None` when it can.
    pub lacks: Option<String>,
}

/// When a provider last answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastAnswer {
    pub at: Option<Time>,
    /// The person's day of then, as `2026-11-20`.
    pub day: String,
    /// Seconds that the person's clock is ahead of UTC: then, where it has answered, else now.
    pub zone: i32,
}

/// A text of the composer that was put by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stashed {
    /// Its own, chosen by the face that put it by.
    pub id: SessionId,
    pub at: Time,
    /// As a draft keeps it; empty: it is taken away.
    pub text: String,
}

/// Who holds a running session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub process: u32,
    pub here: bool,
    pub whereabouts: Whereabouts,
    /// Seconds that the person's clock was ahead of UTC when it began there.
    pub zone: i32,
}

/// Where a process that holds sessions runs, as far as it told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// When it was started.
    #[serde(default)]
    pub since: Option<Time>,
    #[serde(default)]
    pub tmux: Option<TmuxPane>,
}

/// A pane of tmux as tmux itself knows it, whatever its session is called meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxPane {
    /// The path of the server's socket.
    pub socket: String,
    /// As `%3`.
    pub pane: String,
}

/// The rules there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub config: Vec<Rule>,
    pub kept: Vec<KeptRule>,
    /// When this was told: what has ended by then holds no more.
    pub now: Time,
}

/// A rule to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub rule: NewRule,
    pub at: TrialAt,
}

/// Where a rule is tried, which bounds the calls it is tried on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialAt {
    Folder(PathBuf),
    /// At an ask, whose call it must cover.
    Ask(SessionId, AskId),
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// One word: `database`, `providers`.
    pub name: String,
    pub state: CheckState,
    /// One line: what was found.
    pub text: String,
    /// One line: what to do about it; empty when there is nothing to do.
    pub remedy: String,
    /// Of the one that tells them.
    pub sizes: Option<Sizes>,
}

/// What a home takes of the disk, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// The file of the log, with what was written beside it.
    pub log: u64,
    /// Of that whole outputs, pictures and long facts.
    pub blobs: u64,
    /// Of the log what was imported.
    pub imports: u64,
    pub index: u64,
    /// What is free where the log is.
    pub free: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Ok,
    Warn,
    Bad,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Sessions(Vec<Card>),
    Board(Shelf),
    Glimpse(Glimpse),
    Weight(Weight),
    Session(Result<Card, NotFound>),
    History(Vec<Event>),
    /// `None`: no such session.
    Fold(Option<String>),
    Spend(Vec<SpendRow>),
    Cache {
        rows: Vec<CacheRow>,
        /// Of how many requests these are the newest.
        of: u64,
    },
    Rules(Rules),
    Trust(Box<Trust>),
    Replay(Replay),
    Decided(Decided),
    Today(Today),
    Models(Vec<ModelCard>),
    Providers(Vec<ProviderCard>),
    /// In the order of the models.
    Offers(Vec<Offer>),
    Routes(Vec<RouteReport>),
    /// `None` where they can, and where nobody knows.
    Blind(Option<String>),
    LastAnswer(LastAnswer),
    Blob(Option<Vec<u8>>),
    Draft(Option<String>),
    Stashed(Vec<Stashed>),
    Prompts(Vec<String>),
    Holder(Option<Holder>),
    Checks(Vec<Check>),
    Sandbox(Hold),
    Worktree(Box<Sight>),
    /// The log could not be read.
    Failed(String),
    Hits(Hits),
    Around(Vec<Said>),
    Index(IndexStatus),
    Imports(Vec<Source>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    None,
    TooShort,
    /// The part fits several sessions: these.
    Many(Vec<Card>),
}
