//! Trying a model with one short question: what it is asked, and what its answer shows.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::agent::prompt::{Caching, Message, Prompt};
use crate::protocol::call::ToolSpec;
use crate::protocol::effort::Effort;
use crate::protocol::failure::Stop;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::provider::Tried;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;

/// A few tokens answer it; what comes before them is for models that reason.
const MOST_OUTPUT: u64 = 2000;

const TOOL: &str = "report";

/// A line of text and a call: both must come through.
const QUESTION: &str = "This is a check of the connection. First write the numbers from one to twelve as words in one line. \
                        Then call the tool `report` with the word \"ready\".";

/// The question, with as much reasoning as a run would ask for: a server that takes one may refuse the other.
pub fn ask(model: &ModelRef, effort: Option<Effort>) -> Prompt {
    let schema = json!({
        "type": "object",
        "properties": { "word": { "type": "string", "description": "One word" } },
        "required": ["word"],
    });
    Prompt {
        model: model.clone(),
        system: "Do exactly what you are asked, in as few words as you can.".into(),
        tools: Arc::new([ToolSpec {
            name: TOOL.to_owned(),
            description: "Reports one word".to_owned(),
            schema,
        }]),
        messages: vec![Message::User {
            text: QUESTION.to_owned(),
            pictures: Vec::new(),
        }],
        max_output: MOST_OUTPUT,
        effort,
        caching: Caching::default(),
    }
}

/// The longest prefix that a model of Gemini needs before it caches, and no other vendor's needs more (ai.google.dev,
/// "Context caching").
const LONGEST_LEAST: u64 = 4096;

/// What most vendors need.
const USUAL_LEAST: u64 = 1024;

/// A short answer is enough; fewer than this some servers refuse.
const LEAST_OUTPUT: u64 = 16;

/// A line of the long prompt has no more bytes for a token than this, whoever counts.
const BYTES: u64 = 5;

/// The question that is asked twice to see what a cache does: longer than the shortest prefix that is cached (`least`), and
/// no longer than it must be, since it is paid for.
pub fn ask_twice(
    (model, effort): (&ModelRef, Option<Effort>),
    session: SessionId,
    least: u64,
) -> Prompt {
    let name = model.model.rsplit('/').next().unwrap_or_default();
    let least = if name.starts_with("gemini-") {
        LONGEST_LEAST
    } else {
        least.max(USUAL_LEAST)
    };
    // A quarter more, since nobody counts the same, and caches keep whole units.
    let bytes = (least + least / 4) * BYTES;
    let mut system = String::new();
    for number in 1.. {
        let _ = writeln!(
            system,
            "{number}. The tide comes and goes twice a day, and the ferry waits for neither."
        );
        if system.len() as u64 >= bytes {
            break;
        }
    }
    Prompt {
        system: system.into(),
        tools: Arc::new([]),
        messages: vec![Message::User {
            text: "Answer with the one word \"ready\".".to_owned(),
            pictures: Vec::new(),
        }],
        max_output: LEAST_OUTPUT,
        caching: Caching {
            session: Some(session),
            ..Caching::default()
        },
        ..ask(model, effort)
    }
}

/// What an answer shows that came in so many pieces.
pub fn shown(reply: &Reply, pieces: u32) -> Tried {
    let called = reply
        .parts
        .iter()
        .any(|part| matches!(part, Part::Call { name, .. } if name == TOOL));
    let cut = reply.stop == Some(Stop::Length);
    let long = reply.text().len() + reply.thinking().len() > LONG;
    Tried {
        streams: (pieces > 1 || long).then_some(pieces > 1),
        calls_tool: (called || !cut).then_some(called),
        // Zeros count nothing: a call that was answered has tokens.
        usage: reply.usage.filter(|usage| *usage != Usage::default()),
        reports_caching: reply.usage_raw.as_ref().is_some_and(names_cache),
        ..Tried::default()
    }
}

/// Bytes of an answer that no server sends as one piece while it streams.
const LONG: usize = 40;

/// Whether a usage object has a number that is named after a cache, however deep.
pub fn names_cache(usage: &Value) -> bool {
    match usage {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let named = name.to_ascii_lowercase().contains("cache");
            (named && value.is_number()) || names_cache(value)
        }),
        Value::Array(values) => values.iter().any(names_cache),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn call(name: &str) -> Part {
        Part::Call {
            wire_id: None,
            name: name.to_owned(),
            arguments: "{}".to_owned(),
            opaque: None,
        }
    }

    fn text(text: &str) -> Part {
        Part::Text {
            text: text.to_owned(),
            opaque: None,
        }
    }

    #[test]
    fn an_answer_shows_what_a_model_can_do() {
        let long = "one two three four five six seven eight nine ten";
        let cases = [
            (
                vec![text(long), call("report")],
                9,
                Stop::Tool,
                (Some(true), Some(true)),
            ),
            // A server that holds its answer back until it is whole.
            (
                vec![text(long), call("report")],
                1,
                Stop::Tool,
                (Some(false), Some(true)),
            ),
            (vec![call("report")], 1, Stop::Tool, (None, Some(true))),
            (
                vec![text("no"), call("other")],
                2,
                Stop::End,
                (Some(true), Some(false)),
            ),
            (vec![text(long)], 9, Stop::Length, (Some(true), None)),
            (Vec::new(), 0, Stop::End, (None, Some(false))),
        ];
        for (parts, pieces, stop, expected) in cases {
            let reply = Reply {
                parts,
                stop: Some(stop),
                ..Reply::default()
            };
            let tried = shown(&reply, pieces);
            assert_eq!((tried.streams, tried.calls_tool), expected, "{reply:?}");
        }
    }

    #[test]
    fn what_is_asked_twice_is_long_enough_and_not_much_longer() {
        let session = SessionId(uuid::Uuid::nil());
        let cases = [
            ("a/claude-haiku-4-5", 4096, 4096),
            ("a/m", 512, 1024),
            ("a/gemini-3.8-flash", 512, 4096),
            ("a/google/gemini-2.5-pro", 512, 4096),
        ];
        for (model, least, expected) in cases {
            let model: ModelRef = model.parse().unwrap();
            let asked = || ask_twice((&model, Some(Effort::Low)), session, least);
            let prompt = asked();
            assert_eq!(prompt, asked());
            assert_eq!(prompt.effort, Some(Effort::Low));
            let bytes = prompt.system.len() as u64;
            assert!(
                (expected * 6..expected * 7).contains(&bytes),
                "{model}: {bytes}"
            );
        }
    }

    #[test]
    fn a_cache_is_reported_by_whatever_name_it_has() {
        let cases = [
            (json!({"prompt_tokens_details": {"cached_tokens": 0}}), true),
            (
                json!({"cache_read_input_tokens": 0, "input_tokens": 5}),
                true,
            ),
            (json!({"prompt_cache_hit_tokens": 5}), true),
            (json!({"cachedContentTokenCount": 5}), true),
            (json!({"cache_details": null, "prompt_tokens": 9}), false),
            (json!({"prompt_eval_count": 9}), false),
        ];
        for (raw, expected) in cases {
            let reply = Reply {
                usage: Some(Usage::default()),
                usage_raw: Some(raw.clone()),
                ..Reply::default()
            };
            assert_eq!(shown(&reply, 0).reports_caching, expected, "{raw}");
            assert_eq!(shown(&reply, 0).usage, None, "only zeros");
        }
        assert!(!shown(&Reply::default(), 0).reports_caching);
    }
}
