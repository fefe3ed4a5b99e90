//! An ask in sentences. Pure.

use crate::agent::visible::{as_change, as_command, escaped, one_line};
use crate::command::plain::reply::choices;
use crate::command::plain::shown::body;
use crate::command::plain::spoken::{money, words};
use crate::command::table::counted;
use crate::protocol::ask::{
    About, Answer, Ask, BudgetName, Guard, Risk, Subject, Verdict, command_line,
};
use crate::protocol::id::Seq;

/// What it is about in one sentence, without its name and number.
pub fn subject(about: &About) -> String {
    match about {
        About::Approval(approval) => {
            let cwd = one_line(&approval.cwd.to_string_lossy());
            match &approval.subject {
                Subject::Command { argv, .. } => {
                    let command = as_command(command_line(argv));
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
                    let path = as_command(&path.to_string_lossy());
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
                Subject::Read { path } => format!("read {}", as_command(&path.to_string_lossy())),
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
        About::Question(question) => format!("question. {}", one_line(&escaped(&question.text))),
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
        let open = approval.open().map(|open| format!("{open}; "));
        let why = words(&one_line(&approval.risk_why));
        lines.push(format!("  risk {risk}: {}{why}.", open.unwrap_or_default()));
        if let Some(rule) = approval.session_network() {
            lines.push(format!(
                "  2 keeps for this session, also when it is opened again: {}",
                as_command(rule)
            ));
        }
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
                more.push(format!("  part {}: {}", index + 1, as_command(part)));
            }
            for (index, word) in argv.iter().enumerate() {
                more.push(format!(
                    "  word {index} of the whole vector: {}",
                    as_command(word)
                ));
            }
            more.push(format!("  {}.", approval.held()));
        }
        Subject::Change { patch, .. } => {
            more.push("  the difference as it is:".to_owned());
            let patch = patch.lines().map(|line| format!("    {}", as_change(line)));
            more.extend(patch);
        }
        Subject::Read { .. } | Subject::Other { .. } => {}
    }
    for rule in approval.session_rules() {
        more.push(format!(
            "  2 allows in this session, also when it is opened again: {}",
            as_command(rule)
        ));
    }
    if let Some(why) = &approval.no_rule {
        more.push(format!("  {}.", one_line(why)));
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
            Verdict::Kept { rule } => format!("yes, and the rule {}", one_line(&rule.text)),
            Verdict::No { reason: None } => "no".to_owned(),
            Verdict::No {
                reason: Some(reason),
            } => format!("no: {}", one_line(reason)),
            Verdict::Edited { .. } | Verdict::Hunks { .. } => "yes, as edited".to_owned(),
        },
        Answer::Proceed => "go on".to_owned(),
        Answer::Raise { by } => format!("{} more", money(*by)),
        Answer::End => "end the turn".to_owned(),
        Answer::Said { text: Some(text) } => one_line(text),
        Answer::Said { text: None } => "left to the model".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::plain::made::{approval, command};
    use crate::protocol::sandbox::Level;

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
            all.contains(
                "  2 allows in this session, also when it is opened again: Edit(/src/**)\n"
            ),
            "{all}"
        );
        assert!(all.contains("    --- old\n"), "{all}");
    }

    #[test]
    fn what_is_open_to_a_command_is_told_without_asking() {
        let mut ask = command(Risk::Medium);
        if let About::Approval(approval) = &mut ask.about {
            approval.level = Some(Level::Partial);
            approval.network = true;
            approval.session_rule = Some("Network(cargo \u{202e}fetch)".to_owned());
        }
        let told = told(Seq(41), &ask).join("\n");
        let open = "  risk medium: files NOT protected, network on; deletes 3.1 gigabytes, all inside target.\n  \
                    2 keeps for this session, also when it is opened again: Network(cargo \\u{202e}fetch)\n";
        assert!(told.contains(open), "{told}");
    }
}
