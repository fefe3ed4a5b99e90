//! What a turn takes in.

use std::time::Duration;

use crate::protocol::ask::{About, Answer, Ask};
use crate::protocol::call::Outcome;
use crate::protocol::failure::Failure;
use crate::protocol::id::{AskId, CallId, MessageId, ModelRef};
use crate::protocol::item::Block;
use crate::protocol::money::Money;
use crate::protocol::reply::Reply;
use crate::protocol::route::Vitals;
use crate::protocol::rule::By;
use crate::protocol::usage::{Charge, Price, Usage};

/// What was used and what it costs, worked out by the engine from the reply and the price table.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    pub model: ModelRef,
    pub usage: Usage,
    pub charge: Charge,
    pub counted: Money,
    pub raw: Option<serde_json::Value>,
    pub millis: u64,
    pub vitals: Option<Vitals>,
    /// What its tokens were charged by.
    pub price: Option<Box<Price>>,
}

/// What stands behind the model that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// Itself alone.
    One,
    /// A route of so many endpoints: where one failed another may do.
    Route { endpoints: u32 },
}

/// What may be done with a call, decided by `agent::permission`.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one step of the machine"
)]
pub enum Decision {
    Allow(By),
    Ask(Ask),
    /// The text is what the model is told.
    Deny(String, By),
    /// No such tool, or arguments it cannot take: the text is what the model is told.
    Invalid(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The model call may not be sent before the person has answered this.
    Held(About),
    Answered {
        reply: Reply,
        bill: Bill,
    },
    /// Nothing may be sent before this wait is over: what was to be asked cools down from this failure.
    Postponed {
        failure: Failure,
        wait: Duration,
    },
    /// Nothing is left that could be asked.
    NoWay(Failure),
    /// `jitter` spreads retries: 0 to 1000 thousandths.
    Failed {
        failure: Failure,
        partial: Reply,
        bill: Bill,
        jitter: u16,
        supply: Supply,
    },
    /// The wait before a retry is over.
    Woke,
    Judged {
        call: CallId,
        decision: Decision,
    },
    AskAnswered {
        ask: AskId,
        answer: Answer,
    },
    /// What was asked about has changed since: it is judged anew.
    AskVoided {
        ask: AskId,
        why: String,
    },
    Ended {
        call: CallId,
        outcome: Outcome,
    },
    /// The person said something that enters before the next call.
    Steered {
        id: MessageId,
        blocks: Vec<Block>,
    },
    Withdrawn {
        id: MessageId,
    },
    /// Stop. With what the model had said so far, when it was speaking.
    Interrupt {
        partial: Option<(Reply, Bill)>,
        why: String,
    },
    /// The time for running tools to end after an interruption is over.
    Deadline,
}
