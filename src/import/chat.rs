//! Messages in the form of `OpenAI`'s chats, as nanobot and hermes keep them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::What;
use crate::import::value::{Text, parse};

/// A message, by what its program has of it.
#[derive(Debug, Default)]
pub struct Message<'a> {
    pub role: &'a str,
    pub text: String,
    pub thought: Option<String>,
    /// JSON: an array of calls.
    pub calls: Option<&'a str>,
    /// Of what a tool gave back: its call and name.
    pub call: &'a str,
    pub name: Option<&'a str>,
}

/// One call: what is called stands in `function`, or in the call itself.
#[derive(Debug, Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "call_id")]
    other: Option<Text<'a>>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    /// JSON within a text.
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

/// The entries that a message is. What the system said to the model is none.
pub fn entries(message: Message) -> Result<Vec<What>, String> {
    let empty = message.text.trim().is_empty();
    let text = message.text;
    Ok(match message.role {
        "user" if !empty => vec![What::Prompt { text, who: None }],
        "assistant" => {
            let mut entries = Vec::new();
            let thought = message.thought.filter(|text| !text.trim().is_empty());
            entries.extend(thought.map(|text| What::Thought { text }));
            entries.extend((!empty).then_some(What::Answer { text, who: None }));
            if let Some(calls) = message.calls.filter(|calls| calls.starts_with('[')) {
                entries.extend(called(calls)?);
            }
            entries
        }
        "tool" => vec![What::Result {
            call: message.call.to_owned(),
            name: message.name.map(str::to_owned),
            failed: text.starts_with("Error"),
            exit: None,
            text,
        }],
        _ => Vec::new(),
    })
}

fn called(json: &str) -> Result<Vec<What>, String> {
    let calls: Vec<Call> = parse(json)?;
    let mut entries = Vec::with_capacity(calls.len());
    for call in calls {
        let (name, arguments) = match call.function {
            Some(function) => (function.name, function.arguments),
            None => (call.name, call.arguments),
        };
        let arguments = match arguments.map(RawValue::get) {
            Some(text) if text.starts_with('"') => parse(text)?,
            Some(json) => json.to_owned(),
            None => "{}".to_owned(),
        };
        entries.push(What::Call {
            id: call
                .id
                .or(call.other)
                .as_deref()
                .unwrap_or_default()
                .to_owned(),
            name: name.as_deref().unwrap_or("tool").to_owned(),
            arguments,
        });
    }
    Ok(entries)
}
