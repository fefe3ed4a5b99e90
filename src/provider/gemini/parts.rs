//! The parts of an answer as they are put together from a stream: each is sent whole, words excepted, and each goes back as it
//! came, with its signature in the very place it had.

use serde_json::{Map, Value, json};

use crate::config::Wire;
use crate::protocol::reply::Part;
use crate::provider::Chunk;
use crate::provider::decode::{MOST_PARTS, growth};
use crate::provider::gemini::arguments::Arguments;
use crate::provider::replay;

#[derive(Debug, Default)]
pub(crate) struct Pieces(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    /// Words of one kind, shown as one text. They stand in `parts` as they came, except that neighbours that hold nothing but
    /// words are joined: what bears a signature is never joined to what does not.
    Said {
        thought: bool,
        text: String,
        parts: Vec<Value>,
    },
    Called(Call),
    /// A picture, code the server ran, what is yet to be invented: not read, but sent back.
    Other(Value),
}

#[derive(Debug, Default)]
struct Call {
    name: String,
    arguments: Arguments,
    /// The part without name and arguments: `functionCall` with the id where there was one, and the signature.
    rest: Map<String, Value>,
    /// More of its arguments were announced.
    open: bool,
}

impl Pieces {
    /// Whether something was said that is no thought.
    pub(crate) fn has_text(&self) -> bool {
        let is_text = |piece: &Piece| matches!(piece, Piece::Said { thought: false, text, .. } if !text.is_empty());
        self.0.iter().any(is_text)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn has_calls(&self) -> bool {
        self.calls().next().is_some()
    }

    /// What makes the calls of a whole answer unfit to be run.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        self.calls().find_map(|call| {
            if call.name.is_empty() {
                Some("the answer has a tool call without a name")
            } else if call.open {
                Some("the answer has a tool call without an end")
            } else if call.arguments.is_broken() {
                Some("the answer has a tool call whose arguments do not fit together")
            } else {
                None
            }
        })
    }

    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Called(call) => Some(call),
            _ => None,
        })
    }

    /// Takes one part of a `content`.
    pub(crate) fn take(&mut self, part: &Value, chunks: &mut Vec<Chunk>) {
        let Some(part) = part.as_object() else {
            return;
        };
        if self.0.len() > MOST_PARTS {
            return;
        }
        if let Some(call) = part.get("functionCall") {
            self.call(part, call, chunks);
            return;
        }
        // A signature may come with nothing beside it; it cannot go back so.
        let is_bare = |(name, value): (&String, &Value)| {
            value.is_null() || matches!(name.as_str(), "thought" | "thoughtSignature")
        };
        match part.get("text") {
            Some(Value::String(text)) => self.say(part, text, chunks),
            _ if part.iter().all(is_bare) => self.say(part, "", chunks),
            _ => self.0.push(Piece::Other(Value::Object(part.clone()))),
        }
    }

    fn say(&mut self, part: &Map<String, Value>, said: &str, chunks: &mut Vec<Chunk>) {
        let is_thought = part.get("thought") == Some(&Value::Bool(true));
        let signed = !is_plain(part);
        if said.is_empty() && !signed {
            return;
        }
        if !matches!(self.0.last(), Some(Piece::Said { thought, .. }) if *thought == is_thought) {
            self.0.push(Piece::Said {
                thought: is_thought,
                text: String::new(),
                parts: Vec::new(),
            });
        }
        if let Some(Piece::Said { text, parts, .. }) = self.0.last_mut() {
            text.push_str(said);
            match parts.last_mut().and_then(Value::as_object_mut) {
                Some(last) if !signed && is_plain(last) => {
                    if let Some(Value::String(held)) = last.get_mut("text") {
                        held.push_str(said);
                    }
                }
                _ => {
                    let mut part = part.clone();
                    part.insert("text".to_owned(), said.into());
                    parts.push(Value::Object(part));
                }
            }
        }
        if !said.is_empty() {
            let said = said.to_owned();
            chunks.push(if is_thought {
                Chunk::Thinking(said)
            } else {
                Chunk::Text(said)
            });
        }
    }

    fn call(&mut self, part: &Map<String, Value>, call: &Value, chunks: &mut Vec<Chunk>) {
        let name = call["name"].as_str().unwrap_or_default();
        let open = self.0.iter_mut().rev().find_map(|piece| match piece {
            Piece::Called(call) => Some(call),
            _ => None,
        });
        let held = match open {
            // More of the last call: only its first piece has the name.
            Some(held) if held.open && name.is_empty() => held,
            // The mark that ends a call whose pieces have ended it already.
            _ if name.is_empty() && call.as_object().is_none_or(Map::is_empty) => return,
            _ => {
                self.0.push(Piece::Called(Call {
                    name: name.to_owned(),
                    ..Call::default()
                }));
                match self.0.last_mut() {
                    Some(Piece::Called(held)) => held,
                    _ => return,
                }
            }
        };
        held.arguments.whole(&call["args"]);
        for piece in call["partialArgs"].as_array().into_iter().flatten() {
            held.arguments.piece(piece);
        }
        held.open = call["willContinue"] == true;
        held.keep(part, call);
        let bytes = usize::try_from(held.arguments.bytes()).unwrap_or(usize::MAX);
        chunks.push(growth(&held.name, bytes));
    }

    /// What has come. `whole`: the answer ended as it should.
    pub(crate) fn parts(&self, family: &str, whole: bool) -> Vec<Part> {
        let opaque = |body: Value| replay::opaque(family, Wire::Gemini, body);
        let parts = self.0.iter().filter_map(|piece| match piece {
            Piece::Said {
                thought,
                text,
                parts,
            } => {
                let plain = parts
                    .iter()
                    .all(|part| part.as_object().is_some_and(is_plain));
                // Words alone need nothing beside them; reasoning that was cut has no seal.
                let spare = plain && (!thought || !whole);
                let opaque = (!spare).then(|| opaque(json!({"parts": parts})));
                Some(if *thought || text.is_empty() {
                    Part::Thought {
                        text: text.clone(),
                        opaque,
                    }
                } else {
                    Part::Text {
                        text: text.clone(),
                        opaque,
                    }
                })
            }
            Piece::Called(call) => Some(Part::Call {
                wire_id: call.id().map(ToOwned::to_owned),
                name: call.name.clone(),
                arguments: call.text(),
                opaque: call.beside().map(|rest| opaque(Value::Object(rest))),
            }),
            Piece::Other(part) if whole => Some(Part::Thought {
                text: String::new(),
                opaque: Some(opaque(json!({"parts": [part]}))),
            }),
            Piece::Other(_) => None,
        });
        parts.collect()
    }
}

impl Call {
    fn id(&self) -> Option<&str> {
        self.rest
            .get("functionCall")?
            .get("id")?
            .as_str()
            .filter(|id| !id.is_empty())
    }

    /// Adds what stands beside name and arguments.
    fn keep(&mut self, part: &Map<String, Value>, call: &Value) {
        let beside = self
            .rest
            .entry("functionCall")
            .or_insert_with(|| Value::Object(Map::new()));
        if let (Some(beside), Some(call)) = (beside.as_object_mut(), call.as_object()) {
            for (name, value) in call {
                if !matches!(
                    name.as_str(),
                    "name" | "args" | "partialArgs" | "willContinue"
                ) {
                    beside.insert(name.clone(), value.clone());
                }
            }
        }
        for (name, value) in part.iter().filter(|(name, _)| *name != "functionCall") {
            self.rest.insert(name.clone(), value.clone());
        }
    }

    /// What must go back beside id, name and arguments. That there was no id is kept too: none is sent back then.
    fn beside(&self) -> Option<Map<String, Value>> {
        let call = self.rest.get("functionCall").and_then(Value::as_object);
        let only_id = self.id().is_some() && call.is_some_and(|call| call.len() == 1);
        (!only_id || self.rest.len() > 1).then(|| self.rest.clone())
    }

    /// Of a call that never ended the text lacks its end too, so that nobody takes it for whole.
    fn text(&self) -> String {
        let mut text = self.arguments.text();
        if self.open {
            text.pop();
        }
        text
    }
}

/// Words and nothing else.
fn is_plain(part: &Map<String, Value>) -> bool {
    part.iter()
        .all(|(name, value)| value.is_null() || matches!(name.as_str(), "text" | "thought"))
}
