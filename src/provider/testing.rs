//! Prompts and answers for the tests of the dialects.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use serde_json::{Value, json};

use crate::agent::picture::{Pictures, Sight, said};
use crate::agent::prefix;
use crate::agent::prompt::{Caching, CallResult, Message, Prompt};
use crate::config::Wire;
use crate::protocol::call::OutcomeKind;
use crate::protocol::call::ToolSpec;
use crate::protocol::failure::Failure;
use crate::protocol::image::{Image, ImageKind};
use crate::protocol::item::{Block, Opaque};
use crate::protocol::reply::{Part, Reply};
use crate::provider::Chunk;
use crate::provider::decode::Decoder;
use crate::provider::marks::bare;
use crate::provider::quirks;
use crate::provider::replay;

pub fn prompt(model: &str, messages: Vec<Message>) -> Prompt {
    Prompt {
        model: model.parse().unwrap(),
        system: Arc::from("be brief"),
        tools: Arc::from([ToolSpec {
            name: "glob".to_owned(),
            description: "finds files".to_owned(),
            schema: json!({"type": "object", "properties": {"pattern": {"type": "string"}}}),
        }]),
        messages,
        max_output: 4096,
        effort: None,
        caching: Caching::default(),
    }
}

pub fn user(text: &str) -> Message {
    Message::User {
        text: text.to_owned(),
        pictures: Vec::new(),
    }
}

/// Says something of a picture whose bytes are `bytes`.
pub fn shown(text: &str, bytes: &[u8]) -> Message {
    let image = Image {
        name: "picture.png".to_owned(),
        kind: ImageKind::Png,
        width: 1280,
        height: 720,
        hash: "h".to_owned(),
        bytes: bytes.len() as u64,
    };
    let mut pictures = Pictures::default();
    pictures.add(&image.hash, bytes);
    let sight = Sight {
        takes_images: None,
        pictures: &pictures,
        cap: quirks::NONE.cap(),
    };
    let model = "here/m".parse().unwrap();
    let (text, pictures) = said(
        &[Block::text(text), Block::Image { image }],
        &model,
        sight,
        &mut 0,
    );
    Message::User { text, pictures }
}

pub fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
        opaque: None,
    }
}

pub fn thought(text: &str, from: Option<(&str, Value)>) -> Part {
    Part::Thought {
        text: text.to_owned(),
        opaque: from.map(|(family, body)| opaque(family, body)),
    }
}

/// As it was logged before its dialect was kept.
pub fn opaque(family: &str, body: Value) -> Opaque {
    Opaque {
        family: family.to_owned(),
        wire: None,
        body,
    }
}

pub fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::Call {
        wire_id: Some(id.to_owned()),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        opaque: None,
    }
}

pub fn results(results: &[(&str, &str, bool)]) -> Message {
    Message::Results {
        results: results
            .iter()
            .map(|&(id, text, error)| CallResult {
                wire_id: id.to_owned(),
                name: "glob".to_owned(),
                text: text.to_owned(),
                outcome: if error {
                    OutcomeKind::Failed
                } else {
                    OutcomeKind::Done
                },
            })
            .collect(),
    }
}

/// Sessions grow by every kind of message, and no body changes a byte of the one before but its marks and its closing
/// brackets, with the quote before them where more is said before anything was answered.
pub fn check_append_only(wire: Wire, model: &str, request: impl Fn(&Prompt) -> Vec<u8>) {
    let reasoning =
        json!({"type": "thinking", "thinking": "hm", "signature": "s", "reasoning_content": "hm"});
    let called = || Message::Assistant {
        parts: vec![
            Part::Thought {
                text: "hm".to_owned(),
                opaque: Some(replay::opaque(model, wire, reasoning.clone())),
            },
            text("so"),
            call("c1", "glob", r#"{"pattern":"*"}"#),
            call("c2", "glob", "broken"),
        ],
    };
    let results = || results(&[("c1", "x", false), ("c2", "no", true)]);
    let said = |words: &str| Message::Assistant {
        parts: vec![text(words)],
    };
    let conversations = [
        vec![
            user("one"),
            called(),
            results(),
            user("steered"),
            user("twice"),
            said("seen"),
            // The second was not answered either.
            shown("look", b"abc"),
            user("at it"),
            said("done"),
            shown("next", b"defg"),
            said("a tide table"),
            user("thanks"),
        ],
        // Nothing is answered between words and pictures.
        vec![
            user("one"),
            shown("look", b"abc"),
            user("at it"),
            shown("and this", b"defg"),
            said("seen"),
            user("two"),
            user("three"),
            shown("four", b"hi"),
        ],
        // Said while tools ran.
        vec![
            user("one"),
            called(),
            results(),
            user("steered"),
            shown("look", b"abc"),
            called(),
            results(),
            shown("look", b"defg"),
            user("at it"),
            said("seen"),
        ],
    ];
    for steps in &conversations {
        let body_of = |count: usize| {
            let mut prompt = prompt(model, steps[..count].to_vec());
            // Long enough to be marked.
            prompt.system = "s".repeat(9_000).into();
            bare(&request(&prompt))
        };
        let mut before = body_of(1);
        for count in 2..=steps.len() {
            let body = body_of(count);
            assert!(before.ends_with(b"]}"));
            let alike = prefix::common(&before, &body);
            assert_eq!(
                prefix::parts(&before, &body, alike),
                None,
                "step {count}: {}",
                String::from_utf8_lossy(&body)
            );
            assert!(body.len() > before.len());
            before = body;
        }
    }
}

/// Feeds the events one by one and ends the body.
pub fn decode(mut decoder: Decoder, events: &[Value]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    for event in events {
        decoder.feed(format!("data: {event}\n\n").as_bytes(), &mut chunks);
    }
    decoder.finish(&mut chunks);
    // What was counted on the way stands in the end too.
    chunks.retain(|chunk| !matches!(chunk, Chunk::Counted(_)));
    chunks
}

pub fn done(chunks: &[Chunk]) -> &Reply {
    match chunks.last() {
        Some(Chunk::Done(reply)) => reply,
        other => panic!("{other:?}"),
    }
}

pub fn failed(chunks: &[Chunk]) -> (&Failure, &Reply) {
    match chunks.last() {
        Some(Chunk::Failed { failure, partial }) => (failure, partial),
        other => panic!("{other:?}"),
    }
}

/// The calls of an answer: id, name, arguments.
pub fn calls(reply: &Reply) -> Vec<(Option<&str>, &str, &str)> {
    reply
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Call {
                wire_id,
                name,
                arguments,
                ..
            } => Some((wire_id.as_deref(), name.as_str(), arguments.as_str())),
            _ => None,
        })
        .collect()
}
