//! How answers end in every dialect alike: without the mark of their end, or as those of another dialect.

#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::failure::FailureKind;
use crate::provider::Chunk;
use crate::provider::decode::{Decoder, Wants};
use crate::provider::every_wire::{WIRES, decode, decoder, framed, said};
use crate::provider::testing;

/// The word that an answer has ended, without the dialect's own mark, and what counts it after that.
fn stopped(wire: Wire) -> (Vec<Value>, Option<Value>) {
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 1, "promptTokenCount": 3, "candidatesTokenCount": 1});
    match wire {
        Wire::Anthropic => (
            vec![
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": 3, "output_tokens": 1}}),
            ],
            None,
        ),
        Wire::OpenAiChat => (
            vec![json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})],
            Some(json!({"choices": [], "usage": usage})),
        ),
        Wire::OpenAiResponses => (
            vec![
                json!({"type": "response.completed", "response": {"status": "completed", "usage": {"input_tokens": 3, "output_tokens": 1}}}),
            ],
            None,
        ),
        Wire::Gemini => (
            vec![json!({"candidates": [{"finishReason": "STOP"}]})],
            Some(json!({"usageMetadata": usage})),
        ),
        Wire::Ollama => (
            vec![
                json!({"message": {"content": ""}, "done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 1}),
            ],
            None,
        ),
        Wire::Rehearsal => (Vec::new(), None),
    }
}

#[test]
fn an_answer_whose_end_is_known_wants_only_what_comes_late() {
    for wire in WIRES {
        let (end, late) = stopped(wire);
        let mut decoder = decoder(wire);
        let mut chunks = Vec::new();
        let feed = |decoder: &mut Decoder, event: &Value, chunks: &mut Vec<Chunk>| {
            decoder.feed(framed(wire, event).as_bytes(), chunks);
            decoder.wants()
        };
        assert_eq!(
            feed(&mut decoder, &said(wire), &mut chunks),
            Wants::More,
            "{wire:?}"
        );
        let mut wants = Wants::More;
        for event in &end {
            wants = feed(&mut decoder, event, &mut chunks);
        }
        assert!(
            matches!(wants, Wants::Late | Wants::Rest),
            "{wire:?} {wants:?}"
        );
        // Only where its usage is still to come.
        assert_eq!(decoder.may_go_on(), late.is_some(), "{wire:?}");
        if let Some(late) = late {
            assert_eq!(
                feed(&mut decoder, &late, &mut chunks),
                Wants::Late,
                "{wire:?}"
            );
            assert!(!decoder.may_go_on(), "{wire:?}");
        }
        decoder.finish(&mut chunks);
        let reply = testing::done(&chunks);
        let usage = reply.usage.unwrap();
        assert_eq!(
            (usage.prompt(), usage.output, &*reply.text()),
            (3, 1, "so"),
            "{wire:?}"
        );
    }
    // Servers that say it with every piece are believed when their body ends.
    // Their usage stands in each, so it says nothing.
    let each = json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": "so"}]}}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1}});
    let mut decoder = decoder(Wire::Gemini);
    let mut chunks = Vec::new();
    let wants = [(); 3].map(|()| {
        decoder.feed(framed(Wire::Gemini, &each).as_bytes(), &mut chunks);
        (decoder.wants(), decoder.may_go_on())
    });
    let more = (Wants::More, false);
    assert_eq!(wants, [(Wants::Late, true), more, more]);
    decoder.finish(&mut chunks);
    assert_eq!(testing::done(&chunks).text(), "sososo");
}

/// The end in the first event, as some gateways send it: the answer comes after it.
#[test]
fn an_end_before_the_answer_has_begun_ends_nothing() {
    let ends = [
        (
            Wire::OpenAiChat,
            json!({"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": "stop"}]}),
        ),
        (
            Wire::Gemini,
            json!({"candidates": [{"finishReason": "STOP"}]}),
        ),
        (
            Wire::Anthropic,
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        ),
    ];
    for (wire, end) in ends {
        let mut decoder = decoder(wire);
        let mut chunks = Vec::new();
        let wants = [&end, &end, &said(wire), &end].map(|event| {
            decoder.feed(framed(wire, event).as_bytes(), &mut chunks);
            (decoder.wants(), decoder.may_go_on())
        });
        assert_eq!(wants, [(Wants::More, false); 4], "{wire:?}");
    }
}

/// What a call that failed is taken to cost goes by it.
#[test]
fn an_error_or_the_mark_of_the_end_alone_is_nothing_of_an_answer() {
    let error = json!({"error": {"message": "busy", "code": 503}});
    for wire in WIRES {
        let said = framed(wire, &said(wire));
        let error = framed(wire, &error);
        let cases = [
            (error.clone(), false),
            ("data: [DONE]\n\n".to_owned(), false),
            (format!("{said}{error}"), true),
            (said, true),
            (framed(wire, &Value::Null).replace("null", "no JSON"), true),
        ];
        for (body, begun) in cases {
            // A line of its own is no event there.
            if wire == Wire::Ollama && body.contains("[DONE]") {
                continue;
            }
            let chunks = decode(wire, &[], &body);
            let (_, partial) = testing::failed(&chunks);
            assert_eq!(partial.begun, begun, "{wire:?} {body}");
        }
    }
}

/// As the same refusal with a status of its own is, and unlike what was counted.
#[test]
fn a_refusal_before_the_first_word_is_nothing_of_an_answer() {
    let created = json!({"type": "response.created", "response": {"object": "response", "status": "in_progress"}});
    let failed = |code: &str| json!({"type": "response.failed", "response": {"status": "failed", "error": {"code": code, "message": "no"}}});
    let role = json!({"choices": [{"index": 0, "delta": {"role": "assistant"}}]});
    let error = json!({"error": {"message": "busy", "code": 503}});
    let load = json!({"message": {"content": ""}, "done": true, "done_reason": "load", "prompt_eval_count": 0, "eval_count": 0});
    let start = json!({"type": "message_start", "message": {"usage": {"input_tokens": 3}}});
    let overloaded =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "x"}});
    let stop = |usage: Value| json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}], "usageMetadata": usage});
    let counted = json!({"promptTokenCount": 3, "candidatesTokenCount": 1});
    let responses = Wire::OpenAiResponses;
    let cases = [
        (
            responses,
            vec![created.clone(), failed("context_length_exceeded")],
            false,
        ),
        (
            responses,
            vec![created.clone(), failed("server_error")],
            false,
        ),
        (
            responses,
            vec![created, said(responses), failed("server_error")],
            true,
        ),
        (Wire::OpenAiChat, vec![role, error], false),
        (Wire::Ollama, vec![load], false),
        (Wire::Anthropic, vec![start, overloaded], true),
        (Wire::Gemini, vec![stop(counted)], true),
    ];
    for (wire, events, begun) in cases {
        let chunks = decode(wire, &events, "");
        let (_, partial) = testing::failed(&chunks);
        assert_eq!(partial.begun, begun, "{wire:?} {events:?}");
    }
}

#[test]
fn an_answer_in_another_dialect_names_the_wire_to_write() {
    for asked in WIRES {
        for came in WIRES.into_iter().filter(|came| *came != asked) {
            // An event of the dialect that comes first, or an answer in one piece.
            let events = match came {
                Wire::OpenAiResponses => {
                    vec![json!({"type": "response.created", "response": {"object": "response"}})]
                }
                Wire::Anthropic => vec![
                    json!({"type": "message_start", "message": {"usage": {"input_tokens": 3}}}),
                ],
                _ => vec![said(came)],
            };
            let chunks = decode(asked, &events, "");
            let (failure, _) = testing::failed(&chunks);
            let expected = format!("set `wire = \"{}\"`", came.name());
            assert!(
                failure.message.contains(&expected) && failure.kind == FailureKind::Protocol,
                "{asked:?} {came:?}: {failure:?}"
            );
        }
        // One that broke off is of its own.
        let (failure, partial) = {
            let chunks = decode(asked, &[said(asked)], "");
            let (failure, partial) = testing::failed(&chunks);
            (failure.clone(), partial.clone())
        };
        assert_eq!(
            (failure.kind, partial.begun),
            (FailureKind::Network, true),
            "{asked:?}"
        );
    }
}

/// What a stop in the middle is charged by: servers that count the prompt at the head of the answer, or with every piece.
#[test]
fn what_is_counted_before_the_end_is_told_when_it_is_news() {
    let cases = [
        (
            Wire::Anthropic,
            vec![
                json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 900, "output_tokens": 1}}}),
                said(Wire::Anthropic),
            ],
            vec![(5, 900, 1)],
        ),
        (
            Wire::Gemini,
            vec![
                json!({"candidates": [{"content": {"parts": [{"text": "so"}]}}],
                    "usageMetadata": {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 1}}),
                json!({"candidates": [{"content": {"parts": [{"text": "so"}]}}],
                    "usageMetadata": {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 1}}),
                json!({"candidates": [{"content": {"parts": [{"text": "so"}]}}],
                    "usageMetadata": {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 3}}),
            ],
            vec![(5, 4, 1), (5, 4, 3)],
        ),
        (
            Wire::OpenAiChat,
            vec![
                json!({"choices": [{"index": 0, "delta": {"content": "so"}}], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}),
                said(Wire::OpenAiChat),
            ],
            vec![(9, 0, 1)],
        ),
        (Wire::Ollama, vec![said(Wire::Ollama)], vec![]),
    ];
    for (wire, events, expected) in cases {
        let mut decoder = decoder(wire);
        let mut chunks = Vec::new();
        for event in &events {
            decoder.feed(framed(wire, event).as_bytes(), &mut chunks);
        }
        let counted = chunks.iter().filter_map(|chunk| match chunk {
            Chunk::Counted(counts) => counts.usage,
            _ => None,
        });
        let found: Vec<_> = counted
            .map(|usage| (usage.input, usage.cache_read, usage.output))
            .collect();
        assert_eq!(found, expected, "{wire:?}");
    }
}
