//! Whether a call may run. One function, from what it would touch, the rules and the mode to allow, ask or deny:
//!
//! 1. a rule that denies, in every mode; 2. a rule that asks, in every mode; 3. rules that allow: every part of a command
//! line must be covered; 4. the mode. What cannot be fully understood is never allowed by a rule, except by one for the
//! whole tool.

use std::path::{Path, PathBuf};

use crate::agent::command_line::{self, Part};
use crate::agent::digest;
use crate::agent::folder::{inside, is_protected};
use crate::agent::risk;
use crate::agent::rule::{Bases, Matcher, Paths};
use crate::protocol::ask::{About, Approval, Ask, Subject};
use crate::protocol::call::{Reach, ToolCall};
use crate::protocol::id::AskId;
use crate::protocol::rule::{Effect, Mode, Rule};

/// What is to be decided on.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub tool: &'a str,
    pub reach: &'a [Reach],
    pub mode: Mode,
    pub rules: &'a [Rule],
    pub cwd: &'a Path,
    /// Folders that count as inside.
    pub roots: &'a [PathBuf],
    pub home: Option<&'a Path>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// Why the person must decide.
    Ask(String),
    /// What the model is told.
    Deny(String),
}

pub fn decide(asked: &Asked<'_>) -> Verdict {
    let parts = Parts::of(asked.reach);
    if let Some(rule) = first(asked, &parts, Effect::Deny) {
        return Verdict::Deny(format!(
            "denied by the rule {}; do not try it another way",
            rule.text
        ));
    }
    if let Some(rule) = first(asked, &parts, Effect::Ask) {
        return Verdict::Ask(format!("the rule {} says to ask", rule.text));
    }
    if allowed(asked, &parts) {
        return Verdict::Allow;
    }
    by_mode(asked, &parts)
}

/// The paths that no rule lets this tool look into, for a search that meets files nobody named. A rule without a pattern
/// denies the whole call and is not among them.
pub fn denied_paths(rules: &[Rule], tool: &str, bases: Bases<'_>) -> Vec<Paths> {
    rules
        .iter()
        .filter(|rule| rule.effect == Effect::Deny)
        .filter_map(Matcher::new)
        .filter(|matcher| matcher.is_about(tool))
        .filter_map(|matcher| matcher.paths(bases))
        .collect()
}

/// The ask for a call, bound to exactly what it shows: another subject, folder or call is another ask.
pub fn ask(call: &ToolCall, subject: Subject, reason: String, asked: &Asked<'_>) -> Ask {
    let parts = Parts::of(asked.reach);
    let subject = match subject {
        Subject::Command { argv, .. } => {
            let parts = match &parts {
                Parts::Known(parts) => parts.iter().map(|part| part.text.clone()).collect(),
                Parts::None | Parts::Unknown(_) => Vec::new(),
            };
            Subject::Command { argv, parts }
        }
        other => other,
    };
    let (risk, risk_why) = risk::of(asked, &parts);
    let approval = Approval {
        call: call.id.clone(),
        tool: asked.tool.to_owned(),
        session_rule: session_rule(asked, &parts),
        subject,
        cwd: asked.cwd.to_owned(),
        risk,
        risk_why,
        reason,
    };
    let shown = serde_json::to_vec(&approval).unwrap_or_default();
    let digest = digest::hex(&shown);
    Ask {
        id: AskId(format!("{}:{}", call.id, &digest[..8])),
        about: About::Approval(approval),
    }
}

/// The commands of a line, as far as it can be understood.
#[derive(Debug)]
pub(crate) enum Parts {
    /// Not a command line.
    None,
    Known(Vec<Part>),
    Unknown(command_line::Unprovable),
}

impl Parts {
    fn of(reach: &[Reach]) -> Self {
        match command(reach).map(command_line::split) {
            None => Self::None,
            Some(Ok(parts)) => Self::Known(parts),
            Some(Err(why)) => Self::Unknown(why),
        }
    }
}

pub(crate) fn command(reach: &[Reach]) -> Option<&str> {
    reach.iter().find_map(|reach| {
        if let Reach::Run { command } = reach {
            Some(command.as_str())
        } else {
            None
        }
    })
}

/// The first rule of an effect that any part of the call meets.
fn first<'a>(asked: &Asked<'a>, parts: &Parts, effect: Effect) -> Option<&'a Rule> {
    let bases = Bases {
        cwd: asked.cwd,
        home: asked.home,
    };
    asked
        .rules
        .iter()
        .filter(|rule| rule.effect == effect)
        .find(|rule| {
            let Some(matcher) = Matcher::new(rule).filter(|matcher| matcher.is_about(asked.tool))
            else {
                return false;
            };
            matcher.is_bare()
                || asked.reach.iter().any(|reach| match reach {
                    Reach::Read { path } | Reach::Write { path } => matcher.fits_path(path, bases),
                    Reach::Run { command } => match parts {
                        Parts::Known(parts) => {
                            parts.iter().any(|part| matcher.fits_disguised(part))
                        }
                        Parts::Unknown(_) | Parts::None => {
                            crude(command).any(|text| matcher.fits_command(text))
                        }
                    },
                    Reach::Output { .. } => false,
                })
        })
}

/// A line that is not understood, cut wherever a command could begin: good enough to forbid, never to allow.
fn crude(command: &str) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(
        command
            .char_indices()
            .filter(|(_, c)| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.'))
            .map(|(at, c)| at + c.len_utf8()),
    );
    let ends = |c: char| matches!(c, '\n' | ';' | '&' | '|' | ')' | '`' | '\r');
    starts.map(move |start| {
        let rest = &command[start..];
        rest[..rest.find(ends).unwrap_or(rest.len())].trim()
    })
}

fn allowed(asked: &Asked<'_>, parts: &Parts) -> bool {
    let matchers: Vec<Matcher<'_>> = asked
        .rules
        .iter()
        .filter(|rule| rule.effect == Effect::Allow)
        .filter_map(Matcher::new)
        .filter(|matcher| matcher.is_about(asked.tool))
        .collect();
    if matchers.iter().any(Matcher::is_bare) {
        return true;
    }
    let bases = Bases {
        cwd: asked.cwd,
        home: asked.home,
    };
    !asked.reach.is_empty()
        && asked.reach.iter().all(|reach| match reach {
            Reach::Read { path } | Reach::Write { path } => matchers
                .iter()
                .any(|matcher| matcher.fits_path(path, bases)),
            Reach::Run { .. } => match parts {
                // A rule about a command says nothing of the files its output is sent to.
                Parts::Known(parts) => {
                    !parts.is_empty()
                        && parts.iter().all(|part| {
                            part.writes.is_empty()
                                && matchers
                                    .iter()
                                    .any(|matcher| matcher.fits_command(&part.text))
                        })
                }
                Parts::Unknown(_) | Parts::None => false,
            },
            Reach::Output { .. } => true,
        })
}

fn by_mode(asked: &Asked<'_>, parts: &Parts) -> Verdict {
    let mut reason = None;
    for reach in asked.reach {
        let refused = match reach {
            Reach::Output { .. } => None,
            Reach::Read { path } if inside(path, asked.roots) => None,
            Reach::Read { path } => Some(format!(
                "{} lies outside the session's folder",
                path.display()
            )),
            Reach::Write { path } if !inside(path, asked.roots) => Some(format!(
                "{} lies outside the session's folder",
                path.display()
            )),
            Reach::Write { path } if is_protected(path) => {
                Some(format!("{} is protected", path.display()))
            }
            Reach::Write { .. } if matches!(asked.mode, Mode::Edits | Mode::Auto) => None,
            Reach::Write { .. } => {
                Some(format!("mode {} asks before a file is changed", asked.mode))
            }
            Reach::Run { .. } if asked.mode == Mode::Auto => None,
            Reach::Run { .. } => Some(match parts {
                Parts::Unknown(why) => format!(
                    "mode {} asks before a command; rules cannot cover this one: {why}",
                    asked.mode
                ),
                Parts::Known(_) | Parts::None => {
                    format!("mode {} asks before a command", asked.mode)
                }
            }),
        };
        reason = reason.or(refused);
    }
    match reason {
        None => Verdict::Allow,
        Some(_) if asked.mode == Mode::Plan => Verdict::Deny(
            "denied: in plan mode only reading inside the folder is allowed; say what you would do, and the person can change the mode".to_owned(),
        ),
        Some(reason) => Verdict::Ask(reason),
    }
}

/// The rule that a yes for this session keeps: it covers exactly what is shown, or there is none.
fn session_rule(asked: &Asked<'_>, parts: &Parts) -> Option<String> {
    match (asked.reach, parts) {
        ([Reach::Run { .. }], Parts::Known(parts)) => match parts.as_slice() {
            [part]
                if part.writes.is_empty()
                    && !part.text.contains('*')
                    && !part.text.ends_with(':') =>
            {
                Some(format!("Bash({})", part.text))
            }
            _ => None,
        },
        ([Reach::Write { path }], _) => path_rule("Edit", path, asked),
        ([Reach::Read { path }], _) => path_rule("Read", path, asked),
        _ => None,
    }
}

fn path_rule(tool: &str, path: &Path, asked: &Asked<'_>) -> Option<String> {
    let (start, path) = match path.strip_prefix(asked.cwd) {
        Ok(relative) => ("./", relative),
        Err(_) => ("/", path),
    };
    let text = path.to_str()?;
    let plain = !text.is_empty()
        && !text.chars().any(|c| {
            matches!(
                c,
                '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '(' | ')' | '!'
            ) || c.is_control()
        });
    plain.then(|| format!("{tool}({start}{text})"))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::rule::Scope;

    fn rules(texts: &[(&str, Effect)]) -> Vec<Rule> {
        texts
            .iter()
            .map(|(text, effect)| Rule {
                effect: *effect,
                text: (*text).into(),
                scope: Scope::Config,
            })
            .collect()
    }

    fn run(command: &str) -> (&'static str, Vec<Reach>) {
        (
            "bash",
            vec![Reach::Run {
                command: command.into(),
            }],
        )
    }

    fn read(path: &str) -> (&'static str, Vec<Reach>) {
        ("read", vec![Reach::Read { path: path.into() }])
    }

    fn write(path: &str) -> (&'static str, Vec<Reach>) {
        ("edit", vec![Reach::Write { path: path.into() }])
    }

    fn verdict(
        mode: Mode,
        rules: &[Rule],
        (tool, reach): &(&'static str, Vec<Reach>),
    ) -> &'static str {
        let roots = [PathBuf::from("/work/app")];
        let asked = Asked {
            tool,
            reach,
            mode,
            rules,
            cwd: Path::new("/work/app"),
            roots: &roots,
            home: Some(Path::new("/home/me")),
        };
        match decide(&asked) {
            Verdict::Allow => "allow",
            Verdict::Ask(_) => "ask",
            Verdict::Deny(_) => "deny",
        }
    }

    #[test]
    fn each_mode_allows_what_it_says() {
        use Mode::{Ask, Auto, Edits, Plan};
        let modes = [Plan, Ask, Edits, Auto];
        let cases = [
            (
                read("/work/app/src/x"),
                ["allow", "allow", "allow", "allow"],
            ),
            (read("/etc/passwd"), ["deny", "ask", "ask", "ask"]),
            (read("/work/application"), ["deny", "ask", "ask", "ask"]),
            (write("/work/app/src/x"), ["deny", "ask", "allow", "allow"]),
            (
                write("/work/app/.git/hooks/pre-commit"),
                ["deny", "ask", "ask", "ask"],
            ),
            (
                write("/work/app/sub/.GIT/config"),
                ["deny", "ask", "ask", "ask"],
            ),
            (write("/work/app/.bashrc"), ["deny", "ask", "ask", "ask"]),
            (write("/work/other"), ["deny", "ask", "ask", "ask"]),
            (run("cargo test"), ["deny", "ask", "ask", "allow"]),
            (run("if x; then y; fi"), ["deny", "ask", "ask", "allow"]),
            (
                ("read", vec![Reach::Output { number: 3 }]),
                ["allow", "allow", "allow", "allow"],
            ),
        ];
        for (call, expected) in cases {
            assert_eq!(
                modes.map(|mode| verdict(mode, &[], &call)),
                expected,
                "{call:?}"
            );
        }
    }

    #[test]
    fn deny_comes_before_ask_before_allow_before_the_mode() {
        use Effect::{Allow, Ask, Deny};
        let rules = rules(&[
            ("Bash(git *)", Allow),
            ("Bash(git push *)", Ask),
            ("Bash(git push --force *)", Deny),
            ("Bash(rm *)", Deny),
            ("Read(.env)", Deny),
            ("Edit(docs/**)", Allow),
            ("Bash(ls *)", Allow),
            ("Bash(cat *)", Allow),
        ]);
        let cases = [
            (run("git status"), "allow"),
            (run("git push origin"), "ask"),
            (run("git push --force origin"), "deny"),
            (run("git status && git log"), "allow"),
            (run("git status && cargo test"), "ask"),
            (run("git status; rm -rf x"), "deny"),
            (run("echo $(rm x)"), "deny"),
            (run("sudo rm x"), "deny"),
            (run("if true; then rm x; fi"), "deny"),
            (run("x(){ rm y; }; x"), "deny"),
            (run("git log > /work/app/out"), "ask"),
            (run("git log > /dev/null"), "allow"),
            (run("cat <<EOF\nx\nEOF"), "ask"),
            (run("GIT_PAGER=x git log"), "allow"),
            (run("git\rstatus"), "ask"),
            (read("/work/app/.env"), "deny"),
            (read("/work/app/deep/.env"), "deny"),
            (write("/work/app/docs/a.md"), "allow"),
            (write("/work/app/src/a.rs"), "ask"),
        ];
        for (call, expected) in cases {
            assert_eq!(verdict(Mode::Ask, &rules, &call), expected, "{call:?}");
        }
        assert_eq!(verdict(Mode::Auto, &rules, &run("git push origin")), "ask");
        assert_eq!(verdict(Mode::Auto, &rules, &run("rm x")), "deny");
        assert_eq!(verdict(Mode::Plan, &rules, &run("git status")), "allow");
        let long = format!("{}rm x", "ls; ".repeat(10_000));
        assert_eq!(verdict(Mode::Auto, &rules, &run(&long)), "deny");
    }

    #[test]
    fn a_session_rule_covers_the_call_that_made_it_and_no_more() {
        let roots = [PathBuf::from("/work/app")];
        let cases = [
            (run("cargo test -p x"), Some("Bash(cargo test -p x)")),
            (run("cargo  test"), Some("Bash(cargo test)")),
            (run("rm *.o"), None),
            (run("a && b"), None),
            (run("a > f"), None),
            (run("echo $(x)"), None),
            (write("/work/app/src/a.rs"), Some("Edit(./src/a.rs)")),
            (write("/etc/hosts"), Some("Edit(//etc/hosts)")),
            (read("/etc/hosts"), Some("Read(//etc/hosts)")),
            (read("/etc/[x]"), None),
        ];
        for ((tool, reach), expected) in cases {
            let asked = Asked {
                tool,
                reach: &reach,
                mode: Mode::Ask,
                rules: &[],
                cwd: Path::new("/work/app"),
                roots: &roots,
                home: None,
            };
            let rule = session_rule(&asked, &Parts::of(&reach));
            assert_eq!(rule.as_deref(), expected, "{reach:?}");
            if let Some(text) = rule {
                let rules = rules(&[(&text, Effect::Allow)]);
                assert_eq!(
                    verdict(Mode::Ask, &rules, &(tool, reach)),
                    "allow",
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn another_subject_is_another_ask() {
        let reach = run("ls").1;
        let roots = [PathBuf::from("/work/app")];
        let asked = Asked {
            tool: "bash",
            reach: &reach,
            mode: Mode::Ask,
            rules: &[],
            cwd: Path::new("/work/app"),
            roots: &roots,
            home: None,
        };
        let call = ToolCall {
            id: crate::protocol::id::CallId::new(1, 1, 1),
            wire_id: None,
            name: "bash".into(),
            arguments: "{}".into(),
            opaque: None,
        };
        let id = |command: &str| {
            let subject = Subject::Command {
                argv: vec!["bash".into(), "-c".into(), command.into()],
                parts: Vec::new(),
            };
            ask(&call, subject, "r".into(), &asked).id
        };
        assert_eq!(id("ls"), id("ls"));
        assert_ne!(id("ls"), id("ls "));
    }
}
