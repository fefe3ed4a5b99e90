//! The Chat Completions dialect: `OpenAI`, most other vendors, and every local server.

mod calls;
pub mod decode;
pub mod request;
#[cfg(test)]
mod tests;
mod usage;
