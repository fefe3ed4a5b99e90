//! How answers end, and what is counted by then.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::reply::Reply;
use crate::protocol::told::Told;
use crate::protocol::usage::{CacheLife, Usage};
use crate::provider::anthropic::DIALECT;
use crate::provider::anthropic::decode::decoder;
use crate::provider::anthropic::tests::{HERE, start, stop, text};
use crate::provider::quirks;
use crate::provider::testing::{self, decode, done, failed};

fn head(usage: &Value) -> Value {
    json!({"type": "message_start", "message": {"usage": usage}})
}

fn update(reason: &str, usage: &Value) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage})
}

fn said(first: &Value, last: &Value) -> Reply {
    let events = [
        head(first),
        text(0, "eight by"),
        stop(0),
        update("end_turn", last),
        json!({"type": "message_stop"}),
    ];
    done(&decode(decoder(HERE.to_owned()), &events)).clone()
}

#[test]
fn the_last_event_may_be_missing_where_nothing_is_open() {
    let usage = json!({"output_tokens": 2});
    let ends = update("tool_use", &usage);
    let tool = json!({"type": "tool_use", "id": "t1", "name": "glob"});
    let cases = [
        (
            vec![start(0, &tool), stop(0), ends.clone()],
            Some(Stop::Tool),
        ),
        (
            vec![text(0, "x"), stop(0), update("max_tokens", &usage)],
            Some(Stop::Length),
        ),
        (vec![update("end_turn", &usage)], Some(Stop::End)),
        // A block that is open may have lost its end, and what does not say why it stops has not stopped.
        (vec![start(0, &tool), ends], None),
        (vec![start(0, &tool), stop(0)], None),
    ];
    for (events, expected) in cases {
        let chunks = decode(decoder(HERE.to_owned()), &events);
        match expected {
            Some(stop) => assert_eq!(done(&chunks).stop, Some(stop), "{events:?}"),
            None => assert_eq!(failed(&chunks).0.kind, FailureKind::Network, "{events:?}"),
        }
    }
}

#[test]
fn a_count_from_before_the_words_is_told_as_such() {
    let first = json!({"input_tokens": 5, "output_tokens": 1});
    let cases = [
        (json!({"output_tokens": 2}), false),
        (json!(null), true),
        (json!({}), true),
        (json!({"output_tokens": null}), true),
        (json!({"input_tokens": 5}), true),
    ];
    for (last, early) in cases {
        let reply = said(&first, &last);
        assert_eq!(reply.usage_early, early, "{last}");
        assert_eq!(reply.usage.unwrap().input, 5);
    }
    assert!(!said(&json!(null), &json!(null)).usage_early);
}

#[test]
fn a_count_of_nothing_replaces_none_that_counts() {
    let usage = |input, cache_read, output| Usage {
        input,
        cache_read,
        output,
        ..Usage::default()
    };
    let cases = [
        (
            json!({"input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 3}),
            json!({"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0}),
            usage(5, 7, 3),
        ),
        (
            json!({"input_tokens": 5, "output_tokens": 1}),
            json!({"input_tokens": 0, "output_tokens": 4}),
            usage(5, 0, 4),
        ),
        // All of it came from the cache after all.
        (
            json!({"input_tokens": 5, "output_tokens": 1}),
            json!({"input_tokens": 0, "cache_read_input_tokens": 5, "output_tokens": 4}),
            usage(0, 5, 4),
        ),
    ];
    for (first, last, expected) in cases {
        assert_eq!(said(&first, &last).usage, Some(expected), "{last}");
    }
}

#[test]
fn the_service_it_was_answered_in_is_told() {
    let cases = [
        (json!({"service_tier": "standard"}), Some("standard")),
        (
            json!({"service_tier": "priority", "speed": "standard"}),
            Some("priority"),
        ),
        (
            json!({"service_tier": "standard", "speed": "fast"}),
            Some("fast"),
        ),
        (json!({}), None),
    ];
    for (mut usage, expected) in cases {
        usage["input_tokens"] = json!(5);
        let reply = said(&usage, &json!({"output_tokens": 2}));
        assert_eq!(reply.tier.as_deref(), expected, "{usage}");
    }
}

#[test]
fn what_was_written_lives_as_long_as_was_asked_where_nobody_says() {
    let written = |more: Value| {
        let mut usage =
            json!({"input_tokens": 5, "cache_creation_input_tokens": 30, "output_tokens": 1});
        usage["cache_creation"] = more;
        [
            head(&usage),
            update("end_turn", &json!({"output_tokens": 2})),
        ]
    };
    let split = json!({"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 0});
    let cases = [
        (CacheLife::Short, json!(null), (30, 0)),
        (CacheLife::Long, json!(null), (0, 30)),
        (CacheLife::Long, split, (30, 0)),
    ];
    for (life, more, expected) in cases {
        let mut prompt = testing::prompt(HERE, vec![testing::user("go")]);
        prompt.caching.life = life;
        let decoder = (DIALECT.decoder)(&prompt, &quirks::NONE, &Told::default());
        let usage = done(&decode(decoder, &written(more))).usage.unwrap();
        assert_eq!(
            (usage.cache_write, usage.cache_write_long),
            expected,
            "{life:?}"
        );
    }
}
