//! A Chat Completions stream as one answer. Calls are known by index and id, reasoning by whichever of its names it came
//! under, and the end of the answer is the end of the body: usage, and errors, come after the reason to stop.

use serde_json::{Map, Value, json};

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::bill::cost;
use crate::provider::decode::{Assembly, Decoder};
use crate::provider::envelope::Envelope;
use crate::provider::failure::in_answer;
use crate::provider::openai_chat::blocks::Blocks;
use crate::provider::openai_chat::calls::Calls;
use crate::provider::openai_chat::details::Details;
use crate::provider::openai_chat::{piece, usage};
use crate::provider::replay::{beside_call, opaque};
use crate::provider::stop::otherwise;
use crate::provider::think::{Tags, Taken};

/// A decoder of one answer of the model `family`, `PROVIDER/MODEL`.
pub fn decoder(family: String) -> Decoder {
    Decoder::new(Answer {
        family,
        ..Answer::default()
    })
}

/// The same where reasoning never stands in the text: a model that speaks of `<think>` there means the word.
pub fn plain(family: String) -> Decoder {
    Decoder::new(Answer {
        family,
        tags: Tags::none(),
        ..Answer::default()
    })
}

#[derive(Debug, Default)]
struct Answer {
    family: String,
    text: String,
    /// Reasoning in the text.
    tags: Tags,
    thinking: String,
    refusal: String,
    /// Reasoning under the names it came with, to be sent back so.
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    reasoning_details: Details,
    thinking_blocks: Blocks,
    extra_content: Option<Value>,
    /// The content, where it came as a list of typed parts.
    content: Vec<Value>,
    calls: Calls,
    /// Calls came under their newer name.
    newer: bool,
    stop: Option<String>,
    usage: Option<Value>,
    /// More was said after it.
    early: bool,
    tier: Option<String>,
    cost: Option<Money>,
    done: bool,
}

impl Assembly for Answer {
    fn wire(&self) -> Wire {
        Wire::OpenAiChat
    }

    fn piece(&mut self, text: &str, chunks: &mut Vec<Chunk>) -> bool {
        let Some(piece) = piece::read(text) else {
            return false;
        };
        let before = chunks.len();
        let (named, other) = (piece.reasoning_content, piece.reasoning);
        if let Some(text) = &named {
            self.reasoning_content
                .get_or_insert_default()
                .push_str(&text.0);
        }
        if let Some(text) = &other {
            self.reasoning.get_or_insert_default().push_str(&text.0);
        }
        let mut shown = [named, other].into_iter().flatten();
        let shown = shown.find(|text| !text.0.is_empty());
        self.think(shown.unwrap_or_default().0.into_owned(), chunks);
        self.say(&piece.content.unwrap_or_default().0, chunks);
        self.early |= self.usage.is_some() && chunks.len() > before;
        true
    }

    fn event(
        &mut self,
        name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure> {
        let before = chunks.len();
        let choices = event["choices"].as_array();
        // Without a number it is the only one.
        let choice = choices
            .into_iter()
            .flatten()
            .find(|choice| choice["index"].as_u64().unwrap_or(0) == 0);
        if let Some(choice) = choice {
            // Whole messages come from servers that answer a stream in one piece.
            let delta = choice
                .get("delta")
                .filter(|delta| delta.is_object())
                .unwrap_or(&choice["message"]);
            self.delta(delta, chunks);
            if let Some(stop) = choice["finish_reason"]
                .as_str()
                .filter(|stop| !stop.is_empty())
            {
                self.stop = Some(stop.to_owned());
            }
        }
        let usage = [
            event.get("usage"),
            choice.and_then(|choice| choice.get("usage")),
            event.pointer("/x_groq/usage"),
        ]
        .into_iter()
        .flatten()
        .find(|usage| usage.is_object());
        self.early |= self.usage.is_some() && chunks.len() > before;
        // Some servers end with a count of nothing.
        let is_news = |usage: &&Value| self.usage.is_none() || !usage::is_nothing(usage);
        if let Some(usage) = usage.filter(is_news) {
            self.usage = Some(usage.clone());
            self.cost = cost(text).or(self.cost);
            self.early = false;
        }
        if let Some(tier) = event["service_tier"].as_str() {
            self.tier = Some(tier.to_owned());
        }
        let error = [Some(event), choice]
            .into_iter()
            .flatten()
            .find(|holder| holder.get("error").is_some_and(|error| !error.is_null()));
        if let Some(holder) = error {
            return Err(in_answer(&Envelope::of(holder).unwrap_or_default()));
        }
        if choices.is_none()
            && (name == "error" || event["object"] == "error" || event.get("code").is_some())
        {
            return Err(in_answer(&Envelope::of(event).unwrap_or_default()));
        }
        Ok(())
    }

    fn done(&mut self) {
        self.done = true;
    }

    fn flush(&mut self, chunks: &mut Vec<Chunk>) {
        let rest = self.tags.rest();
        self.taken(rest, chunks);
    }

    fn is_over(&self) -> bool {
        // Some servers never say why they stop. The mark alone ends what was said, and calls that are whole; but gateways set
        // it too after an answer that was cut behind them, and what is not whole is a part of one.
        let is_whole = || {
            if self.calls.is_empty() {
                !self.text.is_empty()
            } else {
                self.calls.are_whole()
            }
        };
        self.stop.is_some() || (self.done && is_whole())
    }

    fn is_closed(&self) -> bool {
        self.done
    }

    fn fault(&self) -> Option<Failure> {
        let (kind, text) = match self.stop.as_deref() {
            Some("model_context_window_exceeded") => (
                FailureKind::TooLong,
                "the model's window was full before the answer was complete: start a new session or choose a model with a larger window",
            ),
            Some("error") => (
                FailureKind::Overloaded,
                "the answer ended with an error the server did not name",
            ),
            Some("network_error") => (
                FailureKind::Network,
                "the server lost its connection to the model",
            ),
            Some("insufficient_system_resource" | "abort") => (
                FailureKind::Overloaded,
                "the server gave up the answer for want of resources",
            ),
            _ if self.calls.has_nameless() => (
                FailureKind::Protocol,
                "the answer has a tool call without a name",
            ),
            _ => return None,
        };
        Some(Failure::new(kind, text))
    }

    fn parts(&self) -> usize {
        let details = self.reasoning_details.numbered();
        let thoughts = details.max(self.thinking_blocks.len());
        self.calls.len().max(thoughts).max(self.content.len())
    }

    fn reply(&self, whole: bool) -> Reply {
        let kept = |body: Value| opaque(&self.family, Wire::OpenAiChat, body);
        let mut parts = Vec::new();
        let reasoning = self.reasoning_fields();
        // What is cut short may be refused when it is sent back.
        let sendable = whole && !reasoning.is_empty();
        if !self.thinking.is_empty() || sendable {
            parts.push(Part::Thought {
                text: self.thinking.clone(),
                opaque: sendable.then(|| kept(Value::Object(reasoning))),
            });
        }
        if !self.text.is_empty() {
            parts.push(Part::Text {
                text: self.text.clone(),
                opaque: None,
            });
        }
        parts.extend(self.calls.parts().map(|(call, more)| Part::Call {
            wire_id: (!call.id.is_empty()).then(|| call.id.clone()),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            opaque: beside_call(
                &self.family,
                Wire::OpenAiChat,
                &call.id,
                more.cloned().unwrap_or_default(),
            ),
        }));
        let refusal = (!self.refusal.is_empty()).then(|| self.refusal.clone());
        Reply {
            stop: self.is_over().then(|| self.stop_of(refusal.is_some())),
            stop_native: self.stop.clone(),
            refusal,
            reported_cost: self.cost,
            parts,
            ..self.counts()
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage.as_ref().and_then(usage::buckets)
    }

    fn counts(&self) -> Reply {
        Reply {
            usage: self.usage(),
            usage_raw: self.usage.clone(),
            usage_early: self.early,
            tier: self.tier.clone(),
            ..Reply::default()
        }
    }
}

impl Answer {
    fn delta(&mut self, delta: &Value, chunks: &mut Vec<Chunk>) {
        if let Some(text) = delta["reasoning_content"].as_str() {
            self.reasoning_content
                .get_or_insert_default()
                .push_str(text);
        }
        if let Some(text) = delta["reasoning"].as_str() {
            self.reasoning.get_or_insert_default().push_str(text);
        }
        let details = delta["reasoning_details"].as_array();
        for detail in all(details) {
            self.reasoning_details.take(detail);
        }
        let blocks = delta["thinking_blocks"].as_array();
        for block in all(blocks) {
            self.thinking_blocks.take(block);
        }
        if let Some(extra) = delta.get("extra_content").filter(|extra| !extra.is_null()) {
            self.extra_content = Some(extra.clone());
        }
        // The same reasoning may come under several names at once: it is shown once.
        let shown = [&delta["reasoning_content"], &delta["reasoning"]]
            .into_iter()
            .filter_map(Value::as_str)
            .find(|text| !text.is_empty())
            .map_or_else(
                || {
                    let told: String = all(details).filter_map(detail_text).collect();
                    if told.is_empty() {
                        all(blocks)
                            .filter_map(|block| block["thinking"].as_str())
                            .collect()
                    } else {
                        told
                    }
                },
                ToOwned::to_owned,
            );
        self.think(shown, chunks);
        match &delta["content"] {
            Value::String(text) => self.say(text, chunks),
            Value::Array(list) => {
                for part in list {
                    self.part(part, chunks);
                }
            }
            _ => {}
        }
        if let Some(text) = delta["refusal"].as_str() {
            self.refusal.push_str(text);
        }
        if let Some(fragments) = delta["tool_calls"].as_array() {
            self.calls.take(fragments, chunks);
            self.newer |= !fragments.is_empty();
        }
        // The name of before there could be several; who sends both means the same.
        let call = &delta["function_call"];
        if call.is_object() && !self.newer {
            let fragment = json!({"index": 0, "function": call});
            self.calls.take(&[fragment], chunks);
        }
    }

    /// One typed part of a content that is a list.
    fn part(&mut self, part: &Value, chunks: &mut Vec<Chunk>) {
        match part["type"].as_str() {
            Some("text" | "output_text") => {
                let text = part["text"].as_str().unwrap_or_default();
                join_text(
                    &mut self.content,
                    text,
                    |text| json!({"type": "text", "text": text}),
                    "/text",
                );
                self.say(text, chunks);
            }
            Some("thinking") => {
                let text = match &part["thinking"] {
                    Value::String(text) => text.clone(),
                    Value::Array(list) => list
                        .iter()
                        .filter_map(|part| part["text"].as_str())
                        .collect(),
                    _ => String::new(),
                };
                let made = |text: &str| json!({"type": "thinking", "thinking": [{"type": "text", "text": text}]});
                join_text(&mut self.content, &text, made, "/thinking/0/text");
                self.think(text, chunks);
            }
            // References and the like: not read.
            _ => {}
        }
    }

    fn say(&mut self, text: &str, chunks: &mut Vec<Chunk>) {
        let taken = self.tags.take(text);
        self.taken(taken, chunks);
    }

    fn taken(&mut self, taken: Taken, chunks: &mut Vec<Chunk>) {
        if taken.turned {
            // It was told as words, since nothing said otherwise; the answer that is kept has it as what it is.
            let words = std::mem::take(&mut self.text);
            self.thinking.push_str(&words);
        }
        self.think(taken.thought, chunks);
        if !taken.words.is_empty() {
            self.text.push_str(&taken.words);
            chunks.push(Chunk::Text(taken.words));
        }
    }

    fn think(&mut self, text: String, chunks: &mut Vec<Chunk>) {
        if !text.is_empty() {
            self.thinking.push_str(&text);
            chunks.push(Chunk::Thinking(text));
        }
    }

    fn reasoning_fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut text = |name: &str, text: &Option<String>| {
            if let Some(text) = text.as_ref().filter(|text| !text.is_empty()) {
                fields.insert(name.to_owned(), text.clone().into());
            }
        };
        text("reasoning_content", &self.reasoning_content);
        text("reasoning", &self.reasoning);
        if !self.reasoning_details.is_empty() {
            fields.insert(
                "reasoning_details".to_owned(),
                self.reasoning_details.list().into(),
            );
        }
        let sealed = self.thinking_blocks.sealed();
        if !sealed.is_empty() {
            fields.insert("thinking_blocks".to_owned(), sealed.into());
        }
        if self.content.iter().any(|part| part["type"] == "thinking") {
            fields.insert("content".to_owned(), self.content.clone().into());
        } else if let Some(whole) = self.tags.whole() {
            fields.insert("content".to_owned(), whole.into());
        }
        if let Some(extra) = &self.extra_content {
            fields.insert("extra_content".to_owned(), extra.clone());
        }
        fields
    }

    fn stop_of(&self, refused: bool) -> Stop {
        match self.stop.as_deref().unwrap_or_default() {
            "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => {
                Stop::Length
            }
            "content_filter" | "sensitive" => Stop::Filter,
            "refusal" => Stop::Refusal,
            "error" | "network_error" | "insufficient_system_resource" | "abort" => Stop::Error,
            word => match otherwise(word, !self.calls.is_empty()) {
                Stop::End if refused => Stop::Refusal,
                stop => stop,
            },
        }
    }
}

/// Adds a text to the last part of its kind, or begins a new one.
fn join_text(list: &mut Vec<Value>, text: &str, made: impl Fn(&str) -> Value, place: &str) {
    let new = made(text);
    if let Some(last) = list.last_mut()
        && last["type"] == new["type"]
        && let Some(Value::String(held)) = last.pointer_mut(place)
    {
        held.push_str(text);
    } else if !text.is_empty() {
        list.push(new);
    }
}

fn all(list: Option<&Vec<Value>>) -> impl Iterator<Item = &Value> {
    list.into_iter().flatten()
}

/// What a reasoning detail lets a person read.
fn detail_text(detail: &Value) -> Option<&str> {
    detail["text"]
        .as_str()
        .or_else(|| detail["summary"].as_str())
}
