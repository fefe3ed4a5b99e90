//! Who decided on calls, from the facts of them.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::agent::at;
use crate::protocol::call::{OutcomeKind, ToolCall};
use crate::protocol::decided::{Decided, DecidedRow};
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{CallId, SessionId};
use crate::protocol::item::Item;
use crate::protocol::rule::By;

/// What was decided, while it is read in pages of facts in falling order.
#[derive(Debug, Default)]
pub struct Deciding {
    decided: Decided,
    /// At most so many calls are listed; all are counted.
    most: usize,
    /// For each row the call it is of, as long as that was not read: it came before and may stand on the next page.
    open: Vec<Option<CallId>>,
    /// What calls were given in the place of what they asked for, as long as they were not read.
    edited: HashMap<(SessionId, CallId), String>,
}

impl Deciding {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Adds a page, of older facts than those before.
    pub fn add(&mut self, events: &[Event]) {
        // A call stands before what it was answered, so that is known when it is read.
        let mut calls: HashMap<(SessionId, &CallId), Cow<'_, ToolCall>> = HashMap::new();
        for event in events {
            match &event.fact {
                Fact::AskAnswered { ask, answer } => {
                    if let Some((call, arguments)) = ask.call().zip(answer.edited()) {
                        let edited = self.edited.entry((event.session, call));
                        edited.or_insert_with(|| arguments.to_owned());
                    }
                }
                Fact::ItemAdded {
                    item: Item::Call(call),
                    ..
                } => {
                    let mut ran = Cow::Borrowed(call);
                    if let Some(edited) = self.edited.remove(&(event.session, call.id.clone())) {
                        ran.to_mut().arguments = edited;
                    }
                    calls.insert((event.session, &call.id), ran);
                }
                _ => {}
            }
        }
        self.name(&calls);
        for event in events {
            let (id, by, denied) = match &event.fact {
                Fact::CallStarted {
                    call, by: Some(by), ..
                } => (call, by, false),
                Fact::ItemAdded {
                    item: Item::Result { call, outcome },
                    ..
                } if outcome.kind == OutcomeKind::Denied => match &outcome.by {
                    Some(by) => (call, by, true),
                    None => continue,
                },
                _ => continue,
            };
            match by {
                _ if denied => self.decided.denied += 1,
                By::Person => self.decided.by_person += 1,
                By::Rules { .. } => self.decided.by_rule += 1,
                By::Mode { .. } => self.decided.by_mode += 1,
            }
            // One that is open may turn out to be none that is listed.
            if self.open.iter().filter(|open| open.is_none()).count() >= self.most {
                continue;
            }
            let mut row = DecidedRow {
                session: event.session,
                at: event.at,
                tool: String::new(),
                subject: String::new(),
                denied,
                by: by.clone(),
            };
            let call = calls.get(&(event.session, id));
            if let Some(call) = call {
                named(&mut row, call);
            }
            if is_listed(&row) {
                self.decided.rows.push(row);
                self.open.push(call.is_none().then(|| id.clone()));
            }
        }
    }

    /// Gives the rows of the pages before the names of their calls.
    fn name(&mut self, calls: &HashMap<(SessionId, &CallId), Cow<'_, ToolCall>>) {
        let open = std::mem::take(&mut self.open);
        let rows = std::mem::take(&mut self.decided.rows);
        for (mut row, mut open) in rows.into_iter().zip(open) {
            let call = open.as_ref().and_then(|id| calls.get(&(row.session, id)));
            if let Some(call) = call {
                named(&mut row, call);
                open = None;
            }
            if is_listed(&row) {
                self.decided.rows.push(row);
                self.open.push(open);
            }
        }
    }

    pub fn end(mut self) -> Decided {
        self.decided.rows.truncate(self.most);
        self.decided
    }
}

fn named(row: &mut DecidedRow, call: &ToolCall) {
    row.tool.clone_from(&call.name);
    row.subject = at::subject(&call.name, &call.arguments, at::LONGEST);
}

/// What the mode lets be read is too much to list.
fn is_listed(row: &DecidedRow) -> bool {
    let reads = matches!(&*row.tool, "read" | "grep" | "glob");
    row.denied || !(reads && matches!(row.by, By::Mode { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ask::{Answer, Verdict};
    use crate::protocol::call::{Outcome, ToolCall};
    use crate::protocol::id::{AskId, Seq};
    use crate::protocol::rule::{Effect, Mode, Rule, Scope};
    use crate::protocol::time::Time;
    use pretty_assertions::assert_eq;

    #[test]
    fn who_let_run_and_who_denied_is_counted_and_listed() {
        let rule = Rule {
            number: Some(7),
            ..Rule::new(Effect::Allow, "Bash(cargo test *)", Scope::Repository)
        };
        let rules = By::Rules { rules: vec![rule] };
        let mode = By::Mode { mode: Mode::Ask };
        let session = SessionId(uuid::Uuid::nil());
        let mut facts = Vec::new();
        let calls = [
            ("bash", r#"{"command":"cargo test"}"#, rules.clone(), false),
            ("bash", r#"{"command":"rm x"}"#, By::Person, true),
            ("read", r#"{"path":"a"}"#, mode.clone(), false),
            ("edit", r#"{"path":"b"}"#, By::Person, false),
        ];
        for (number, (name, arguments, by, denied)) in calls.into_iter().enumerate() {
            let id = CallId(format!("c{number}"));
            let call = ToolCall {
                id: id.clone(),
                wire_id: None,
                name: name.to_owned(),
                arguments: arguments.to_owned(),
                opaque: None,
            };
            let added = |item| Fact::ItemAdded {
                turn: 1,
                step: 1,
                item,
                imported: None,
            };
            facts.push(added(Item::Call(call)));
            facts.push(if denied {
                let outcome = Outcome::denied("no", by);
                added(Item::Result { call: id, outcome })
            } else {
                Fact::CallStarted {
                    call: id,
                    birth: None,
                    by: Some(by),
                    change: None,
                }
            });
        }
        let events: Vec<Event> = facts
            .into_iter()
            .enumerate()
            .map(|(at, fact)| Event {
                seq: Seq(at as u64 + 1),
                session,
                at: Time(at as i64),
                fact,
            })
            .rev()
            .collect();
        let decided = |pages: &[&[Event]], most| {
            let mut decided = Deciding::new(most);
            for page in pages {
                decided.add(page);
            }
            decided.end()
        };
        let found = decided(&[&events], 10);
        let counts = (found.by_person, found.by_rule, found.by_mode, found.denied);
        assert_eq!(counts, (1, 1, 1, 1));
        let rows: Vec<(&str, &str, bool, By)> = found
            .rows
            .iter()
            .map(|row| (&*row.tool, &*row.subject, row.denied, row.by.clone()))
            .collect();
        let expected = [
            ("edit", "b", false, By::Person),
            ("bash", "rm x", true, By::Person),
            ("bash", "cargo test", false, rules),
        ];
        assert_eq!(rows, expected);
        // What is not listed is counted all the same.
        let few = decided(&[&events], 1);
        let few_counts = (few.by_person, few.by_rule, few.by_mode, few.denied);
        assert_eq!((few_counts, few.rows.len()), (counts, 1));
        assert_eq!(few.rows[..], found.rows[..1]);
        // However many pages a day has.
        for size in 1..=events.len() {
            let pages: Vec<&[Event]> = events.chunks(size).collect();
            assert_eq!(decided(&pages, 10), found, "{size}");
            assert_eq!(decided(&pages, 1), few, "{size}");
        }
    }

    #[test]
    fn what_was_changed_first_is_named_as_it_ran() {
        let session = SessionId(uuid::Uuid::nil());
        let id = CallId("call:1".to_owned());
        let call = ToolCall {
            id: id.clone(),
            wire_id: None,
            name: "bash".to_owned(),
            arguments: r#"{"command":"rm -rf x"}"#.to_owned(),
            opaque: None,
        };
        let arguments = r#"{"command":"rm -i x"}"#.to_owned();
        let facts = [
            Fact::ItemAdded {
                turn: 1,
                step: 1,
                item: Item::Call(call),
                imported: None,
            },
            Fact::AskAnswered {
                ask: AskId::about(&id, "0a"),
                answer: Answer::Verdict {
                    verdict: Verdict::Edited { arguments },
                },
            },
            Fact::CallStarted {
                call: id,
                birth: None,
                by: Some(By::Person),
                change: None,
            },
        ];
        let event = |(at, fact)| Event {
            seq: Seq(at as u64 + 1),
            session,
            at: Time(at as i64),
            fact,
        };
        let events: Vec<Event> = facts.into_iter().enumerate().map(event).rev().collect();
        for size in 1..=3 {
            let mut decided = Deciding::new(10);
            for page in events.chunks(size) {
                decided.add(page);
            }
            let subjects: Vec<String> = decided
                .end()
                .rows
                .into_iter()
                .map(|row| row.subject)
                .collect();
            assert_eq!(subjects, ["rm -i x"], "{size}");
        }
    }
}
