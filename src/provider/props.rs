//! What `/props` of llama.cpp says of the one model it runs: the window that each conversation gets, and whether it sees.

use serde_json::Value;

use crate::protocol::told::Told;
use crate::provider::tally::count;
use crate::provider::told::Question;

pub(crate) static QUESTION: Question = Question {
    address: |base_url| format!("{}/props", base_url.strip_suffix("/v1").unwrap_or(base_url)),
    body: |_| None,
    read: told,
};

/// The part of the answer that matters.
pub(crate) fn told(answer: &Value) -> Told {
    Told {
        window: window(answer),
        images: answer["modalities"]["vision"].as_bool(),
        ..Told::default()
    }
}

/// Tokens of the window; a router that has loaded none says 0.
pub(crate) fn window(answer: &Value) -> Option<u64> {
    count(answer.pointer("/default_generation_settings/n_ctx")).filter(|window| *window > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_tells_what_its_model_can_hold_and_see() {
        let cases = [
            (
                json!({"default_generation_settings": {"n_ctx": 32768}, "modalities": {"vision": false, "audio": false}}),
                (Some(32_768), Some(false)),
            ),
            (
                json!({"default_generation_settings": {"n_ctx": 4096}, "modalities": {"vision": true}}),
                (Some(4096), Some(true)),
            ),
            // A router, and another server.
            (
                json!({"default_generation_settings": {"n_ctx": 0}}),
                (None, None),
            ),
            (json!({"error": {"code": 404}}), (None, None)),
        ];
        for (answer, expected) in cases {
            let told = told(&answer);
            assert_eq!((told.window, told.images), expected, "{answer}");
        }
        let address = QUESTION.address;
        assert_eq!(
            address("http://127.0.0.1:8080/v1"),
            "http://127.0.0.1:8080/props"
        );
    }
}
