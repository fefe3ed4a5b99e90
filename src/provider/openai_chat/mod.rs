//! The Chat Completions dialect: `OpenAI`, most other vendors, and every local server.

mod blocks;
mod calls;
mod content;
pub mod decode;
mod details;
mod id;
mod piece;
pub mod request;
#[cfg(test)]
mod tests;
mod usage;

use crate::config::Wire;
use crate::protocol::usage::CacheLife;
use crate::provider::dialect::Dialect;
use crate::provider::openai_chat::content::Marking;

pub const DIALECT: Dialect = Dialect {
    wire: Wire::OpenAiChat,
    call: |base_url, _| format!("{base_url}/chat/completions"),
    list: |base_url| format!("{base_url}/models"),
    question: None,
    body: |prompt, quirks, _| request::request(prompt, quirks),
    decoder: |prompt, quirks, _| {
        let family = prompt.model.to_string();
        let decoder = if quirks.has_thought_tags(Wire::OpenAiChat, &prompt.model.model) {
            decode::decoder(family)
        } else {
            decode::plain(family)
        };
        let marked = matches!(Marking::of(prompt, quirks), Marking::Marks(..));
        decoder.written_long(marked && prompt.caching.life == CacheLife::Long)
    },
    key_header: None,
    headers: &[],
    accept: "text/event-stream",
};
