//! The Messages dialect: Anthropic and the servers that speak as it does.

pub mod decode;
pub mod request;
#[cfg(test)]
mod tests;
mod usage;

/// The version of the dialect, sent with every request.
pub const VERSION: &str = "2023-06-01";

/// The path of a call below a base address, which may or may not name the version of the interface already.
pub fn path(base_url: &str, last: &str) -> String {
    if base_url.ends_with("/v1") {
        format!("{base_url}/{last}")
    } else {
        format!("{base_url}/v1/{last}")
    }
}
