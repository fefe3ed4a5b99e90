//! Usage of a Responses answer in buckets that do not overlap.

use serde_json::Value;

use crate::protocol::usage::Usage;
use crate::provider::tally::{count, is_nonsense};

/// The buckets of a usage object; `None` when it says nothing that can be counted.
pub(crate) fn buckets(raw: &Value) -> Option<Usage> {
    if ["input_tokens", "output_tokens"]
        .iter()
        .any(|field| is_nonsense(raw.get(field)))
    {
        return None;
    }
    let any = |places: &[&str]| places.iter().find_map(|place| count(raw.pointer(place)));
    let (input, output) = (any(&["/input_tokens"]), any(&["/output_tokens"]));
    if input.is_none() && output.is_none() {
        return None;
    }
    let (input, output) = (input.unwrap_or(0), output.unwrap_or(0));
    let cached = any(&["/input_tokens_details/cached_tokens"]);
    // Both are parts of the input.
    let cache_read = cached.unwrap_or(0).min(input);
    let written = any(&[
        "/input_tokens_details/cache_write_tokens",
        "/input_tokens_details/cache_creation_tokens",
        "/input_tokens_details/cache_creation_input_tokens",
    ]);
    let cache_write = written.unwrap_or(0).min(input - cache_read);
    let reasoning = any(&["/output_tokens_details/reasoning_tokens"]);
    // Where the total says that reasoning stands beside the output, as one vendor counts in its other dialect.
    let beside =
        reasoning.filter(|&reasoning| any(&["/total_tokens"]) == Some(input + output + reasoning));
    Some(Usage {
        input: input - cache_read - cache_write,
        cache_read,
        cache_write,
        cache_write_long: 0,
        output: output + beside.unwrap_or(0),
        reasoning,
        searches: 0,
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn usage(
        input: u64,
        cache_read: u64,
        cache_write: u64,
        output: u64,
        reasoning: Option<u64>,
    ) -> Usage {
        Usage {
            input,
            cache_read,
            cache_write,
            cache_write_long: 0,
            output,
            reasoning,
            searches: 0,
        }
    }

    #[test]
    fn every_way_of_counting_becomes_buckets() {
        let cases = [
            (
                json!({"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}),
                Some(usage(10, 0, 0, 2, None)),
            ),
            (
                json!({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
                    "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 109}),
                Some(usage(10, 60, 30, 9, Some(5))),
            ),
            // Reasoning beside the output.
            (
                json!({"input_tokens": 7, "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 15}),
                Some(usage(7, 0, 0, 8, Some(5))),
            ),
            (
                json!({"input_tokens": 7, "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 10}),
                Some(usage(7, 0, 0, 3, Some(0))),
            ),
            // More from the cache than there was.
            (
                json!({"input_tokens": 8, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 9}}),
                Some(usage(0, 8, 0, 1, None)),
            ),
            (
                json!({"input_tokens": 8, "output_tokens": null, "input_tokens_details": null, "output_tokens_details": null}),
                Some(usage(8, 0, 0, 0, None)),
            ),
            (json!({"input_tokens": 8, "output_tokens": -1}), None),
            (json!({"input_tokens": u64::MAX, "output_tokens": 1}), None),
            (json!({}), None),
            (json!(null), None),
        ];
        for (raw, expected) in cases {
            assert_eq!(buckets(&raw), expected, "{raw}");
        }
    }
}
