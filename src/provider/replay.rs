//! What the dialects share in sending an answer back: the parts that must be as they came, and what stands in for parts that
//! no server takes.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::protocol::call::parse_arguments;
use crate::protocol::item::Opaque;

/// Said for a result without text: some servers refuse an empty one.
pub const NO_OUTPUT: &str = "(no output)";

/// Stands for the answer that a person did not wait for, where a server wants one between results and their next words.
pub const NO_ANSWER: &str = "(interrupted before an answer)";

/// The opaque body, if it came from the very model that is asked.
pub fn own<'a>(opaque: Option<&'a Opaque>, family: &str) -> Option<&'a Value> {
    opaque
        .filter(|opaque| opaque.family == family)
        .map(|opaque| &opaque.body)
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
