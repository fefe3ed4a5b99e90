//! Tool words: `read PATH`, `bash COMMAND` and the like, typed by the person. The script plays the model that asks for just
//! that and then says a sentence about what came back. So asks, rules and modes can be tried on one's own files without
//! a model.

use crate::agent::prompt::{CallResult, Message};
use crate::agent::visible;
use crate::protocol::call::OutcomeKind;
use crate::provider::rehearsal::script::Line;

/// Characters of a line that a sentence quotes.
const QUOTED: usize = 72;

/// What `edit PATH` looks for: a line that can be found again.
const LONGEST_LINE: usize = 200;

/// One call in the person's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Read {
        path: String,
    },
    Write {
        path: String,
        content: String,
    },
    /// Without texts it reads the file and adds one empty line.
    Edit {
        path: String,
        texts: Option<(String, String)>,
    },
    Grep {
        pattern: String,
    },
    Glob {
        pattern: String,
    },
    Bash {
        command: String,
    },
}

/// The prompt as tool words, if it is such. Meant to be narrow: `read the notes and mend it` is a prompt like any other.
pub fn read(prompt: &str) -> Option<Word> {
    let prompt = prompt.trim();
    let (word, rest) = prompt.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    match word {
        "read" => one_path(rest).map(|path| Word::Read { path }),
        "glob" => one_path(rest).map(|pattern| Word::Glob { pattern }),
        "grep" => Some(Word::Grep {
            pattern: rest.to_owned(),
        }),
        "bash" => Some(Word::Bash {
            command: rest.to_owned(),
        }),
        "write" => {
            let (path, content) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let content = match content.trim() {
                "" => "Written by Creel's rehearsal.",
                content => content,
            };
            path.contains(['.', '/']).then(|| Word::Write {
                path: path.to_owned(),
                content: format!("{content}\n"),
            })
        }
        "edit" => match rest.split_once(char::is_whitespace) {
            None => one_path(rest).map(|path| Word::Edit { path, texts: None }),
            Some((path, texts)) => texts.split_once(" => ").map(|(old, new)| Word::Edit {
                path: path.to_owned(),
                texts: Some((old.trim().to_owned(), new.trim().to_owned())),
            }),
        },
        _ => None,
    }
}

/// A path without blanks, or one in quotes.
fn one_path(text: &str) -> Option<String> {
    let path = match text.chars().next()? {
        quote @ ('"' | '\'') => text
            .strip_prefix(quote)?
            .strip_suffix(quote)
            .filter(|path| !path.is_empty() && !path.contains(quote))?,
        _ if text.contains(char::is_whitespace) => return None,
        _ => text,
    };
    Some(path.to_owned())
}

/// What the played model does next, given the conversation since the prompt.
pub fn answer(word: &Word, since: &[Message]) -> Vec<Line> {
    let asked = since
        .iter()
        .filter(|message| matches!(message, Message::Assistant { .. }))
        .count();
    let result = since.iter().rev().find_map(|message| match message {
        Message::Results { results } => results.first(),
        Message::User { .. } | Message::Assistant { .. } => None,
    });
    match (asked, result, word) {
        (0, ..) => vec![first_call(word)],
        (
            1,
            Some(CallResult {
                outcome: OutcomeKind::Done,
                text,
                ..
            }),
            Word::Edit { path, texts: None },
        ) => match findable_line(text) {
            Some(line) => vec![
                Line::Text(format!("I add one empty line below `{line}`.")),
                call(
                    "edit",
                    &serde_json::json!({"path": path, "old_string": line, "new_string": format!("{line}\n")}),
                ),
            ],
            None => vec![Line::Text(format!(
                "I found no line in {path} that stands there only once; `edit {path} OLD => NEW` says what to change."
            ))],
        },
        (_, Some(result), _) => vec![Line::Text(sentence(word, result))],
        (_, None, _) => vec![Line::Text("I asked, and no result came back.".to_owned())],
    }
}

fn first_call(word: &Word) -> Line {
    match word {
        Word::Read { path } | Word::Edit { path, texts: None } => {
            call("read", &serde_json::json!({"path": path}))
        }
        Word::Write { path, content } => call(
            "write",
            &serde_json::json!({"path": path, "content": content}),
        ),
        Word::Edit {
            path,
            texts: Some((old, new)),
        } => call(
            "edit",
            &serde_json::json!({"path": path, "old_string": old, "new_string": new}),
        ),
        Word::Grep { pattern } => call("grep", &serde_json::json!({"pattern": pattern})),
        Word::Glob { pattern } => call("glob", &serde_json::json!({"pattern": pattern})),
        Word::Bash { command } => call("bash", &serde_json::json!({"command": command})),
    }
}

fn call(name: &str, input: &serde_json::Value) -> Line {
    Line::Call {
        name: name.to_owned(),
        arguments: input.to_string(),
    }
}

/// The first line of a file that stands there only once, and so can be found by an edit.
fn findable_line(text: &str) -> Option<&str> {
    text.lines().find(|line| {
        !line.trim().is_empty() && line.len() <= LONGEST_LINE && text.matches(line).count() == 1
    })
}

/// One sentence about a result, true of it.
fn sentence(word: &Word, result: &CallResult) -> String {
    let first = result.text.lines().find(|line| !line.trim().is_empty());
    let quote = first.map(quoted).unwrap_or_default();
    match result.outcome {
        OutcomeKind::Denied => "All right, without it. Nothing was done.".to_owned(),
        OutcomeKind::Cancelled => "It was stopped.".to_owned(),
        OutcomeKind::Lost => {
            "Creel ended while it ran, so I do not know whether it took effect.".to_owned()
        }
        OutcomeKind::Failed => format!("`{}` could not do it: {quote}", result.name),
        OutcomeKind::Done => match word {
            Word::Edit { path, .. } => format!("{path} is changed; nothing else was touched."),
            Word::Write { path, .. } => format!("{path} is written."),
            Word::Read { .. } | Word::Grep { .. } | Word::Glob { .. } | Word::Bash { .. } => {
                match result.text.lines().count() {
                    0 => format!("`{}` came back without a word.", result.name),
                    1 => format!("`{}` came back with one line: {quote}", result.name),
                    lines => format!(
                        "`{}` came back with {lines} lines; the first is: {quote}",
                        result.name
                    ),
                }
            }
        },
    }
}

fn quoted(line: &str) -> String {
    let line = visible::one_line(line);
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::reply::Part;

    /// The tool, how it ended, what it said.
    type CallEnd<'a> = (&'a str, OutcomeKind, &'a str);

    #[test]
    fn only_tool_words_are_read_as_such() {
        let cases = [
            ("read a.txt", r#"read {"path":"a.txt"}"#),
            (" read  'a b.txt' \n", r#"read {"path":"a b.txt"}"#),
            (
                "bash ls -l | wc\nid",
                r#"bash {"command":"ls -l | wc\nid"}"#,
            ),
            ("grep two words", r#"grep {"pattern":"two words"}"#),
            ("glob **/*.rs", r#"glob {"pattern":"**/*.rs"}"#),
            ("edit a.txt", r#"read {"path":"a.txt"}"#),
            (
                "edit a.txt one two => three",
                r#"edit {"path":"a.txt","old_string":"one two","new_string":"three"}"#,
            ),
            (
                "write a.txt some words",
                r#"write {"path":"a.txt","content":"some words\n"}"#,
            ),
            (
                "write a.txt",
                r#"write {"path":"a.txt","content":"Written by Creel's rehearsal.\n"}"#,
            ),
        ];
        for (prompt, expected) in cases {
            let word = read(prompt).expect(prompt);
            assert_eq!(shown(&answer(&word, &[])), [format!("call {expected}")]);
        }
        for prompt in [
            "",
            "read",
            "bash",
            "Read a.txt",
            "read the notes",
            "reading a.txt",
            "write a poem",
            "edit a file",
            "please read a.txt",
            "read ''",
            "ls",
        ] {
            assert_eq!(read(prompt), None, "{prompt:?}");
        }
    }

    #[test]
    fn an_edit_adds_one_line_where_the_file_can_bear_it() {
        let word = read("edit a.txt").unwrap();
        let long = format!("{}\nshort\n", "x".repeat(201));
        let cases = [
            ("a\nb\na\n", "b"),
            ("\n  \n#!/bin/sh\nx", "#!/bin/sh"),
            ("in\nindeed\n", "indeed"),
            (long.as_str(), "short"),
        ];
        for (text, line) in cases {
            let since = conversation(&[("read", OutcomeKind::Done, text)]);
            let arguments = serde_json::json!({"path": "a.txt", "old_string": line, "new_string": format!("{line}\n")});
            assert_eq!(
                shown(&answer(&word, &since)),
                [
                    format!("text I add one empty line below `{line}`."),
                    format!("call edit {arguments}")
                ]
            );
        }
        let since = conversation(&[("read", OutcomeKind::Done, "x\nx\n")]);
        assert_eq!(
            shown(&answer(&word, &since)),
            [
                "text I found no line in a.txt that stands there only once; `edit a.txt OLD => NEW` says what to change."
            ]
        );
    }

    #[test]
    fn the_sentence_is_true_of_the_result() {
        use OutcomeKind::{Cancelled, Denied, Done, Failed, Lost};
        let long = "x".repeat(100);
        let cut = format!("`bash` came back with one line: {}…", "x".repeat(72));
        let cases: &[(&str, &[CallEnd], &str)] = &[
            (
                "bash ls",
                &[("bash", Done, "a\nb\n")],
                "`bash` came back with 2 lines; the first is: a",
            ),
            (
                "bash ls",
                &[("bash", Done, "\u{1b}[31mred\u{1b}[0m\t x")],
                "`bash` came back with one line: red x",
            ),
            ("bash ls", &[("bash", Done, long.as_str())], cut.as_str()),
            (
                "bash :",
                &[("bash", Done, "")],
                "`bash` came back without a word.",
            ),
            (
                "bash ls",
                &[("bash", Denied, "no")],
                "All right, without it. Nothing was done.",
            ),
            ("bash ls", &[("bash", Cancelled, "")], "It was stopped."),
            (
                "bash ls",
                &[("bash", Lost, "")],
                "Creel ended while it ran, so I do not know whether it took effect.",
            ),
            (
                "read x",
                &[("read", Failed, "no such file")],
                "`read` could not do it: no such file",
            ),
            (
                "edit x",
                &[("read", Failed, "no such file")],
                "`read` could not do it: no such file",
            ),
            (
                "edit x",
                &[("read", Done, "1\tx"), ("edit", Done, "")],
                "x is changed; nothing else was touched.",
            ),
            (
                "edit x",
                &[("read", Done, "1\tx"), ("edit", Denied, "")],
                "All right, without it. Nothing was done.",
            ),
            ("write a/b x", &[("write", Done, "")], "a/b is written."),
        ];
        for (prompt, results, expected) in cases {
            let word = read(prompt).unwrap();
            assert_eq!(
                shown(&answer(&word, &conversation(results))),
                [format!("text {expected}")],
                "{prompt}"
            );
        }
    }

    fn conversation(results: &[CallEnd]) -> Vec<Message> {
        results
            .iter()
            .flat_map(|&(name, outcome, text)| {
                [
                    Message::Assistant {
                        parts: vec![Part::Call {
                            wire_id: None,
                            name: name.to_owned(),
                            arguments: String::new(),
                            opaque: None,
                        }],
                    },
                    Message::Results {
                        results: vec![CallResult {
                            wire_id: "w".to_owned(),
                            name: name.to_owned(),
                            text: text.to_owned(),
                            outcome,
                        }],
                    },
                ]
            })
            .collect()
    }

    fn shown(lines: &[Line]) -> Vec<String> {
        lines
            .iter()
            .map(|line| match line {
                Line::Text(text) => format!("text {text}"),
                Line::Call { name, arguments } => format!("call {name} {arguments}"),
                other => format!("{other:?}"),
            })
            .collect()
    }
}
