//! The facts of a session of another program, as they would have been kept had it been had here.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::agent::cost::{self, Tariff};
use crate::agent::session::Session;
use crate::engine::import::calls::{Calls, Open};
use crate::import::{Entry, Spent, What};
use crate::protocol::call::{Outcome, ToolCall, Untrusted};
use crate::protocol::event::{Ending, Fact, Imported};
use crate::protocol::id::{CallId, ModelRef};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::money::{Money, Rates};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;
use crate::store::imports::Counted;

/// What is known of a call whose result nobody has.
pub(crate) const LOST: &str = "nothing is known of how this ended";

/// What a session came to.
pub(crate) struct Made {
    pub facts: Vec<Fact>,
    /// When each happened.
    pub times: Vec<Time>,
    /// What each answer took by now, by its key.
    pub spent: Vec<(String, Counted)>,
}

/// Puts facts together.
pub(crate) struct Facts<T> {
    turn: u32,
    step: u32,
    attempt: u32,
    open: bool,
    /// A tool has answered in this step: what the model says next is said in the next one.
    heard: bool,
    last: Time,
    calls: Calls,
    counted: BTreeMap<String, Counted>,
    tariff: T,
    made: Made,
}

impl<T: Fn(&ModelRef) -> Tariff> Facts<T> {
    /// Goes on where `fold` ends. `lost`: calls of it whose result was given up; `counted`: what answers took as far as that is in
    /// the log.
    pub(crate) fn new(
        fold: Option<&Session>,
        lost: Vec<CallId>,
        counted: BTreeMap<String, Counted>,
        tariff: T,
    ) -> Self {
        Self {
            turn: fold.map_or(0, |fold| fold.turn),
            step: 0,
            attempt: 0,
            open: false,
            heard: false,
            last: Time(0),
            calls: Calls::of(fold, lost),
            counted,
            tariff,
            made: Made {
                facts: Vec::new(),
                times: Vec::new(),
                spent: Vec::new(),
            },
        }
    }

    /// Takes in what follows, in order.
    pub(crate) fn take_all(&mut self, entries: Vec<Entry>, rates: &Rates) {
        self.calls.expect(&entries);
        for entry in entries {
            self.take(entry, rates);
        }
    }

    pub(crate) fn put(&mut self, at: Time, fact: Fact) {
        self.last = at;
        self.made.facts.push(fact);
        self.made.times.push(at);
    }

    fn take(&mut self, entry: Entry, rates: &Rates) {
        let Entry { at, id, what } = entry;
        if let What::Spent(spent) = what {
            self.spend(at, *spent, rates);
            return;
        }
        if let What::Result { call, .. } = &what
            && let Some(call) = self.calls.answered(call)
        {
            self.result(at, call, id, what);
            return;
        }
        // What the program itself puts in while a tool runs ends nothing.
        let begins = match what {
            What::Prompt { .. } => true,
            What::Summary { .. } => self.calls.is_quiet(self.turn),
            _ => false,
        };
        self.ready(at, begins);
        let speaks = matches!(
            what,
            What::Answer { .. } | What::Thought { .. } | What::Call { .. }
        );
        if speaks && std::mem::take(&mut self.heard) {
            self.step += 1;
        }
        let named = |who| {
            Some(Box::new(Imported {
                who,
                external_id: Some(id.clone()),
            }))
        };
        match what {
            What::Prompt { text, who } => {
                let blocks = vec![Block::text(text)];
                let origin = Origin::Person;
                self.add(at, Item::Prompt { blocks, origin }, named(who));
            }
            What::Answer { text, who } => {
                let answer = Item::Answer {
                    text,
                    cut: false,
                    opaque: None,
                };
                self.add(at, answer, named(who));
            }
            What::Thought { text } => {
                self.add(at, Item::Thought { text, opaque: None }, named(None));
            }
            What::Summary { text } => {
                // Said by the program and not by a person, and yet all that it went on with.
                let blocks = vec![Block::text(text)];
                let origin = Origin::Creel;
                self.add(at, Item::Prompt { blocks, origin }, named(None));
            }
            What::Shell {
                command,
                output,
                exit,
            } => {
                let outcome = Outcome {
                    exit,
                    ..Outcome::done(output)
                };
                self.add(at, Item::Shell { command, outcome }, named(None));
            }
            What::Call {
                id: call,
                name,
                arguments,
            } => {
                let asked = self.call(&call, name, arguments);
                let place = (self.turn, self.step);
                self.calls.made(&call, asked.id.clone(), place);
                self.add(at, Item::Call(asked), named(None));
            }
            What::Result {
                ref call, ref name, ..
            } => {
                // What a tool gave back stands behind a call, also where nobody knows which.
                let name = name.clone().unwrap_or_else(|| "tool".to_owned());
                let asked = self.call(call, name, String::new());
                let call = Open::of(asked.id.clone(), (self.turn, self.step));
                self.add(at, Item::Call(asked), None);
                self.result(at, call, id, what);
            }
            What::Spent(_) => {}
        }
    }

    /// The result of a call, in the place of that.
    fn result(&mut self, at: Time, call: Open, external_id: String, what: What) {
        let What::Result {
            name,
            text,
            failed,
            exit,
            ..
        } = what
        else {
            return;
        };
        let outcome = if failed {
            Outcome::failed(text)
        } else {
            Outcome::done(text)
        };
        let outcome = Outcome {
            exit,
            // Nobody here has seen what it read.
            untrusted: Some(Untrusted::Web),
            ..outcome
        };
        self.heard |= self.open && call.turn == self.turn;
        let imported = Some(Box::new(Imported {
            who: name,
            external_id: Some(external_id),
        }));
        self.answer(at, call, outcome, imported);
    }

    fn answer(&mut self, at: Time, call: Open, outcome: Outcome, imported: Option<Box<Imported>>) {
        let fact = Fact::ItemAdded {
            turn: call.turn,
            step: call.step,
            item: Item::Result {
                call: call.id,
                outcome,
            },
            imported,
        };
        self.put(at, fact);
    }

    /// A turn is open: a new one where a person begins to speak, or where none is.
    fn ready(&mut self, at: Time, begins: bool) {
        if self.open && !begins {
            return;
        }
        if begins {
            // Nobody waits for them any more, and a call without a result can be sent to no model.
            for call in self.calls.give_up() {
                let at = if self.made.facts.is_empty() {
                    at
                } else {
                    self.last
                };
                self.answer(at, call, Outcome::lost(LOST), None);
            }
        }
        self.close();
        self.turn += 1;
        self.step = 1;
        self.heard = false;
        self.open = true;
        self.put(at, Fact::TurnStarted { turn: self.turn });
    }

    fn call(&mut self, there: &str, name: String, arguments: String) -> ToolCall {
        ToolCall {
            id: self.calls.name(self.turn, there),
            wire_id: None,
            name,
            arguments,
            opaque: None,
        }
    }

    fn add(&mut self, at: Time, item: Item, imported: Option<Box<Imported>>) {
        let (turn, step) = (self.turn, self.step);
        self.put(
            at,
            Fact::ItemAdded {
                turn,
                step,
                item,
                imported,
            },
        );
    }

    /// What was not counted yet of an answer. No budget counts it: it was spent elsewhere, and before.
    fn spend(&mut self, at: Time, spent: Spent, rates: &Rates) {
        let before = self.counted.get(&spent.key).copied();
        let counted = before.unwrap_or_default();
        let most = counted.usage.most(spent.usage);
        let usage = most.beyond(counted.usage);
        let cost = counted.owed(spent.cost);
        if before.is_some() && usage == Usage::default() && cost.is_none_or(|cost| cost.parts == 0)
        {
            return;
        }
        let tariff = (self.tariff)(&spent.model);
        let (charge, _) = cost::charge(&[usage], cost, &tariff, false, rates);
        let counted = counted.with(most, charge.money);
        self.counted.insert(spent.key.clone(), counted);
        self.made.spent.push((spent.key, counted));
        self.ready(at, false);
        self.attempt += 1;
        let fact = Fact::ModelAnswered {
            turn: self.turn,
            step: self.step,
            attempt: self.attempt,
            model: spent.model,
            usage,
            charge,
            counted: Money::usd(0),
            raw: None,
            stop: None,
            failure: None,
            millis: 0,
            vitals: None,
            price: tariff.price().cloned().map(Box::new),
        };
        self.put(at, fact);
    }

    fn close(&mut self) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let (turn, ending) = (self.turn, Ending::Finished);
        self.put(self.last, Fact::TurnEnded { turn, ending });
    }

    /// `None` where there is nothing to keep. What was called at the end stays open: its result may come with the next import.
    pub(crate) fn end(mut self) -> Option<Made> {
        self.close();
        (!self.made.facts.is_empty()).then_some(self.made)
    }
}
