//! What was decided on calls today, by whom: for the inbox, read from the log when it opens and after each answer there.

use std::collections::HashMap;

use crate::agent::at;
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{CallId, SessionId};
use crate::protocol::item::Item;
use crate::protocol::query::Query;
use crate::protocol::rule::By;
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;

/// Facts that are looked at: some thousand calls.
const LIMIT: u32 = 4_000;

/// Today's decisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    pub by_person: u64,
    pub by_rule: u64,
    pub by_mode: u64,
    pub denied: u64,
    /// The newest first; reads that a mode let run are counted and not listed.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub session: SessionId,
    pub at: Time,
    pub tool: String,
    pub subject: String,
    pub denied: bool,
    pub by: By,
}

impl Decided {
    /// From facts in falling order, as [`Query::Decided`] gives them.
    pub fn of(events: &[Event]) -> Self {
        let mut calls: HashMap<(SessionId, &CallId), (&str, String)> = HashMap::new();
        for event in events {
            if let Fact::ItemAdded {
                item: Item::Call(call),
                ..
            } = &event.fact
            {
                let subject = at::subject(&call.name, &call.arguments, at::LONGEST);
                calls.insert((event.session, &call.id), (&call.name, subject));
            }
        }
        let mut decided = Self::default();
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
            let (tool, subject) = calls
                .get(&(event.session, call))
                .map_or(("", String::new()), |(tool, subject)| {
                    (*tool, subject.clone())
                });
            let reads = matches!(tool, "read" | "grep" | "glob");
            if denied || !(reads && matches!(by, By::Mode { .. })) {
                decided.rows.push(Row {
                    session: event.session,
                    at: event.at,
                    tool: tool.to_owned(),
                    subject,
                    denied,
                    by: by.clone(),
                });
            }
        }
        decided
    }

    pub fn is_empty(&self) -> bool {
        self.by_person + self.by_rule + self.by_mode + self.denied == 0
    }
}

/// Who it was, in a few words.
pub fn who(by: &By) -> String {
    match by {
        By::Person => "you".to_owned(),
        By::Mode { mode } => format!("mode {mode}"),
        By::Rules { rules } => {
            let names = rules.iter().map(|rule| match rule.number {
                Some(number) => format!("{number} {}", rule.text),
                None => rule.text.clone(),
            });
            format!("rule {}", names.collect::<Vec<_>>().join(", "))
        }
    }
}

impl App {
    /// Reads what was decided today.
    pub fn ask_decided(&self) -> Vec<Cmd> {
        vec![Cmd::Ask(Tag::Decided, Query::Decided { limit: LIMIT })]
    }

    pub fn decided(&mut self, events: &[Event]) {
        if let Some(Overlay::Inbox(inbox)) = &mut self.overlay {
            inbox.decided = Decided::of(events);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::call::{Outcome, ToolCall};
    use crate::protocol::id::Seq;
    use crate::protocol::rule::{Effect, Mode, Rule, Scope};
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
        let decided = Decided::of(&events);
        let counts = (
            decided.by_person,
            decided.by_rule,
            decided.by_mode,
            decided.denied,
        );
        assert_eq!(counts, (1, 1, 1, 1));
        let rows: Vec<(&str, &str, bool, String)> = decided
            .rows
            .iter()
            .map(|row| (&*row.tool, &*row.subject, row.denied, who(&row.by)))
            .collect();
        let expected = [
            ("edit", "b", false, "you".to_owned()),
            ("bash", "rm x", true, "you".to_owned()),
            (
                "bash",
                "cargo test",
                false,
                "rule 7 Bash(cargo test *)".to_owned(),
            ),
        ];
        assert_eq!(rows, expected);
        assert_eq!(who(&mode), "mode ask");
    }
}
