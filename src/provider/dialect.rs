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

/// The base address of a provider. Vendors' pages show the whole address of a call as often, and so do people.
pub(crate) fn base(wire: Wire, address: &str) -> &str {
    let call = match wire {
        Wire::Anthropic => "/messages",
        Wire::OpenAiChat => "/chat/completions",
        Wire::OpenAiResponses => "/responses",
        Wire::Ollama => "/chat",
        // There it has the model in it.
        Wire::Gemini | Wire::Rehearsal => "",
    };
    let address = address.trim_end_matches('/');
    let base = address.strip_suffix(call).unwrap_or(address);
    base.trim_end_matches('/')
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

    #[test]
    fn the_address_of_a_call_is_as_good_as_its_base() {
        let cases = [
            (Wire::OpenAiChat, "http://h/v1/chat/completions"),
            (Wire::OpenAiChat, "http://h/v1/"),
            (Wire::OpenAiResponses, "http://h/v1/responses"),
            (Wire::Anthropic, "http://h/v1/messages/"),
            (Wire::Anthropic, "http://h"),
            (Wire::Ollama, "http://h/api/chat"),
            (Wire::Ollama, "http://h"),
            (Wire::Gemini, "http://h/v1"),
        ];
        let expected = [
            "http://h/v1/chat/completions",
            "http://h/v1/chat/completions",
            "http://h/v1/responses",
            "http://h/v1/messages",
            "http://h/v1/messages",
            "http://h/api/chat",
            "http://h/api/chat",
            "http://h/v1/models/m:streamGenerateContent?alt=sse",
        ];
        for ((wire, address), expected) in cases.into_iter().zip(expected) {
            let called = of(wire).map(|dialect| (dialect.call)(base(wire, address), "m"));
            assert_eq!(called.as_deref(), Some(expected), "{address}");
        }
    }
}
