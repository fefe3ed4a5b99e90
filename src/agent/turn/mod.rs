//! One turn of the loop as a pure machine: an input goes in, effects come out. It asks the model, has its calls judged and
//! run, and goes on until the model has said its last word. It lives only while the turn runs; a crash ends the turn as
//! facts ([`crate::agent::recover`]).
//!
//! What holds, whatever comes in and in whatever order: every call gets exactly one result; the model is never asked while
//! a call is open; a turn ends exactly once; nothing happens after the end; no call of an answer that was cut is run.

mod alone;
mod attempt;
mod calls;

/// What a model is told before the reason of a person's no.
pub const NO_BECAUSE: &str = "the person said no: ";

#[cfg(test)]
mod again;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod crash;
pub mod effect;
pub mod input;
#[cfg(test)]
mod proof;
mod record;
mod stopped;
mod vain;
#[cfg(test)]
mod vainly;

use std::sync::Arc;

use crate::agent::turn::attempt::Tried;
use crate::agent::turn::effect::{Effect, Waived};
use crate::agent::turn::input::{Bill, Input};
use crate::agent::turn::stopped::{is_refused, not_run, shortfall};
use crate::agent::turn::vain::Vain;
use crate::protocol::ask::{About, Answer, Ask};
use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::id::{AskId, CallId, MessageId};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::reply::Reply;

/// Calls of one answer that are looked at; no model means to make more.
const MOST_CALLS: usize = 256;

/// Limits of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Model calls; the calls of the last answer are then not run.
    pub max_steps: Option<u32>,
    /// How often one step is asked at most, the first time included.
    pub attempts: u32,
    /// A person is there to end it: without a way to the server it is tried until there is one.
    pub patient: bool,
}

/// What a turn begins with. With nothing in it the model is asked again with what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Messages that waited, in the order they were said: they enter first.
    pub entering: Vec<(MessageId, Vec<Block>)>,
    pub prompt: Option<(Vec<Block>, Origin)>,
}

#[derive(Debug)]
pub struct Turn {
    number: u32,
    step: u32,
    attempt: u32,
    phase: Phase,
    limits: Limits,
    /// Names of the tools that only read: neighbours among them run side by side.
    readers: Arc<[String]>,
    calls: Vec<Open>,
    steering: Vec<(MessageId, Vec<Block>)>,
    /// A call of the last step that had any was denied.
    denied: bool,
    held: u32,
    waived: Waived,
    /// How often this step was waited for, the first time it was asked included.
    rounds: u32,
    /// A wait has just ended.
    waited: bool,
    /// Endpoints that failed in this step.
    tried: Vec<Tried>,
    /// What was said before another endpoint was asked: kept only if the step ends without an answer.
    dropped: Reply,
    /// What was told last of an answer beside it.
    remarked: Option<String>,
    /// Steps in a row that came to nothing in the same manner.
    vain: Vain,
    /// It ends with its calls, since no model made them; what is said meanwhile is answered all the same.
    alone: bool,
}

#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a turn has one phase")]
enum Phase {
    /// A model call is out, or about to be.
    Calling,
    /// The next model call waits for an answer.
    Held(Ask),
    /// Waits to ask: again, or for the first time.
    Sleeping(Then),
    /// Calls are open.
    Working,
    /// Interrupted; running tools are ending.
    Stopping(String),
    Ended,
}

/// What the end of a wait begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The attempt that was not yet made.
    Ask,
    /// One more.
    AskAgain,
}

#[derive(Debug)]
struct Open {
    call: ToolCall,
    status: Status,
    /// What the person changed the arguments to.
    edited: Option<String>,
    /// No tool could make anything of its arguments.
    broken: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Status {
    Pending,
    Judging,
    Asking(AskId),
    Running,
    Done,
}

impl Turn {
    fn new(number: u32, limits: Limits, readers: Arc<[String]>) -> Self {
        Self {
            number,
            step: 0,
            attempt: 1,
            phase: Phase::Calling,
            limits,
            readers,
            calls: Vec::new(),
            steering: Vec::new(),
            denied: false,
            held: 0,
            waived: Waived::default(),
            rounds: 1,
            waited: false,
            tried: Vec::new(),
            dropped: Reply::default(),
            remarked: None,
            vain: Vain::default(),
            alone: false,
        }
    }

    pub fn begin(
        number: u32,
        opening: Opening,
        limits: Limits,
        readers: Arc<[String]>,
    ) -> (Self, Vec<Effect>) {
        let mut turn = Self::new(number, limits, readers);
        turn.steering = opening.entering;
        let mut effects = vec![Effect::Append(Fact::TurnStarted { turn: number })];
        turn.enter_step(&mut effects);
        if let Some((blocks, origin)) = opening.prompt {
            turn.add(Item::Prompt { blocks, origin }, &mut effects);
        }
        turn.call_model(&mut effects);
        (turn, effects)
    }

    /// Interrupted, with tools that are still ending: what is said now is for the next turn.
    pub fn is_stopping(&self) -> bool {
        matches!(self.phase, Phase::Stopping(_))
    }

    /// An open call of the present step, as the model asked for it.
    pub fn call(&self, id: &CallId) -> Option<&ToolCall> {
        self.calls
            .iter()
            .find(|open| open.call.id == *id)
            .map(|open| &open.call)
    }

    pub fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Takes one input. One that does not fit the moment (late, repeated, unknown) has no effect.
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.has_ended() {
            return effects;
        }
        match input {
            Input::Held(about) => self.hold(about, &mut effects),
            Input::Answered { reply, bill } => self.answered(reply, bill, &mut effects),
            Input::Postponed { failure, wait } => self.postponed(failure, wait, &mut effects),
            Input::NoWay(failure) => self.no_way(failure, &mut effects),
            Input::Failed {
                failure,
                partial,
                bill,
                jitter,
                supply,
            } => self.failed(failure, partial, bill, (jitter, supply), &mut effects),
            Input::Woke => {
                if let Phase::Sleeping(then) = self.phase {
                    self.attempt += u32::from(then == Then::AskAgain);
                    self.waited = true;
                    self.call_model(&mut effects);
                }
            }
            Input::Judged { call, decision } => self.judged(&call, decision, &mut effects),
            Input::AskAnswered { ask, answer } => self.ask_answered(&ask, answer, &mut effects),
            Input::AskVoided { ask, why } => self.voided(&ask, why, &mut effects),
            Input::Ended { call, outcome } => self.ended(&call, outcome, &mut effects),
            Input::Steered { id, blocks } => self.steering.push((id, blocks)),
            Input::Withdrawn { id } => self.steering.retain(|(message, _)| *message != id),
            Input::Interrupt { partial, why } => self.interrupt(partial, why, &mut effects),
            Input::Deadline => {
                if matches!(self.phase, Phase::Stopping(_)) {
                    self.cancel_open("stopped by the person; it did not end in time, so its outcome is not known", &mut effects);
                    self.end_if_stopped(&mut effects);
                }
            }
        }
        effects
    }

    fn hold(&mut self, about: About, effects: &mut Vec<Effect>) {
        if self.phase != Phase::Calling {
            return;
        }
        self.held += 1;
        let ask = Ask {
            id: AskId(format!("hold_{}_{}_{}", self.number, self.step, self.held)),
            about,
        };
        effects.push(Effect::Append(Fact::AskRaised { ask: ask.clone() }));
        self.phase = Phase::Held(ask);
    }

    fn answered(&mut self, reply: Reply, bill: Bill, effects: &mut Vec<Effect>) {
        if self.phase != Phase::Calling {
            return;
        }
        let stop = reply.stop.unwrap_or(Stop::End);
        self.vain.stop = Some(stop);
        let refusal = reply.refusal.clone();
        let shortfall = shortfall(&reply, stop);
        let remark = reply.remark.clone();
        for part in reply.parts {
            let item = self.item(part);
            if let Item::Call(call) = &item {
                self.calls.push(Open {
                    call: call.clone(),
                    status: Status::Pending,
                    edited: None,
                    broken: false,
                });
            }
            self.add(item, effects);
        }
        effects.push(Effect::Append(self.bill(bill, Some(stop), None)));
        self.remark(remark, effects);
        if self.calls.is_empty() {
            if let Some(text) = shortfall {
                self.add(Item::Notice { text }, effects);
            }
            self.last_word(stop, refusal, effects);
            return;
        }
        self.phase = Phase::Working;
        self.denied = false;
        if stop == Stop::Error
            && let Some(text) = shortfall
        {
            self.add(Item::Notice { text }, effects);
        }
        if let Some(why) = not_run(stop) {
            for index in 0..self.calls.len() {
                self.result(index, Outcome::failed(why), effects);
            }
        }
        if is_refused(stop) {
            self.last_word(stop, refusal, effects);
            return;
        }
        for index in MOST_CALLS..self.calls.len() {
            if self.calls[index].status != Status::Done {
                let text = format!("not run: an answer may make {MOST_CALLS} calls at most");
                self.result(index, Outcome::failed(text), effects);
            }
        }
        if self.is_last_step() {
            self.cancel_open("not run: the limit of steps is reached", effects);
            self.end_at_limit(effects);
            return;
        }
        self.advance(effects);
    }

    fn is_last_step(&self) -> bool {
        self.limits.max_steps.is_some_and(|most| self.step >= most)
    }

    fn end_at_limit(&mut self, effects: &mut Vec<Effect>) {
        let steps = if self.step == 1 { "step" } else { "steps" };
        let text = format!("the limit of {} {steps} is reached", self.step);
        self.end(Ending::Limit { text }, effects);
    }

    /// The model made no call: goes on where something waits to be said, else the turn is over.
    fn last_word(&mut self, stop: Stop, refusal: Option<String>, effects: &mut Vec<Effect>) {
        if is_refused(stop) {
            let text = refusal.unwrap_or_else(|| "the model would not answer this".to_owned());
            self.end(
                Ending::Failed {
                    failure: Failure::new(FailureKind::Refused, text),
                },
                effects,
            );
        } else if stop == Stop::Pause || !self.steering.is_empty() {
            if self.is_last_step() {
                self.end_at_limit(effects);
            } else {
                self.next_step(effects);
            }
        } else if self.denied {
            self.end(Ending::Denied, effects);
        } else {
            self.end(Ending::Finished, effects);
        }
    }

    fn hold_answered(
        &mut self,
        ask: &AskId,
        about: &About,
        answer: Answer,
        effects: &mut Vec<Effect>,
    ) {
        let ends = match &answer {
            Answer::End => true,
            Answer::Proceed | Answer::Raise { .. } => false,
            Answer::Verdict { .. } | Answer::Said { .. } => return,
        };
        // That a model without a known price may be called holds for the home, and was kept before this.
        if answer == Answer::Proceed
            && let About::Budget { which, .. } = about
        {
            self.waived.budgets.push(*which);
        }
        effects.push(Effect::Append(Fact::AskAnswered {
            ask: ask.clone(),
            answer,
        }));
        if !ends {
            self.call_model(effects);
            return;
        }
        let ending = match about {
            About::Guard { text, .. } => Ending::Limit { text: text.clone() },
            About::Budget { .. }
            | About::Unpriced { .. }
            | About::Approval(_)
            | About::Question(_) => Ending::Budget,
        };
        self.keep_partial(&Reply::default(), effects);
        self.end(ending, effects);
    }

    fn interrupt(
        &mut self,
        partial: Option<(Reply, Bill)>,
        why: String,
        effects: &mut Vec<Effect>,
    ) {
        match &self.phase {
            Phase::Calling => {
                effects.push(Effect::StopModel);
                let (reply, bill) = partial.unzip();
                self.keep_partial(&reply.unwrap_or_default(), effects);
                if let Some(bill) = bill {
                    effects.push(Effect::Append(self.bill(bill, None, None)));
                }
                self.end(Ending::interrupted(why), effects);
            }
            Phase::Held(ask) => {
                effects.push(Effect::Append(Fact::AskVoided {
                    ask: ask.id.clone(),
                    why: why.clone(),
                }));
                self.keep_partial(&Reply::default(), effects);
                self.end(Ending::interrupted(why), effects);
            }
            Phase::Sleeping(_) => {
                self.keep_partial(&Reply::default(), effects);
                self.end(Ending::interrupted(why), effects);
            }
            Phase::Working => {
                for index in 0..self.calls.len() {
                    if let Status::Asking(ask) = &self.calls[index].status {
                        effects.push(Effect::Append(Fact::AskVoided {
                            ask: ask.clone(),
                            why: why.clone(),
                        }));
                    }
                    if !matches!(self.calls[index].status, Status::Running | Status::Done) {
                        self.result(
                            index,
                            Outcome::cancelled("not run: the turn was stopped"),
                            effects,
                        );
                    }
                }
                if self.calls.iter().any(|open| open.status == Status::Running) {
                    effects.push(Effect::StopCalls);
                }
                self.phase = Phase::Stopping(why);
                self.end_if_stopped(effects);
            }
            Phase::Stopping(_) | Phase::Ended => {}
        }
    }

    fn end_if_stopped(&mut self, effects: &mut Vec<Effect>) {
        if self.calls.iter().all(|open| open.status == Status::Done)
            && let Phase::Stopping(why) = &self.phase
        {
            let ending = Ending::interrupted(why.clone());
            self.end(ending, effects);
        }
    }

    /// What steers enters, and the model is asked.
    fn next_step(&mut self, effects: &mut Vec<Effect>) {
        if self.ends_alone(effects) || self.ends_in_vain(effects) {
            return;
        }
        self.enter_step(effects);
        self.call_model(effects);
    }

    fn enter_step(&mut self, effects: &mut Vec<Effect>) {
        self.calls.clear();
        self.waived = Waived::default();
        self.step += 1;
        self.attempt = 1;
        self.rounds = 1;
        self.tried.clear();
        self.dropped = Reply::default();
        for (id, blocks) in std::mem::take(&mut self.steering) {
            effects.push(Effect::Append(Fact::MessageWithdrawn { id, entered: true }));
            self.add(
                Item::Prompt {
                    blocks,
                    origin: Origin::Person,
                },
                effects,
            );
        }
    }

    pub(crate) fn end(&mut self, ending: Ending, effects: &mut Vec<Effect>) {
        self.phase = Phase::Ended;
        effects.push(Effect::Append(Fact::TurnEnded {
            turn: self.number,
            ending,
        }));
    }
}
