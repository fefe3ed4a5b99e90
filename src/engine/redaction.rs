//! Takes the keys that Creel holds out of facts, before they are stored or sent.

use std::borrow::Cow;

use crate::agent::redact::Redactor;
use crate::protocol::ask::{Answer, Verdict};
use crate::protocol::event::Fact;
use crate::protocol::item::{Block, Item};

/// The fact without the keys Creel holds.
pub(crate) fn redacted(fact: Fact, redactor: &Redactor) -> Fact {
    let clean = |text: String| match redactor.redact(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => changed,
    };
    match fact {
        Fact::ItemAdded { turn, step, item } => {
            let item = match item {
                Item::Prompt { blocks, origin } => Item::Prompt {
                    blocks: blocks
                        .into_iter()
                        .map(|block| redacted_block(block, clean))
                        .collect(),
                    origin,
                },
                Item::Answer { text, cut, opaque } => Item::Answer {
                    text: clean(text),
                    cut,
                    opaque,
                },
                Item::Thought { text, opaque } => Item::Thought {
                    text: clean(text),
                    opaque,
                },
                Item::Call(mut call) => {
                    call.arguments = clean(call.arguments);
                    Item::Call(call)
                }
                Item::Result { call, mut outcome } => {
                    outcome.text = clean(outcome.text);
                    Item::Result { call, outcome }
                }
                Item::Notice { text } => Item::Notice { text: clean(text) },
                Item::Shell {
                    command,
                    mut outcome,
                } => {
                    outcome.text = clean(outcome.text);
                    Item::Shell {
                        command: clean(command),
                        outcome,
                    }
                }
            };
            Fact::ItemAdded { turn, step, item }
        }
        Fact::MessageQueued { id, blocks, when } => {
            let blocks = blocks
                .into_iter()
                .map(|block| redacted_block(block, clean))
                .collect();
            Fact::MessageQueued { id, blocks, when }
        }
        Fact::AskAnswered {
            ask,
            answer:
                Answer::Verdict {
                    verdict: Verdict::Edited { arguments },
                },
        } => {
            let verdict = Verdict::Edited {
                arguments: clean(arguments),
            };
            Fact::AskAnswered {
                ask,
                answer: Answer::Verdict { verdict },
            }
        }
        other => other,
    }
}

fn redacted_block(block: Block, clean: impl Fn(String) -> String) -> Block {
    match block {
        Block::Text { text } => Block::Text { text: clean(text) },
        Block::Paste { text } => Block::Paste { text: clean(text) },
    }
}
