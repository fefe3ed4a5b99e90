//! The calls of one step: judged in order, run side by side where they only read, each ended by exactly one result.

use crate::agent::open::told_edited;
use crate::agent::turn::NO_BECAUSE;
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::Decision;
use crate::agent::turn::{Open, Phase, Status, Turn};
use crate::protocol::ask::{Answer, Verdict};
use crate::protocol::call::{Outcome, OutcomeKind};
use crate::protocol::event::Fact;
use crate::protocol::id::{AskId, CallId};
use crate::protocol::item::Item;
use crate::protocol::rule::By;

/// Calls that only read and run side by side at most: each holds its output in memory.
const SIDE_BY_SIDE: usize = 8;

impl Turn {
    pub(crate) fn judged(&mut self, call: &CallId, decision: Decision, effects: &mut Vec<Effect>) {
        let Some(index) = self.find(call, |status| *status == Status::Judging) else {
            return;
        };
        match decision {
            Decision::Allow(by) => self.run(index, by, effects),
            Decision::Ask(ask) => {
                self.calls[index].status = Status::Asking(ask.id.clone());
                effects.push(Effect::Append(Fact::AskRaised { ask }));
                self.advance(effects);
            }
            Decision::Deny(text, by) => self.resolve(index, Outcome::denied(text, by), effects),
            Decision::Invalid(text) => {
                self.calls[index].broken = true;
                self.resolve(index, Outcome::failed(text), effects);
            }
        }
    }

    pub(crate) fn ask_answered(&mut self, ask: &AskId, answer: Answer, effects: &mut Vec<Effect>) {
        if let Phase::Held(held) = &self.phase {
            if held.id == *ask {
                let about = held.about.clone();
                self.hold_answered(ask, &about, answer, effects);
            }
            return;
        }
        let asking = |open: &Open| matches!(&open.status, Status::Asking(id) if id == ask);
        let Some(index) = self.calls.iter().position(asking) else {
            return;
        };
        let verdict = match answer {
            // Hunks are made into arguments before they come here.
            Answer::Verdict { verdict } if !matches!(verdict, Verdict::Hunks { .. }) => verdict,
            Answer::Said { text } => {
                self.said(index, ask, text, effects);
                return;
            }
            Answer::Verdict { .. } | Answer::Proceed | Answer::Raise { .. } | Answer::End => return,
        };
        effects.push(Effect::Append(Fact::AskAnswered {
            ask: ask.clone(),
            answer: Answer::Verdict {
                verdict: verdict.clone(),
            },
        }));
        match verdict {
            Verdict::Once | Verdict::Session | Verdict::Kept { .. } => {
                self.run(index, By::Person, effects);
            }
            Verdict::Hunks { .. } => {}
            Verdict::Edited { arguments } => {
                self.calls[index].edited = Some(arguments.clone());
                self.calls[index].call.arguments = arguments;
                self.run(index, By::Person, effects);
            }
            Verdict::No { reason } => {
                let text = match reason.filter(|reason| !reason.trim().is_empty()) {
                    Some(reason) => format!("{NO_BECAUSE}{reason}"),
                    None => "the person said no; do not try it again in another way without asking"
                        .to_owned(),
                };
                self.resolve(index, Outcome::denied(text, By::Person), effects);
            }
        }
    }

    /// The answer to a question of the model is the result of its call.
    fn said(&mut self, index: usize, ask: &AskId, text: Option<String>, effects: &mut Vec<Effect>) {
        let told = match &text {
            Some(text) => format!("the person answers: {text}"),
            None => "the person leaves it to you; decide, and say what you decided".to_owned(),
        };
        effects.push(Effect::Append(Fact::AskAnswered {
            ask: ask.clone(),
            answer: Answer::Said { text },
        }));
        self.resolve(index, Outcome::done(told), effects);
    }

    /// What was asked about is no longer what would run: it is judged anew.
    pub(crate) fn voided(&mut self, ask: &AskId, why: String, effects: &mut Vec<Effect>) {
        let asking = |open: &Open| matches!(&open.status, Status::Asking(id) if id == ask);
        let Some(index) = self.calls.iter().position(asking) else {
            return;
        };
        effects.push(Effect::Append(Fact::AskVoided {
            ask: ask.clone(),
            why,
        }));
        self.calls[index].status = Status::Pending;
        self.advance(effects);
    }

    pub(crate) fn ended(&mut self, call: &CallId, mut outcome: Outcome, effects: &mut Vec<Effect>) {
        let Some(index) = self.find(call, |status| *status == Status::Running) else {
            return;
        };
        if let Some(edited) = &self.calls[index].edited {
            outcome.text = told_edited(edited, &outcome.text);
        }
        self.resolve(index, outcome, effects);
    }

    /// Has pending calls judged: one after the other, but neighbours that only read side by side.
    pub(crate) fn advance(&mut self, effects: &mut Vec<Effect>) {
        let mut open_before = 0;
        for index in 0..self.calls.len() {
            let reads = self.readers.contains(&self.calls[index].call.name);
            match self.calls[index].status {
                Status::Done => continue,
                Status::Pending if open_before > 0 && !reads => return,
                Status::Pending if open_before == SIDE_BY_SIDE => return,
                Status::Pending => {
                    self.calls[index].status = Status::Judging;
                    effects.push(Effect::Judge(self.calls[index].call.clone()));
                }
                Status::Judging | Status::Asking(_) | Status::Running => {}
            }
            if !reads {
                return;
            }
            open_before += 1;
        }
        if open_before == 0 {
            self.next_step(effects);
        }
    }

    pub(crate) fn run(&mut self, index: usize, by: By, effects: &mut Vec<Effect>) {
        let open = &mut self.calls[index];
        open.status = Status::Running;
        effects.push(Effect::Append(Fact::CallStarted {
            call: open.call.id.clone(),
            birth: None,
            by: Some(by),
            change: None,
        }));
        effects.push(Effect::Run(open.call.clone()));
        self.advance(effects);
    }

    pub(crate) fn resolve(&mut self, index: usize, outcome: Outcome, effects: &mut Vec<Effect>) {
        self.result(index, outcome, effects);
        match self.phase {
            Phase::Working => self.advance(effects),
            Phase::Stopping(_) => self.end_if_stopped(effects),
            _ => {}
        }
    }

    pub(crate) fn result(&mut self, index: usize, outcome: Outcome, effects: &mut Vec<Effect>) {
        let open = &mut self.calls[index];
        open.status = Status::Done;
        self.denied |= outcome.kind == OutcomeKind::Denied;
        let item = Item::Result {
            call: open.call.id.clone(),
            outcome,
        };
        self.add(item, effects);
    }

    pub(crate) fn cancel_open(&mut self, text: &str, effects: &mut Vec<Effect>) {
        for index in 0..self.calls.len() {
            if self.calls[index].status != Status::Done {
                self.result(index, Outcome::cancelled(text), effects);
            }
        }
    }

    fn find(&self, call: &CallId, fits: impl Fn(&Status) -> bool) -> Option<usize> {
        self.calls
            .iter()
            .position(|open| open.call.id == *call && fits(&open.status))
    }
}
