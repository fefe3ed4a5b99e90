//! An answer of a dialect that has parts for reasoning, from a server that may not know the format of its model: what stands
//! between tags at the beginning of the text is told as reasoning. Chat Completions, which keeps all text in one field, does it
//! by itself.

use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::failure::Failure;
use crate::protocol::item::Opaque;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::decode::Assembly;
use crate::provider::replay::opaque;
use crate::provider::think::{Tags, Taken};

#[derive(Debug)]
pub(crate) struct Tagged<A> {
    answer: A,
    family: String,
    wire: Wire,
    tags: Tags,
}

impl<A: Assembly> Tagged<A> {
    pub(crate) fn new(answer: A, family: String, wire: Wire) -> Self {
        Self {
            answer,
            family,
            wire,
            tags: Tags::default(),
        }
    }

    /// Takes apart the words among the new chunks.
    fn tell(&mut self, before: usize, chunks: &mut Vec<Chunk>) {
        for chunk in chunks.split_off(before) {
            match chunk {
                Chunk::Text(text) => tell(self.tags.take(&text), chunks),
                chunk => chunks.push(chunk),
            }
        }
    }

    /// A text as the parts it is; what goes back is the text as it came.
    fn apart(&self, text: String, kept: Option<Opaque>, tags: &mut Tags, parts: &mut Vec<Part>) {
        let mut taken = tags.take(&text);
        let rest = tags.rest();
        taken.thought.push_str(&rest.thought);
        taken.words.push_str(&rest.words);
        if taken.turned {
            // What was told as words, since nothing said otherwise.
            for part in parts.iter_mut() {
                if let Part::Text { text, opaque } = part {
                    *part = Part::Thought {
                        text: std::mem::take(text),
                        opaque: opaque.take(),
                    };
                }
            }
        }
        let has_words = !taken.words.is_empty();
        if taken.thought.is_empty() && taken.words == text {
            parts.push(Part::Text { text, opaque: kept });
            return;
        }
        let mut kept = kept.or_else(|| {
            let body = json!({"type": "text", "text": text});
            (self.wire == Wire::Anthropic).then(|| opaque(&self.family, self.wire, body))
        });
        parts.push(Part::Thought {
            text: taken.thought,
            opaque: if has_words { None } else { kept.take() },
        });
        if has_words {
            parts.push(Part::Text {
                text: taken.words,
                opaque: kept,
            });
        }
    }
}

impl<A: Assembly> Assembly for Tagged<A> {
    fn wire(&self) -> Wire {
        self.wire
    }

    fn piece(&mut self, text: &str, chunks: &mut Vec<Chunk>) -> bool {
        let before = chunks.len();
        let taken = self.answer.piece(text, chunks);
        self.tell(before, chunks);
        taken
    }

    fn event(
        &mut self,
        name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure> {
        let before = chunks.len();
        let result = self.answer.event(name, event, text, chunks);
        self.tell(before, chunks);
        result
    }

    fn done(&mut self) {
        self.answer.done();
    }

    fn flush(&mut self, chunks: &mut Vec<Chunk>) {
        let before = chunks.len();
        self.answer.flush(chunks);
        self.tell(before, chunks);
        tell(self.tags.rest(), chunks);
    }

    fn is_over(&self) -> bool {
        self.answer.is_over()
    }

    fn is_closed(&self) -> bool {
        self.answer.is_closed()
    }

    fn stranger(&self) -> Option<Failure> {
        self.answer.stranger()
    }

    fn fault(&self) -> Option<Failure> {
        self.answer.fault()
    }

    fn parts(&self) -> usize {
        self.answer.parts()
    }

    fn usage(&self) -> Option<Usage> {
        self.answer.usage()
    }

    fn counts(&self) -> Reply {
        self.answer.counts()
    }

    fn reply(&self, whole: bool) -> Reply {
        let mut reply = self.answer.reply(whole);
        let mut tags = Tags::default();
        let mut parts = Vec::new();
        for part in std::mem::take(&mut reply.parts) {
            match part {
                Part::Text { text, opaque } => self.apart(text, opaque, &mut tags, &mut parts),
                part => parts.push(part),
            }
        }
        reply.parts = parts;
        reply
    }
}

fn tell(taken: Taken, chunks: &mut Vec<Chunk>) {
    if !taken.thought.is_empty() {
        chunks.push(Chunk::Thinking(taken.thought));
    }
    if !taken.words.is_empty() {
        chunks.push(Chunk::Text(taken.words));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use crate::agent::prompt::Message;
    use crate::config::Wire;
    use crate::protocol::told::Told;
    use crate::provider::quirks::{self, Quirks};
    use crate::provider::{Chunk, dialect, testing};

    use super::*;

    /// An answer of this text, cut after each of its letters.
    fn events(wire: Wire, text: &str) -> Vec<Value> {
        let pieces = text.chars().map(String::from);
        if wire == Wire::Anthropic {
            let piece = |piece| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}});
            let start = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
            let end = [
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}),
                json!({"type": "message_stop"}),
            ];
            return std::iter::once(start)
                .chain(pieces.map(piece))
                .chain(end)
                .collect();
        }
        let piece = |piece| json!({"type": "response.output_text.delta", "output_index": 0, "item_id": "m", "delta": piece});
        let item = json!({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": text}]});
        let end = [
            json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
            json!({"type": "response.completed", "response": {"status": "completed"}}),
        ];
        pieces.map(piece).chain(end).collect()
    }

    fn answer(wire: Wire, quirks: &Quirks, text: &str) -> Vec<Chunk> {
        let prompt = testing::prompt("here/m", vec![testing::user("hello")]);
        let decoder = (dialect::of(wire).unwrap().decoder)(&prompt, quirks, &Told::default());
        testing::decode(decoder, &events(wire, text))
    }

    #[test]
    fn reasoning_in_the_text_of_a_server_of_ones_own_is_reasoning_in_every_dialect() {
        let cases = [
            ("<think>\nhm\n</think>\n\nYes.", "\nhm\n", "Yes."),
            ("<think>hm</think>", "hm", ""),
            ("<think>it was cut </thi", "it was cut </thi", ""),
            ("hm</think>hello", "hm", "hello"),
            ("Say <think>", "", "Say <think>"),
            ("<thi", "", "<thi"),
            ("so", "", "so"),
        ];
        for wire in [Wire::Anthropic, Wire::OpenAiResponses] {
            for (said, thinking, text) in cases {
                let chunks = answer(wire, &quirks::NONE, said);
                let reply = testing::done(&chunks);
                assert_eq!(
                    (&*reply.thinking(), &*reply.text()),
                    (thinking, text),
                    "{wire:?} {said}"
                );
                let streamed = chunks.iter().filter_map(|chunk| match chunk {
                    Chunk::Text(text) | Chunk::Thinking(text) => Some(text.as_str()),
                    _ => None,
                });
                assert_eq!(
                    streamed.collect::<String>(),
                    format!("{thinking}{text}"),
                    "{wire:?} {said}"
                );
                // It goes back where it was.
                let parts = reply.parts.clone();
                let messages = vec![testing::user("hello"), Message::Assistant { parts }];
                let prompt = testing::prompt("here/m", messages);
                let body =
                    (dialect::of(wire).unwrap().body)(&prompt, &quirks::NONE, &Told::default());
                let body: Value = serde_json::from_slice(&body).unwrap();
                let list = body["messages"].as_array().or(body["input"].as_array());
                let content = &list.unwrap()[1]["content"];
                assert_eq!(content.as_array().unwrap().len(), 1, "{wire:?} {body}");
                assert_eq!(content[0]["text"], said, "{wire:?}");
                // A vendor whose models have a place for what they think means the word.
                let vendor = if wire == Wire::Anthropic {
                    "anthropic"
                } else {
                    "openai"
                };
                let chunks = answer(wire, &quirks::of(vendor).unwrap(), said);
                let reply = testing::done(&chunks);
                assert_eq!((&*reply.thinking(), &*reply.text()), ("", said), "{wire:?}");
            }
        }
    }
}
