//! A prompt as the body of a chat. Everything stable stands first and the messages last, so that each body is the one before,
//! less its closing bytes, and more messages: that is what a prompt cache can use.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::agent::picture::Picture;
use crate::agent::prompt::{Message, Prompt};
use crate::config::Wire;
use crate::protocol::effort::Effort;
use crate::protocol::reply::Part;
use crate::protocol::told::{Thinking, Told};
use crate::provider::ollama::show::is_gpt_oss;
use crate::provider::replay::{NO_OUTPUT, own, raw_arguments};

/// The body of a call.
pub fn request(prompt: &Prompt, told: &Told) -> Vec<u8> {
    let family = prompt.model.to_string();
    let system = (!prompt.system.trim().is_empty()).then_some(Turn::System(&prompt.system));
    let body = Body {
        model: &prompt.model.model,
        stream: true,
        truncate: false,
        shift: false,
        think: prompt
            .effort
            .and_then(|effort| think(effort, told.thinking, &prompt.model.model)),
        options: Options {
            num_ctx: told.window,
            num_predict: most_output(prompt.max_output, told.window),
        },
        tools: prompt
            .tools
            .iter()
            .map(|tool| Tool {
                kind: "function",
                function: Function {
                    name: &tool.name,
                    description: &tool.description,
                    parameters: &tool.schema,
                },
            })
            .collect(),
        messages: system
            .into_iter()
            .chain(
                prompt
                    .messages
                    .iter()
                    .flat_map(|message| turns(message, &family)),
            )
            .collect(),
    };
    // Strings, numbers and ready JSON: nothing in it can fail to be written.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// An answer alone may not fill the window.
fn most_output(asked: u64, window: Option<u64>) -> u64 {
    window.map_or(asked, |window| asked.min(window / 2)).max(1)
}

/// The nearest to what the person chose that this model takes; `None` where it takes nothing.
fn think(effort: Effort, able: Option<Thinking>, model: &str) -> Option<Think> {
    let able = able.unwrap_or(if is_gpt_oss(model) {
        Thinking::Steps
    } else {
        Thinking::Switched
    });
    match (able, effort) {
        // Asked to reason, it refuses the whole request.
        (Thinking::Never, _) => None,
        (Thinking::Switched, effort) => Some(Think::Switch(effort != Effort::Off)),
        (Thinking::Steps, Effort::Off | Effort::Low) => Some(Think::Step("low")),
        (Thinking::Steps, Effort::Medium) => Some(Think::Step("medium")),
        // There is a `max`, which servers before 2026 refuse and later ones read as this.
        (Thinking::Steps, Effort::High | Effort::Max) => Some(Think::Step("high")),
    }
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    /// Messages that do not fit are not dropped from the front: the request is refused.
    truncate: bool,
    /// Nor is the front of the prompt given up for an answer that grows into it: the answer ends as cut.
    shift: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think>,
    options: Options,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Think {
    Switch(bool),
    Step(&'static str),
}

#[derive(Serialize)]
struct Options {
    /// Where neither the person nor the server says how large the window is, none is asked for: the server takes its own
    /// default, which goes by its memory, and what does not fit that is an error too. A guess could only be wrong, and each
    /// other figure makes the server load the model anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    num_ctx: Option<u64>,
    num_predict: u64,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

enum Turn<'a> {
    System(&'a str),
    User {
        text: &'a str,
        pictures: &'a [Picture],
    },
    Assistant(Answer<'a>),
    Tool {
        id: &'a str,
        name: &'a str,
        text: &'a str,
    },
}

#[derive(Default)]
struct Answer<'a> {
    text: String,
    /// Reasoning, and what else stood beside the text, as it came.
    beside: Vec<(&'a str, &'a Value)>,
    calls: Vec<Call<'a>>,
}

struct Call<'a> {
    id: &'a str,
    name: &'a str,
    arguments: Box<RawValue>,
    /// What else stood beside the call, and within it.
    more: Option<&'a Value>,
}

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::System(text) => {
                map.serialize_entry("role", "system")?;
                map.serialize_entry("content", text)?;
            }
            Self::User { text, pictures } => {
                map.serialize_entry("role", "user")?;
                map.serialize_entry("content", text)?;
                if !pictures.is_empty() {
                    let data: Vec<&str> = pictures.iter().map(|picture| &*picture.data).collect();
                    map.serialize_entry("images", &data)?;
                }
            }
            Self::Tool { id, name, text } => {
                map.serialize_entry("role", "tool")?;
                map.serialize_entry("tool_name", name)?;
                map.serialize_entry("tool_call_id", id)?;
                map.serialize_entry("content", text)?;
            }
            Self::Assistant(answer) => {
                map.serialize_entry("role", "assistant")?;
                map.serialize_entry("content", &answer.text)?;
                for (name, value) in &answer.beside {
                    map.serialize_entry(name, value)?;
                }
                if !answer.calls.is_empty() {
                    map.serialize_entry("tool_calls", &answer.calls)?;
                }
            }
        }
        map.end()
    }
}

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let more = self.more.and_then(Value::as_object);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("type", "function")?;
        map.serialize_entry("function", &Called(self))?;
        for (name, value) in more.into_iter().flatten() {
            if name != "function" {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

struct Called<'c>(&'c Call<'c>);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(call) = self;
        let more = call.more.and_then(|more| more.get("function")?.as_object());
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", call.name)?;
        map.serialize_entry("arguments", &call.arguments)?;
        for (name, value) in more.into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The message, unless nothing in it can be sent; results become a message each. Neighbours are never merged: that would
/// change bytes already cached.
fn turns<'a>(message: &'a Message, family: &str) -> Vec<Turn<'a>> {
    match message {
        Message::User { text, .. } if text.trim().is_empty() => Vec::new(),
        Message::User { text, pictures } => vec![Turn::User { text, pictures }],
        Message::Assistant { parts } => answer(parts, family)
            .into_iter()
            .map(Turn::Assistant)
            .collect(),
        Message::Results { results } => results
            .iter()
            .map(|result| Turn::Tool {
                id: &result.wire_id,
                name: &result.name,
                text: Some(&*result.text)
                    .filter(|text| !text.trim().is_empty())
                    .unwrap_or(NO_OUTPUT),
            })
            .collect(),
    }
}

fn answer<'a>(parts: &'a [Part], family: &str) -> Option<Answer<'a>> {
    let mut answer = Answer::default();
    for part in parts {
        match part {
            Part::Thought { .. } => {
                let fields = own(part, family, Wire::Ollama).and_then(Value::as_object);
                for (name, value) in fields.into_iter().flatten() {
                    // One field of a name; an answer has its reasoning in one part.
                    if !answer.beside.iter().any(|(taken, _)| taken == name) {
                        answer.beside.push((name, value));
                    }
                }
            }
            Part::Text { text, .. } => answer.text.push_str(text),
            Part::Call {
                wire_id,
                name,
                arguments,
                ..
            } => answer.calls.push(Call {
                id: wire_id.as_deref().unwrap_or("call_0"),
                name,
                arguments: raw_arguments(arguments),
                more: own(part, family, Wire::Ollama),
            }),
        }
    }
    let is_empty =
        answer.text.trim().is_empty() && answer.beside.is_empty() && answer.calls.is_empty();
    (!is_empty).then_some(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::provider::testing;

    const HERE: &str = "here/m";

    fn body(prompt: &Prompt, told: &Told) -> Value {
        serde_json::from_slice(&request(prompt, told)).unwrap()
    }

    #[test]
    fn a_whole_conversation_in_the_dialect() {
        let prompt = testing::prompt(
            HERE,
            vec![
                testing::user("list the files"),
                Message::Assistant {
                    parts: vec![
                        testing::thought("hm", Some((HERE, json!({"thinking": "hm"})))),
                        testing::thought("foreign", Some(("other/m", json!({"thinking": "no"})))),
                        testing::text("Let me look."),
                        testing::call("c1", "glob", r#"{"pattern":  "*", "most": 1.0}"#),
                    ],
                },
                testing::results(&[("c1", "a.txt", false)]),
                testing::user(" "),
                Message::Assistant {
                    parts: vec![
                        testing::call("c2", "glob", ""),
                        Part::Call {
                            wire_id: Some("c3".to_owned()),
                            name: "glob".to_owned(),
                            arguments: "{\"pattern\"".to_owned(),
                            opaque: Some(testing::opaque(
                                HERE,
                                json!({"seal": 1, "function": {"thought_signature": "s"}}),
                            )),
                        },
                    ],
                },
                testing::results(&[
                    ("c2", "", false),
                    ("c3", "the arguments are not valid JSON", true),
                ]),
                Message::Assistant {
                    parts: vec![testing::thought("only", None)],
                },
                Message::Assistant {
                    parts: vec![testing::text("done")],
                },
            ],
        );
        let told = Told {
            window: Some(32_768),
            thinking: None,
            images: None,
        };
        assert_eq!(
            body(&prompt, &told),
            json!({
                "model": "m",
                "stream": true,
                "truncate": false,
                "shift": false,
                "options": {"num_ctx": 32_768, "num_predict": 4096},
                "tools": [{"type": "function", "function": {
                    "name": "glob",
                    "description": "finds files",
                    "parameters": {"type": "object", "properties": {"pattern": {"type": "string"}}},
                }}],
                "messages": [
                    {"role": "system", "content": "be brief"},
                    {"role": "user", "content": "list the files"},
                    {"role": "assistant", "content": "Let me look.", "thinking": "hm", "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "glob", "arguments": {"pattern": "*", "most": 1.0}}},
                    ]},
                    {"role": "tool", "tool_name": "glob", "tool_call_id": "c1", "content": "a.txt"},
                    {"role": "assistant", "content": "", "tool_calls": [
                        {"id": "c2", "type": "function", "function": {"name": "glob", "arguments": {}}},
                        {"id": "c3", "type": "function", "function": {"name": "glob", "arguments": {}, "thought_signature": "s"}, "seal": 1},
                    ]},
                    {"role": "tool", "tool_name": "glob", "tool_call_id": "c2", "content": "(no output)"},
                    {"role": "tool", "tool_name": "glob", "tool_call_id": "c3", "content": "the arguments are not valid JSON"},
                    {"role": "assistant", "content": "done"},
                ],
            })
        );
        let text = String::from_utf8(request(&prompt, &told)).unwrap();
        assert!(text.contains(r#""arguments":{"pattern":  "*", "most": 1.0}"#));
    }

    #[test]
    fn the_window_and_the_answer_in_it_are_asked_for_as_known() {
        let cases = [
            (None, json!({"num_predict": 4096})),
            (
                Some(40_960),
                json!({"num_ctx": 40_960, "num_predict": 4096}),
            ),
            (Some(2048), json!({"num_ctx": 2048, "num_predict": 1024})),
        ];
        for (window, expected) in cases {
            let told = Told {
                window,
                thinking: None,
                images: None,
            };
            let said = testing::prompt(HERE, vec![testing::user("hello")]);
            assert_eq!(body(&said, &told)["options"], expected);
        }
    }

    #[test]
    fn a_model_is_asked_to_reason_as_it_can_be() {
        let switched = [
            json!(false),
            json!(true),
            json!(true),
            json!(true),
            json!(true),
        ];
        let steps = ["low", "low", "medium", "high", "high"].map(|step| json!(step));
        let nothing = [const { Value::Null }; 5];
        let cases = [
            ("m", None, &switched),
            ("m", Some(Thinking::Switched), &switched),
            ("m", Some(Thinking::Never), &nothing),
            ("m", Some(Thinking::Steps), &steps),
            ("gpt-oss:20b", None, &steps),
        ];
        for (model, thinking, expected) in cases {
            let told = Told {
                window: None,
                thinking,
                images: None,
            };
            let mut said = testing::prompt(&format!("here/{model}"), vec![testing::user("hello")]);
            assert_eq!(body(&said, &told).get("think"), None);
            for (effort, expected) in Effort::ALL.into_iter().zip(expected) {
                said.effort = Some(effort);
                let think = body(&said, &told)["think"].clone();
                assert_eq!(&think, expected, "{model} {thinking:?} {effort}");
            }
        }
    }

    #[test]
    fn each_body_begins_with_the_one_before() {
        let told = Told {
            window: Some(8192),
            thinking: Some(Thinking::Switched),
            images: None,
        };
        testing::check_append_only(Wire::Ollama, HERE, |prompt| request(prompt, &told));
    }
}
