//! What happens: facts are kept for good, deltas pass by. Two types, two guarantees.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::ask::{Answer, Ask};
use crate::protocol::cache::SentBody;
use crate::protocol::call::Rewrite;
use crate::protocol::failure::{Failure, Stop};
use crate::protocol::id::{AskId, CallId, CommandId, MessageId, ModelRef, Seq, SessionId};
use crate::protocol::image::Image;
use crate::protocol::import::ImportNews;
use crate::protocol::item::{Block, Item};
use crate::protocol::money::Money;
use crate::protocol::route::Vitals;
use crate::protocol::rule::By;
use crate::protocol::sandbox::Birth;
use crate::protocol::session::{Change, SessionSpec};
use crate::protocol::time::Time;
use crate::protocol::usage::{Cause, Charge, Price, Usage};

/// A fact with its place in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub seq: Seq,
    pub session: SessionId,
    pub at: Time,
    pub fact: Fact,
}

/// When a queued message enters the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// After the results of the open step and before the next call: steering.
    Step,
    /// As the next turn: queueing.
    Turn,
}

/// How a turn ended; the command line's `ending`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Ending {
    Finished,
    Failed {
        failure: Failure,
    },
    /// The last step that had calls had at least one denied, and the model then stopped.
    Denied,
    /// The next call could have passed a budget.
    Budget,
    /// A limit of steps, or a guard.
    Limit {
        text: String,
    },
    /// By the person, a signal or a crash.
    Interrupted {
        text: String,
        /// When the turn was last heard of, where its end was found out later: it went on for a while, nobody knows how long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heard: Option<Time>,
    },
}

impl Ending {
    /// Seen as it happened.
    pub fn interrupted(text: impl Into<String>) -> Self {
        Self::Interrupted {
            text: text.into(),
            heard: None,
        }
    }
}

/// What is known of an item that comes from another program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The name of who said it, where that is neither the person nor the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// What the other program calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// Something a person would say happened. Facts only ever gain optional fields; `store::upcast` turns older forms into these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    SessionOpened {
        spec: SessionSpec,
    },
    SessionChanged {
        change: Change,
    },
    TurnStarted {
        turn: u32,
    },
    ItemAdded {
        turn: u32,
        step: u32,
        item: Item,
        /// What another program said of it beside the item itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        imported: Option<Box<Imported>>,
    },
    /// Said by the person while a turn runs; becomes an item when it enters.
    MessageQueued {
        id: MessageId,
        blocks: Vec<Block>,
        when: When,
    },
    /// Taken back by the person, or entered as the item that follows it.
    MessageWithdrawn {
        id: MessageId,
        entered: bool,
    },
    AskRaised {
        ask: Ask,
    },
    AskAnswered {
        ask: AskId,
        answer: Answer,
    },
    /// The thing asked about is no more: changed, ended, or lost in a crash.
    AskVoided {
        ask: AskId,
        why: String,
    },
    /// A model is about to be called, the very endpoint where the session's model is a route; step 0 is a call beside the
    /// turn's own steps, for a title; `reserved` is the worst case held against the budgets, `None` where it counts as nothing.
    ModelCalled {
        turn: u32,
        step: u32,
        attempt: u32,
        model: ModelRef,
        reserved: Option<Money>,
        cause: Cause,
        /// The body that is sent, where it is one of bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<SentBody>,
    },
    /// The answer is there, or broke off: the reservation gives way to the charge.
    ModelAnswered {
        turn: u32,
        step: u32,
        attempt: u32,
        model: ModelRef,
        usage: Usage,
        charge: Charge,
        /// What the budgets count, in dollars: the charge, or a stand-in where that is unknown or in another currency.
        counted: Money,
        /// The provider's usage object as sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<Stop>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
        /// Milliseconds from the request to its end.
        #[serde(default)]
        millis: u64,
        /// What the call showed of its endpoint; `None` where nobody waited for its end, and in logs from before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vitals: Option<Vitals>,
        /// The price its tokens were charged by; `None` where none was known, where nothing was charged, and in logs from before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Box<Price>>,
    },
    /// The tool is about to run. On disk before it does; a call with this and no result may have taken effect. A second one of
    /// the same call: it changes nothing, and is done again, since Creel ended while it was.
    CallStarted {
        call: CallId,
        /// Of a call that is a command: its process, which waits until this is kept, and what holds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth: Option<Box<Birth>>,
        /// Who let it run; not known in logs from before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<By>,
        /// Of one that changes a file: what that holds before and after; not known in logs from before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<Box<Rewrite>>,
    },
    TurnEnded {
        turn: u32,
        ending: Ending,
    },
}

impl Fact {
    /// The pictures it refers to, whose bytes are blobs.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        let blocks = match self {
            Self::ItemAdded {
                item: Item::Prompt { blocks, .. },
                ..
            }
            | Self::MessageQueued { blocks, .. } => blocks.as_slice(),
            _ => &[],
        };
        blocks.iter().filter_map(Block::as_image)
    }
}

/// What passes by: lost with the process, and nobody minds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "delta", rename_all = "snake_case")]
pub enum Delta {
    Text {
        text: String,
    },
    Thinking {
        text: String,
    },
    /// Arguments of a call are arriving: which tool, and how many bytes so far.
    CallGrows {
        name: String,
        bytes: u64,
    },
    /// The answer so far is void; the call is made again.
    Discarded,
    /// The last lines a running tool has put out; takes the place of those of before.
    Tail {
        call: CallId,
        text: String,
    },
    /// What is awaited; replaces what was awaited before.
    Waiting {
        what: Waiting,
    },
}

/// What a session is waiting for, so that no screen is ever blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Waiting {
    Nothing,
    /// The request is out; nothing has come back.
    Model {
        model: ModelRef,
        since: Time,
    },
    /// Asked again at `until`; where it is `endless`, on and on after that many attempts.
    Retry {
        failure: Failure,
        attempt: u32,
        attempts: u32,
        endless: bool,
        until: Time,
    },
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    Event(Box<Event>),
    Delta {
        session: SessionId,
        delta: Delta,
    },
    /// A command could not be done; nothing changed.
    Refused {
        command: CommandId,
        session: SessionId,
        why: String,
    },
    /// Of imports, whoever began them.
    Import(ImportNews),
    /// This listener was too slow and some signals were dropped: reread the log from the last number seen.
    Lagged,
}
