//! The Responses dialect: `OpenAI`, vendors that follow it, and most local servers. It is spoken without state: nothing is
//! kept on the server, and every item of an answer goes back as it came.

pub mod decode;
mod effort;
mod item;
pub mod request;
#[cfg(test)]
mod tests;
mod usage;

use crate::config::Wire;
use crate::protocol::usage::CacheLife;
use crate::provider::dialect::Dialect;

pub const DIALECT: Dialect = Dialect {
    wire: Wire::OpenAiResponses,
    call: |base_url, _| format!("{base_url}/responses"),
    list: |base_url| format!("{base_url}/models"),
    question: None,
    body: |prompt, quirks, _| request::request(prompt, quirks),
    decoder: |prompt, quirks, _| {
        let marked = quirks.marks_itself(&prompt.model.model);
        let long = marked && prompt.caching.life == CacheLife::Long;
        let family = prompt.model.to_string();
        let decoder = if quirks.has_thought_tags(Wire::OpenAiResponses, &prompt.model.model) {
            decode::tagged(family)
        } else {
            decode::decoder(family)
        };
        decoder.written_long(long)
    },
    key_header: None,
    headers: &[],
    accept: "text/event-stream",
};
