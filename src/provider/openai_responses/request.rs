//! A prompt as a Responses body. Everything stable stands first and the input last, so that each body is the one before, less
//! its closing bytes, and more items: that is what a prompt cache can use.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::agent::picture::Picture;
use crate::agent::prompt::{Message, Prompt};
use crate::config::Wire;
use crate::protocol::effort::Effort;
use crate::protocol::id::SessionId;
use crate::protocol::reply::Part;
use crate::provider::marks::{BREAKPOINT, Breakpoint, Mark};
use crate::provider::openai_responses::effort::{can_reason, word};
use crate::provider::quirks::{Quirks, SessionField};
use crate::provider::replay::{NO_OUTPUT, arguments, own};

/// The body of a call.
pub fn request(prompt: &Prompt, quirks: &Quirks) -> Vec<u8> {
    let family = prompt.model.to_string();
    let model = &prompt.model.model;
    let broken = quirks.has_breakpoints(model);
    let system = Some(&*prompt.system).filter(|system| !system.trim().is_empty());
    let session = |field| {
        let session = prompt.caching.session;
        session.filter(|_| quirks.session_field == Some(field))
    };
    let body = Body {
        model,
        stream: true,
        store: false,
        include: can_reason(model).then_some(["reasoning.encrypted_content"]),
        max_output_tokens: prompt.max_output,
        prompt_cache_key: session(SessionField::PromptCacheKey),
        session_id: session(SessionField::SessionId),
        cache_control: quirks
            .marks_itself(model)
            .then(|| Mark::of(prompt.caching.life)),
        reasoning: prompt
            .effort
            .and_then(|effort| reasoning(model, effort, quirks)),
        tools: prompt
            .tools
            .iter()
            .map(|tool| Tool {
                kind: "function",
                name: &tool.name,
                description: &tool.description,
                parameters: &tool.schema,
                strict: false,
            })
            .collect(),
        instructions: system.filter(|_| !broken),
        input: conversation(
            prompt,
            system.filter(|_| broken).map(Item::Developer),
            &family,
            broken,
        ),
    };
    // Strings, numbers and ready JSON: nothing in it can fail to be written.
    serde_json::to_vec(&body).unwrap_or_default()
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    /// Nothing is kept on the server: what it must know again is sent again.
    store: bool,
    /// Reasoning comes sealed, so that it can be sent back.
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<[&'static str; 1]>,
    max_output_tokens: u64,
    /// Brings the requests of a session to the machine that has its cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    /// The one mark for the whole request: in this dialect a part of the input can have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Mark>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    input: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
    /// What the person reads of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
    /// Else the server makes every argument a required one.
    strict: bool,
}

fn reasoning(model: &str, effort: Effort, quirks: &Quirks) -> Option<Reasoning> {
    // The gateway knows what each model behind it is told.
    let normalizes = quirks.vendor == Some("openrouter");
    let summary = (effort != Effort::Off).then_some("auto");
    word(model, effort, normalizes).map(|effort| Reasoning { effort, summary })
}

enum Item<'a> {
    /// The system text where it must bear a breakpoint, which `instructions` cannot.
    Developer(&'a str),
    /// All that was said since the last answer.
    User(Vec<Said<'a>>),
    /// Said by the model, without what stood beside it.
    Assistant(&'a str),
    Call {
        id: &'a str,
        name: &'a str,
        arguments: &'a str,
        /// What else stood in the item.
        more: Option<Verbatim<'a>>,
    },
    Output {
        id: &'a str,
        text: &'a str,
        breakpoint: bool,
    },
    /// As the model sent it.
    Verbatim(Verbatim<'a>),
}

/// What a person said in one message.
struct Said<'a> {
    text: &'a str,
    pictures: &'a [Picture],
    breakpoint: bool,
}

/// All items. What a person said in several messages between which nothing was answered is one, in parts: templates on a
/// person's own machine refuse two messages of one role in a row.
fn conversation<'a>(
    prompt: &'a Prompt,
    first: Option<Item<'a>>,
    family: &str,
    broken: bool,
) -> Vec<Item<'a>> {
    let mut all: Vec<Item> = first.into_iter().collect();
    for message in &prompt.messages {
        let mut items = items(message, family);
        if broken {
            mark(&mut items);
        }
        for item in items {
            match (all.last_mut(), item) {
                (Some(Item::User(said)), Item::User(more)) => said.extend(more),
                (_, item) => all.push(item),
            }
        }
    }
    all
}

/// Ends what a message became with a breakpoint, unless the model said it: its own words can have none. Only the newest three
/// are written and the newest eighty are looked for, and so none ever has to be taken away.
fn mark(items: &mut [Item<'_>]) {
    match items.last_mut() {
        Some(Item::User(said)) => {
            if let Some(said) = said.last_mut() {
                said.breakpoint = true;
            }
        }
        Some(Item::Output { breakpoint, .. }) => *breakpoint = true,
        _ => {}
    }
}

#[derive(Clone, Copy)]
struct Verbatim<'a> {
    body: &'a Map<String, Value>,
    /// Its id goes too. A server that knows an id asks for the reasoning before it.
    with_id: bool,
}

impl Verbatim<'_> {
    fn entries(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.body
            .iter()
            .filter(|(name, _)| self.with_id || *name != "id")
    }
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct InputText<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            text: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            prompt_cache_breakpoint: Option<Breakpoint>,
        }
        #[derive(Serialize)]
        struct InputImage {
            #[serde(rename = "type")]
            kind: &'static str,
            image_url: String,
        }
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Shown<'a> {
            Image(InputImage),
            Text(InputText<'a>),
        }
        let part = |text, breakpoint: bool| {
            [InputText {
                kind: "input_text",
                text,
                prompt_cache_breakpoint: breakpoint.then_some(BREAKPOINT),
            }]
        };
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Developer(text) => {
                map.serialize_entry("type", "message")?;
                map.serialize_entry("role", "developer")?;
                map.serialize_entry("content", &part(text, true))?;
            }
            Self::User(said) => {
                map.serialize_entry("type", "message")?;
                map.serialize_entry("role", "user")?;
                let parts = said.iter().flat_map(|said| {
                    let pictures = said.pictures.iter().map(|picture| {
                        Shown::Image(InputImage {
                            kind: "input_image",
                            image_url: picture.data_url(),
                        })
                    });
                    pictures.chain(part(said.text, said.breakpoint).map(Shown::Text))
                });
                let parts: Vec<Shown> = parts.collect();
                map.serialize_entry("content", &parts)?;
            }
            // The one form every server takes: a list of parts must have an id beside it on some.
            Self::Assistant(text) => {
                map.serialize_entry("type", "message")?;
                map.serialize_entry("role", "assistant")?;
                map.serialize_entry("content", text)?;
            }
            Self::Call {
                id,
                name,
                arguments,
                more,
            } => {
                map.serialize_entry("type", "function_call")?;
                map.serialize_entry("call_id", id)?;
                map.serialize_entry("name", name)?;
                map.serialize_entry("arguments", arguments)?;
                for (name, value) in more.iter().flat_map(Verbatim::entries) {
                    if name != "type" {
                        map.serialize_entry(name, value)?;
                    }
                }
            }
            Self::Output {
                id,
                text,
                breakpoint,
            } => {
                map.serialize_entry("type", "function_call_output")?;
                map.serialize_entry("call_id", id)?;
                if *breakpoint {
                    map.serialize_entry("output", &part(text, true))?;
                } else {
                    map.serialize_entry("output", text)?;
                }
            }
            Self::Verbatim(verbatim) => {
                for (name, value) in verbatim.entries() {
                    map.serialize_entry(name, value)?;
                }
            }
        }
        map.end()
    }
}

/// The items of a message.
fn items<'a>(message: &'a Message, family: &str) -> Vec<Item<'a>> {
    match message {
        Message::User { text, .. } if text.trim().is_empty() => Vec::new(),
        Message::User { text, pictures } => vec![Item::User(vec![Said {
            text,
            pictures,
            breakpoint: false,
        }])],
        Message::Assistant { parts } => answer(parts, family),
        Message::Results { results } => results
            .iter()
            .map(|result| Item::Output {
                id: &result.wire_id,
                text: Some(&*result.text)
                    .filter(|text| !text.trim().is_empty())
                    .unwrap_or(NO_OUTPUT),
                breakpoint: false,
            })
            .collect(),
    }
}

fn answer<'a>(parts: &'a [Part], family: &str) -> Vec<Item<'a>> {
    let kept: Vec<_> = parts.iter().map(|part| kept(part, family)).collect();
    let mut items = Vec::new();
    // Once reasoning had to be left out, what followed it goes without the id that would ask for it.
    let mut with_id = true;
    for (place, part) in parts.iter().enumerate() {
        let body = kept[place];
        let verbatim = body.map(|body| Verbatim { body, with_id });
        match part {
            Part::Thought { .. } => {
                if body.is_some_and(is_reasoning) && !can_go_back(place, parts, &kept) {
                    with_id = false;
                } else {
                    items.extend(verbatim.map(Item::Verbatim));
                }
            }
            Part::Text { text, .. } => match verbatim {
                Some(verbatim) => items.push(Item::Verbatim(verbatim)),
                None if text.trim().is_empty() => {}
                None => items.push(Item::Assistant(text)),
            },
            Part::Call {
                wire_id,
                name,
                arguments: text,
                ..
            } => items.push(Item::Call {
                id: wire_id.as_deref().unwrap_or("call_0"),
                name,
                arguments: arguments(text),
                more: verbatim,
            }),
        }
    }
    items
}

/// The part as it came from the very model that is asked.
fn kept<'a>(part: &'a Part, family: &str) -> Option<&'a Map<String, Value>> {
    own(part, family, Wire::OpenAiResponses)?.as_object()
}

fn is_reasoning(body: &Map<String, Value>) -> bool {
    body.get("type").is_some_and(|kind| kind == "reasoning")
}

/// Whether reasoning can be sent back: it must bring what it says, sealed or open, since its id alone means nothing to a server
/// that keeps nothing; and what followed it must follow it again.
fn can_go_back(place: usize, parts: &[Part], kept: &[Option<&Map<String, Value>>]) -> bool {
    let Some(body) = kept[place] else {
        return false;
    };
    let has = |list: &str| {
        let list = body.get(list).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    };
    let says_it = match body.get("encrypted_content") {
        Some(Value::String(sealed)) if !sealed.is_empty() => true,
        // The server seals what it wants back, and did not: a summary is for people then.
        Some(_) => has("content"),
        None => has("content") || has("summary"),
    };
    let followed = (place + 1..parts.len())
        // More of the same reasoning, or the next one.
        .find(|&next| match &parts[next] {
            Part::Thought { .. } => kept[next].is_some_and(|body| !is_reasoning(body)),
            _ => true,
        })
        .is_some_and(|next| kept[next].is_some());
    says_it && followed
}
