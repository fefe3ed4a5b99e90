//! A Responses stream as one answer. Items are known by their place, else by their id, because servers interleave them,
//! change ids from event to event, or give no places; the answer is built of the items as they were finished, because the
//! last event may come without them.

use serde_json::{Map, Value};

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::money::Money;
use crate::protocol::reply::Reply;
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::bill::cost;
use crate::provider::decode::{Assembly, Decoder, MOST_PARTS};
use crate::provider::envelope::Envelope;
use crate::provider::failure::in_answer;
use crate::provider::openai_responses::item::{Item, Stream};
use crate::provider::openai_responses::usage;
use crate::provider::tagged::Tagged;

/// A decoder of one answer of the model `family`, `PROVIDER/MODEL`.
pub fn decoder(family: String) -> Decoder {
    Decoder::new(Answer {
        family,
        ..Answer::default()
    })
}

/// The same of a server that may send reasoning inside the text.
pub fn tagged(family: String) -> Decoder {
    let answer = Answer {
        family: family.clone(),
        ..Answer::default()
    };
    Decoder::new(Tagged::new(answer, family, Wire::OpenAiResponses))
}

#[derive(Debug, Default)]
struct Answer {
    family: String,
    /// In the order they were begun.
    items: Vec<Item>,
    end: Option<End>,
    usage: Option<Value>,
    /// More was said after it.
    early: bool,
    tier: Option<String>,
    cost: Option<Money>,
    done: bool,
    /// An error has come: only usage may follow it.
    failed: bool,
}

/// How the server says that the answer ended.
#[derive(Debug)]
struct End {
    status: String,
    /// Why it is incomplete.
    reason: Option<String>,
}

impl Assembly for Answer {
    fn wire(&self) -> Wire {
        Wire::OpenAiResponses
    }

    fn event(
        &mut self,
        name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure> {
        let kind = event["type"].as_str().unwrap_or(name);
        let response = if event["object"] == "response" {
            // A server that answers a stream in one piece.
            event
        } else {
            &event["response"]
        };
        let counts = response["usage"].is_object();
        if counts {
            self.usage = Some(response["usage"].clone());
            self.cost = cost(text).or(self.cost);
            self.early = false;
        }
        if let Some(tier) = response["service_tier"].as_str() {
            self.tier = Some(tier.to_owned());
        }
        if self.end.is_some() || self.failed {
            return Ok(());
        }
        let is_failure = kind == "response.failed" || response["status"] == "failed";
        let is_error = matches!(kind, "error" | "response.error");
        if is_failure || is_error || is_something(event.get("error")) {
            self.failed = true;
            return Err(failure(if is_failure { response } else { event }));
        }
        let before = chunks.len();
        match kind {
            "response.completed"
            | "response.incomplete"
            | "response.cancelled"
            | "response.done" => self.end(kind, response, chunks),
            "response.output_item.added" => self.begin(event, chunks),
            "response.output_item.done" => self.finish(event, chunks),
            "response.content_part.added"
            | "response.content_part.done"
            | "response.reasoning_summary_part.added"
            | "response.reasoning_summary_part.done" => self.part(event, chunks),
            _ if std::ptr::eq(response, event) => self.end("", response, chunks),
            _ => {
                if let Some((stream, is_whole)) = stream(kind) {
                    self.text(stream, is_whole, event, chunks);
                }
                // Else a sign of life, the progress of a tool of the server, or what is yet to be invented.
            }
        }
        self.early |= self.usage.is_some() && !counts && chunks.len() > before;
        Ok(())
    }

    fn done(&mut self) {
        // A mark of another dialect: it ends an answer only when nothing in it is open.
        // Nor where there are calls: gateways set it too after an answer that was cut behind them, and one may be missing.
        self.done = !self.items.is_empty()
            && self
                .items
                .iter()
                .all(|item| item.finished && !item.is_call());
    }

    fn is_over(&self) -> bool {
        self.end.is_some() || self.done
    }

    fn is_closed(&self) -> bool {
        self.is_over()
    }

    fn fault(&self) -> Option<Failure> {
        let end = self.end.as_ref();
        let reason = end.and_then(|end| end.reason.as_deref());
        let status = end.map(|end| end.status.as_str()).unwrap_or_default();
        let (kind, text) = match (status, reason) {
            (_, Some("context_length_exceeded" | "model_context_window_exceeded")) => (
                FailureKind::TooLong,
                "the model's window was full before the answer was complete: start a new session or choose a model with a larger window".to_owned(),
            ),
            ("cancelled", _) => (
                FailureKind::Overloaded,
                "the server gave up the answer: ask again".to_owned(),
            ),
            // What came of it is paid for, and there is more of it than of one that may be asked again.
            ("incomplete", Some(reason)) if cut(reason).is_none() && self.is_nothing() => {
                let envelope = Envelope {
                    code: reason.to_owned(),
                    ..Envelope::default()
                };
                return Some(in_answer(&envelope));
            }
            _ if self.items.iter().any(Item::is_nameless) => (
                FailureKind::Protocol,
                "the answer has a tool call without a name".to_owned(),
            ),
            _ => return None,
        };
        Some(Failure::new(kind, text))
    }

    fn parts(&self) -> usize {
        let texts = self.items.iter().map(Item::texts_count);
        texts.max().unwrap_or(0).max(self.items.len())
    }

    fn reply(&self, whole: bool) -> Reply {
        let mut items: Vec<_> = self.items.iter().enumerate().collect();
        // Stable: of two items in one place the earlier stays first.
        items.sort_by_key(|(place, item)| item.index.unwrap_or(*place as u64));
        let refusal: String = items
            .iter()
            .flat_map(|(_, item)| item.texts(Stream::Refusal))
            .collect();
        let refusal = (!refusal.is_empty()).then_some(refusal);
        let end = self.end.as_ref();
        Reply {
            parts: items
                .iter()
                .flat_map(|(_, item)| item.parts(&self.family, whole))
                .collect(),
            stop: if self.is_over() {
                Some(self.stop(refusal.is_some()))
            } else {
                // It is counted at its end alone, whatever that is.
                (self.failed && self.usage.is_some()).then_some(Stop::Error)
            },
            stop_native: end.map(|end| end.reason.as_ref().unwrap_or(&end.status).clone()),
            refusal,
            usage: self.usage.as_ref().and_then(usage::buckets),
            usage_raw: self.usage.clone(),
            usage_early: self.early,
            tier: self.tier.clone(),
            reported_cost: self.cost,
            ..Reply::default()
        }
    }
}

impl Answer {
    /// Nothing came that anyone would keep or pay for.
    fn is_nothing(&self) -> bool {
        let usage = self.usage.as_ref().and_then(usage::buckets);
        self.items.is_empty() && usage.is_none_or(|usage| usage == Usage::default())
    }

    /// The item an event is about: the newest in its place, else the newest of its id, else the last that is open.
    fn place(&self, event: &Value, id: &str, fits: impl Fn(&Item) -> bool) -> Option<usize> {
        let newest =
            |is: &dyn Fn(&Item) -> bool| self.items.iter().rposition(|item| is(item) && fits(item));
        let index = index(event);
        index
            .and_then(|index| newest(&|item| item.index == Some(index)))
            // Ids may be the same in several places, or another in each event: a place says more.
            .or_else(|| {
                newest(&|item| item.is_named(id) && (index.is_none() || item.index.is_none()))
            })
            .or_else(|| index.is_none().then(|| newest(&|item| !item.finished))?)
    }

    fn begin(&mut self, event: &Value, chunks: &mut Vec<Chunk>) {
        let Some(raw) = event["item"].as_object() else {
            return;
        };
        let id = id(raw);
        let known = self.place(event, id, |item| item.can_become(raw));
        // Without a place and an id it is a new one, however much it is like the last.
        if known.is_some() && (index(event).is_some() || !id.is_empty()) {
            return;
        }
        let mut item = Item::new(index(event), raw.clone());
        let before = chunks.len();
        item.absorb(raw, chunks);
        if item.is_call() {
            item.tell_growth(chunks);
        }
        if item.kind() == "reasoning" && chunks.len() == before {
            // It may go on for minutes without a word of it.
            chunks.push(Chunk::Thinking(String::new()));
        }
        self.items.push(item);
    }

    fn finish(&mut self, event: &Value, chunks: &mut Vec<Chunk>) {
        let Some(raw) = event["item"].as_object() else {
            return;
        };
        let place = self
            .place(event, id(raw), |item| item.can_become(raw))
            .unwrap_or_else(|| {
                self.items.push(Item::new(index(event), raw.clone()));
                self.items.len() - 1
            });
        self.items[place].finish(raw, chunks);
    }

    /// A piece of a text, or the whole of it.
    fn text(&mut self, stream: Stream, is_whole: bool, event: &Value, chunks: &mut Vec<Chunk>) {
        let fields: &[&str] = if is_whole {
            &["text", "refusal", "arguments", "input"]
        } else {
            &["delta"]
        };
        let Some(text) = fields.iter().find_map(|field| event[*field].as_str()) else {
            return;
        };
        let item = self.item(event, stream);
        item.name(event["name"].as_str().unwrap_or_default());
        if is_whole {
            item.fill(stream, number(event), text, chunks);
        } else {
            item.grow(stream, number(event), text, chunks);
        }
    }

    /// A part of a content or of a summary, as it begins or whole.
    fn part(&mut self, event: &Value, chunks: &mut Vec<Chunk>) {
        let part = &event["part"];
        let stream = match part["type"].as_str() {
            Some("output_text" | "text") => Stream::Text,
            Some("refusal") => Stream::Refusal,
            Some("reasoning_text") => Stream::Reasoning,
            Some("summary_text") => Stream::Summary,
            _ => return,
        };
        self.item(event, stream)
            .fill_part(number(event), part, chunks);
    }

    /// The item a text belongs to; a start that was never sent is made up for.
    fn item(&mut self, event: &Value, stream: Stream) -> &mut Item {
        let id = event["item_id"].as_str().unwrap_or_default();
        let place = self
            .place(event, id, |item| item.takes(stream))
            .unwrap_or_else(|| {
                self.items.push(Item::of_kind(index(event), stream.kind()));
                self.items.len() - 1
            });
        &mut self.items[place]
    }

    fn end(&mut self, kind: &str, response: &Value, chunks: &mut Vec<Chunk>) {
        let output = response["output"].as_array();
        let nothing_came = self.items.is_empty();
        for (index, raw) in (0..).zip(output.into_iter().flatten()) {
            let Some(raw) = raw.as_object() else { continue };
            if self.items.len() > MOST_PARTS {
                break;
            }
            if nothing_came {
                let mut item = Item::new(Some(index), raw.clone());
                item.finish(raw, chunks);
                self.items.push(item);
                continue;
            }
            // What has come is believed; only what was left open is completed, so that no call is there twice.
            let here = |item: &Item| item.index == Some(index) || item.is_named(id(raw));
            let open = |item: &&mut Item| here(item) && !item.finished && item.can_become(raw);
            if let Some(item) = self.items.iter_mut().find(open) {
                item.finish(raw, chunks);
                continue;
            }
            // Gateways send the seal of a reasoning only here.
            let known = |is: &dyn Fn(&Item) -> bool| {
                let fits = |item: &Item| is(item) && item.can_become(raw);
                self.items.iter().position(fits)
            };
            let place = known(&|item| item.is_named(id(raw))).or_else(|| known(&here));
            if let Some(place) = place {
                self.items[place].complete(raw);
            }
        }
        let named = kind.strip_prefix("response.").unwrap_or_default();
        let status = response["status"]
            .as_str()
            // It can be no news that it goes on.
            .filter(|status| !matches!(*status, "in_progress" | "queued" | ""))
            .unwrap_or(if named.is_empty() { "completed" } else { named });
        self.end = Some(End {
            status: status.to_owned(),
            reason: response["incomplete_details"]["reason"]
                .as_str()
                .map(ToOwned::to_owned),
        });
    }

    fn stop(&self, refused: bool) -> Stop {
        let end = self.end.as_ref();
        let reason = end.and_then(|end| end.reason.as_deref());
        let incomplete = end.is_some_and(|end| end.status == "incomplete");
        match reason.and_then(cut) {
            Some(stop) => stop,
            None if incomplete && reason.is_some() => Stop::Error,
            None if incomplete => Stop::Length,
            // Some servers call an answer complete although they say of its last item that it is not.
            None if self.items.iter().any(Item::is_cut) => Stop::Length,
            None if self.items.iter().any(Item::is_call) => Stop::Tool,
            None if refused => Stop::Refusal,
            None => Stop::End,
        }
    }
}

/// What a text event brings, and whether it is all of it.
fn stream(kind: &str) -> Option<(Stream, bool)> {
    let (stream, state) = kind.strip_prefix("response.")?.rsplit_once('.')?;
    let stream = match stream {
        "output_text" => Stream::Text,
        "refusal" => Stream::Refusal,
        "reasoning_summary_text" => Stream::Summary,
        // The shorter name is that of older servers.
        "reasoning_text" | "reasoning" => Stream::Reasoning,
        "function_call_arguments" | "custom_tool_call_input" => Stream::Arguments,
        _ => return None,
    };
    match state {
        "delta" => Some((stream, false)),
        "done" => Some((stream, true)),
        _ => None,
    }
}

/// The reasons to stop early that are no failure.
fn cut(reason: &str) -> Option<Stop> {
    match reason {
        "max_output_tokens" | "max_tokens" | "max_completion_tokens" | "length" => {
            Some(Stop::Length)
        }
        "content_filter" => Some(Stop::Filter),
        _ => None,
    }
}

fn failure(holder: &Value) -> Failure {
    let mut envelope = Envelope::of(holder).unwrap_or_default();
    // Where the error is the event itself, this is the event's type.
    if envelope.kind == "error" {
        envelope.kind.clear();
    }
    in_answer(&envelope)
}

fn is_something(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null())
}

fn index(event: &Value) -> Option<u64> {
    event["output_index"].as_u64()
}

/// The number of a text within its item.
fn number(event: &Value) -> u64 {
    ["content_index", "summary_index"]
        .iter()
        .find_map(|name| event[*name].as_u64())
        .unwrap_or(0)
}

/// The item's id, else that of its call.
fn id(raw: &Map<String, Value>) -> &str {
    ["id", "call_id"]
        .iter()
        .filter_map(|name| raw.get(*name)?.as_str())
        .find(|id| !id.is_empty())
        .unwrap_or_default()
}
