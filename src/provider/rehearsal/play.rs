//! Turns the lines of a step into the stream a model would send: words one by one, calls as they grow, usage at the end.

use std::time::Duration;

use crate::agent::prompt::{Message, Prompt};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::rehearsal::script::Line;

/// Before each word: about as fast as a quick model.
const WORD: Duration = Duration::from_millis(25);
/// Before each piece of a call's arguments.
const PIECE: Duration = Duration::from_millis(20);
/// Text without blanks, such as Chinese, is cut after so many characters.
const LONGEST_PIECE: usize = 12;
/// Bytes of a call's arguments that arrive at once.
const ARGUMENT_BYTES: usize = 400;
/// A token is taken as this many bytes.
const TOKEN_BYTES: u64 = 4;

/// One chunk and how long it lets wait for itself.
pub type Timed = (Duration, Chunk);

/// The whole answer as a stream. An [`Line::Error`] ends it there.
pub fn play(lines: &[Line], prompt: &Prompt) -> Vec<Timed> {
    let mut stage = Stage::default();
    for line in lines {
        match line {
            Line::Text(text) => stage.text(text),
            Line::Think(text) => stage.think(text),
            Line::Call { name, arguments } => stage.call(name, arguments),
            // Made into other lines before a step is played.
            Line::Words | Line::As(_) => {}
            Line::Pause(pause) => stage.wait += *pause,
            &Line::Usage {
                input,
                output,
                cached,
            } => {
                stage.reply.usage = Some(Usage {
                    input,
                    cache_read: cached,
                    output,
                    ..Usage::default()
                });
            }
            Line::Error { kind, words, .. } => return stage.fail(*kind, words, prompt),
        }
    }
    stage.end(prompt)
}

#[derive(Default)]
struct Stage {
    chunks: Vec<Timed>,
    reply: Reply,
    /// Waited before the next chunk.
    wait: Duration,
}

impl Stage {
    fn push(&mut self, pause: Duration, chunk: Chunk) {
        self.chunks
            .push((std::mem::take(&mut self.wait) + pause, chunk));
    }

    fn text(&mut self, text: &str) {
        let text = if let Some(Part::Text { text: above, .. }) = self.reply.parts.last_mut() {
            line_below(above, text)
        } else {
            self.reply.parts.push(Part::Text {
                text: text.to_owned(),
                opaque: None,
            });
            text.to_owned()
        };
        for piece in pieces(&text) {
            self.push(WORD, Chunk::Text(piece.to_owned()));
        }
    }

    fn think(&mut self, text: &str) {
        let text = if let Some(Part::Thought { text: above, .. }) = self.reply.parts.last_mut() {
            line_below(above, text)
        } else {
            self.reply.parts.push(Part::Thought {
                text: text.to_owned(),
                opaque: None,
            });
            text.to_owned()
        };
        for piece in pieces(&text) {
            self.push(WORD, Chunk::Thinking(piece.to_owned()));
        }
    }

    fn call(&mut self, name: &str, arguments: &str) {
        let grown = (0..arguments.len())
            .step_by(ARGUMENT_BYTES)
            .skip(1)
            .chain([arguments.len()]);
        for bytes in grown {
            self.push(
                PIECE,
                Chunk::CallGrows {
                    name: name.to_owned(),
                    bytes: bytes as u64,
                },
            );
        }
        self.reply.parts.push(Part::Call {
            wire_id: None,
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            opaque: None,
        });
    }

    fn fail(mut self, kind: FailureKind, words: &str, prompt: &Prompt) -> Vec<Timed> {
        let message = match words {
            "" => format!("{} plays a failure", prompt.model),
            words => format!("{} plays a failure: {words}", prompt.model),
        };
        let chunk = Chunk::Failed {
            failure: Failure::new(kind, message),
            partial: std::mem::take(&mut self.reply),
        };
        self.push(Duration::ZERO, chunk);
        self.chunks
    }

    fn end(mut self, prompt: &Prompt) -> Vec<Timed> {
        let mut reply = std::mem::take(&mut self.reply);
        reply.stop = Some(if reply.has_calls() {
            Stop::Tool
        } else {
            Stop::End
        });
        if reply.usage.is_none() {
            reply.usage = Some(estimate(prompt, &reply.parts));
        }
        self.push(Duration::ZERO, Chunk::Done(reply));
        self.chunks
    }
}

/// Adds a line below the text above; the answer is what is new.
fn line_below(above: &mut String, text: &str) -> String {
    let text = format!("\n{text}");
    above.push_str(&text);
    text
}

/// The text in pieces as they would arrive: words with the blank behind them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut blank = false;
        let end = rest
            .char_indices()
            .enumerate()
            .find(|&(number, (_, c))| {
                let begins = blank && !c.is_whitespace();
                blank = c.is_whitespace();
                begins || number == LONGEST_PIECE
            })
            .map_or(rest.len(), |(_, (index, _))| index);
        let (piece, below) = rest.split_at(end);
        rest = below;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Tokens as a model would count them, roughly: what the prompt before this one held is read from the cache.
fn estimate(prompt: &Prompt, parts: &[Part]) -> Usage {
    let prefix: u64 = prompt.system.len() as u64
        + prompt
            .tools
            .iter()
            .map(|tool| {
                (tool.name.len() + tool.description.len() + tool.schema.to_string().len()) as u64
            })
            .sum::<u64>();
    let asked_before = prompt
        .messages
        .iter()
        .rposition(|message| matches!(message, Message::Assistant { .. }));
    let (old, new) = prompt.messages.split_at(asked_before.unwrap_or(0));
    let size = |messages: &[Message]| messages.iter().map(message_bytes).sum::<u64>();
    let (cached, fresh) = match asked_before {
        Some(_) => (prefix + size(old), size(new)),
        None => (0, prefix + size(new)),
    };
    let thought: u64 = parts
        .iter()
        .filter(|part| matches!(part, Part::Thought { .. }))
        .map(part_bytes)
        .sum();
    let said: u64 = parts.iter().map(part_bytes).sum();
    Usage {
        input: fresh.div_ceil(TOKEN_BYTES),
        cache_read: cached / TOKEN_BYTES,
        output: said.div_ceil(TOKEN_BYTES),
        reasoning: (thought > 0).then_some(thought.div_ceil(TOKEN_BYTES)),
        ..Usage::default()
    }
}

fn message_bytes(message: &Message) -> u64 {
    match message {
        Message::User { text, .. } => text.len() as u64,
        Message::Assistant { parts } => parts.iter().map(part_bytes).sum(),
        Message::Results { results } => results
            .iter()
            .map(|result| (result.name.len() + result.text.len()) as u64)
            .sum(),
    }
}

fn part_bytes(part: &Part) -> u64 {
    match part {
        Part::Text { text, .. } | Part::Thought { text, .. } => text.len() as u64,
        Part::Call {
            name, arguments, ..
        } => (name.len() + arguments.len()) as u64,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::Arc;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::agent::prompt::Caching;
    use crate::protocol::call::ToolSpec;

    fn prompt(messages: Vec<Message>) -> Prompt {
        Prompt {
            model: "rehearsal/x".parse().unwrap(),
            system: Arc::from("12345678"),
            tools: Arc::from([ToolSpec {
                name: "read".to_owned(),
                description: "12345678901234".to_owned(),
                schema: serde_json::json!({}),
            }]),
            messages,
            max_output: 100,
            effort: None,
            caching: Caching::default(),
        }
    }

    fn user(text: &str) -> Message {
        Message::User {
            text: text.to_owned(),
            pictures: Vec::new(),
        }
    }

    fn text(text: &str) -> Part {
        Part::Text {
            text: text.to_owned(),
            opaque: None,
        }
    }

    #[test]
    fn an_answer_arrives_in_words() {
        let lines = [
            Line::Text("Two  words".to_owned()),
            Line::Text(String::new()),
            Line::Pause(Duration::from_secs(1)),
            Line::Text("汉字汉字汉字汉字汉字汉字汉".to_owned()),
            Line::Call {
                name: "read".to_owned(),
                arguments: "a".repeat(450),
            },
            Line::Usage {
                input: 1,
                output: 2,
                cached: 3,
            },
        ];
        let mut timed = play(&lines, &prompt(vec![user("hi")]));
        let (_, last) = timed.pop().unwrap();
        let shown: Vec<_> = timed
            .iter()
            .map(|(pause, chunk)| match chunk {
                Chunk::Text(text) => format!("{} {text}", pause.as_millis()),
                Chunk::CallGrows { name, bytes } => {
                    format!("{} {name} {bytes}", pause.as_millis())
                }
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "25 Two  ",
                "25 words",
                "25 \n",
                "1025 \n",
                "25 汉字汉字汉字汉字汉字汉字",
                "25 汉",
                "20 read 400",
                "20 read 450",
            ]
        );
        let expected = Reply {
            parts: vec![
                text("Two  words\n\n汉字汉字汉字汉字汉字汉字汉"),
                Part::Call {
                    wire_id: None,
                    name: "read".to_owned(),
                    arguments: "a".repeat(450),
                    opaque: None,
                },
            ],
            stop: Some(Stop::Tool),
            usage: Some(Usage {
                input: 1,
                cache_read: 3,
                output: 2,
                ..Usage::default()
            }),
            ..Reply::default()
        };
        assert_eq!(last, Chunk::Done(expected));
    }

    #[test]
    fn an_error_keeps_what_had_arrived() {
        let lines = [
            Line::Text("half".to_owned()),
            Line::Error {
                kind: FailureKind::Network,
                times: None,
                words: "the line is dead".to_owned(),
            },
            Line::Text("never".to_owned()),
        ];
        let chunks: Vec<_> = play(&lines, &prompt(vec![user("hi")]))
            .into_iter()
            .map(|(_, chunk)| chunk)
            .collect();
        assert_eq!(
            chunks,
            [
                Chunk::Text("half".to_owned()),
                Chunk::Failed {
                    failure: Failure::new(
                        FailureKind::Network,
                        "rehearsal/x plays a failure: the line is dead"
                    ),
                    partial: Reply {
                        parts: vec![text("half")],
                        ..Reply::default()
                    },
                },
            ]
        );
    }

    #[test]
    fn the_prompt_before_is_read_from_the_cache() {
        // System and tool are 28 bytes.
        let usage = |messages, said: &[Part]| estimate(&prompt(messages), said);
        assert_eq!(
            usage(
                vec![user("1234")],
                &[
                    Part::Thought {
                        text: "12345".to_owned(),
                        opaque: None
                    },
                    text("1234")
                ]
            ),
            Usage {
                input: 8,
                output: 3,
                reasoning: Some(2),
                ..Usage::default()
            }
        );
        assert_eq!(
            usage(
                vec![
                    user("1234"),
                    Message::Assistant {
                        parts: vec![text("12345678")]
                    },
                    user("1234")
                ],
                &[]
            ),
            Usage {
                input: 3,
                cache_read: 8,
                ..Usage::default()
            }
        );
    }
}
