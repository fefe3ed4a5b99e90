//! The Messages dialect: Anthropic and the servers that speak as it does.

mod budget;
pub mod decode;
mod ending;
mod piece;
pub mod request;
#[cfg(test)]
mod tests;
mod usage;

use crate::config::Wire;
use crate::protocol::usage::CacheLife;
use crate::provider::dialect::Dialect;

pub const DIALECT: Dialect = Dialect {
    wire: Wire::Anthropic,
    call: |base_url, _| path(base_url, "messages"),
    // Else there are twenty a page.
    list: |base_url| path(base_url, "models?limit=1000"),
    question: None,
    body: |prompt, quirks, _| request::request(prompt, quirks),
    decoder: |prompt, quirks, _| {
        let long = prompt.caching.life == CacheLife::Long;
        let family = prompt.model.to_string();
        let decoder = if quirks.has_thought_tags(Wire::Anthropic, &prompt.model.model) {
            decode::tagged(family)
        } else {
            decode::decoder(family)
        };
        decoder.written_long(long)
    },
    key_header: Some("x-api-key"),
    headers: &[("anthropic-version", "2023-06-01")],
    accept: "text/event-stream",
};

/// The path of a call below a base address, which may or may not name the version of the interface already.
fn path(base_url: &str, last: &str) -> String {
    if base_url.ends_with("/v1") {
        format!("{base_url}/{last}")
    } else {
        format!("{base_url}/v1/{last}")
    }
}
