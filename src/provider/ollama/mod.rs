//! Ollama's own dialect. Unlike its compatible ones it says how large the window shall be, and makes an overflow an error
//! where the server would else drop the beginning of the conversation without a word.

mod cut;
pub mod decode;
pub mod request;
pub mod show;
#[cfg(test)]
mod tests;
mod usage;

use serde_json::json;

use crate::config::Wire;
use crate::provider::dialect::Dialect;
use crate::provider::told::Question;

pub const DIALECT: Dialect = Dialect {
    wire: Wire::Ollama,
    call: |base_url, _| path(base_url, "chat"),
    list: |base_url| path(base_url, "tags"),
    question: Some(Question {
        address: |base_url| path(base_url, "show"),
        body: |model| Some(json!({ "model": model })),
        read: show::told,
    }),
    body: |prompt, _, told| request::request(prompt, told),
    decoder: |prompt, quirks, told| decode::decoder(prompt, told, quirks),
    key_header: None,
    headers: &[],
    accept: "application/x-ndjson",
};

/// The path of a call below a base address, which may still name one of the other interfaces this server has.
pub fn path(base_url: &str, last: &str) -> String {
    let root = ["/v1", "/api"]
        .iter()
        .find_map(|end| base_url.strip_suffix(end))
        .unwrap_or(base_url);
    format!("{root}/api/{last}")
}
