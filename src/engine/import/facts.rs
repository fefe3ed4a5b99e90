//! The facts of a session of another program, as they would have been kept had it been had here.

use std::collections::{BTreeMap, HashSet};

use crate::agent::cost::{self, Tariff};
use crate::agent::session::Session;
use crate::import::{Entry, Spent, What};
use crate::protocol::call::{Outcome, ToolCall, Untrusted};
use crate::protocol::event::{Ending, Fact, Imported};
use crate::protocol::id::{CallId, ModelRef};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::money::{Money, Rates};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;

/// Characters of a call's name there that are kept.
const ID: usize = 40;

/// What a session came to.
pub(crate) struct Made {
    pub facts: Vec<Fact>,
    /// When each happened.
    pub times: Vec<Time>,
    /// What each answer took by now, by its key.
    pub spent: Vec<(String, Usage)>,
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
    /// Calls of this turn that have no result yet, each with the name the program has for it, which several may have.
    calls: Vec<(String, CallId)>,
    /// Names of calls that are taken.
    taken: HashSet<String>,
    counted: BTreeMap<String, Usage>,
    tariff: T,
    made: Made,
}

impl<T: Fn(&ModelRef) -> Tariff> Facts<T> {
    /// Goes on where `fold` ends. `counted`: what answers took as far as that is in the log.
    pub(crate) fn new(fold: Option<&Session>, counted: BTreeMap<String, Usage>, tariff: T) -> Self {
        Self {
            turn: fold.map_or(0, |fold| fold.turn),
            step: 0,
            attempt: 0,
            open: false,
            heard: false,
            last: Time(0),
            calls: Vec::new(),
            taken: HashSet::new(),
            counted,
            tariff,
            made: Made {
                facts: Vec::new(),
                times: Vec::new(),
                spent: Vec::new(),
            },
        }
    }

    pub(crate) fn put(&mut self, at: Time, fact: Fact) {
        self.last = at;
        self.made.facts.push(fact);
        self.made.times.push(at);
    }

    pub(crate) fn take(&mut self, entry: Entry, rates: &Rates) {
        let Entry { at, id, what } = entry;
        if let What::Spent(spent) = what {
            self.spend(at, *spent, rates);
            return;
        }
        // What the program itself puts in while a tool runs ends nothing.
        let begins = match what {
            What::Prompt { .. } => true,
            What::Summary { .. } => self.calls.is_empty(),
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
                let asked = self.call(call, name, arguments);
                self.add(at, Item::Call(asked), named(None));
            }
            What::Result {
                call,
                name,
                text,
                failed,
                exit,
            } => {
                let call = if let Some(call) = self.open_call(&call) {
                    call
                } else {
                    // What a tool gave back stands behind a call, also where nobody knows which.
                    let name = name.clone().unwrap_or_else(|| "tool".to_owned());
                    let asked = self.call(call.clone(), name, String::new());
                    self.calls.pop();
                    let id = asked.id.clone();
                    self.add(at, Item::Call(asked), None);
                    id
                };
                let outcome = if failed {
                    Outcome::failed(text)
                } else {
                    Outcome::done(text)
                };
                // Nobody here has seen what it read.
                let outcome = Outcome {
                    exit,
                    untrusted: Some(Untrusted::Web),
                    ..outcome
                };
                self.heard = true;
                self.add(at, Item::Result { call, outcome }, named(name));
            }
            What::Spent(_) => {}
        }
    }

    /// A turn is open: a new one where a person begins to speak, or where none is.
    fn ready(&mut self, at: Time, begins: bool) {
        if self.open && !begins {
            return;
        }
        self.close();
        self.turn += 1;
        self.step = 1;
        self.heard = false;
        self.open = true;
        self.put(at, Fact::TurnStarted { turn: self.turn });
    }

    fn call(&mut self, name_there: String, name: String, arguments: String) -> ToolCall {
        // It goes to a model when the session is gone on with, and servers take no other signs and no longer ones.
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let legal = name_there.chars().map(|c| if fits(c) { c } else { '_' });
        let base: String = legal.take(ID).collect();
        let mut id = base.clone();
        let mut nth = 1;
        while !self.taken.insert(id.clone()) {
            nth += 1;
            id = format!("{base}-{nth}");
        }
        let id = CallId(format!("{}-{id}", self.turn));
        self.calls.push((name_there, id.clone()));
        ToolCall {
            id,
            wire_id: None,
            name,
            arguments,
            opaque: None,
        }
    }

    /// The oldest call of that name that has no result.
    fn open_call(&mut self, name_there: &str) -> Option<CallId> {
        let at = self.calls.iter().position(|(name, _)| name == name_there)?;
        Some(self.calls.remove(at).1)
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
        let most = before.map_or(spent.usage, |before| most(before, spent.usage));
        let usage = before.map_or(most, |before| beyond(most, before));
        if before.is_some() && usage == Usage::default() {
            return;
        }
        // What was told twice is in the first telling.
        let cost = spent.cost.filter(|_| before.is_none());
        let tariff = (self.tariff)(&spent.model);
        let (charge, _) = cost::charge(&[usage], cost, &tariff, false, rates);
        self.counted.insert(spent.key.clone(), most);
        self.made.spent.push((spent.key, most));
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
        // A call without a result can be sent to no model.
        for (_, call) in std::mem::take(&mut self.calls) {
            let outcome = Outcome::lost("nothing is known of how this ended");
            self.add(self.last, Item::Result { call, outcome }, None);
        }
        let (turn, ending) = (self.turn, Ending::Finished);
        self.put(self.last, Fact::TurnEnded { turn, ending });
    }

    /// `None` where there is nothing to keep.
    pub(crate) fn end(mut self) -> Option<Made> {
        self.close();
        (!self.made.facts.is_empty()).then_some(self.made)
    }
}

/// The most that two tellings of one answer say.
fn most(one: Usage, other: Usage) -> Usage {
    each(one, other, u64::max)
}

/// What `all` has more than `part`.
fn beyond(all: Usage, part: Usage) -> Usage {
    each(all, part, u64::saturating_sub)
}

fn each(one: Usage, other: Usage, of: fn(u64, u64) -> u64) -> Usage {
    let reasoning = match (one.reasoning, other.reasoning) {
        (None, None) => None,
        (one, other) => Some(of(one.unwrap_or_default(), other.unwrap_or_default())),
    };
    Usage {
        input: of(one.input, other.input),
        cache_read: of(one.cache_read, other.cache_read),
        cache_write: of(one.cache_write, other.cache_write),
        cache_write_long: of(one.cache_write_long, other.cache_write_long),
        output: of(one.output, other.output),
        reasoning: reasoning.filter(|tokens| *tokens > 0),
        searches: of(one.searches, other.searches),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn taken(entries: Vec<What>, counted: BTreeMap<String, Usage>) -> Made {
        let mut facts = Facts::new(None, counted, |_: &ModelRef| Tariff::Local);
        for (nth, what) in entries.into_iter().enumerate() {
            let id = format!("e{nth}");
            facts.take(
                Entry {
                    at: Time(1),
                    id,
                    what,
                },
                &Rates::default(),
            );
        }
        facts.end().expect("facts")
    }

    fn call(id: &str) -> What {
        What::Call {
            id: id.to_owned(),
            name: "Bash".to_owned(),
            arguments: "{}".to_owned(),
        }
    }

    fn result(call: &str) -> What {
        What::Result {
            call: call.to_owned(),
            name: None,
            text: "done".to_owned(),
            failed: false,
            exit: None,
        }
    }

    fn answer(text: &str) -> What {
        What::Answer {
            text: text.to_owned(),
            who: None,
        }
    }

    /// Each item with its turn and step.
    fn placed(made: &Made) -> Vec<(u32, u32, String)> {
        let added = made.facts.iter().filter_map(|fact| match fact {
            Fact::ItemAdded {
                turn, step, item, ..
            } => Some((*turn, *step, item)),
            _ => None,
        });
        let told = |item: &Item| match item {
            Item::Call(call) => format!("call {}", call.id.0),
            Item::Result { call, outcome } => format!("result {} {:?}", call.0, outcome.kind),
            Item::Answer { text, .. } => text.clone(),
            Item::Prompt { .. } => "prompt".to_owned(),
            other => format!("{other:?}"),
        };
        added
            .map(|(turn, step, item)| (turn, step, told(item)))
            .collect()
    }

    #[test]
    fn what_is_said_after_a_result_is_said_in_the_next_step() {
        let prompt = What::Prompt {
            text: "go".to_owned(),
            who: None,
        };
        let made = taken(
            vec![
                prompt.clone(),
                call("a"),
                result("a"),
                call("b"),
                result("b"),
                answer("all"),
                prompt,
            ],
            BTreeMap::new(),
        );
        let expected = [
            (1, 1, "prompt"),
            (1, 1, "call 1-a"),
            (1, 1, "result 1-a Done"),
            (1, 2, "call 1-b"),
            (1, 2, "result 1-b Done"),
            (1, 3, "all"),
            (2, 1, "prompt"),
        ];
        assert_eq!(
            placed(&made),
            expected.map(|(turn, step, told)| (turn, step, told.to_owned()))
        );
    }

    #[test]
    fn every_call_has_one_result_and_a_name_that_servers_take() {
        let long = format!("call_x|{}", "fc_é".repeat(40));
        let made = taken(
            vec![
                call("#1"),
                call(&long),
                result(&long),
                call("#1"),
                result("unknown"),
            ],
            BTreeMap::new(),
        );
        let placed = placed(&made);
        let names = |word: &str| -> Vec<String> {
            let rows = placed.iter().filter_map(|row| row.2.strip_prefix(word));
            let mut names: Vec<String> = rows
                .map(|row| row.split(' ').next().unwrap_or_default().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names("call "), names("result "), "{placed:?}");
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        for name in names("call ") {
            assert!(name.len() <= 64 && name.chars().all(legal), "{name}");
        }
    }

    #[test]
    fn an_answer_that_is_told_of_again_counts_what_is_new() {
        let spent = |output| {
            What::Spent(Box::new(Spent {
                key: "r1".to_owned(),
                model: ModelRef {
                    provider: "anthropic".to_owned(),
                    model: "m".to_owned(),
                },
                usage: Usage {
                    input: 10,
                    output,
                    ..Usage::default()
                },
                cost: None,
            }))
        };
        let before = Usage {
            input: 10,
            output: 3,
            ..Usage::default()
        };
        let counted = BTreeMap::from([("r1".to_owned(), before)]);
        let made = taken(vec![spent(3), spent(9), spent(5)], counted);
        let answers = made.facts.iter().filter_map(|fact| match fact {
            Fact::ModelAnswered { usage, .. } => Some((usage.input, usage.output)),
            _ => None,
        });
        assert_eq!(answers.collect::<Vec<_>>(), [(0, 6)]);
        assert_eq!(made.spent.last().map(|(_, usage)| usage.output), Some(9));
    }
}
