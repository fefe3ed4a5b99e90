//! A prompt as a `GenerateContentRequest`. Everything stable stands first and the contents last, so that each body is the one
//! before, less its closing bytes, and more contents: that is what a prompt cache can use.

use std::collections::HashSet;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::agent::picture::Picture;
use crate::agent::prompt::{CallResult, Message, Prompt};
use crate::config::Wire;
use crate::protocol::reply::Part;
use crate::provider::gemini::model::{Thinking, needs_signatures, thinking};
use crate::provider::gemini::schema::parameters;
use crate::provider::replay::{NO_ANSWER, NO_OUTPUT, own, raw_arguments};

/// Stands for the signature of a call another model made. The interface names this very word for it.
const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

/// Roles must take turns, and what a person says may not stand in one content with results: the model reads it as more of
/// them. So where two contents of one role would meet, this or [`NO_ANSWER`] is put between them.
const GO_ON: &str = "(go on)";

/// The body of a call.
pub fn request(prompt: &Prompt) -> Vec<u8> {
    let model = &prompt.model.model;
    let functions: Vec<_> = prompt
        .tools
        .iter()
        .map(|tool| Function {
            name: &tool.name,
            description: &tool.description,
            parameters: parameters(&tool.schema),
        })
        .collect();
    let body = Body {
        system_instruction: (!prompt.system.trim().is_empty()).then_some(Instruction {
            parts: [Piece::Text(&prompt.system)],
        }),
        tools: (!functions.is_empty()).then_some([Tools {
            function_declarations: functions,
        }]),
        generation_config: GenerationConfig {
            max_output_tokens: prompt.max_output,
            thinking_config: thinking(model, prompt.effort, prompt.max_output),
        },
        contents: contents(prompt),
    };
    // Strings, numbers and ready JSON: nothing in it can fail to be written.
    serde_json::to_vec(&body).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tools<'a>; 1]>,
    generation_config: GenerationConfig,
    contents: Vec<Content<'a>>,
}

#[derive(Serialize)]
struct Instruction<'a> {
    parts: [Piece<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<Function<'a>>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    /// Reasoning is part of it.
    max_output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Model,
}

#[derive(Serialize)]
struct Content<'a> {
    role: Role,
    parts: Vec<Piece<'a>>,
}

enum Piece<'a> {
    Text(&'a str),
    Image(&'a Picture),
    Call(Call<'a>),
    Result {
        id: Option<&'a str>,
        name: &'a str,
        text: &'a str,
        error: bool,
    },
    /// As the model sent it.
    Verbatim(&'a Value),
}

struct Call<'a> {
    id: Option<&'a str>,
    name: &'a str,
    arguments: Box<RawValue>,
    /// The part it came in, without name and arguments.
    rest: Option<&'a Value>,
    signature: Option<&'static str>,
}

impl Serialize for Piece<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Response<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
            name: &'a str,
            #[serde(rename = "response")]
            outcome: Outcome<'a>,
        }
        // The two names the interface knows the meaning of.
        #[derive(Serialize)]
        #[serde(rename_all = "lowercase")]
        enum Outcome<'a> {
            Output(&'a str),
            Error(&'a str),
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Inline<'a> {
            mime_type: &'static str,
            data: &'a str,
        }
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text(text) => map.serialize_entry("text", text)?,
            Self::Image(picture) => {
                let inline = Inline {
                    mime_type: picture.image.kind.media_type(),
                    data: &picture.data,
                };
                map.serialize_entry("inlineData", &inline)?;
            }
            Self::Call(call) => {
                map.serialize_entry("functionCall", &Called(call))?;
                for (name, value) in call.rest.and_then(Value::as_object).into_iter().flatten() {
                    if name != "functionCall" {
                        map.serialize_entry(name, value)?;
                    }
                }
                if let Some(signature) = call.signature {
                    map.serialize_entry("thoughtSignature", signature)?;
                }
            }
            Self::Result {
                id,
                name,
                text,
                error,
            } => {
                let outcome = if *error {
                    Outcome::Error(text)
                } else {
                    Outcome::Output(text)
                };
                let response = Response {
                    id: *id,
                    name,
                    outcome,
                };
                map.serialize_entry("functionResponse", &response)?;
            }
            Self::Verbatim(value) => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    map.serialize_entry(name, value)?;
                }
            }
        }
        map.end()
    }
}

struct Called<'c, 'a>(&'c Call<'a>);

impl Serialize for Called<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let call = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(id) = call.id {
            map.serialize_entry("id", id)?;
        }
        map.serialize_entry("name", call.name)?;
        map.serialize_entry("args", &call.arguments)?;
        let rest = call.rest.and_then(|rest| rest["functionCall"].as_object());
        for (name, value) in rest.into_iter().flatten() {
            if name != "id" {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

fn contents(prompt: &Prompt) -> Vec<Content<'_>> {
    let family = prompt.model.to_string();
    let signed = needs_signatures(&prompt.model.model);
    let mut contents: Vec<Content> = Vec::new();
    // The calls of the last answer that came without an id: their results have none either.
    let mut nameless = HashSet::new();
    for message in &prompt.messages {
        let (role, parts) = match message {
            Message::User { text, pictures } => {
                let pictures = pictures.iter().map(Piece::Image);
                (Role::User, pictures.chain(said(text)).collect())
            }
            Message::Assistant { parts } => {
                nameless.clear();
                (Role::Model, answer(parts, &family, signed, &mut nameless))
            }
            Message::Results { results } => {
                let result = |result| self::result(result, &nameless);
                (Role::User, results.iter().map(result).collect())
            }
        };
        if parts.is_empty() {
            continue;
        }
        // A conversation begins with the user.
        let before = contents.last().map_or(Role::Model, |content| content.role);
        if before == role {
            let (role, text) = match role {
                Role::User => (Role::Model, NO_ANSWER),
                Role::Model => (Role::User, GO_ON),
            };
            contents.push(Content {
                role,
                parts: vec![Piece::Text(text)],
            });
        }
        contents.push(Content { role, parts });
    }
    contents
}

/// A text with nothing to read in it is refused.
fn said(text: &str) -> Option<Piece<'_>> {
    (!text.trim().is_empty()).then_some(Piece::Text(text))
}

fn result<'a>(result: &'a CallResult, nameless: &HashSet<&str>) -> Piece<'a> {
    Piece::Result {
        id: Some(&*result.wire_id).filter(|id| !nameless.contains(id)),
        name: &result.name,
        text: Some(&*result.text)
            .filter(|text| !text.trim().is_empty())
            .unwrap_or(NO_OUTPUT),
        error: result.is_error(),
    }
}

/// `signed`: the first call of an answer must bear a signature.
fn answer<'a>(
    parts: &'a [Part],
    family: &str,
    signed: bool,
    nameless: &mut HashSet<&'a str>,
) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut unsigned = signed;
    for part in parts {
        match part {
            Part::Thought { .. } => pieces.extend(verbatim(own(part, family, Wire::Gemini))),
            Part::Text { text, .. } => {
                let before = pieces.len();
                pieces.extend(verbatim(own(part, family, Wire::Gemini)));
                if pieces.len() == before {
                    pieces.extend(said(text));
                }
            }
            Part::Call {
                wire_id,
                name,
                arguments,
                ..
            } => {
                let rest = own(part, family, Wire::Gemini).filter(|rest| rest.is_object());
                let id = wire_id.as_deref().unwrap_or("call_0");
                let had_id = rest.is_none_or(|rest| rest["functionCall"]["id"].is_string());
                if !had_id {
                    nameless.insert(id);
                }
                let bears = rest.is_some_and(|rest| rest["thoughtSignature"].is_string());
                pieces.push(Piece::Call(Call {
                    id: Some(id).filter(|_| had_id),
                    name,
                    arguments: raw_arguments(arguments),
                    rest,
                    signature: (unsigned && !bears).then_some(FOREIGN_SIGNATURE),
                }));
                unsigned = false;
            }
        }
    }
    // Reasoning without a seal is worth nothing alone: the answer was cut in it.
    let is_thought = |piece: &Piece| match piece {
        Piece::Verbatim(part) => part["thought"] == true && !part["thoughtSignature"].is_string(),
        _ => false,
    };
    if pieces.iter().all(is_thought) {
        pieces.clear();
    }
    pieces
}

/// The parts a text or a thought was made of.
fn verbatim(body: Option<&Value>) -> impl Iterator<Item = Piece<'_>> {
    body.and_then(|body| body["parts"].as_array())
        .into_iter()
        .flatten()
        .filter(|part| part.is_object())
        .map(Piece::Verbatim)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::protocol::effort::Effort;
    use crate::provider::testing;

    const HERE: &str = "here/gemini-3.8-flash";

    fn body(prompt: &Prompt) -> Value {
        serde_json::from_slice(&request(prompt)).unwrap()
    }

    fn called(id: &str, arguments: &str, rest: Value) -> Part {
        Part::Call {
            wire_id: Some(id.to_owned()),
            name: "glob".to_owned(),
            arguments: arguments.to_owned(),
            opaque: Some(testing::opaque(HERE, rest)),
        }
    }

    #[test]
    fn a_whole_conversation_in_the_dialect() {
        let signed =
            json!({"parts": [{"text": "Let me "}, {"text": "look.", "thoughtSignature": "s1"}]});
        let thought = json!({"parts": [{"text": "hm", "thought": true}]});
        let prompt = testing::prompt(
            HERE,
            vec![
                testing::user("list the files"),
                Message::Assistant {
                    parts: vec![
                        testing::thought("hm", Some((HERE, thought.clone()))),
                        testing::thought("foreign", Some(("other/model", thought.clone()))),
                        Part::Text {
                            text: "Let me look.".to_owned(),
                            opaque: Some(testing::opaque(HERE, signed)),
                        },
                        called(
                            "g1",
                            r#"{"pattern":  "*"}"#,
                            json!({"functionCall": {"id": "g1"}, "thoughtSignature": "s2"}),
                        ),
                        testing::call("g2", "glob", ""),
                    ],
                },
                testing::results(&[("g1", "a.txt", false), ("g2", "", true)]),
                Message::Assistant {
                    parts: vec![
                        testing::text(" \n"),
                        // It came without an id, which is ours then.
                        called("call_2_1", "{}", json!({"functionCall": {}})),
                        called("g3", "{\"a", json!({"functionCall": {"id": "old"}})),
                    ],
                },
                testing::results(&[("call_2_1", "x", false), ("g3", "no", true)]),
                testing::user("steered"),
                Message::Assistant {
                    parts: vec![testing::thought("cut", Some((HERE, thought)))],
                },
                testing::user("  "),
                testing::user("go on"),
            ],
        );
        assert_eq!(
            body(&prompt),
            json!({
                "systemInstruction": {"parts": [{"text": "be brief"}]},
                "tools": [{"functionDeclarations": [{
                    "name": "glob",
                    "description": "finds files",
                    "parameters": {"properties": {"pattern": {"type": "STRING"}}, "type": "OBJECT"},
                }]}],
                "generationConfig": {"maxOutputTokens": 4096, "thinkingConfig": {"includeThoughts": true}},
                "contents": [
                    {"role": "user", "parts": [{"text": "list the files"}]},
                    {"role": "model", "parts": [
                        {"text": "hm", "thought": true},
                        {"text": "Let me "},
                        {"text": "look.", "thoughtSignature": "s1"},
                        {"functionCall": {"id": "g1", "name": "glob", "args": {"pattern": "*"}}, "thoughtSignature": "s2"},
                        {"functionCall": {"id": "g2", "name": "glob", "args": {}}},
                    ]},
                    {"role": "user", "parts": [
                        {"functionResponse": {"id": "g1", "name": "glob", "response": {"output": "a.txt"}}},
                        {"functionResponse": {"id": "g2", "name": "glob", "response": {"error": "(no output)"}}},
                    ]},
                    {"role": "model", "parts": [
                        {"functionCall": {"name": "glob", "args": {}}, "thoughtSignature": FOREIGN_SIGNATURE},
                        {"functionCall": {"id": "g3", "name": "glob", "args": {}}},
                    ]},
                    {"role": "user", "parts": [
                        {"functionResponse": {"name": "glob", "response": {"output": "x"}}},
                        {"functionResponse": {"id": "g3", "name": "glob", "response": {"error": "no"}}},
                    ]},
                    {"role": "model", "parts": [{"text": NO_ANSWER}]},
                    {"role": "user", "parts": [{"text": "steered"}]},
                    {"role": "model", "parts": [{"text": NO_ANSWER}]},
                    {"role": "user", "parts": [{"text": "go on"}]},
                ],
            })
        );
        let text = String::from_utf8(request(&prompt)).unwrap();
        assert!(text.contains(r#""args":{"pattern":  "*"}"#), "{text}");
    }

    #[test]
    fn calls_of_another_model_are_marked_where_signatures_are_demanded() {
        let foreign = || Message::Assistant {
            parts: vec![testing::call("toolu_1", "glob", "{}")],
        };
        for (model, expected) in [
            (HERE, json!(FOREIGN_SIGNATURE)),
            ("here/gemini-pro-latest", json!(FOREIGN_SIGNATURE)),
            ("here/gemini-2.5-pro", json!(null)),
            ("here/another", json!(null)),
        ] {
            // It begins with the model, which no conversation may.
            let prompt = testing::prompt(model, vec![foreign()]);
            let contents = body(&prompt)["contents"].clone();
            assert_eq!(
                contents[0],
                json!({"role": "user", "parts": [{"text": GO_ON}]})
            );
            let signature = &contents[1]["parts"][0]["thoughtSignature"];
            assert_eq!(signature, &expected, "{model}");
        }
    }

    #[test]
    fn the_effort_is_in_the_config_and_no_tools_are_none() {
        let mut prompt = testing::prompt("here/gemini-2.5-flash", vec![testing::user("hello")]);
        prompt.effort = Some(Effort::Low);
        prompt.tools = [].into();
        prompt.system = "".into();
        assert_eq!(
            body(&prompt),
            json!({
                "generationConfig": {
                    "maxOutputTokens": 4096,
                    "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 1024},
                },
                "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
            })
        );
    }

    #[test]
    fn each_body_begins_with_the_one_before() {
        testing::check_append_only(Wire::Gemini, HERE, request);
    }
}
