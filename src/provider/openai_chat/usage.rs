//! Usage of a Chat Completions answer in buckets that do not overlap.

use serde_json::Value;

use crate::protocol::usage::Usage;
use crate::provider::tally::{count, is_nonsense};

/// The buckets of a usage object; `None` when it says nothing that can be counted.
pub(crate) fn buckets(raw: &Value) -> Option<Usage> {
    if ["prompt_tokens", "completion_tokens"]
        .iter()
        .any(|field| is_nonsense(raw.get(field)))
    {
        return None;
    }
    let any = |places: &[&str]| places.iter().find_map(|place| count(raw.pointer(place)));
    // One server may write the same count in several places, and 0 where it does not know it.
    let most = |places: &[&str]| {
        let counts = places.iter().filter_map(|place| count(raw.pointer(place)));
        counts.max()
    };
    let (prompt, completion) = (any(&["/prompt_tokens"]), any(&["/completion_tokens"]));
    if prompt.is_none() && completion.is_none() {
        return None;
    }
    let (prompt, completion) = (prompt.unwrap_or(0), completion.unwrap_or(0));
    let cached = most(&[
        "/prompt_tokens_details/cached_tokens",
        "/prompt_cache_hit_tokens",
        "/cached_tokens",
        "/cache_read_input_tokens",
    ]);
    // All of them are parts of the prompt.
    let cache_read = cached.unwrap_or(0).min(prompt);
    let written = most(&[
        "/prompt_tokens_details/cache_write_tokens",
        "/prompt_tokens_details/cache_creation_tokens",
        "/prompt_tokens_details/cache_creation_input_tokens",
        "/cache_creation_input_tokens",
    ]);
    let written_here = written.unwrap_or(0).min(prompt - cache_read);
    let long = most(&[
        "/prompt_tokens_details/cache_creation_token_details/ephemeral_1h_input_tokens",
        "/prompt_tokens_details/cache_creation/ephemeral_1h_input_tokens",
        "/cache_creation_token_details/ephemeral_1h_input_tokens",
        "/cache_creation/ephemeral_1h_input_tokens",
    ]);
    let cache_write_long = long.unwrap_or(0).min(written_here);
    let cache_write = written_here - cache_write_long;
    let told = any(&["/completion_tokens_details/reasoning_tokens"]);
    // xAI counts reasoning beside the completion, as its total shows. Google does too, and its total alone tells of it. What
    // is missing from a prompt that leaves out its cached part is no reasoning.
    let excess = any(&["/total_tokens"])
        .and_then(|total| total.checked_sub(prompt + completion))
        .filter(|&excess| excess > 0);
    let is_input = |excess| {
        let parts = [
            cached,
            written,
            Some(cached.unwrap_or(0) + written.unwrap_or(0)),
        ];
        parts.contains(&Some(excess))
    };
    let beside = excess.filter(|&excess| match told {
        Some(told) if told > 0 => excess == told,
        _ => !is_input(excess),
    });
    let output = completion + beside.unwrap_or(0);
    // One vendor counts its marks among them, and comes to more than all there was.
    let reasoning = beside.or(told).map(|reasoning| reasoning.min(output));
    Some(Usage {
        input: prompt - cache_read - written_here,
        cache_read,
        cache_write,
        cache_write_long,
        output,
        reasoning,
        searches: 0,
    })
}

/// Whether all it counts is nothing, and so is its cost.
pub(crate) fn is_nothing(raw: &Value) -> bool {
    let counts = buckets(raw).is_some_and(|usage| usage.prompt() + usage.output > 0);
    let costs = ["cost", "cost_in_usd_ticks"]
        .iter()
        .filter_map(|name| raw.get(*name))
        .any(|cost| !cost.is_null() && cost.as_f64() != Some(0.0));
    !counts && !costs
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn usage(input: u64, cache_read: u64, cache_write: u64, output: u64) -> Usage {
        Usage {
            input,
            cache_read,
            cache_write,
            output,
            ..Usage::default()
        }
    }

    #[test]
    fn every_way_of_counting_becomes_buckets() {
        let cases = [
            (
                json!({"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}),
                Some(usage(10, 0, 0, 2)),
            ),
            (
                json!({"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109,
                    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
                    "completion_tokens_details": {"reasoning_tokens": 5}}),
                Some(Usage {
                    reasoning: Some(5),
                    ..usage(10, 60, 30, 9)
                }),
            ),
            // Reasoning beside the completion.
            (
                json!({"prompt_tokens": 291, "completion_tokens": 26, "total_tokens": 513,
                    "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 196}}),
                Some(Usage {
                    reasoning: Some(196),
                    ..usage(291, 0, 0, 222)
                }),
            ),
            // Reasoning in the total alone.
            (
                json!({"prompt_tokens": 9, "completion_tokens": 40, "total_tokens": 649}),
                Some(Usage {
                    reasoning: Some(600),
                    ..usage(9, 0, 0, 640)
                }),
            ),
            (
                json!({"prompt_tokens": 9, "completion_tokens": 40, "total_tokens": 649, "completion_tokens_details": {"reasoning_tokens": 0}}),
                Some(Usage {
                    reasoning: Some(600),
                    ..usage(9, 0, 0, 640)
                }),
            ),
            // The cached part beside the prompt, and a total of something else.
            (
                json!({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 19, "prompt_tokens_details": {"cached_tokens": 6}}),
                Some(usage(3, 6, 0, 4)),
            ),
            (
                json!({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 3}),
                Some(usage(9, 0, 0, 4)),
            ),
            (
                json!({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 3}}),
                Some(Usage {
                    reasoning: Some(3),
                    ..usage(9, 0, 0, 4)
                }),
            ),
            // More reasoning than there was output.
            (
                json!({"prompt_tokens": 951, "completion_tokens": 6000, "total_tokens": 6952,
                    "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 6001}}),
                Some(Usage {
                    reasoning: Some(6000),
                    ..usage(891, 60, 0, 6000)
                }),
            ),
            // No reasoning is neither inside nor beside.
            (
                json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 0}}),
                Some(Usage {
                    reasoning: Some(0),
                    ..usage(5, 0, 0, 2)
                }),
            ),
            (
                json!({"prompt_tokens": 8, "completion_tokens": 1, "prompt_cache_hit_tokens": 6, "prompt_cache_miss_tokens": 2}),
                Some(usage(2, 6, 0, 1)),
            ),
            (
                json!({"prompt_tokens": 8, "completion_tokens": 1, "cached_tokens": 6}),
                Some(usage(2, 6, 0, 1)),
            ),
            (
                json!({"prompt_tokens": 8, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 60}}),
                Some(usage(0, 8, 0, 1)),
            ),
            (
                json!({"prompt_tokens": 8, "completion_tokens": 1, "prompt_tokens_details": null, "completion_tokens_details": null}),
                Some(usage(8, 0, 0, 1)),
            ),
            // A proxy before Messages, as it counts there and as it counts here.
            (
                json!({"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_tokens": 30,
                    "cache_creation_token_details": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}},
                    "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30}),
                Some(Usage {
                    cache_write_long: 20,
                    ..usage(10, 60, 10, 9)
                }),
            ),
            (
                json!({"prompt_tokens": 100, "completion_tokens": 9, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30,
                    "cache_creation": {"ephemeral_1h_input_tokens": 300}}),
                Some(Usage {
                    cache_write_long: 30,
                    ..usage(10, 60, 0, 9)
                }),
            ),
            (
                json!({"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0}, "prompt_cache_hit_tokens": 60}),
                Some(usage(40, 60, 0, 1)),
            ),
            (json!({"prompt_tokens": 8, "completion_tokens": -1}), None),
            (
                json!({"prompt_tokens": u64::MAX, "completion_tokens": 1}),
                None,
            ),
            (json!({}), None),
        ];
        for (raw, expected) in cases {
            assert_eq!(buckets(&raw), expected, "{raw}");
        }
    }
}
