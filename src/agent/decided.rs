//! Who decided on calls, from the facts of them.

use std::collections::HashMap;

use crate::agent::at;
use crate::protocol::call::{OutcomeKind, ToolCall};
use crate::protocol::decided::{Decided, DecidedRow};
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{CallId, SessionId};
use crate::protocol::item::Item;
use crate::protocol::rule::By;

/// Adds facts in falling order, older ones than those before; all are counted, and at most so many listed.
pub fn add(decided: &mut Decided, events: &[Event], most: usize) {
    let mut calls: HashMap<(SessionId, &CallId), &ToolCall> = HashMap::new();
    for event in events {
        if let Fact::ItemAdded {
            item: Item::Call(call),
            ..
        } = &event.fact
        {
            calls.insert((event.session, &call.id), call);
        }
    }
    for event in events {
        let (call, by, denied) = match &event.fact {
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
            _ if denied => decided.denied += 1,
            By::Person => decided.by_person += 1,
            By::Rules { .. } => decided.by_rule += 1,
            By::Mode { .. } => decided.by_mode += 1,
        }
        let call = calls.get(&(event.session, call));
        let tool = call.map_or("", |call| &call.name);
        let reads = matches!(tool, "read" | "grep" | "glob");
        if decided.rows.len() < most && (denied || !(reads && matches!(by, By::Mode { .. }))) {
            let subject = call.map(|call| at::subject(&call.name, &call.arguments, at::LONGEST));
            decided.rows.push(DecidedRow {
                session: event.session,
                at: event.at,
                tool: tool.to_owned(),
                subject: subject.unwrap_or_default(),
                denied,
                by: by.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::call::{Outcome, ToolCall};
    use crate::protocol::id::Seq;
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
            let mut decided = Decided::default();
            for page in pages {
                add(&mut decided, page, most);
            }
            decided
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
        let pages: Vec<&[Event]> = events.chunks(2).collect();
        assert_eq!(decided(&pages, 10), found);
    }
}
