//! What the dialects share in sending an answer back: the parts that must be as they came, and what stands in for parts that
//! no server takes.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::agent::prompt::is_legal;
use crate::config::Wire;
use crate::protocol::call::parse_arguments;
use crate::protocol::item::Opaque;
use crate::protocol::reply::Part;
use crate::provider::form;

/// Said for a result without text: some servers refuse an empty one.
pub const NO_OUTPUT: &str = "(no output)";

/// Stands for the answer that a person did not wait for, where a server wants one between results and their next words.
pub const NO_ANSWER: &str = "(interrupted before an answer)";

/// Stands for the words of an answer that was cut before it had any, where what it thought goes back.
pub const NO_WORDS: &str = "(no words)";

/// What stands beside a part of an answer that came in this dialect from the model `family`.
pub fn opaque(family: &str, wire: Wire, body: Value) -> Opaque {
    Opaque {
        family: family.to_owned(),
        wire: Some(wire.name().to_owned()),
        body,
    }
}

/// What stands beside a call: `more` of it than the dialects share, or nothing but where it came from, which is what an id
/// that not every server takes goes back by.
pub fn beside_call(family: &str, wire: Wire, id: &str, more: Map<String, Value>) -> Option<Opaque> {
    let known_by = !more.is_empty() || !(id.is_empty() || is_legal(id));
    known_by.then(|| opaque(family, wire, Value::Object(more)))
}

/// The opaque body of a part, if it came from the very model that is asked, and in the dialect it is asked in: one provider
/// may have been asked in another before, whose fields this one refuses.
pub fn own<'a>(part: &'a Part, family: &str, wire: Wire) -> Option<&'a Value> {
    let (Part::Thought { opaque, .. } | Part::Text { opaque, .. } | Part::Call { opaque, .. }) =
        part;
    let opaque = opaque.as_ref().filter(|opaque| opaque.family == family)?;
    let is_own = match &opaque.wire {
        Some(name) => name == wire.name(),
        None => form::fits(wire, part, &opaque.body),
    };
    is_own.then_some(&opaque.body)
}

/// The arguments byte for byte where they are an object, else the empty object: servers refuse anything else, and the result
/// beside it tells the model what was wrong.
pub fn arguments(text: &str) -> &str {
    let text = text.trim();
    if text.is_empty() || parse_arguments(text).is_err() {
        "{}"
    } else {
        text
    }
}

/// The arguments as JSON inside JSON.
pub fn raw_arguments(text: &str) -> Box<RawValue> {
    let text = arguments(text).to_owned();
    // `arguments` gives valid JSON only; the empty object it could fall back to is valid too.
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_go_back_as_they_came_or_not_at_all() {
        let deep = "[".repeat(10_000);
        let cases = [
            (r#"{"b": 1,  "a": [2]}"#, r#"{"b": 1,  "a": [2]}"#),
            (r#" {"a":1.0} "#, r#"{"a":1.0}"#),
            ("", "{}"),
            ("[1]", "{}"),
            (r#"{"a": "#, "{}"),
            (&*deep, "{}"),
        ];
        for (text, expected) in cases {
            assert_eq!(arguments(text), expected);
            assert_eq!(raw_arguments(text).get(), expected);
        }
    }
}
