//! A Messages stream as one answer. Blocks are known by their index, because compatible servers break the nesting, repeat
//! starts and leave out ends.

use serde_json::{Map, Value};

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::anthropic::ending::{refusal, stop_of};
use crate::provider::anthropic::piece::{self, Piece};
use crate::provider::anthropic::usage::{iterations, tier, usage};
use crate::provider::bill::cost;
use crate::provider::decode::{Assembly, Decoder, MOST_PARTS, growth};
use crate::provider::envelope::Envelope;
use crate::provider::failure::in_answer;
use crate::provider::replay::{beside_call, opaque};
use crate::provider::tagged::Tagged;

/// What a prompt is counted in. It is never empty: where all of these are 0, or not there, nobody counted.
const PROMPT: [&str; 3] = [
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
];

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
    Decoder::new(Tagged::new(answer, family, Wire::Anthropic))
}

#[derive(Debug, Default)]
struct Answer {
    family: String,
    /// In the order they were started.
    blocks: Vec<Block>,
    stop: Option<String>,
    refusal: Option<String>,
    /// All usage objects so far, the later over the earlier.
    usage: Option<Map<String, Value>>,
    /// The output was counted when it was all there.
    counted: bool,
    cost: Option<Money>,
    over: bool,
}

#[derive(Debug)]
struct Block {
    index: u64,
    /// As it was started; what has grown since stands beside it.
    start: Map<String, Value>,
    text: String,
    signature: String,
    json: String,
    citations: Vec<Value>,
    stopped: bool,
    /// The same block was started again after its end: what follows is a repetition.
    repeated: bool,
}

impl Assembly for Answer {
    fn wire(&self) -> Wire {
        Wire::Anthropic
    }

    fn piece(&mut self, text: &str, chunks: &mut Vec<Chunk>) -> bool {
        let Some((index, piece)) = piece::read(text) else {
            return false;
        };
        let Some(block) = self.block(index).filter(|block| !block.repeated) else {
            return false;
        };
        let (chunk, piece): (fn(String) -> Chunk, _) = match piece {
            Piece::Text(text) => (Chunk::Text, text),
            Piece::Thinking(text) => (Chunk::Thinking, text),
        };
        block.text.push_str(&piece);
        if !piece.is_empty() {
            chunks.push(chunk(piece.into_owned()));
        }
        true
    }

    fn event(
        &mut self,
        name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure> {
        let kind = event["type"].as_str().unwrap_or(name);
        match kind {
            "message_start" => {
                let message = &event["message"];
                // What was made before, as by tools of the server, may stand in it.
                if message["content"].get(0).is_some() {
                    self.blocks(message, chunks);
                    self.stopped(message);
                }
                self.merge_usage(&message["usage"]);
            }
            // A server that answers a stream in one piece.
            _ if event["role"] == "assistant" && event["content"].is_array() => {
                self.whole(event, text, chunks);
            }
            "content_block_start" => self.start(index(event), &event["content_block"], chunks),
            "content_block_delta" => self.grow(index(event), &event["delta"], chunks),
            "content_block_stop" => {
                if let Some(block) = self.block(index(event)) {
                    block.stopped = true;
                }
            }
            "message_delta" => {
                self.stopped(&event["delta"]);
                self.merge_usage(&event["usage"]);
                self.counted |= event["usage"]["output_tokens"].is_number();
                self.cost = cost(text).or(self.cost);
            }
            "message_stop" => self.over = true,
            _ if kind == "error" || event.get("error").is_some_and(|error| !error.is_null()) => {
                return Err(in_answer(&Envelope::of(event).unwrap_or_default()));
            }
            // Pings, and what is yet to be invented.
            _ => {}
        }
        Ok(())
    }

    fn done(&mut self) {
        self.over |= self.stop.is_some();
    }

    fn is_over(&self) -> bool {
        // Some servers leave out the last event: what said why it stops and has nothing open has ended.
        let all_stopped = || self.blocks.iter().all(|block| block.stopped);
        self.over || (self.stop.is_some() && all_stopped())
    }

    fn is_closed(&self) -> bool {
        self.over
    }

    fn fault(&self) -> Option<Failure> {
        if self.stop.as_deref() == Some("model_context_window_exceeded") {
            return Some(Failure::new(
                FailureKind::TooLong,
                "the model's window was full before the answer was complete: start a new session or choose a model with a larger window",
            ));
        }
        let nameless = |block: &Block| block.is_call() && block.name().is_empty();
        self.blocks.iter().any(nameless).then(|| {
            Failure::new(
                FailureKind::Protocol,
                "the answer has a tool call without a name",
            )
        })
    }

    fn parts(&self) -> usize {
        self.blocks.len()
    }

    fn reply(&self, whole: bool) -> Reply {
        let mut blocks: Vec<_> = self.blocks.iter().collect();
        // Stable: of two blocks with one index the earlier stays first.
        blocks.sort_by_key(|block| block.index);
        let parts: Vec<_> = blocks
            .into_iter()
            .filter_map(|block| block.part(&self.family, whole))
            .collect();
        let calls = parts.iter().any(|part| matches!(part, Part::Call { .. }));
        Reply {
            stop: match self.stop.as_deref() {
                Some(stop) => Some(stop_of(stop, calls)),
                // An answer in one piece that says nothing of its end.
                None => self.over.then(|| stop_of("", calls)),
            },
            stop_native: self.stop.clone(),
            refusal: self.refusal.clone(),
            reported_cost: self.cost,
            parts,
            ..self.counts()
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage.as_ref().and_then(usage)
    }

    fn counts(&self) -> Reply {
        Reply {
            usage: self.usage(),
            usage_raw: self.usage.clone().map(Value::Object),
            usage_early: self.usage.is_some() && !self.counted,
            iterations: self.usage.as_ref().map_or_else(Vec::new, iterations),
            tier: self.usage.as_ref().and_then(tier),
            ..Reply::default()
        }
    }
}

impl Answer {
    /// A whole message: its blocks come with all that is in them.
    fn whole(&mut self, message: &Value, text: &str, chunks: &mut Vec<Chunk>) {
        self.blocks(message, chunks);
        self.stopped(message);
        self.merge_usage(&message["usage"]);
        self.cost = cost(text).or(self.cost);
        self.counted = true;
        self.over = true;
    }

    /// The blocks of a message, each whole.
    fn blocks(&mut self, message: &Value, chunks: &mut Vec<Chunk>) {
        let blocks = message["content"].as_array();
        for (index, block) in (0..).zip(blocks.into_iter().flatten()) {
            if self.blocks.len() > MOST_PARTS {
                break;
            }
            self.start(index, block, chunks);
            if let Some(block) = self.block(index) {
                block.stopped = true;
            }
        }
    }

    /// Why it stopped, where the event says it.
    fn stopped(&mut self, holder: &Value) {
        if let Some(stop) = holder["stop_reason"].as_str() {
            self.stop = Some(stop.to_owned());
        }
        self.refusal = self
            .refusal
            .take()
            .or_else(|| refusal(&holder["stop_details"]));
    }

    /// The newest block of that index.
    fn block(&mut self, index: u64) -> Option<&mut Block> {
        self.blocks
            .iter_mut()
            .rev()
            .find(|block| block.index == index)
    }

    fn start(&mut self, index: u64, start: &Value, chunks: &mut Vec<Chunk>) {
        let Some(start) = start.as_object() else {
            return;
        };
        if let Some(block) = self.block(index)
            && block.start.get("type") == start.get("type")
            && block.start.get("id") == start.get("id")
            && (block.is_call() || !block.stopped)
        {
            block.repeated = block.stopped;
            return;
        }
        if self.blocks.len() > MOST_PARTS {
            return;
        }
        let mut block = Block::new(index, start.clone());
        // Usually empty, but some servers send the whole block here.
        let whole = |field: &str| start.get(field).and_then(Value::as_str).unwrap_or_default();
        block.text = [whole("text"), whole("thinking")].concat();
        whole("signature").clone_into(&mut block.signature);
        if block.kind() == "text" && !block.text.is_empty() {
            chunks.push(Chunk::Text(block.text.clone()));
        }
        if matches!(block.kind(), "thinking" | "redacted_thinking") {
            // The whole time until the next block may go by without a word of it.
            chunks.push(Chunk::Thinking(block.text.clone()));
        }
        if block.is_call() {
            chunks.push(growth(block.name(), 0));
        }
        self.blocks.push(block);
    }

    fn grow(&mut self, index: u64, delta: &Value, chunks: &mut Vec<Chunk>) {
        let kind = delta["type"].as_str().unwrap_or_default();
        let (block_kind, field) = match kind {
            "text_delta" => ("text", "text"),
            "thinking_delta" => ("thinking", "thinking"),
            "signature_delta" => ("thinking", "signature"),
            "input_json_delta" => ("tool_use", "partial_json"),
            "citations_delta" => ("text", "citation"),
            _ => return,
        };
        if self.block(index).is_none() && self.blocks.len() <= MOST_PARTS {
            // A start that was never sent.
            let start = Map::from_iter([("type".to_owned(), Value::from(block_kind))]);
            self.blocks.push(Block::new(index, start));
        }
        let Some(block) = self.block(index).filter(|block| !block.repeated) else {
            return;
        };
        if field == "citation" {
            block.citations.extend(delta.get(field).cloned());
            return;
        }
        let Some(piece) = delta[field].as_str() else {
            return;
        };
        match field {
            "signature" => block.signature.push_str(piece),
            "partial_json" => {
                block.json.push_str(piece);
                if block.is_call() && !piece.is_empty() {
                    chunks.push(growth(block.name(), block.json.len()));
                }
            }
            _ => {
                block.text.push_str(piece);
                if !piece.is_empty() {
                    let piece = piece.to_owned();
                    chunks.push(if field == "text" {
                        Chunk::Text(piece)
                    } else {
                        Chunk::Thinking(piece)
                    });
                }
            }
        }
    }

    /// Later numbers replace earlier ones; what a later object leaves out, has as null or does not count stays.
    fn merge_usage(&mut self, usage: &Value) {
        let Some(usage) = usage.as_object() else {
            return;
        };
        let merged = self.usage.get_or_insert_default();
        let is_nothing = |field: &str| usage.get(field).is_none_or(|count| count == 0);
        let no_prompt = PROMPT.iter().all(|field| is_nothing(field));
        for (field, value) in usage {
            let uncounted = match field.as_str() {
                "output_tokens" => is_nothing(field),
                field => no_prompt && (PROMPT.contains(&field) || field == "cache_creation"),
            };
            if !(value.is_null() || uncounted) || !merged.contains_key(field) {
                merged.insert(field.clone(), value.clone());
            }
        }
    }
}

impl Block {
    fn new(index: u64, start: Map<String, Value>) -> Self {
        Self {
            index,
            start,
            text: String::new(),
            signature: String::new(),
            json: String::new(),
            citations: Vec::new(),
            stopped: false,
            repeated: false,
        }
    }

    fn kind(&self) -> &str {
        self.start
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn is_call(&self) -> bool {
        self.kind() == "tool_use"
    }

    fn name(&self) -> &str {
        self.start
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// `whole`: the answer ended as it should, so that what was not closed is complete all the same.
    fn part(&self, family: &str, whole: bool) -> Option<Part> {
        let complete = whole || self.stopped;
        let kept = |body: Map<String, Value>| {
            complete.then(|| opaque(family, Wire::Anthropic, Value::Object(body)))
        };
        match self.kind() {
            "text" if self.text.is_empty() => None,
            "text" => {
                let mut body = self.start.clone();
                body.insert("text".to_owned(), self.text.clone().into());
                if let Some(Value::Array(first)) = self.start.get("citations") {
                    body.insert(
                        "citations".to_owned(),
                        [first.as_slice(), &self.citations].concat().into(),
                    );
                } else if !self.citations.is_empty() {
                    body.insert("citations".to_owned(), self.citations.clone().into());
                }
                // Plain text needs nothing beside it.
                let plain = self.citations.is_empty()
                    && self
                        .start
                        .keys()
                        .all(|key| matches!(key.as_str(), "type" | "text" | "citations"));
                Some(Part::Text {
                    text: self.text.clone(),
                    opaque: if plain { None } else { kept(body) },
                })
            }
            "thinking" => {
                let mut body = self.start.clone();
                body.insert("thinking".to_owned(), self.text.clone().into());
                if !self.signature.is_empty() || body.contains_key("signature") {
                    body.insert("signature".to_owned(), self.signature.clone().into());
                }
                Some(Part::Thought {
                    text: self.text.clone(),
                    opaque: kept(body),
                })
            }
            "tool_use" => {
                let more: Map<_, _> = self
                    .start
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "type" | "id" | "name" | "input"))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                let id = self
                    .start
                    .get("id")
                    .and_then(Value::as_str)
                    .filter(|id| !id.is_empty());
                Some(Part::Call {
                    wire_id: id.map(ToOwned::to_owned),
                    name: self.name().to_owned(),
                    arguments: self.arguments(),
                    opaque: complete
                        .then(|| beside_call(family, Wire::Anthropic, id.unwrap_or_default(), more))
                        .flatten(),
                })
            }
            "" => None,
            // Sealed reasoning, tools of the server, and kinds of the future: not read, but sent back.
            _ => {
                let mut body = self.start.clone();
                if let Ok(input @ Value::Object(_)) = serde_json::from_str(&self.json) {
                    body.insert("input".to_owned(), input);
                }
                kept(body).map(|opaque| Part::Thought {
                    text: String::new(),
                    opaque: Some(opaque),
                })
            }
        }
    }

    /// As the pieces spell them, else as the start has them whole.
    fn arguments(&self) -> String {
        if !self.json.is_empty() {
            return self.json.clone();
        }
        match self.start.get("input") {
            Some(Value::Object(input)) if !input.is_empty() => {
                Value::Object(input.clone()).to_string()
            }
            Some(Value::String(input)) => input.clone(),
            _ => String::new(),
        }
    }
}

fn index(event: &Value) -> u64 {
    event["index"].as_u64().unwrap_or(0)
}
