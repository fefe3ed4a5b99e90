//! How each wire is spoken over HTTP, as data: where its calls go, what stands in their heads, and the two pure halves
//! that turn a prompt into a body and a body into chunks.

use crate::agent::prompt::Prompt;
use crate::config::Wire;
use crate::protocol::told::Told;
use crate::provider::decode::Decoder;
use crate::provider::quirks::Quirks;
use crate::provider::told::Question;
use crate::provider::{anthropic, gemini, ollama, openai_chat, openai_responses};

/// One wire.
#[derive(Debug)]
pub struct Dialect {
    pub wire: Wire,
    /// The address a call of this model is sent to, from the base address without a trailing slash.
    pub call: fn(base_url: &str, model: &str) -> String,
    /// The address that lists the models.
    pub list: fn(base_url: &str) -> String,
    /// What must be asked before a model is called.
    pub question: Option<Question>,
    /// The body of a call.
    pub body: fn(&Prompt, &Quirks, &Told) -> Vec<u8>,
    /// A decoder of the answer to a call.
    pub decoder: fn(&Prompt, &Quirks, &Told) -> Decoder,
    /// The header its key stands in. Without one the key is a bearer token; with one it is that too where a vendor wants both.
    pub key_header: Option<&'static str>,
    /// Sent with every request.
    pub headers: &'static [(&'static str, &'static str)],
    /// The form of a streamed answer.
    pub accept: &'static str,
}

/// All wires that go over HTTP.
const ALL: &[&Dialect] = &[
    &anthropic::DIALECT,
    &openai_chat::DIALECT,
    &openai_responses::DIALECT,
    &gemini::DIALECT,
    &ollama::DIALECT,
];

/// The dialect of a wire; none for the rehearsal, which has no server.
pub fn of(wire: Wire) -> Option<&'static Dialect> {
    ALL.iter().copied().find(|dialect| dialect.wire == wire)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::provider::WIRES;

    #[test]
    fn every_wire_but_the_rehearsal_is_spoken() {
        for (name, wire) in WIRES {
            assert_eq!(of(*wire).is_none(), *wire == Wire::Rehearsal, "{name}");
        }
        assert_eq!(ALL.len() + 1, WIRES.len());
    }
}
