//! What can be chosen at an ask, and what a typed choice answers. Pure.
//!
//! A choice has the same number in every ask of its kind, also where another is not offered: 5 is always no. Who hears and
//! types by habit must not say yes because a list was shorter this time.

use serde_json::Value;

use crate::agent::visible::{as_command, escaped, one_line};
use crate::command::plain::ask::everything;
use crate::command::plain::word::choice;
use crate::protocol::ask::{About, Answer, Ask, Risk, Subject, Verdict, command_line};
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

/// Number, letter as in the workstation, words.
pub fn choices(about: &About) -> Vec<(u8, &'static str, String)> {
    let rows = match about {
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
        About::Question(question) => {
            let numbered = (1..).zip(&question.choices);
            let mut rows: Vec<_> = numbered
                .map(|(number, choice)| (number, "", one_line(&escaped(choice))))
                .collect();
            let next = rows.len() as u8 + 1;
            rows.push((next, "t", "answer in words".to_owned()));
            rows.push((next + 1, "l", "leave it to the model".to_owned()));
            return rows;
        }
    };
    rows.into_iter()
        .map(|(number, letter, words)| (number, letter, words.to_owned()))
        .collect()
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
        (first == *letter && !first.is_empty())
            || first.parse::<u8>().is_ok_and(|typed| typed == *number)
    });
    let Some((picked, letter, words)) = chosen else {
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
    let takes_text = matches!(letter, "N" | "e" | "t");
    if !rest.is_empty() && !takes_text {
        let way = match about {
            About::Question(question) => {
                format!(
                    "ask {number} {} WORDS answers in words",
                    question.choices.len() + 1
                )
            }
            _ => format!("ask {number} 6 REASON says no with a reason"),
        };
        return Err(format!(
            "{words} takes no text. nothing was answered; {way}"
        ));
    }
    let high = approval.is_some_and(|approval| approval.risk == Risk::High);
    let verdict = |verdict| Ok(Reply::Answer(Answer::Verdict { verdict }));
    let said = |text| Ok(Reply::Answer(Answer::Said { text }));
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
                    as_command(command_line(argv))
                )]));
            }
            let arguments = edited(call.map_or("", |call| &call.arguments), rest);
            verdict(Verdict::Edited { arguments })
        }
        "t" if rest.is_empty() => Err(format!(
            "with the answer in the line: ask {number} {picked} WORDS"
        )),
        "t" => said(Some(one_line(rest))),
        "l" => said(None),
        "" => said(Some(words)),
        "d" => Ok(Reply::Tell(everything(number, ask))),
        "m" => Ok(Reply::Models),
        "+" => Ok(Reply::Answer(Answer::Raise {
            by: Money::usd(UNIT),
        })),
        "x" => Ok(Reply::Answer(Answer::End)),
        _ => Ok(Reply::Answer(Answer::Proceed)),
    }
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
    #![allow(clippy::unwrap_used)]
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::plain::ask::told;
    use crate::command::plain::made::command;
    use crate::protocol::ask::{BudgetName, Guard, Question};
    use crate::protocol::id::{AskId, CallId};

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
    fn a_question_is_answered_by_a_number_or_in_words() {
        let ask = Ask {
            id: AskId("q".to_owned()),
            about: About::Question(Question {
                call: CallId("call_1_1_1".to_owned()),
                text: "Which version?".to_owned(),
                choices: vec!["2.4.0".to_owned(), "3.0.0".to_owned()],
            }),
        };
        assert_eq!(
            told(Seq(41), &ask),
            [
                "ASKS 41: question. Which version?.",
                "  1 2.4.0. 2 3.0.0. 3 answer in words. 4 leave it to the model.",
                "  answer with: ask 41 NUMBER",
            ]
        );
        let said = |text: &str| {
            let text = Some(text.to_owned());
            Ok(Reply::Answer(Answer::Said { text }))
        };
        let left = Ok(Reply::Answer(Answer::Said { text: None }));
        for (typed, expected) in [
            ("2", said("3.0.0")),
            ("3 the newest", said("the newest")),
            ("t none", said("none")),
            ("4", left.clone()),
            ("l", left),
        ] {
            assert_eq!(
                reply(Seq(41), &ask, typed, false, None),
                expected,
                "{typed}"
            );
        }
        for typed in ["", "0", "5", "1 or so", "3", "t", "yes"] {
            assert!(reply(Seq(41), &ask, typed, false, None).is_err(), "{typed}");
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
