//! An ask in sentences, and what a choice answers. Pure.
//!
//! A choice has the same number in every ask of its kind, also where another is not offered: 5 is always no. Who hears and
//! types by habit must not say yes because a list was shorter this time.

use serde_json::Value;

use crate::agent::visible::{escaped, one_line};
use crate::command::plain::spoken::{money, words};
use crate::command::plain::word::choice;
use crate::command::table::counted;
use crate::protocol::ask::{
    About, Answer, Approval, Ask, BudgetName, Guard, Risk, Subject, Verdict,
};
use crate::protocol::call::{ToolCall, parse_arguments};
use crate::protocol::id::Seq;
use crate::protocol::money::{Money, UNIT};

/// What a choice comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Answer(Answer),
    /// The same line must be said once more.
    Confirm,
    /// Lines to hear; it stays waiting.
    Tell(Vec<String>),
    Models,
}

/// What it is about in one sentence, without its name and number.
pub fn subject(about: &About) -> String {
    match about {
        About::Approval(approval) => {
            let cwd = one_line(&approval.cwd.to_string_lossy());
            match &approval.subject {
                Subject::Command { argv, .. } => {
                    let command = escaped(command_line(argv));
                    if command.contains('\n') {
                        let lines = command.lines().count();
                        format!("run a command of {lines} lines in {cwd}")
                    } else {
                        format!("run \"{command}\" in {cwd}")
                    }
                }
                Subject::Change {
                    path,
                    added,
                    removed,
                    created,
                    ..
                } => {
                    let path = escaped(&path.to_string_lossy());
                    if *created {
                        {
                            let lines = counted(*added, "line");
                            format!("write a new file {path}, {lines}")
                        }
                    } else {
                        {
                            let added = counted(*added, "line");
                            format!("change {path}, {added} added, {removed} removed")
                        }
                    }
                }
                Subject::Read { path } => format!("read {}", escaped(&path.to_string_lossy())),
                Subject::Other { .. } => format!("use {}", one_line(&approval.tool)),
            }
        }
        About::Budget {
            worst,
            left,
            limit,
            which,
        } => {
            let whose = match which {
                BudgetName::Day => "today",
                BudgetName::Session => "this session",
                BudgetName::Run => "this run",
            };
            format!(
                "budget. the next call could cost up to {}; {} is left of the {} that {whose} may spend. it stopped \
                 before the call; no tool is running; nothing is lost",
                money(*worst),
                money(*left),
                money(*limit)
            )
        }
        About::Guard { guard, text } => {
            let name = match guard {
                Guard::Loop => "the same call again and again",
                Guard::NoProgress => "no progress",
                Guard::Unattended => "nobody at the keys",
                Guard::Steps => "the limit of steps",
                Guard::Room => "the disk is nearly full",
            };
            format!("go on? paused: {name}. {}", words(&one_line(text)))
        }
        About::Unpriced { model } => format!(
            "no price is known for {model}; its calls would count towards the budgets as the dearest model known. A yes holds for it in all sessions; `creel models --ask-again {model}` takes it back",
            model = one_line(model)
        ),
    }
}

/// All lines of an ask: what would happen in full, the risk, the choices and how to answer.
pub fn told(number: Seq, ask: &Ask) -> Vec<String> {
    let mut lines = vec![format!("ASKS {number}: {}.", subject(&ask.about))];
    if let About::Approval(approval) = &ask.about {
        lines.extend(body(approval));
        let risk = match approval.risk {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        };
        let why = words(&one_line(&approval.risk_why));
        lines.push(format!("  risk {risk}: {why}."));
    }
    let choices = choices(&ask.about).into_iter();
    let choices: Vec<String> = choices
        .map(|(number, _, text)| format!("{number} {text}."))
        .collect();
    for row in choices.chunks(4) {
        lines.push(format!("  {}", row.join(" ")));
    }
    lines.push(format!("  answer with: ask {number} NUMBER"));
    lines
}

/// What would run or change, where one sentence does not hold it.
fn body(approval: &Approval) -> Vec<String> {
    match &approval.subject {
        Subject::Command { argv, .. } => {
            let command = escaped(command_line(argv));
            let several = command.contains('\n');
            let lines = command.lines().filter(|_| several);
            lines.map(|line| format!("    {line}")).collect()
        }
        Subject::Change { patch, .. } => changed(patch),
        Subject::Other { arguments } => {
            let readable = match parse_arguments(arguments) {
                Ok(value) => {
                    serde_json::to_string_pretty(&value).unwrap_or_else(|_| arguments.clone())
                }
                Err(_) => arguments.clone(),
            };
            let readable = escaped(&readable);
            readable.lines().map(|line| format!("    {line}")).collect()
        }
        Subject::Read { .. } => Vec::new(),
    }
}

/// Every line of a difference that is not as before, in words; tabs stay what they are.
fn changed(patch: &str) -> Vec<String> {
    let mut lines = Vec::new();
    // Names stand above the first place only: below it `--- x` is a removed line that begins with dashes.
    let mut head = true;
    for line in patch.lines() {
        let shown = |text: &str| {
            let parts: Vec<String> = text.split('\t').map(escaped).collect();
            parts.join("\t")
        };
        head &= !line.starts_with("@@ ");
        if head && (line.starts_with("+++ ") || line.starts_with("--- ")) {
            continue;
        }
        if let Some(text) = line.strip_prefix('+') {
            lines.push(format!("    added: {}", shown(text)));
        } else if let Some(text) = line.strip_prefix('-') {
            lines.push(format!("    removed: {}", shown(text)));
        } else if let Some(head) = line.strip_prefix("@@ -") {
            let from = head.split([',', ' ']).next().unwrap_or(head);
            // A new file has no line before.
            if from != "0" {
                lines.push(format!("    from line {from}:"));
            }
        } else if !line.starts_with(' ') && !line.is_empty() {
            // The patch itself says something, as that it was cut.
            lines.push(format!("    {}", shown(line)));
        }
    }
    lines
}

/// Number, letter as in the workstation, words.
fn choices(about: &About) -> Vec<(u8, &'static str, &'static str)> {
    match about {
        About::Approval(approval) => {
            let mut rows = vec![(1, "y", "yes, once")];
            if approval.session_rule.is_some() {
                rows.push((2, "s", "yes, this session"));
            }
            if matches!(approval.subject, Subject::Command { .. }) {
                rows.push((4, "e", "edit first"));
            }
            rows.push((5, "n", "no"));
            rows.push((6, "N", "no, and say why"));
            rows.push((7, "d", "everything about it"));
            rows
        }
        About::Budget { .. } => vec![
            (1, "+", "1 dollar more"),
            (2, "o", "this once"),
            (3, "m", "another model"),
            (4, "x", "end the turn"),
        ],
        About::Guard { .. } => vec![(1, "o", "go on"), (2, "x", "end the turn")],
        About::Unpriced { .. } => vec![
            (1, "y", "count it as the dearest known"),
            (2, "m", "another model"),
            (3, "x", "end the turn"),
        ],
    }
}

/// What a choice answers. `again`: the very same choice was made in the line before. `call` is the one asked about.
pub fn reply(
    number: Seq,
    ask: &Ask,
    typed: &str,
    again: bool,
    call: Option<&ToolCall>,
) -> Result<Reply, String> {
    let (first, rest) = choice(typed);
    let chosen = choices(&ask.about).into_iter().find(|(number, letter, _)| {
        first == *letter || first.parse::<u8>().is_ok_and(|typed| typed == *number)
    });
    let Some((_, letter, words)) = chosen else {
        return Err(format!(
            "{} is no choice of ask {number}; ask {number} tells them. nothing was answered",
            one_line(&first)
        ));
    };
    let about = &ask.about;
    let approval = match about {
        About::Approval(approval) => Some(approval),
        _ => None,
    };
    let takes_text = matches!(letter, "N" | "e");
    if !rest.is_empty() && !takes_text {
        return Err(format!(
            "{words} takes no text. nothing was answered; ask {number} 6 REASON says no with a reason"
        ));
    }
    let high = approval.is_some_and(|approval| approval.risk == Risk::High);
    let verdict = |verdict| Ok(Reply::Answer(Answer::Verdict { verdict }));
    match letter {
        "y" | "s" if high && !again => Ok(Reply::Confirm),
        "y" if approval.is_some() => verdict(Verdict::Once),
        "s" => verdict(Verdict::Session),
        "n" => verdict(Verdict::No { reason: None }),
        "N" if rest.is_empty() => Err(format!(
            "with the reason in the line: ask {number} 6 REASON"
        )),
        "N" => verdict(Verdict::No {
            reason: Some(one_line(rest)),
        }),
        "e" => {
            let Some(Subject::Command { argv, .. }) = approval.map(|approval| &approval.subject)
            else {
                return Err("only a command can be edited".to_owned());
            };
            if rest.is_empty() {
                return Ok(Reply::Tell(vec![format!(
                    "with the command to run in its place: ask {number} 4 COMMAND. it is now: {}",
                    escaped(command_line(argv))
                )]));
            }
            let arguments = edited(call.map_or("", |call| &call.arguments), rest);
            verdict(Verdict::Edited { arguments })
        }
        "d" => Ok(Reply::Tell(everything(number, ask))),
        "m" => Ok(Reply::Models),
        "+" => Ok(Reply::Answer(Answer::Raise {
            by: Money::usd(UNIT),
        })),
        "x" => Ok(Reply::Answer(Answer::End)),
        _ => Ok(Reply::Answer(Answer::Proceed)),
    }
}

/// An ask with what only few want to hear.
pub fn everything(number: Seq, ask: &Ask) -> Vec<String> {
    let mut lines = told(number, ask);
    let About::Approval(approval) = &ask.about else {
        return lines;
    };
    let mut more = vec![format!("  asked because: {}.", one_line(&approval.reason))];
    match &approval.subject {
        Subject::Command { argv, parts } => {
            for (index, part) in parts.iter().enumerate() {
                more.push(format!("  part {}: {}", index + 1, escaped(part)));
            }
            for (index, word) in argv.iter().enumerate() {
                more.push(format!(
                    "  word {index} of the whole vector: {}",
                    escaped(word)
                ));
            }
            more.push("  no sandbox: it runs with your rights.".to_owned());
        }
        Subject::Change { patch, .. } => {
            more.push("  the difference as it is:".to_owned());
            let patch = patch.lines().map(|line| format!("    {}", escaped(line)));
            more.extend(patch);
        }
        Subject::Read { .. } | Subject::Other { .. } => {}
    }
    if let Some(rule) = &approval.session_rule {
        more.push(format!("  2 allows for this session: {}", escaped(rule)));
    }
    more.push(format!("  call {}.", one_line(&approval.call.0)));
    let at = lines.len().saturating_sub(1);
    lines.splice(at..at, more);
    lines
}

/// An answer in words.
pub fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Verdict { verdict } => match verdict {
            Verdict::Once => "yes, once".to_owned(),
            Verdict::Session => "yes, this session".to_owned(),
            Verdict::No { reason: None } => "no".to_owned(),
            Verdict::No {
                reason: Some(reason),
            } => format!("no: {}", one_line(reason)),
            Verdict::Edited { .. } => "yes, as edited".to_owned(),
        },
        Answer::Proceed => "go on".to_owned(),
        Answer::Raise { by } => format!("{} more", money(*by)),
        Answer::End => "end the turn".to_owned(),
    }
}

/// The command line a shell was given: the last word of `bash -c LINE`.
fn command_line(argv: &[String]) -> &str {
    argv.last().map_or("", String::as_str)
}

/// The arguments of a call with another command line in them; whatever else it was given stays.
fn edited(arguments: &str, command: &str) -> String {
    let mut input = match parse_arguments(arguments) {
        Ok(Value::Object(input)) => input,
        _ => serde_json::Map::new(),
    };
    let command = Value::String(command.to_owned());
    input.insert("command".to_owned(), command);
    Value::Object(input).to_string()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::id::{AskId, CallId};

    fn approval(risk: Risk, subject: Subject, session_rule: Option<&str>) -> Ask {
        Ask {
            id: AskId("a".to_owned()),
            about: About::Approval(Approval {
                call: CallId("call_1_1_1".to_owned()),
                tool: "bash".to_owned(),
                subject,
                cwd: "/src/flaky".into(),
                risk,
                risk_why: "deletes 3.1 GB, all inside target".to_owned(),
                reason: "mode ask".to_owned(),
                session_rule: session_rule.map(str::to_owned),
            }),
        }
    }

    fn command(risk: Risk) -> Ask {
        let argv = ["bash", "-c", "rm -rf t\u{202e}mp && cargo clean"].map(str::to_owned);
        let subject = Subject::Command {
            argv: argv.into(),
            parts: vec!["rm -rf tmp".to_owned(), "cargo clean".to_owned()],
        };
        approval(risk, subject, None)
    }

    #[test]
    fn an_ask_is_told_whole() {
        let expected = [
            r#"ASKS 41: run "rm -rf t\u{202e}mp && cargo clean" in /src/flaky."#,
            "  risk medium: deletes 3.1 gigabytes, all inside target.",
            "  1 yes, once. 4 edit first. 5 no. 6 no, and say why.",
            "  7 everything about it.",
            "  answer with: ask 41 NUMBER",
        ];
        assert_eq!(told(Seq(41), &command(Risk::Medium)), expected);
        let subject = Subject::Change {
            path: "/src/a.rs".into(),
            patch: "--- a\n+++ b\n@@ -15,3 +15,3 @@\n same\n--- old\n+\tnew\u{1b}[2K\n".to_owned(),
            added: 1,
            removed: 1,
            created: false,
        };
        let expected = [
            "ASKS 42: change /src/a.rs, 1 line added, 1 removed.",
            "    from line 15:",
            "    removed: -- old",
            "    added: \tnew\\u{1b}[2K",
            "  risk low: deletes 3.1 gigabytes, all inside target.",
            "  1 yes, once. 2 yes, this session. 5 no. 6 no, and say why.",
            "  7 everything about it.",
            "  answer with: ask 42 NUMBER",
        ];
        let ask = approval(Risk::Low, subject, Some("Edit(/src/**)"));
        assert_eq!(told(Seq(42), &ask), expected);
        let all = everything(Seq(42), &ask).join("\n");
        assert!(
            all.contains("  2 allows for this session: Edit(/src/**)\n"),
            "{all}"
        );
        assert!(all.contains("    --- old\n"), "{all}");
    }

    #[test]
    fn a_choice_is_one_answer_or_none() {
        let verdict = |verdict| Ok(Reply::Answer(Answer::Verdict { verdict }));
        let no = |reason: Option<&str>| Verdict::No {
            reason: reason.map(str::to_owned),
        };
        let (low, high) = (command(Risk::Medium), command(Risk::High));
        let call = ToolCall {
            id: CallId("call_1_1_1".to_owned()),
            wire_id: None,
            name: "bash".to_owned(),
            arguments: r#"{"command":"x","timeout":9}"#.to_owned(),
            opaque: None,
        };
        let edited = Verdict::Edited {
            arguments: r#"{"command":"ls -l","timeout":9}"#.to_owned(),
        };
        let cases = [
            (&low, "1", false, verdict(Verdict::Once)),
            (&low, "１", false, verdict(Verdict::Once)),
            (&low, "ｙ", false, verdict(Verdict::Once)),
            (&low, "5", false, verdict(no(None))),
            (&low, "no", false, verdict(no(None))),
            (&low, "6 not in ci", false, verdict(no(Some("not in ci")))),
            (&low, "4 ls -l", false, verdict(edited)),
            (&high, "yes", false, Ok(Reply::Confirm)),
            (&high, "1", true, verdict(Verdict::Once)),
        ];
        for (ask, typed, again, expected) in cases {
            assert_eq!(
                reply(Seq(41), ask, typed, again, Some(&call)),
                expected,
                "{typed}"
            );
        }
        // Not offered, not there, or with a text that may have been meant otherwise.
        for typed in ["2", "s", "3", "8", "yes but", "1 but not in ci", "6", ""] {
            assert!(reply(Seq(41), &low, typed, false, None).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_stop_has_its_ways_on() {
        let about = About::Guard {
            guard: Guard::Loop,
            text: "5 times".to_owned(),
        };
        let ask = Ask {
            id: AskId("g".to_owned()),
            about,
        };
        let end = Ok(Reply::Answer(Answer::End));
        assert_eq!(reply(Seq(1), &ask, "2", false, None), end);
        let on = Ok(Reply::Answer(Answer::Proceed));
        assert_eq!(reply(Seq(1), &ask, "o", false, None), on);
        let budget = Ask {
            about: About::Budget {
                worst: Money::usd(UNIT / 10),
                left: Money::usd(UNIT / 25),
                limit: Money::usd(2 * UNIT),
                which: BudgetName::Session,
            },
            ..ask
        };
        let raise = Answer::Raise {
            by: Money::usd(UNIT),
        };
        assert_eq!(
            reply(Seq(1), &budget, "1", false, None),
            Ok(Reply::Answer(raise))
        );
        assert_eq!(reply(Seq(1), &budget, "m", false, None), Ok(Reply::Models));
        assert_eq!(
            told(Seq(1), &budget)[0],
            "ASKS 1: budget. the next call could cost up to 0 dollars 10 cents; 0 dollars 4 cents is left of the 2 dollars \
             that this session may spend. it stopped before the call; no tool is running; nothing is lost."
        );
    }
}
