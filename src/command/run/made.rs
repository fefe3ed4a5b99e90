//! Facts of a run, made for trials.
#![allow(clippy::unwrap_used)]

use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::event::{Event, Fact};
use crate::protocol::failure::{Failure, Stop};
use crate::protocol::id::{CallId, Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::money::Money;
use crate::protocol::time::Time;
use crate::protocol::usage::{Cause, Charge, Usage};

pub fn session() -> SessionId {
    "0193573a-9e00-7000-8000-00000000abcd".parse().unwrap()
}

/// The events of facts, a second apart, numbered from 1.
pub fn events(facts: Vec<Fact>) -> Vec<Event> {
    facts
        .into_iter()
        .zip(1..)
        .map(|(fact, seq)| Event {
            seq: Seq(seq),
            session: session(),
            at: Time(1_795_431_600_000 + i64::try_from(seq).unwrap() * 1000),
            fact,
        })
        .collect()
}

pub fn called(step: u32, attempt: u32) -> Fact {
    Fact::ModelCalled {
        turn: 1,
        step,
        attempt,
        model: "local/m".parse().unwrap(),
        reserved: None,
        cause: if attempt == 1 {
            Cause::Work
        } else {
            Cause::Retry
        },
        body: None,
    }
}

pub fn answered(step: u32, charge: Charge, why: Option<Stop>, failure: Option<Failure>) -> Fact {
    Fact::ModelAnswered {
        turn: 1,
        step,
        attempt: 1,
        model: "local/m".parse().unwrap(),
        usage: Usage {
            input: 10,
            cache_read: 100,
            cache_write: 20,
            cache_write_long: 3,
            output: 7,
            reasoning: Some(2),
            searches: 0,
        },
        charge,
        counted: Money::usd(0),
        raw: None,
        stop: why,
        failure,
        millis: 900,
        vitals: None,
        price: None,
    }
}

pub fn item(step: u32, item: Item) -> Fact {
    Fact::ItemAdded {
        turn: 1,
        step,
        item,
        imported: None,
    }
}

pub fn call(step: u32, number: usize, arguments: &str) -> Item {
    Item::Call(ToolCall {
        id: CallId::new(1, step, number),
        wire_id: None,
        name: "bash".to_owned(),
        arguments: arguments.to_owned(),
        opaque: None,
    })
}

pub fn result(step: u32, number: usize, outcome: Outcome) -> Item {
    Item::Result {
        call: CallId::new(1, step, number),
        outcome,
    }
}

pub fn answer(text: &str) -> Item {
    Item::Answer {
        text: text.to_owned(),
        cut: false,
        opaque: None,
    }
}
