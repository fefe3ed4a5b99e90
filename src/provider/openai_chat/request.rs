//! A prompt as a Chat Completions body. Everything stable stands first and the messages last, so that each body is the one
//! before, less its marks and closing bytes, and more messages: that is what a prompt cache can use.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::agent::prompt::{Message, Prompt};
use crate::config::Wire;
use crate::protocol::id::SessionId;
use crate::protocol::reply::Part;
use crate::provider::openai_chat::content::{Content, Joined, Marking, goes_on};
use crate::provider::openai_chat::id::call_id;
use crate::provider::quirks::{Expected, Quirks, SessionField};
use crate::provider::reasoning::{self, Fields};
use crate::provider::replay::{NO_ANSWER, NO_OUTPUT, NO_WORDS, arguments, own};

/// The body of a call.
pub fn request(prompt: &Prompt, quirks: &Quirks) -> Vec<u8> {
    let marking = Marking::of(prompt, quirks);
    let system =
        (!prompt.system.trim().is_empty()).then(|| Turn::System(marking.system(&prompt.system)));
    let session = |field| {
        let session = prompt.caching.session;
        session.filter(|_| quirks.session_field == Some(field))
    };
    let body = Body {
        model: &prompt.model.model,
        stream: true,
        stream_options: (!quirks.usage_unasked).then_some(StreamOptions {
            include_usage: true,
        }),
        usage: quirks.asks_cost.then_some(Include { include: true }),
        max_tokens: quirks.old_limit.then_some(prompt.max_output),
        max_completion_tokens: (!quirks.old_limit).then_some(prompt.max_output),
        prompt_cache_key: session(SessionField::PromptCacheKey),
        session_id: session(SessionField::SessionId),
        reasoning: reasoning::fields(prompt, Wire::OpenAiChat, quirks),
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
        tool_stream: quirks.tool_stream.then_some(true),
        messages: conversation(prompt, system, marking, quirks),
    };
    // Strings, numbers and ready JSON: nothing in it can fail to be written.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// All messages, the system text first.
fn conversation<'a>(
    prompt: &'a Prompt,
    system: Option<Turn<'a>>,
    marking: Marking,
    quirks: &Quirks,
) -> Vec<Turn<'a>> {
    let family = prompt.model.to_string();
    let mut all: Vec<Turn> = system.into_iter().collect();
    for (index, message) in prompt.messages.iter().enumerate() {
        let mut turns = turns(message, &family, quirks);
        let before = index.checked_sub(1).map(|index| &prompt.messages[index]);
        if quirks.results_answered
            && matches!(turns.first(), Some(Turn::User(_)))
            && matches!(before, Some(Message::Results { .. }))
        {
            turns.insert(0, Turn::Assistant(Answer::unsaid(quirks)));
        }
        marking.mark(index, &mut turns);
        for turn in turns {
            match (all.last_mut(), turn) {
                (Some(Turn::User(said)), Turn::User(more)) if goes_on(said, &more) => {
                    said.extend(more);
                }
                (Some(Turn::User(_)), turn @ Turn::User(_)) => {
                    all.push(Turn::Assistant(Answer::unsaid(quirks)));
                    all.push(turn);
                }
                (_, turn) => all.push(turn),
            }
        }
    }
    all
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Include>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    #[serde(flatten)]
    reasoning: Cow<'static, Fields>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_stream: Option<bool>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Include {
    include: bool,
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

pub(crate) enum Turn<'a> {
    System(Content<'a>),
    /// All that was said since the last answer.
    User(Vec<Content<'a>>),
    Assistant(Answer<'a>),
    Tool {
        id: Cow<'a, str>,
        content: Content<'a>,
    },
}

#[derive(Default)]
pub(crate) struct Answer<'a> {
    text: String,
    /// Reasoning under the names it came with; a `content` among it is the content, in its own form.
    reasoning: Vec<(&'a str, &'a Value)>,
    /// Reasoning is expected and there is none.
    blank_reasoning: bool,
    calls: Vec<Call<'a>>,
}

impl Answer<'_> {
    /// Stands where there was no answer.
    fn unsaid(quirks: &Quirks) -> Self {
        Self {
            text: NO_ANSWER.to_owned(),
            blank_reasoning: quirks.reasoning_expected == Expected::Always,
            ..Self::default()
        }
    }
}

struct Call<'a> {
    id: Cow<'a, str>,
    name: &'a str,
    arguments: &'a str,
    /// What else stood beside the call.
    more: Option<&'a Value>,
}

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::System(content) => {
                map.serialize_entry("role", "system")?;
                map.serialize_entry("content", content)?;
            }
            Self::User(said) => {
                map.serialize_entry("role", "user")?;
                map.serialize_entry("content", &Joined(said))?;
            }
            Self::Tool { id, content } => {
                map.serialize_entry("role", "tool")?;
                map.serialize_entry("tool_call_id", id)?;
                map.serialize_entry("content", content)?;
            }
            Self::Assistant(answer) => {
                map.serialize_entry("role", "assistant")?;
                if !answer.reasoning.iter().any(|(name, _)| *name == "content") {
                    let text = (!answer.text.is_empty() || answer.calls.is_empty())
                        .then_some(&answer.text);
                    map.serialize_entry("content", &text)?;
                }
                for (name, value) in &answer.reasoning {
                    map.serialize_entry(name, value)?;
                }
                if answer.blank_reasoning {
                    // An empty one is refused by some as if it were not there.
                    map.serialize_entry("reasoning_content", " ")?;
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
        #[derive(Serialize)]
        struct Called<'a> {
            name: &'a str,
            arguments: &'a str,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("type", "function")?;
        map.serialize_entry(
            "function",
            &Called {
                name: self.name,
                arguments: self.arguments,
            },
        )?;
        for (name, value) in self.more.and_then(Value::as_object).into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The message, unless nothing in it can be sent; results become a message each.
fn turns<'a>(message: &'a Message, family: &str, quirks: &Quirks) -> Vec<Turn<'a>> {
    match message {
        Message::User { text, .. } if text.trim().is_empty() => Vec::new(),
        Message::User { text, pictures } => vec![Turn::User(vec![Content::said(text, pictures)])],
        Message::Assistant { parts } => answer(parts, family, quirks)
            .into_iter()
            .map(Turn::Assistant)
            .collect(),
        Message::Results { results } => results
            .iter()
            .map(|result| {
                let text = Some(&*result.text).filter(|text| !text.trim().is_empty());
                Turn::Tool {
                    id: call_id(&result.wire_id, quirks),
                    content: Content::Plain(text.unwrap_or(NO_OUTPUT)),
                }
            })
            .collect(),
    }
}

fn answer<'a>(parts: &'a [Part], family: &str, quirks: &Quirks) -> Option<Answer<'a>> {
    let mut answer = Answer::default();
    for part in parts {
        match part {
            Part::Thought { .. } => {
                let fields = own(part, family, Wire::OpenAiChat).and_then(Value::as_object);
                for (name, value) in fields.into_iter().flatten() {
                    // One field of a name; an answer has its reasoning in one part.
                    if !answer.reasoning.iter().any(|(taken, _)| taken == name) {
                        answer.reasoning.push((name, value));
                    }
                }
            }
            Part::Text { text, .. } => answer.text.push_str(text),
            Part::Call {
                wire_id,
                name,
                arguments: text,
                ..
            } => answer.calls.push(Call {
                id: call_id(wire_id.as_deref().unwrap_or("call_0"), quirks),
                name,
                arguments: arguments(text),
                more: own(part, family, Wire::OpenAiChat),
            }),
        }
    }
    if answer.text.trim().is_empty() && answer.calls.is_empty() {
        if answer.reasoning.is_empty() {
            return None;
        }
        // Cut while it thought. Most vendors refuse an answer without words, whatever else is in it.
        NO_WORDS.clone_into(&mut answer.text);
    }
    let expected = match quirks.reasoning_expected {
        Expected::Nowhere => false,
        Expected::WithCalls => !answer.calls.is_empty(),
        Expected::Always => true,
    };
    answer.blank_reasoning = expected
        && !answer
            .reasoning
            .iter()
            .any(|(name, _)| *name == "reasoning_content");
    Some(answer)
}
