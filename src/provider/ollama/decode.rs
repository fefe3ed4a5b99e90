//! A chat of Ollama as one answer: a JSON value a line, pieces of text and reasoning, whole calls, and a last line that says why
//! it ended and what it counted. An error is a line too.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::agent::prompt::Prompt;
use crate::config::Wire;
use crate::protocol::effort::Effort;
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::told::Told;
use crate::provider::Chunk;
use crate::provider::bill::cost;
use crate::provider::decode::{Assembly, Decoder, MOST_PARTS, growth};
use crate::provider::envelope::{Envelope, excerpt};
use crate::provider::failure::in_answer;
use crate::provider::framing::Framing;
use crate::provider::ollama::cut::Sent;
use crate::provider::ollama::usage;
use crate::provider::quirks::Quirks;
use crate::provider::replay::{self, beside_call};
use crate::provider::stop::otherwise;
use crate::provider::tagged::Tagged;

/// A decoder of the answer to this prompt. Where the model was asked to reason, a server that does not know its format has what
/// it thought in the text.
pub fn decoder(prompt: &Prompt, told: &Told, quirks: &Quirks) -> Decoder {
    let family = prompt.model.to_string();
    let answer = Answer {
        sent: Sent::new(prompt, told),
        ..Answer::of(family.clone())
    };
    let thinks = prompt.effort.is_some_and(|effort| effort != Effort::Off);
    if thinks && quirks.has_thought_tags(Wire::Ollama, &prompt.model.model) {
        return framed(Tagged::new(answer, family, Wire::Ollama));
    }
    framed(answer)
}

/// A decoder of an answer of the model `family`, `PROVIDER/MODEL`, to whatever it was asked.
pub fn detached(family: String) -> Decoder {
    framed(Answer::of(family))
}

fn framed(answer: impl Assembly + 'static) -> Decoder {
    Decoder::framed(Framing::ndjson(), answer)
}

/// What a chat says, and no answer to another question.
const OWN: [&str; 4] = ["model", "message", "done", "error"];

#[derive(Debug, Default)]
struct Answer {
    family: String,
    sent: Sent,
    /// A line of a chat has come.
    begun: bool,
    /// The beginning of the first other line.
    stranger: Option<String>,
    text: String,
    thinking: String,
    /// What else stood in the messages, to be sent back.
    more: Map<String, Value>,
    calls: Vec<Call>,
    /// Lines that brought calls.
    lines: u32,
    /// The last line has come.
    done: bool,
    reason: Option<String>,
    counts: Option<Value>,
    cost: Option<Money>,
}

#[derive(Debug)]
struct Call {
    index: u64,
    id: String,
    name: String,
    arguments: String,
    /// The number of the line it came with, among those that bring calls.
    line: u32,
    /// What else stood beside the call and within it, to be sent back.
    more: Map<String, Value>,
}

impl Call {
    /// Its arguments are not whole.
    fn is_begun(&self) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_err()
    }
}

impl Assembly for Answer {
    fn wire(&self) -> Wire {
        Wire::Ollama
    }

    fn event(
        &mut self,
        _name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure> {
        if let Some(counts) = usage::counts(event) {
            self.counts = Some(counts);
        }
        if OWN.iter().any(|name| event.get(name).is_some()) {
            self.begun = true;
        } else if self.stranger.is_none() {
            self.stranger = Some(excerpt(text));
        }
        if event["usage"].is_object() {
            // A gateway's: the server itself charges nothing.
            self.cost = cost(text).or(self.cost);
        }
        if let Some(message) = event["message"].as_object() {
            self.message(message, text, chunks);
        }
        if event.get("error").is_some_and(|error| !error.is_null()) {
            let mut envelope = Envelope::of(event).unwrap_or_default();
            if let Some(status) = envelope.status.filter(|_| envelope.code.is_empty()) {
                envelope.code = status.to_string();
            }
            return Err(in_answer(&envelope));
        }
        if event["done"] == true {
            self.done = true;
            let reason = event["done_reason"].as_str();
            self.reason = reason
                .filter(|reason| !reason.is_empty())
                .map(ToOwned::to_owned);
        }
        Ok(())
    }

    fn done(&mut self) {
        // A mark of another dialect: it ends what was said, but calls may be missing.
        self.done |= !self.text.is_empty() && self.calls.is_empty();
    }

    fn is_over(&self) -> bool {
        self.done
    }

    fn is_closed(&self) -> bool {
        self.done
    }

    fn stranger(&self) -> Option<Failure> {
        let stranger = self.stranger.as_ref().filter(|_| !self.begun)?;
        let text = format!(
            "the server answered with something else than a chat, check base_url: {stranger}"
        );
        Some(Failure::new(FailureKind::Protocol, text))
    }

    fn fault(&self) -> Option<Failure> {
        let silent = self.text.is_empty() && self.thinking.is_empty() && self.calls.is_empty();
        // Where there is an answer it is one, and what was dropped is told beside it.
        if let Some(missed) = self.missed().filter(|_| silent) {
            return Some(Failure::new(FailureKind::TooLong, missed));
        }
        if self.calls.iter().any(|call| call.name.is_empty()) {
            return Some(Failure::new(
                FailureKind::Protocol,
                "the answer has a tool call without a name",
            ));
        }
        match self.reason.as_deref() {
            Some("load" | "unload") if silent => Some(Failure::new(
                FailureKind::Overloaded,
                "the server loaded the model and did not answer: ask again",
            )),
            _ => None,
        }
    }

    fn parts(&self) -> usize {
        self.calls.len()
    }

    fn reply(&self, _whole: bool) -> Reply {
        let opaque = |body: Map<String, Value>| {
            (!body.is_empty())
                .then(|| replay::opaque(&self.family, Wire::Ollama, Value::Object(body)))
        };
        let mut parts = Vec::new();
        let mut beside = Map::new();
        if !self.thinking.is_empty() {
            beside.insert("thinking".to_owned(), self.thinking.clone().into());
        }
        beside.extend(self.more.clone());
        if !beside.is_empty() {
            parts.push(Part::Thought {
                text: self.thinking.clone(),
                opaque: opaque(beside),
            });
        }
        if !self.text.is_empty() {
            parts.push(Part::Text {
                text: self.text.clone(),
                opaque: None,
            });
        }
        parts.extend(self.in_order().into_iter().map(|call| Part::Call {
            wire_id: (!call.id.is_empty()).then(|| call.id.clone()),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            opaque: beside_call(&self.family, Wire::Ollama, &call.id, call.more.clone()),
        }));
        Reply {
            stop: self.done.then(|| self.stop()),
            stop_native: self.reason.clone(),
            remark: self.missed().filter(|_| self.done),
            usage: self.counts.as_ref().and_then(usage::buckets),
            usage_raw: self.counts.clone(),
            reported_cost: self.cost,
            parts,
            ..Reply::default()
        }
    }
}

impl Answer {
    fn of(family: String) -> Self {
        Self {
            family,
            ..Self::default()
        }
    }

    /// That the server dropped a part of the prompt.
    fn missed(&self) -> Option<String> {
        let tokens = self.counts.as_ref().and_then(usage::read)?;
        self.sent.missed(tokens)
    }

    fn message(&mut self, message: &Map<String, Value>, text: &str, chunks: &mut Vec<Chunk>) {
        for (name, value) in message {
            match (name.as_str(), value) {
                ("thinking" | "reasoning_content", Value::String(piece)) if !piece.is_empty() => {
                    self.thinking.push_str(piece);
                    chunks.push(Chunk::Thinking(piece.clone()));
                }
                ("content", Value::String(piece)) if !piece.is_empty() => {
                    self.text.push_str(piece);
                    chunks.push(Chunk::Text(piece.clone()));
                }
                ("tool_calls", Value::Array(calls)) => {
                    self.lines += 1;
                    let raw = raw_arguments(text);
                    for (place, call) in calls.iter().enumerate() {
                        let raw = raw.get(place).and_then(Option::as_deref);
                        self.call(call, raw, chunks);
                    }
                }
                ("role" | "thinking" | "reasoning_content" | "content" | "tool_calls", _)
                | (_, Value::Null) => {}
                (name, value) => {
                    self.more.insert(name.to_owned(), value.clone());
                }
            }
        }
    }

    /// Takes one call, which comes whole; `raw` is its arguments as they were written.
    fn call(&mut self, call: &Value, raw: Option<&str>, chunks: &mut Vec<Chunk>) {
        let Some(object) = call.as_object() else {
            return;
        };
        if self.calls.len() > MOST_PARTS {
            return;
        }
        let function = &call["function"];
        let arguments = match &function["arguments"] {
            // Compatible servers write them as a text, as other dialects do.
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            value => raw.map_or_else(|| value.to_string(), ToOwned::to_owned),
        };
        let mut more = without(object, &["id", "type", "function"]);
        let within = function
            .as_object()
            .map(|function| without(function, &["index", "name", "arguments"]));
        if let Some(within) = within.filter(|within| !within.is_empty()) {
            more.insert("function".to_owned(), Value::Object(within));
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let call = Call {
            // The first is often left unnumbered.
            index: function["index"].as_u64().unwrap_or(0),
            id: text(&call["id"]),
            name: text(&function["name"]),
            arguments,
            line: self.lines,
            more,
        };
        chunks.push(growth(&call.name, call.arguments.len()));
        // The same call once more, as some gateways send it with a later line: whole, or with more of its arguments. Within one line
        // each is a call of its own, whatever ids they have.
        let again = |known: &&mut Call| {
            let is_own = known.index == call.index && known.name == call.name;
            let goes_on = known.arguments == call.arguments || known.is_begun();
            let named = !call.id.is_empty() && known.id == call.id;
            named && is_own && goes_on && known.line != call.line
        };
        match self.calls.iter_mut().find(again) {
            Some(known) => *known = call,
            None => self.calls.push(call),
        }
    }

    /// The calls by their number, unless several bear the same one, as servers do that count anew in each line.
    fn in_order(&self) -> Vec<&Call> {
        let mut calls: Vec<&Call> = self.calls.iter().collect();
        calls.sort_by_key(|call| call.index);
        if calls.windows(2).any(|pair| pair[0].index == pair[1].index) {
            return self.calls.iter().collect();
        }
        calls
    }

    fn stop(&self) -> Stop {
        match self.reason.as_deref().unwrap_or_default() {
            "length" => Stop::Length,
            "content_filter" => Stop::Filter,
            word => otherwise(word, !self.calls.is_empty()),
        }
    }
}

fn without(object: &Map<String, Value>, known: &[&str]) -> Map<String, Value> {
    object
        .iter()
        .filter(|(name, value)| !known.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[derive(Deserialize)]
struct Line {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    tool_calls: Vec<Called>,
}

#[derive(Deserialize)]
struct Called {
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    arguments: Option<Box<RawValue>>,
}

/// The arguments of the line's calls as they were written, so that no digit of a number is lost; nothing where the line is
/// built in another way.
fn raw_arguments(line: &str) -> Vec<Option<String>> {
    let line = serde_json::from_str::<Line>(line);
    let calls = line.map_or_else(|_| Vec::new(), |line| line.message.tool_calls);
    calls
        .into_iter()
        .map(|call| Some(call.function?.arguments?.get().to_owned()))
        .collect()
}
