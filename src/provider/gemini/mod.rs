//! The Gemini dialect (`streamGenerateContent`): Google and the servers that speak as it does.

mod arguments;
pub mod decode;
mod model;
mod parts;
pub mod request;
mod schema;
#[cfg(test)]
mod tests;
mod usage;

use std::fmt::Write as _;

use crate::config::Wire;
use crate::provider::dialect::Dialect;

pub const DIALECT: Dialect = Dialect {
    wire: Wire::Gemini,
    call: |base_url, model| {
        let base = base(base_url);
        format!("{base}/{}:streamGenerateContent?alt=sse", path(model))
    },
    // Else there are fifty a page.
    list: |base_url| format!("{}/models?pageSize=1000", base(base_url)),
    question: None,
    body: |prompt, _, _| request::request(prompt),
    decoder: |prompt, _, _| decode::decoder(prompt.model.to_string()),
    key_header: Some("x-goog-api-key"),
    headers: &[],
    accept: "text/event-stream",
};

/// The address with the version of the interface, which a bare host leaves out.
fn base(base_url: &str) -> String {
    let after_scheme = base_url
        .split_once("://")
        .map_or(base_url, |(_, rest)| rest);
    if after_scheme.contains('/') {
        base_url.to_owned()
    } else {
        format!("{base_url}/v1beta")
    }
}

/// The path of a model: a tuned one names its own collection. What would end the path is written as a number.
fn path(model: &str) -> String {
    let collections = ["models/", "tunedModels/"];
    let mut path = String::new();
    if !collections.iter().any(|name| model.starts_with(name)) {
        path.push_str("models/");
    }
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}
