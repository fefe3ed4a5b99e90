//! Tool calls: what the model asked for, what it would touch, how it ended.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::id::CallId;
use crate::protocol::item::Opaque;
use crate::protocol::rule::By;

/// One call as the model asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: CallId,
    /// The provider's own id, given back to the same family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire_id: Option<String>,
    pub name: String,
    /// The arguments as they were sent, byte for byte, so that they can be sent back so. Not necessarily JSON.
    pub arguments: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

impl ToolCall {
    /// The arguments as the object they should be. No arguments at all is the empty object.
    pub fn input(&self) -> Result<Value, String> {
        parse_arguments(&self.arguments)
    }
}

/// The line of a call that runs a command, by whatever name a program has for it; of a list its words, and of one that gives a
/// line to a shell that line. What names a file as well is no command.
pub fn shell_line(input: &Value) -> Option<String> {
    if input.get("path").is_some() {
        return None;
    }
    match input.get("command").or_else(|| input.get("cmd"))? {
        Value::String(line) => Some(line.clone()),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            match words.as_slice() {
                [] => None,
                // `["bash", "-lc", "LINE"]`.
                [_, "-c" | "-lc", line] => Some((*line).to_owned()),
                words => Some(words.join(" ")),
            }
        }
        _ => None,
    }
}

/// The argument text of a call as an object; the error is what the model is told.
pub fn parse_arguments(arguments: &str) -> Result<Value, String> {
    if arguments.trim().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    match serde_json::from_str::<Value>(arguments) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(format!(
            "the arguments must be one JSON object; you sent: {}",
            around(arguments, 0)
        )),
        Err(error) => {
            let before = arguments
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1));
            let fault = before.map(str::len).sum::<usize>() + error.column();
            Err(format!(
                "the arguments are not valid JSON: {error}; you sent: {}",
                around(arguments, fault)
            ))
        }
    }
}

/// Bytes of arguments that are shown whole.
const WHOLE: usize = 600;

/// Bytes of longer ones: of their beginning, before their fault and behind it.
const PARTS: (usize, usize, usize) = (120, 240, 120);

/// A text as far as its fault can be mended from it, since what cannot be read is not sent back to the model in its call.
fn around(text: &str, fault: usize) -> String {
    if text.len() <= WHOLE {
        return text.to_owned();
    }
    let (begin, before, behind) = PARTS;
    let from = text.ceil_char_boundary(fault.saturating_sub(before).max(begin));
    let to = text.floor_char_boundary(fault.saturating_add(behind).max(from));
    let head = &text[..text.floor_char_boundary(begin)];
    let middle = text.get(from..to).unwrap_or_default();
    let end = if to < text.len() { " […]" } else { "" };
    format!("{head} […] {middle}{end} ({} bytes in all)", text.len())
}

/// Arguments that a person changed, with those they do not name as the call had them. What is no object stays as it is.
pub fn with_the_rest(given: &str, changed: &str) -> String {
    match (parse_arguments(given), parse_arguments(changed)) {
        (Ok(Value::Object(mut whole)), Ok(Value::Object(changed))) => {
            whole.extend(changed);
            Value::Object(whole).to_string()
        }
        _ => changed.to_owned(),
    }
}

/// What a tool is called and takes, as the model is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments.
    pub schema: Value,
}

/// What a call would touch: facts for the permission decision and for the card that asks. Paths are absolute and
/// normalised, without `..`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reach {
    Read {
        path: PathBuf,
    },
    Write {
        path: PathBuf,
    },
    /// A command line for a shell.
    Run {
        command: String,
    },
    /// An output of this session that was kept whole (`output:N`).
    Output {
        number: u32,
    },
    /// A file of notes, which sessions to come are told of.
    Note {
        path: PathBuf,
    },
    /// What was said in another project, by a part of its folder.
    Recall {
        project: String,
    },
}

/// The change of a file that a call makes, by the starts of hashes, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    /// Its true place.
    pub path: PathBuf,
    /// What it held; `None` where it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    pub after: String,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// The tool did its work; a command that ended by itself is done whatever its exit status.
    Done,
    /// The tool could not: bad arguments, no such file, timeout.
    Failed,
    /// The person, a rule or the mode said no.
    Denied,
    /// Stopped before it ended, or never begun because the turn ended.
    Cancelled,
    /// Creel died while it ran: whether it took effect is not known. What could have one is never run again by itself.
    Lost,
}

/// What a call read that nobody trusted wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Untrusted {
    /// Outside the session's folder.
    Outside { path: PathBuf },
    /// What a command had from the network.
    Web,
}

impl Untrusted {
    /// What a session did, in a sentence.
    pub fn told(&self) -> String {
        match self {
            Self::Outside { path } => format!("read {}, outside its folder", path.display()),
            // What came of it is not known: a look-up may have failed.
            Self::Web => "ran a command with the network".to_owned(),
        }
    }

    /// For a line with little room.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Outside { .. } => "read outside",
            Self::Web => "used the network",
        }
    }
}

/// How a call ended, what the model reads of it, and what a card shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub kind: OutcomeKind,
    /// What the model reads, already cut to the limits.
    pub text: String,
    /// Of a command that ended by itself; 128 + signal where a signal ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Wall time of the tool in milliseconds.
    #[serde(default)]
    pub millis: u64,
    #[serde(default)]
    pub detail: Detail,
    /// The whole output, when the model read only a part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<OutputRef>,
    /// Who denied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// What of it nobody trusted wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<Untrusted>,
}

impl Outcome {
    fn plain(kind: OutcomeKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            exit: None,
            millis: 0,
            detail: Detail::None,
            whole: None,
            by: None,
            untrusted: None,
        }
    }

    pub fn done(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Done, text)
    }

    pub fn failed(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Failed, text)
    }

    pub fn denied(text: impl Into<String>, by: By) -> Self {
        Self {
            by: Some(by),
            ..Self::plain(OutcomeKind::Denied, text)
        }
    }

    pub fn cancelled(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Cancelled, text)
    }

    pub fn lost(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Lost, text)
    }
}

/// A large output kept whole as a blob; the model reads it as `output:NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputRef {
    /// Counted from 1 within the session, in the order of calls begun.
    pub number: u32,
    /// SHA-256 of the bytes, in hexadecimal: the name of the blob.
    pub hash: String,
    pub bytes: u64,
    pub lines: u64,
}

/// What a card says beyond the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Detail {
    #[default]
    None,
    /// Lines shown of a file: `first..=last` of `total`, counted from 1.
    Lines { first: u64, last: u64, total: u64 },
    /// Matches or files found.
    Hits { count: u64 },
    /// A file changed: a unified diff with three lines of context, possibly cut, and its full counts.
    Diff {
        path: String,
        patch: String,
        added: u64,
        removed: u64,
        created: bool,
    },
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn arguments_that_cannot_be_read_come_back_with_what_the_parser_says() {
        let cases = [
            (
                r#"{"path": "a.txt", "content": "x}"#.to_owned(),
                r#"the arguments are not valid JSON: EOF while parsing a string at line 1 column 32; you sent: {"path": "a.txt", "content": "x}"#.to_owned(),
            ),
            (
                "[1]".to_owned(),
                "the arguments must be one JSON object; you sent: [1]".to_owned(),
            ),
        ];
        for (arguments, expected) in cases {
            assert_eq!(parse_arguments(&arguments), Err(expected));
        }
        // Of long ones what stands about the fault is shown, cut between characters.
        let long = format!(
            "{{\n\"a\": \"{}\", b: \"{}\"}}",
            "x".repeat(3_000),
            "é".repeat(3_000)
        );
        let told = parse_arguments(&long).unwrap_err();
        let begin = "the arguments are not valid JSON: key must be a string at line 2 column 3010; you sent: {\n\"a\": \"xx";
        assert!(told.starts_with(begin), "{told}");
        assert!(told.contains("xx\", b: \"éé"), "{told}");
        assert!(told.ends_with("é […] (9017 bytes in all)"), "{told}");
        assert!(told.len() < 700, "{told}");
        assert_eq!(
            parse_arguments(" "),
            Ok(Value::Object(serde_json::Map::new()))
        );
    }

    #[test]
    fn what_was_not_changed_stays_as_the_call_had_it() {
        let given = r#"{"command":"touch one","timeout":7,"deep":{"a":1}}"#;
        let cases = [
            (
                r#"{"command":"touch two"}"#,
                r#"{"command":"touch two","timeout":7,"deep":{"a":1}}"#,
            ),
            (
                r#"{"timeout":9,"new":null}"#,
                r#"{"command":"touch one","timeout":9,"deep":{"a":1},"new":null}"#,
            ),
            ("no JSON", "no JSON"),
        ];
        for (changed, expected) in cases {
            assert_eq!(with_the_rest(given, changed), expected);
        }
        let changed = r#"{"command":"x"}"#;
        assert_eq!(with_the_rest("broken", changed), changed);
    }
}
