//! What a run adds up to: events in, the promised result object out. Pure.

use serde_json::{Map, Value, json};

use crate::command::json::{cost_other, cost_usd, included, usage};
use crate::command::run::ending;
use crate::command::show::outcome_name;
use crate::protocol::ask::About;
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Ending, Event, Fact};
use crate::protocol::failure::{Failure, Stop};
use crate::protocol::id::{CallId, ModelRef, Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::time::Time;
use crate::protocol::usage::{Spending, Usage};

/// One turn, from its start to its end.
#[derive(Debug, Clone)]
pub struct Tally {
    session: SessionId,
    model: ModelRef,
    /// Of the last call to a model.
    result: String,
    thinking: String,
    stop: Option<Stop>,
    /// Of the whole run.
    steps: u32,
    calls: Vec<Call>,
    usage: Usage,
    spent: Spending,
    began: Option<(u32, Time)>,
    /// What was told beside the answers: that another endpoint of a route serves, that an answer is not whole.
    notices: Vec<String>,
    /// What it last waited for, were there somebody to ask.
    asked: Option<About>,
    ended: Option<(Seq, Time, Ending)>,
    /// Its end is not waited for any more.
    given_up: bool,
    /// Why its end will never come.
    broken: Option<Failure>,
}

#[derive(Debug, Clone)]
struct Call {
    id: CallId,
    name: String,
    input: Option<Value>,
    outcome: Option<OutcomeKind>,
}

impl Tally {
    pub fn new(session: SessionId, model: ModelRef) -> Self {
        Self {
            session,
            model,
            result: String::new(),
            thinking: String::new(),
            stop: None,
            steps: 0,
            calls: Vec::new(),
            usage: Usage::default(),
            spent: Spending::default(),
            notices: Vec::new(),
            began: None,
            asked: None,
            ended: None,
            given_up: false,
            broken: None,
        }
    }

    /// Whether the run's turn has begun. What a resumed session puts in order before it is none of the run's.
    pub fn has_begun(&self) -> bool {
        self.began.is_some()
    }

    /// The person did not wait for its end.
    pub fn give_up(&mut self) {
        self.given_up = true;
    }

    /// It ended without an end in the log.
    pub fn broke_off(&mut self, why: Failure) {
        self.broken = Some(why);
    }

    pub fn ending(&self) -> Option<&Ending> {
        self.ended.as_ref().map(|(_, _, ending)| ending)
    }

    /// What the run would have waited for last, were there somebody to ask.
    pub fn asked(&self) -> Option<&About> {
        self.asked.as_ref()
    }

    /// Whether the event belongs to the run.
    pub fn apply(&mut self, event: &Event) -> bool {
        if event.session != self.session || self.ended.is_some() {
            return false;
        }
        if let Fact::TurnStarted { turn } = &event.fact {
            self.began.get_or_insert((*turn, event.at));
            return true;
        }
        let Some((own, _)) = self.began else {
            return matches!(event.fact, Fact::SessionOpened { .. });
        };
        match &event.fact {
            // Step 0 is a call beside the turn, for a title: it costs, and says nothing.
            Fact::ModelCalled {
                step: step @ 1..,
                model,
                ..
            } => {
                self.steps = self.steps.max(*step);
                self.model = model.clone();
                self.result.clear();
                self.thinking.clear();
                self.stop = None;
            }
            Fact::ModelAnswered {
                usage,
                charge,
                stop,
                failure,
                ..
            } => {
                self.usage.add(usage);
                self.spent.add(*charge);
                self.stop = if failure.is_some() {
                    Some(Stop::Error)
                } else {
                    *stop
                };
            }
            Fact::ItemAdded { item, .. } => self.item(item),
            Fact::AskRaised { ask } => self.asked = Some(ask.about.clone()),
            Fact::TurnEnded { turn, ending } if *turn == own => {
                self.ended = Some((event.seq, event.at, ending.clone()));
            }
            _ => {}
        }
        true
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Answer { text, .. } => self.result.push_str(text),
            Item::Thought { text, .. } => self.thinking.push_str(text),
            Item::Call(call) => self.calls.push(Call {
                id: call.id.clone(),
                name: call.name.clone(),
                input: call.input().ok(),
                outcome: None,
            }),
            Item::Result { call, outcome } => {
                if let Some(open) = self.calls.iter_mut().rev().find(|open| open.id == *call) {
                    open.outcome = Some(outcome.kind);
                }
            }
            Item::Notice { text } => self.notices.push(text.clone()),
            Item::Prompt { .. } | Item::Shell { .. } | Item::Recalled(_) => {}
        }
    }

    /// The last model call's text.
    pub fn text(&self) -> &str {
        &self.result
    }

    /// The number of the event that ended the run.
    pub fn seq(&self) -> Option<Seq> {
        self.ended.as_ref().map(|(seq, ..)| *seq)
    }

    /// The object of `--output json`.
    pub fn result(&self) -> Map<String, Value> {
        let known = self.spent.unpriced == 0;
        let ended = self.ending();
        let duration = match (&self.began, &self.ended) {
            (Some((_, began)), Some((_, ended, _))) => ended.since(*began).as_millis(),
            _ => 0,
        };
        let calls: Vec<Value> = self.calls.iter().map(Call::value).collect();
        let value = json!({
            "session_id": self.session.to_string(),
            "ending": ended.map_or(if self.given_up { "interrupted" } else { "failed" }, ending::name),
            "result": self.result,
            "steps": self.steps,
            "tool_calls": calls,
            "thinking": self.thinking,
            "stop_reason": self.stop,
            "usage": usage(&self.usage),
            "cost_usd": cost_usd(&self.spent.cost, known),
            "cost_other": cost_other(&self.spent.cost),
            "cost_known": known,
            "model": self.model.to_string(),
            "duration_ms": u64::try_from(duration).unwrap_or(u64::MAX),
            "error": match ended {
                Some(Ending::Failed { failure }) => error(failure),
                None => self.broken.as_ref().map_or(Value::Null, error),
                _ => Value::Null,
            },
        });
        match value {
            Value::Object(mut object) => {
                object.extend(included(
                    u64::from(self.spent.included),
                    &self.spent.list,
                    self.spent.list_estimated,
                ));
                // Only where it is so: the promised fields are those that are always there.
                if self.spent.estimated {
                    object.insert("cost_estimated".to_owned(), json!(true));
                }
                if !self.notices.is_empty() {
                    object.insert("notices".to_owned(), json!(self.notices));
                }
                object
            }
            _ => Map::new(),
        }
    }
}

impl Call {
    /// A call that was never answered ended with the run.
    fn value(&self) -> Value {
        let outcome = match (self.outcome, &self.input) {
            (Some(outcome), _) => outcome,
            (None, None) => OutcomeKind::Failed,
            (None, Some(_)) => OutcomeKind::Cancelled,
        };
        json!({ "id": self.id.0, "name": self.name, "input": self.input, "outcome": outcome_name(outcome) })
    }
}

fn error(failure: &Failure) -> Value {
    json!({ "kind": failure.kind, "message": failure.message })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::run::made::{
        answer, answered, call, called, events, item, result, session,
    };
    use crate::protocol::call::Outcome;
    use crate::protocol::failure::FailureKind;
    use crate::protocol::money::{Currency, Money};
    use crate::protocol::usage::{Basis, Charge};

    fn paid(parts: i64, basis: Basis) -> Charge {
        Charge {
            money: Some(Money::usd(parts)),
            basis,
        }
    }

    fn tally(facts: Vec<Fact>) -> Tally {
        let mut tally = Tally::new(session(), "local/other".parse().unwrap());
        for event in events(facts) {
            tally.apply(&event);
        }
        tally
    }

    #[test]
    fn a_run_has_the_promised_result() {
        let thought = Item::Thought {
            text: "hm".to_owned(),
            opaque: None,
        };
        let tally = tally(vec![
            // What a crash left open is closed first, and is not this run's.
            Fact::TurnEnded {
                turn: 1,
                ending: Ending::interrupted("crash"),
            },
            Fact::TurnStarted { turn: 2 },
            called(1, 1),
            item(1, thought.clone()),
            item(1, answer("I look.")),
            item(1, call(1, 1, "{\"command\":\"ls\"}")),
            item(1, call(1, 2, "{\"comm")),
            item(1, call(1, 3, "")),
            answered(
                1,
                paid(1_200_000_000, Basis::Listed),
                Some(Stop::Tool),
                None,
            ),
            item(
                1,
                result(
                    1,
                    1,
                    Outcome {
                        exit: Some(1),
                        ..Outcome::done("x")
                    },
                ),
            ),
            item(1, result(1, 2, Outcome::failed("not valid JSON"))),
            called(2, 1),
            answered(
                2,
                Charge {
                    money: Some(Money {
                        parts: 310_000_000_000,
                        currency: Currency::CNY,
                    }),
                    basis: Basis::Listed,
                },
                None,
                None,
            ),
            item(2, answer("All is ")),
            item(2, answer("well.")),
            Fact::TurnEnded {
                turn: 2,
                ending: Ending::Finished,
            },
            Fact::TurnStarted { turn: 3 },
            item(1, answer("of the next turn")),
        ]);
        let expected = json!({
            "session_id": "0193573a-9e00-7000-8000-00000000abcd", "ending": "finished", "result": "All is well.", "steps": 2,
            "tool_calls": [
                { "id": "call_1_1_1", "name": "bash", "input": { "command": "ls" }, "outcome": "done" },
                { "id": "call_1_1_2", "name": "bash", "input": null, "outcome": "failed" },
                { "id": "call_1_1_3", "name": "bash", "input": {}, "outcome": "cancelled" },
            ],
            "thinking": "", "stop_reason": null,
            "usage": { "input_tokens": 20, "cache_read_tokens": 200, "cache_write_tokens": 46, "output_tokens": 14,
                       "reasoning_tokens": 4 },
            "cost_usd": 0.0012, "cost_other": { "CNY": 0.31 }, "cost_known": true, "model": "local/m", "duration_ms": 14000,
            "error": null,
        });
        assert_eq!(Value::Object(tally.result()), expected);
        assert_eq!(tally.seq(), Some(Seq(16)));
    }

    #[test]
    fn a_failed_run_says_so() {
        let failure = Failure::new(FailureKind::Auth, "the key was refused");
        let tally = tally(vec![
            Fact::TurnStarted { turn: 1 },
            called(1, 1),
            item(1, answer("half")),
            answered(1, Charge::UNKNOWN, None, Some(failure.clone())),
            called(1, 2),
            answered(1, paid(5, Basis::Play), None, Some(failure.clone())),
            Fact::TurnEnded {
                turn: 1,
                ending: Ending::Failed { failure },
            },
        ]);
        let result = tally.result();
        let fields = [
            "ending",
            "result",
            "steps",
            "stop_reason",
            "cost_usd",
            "cost_known",
            "error",
        ];
        let found: Vec<&Value> = fields.iter().map(|field| &result[*field]).collect();
        let error = json!({ "kind": "auth", "message": "the key was refused" });
        let expected = [
            json!("failed"),
            json!(""),
            json!(1),
            json!("error"),
            Value::Null,
            json!(false),
            error,
        ];
        assert_eq!(found, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn what_was_told_beside_the_answers_stands_in_the_result() {
        let notice = |text: &str| {
            item(
                1,
                Item::Notice {
                    text: text.to_owned(),
                },
            )
        };
        let tally = tally(vec![
            Fact::TurnStarted { turn: 1 },
            called(1, 1),
            notice("route/work: b/m answers now; a/m: failed: a answered 503"),
            item(1, answer("Done.")),
            answered(1, paid(5, Basis::Listed), Some(Stop::End), None),
        ]);
        assert_eq!(
            tally.result()["notices"],
            json!(["route/work: b/m answers now; a/m: failed: a answered 503"])
        );
    }

    #[test]
    fn the_rehearsal_costs_nothing() {
        let tally = tally(vec![
            Fact::TurnStarted { turn: 1 },
            called(1, 1),
            answered(1, paid(5_000_000_000, Basis::Play), Some(Stop::End), None),
        ]);
        let result = tally.result();
        assert_eq!(
            [&result["cost_usd"], &result["cost_known"]],
            [&json!(0.0), &json!(true)]
        );
        assert_eq!(result["stop_reason"], json!("end"));
    }

    #[test]
    fn a_run_whose_end_nobody_waited_for_was_interrupted() {
        let mut tally = tally(vec![
            Fact::TurnStarted { turn: 1 },
            called(1, 1),
            item(1, call(1, 1, "{}")),
        ]);
        assert_eq!(tally.result()["ending"], json!("failed"));
        tally.give_up();
        assert_eq!(tally.result()["ending"], json!("interrupted"));
    }

    #[test]
    fn a_run_that_could_not_be_kept_on_failed_and_says_why() {
        let mut tally = tally(vec![Fact::TurnStarted { turn: 1 }, called(1, 1)]);
        let why = "the disk is full";
        tally.broke_off(Failure::new(FailureKind::Internal, why));
        let result = tally.result();
        assert_eq!(
            [&result["ending"], &result["error"]],
            [
                &json!("failed"),
                &json!({"kind": "internal", "message": why})
            ]
        );
    }
}
