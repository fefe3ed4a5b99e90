//! What a session is at, in one line: for its row in a list, where nobody has read more of it.

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agent::session::Session;
use crate::agent::visible::{as_command, brief, escaped, one_line};
use crate::protocol::ask::{About, Subject};
use crate::protocol::call::parse_arguments;
use crate::protocol::event::Ending;
use crate::protocol::money::Money;
use crate::protocol::session::{Card, OURS};

/// Characters of a line that a list keeps.
pub const LONGEST: usize = 160;

/// The command of a turn that failed last, and how often it did without having succeeded between; what else was run does
/// not count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    pub command: String,
    pub times: u32,
}

impl Failing {
    pub fn ran(&mut self, command: String, exit: i32) {
        match (self.command == command, exit) {
            (true, 0) => *self = Self::default(),
            (true, _) => self.times = self.times.saturating_add(1),
            (false, 0) => {}
            (false, _) => *self = Self { command, times: 1 },
        }
    }
}

impl Session {
    /// Its row in the list.
    pub fn card(&self) -> Card {
        Card {
            id: self.id,
            title: self.name().into_owned(),
            state: self.state(),
            model: self.model.clone(),
            cwd: self.spec.cwd.clone(),
            project: self.spec.project.clone(),
            created: self.created,
            active: self.active,
            turns: self.turn,
            cost: self.session_sum.spent.cost.clone(),
            unpriced: self.session_sum.spent.unpriced,
            included: self.session_sum.spent.included,
            list: self.session_sum.spent.list.clone(),
            parent: self.spec.parent,
            gist: line(self),
            pinned: self.pinned,
            temporary: self.temporary,
            unseen: self.unseen,
            steps: self.steps,
            estimated: self.session_sum.spent.estimated,
            list_estimated: self.session_sum.spent.list_estimated,
            source: self.spec.source.clone().unwrap_or_else(|| OURS.to_owned()),
        }
    }

    /// The title. Of a session in a worktree the branch stands before it, or alone; a title that was given is told as it is.
    pub fn name(&self) -> Cow<'_, str> {
        match &self.spec.worktree {
            Some(worktree) if self.title.is_empty() => Cow::from(&worktree.branch),
            Some(_) if !self.titled => Cow::from(self.named(&self.title)),
            _ => Cow::from(&self.title),
        }
    }

    /// A title that nobody has given: with the branch of the worktree before it, where the session stands in one.
    pub fn named(&self, title: &str) -> String {
        match &self.spec.worktree {
            Some(worktree) => format!("{}: {title}", worktree.branch),
            None => title.to_owned(),
        }
    }
}

/// What waits, what runs, how it stopped, else the first line of what was said last.
pub fn line(session: &Session) -> String {
    if let Some(waiting) = session.asks.first() {
        return ask(&waiting.ask.about);
    }
    if session.running {
        let begun = session.open_calls.values().find(|call| call.started);
        return match (begun, &session.open_request) {
            (Some(call), _) => format!("{}: {}", one_line(&call.name), call.subject),
            (None, Some(request)) => format!(
                "asking {}, turn {}",
                one_line(&request.model.model),
                session.turn
            ),
            (None, None) => format!("turn {}", session.turn),
        };
    }
    match &session.ending {
        Some(Ending::Failed { failure }) => brief(&failure.message, LONGEST),
        Some(Ending::Budget) => "its budget was used up".to_owned(),
        Some(Ending::Limit { text } | Ending::Interrupted { text, .. }) => brief(text, LONGEST),
        Some(Ending::Finished | Ending::Denied) | None => session.gist.clone(),
    }
}

/// What an ask is about, without what is decided on: that is for whoever looks at the ask itself.
pub fn ask(about: &About) -> String {
    let said = match about {
        About::Approval(approval) => match &approval.subject {
            Subject::Command { argv, .. } => {
                format!(
                    "run: {}",
                    as_command(argv.last().map_or("", String::as_str))
                )
            }
            Subject::Change { path, created, .. } => {
                let does = if *created { "write" } else { "change" };
                format!("{does}: {}", place(path, &approval.cwd))
            }
            Subject::Read { path } => format!("read: {}", place(path, &approval.cwd)),
            Subject::Other { arguments } => format!("{}: {arguments}", approval.tool),
        },
        About::Budget { left, limit, .. } => {
            let used = Money {
                parts: limit.parts.saturating_sub(left.parts),
                ..*limit
            };
            format!("budget: {used} of {limit} used")
        }
        About::Guard { text, .. } => text.clone(),
        About::Unpriced { model } => format!("{model} has no known price: may it be called?"),
        About::Question(question) => question.text.clone(),
    };
    brief(&said, LONGEST)
}

/// A file as its session names it: a list cuts the end of a line, and that is the name.
fn place(path: &Path, cwd: &Path) -> String {
    let inside = path.strip_prefix(cwd).unwrap_or(path);
    as_command(&inside.to_string_lossy())
}

/// What a call does, in the words of its arguments: the path, the command, the pattern. Of each at most `most` characters, with
/// what cannot be seen written out.
pub fn subject(name: &str, arguments: &str, most: usize) -> String {
    let all = || {
        let start: String = arguments.chars().take(most.min(500)).collect();
        one_line(&escaped(&start))
    };
    let Ok(Value::Object(input)) = parse_arguments(arguments) else {
        return all();
    };
    let field = |name: &str| {
        let text = input.get(name).and_then(Value::as_str)?;
        let text: String = text.chars().take(most).collect();
        let shown = match name {
            "question" => escaped(&text),
            _ => as_command(&text),
        };
        Some(one_line(&shown))
    };
    let known = match name {
        "read" | "write" | "edit" => field("path"),
        "bash" => field("command"),
        "question" | "remember" => field("text"),
        "recall" => field("query"),
        "glob" => field("pattern"),
        "grep" => field("pattern").map(|pattern| match field("path") {
            Some(path) => format!("\"{pattern}\" in {path}"),
            None => format!("\"{pattern}\""),
        }),
        _ => None,
    };
    known.unwrap_or_else(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use uuid::Uuid;

    use super::*;
    use crate::protocol::ask::{Approval, BudgetName, Risk};
    use crate::protocol::event::{Event, Fact};
    use crate::protocol::id::CallId;
    use crate::protocol::id::{Seq, SessionId};
    use crate::protocol::rule::Mode;
    use crate::protocol::session::SessionSpec;
    use crate::protocol::time::Time;
    use crate::protocol::worktree::Worktree;

    #[test]
    fn a_session_in_a_worktree_keeps_its_branch_in_sight() {
        let worktree = Worktree {
            path: "/src/flaky.wt/x".into(),
            repository: "/src/flaky".into(),
            branch: "retry".to_owned(),
            base: "0".repeat(40),
            from: None,
        };
        for (worktree, title, titled, expected) in [
            (None, "", false, ""),
            (None, "mend it", false, "mend it"),
            (Some(&worktree), "", false, "retry"),
            (Some(&worktree), "mend it", false, "retry: mend it"),
            (Some(&worktree), "my own", true, "my own"),
        ] {
            let spec = SessionSpec {
                cwd: "/src".into(),
                project: "/src".into(),
                model: "a/b".parse().unwrap(),
                mode: Mode::Ask,
                effort: None,
                system: String::new(),
                parent: None,
                forked: None,
                source: None,
                worktree: worktree.cloned(),
            };
            let mut session = Session::begin(&Event {
                seq: Seq(1),
                session: SessionId(Uuid::from_u128(1)),
                at: Time(1),
                fact: Fact::SessionOpened { spec },
            })
            .unwrap();
            session.title = title.to_owned();
            session.titled = titled;
            assert_eq!(session.name(), expected);
            assert_eq!(session.card().title, expected);
        }
    }

    #[test]
    fn what_waits_is_said_in_a_line() {
        let usd = |cents: i64| Money::usd(cents * 10_000_000_000);
        let budget = About::Budget {
            worst: usd(11),
            left: usd(4),
            limit: usd(200),
            which: BudgetName::Session,
        };
        let unpriced = About::Unpriced {
            model: "work/new".to_owned(),
        };
        let change = |path: &str| {
            About::Approval(Approval {
                call: CallId::new(1, 1, 1),
                tool: "edit".to_owned(),
                subject: Subject::Change {
                    path: path.into(),
                    patch: String::new(),
                    added: 1,
                    removed: 0,
                    created: false,
                },
                cwd: "/work/a/long/way/down".into(),
                risk: Risk::Low,
                risk_why: String::new(),
                reason: String::new(),
                session_rule: None,
                session_rules_beside: Vec::new(),
                level: None,
                network: false,
                rules: Vec::new(),
                no_rule: None,
                bound: None,
            })
        };
        for (about, expected) in [
            // The name of a file is what is not cut.
            (change("/work/a/long/way/down/src/x.rs"), "change: src/x.rs"),
            (change("/etc/n\u{200d}x"), "change: /etc/n\\u{200d}x"),
            (budget, "budget: $1.96 of $2.00 used"),
            (unpriced, "work/new has no known price: may it be called?"),
        ] {
            assert_eq!(ask(&about), expected);
        }
    }

    #[test]
    fn a_call_is_said_by_what_it_is_about() {
        for (name, arguments, expected) in [
            ("bash", r#"{"command":"cargo\n test"}"#, "cargo test"),
            ("read", r#"{"path":"src/a.rs","limit":3}"#, "src/a.rs"),
            ("grep", r#"{"pattern":"x","path":"src"}"#, "\"x\" in src"),
            ("bash", "{\"command\":\"a\u{200b}b\"}", "a\\u{200b}b"),
            ("remember", r#"{"text":"say less"}"#, "say less"),
            ("other", r#"{"a":1}"#, r#"{"a":1}"#),
            ("bash", "{broken", "{broken"),
            ("bash", r#"{"command":"0123456789abc"}"#, "0123456789ab"),
        ] {
            assert_eq!(subject(name, arguments, 12), expected, "{name}");
        }
    }

    #[test]
    fn a_command_that_keeps_failing_is_counted() {
        let mut failing = Failing::default();
        let runs = [
            ("test", 1, 1),
            ("build", 0, 1),
            ("test", 101, 2),
            ("test", 1, 3),
            ("lint", 1, 1),
            ("test", 1, 1),
            ("test", 0, 0),
        ];
        for (command, exit, expected) in runs {
            failing.ran(command.to_owned(), exit);
            assert_eq!(failing.times, expected, "{command} {exit}");
        }
    }
}
