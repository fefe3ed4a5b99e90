//! A prompt as a Messages body. Everything stable stands first and the messages last, so that each body is the one before,
//! less its marks and closing bytes, and more messages: that is what a prompt cache can use.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::agent::picture::Picture;
use crate::agent::prompt::{Message, Prompt};
use crate::config::Wire;
use crate::protocol::reply::Part;
use crate::provider::anthropic::budget::reasoning;
use crate::provider::marks::{self, Mark};
use crate::provider::quirks::Quirks;
use crate::provider::reasoning::Fields;
use crate::provider::replay::{NO_OUTPUT, own, raw_arguments};

/// The body of a call.
pub fn request(prompt: &Prompt, quirks: &Quirks) -> Vec<u8> {
    let family = prompt.model.to_string();
    let mark = Mark::of(prompt.caching.life);
    let places = marks::places(prompt, marks::least(&prompt.model.model));
    let last_tool = prompt.tools.len().wrapping_sub(1);
    let body = Body {
        model: &prompt.model.model,
        max_tokens: prompt.max_output,
        stream: true,
        reasoning: reasoning(prompt, &family, quirks),
        tools: prompt
            .tools
            .iter()
            .enumerate()
            .map(|(index, tool)| Tool {
                name: &tool.name,
                description: &tool.description,
                input_schema: &tool.schema,
                cache_control: (places.tools && index == last_tool).then_some(mark),
            })
            .collect(),
        system: text(&prompt.system).map(|block| {
            let mark = places.system.then_some(mark);
            [Placed { block, mark }]
        }),
        messages: conversation(prompt, &family, |index| {
            places.messages.contains(&Some(index)).then_some(mark)
        }),
    };
    // Strings, numbers and ready JSON: nothing in it can fail to be written.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The messages, each with the mark at its end. What a person said in several between which nothing was answered is one: this
/// vendor takes it so anyway, and templates on a person's own machine refuse two messages of one role in a row.
fn conversation<'a>(
    prompt: &'a Prompt,
    family: &str,
    mark: impl Fn(usize) -> Option<Mark>,
) -> Vec<Turn<'a>> {
    let mut turns: Vec<Turn> = Vec::new();
    // Results are not joined: bridges make messages of another role of them.
    let mut is_said = false;
    for (index, message) in prompt.messages.iter().enumerate() {
        let Some(turn) = turn(message, family, mark(index)) else {
            continue;
        };
        let was_said = std::mem::replace(&mut is_said, matches!(message, Message::User { .. }));
        match turns.last_mut() {
            Some(last) if was_said && is_said => last.content.extend(turn.content),
            _ => turns.push(turn),
        }
    }
    turns
}

/// Reasoning as the model sent it.
pub(crate) fn is_reasoning(block: &Block<'_>) -> bool {
    let Block::Verbatim(body) = block else {
        return false;
    };
    matches!(
        body["type"].as_str(),
        Some("thinking" | "redacted_thinking")
    )
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    stream: bool,
    #[serde(flatten)]
    reasoning: Cow<'static, Fields>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<[Placed<'a>; 1]>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Mark>,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: Vec<Placed<'a>>,
}

/// A block, and the mark at its end.
struct Placed<'a> {
    block: Block<'a>,
    mark: Option<Mark>,
}

/// A part of a message.
pub(crate) enum Block<'a> {
    Text(&'a str),
    Image(&'a Picture),
    Call {
        id: &'a str,
        name: &'a str,
        input: Box<RawValue>,
        /// What else stood in the block.
        more: Option<&'a Value>,
    },
    Result {
        id: &'a str,
        text: &'a str,
        error: bool,
    },
    /// Reasoning, signed or sealed: as the model sent it.
    Verbatim(&'a Value),
}

impl Serialize for Placed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Source<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            media_type: &'static str,
            data: &'a str,
        }
        let mut map = serializer.serialize_map(None)?;
        match &self.block {
            Block::Text(text) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
            }
            Block::Image(picture) => {
                map.serialize_entry("type", "image")?;
                let source = Source {
                    kind: "base64",
                    media_type: picture.image.kind.media_type(),
                    data: &picture.data,
                };
                map.serialize_entry("source", &source)?;
            }
            Block::Call {
                id,
                name,
                input,
                more,
            } => {
                map.serialize_entry("type", "tool_use")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("name", name)?;
                map.serialize_entry("input", input)?;
                for (name, value) in more.and_then(Value::as_object).into_iter().flatten() {
                    map.serialize_entry(name, value)?;
                }
            }
            Block::Result { id, text, error } => {
                map.serialize_entry("type", "tool_result")?;
                map.serialize_entry("tool_use_id", id)?;
                map.serialize_entry("content", text)?;
                if *error {
                    map.serialize_entry("is_error", error)?;
                }
            }
            Block::Verbatim(value) => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    map.serialize_entry(name, value)?;
                }
            }
        }
        if let Some(mark) = &self.mark {
            map.serialize_entry("cache_control", mark)?;
        }
        map.end()
    }
}

/// A block with nothing to read in it is refused.
fn text(text: &str) -> Option<Block<'_>> {
    (!text.trim().is_empty()).then_some(Block::Text(text))
}

/// The message, unless nothing in it can be sent.
fn turn<'a>(message: &'a Message, family: &str, mark: Option<Mark>) -> Option<Turn<'a>> {
    let (role, blocks): (_, Vec<Block<'a>>) = match message {
        // Pictures go before the text that speaks of them, as the vendor advises.
        Message::User {
            text: said,
            pictures,
        } => (
            "user",
            pictures
                .iter()
                .map(Block::Image)
                .chain(text(said))
                .collect(),
        ),
        Message::Assistant { parts } => ("assistant", answer(parts, family)),
        Message::Results { results } => (
            "user",
            results
                .iter()
                .map(|result| Block::Result {
                    id: &result.wire_id,
                    text: Some(&*result.text)
                        .filter(|text| !text.trim().is_empty())
                        .unwrap_or(NO_OUTPUT),
                    error: result.is_error(),
                })
                .collect(),
        ),
    };
    let mut content: Vec<Placed<'a>> = blocks
        .into_iter()
        .map(|block| Placed { block, mark: None })
        .collect();
    content.last_mut()?.mark = mark;
    Some(Turn { role, content })
}

/// What of an answer goes back.
pub(crate) fn answer<'a>(parts: &'a [Part], family: &str) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = parts
        .iter()
        .filter_map(|part| match part {
            // Reasoning without its seal is refused, so only a sealed one is sent.
            Part::Thought { .. } => own(part, family, Wire::Anthropic)
                .filter(|body| body.is_object())
                .map(Block::Verbatim),
            Part::Text { text: said, .. } => match own(part, family, Wire::Anthropic) {
                Some(body) if body.is_object() => Some(Block::Verbatim(body)),
                _ => text(said),
            },
            Part::Call {
                wire_id,
                name,
                arguments,
                ..
            } => Some(Block::Call {
                id: wire_id.as_deref().unwrap_or("call_0"),
                name,
                input: raw_arguments(arguments),
                more: own(part, family, Wire::Anthropic),
            }),
        })
        .collect();
    // A message that ends with reasoning was cut in it, and is refused.
    while blocks.last().is_some_and(is_reasoning) {
        blocks.pop();
    }
    blocks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::protocol::effort::Effort;
    use crate::protocol::usage::CacheLife;
    use crate::provider::{quirks, testing};

    #[test]
    fn a_whole_conversation_in_the_dialect() {
        let family = "here/claude-x";
        let sealed = json!({"type": "thinking", "thinking": "hm", "signature": "s1"});
        let redacted = json!({"type": "redacted_thinking", "data": "xyz"});
        let prompt = testing::prompt(
            family,
            vec![
                testing::user("list the files"),
                Message::Assistant {
                    parts: vec![
                        testing::thought("hm", Some((family, sealed.clone()))),
                        testing::thought("", Some((family, redacted.clone()))),
                        testing::thought("foreign", Some(("other/model", sealed.clone()))),
                        testing::thought("unsealed", None),
                        testing::text(" \n"),
                        testing::text("Let me look."),
                        testing::call("toolu_1", "glob", r#"{"pattern":  "*"}"#),
                        Part::Call {
                            wire_id: Some("toolu_2".to_owned()),
                            name: "bash".to_owned(),
                            arguments: r#"{"command": "#.to_owned(),
                            opaque: Some(testing::opaque(
                                family,
                                json!({"caller": {"type": "direct"}}),
                            )),
                        },
                    ],
                },
                testing::results(&[("toolu_1", "a.txt", false), ("toolu_2", "", true)]),
                testing::user("  "),
                Message::Assistant {
                    parts: vec![testing::thought("", Some((family, redacted.clone())))],
                },
                testing::user("go on"),
            ],
        );
        let body: Value = serde_json::from_slice(&request(&prompt, &quirks::NONE)).unwrap();
        assert_eq!(
            body,
            json!({
                "model": "claude-x",
                "max_tokens": 4096,
                "stream": true,
                "tools": [{
                    "name": "glob",
                    "description": "finds files",
                    "input_schema": {"type": "object", "properties": {"pattern": {"type": "string"}}},
                }],
                "system": [{"type": "text", "text": "be brief"}],
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "list the files"}]},
                    {"role": "assistant", "content": [
                        sealed,
                        redacted,
                        {"type": "text", "text": "Let me look."},
                        {"type": "tool_use", "id": "toolu_1", "name": "glob", "input": {"pattern": "*"}},
                        {"type": "tool_use", "id": "toolu_2", "name": "bash", "input": {}, "caller": {"type": "direct"}},
                    ]},
                    {"role": "user", "content": [
                        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a.txt"},
                        {"type": "tool_result", "tool_use_id": "toolu_2", "content": "(no output)", "is_error": true},
                    ]},
                    {"role": "user", "content": [{"type": "text", "text": "go on"}]},
                ],
            })
        );
        let text = String::from_utf8(request(&prompt, &quirks::NONE)).unwrap();
        assert!(text.contains(r#""input":{"pattern":  "*"}"#), "{text}");
    }

    #[test]
    fn a_loop_that_another_model_began_is_gone_on_with_without_a_budget() {
        let family = "here/claude-haiku-4-5";
        let sealed = json!({"type": "thinking", "thinking": "hm", "signature": "s1"});
        let called = |from: &str| Message::Assistant {
            parts: vec![
                testing::thought("hm", Some((from, sealed.clone()))),
                testing::call("c1", "glob", "{}"),
            ],
        };
        let (own, foreign) = (called(family), called("other/model"));
        let (go, next) = (testing::user("go"), testing::user("next"));
        let result = testing::results(&[("c1", "a.txt", false)]);
        let said = Message::Assistant {
            parts: vec![testing::text("done")],
        };
        let cases = [
            (vec![&go], true),
            (vec![&go, &own, &result], true),
            (vec![&go, &foreign, &result], false),
            (vec![&go, &foreign, &result, &own, &result], false),
            (vec![&go, &own, &result, &next], true),
            // Steered, or broken off: the results are still what is answered.
            (vec![&go, &foreign, &result, &next], false),
            // Another turn.
            (vec![&go, &foreign, &result, &said, &next], true),
            (
                vec![&go, &foreign, &result, &said, &next, &own, &result],
                true,
            ),
        ];
        let body = |preset: &str, messages: &[&Message]| -> Value {
            let messages = messages.iter().map(|&message| message.clone());
            let mut prompt = testing::prompt(family, messages.collect());
            prompt.max_output = 32_000;
            prompt.effort = Some(Effort::High);
            let quirks = quirks::of(preset).unwrap_or(quirks::NONE);
            serde_json::from_slice(&request(&prompt, &quirks)).unwrap()
        };
        for (messages, thinks) in cases {
            for preset in ["anthropic", "openrouter", ""] {
                let body = body(preset, &messages);
                assert_eq!(body.get("thinking").is_some(), thinks, "{preset} {body}");
            }
        }
    }

    #[test]
    fn the_front_and_both_ends_are_marked_and_nothing_else() {
        let long = "x".repeat(9_000);
        let mut prompt = testing::prompt(
            "here/claude-x",
            vec![
                testing::user("list the files"),
                Message::Assistant {
                    parts: vec![
                        testing::call("c1", "glob", "{}"),
                        testing::call("c2", "bash", "{}"),
                    ],
                },
                testing::results(&[("c1", "a.txt", false), ("c2", "no", true)]),
                Message::Assistant {
                    parts: vec![testing::call("c3", "glob", "{}")],
                },
                testing::results(&[("c3", "b.txt", false)]),
                testing::user("and"),
            ],
        );
        prompt.system = long.as_str().into();
        let mut tools = prompt.tools.to_vec();
        tools.push(tools[0].clone());
        tools[0].description = long;
        prompt.tools = tools.into();
        for (life, mark) in [
            (CacheLife::Short, json!({"type": "ephemeral"})),
            (CacheLife::Long, json!({"type": "ephemeral", "ttl": "1h"})),
        ] {
            prompt.caching.life = life;
            let body: Value = serde_json::from_slice(&request(&prompt, &quirks::NONE)).unwrap();
            let marked = [
                "/tools/1",
                "/system/0",
                "/messages/2/content/1",
                "/messages/5/content/0",
            ];
            for place in marked {
                assert_eq!(
                    body.pointer(place).unwrap()["cache_control"],
                    mark,
                    "{place}"
                );
            }
            let all = body.to_string().matches("cache_control").count();
            assert_eq!(all, marked.len());
        }
    }

    #[test]
    fn each_body_begins_with_the_one_before() {
        testing::check_append_only(Wire::Anthropic, "here/claude-x", |prompt| {
            request(prompt, &quirks::NONE)
        });
    }
}
