//! Every vendor's envelope of an error, and every vendor's words for the same thing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::protocol::failure::FailureKind;
use crate::provider::envelope::Envelope;
use crate::provider::failure::{Advice, Lesson, by_status, in_answer};

fn envelope(message: &str, kind: &str, code: &str) -> Envelope {
    Envelope {
        message: message.to_owned(),
        kind: kind.to_owned(),
        code: code.to_owned(),
        ..Envelope::default()
    }
}

#[test]
fn every_vendor_has_an_envelope_of_its_own() {
    let google = json!({"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT", "details": [
        {"reason": "API_KEY_INVALID"}, {"retryDelay": "1.5s"}]}});
    let of_google = Envelope {
        reason: "API_KEY_INVALID".to_owned(),
        status: Some(400),
        retry_after: Some(1_500),
        ..envelope("no", "INVALID_ARGUMENT", "400")
    };
    let with_status = |status: u16, envelope: Envelope| Envelope {
        status: Some(status),
        ..envelope
    };
    let cases = [
        (
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"}),
            envelope("Overloaded", "overloaded_error", ""),
        ),
        (
            json!({"error": {"message": "no", "type": "invalid_request_error", "param": null, "code": "unsupported_value"}}),
            envelope("no", "invalid_request_error", "unsupported_value"),
        ),
        (
            json!({"error": {"code": 502, "message": "no", "metadata": {"provider_name": "p", "raw": "gone"}}, "user_id": "u"}),
            with_status(502, envelope("no: gone", "", "502")),
        ),
        (google.clone(), of_google.clone()),
        (json!([google]), of_google),
        (
            json!({"code": "invalid-argument", "error": "no"}),
            envelope("no", "", "invalid-argument"),
        ),
        (json!({"error": "no"}), envelope("no", "", "")),
        (json!({"detail": "no"}), envelope("no", "", "")),
        (
            json!({"detail": [{"loc": ["body", "tools"], "msg": "no"}]}),
            envelope("no at body.tools", "", ""),
        ),
        (
            json!({"error": {"code": 400, "message": "no", "type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 4}}),
            with_status(400, envelope("no", "exceed_context_size_error", "400")),
        ),
        (
            json!({"object": "error", "message": "no", "type": "BadRequestError", "code": 400}),
            with_status(400, envelope("no", "BadRequestError", "400")),
        ),
        (
            json!({"code": "1113", "msg": "no"}),
            envelope("no", "", "1113"),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(Envelope::read(&body.to_string()), expected, "{body}");
    }
    for nothing in [
        json!({"choices": []}),
        json!({"error": null}),
        json!([]),
        json!(7),
    ] {
        assert_eq!(Envelope::of(&nothing), None, "{nothing}");
    }
}

#[test]
fn a_prompt_that_is_too_long_is_known_by_every_vendors_words() {
    let cases = [
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Your input exceeds the context window of this model.",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "This model's maximum prompt length is 256000 but the request contains 300000 tokens.",
        "the request exceeds the available context size, try increasing it",
        "Trying to keep the first 9000 tokens when context the overflows, which is greater than the context length",
        "invalid params, context window exceeds limit (2013)",
        "Your request exceeded model token limit: 262144",
        "Please reduce the length of the messages or completion.",
        "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
        "prompt token count of 70000 exceeds the limit of 64000",
        "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
        "Prompt exceeds max length",
        "The decoder prompt (length 5001) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.",
        "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
        "The prompt (5001 tokens) is longer than the model's context length (4096 tokens)",
    ];
    for words in cases {
        let body = json!({"error": {"message": words}});
        let refused = by_status(400, &body.to_string(), Advice::default(), "p", "k");
        let within = in_answer(&Envelope::of(&body).unwrap());
        assert_eq!(
            (refused.kind, within.kind),
            (FailureKind::TooLong, FailureKind::TooLong),
            "{words}"
        );
    }
    for code in [
        "context_length_exceeded",
        "exceed_context_size_error",
        "model_context_window_exceeded",
        "1261",
    ] {
        let body = json!({"error": {"message": "no", "code": code}});
        let within = in_answer(&Envelope::of(&body).unwrap());
        assert_eq!(within.kind, FailureKind::TooLong, "{code}");
    }
    // A body of too many bytes is mended as a prompt is that is too long; a field that is too long is not.
    let field = json!({"error": {"message": "maximum context length is 9", "code": "string_above_max_length"}});
    let bytes = json!({"error": {"message": "Request exceeds the maximum size", "type": "request_too_large"}});
    let cases = [
        (400, field, FailureKind::BadRequest),
        (413, bytes, FailureKind::TooLong),
    ];
    for (status, body, kind) in cases {
        let refused = by_status(status, &body.to_string(), Advice::default(), "p", "k");
        assert_eq!(refused.kind, kind, "{body}");
    }
}

#[test]
fn a_status_says_which_reaction_it_asks_for() {
    use FailureKind::{Auth, BadRequest, Overloaded, Rate};
    let cases = [
        (400, BadRequest),
        (401, Auth),
        (402, Auth),
        (403, Auth),
        (404, BadRequest),
        (408, Overloaded),
        (409, Overloaded),
        (429, Rate),
        (500, Overloaded),
        (502, Overloaded),
        (503, Overloaded),
        (504, Overloaded),
        (529, Overloaded),
    ];
    for (status, kind) in cases {
        let body = r#"{"error":{"message":"no"}}"#;
        let refused = by_status(status, body, Advice::default(), "p", "k");
        let body = json!({"error": {"message": "no", "code": status}});
        let within = in_answer(&Envelope::of(&body).unwrap());
        assert_eq!((refused.kind, within.kind), (kind, kind), "{status}");
        assert_eq!(within.status, Some(status));
    }
}

#[test]
fn a_picture_that_a_model_cannot_see_is_no_trouble_of_the_server() {
    let cases = [
        // llama.cpp, Ollama, vLLM, OpenRouter.
        (
            500,
            "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        ),
        (
            500,
            "Failed to create new sequence: this model is missing data required for image input",
        ),
        (400, "org/m is not a multimodal model"),
        (404, "No endpoints found that support image input"),
    ];
    for (status, words) in cases {
        let body = json!({"error": {"code": status, "message": words, "type": "server_error"}});
        let refused = by_status(status, &body.to_string(), Advice::default(), "p", "k");
        assert_eq!(refused.kind, FailureKind::BadRequest, "{words}");
        let line = format!("p answered {status}: {words} (server_error)");
        assert_eq!(refused.message, line);
        let envelope = Envelope::of(&body).unwrap();
        assert_eq!(
            in_answer(&envelope).kind,
            FailureKind::BadRequest,
            "{words}"
        );
        assert_eq!(Lesson::of(&envelope), Some(Lesson::Blind), "{words}");
    }
    let other = Envelope::of(&json!({"error": {"message": "no image was found"}})).unwrap();
    assert_eq!(Lesson::of(&other), None);
}

#[test]
fn a_refused_prompt_teaches_the_window() {
    let cases = [
        (
            "request (13405 tokens) exceeds the available context size (4096 tokens), try increasing it",
            "exceed_context_size_error",
            Some(Lesson::Window(4096)),
        ),
        (
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            "",
            Some(Lesson::Window(8192)),
        ),
        ("prompt is too long", "", None),
        // Not of the prompt.
        ("the available context size (4096 tokens) is fine", "", None),
    ];
    for (message, kind, expected) in cases {
        assert_eq!(
            Lesson::of(&envelope(message, kind, "")),
            expected,
            "{message}"
        );
    }
}

#[test]
fn money_keys_and_filters_are_known_by_every_vendors_words() {
    use FailureKind::{Auth, BadRequest, Refused};
    let cases = [
        // No money, said with the status of a wrong request or of too many.
        (
            400,
            "Your credit balance is too low to access the API.",
            "invalid_request_error",
            "",
            Auth,
        ),
        (400, "no", "billing_error", "", Auth),
        (400, "no", "", "Arrearage", Auth),
        (429, "no", "exceeded_current_quota_error", "", Auth),
        (429, "no", "", "insufficient_quota", Auth),
        (429, "no", "", "insufficient_balance", Auth),
        (429, "no", "", "1113", Auth),
        // A key that is none.
        (400, "no", "", "InvalidApiKey", Auth),
        (
            400,
            "Incorrect API key provided: k",
            "invalid_request_error",
            "",
            Auth,
        ),
        (
            400,
            "API key not valid. Please pass a valid API key.",
            "INVALID_ARGUMENT",
            "",
            Auth,
        ),
        // What a vendor does not want to answer.
        (400, "no", "", "content_filter", Refused),
        (400, "no", "", "data_inspection_failed", Refused),
        (400, "no", "", "DataInspectionFailed", Refused),
        (400, "no", "", "1301", Refused),
        (400, "no", "", "cyber_policy", Refused),
        (403, "no", "content_policy_violation", "", Refused),
        // A wrong request that is only that.
        (
            400,
            "the balance of the text is odd",
            "invalid_request_error",
            "",
            BadRequest,
        ),
    ];
    for (status, message, kind, code, expected) in cases {
        let body = json!({"error": {"message": message, "type": kind, "code": code}});
        let refused = by_status(status, &body.to_string(), Advice::default(), "p", "k");
        assert_eq!(refused.kind, expected, "{status} {body}");
    }
    // One vendor sends nothing where the prompt is too long.
    for (status, expected) in [
        (400, FailureKind::TooLong),
        (413, FailureKind::TooLong),
        (422, BadRequest),
    ] {
        let refused = by_status(status, " ", Advice::default(), "p", "k");
        assert_eq!(refused.kind, expected, "{status}");
    }
}
