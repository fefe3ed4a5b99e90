//! The window of a transcript under pages that come at its ends and are given up there.

use crate::protocol::ask::{Ask, Risk, Verdict};
use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::event::{Ending, Event, Fact};
use crate::protocol::id::{AskId, CallId, Seq};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::money::Money;
use crate::protocol::time::Time;
use crate::protocol::usage::{Charge, Usage};
use crate::tui::app::tests::{approval, id, model, verdict};
use crate::tui::app::transcript::{Entry, Transcript, What};

/// So many turns, each with a call that was asked about.
fn log(turns: u32) -> Vec<Event> {
    let turn = |turn: u32| {
        let call = CallId::new(turn, 1, 1);
        let item = move |step, item| Fact::ItemAdded {
            turn,
            step,
            item,
            imported: None,
        };
        let mut ask: Ask = approval(&format!("ask-{turn}"), Risk::Low);
        if let crate::protocol::ask::About::Approval(approval) = &mut ask.about {
            approval.call = call.clone();
        }
        [
            Fact::TurnStarted { turn },
            item(
                0,
                Item::Prompt {
                    blocks: vec![Block::text("go")],
                    origin: Origin::Person,
                },
            ),
            Fact::ModelAnswered {
                turn,
                step: 1,
                attempt: 1,
                model: model("anthropic/sonnet"),
                usage: Usage::default(),
                charge: Charge::LOCAL,
                counted: Money::usd(0),
                raw: None,
                stop: None,
                failure: None,
                millis: 1,
                vitals: None,
                price: None,
            },
            item(
                1,
                Item::Call(ToolCall {
                    id: call.clone(),
                    wire_id: None,
                    name: "bash".to_owned(),
                    arguments: String::new(),
                    opaque: None,
                }),
            ),
            Fact::AskRaised { ask },
            Fact::AskAnswered {
                ask: AskId(format!("ask-{turn}")),
                answer: verdict(Verdict::Once),
            },
            Fact::CallStarted {
                call: call.clone(),
                birth: None,
                by: None,
                change: None,
            },
            item(
                1,
                Item::Result {
                    call,
                    outcome: Outcome::done("done"),
                },
            ),
            Fact::TurnEnded {
                turn,
                ending: Ending::Finished,
            },
        ]
    };
    let facts = (1..=turns).flat_map(turn).enumerate();
    facts
        .map(|(index, fact)| Event {
            seq: Seq(index as u64 + 1),
            session: id(1),
            at: Time(1_000 + index as i64),
            fact,
        })
        .collect()
}

fn whole(events: &[Event]) -> Transcript {
    let mut transcript = Transcript::default();
    transcript.prepend(events, usize::MAX);
    transcript
}

fn told(entries: &[Entry]) -> Vec<(Seq, &What)> {
    entries
        .iter()
        .map(|entry| (entry.seq, &entry.what))
        .collect()
}

#[test]
fn what_is_read_again_behind_a_cut_counts_as_it_did() {
    let events = log(600);
    let all = whole(&events);
    let mut transcript = whole(&events);
    transcript.trim_foot();
    assert!(transcript.cut && transcript.entries().len() <= 1_000);
    while transcript.cut {
        let after = transcript.last();
        let page: Vec<Event> = events
            .iter()
            .filter(|event| event.seq > after)
            .take(200)
            .cloned()
            .collect();
        transcript.append(&page, 200);
    }
    assert_eq!(told(transcript.entries()), told(all.entries()));
}

#[test]
fn a_turn_without_end_is_cut_too_and_its_rest_counted_once() {
    // One turn, and no end of any in what is kept.
    let mut events: Vec<Event> = log(900);
    events.retain(|event| !matches!(event.fact, Fact::TurnEnded { turn, .. } if turn < 900));
    events.retain(|event| !matches!(event.fact, Fact::TurnStarted { turn } if turn > 1));
    for event in &mut events {
        if let Fact::ModelAnswered { turn, step, .. } = &mut event.fact {
            *step = *turn;
        }
    }
    // It goes on while the foot is given up.
    let mut transcript = whole(&events[..events.len() - 1]);
    transcript.trim_foot();
    assert_eq!(transcript.entries().len(), 1_000);
    let after = transcript.last();
    let rest: Vec<Event> = events
        .into_iter()
        .filter(|event| event.seq > after)
        .collect();
    transcript.append(&rest, usize::MAX);
    let last = transcript.entries().last().map(|entry| &entry.what);
    let Some(What::Ended { spent, .. }) = last else {
        panic!("{last:?}");
    };
    assert_eq!(spent.steps, 900, "steps have numbers");
}

#[test]
fn a_call_finds_its_result_when_the_foot_was_given_up_between() {
    let events = log(600);
    // A page begins between a call and its result.
    let mut end = events.len();
    let mut transcript = Transcript::default();
    while end > 0 {
        let start = end.saturating_sub(202);
        transcript.prepend(&events[start..end], 202);
        transcript.trim_foot();
        end = start;
    }
    let open: Vec<Seq> = transcript
        .entries()
        .iter()
        .filter(|entry| matches!(&entry.what, What::Call(call) if call.outcome.is_none()))
        .map(|entry| entry.seq)
        .collect();
    assert_eq!(open, []);
}
