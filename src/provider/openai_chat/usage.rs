//! Usage of a Chat Completions answer in buckets that do not overlap, and what the server says it charges.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::agent::decimal::rounded;
use crate::protocol::money::Money;
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
    let (prompt, completion) = (any(&["/prompt_tokens"]), any(&["/completion_tokens"]));
    if prompt.is_none() && completion.is_none() {
        return None;
    }
    let (prompt, completion) = (prompt.unwrap_or(0), completion.unwrap_or(0));
    let cached = any(&[
        "/prompt_tokens_details/cached_tokens",
        "/prompt_cache_hit_tokens",
        "/cached_tokens",
    ]);
    // All of them are parts of the prompt.
    let cache_read = cached.unwrap_or(0).min(prompt);
    let written = any(&[
        "/prompt_tokens_details/cache_write_tokens",
        "/prompt_tokens_details/cache_creation_input_tokens",
    ]);
    let cache_write = written.unwrap_or(0).min(prompt - cache_read);
    let reasoning = any(&["/completion_tokens_details/reasoning_tokens"]);
    // xAI counts reasoning beside the completion, as its total shows.
    let beside = reasoning
        .filter(|&reasoning| any(&["/total_tokens"]) == Some(prompt + completion + reasoning));
    Some(Usage {
        input: prompt - cache_read - cache_write,
        cache_read,
        cache_write,
        cache_write_long: 0,
        output: completion + beside.unwrap_or(0),
        reasoning,
    })
}

#[derive(Deserialize)]
struct Holder<'a> {
    #[serde(borrow)]
    usage: Option<Bill<'a>>,
}

#[derive(Deserialize)]
struct Bill<'a> {
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_in_usd_ticks: Option<&'a RawValue>,
    #[serde(borrow)]
    is_byok: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_details: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    upstream_inference_cost: Option<&'a RawValue>,
}

/// What the event says is charged, read from its text so that no digit is lost.
pub(crate) fn cost(event: &str) -> Option<Money> {
    let bill = serde_json::from_str::<Holder>(event).ok()?.usage?;
    let parts = |value: Option<&RawValue>, digits: u32| rounded(value?.get(), digits);
    if let Some(cost) = parts(bill.cost, 12) {
        // With a key of one's own the vendor behind the gateway sends its bill too.
        let own_key = bill.is_byok.is_some_and(|is| is.get() == "true");
        let details = bill.cost_details.filter(|_| own_key);
        let details =
            details.and_then(|details| serde_json::from_str::<Details>(details.get()).ok());
        let behind = details.and_then(|details| parts(details.upstream_inference_cost, 12));
        return Some(Money::usd(cost.saturating_add(behind.unwrap_or(0))));
    }
    // A tick is 1e-10 dollars.
    parts(bill.cost_in_usd_ticks, 2).map(Money::usd)
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

    #[test]
    fn a_cost_is_read_to_the_last_digit() {
        let cases = [
            (r#"{"usage":{"cost":0.00035595}}"#, Some(355_950_000)),
            (
                r#"{"usage":{"cost":2.4e-06,"is_byok":false,"cost_details":{"upstream_inference_cost":2.4e-06}}}"#,
                Some(2_400_000),
            ),
            (
                r#"{"usage":{"cost":0.00001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0002}}}"#,
                Some(210_000_000),
            ),
            (
                r#"{"usage":{"cost":0.00001,"is_byok":true,"cost_details":null}}"#,
                Some(10_000_000),
            ),
            (r#"{"usage":{"cost":0}}"#, Some(0)),
            (
                r#"{"usage":{"cost_in_usd_ticks":1330500}}"#,
                Some(133_050_000),
            ),
            (r#"{"usage":{"cost":null}}"#, None),
            (r#"{"usage":{"cost":-1}}"#, None),
            (r#"{"usage":{"cost":"0.1"}}"#, None),
            (r#"{"usage":null}"#, None),
            (r#"{"usage":{"prompt_tokens":1}}"#, None),
        ];
        for (event, expected) in cases {
            assert_eq!(cost(event), expected.map(Money::usd), "{event}");
        }
    }
}
