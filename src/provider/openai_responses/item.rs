//! One item of an answer, put together from what its events bring and kept as the server has it in the end.

use serde_json::{Map, Value, json};

use crate::config::Wire;
use crate::protocol::item::Opaque;
use crate::protocol::reply::Part;
use crate::provider::Chunk;
use crate::provider::decode::{MOST_PARTS, growth};
use crate::provider::replay;

/// The field of sealed reasoning.
const SEAL: &str = "encrypted_content";

/// What a stream of pieces belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Text,
    Refusal,
    /// Reasoning as the vendor sums it up.
    Summary,
    /// Reasoning as the model wrote it.
    Reasoning,
    Arguments,
}

impl Stream {
    /// The kind of item it makes where none was begun.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Text | Self::Refusal => "message",
            Self::Summary | Self::Reasoning => "reasoning",
            Self::Arguments => "function_call",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Item {
    /// Its place in the answer; some servers give none.
    pub(crate) index: Option<u64>,
    /// As it was begun, and as it was finished over it.
    raw: Map<String, Value>,
    /// The server has sent it whole.
    pub(crate) finished: bool,
    pieces: Vec<Piece>,
    arguments: String,
    /// The kind of reasoning that came first. Some servers send the same under both: it is shown once.
    shown: Option<Stream>,
}

/// One of the numbered texts of an item.
#[derive(Debug)]
struct Piece {
    stream: Stream,
    index: u64,
    text: String,
}

impl Item {
    pub(crate) fn new(index: Option<u64>, raw: Map<String, Value>) -> Self {
        Self {
            index,
            raw,
            finished: false,
            pieces: Vec::new(),
            arguments: String::new(),
            shown: None,
        }
    }

    pub(crate) fn of_kind(index: Option<u64>, kind: &str) -> Self {
        Self::new(
            index,
            Map::from_iter([("type".to_owned(), Value::from(kind))]),
        )
    }

    pub(crate) fn kind(&self) -> &str {
        self.field("type")
    }

    pub(crate) fn is_call(&self) -> bool {
        matches!(self.kind(), "function_call" | "custom_tool_call")
    }

    pub(crate) fn is_nameless(&self) -> bool {
        self.is_call() && self.field("name").is_empty()
    }

    /// The server says itself that it was cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.field("status") == "incomplete"
    }

    /// How many texts it has.
    pub(crate) fn texts_count(&self) -> usize {
        self.pieces.len()
    }

    pub(crate) fn takes(&self, stream: Stream) -> bool {
        match stream {
            Stream::Arguments => self.is_call(),
            stream => self.kind() == stream.kind(),
        }
    }

    /// Whether an event that names this id means it. One server names a call's own id where the item's is expected.
    pub(crate) fn is_named(&self, id: &str) -> bool {
        !id.is_empty() && (self.field("id") == id || self.field("call_id") == id)
    }

    /// Whether this can be the same item again, or a later state of it: of the same kind, and none of the ids says otherwise.
    /// The item's own id may change until it is finished.
    pub(crate) fn can_become(&self, raw: &Map<String, Value>) -> bool {
        let both = |name: &str| {
            let (own, other) = (self.field(name), text(raw.get(name)));
            (!own.is_empty() && !other.is_empty()).then_some(own == other)
        };
        let is_same =
            both("call_id").unwrap_or_else(|| !self.finished || both("id") != Some(false));
        self.kind() == text(raw.get("type")) && is_same
    }

    /// Takes a piece of a text.
    pub(crate) fn grow(&mut self, stream: Stream, index: u64, more: &str, chunks: &mut Vec<Chunk>) {
        if self.finished || more.is_empty() || self.pieces.len() > MOST_PARTS {
            return;
        }
        if stream == Stream::Arguments {
            self.arguments.push_str(more);
            self.tell_growth(chunks);
            return;
        }
        self.piece(stream, index).push_str(more);
        self.tell(stream, more, chunks);
    }

    /// Takes a text that has ended: what of it has not come in pieces is added. What was said already stays said.
    pub(crate) fn fill(
        &mut self,
        stream: Stream,
        index: u64,
        whole: &str,
        chunks: &mut Vec<Chunk>,
    ) {
        if self.finished || whole.is_empty() || self.pieces.len() > MOST_PARTS {
            return;
        }
        if stream == Stream::Arguments {
            if self.arguments != whole {
                whole.clone_into(&mut self.arguments);
                self.tell_growth(chunks);
            }
            return;
        }
        let held = self.piece(stream, index);
        if let Some(rest) = whole.strip_prefix(held.as_str())
            && !rest.is_empty()
        {
            held.push_str(rest);
            self.tell(stream, rest, chunks);
        }
    }

    /// Takes the whole item.
    pub(crate) fn finish(&mut self, raw: &Map<String, Value>, chunks: &mut Vec<Chunk>) {
        self.absorb(raw, chunks);
        for (name, value) in raw {
            if !value.is_null() || !self.raw.contains_key(name) {
                self.raw.insert(name.clone(), value.clone());
            }
        }
        self.finished = true;
    }

    /// Adds its seal to a finished item that lacks one, with the id the seal is of; what it has is believed, and what else it
    /// lacks it was finished without.
    pub(crate) fn complete(&mut self, raw: &Map<String, Value>) {
        if !is_nothing(self.raw.get(SEAL)) || is_nothing(raw.get(SEAL)) {
            return;
        }
        for name in [SEAL, "id"] {
            if let Some(value) = raw.get(name)
                && is_nothing(self.raw.get(name))
            {
                self.raw.insert(name.to_owned(), value.clone());
            }
        }
    }

    /// Takes the texts that stand in an item.
    pub(crate) fn absorb(&mut self, raw: &Map<String, Value>, chunks: &mut Vec<Chunk>) {
        match text(raw.get("type")) {
            "message" => match raw.get("content") {
                Some(Value::String(said)) => self.fill(Stream::Text, 0, said, chunks),
                content => {
                    for (index, part) in numbered(content) {
                        self.fill_part(index, part, chunks);
                    }
                }
            },
            "reasoning" => {
                for (index, part) in numbered(raw.get("summary")) {
                    self.fill(Stream::Summary, index, text(part.get("text")), chunks);
                }
                for (index, part) in numbered(raw.get("content")) {
                    self.fill(Stream::Reasoning, index, text(part.get("text")), chunks);
                }
            }
            "function_call" | "custom_tool_call" => {
                let arguments = match raw.get("arguments").or_else(|| raw.get("input")) {
                    Some(Value::String(arguments)) => arguments.clone(),
                    // Some servers send the object itself.
                    Some(value @ Value::Object(_)) => value.to_string(),
                    _ => String::new(),
                };
                self.fill(Stream::Arguments, 0, &arguments, chunks);
            }
            _ => {}
        }
    }

    /// Takes one part of a content.
    pub(crate) fn fill_part(&mut self, index: u64, part: &Value, chunks: &mut Vec<Chunk>) {
        match text(part.get("type")) {
            "refusal" => self.fill(Stream::Refusal, index, text(part.get("refusal")), chunks),
            "reasoning_text" => self.fill(Stream::Reasoning, index, text(part.get("text")), chunks),
            "summary_text" => self.fill(Stream::Summary, index, text(part.get("text")), chunks),
            _ => self.fill(Stream::Text, index, text(part.get("text")), chunks),
        }
    }

    /// A name that came with the arguments.
    pub(crate) fn name(&mut self, name: &str) {
        if self.is_nameless() && !name.is_empty() {
            self.raw.insert("name".to_owned(), name.into());
        }
    }

    /// The texts of one kind in the order of their numbers.
    pub(crate) fn texts(&self, stream: Stream) -> Vec<&str> {
        let mut pieces: Vec<&Piece> = self
            .pieces
            .iter()
            .filter(|piece| piece.stream == stream && !piece.text.is_empty())
            .collect();
        pieces.sort_by_key(|piece| piece.index);
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// The item in neutral form, beside which it stands as the server sent it. `whole`: the answer ended as it should, so
    /// that what was not finished is complete all the same.
    pub(crate) fn parts(&self, family: &str, whole: bool) -> Vec<Part> {
        let complete = whole || self.finished;
        let opaque = |mut body: Map<String, Value>| {
            // As it was begun, where the end does not say it: what goes back is over.
            body.retain(|name, value| name != "status" || *value != "in_progress");
            complete.then(|| replay::opaque(family, Wire::OpenAiResponses, Value::Object(body)))
        };
        match self.kind() {
            "message" => {
                let text = self.texts(Stream::Text).concat();
                let opaque = opaque(self.message());
                if text.is_empty() {
                    // A refusal, or nothing: there is no text to show, but the reasoning before it needs it.
                    return unread(opaque);
                }
                vec![Part::Text { text, opaque }]
            }
            "reasoning" => {
                let texts = self.shown.map_or_else(Vec::new, |shown| self.texts(shown));
                let opaque = opaque(self.raw.clone());
                let Some((first, rest)) = texts.split_first() else {
                    return unread(opaque);
                };
                let thought = |text: &&str, opaque| Part::Thought {
                    text: (*text).to_owned(),
                    opaque,
                };
                std::iter::once(thought(first, opaque))
                    .chain(rest.iter().map(|text| thought(text, None)))
                    .collect()
            }
            kind @ ("function_call" | "custom_tool_call") => {
                let id = [self.field("call_id"), self.field("id")]
                    .into_iter()
                    .find(|id| !id.is_empty());
                let mut more = self.raw.clone();
                more.retain(|name, _| !matches!(name.as_str(), "call_id" | "name" | "arguments"));
                vec![Part::Call {
                    wire_id: id.map(ToOwned::to_owned),
                    name: self.field("name").to_owned(),
                    arguments: self.arguments.clone(),
                    // A call of another form cannot go back with the result of a function.
                    opaque: opaque(more).filter(|_| kind == "function_call"),
                }]
            }
            "" => Vec::new(),
            // Tools of the server, and kinds of the future: not read, but sent back.
            _ => unread(opaque(self.raw.clone())),
        }
    }

    /// A message as it was finished, else made of what has come.
    fn message(&self) -> Map<String, Value> {
        let mut body = self.raw.clone();
        let has_content = body
            .get("content")
            .and_then(Value::as_array)
            .is_some_and(|parts| !parts.is_empty());
        if !has_content {
            let said = self
                .texts(Stream::Text)
                .into_iter()
                .map(|text| json!({"type": "output_text", "text": text, "annotations": []}));
            let refused = self
                .texts(Stream::Refusal)
                .into_iter()
                .map(|text| json!({"type": "refusal", "refusal": text}));
            body.entry("role").or_insert_with(|| "assistant".into());
            body.insert("content".to_owned(), said.chain(refused).collect());
        }
        body
    }

    fn field(&self, name: &str) -> &str {
        text(self.raw.get(name))
    }

    fn piece(&mut self, stream: Stream, index: u64) -> &mut String {
        let known = self
            .pieces
            .iter()
            .position(|piece| piece.stream == stream && piece.index == index);
        let place = known.unwrap_or_else(|| {
            self.pieces.push(Piece {
                stream,
                index,
                text: String::new(),
            });
            self.pieces.len() - 1
        });
        &mut self.pieces[place].text
    }

    fn tell(&mut self, stream: Stream, more: &str, chunks: &mut Vec<Chunk>) {
        match stream {
            Stream::Text => chunks.push(Chunk::Text(more.to_owned())),
            Stream::Summary | Stream::Reasoning => {
                if *self.shown.get_or_insert(stream) == stream {
                    chunks.push(Chunk::Thinking(more.to_owned()));
                }
            }
            Stream::Refusal | Stream::Arguments => {}
        }
    }

    pub(crate) fn tell_growth(&self, chunks: &mut Vec<Chunk>) {
        chunks.push(growth(self.field("name"), self.arguments.len()));
    }
}

/// What has nothing to read and goes back all the same.
fn unread(opaque: Option<Opaque>) -> Vec<Part> {
    let part = |opaque| Part::Thought {
        text: String::new(),
        opaque: Some(opaque),
    };
    opaque.map(part).into_iter().collect()
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

/// Absent, null, or with nothing in it.
fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(_) => false,
    }
}

fn numbered(list: Option<&Value>) -> impl Iterator<Item = (u64, &Value)> {
    let list = list.and_then(Value::as_array);
    (0..).zip(list.into_iter().flatten())
}
