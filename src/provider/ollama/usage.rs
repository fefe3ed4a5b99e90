//! What the last line of an answer counts, in buckets that do not overlap.

use serde_json::{Map, Value};

use crate::protocol::usage::Usage;
use crate::provider::tally::{count, is_nonsense};

const PROMPT: &str = "prompt_eval_count";
const CACHED: &str = "prompt_eval_cached_count";
const OUTPUT: &str = "eval_count";

/// The counts in a line; `None` when it has none. What the rest of the line says of time is no usage.
pub(crate) fn counts(line: &Value) -> Option<Value> {
    let counts: Map<String, Value> = [PROMPT, CACHED, OUTPUT]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), line.get(name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect();
    (!counts.is_empty()).then_some(Value::Object(counts))
}

/// The buckets of [`counts`]; `None` when they say nothing that can be counted.
pub(crate) fn buckets(raw: &Value) -> Option<Usage> {
    if [PROMPT, OUTPUT]
        .iter()
        .any(|field| is_nonsense(raw.get(field)))
    {
        return None;
    }
    let (prompt, output) = (count(raw.get(PROMPT)), count(raw.get(OUTPUT)));
    if prompt.is_none() && output.is_none() {
        return None;
    }
    let prompt = prompt.unwrap_or(0);
    // A part of the prompt, told since August 2026.
    let cache_read = count(raw.get(CACHED)).unwrap_or(0).min(prompt);
    Some(Usage {
        input: prompt - cache_read,
        cache_read,
        cache_write: 0,
        cache_write_long: 0,
        output: output.unwrap_or(0),
        // It is within the output, and nobody says how much it was.
        reasoning: None,
        searches: 0,
    })
}

/// Tokens of the prompt that the server read; `None` where it is not told. Servers before July 2024, and the 0.30 series at its
/// beginning, counted only what their cache did not hold and left out a 0.
pub(crate) fn read(raw: &Value) -> Option<u64> {
    count(raw.get(PROMPT)).filter(|tokens| *tokens > 0)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_become_buckets() {
        let usage = |input, cache_read, output| {
            Some(Usage {
                input,
                cache_read,
                output,
                ..Usage::default()
            })
        };
        let cases = [
            (
                json!({"prompt_eval_count": 262, "eval_count": 473, "total_duration": 7_577_982_042_u64}),
                usage(262, 0, 473),
            ),
            (
                json!({"prompt_eval_count": 21, "prompt_eval_cached_count": 16, "eval_count": 9}),
                usage(5, 16, 9),
            ),
            (
                json!({"prompt_eval_count": 21, "prompt_eval_cached_count": 99, "eval_count": 9}),
                usage(0, 21, 9),
            ),
            // Old servers leave the count out when all was cached.
            (json!({"eval_count": 9}), usage(0, 0, 9)),
            (
                json!({"prompt_eval_count": null, "eval_count": 9.0}),
                usage(0, 0, 9),
            ),
            (json!({"prompt_eval_count": -1, "eval_count": 9}), None),
        ];
        for (line, expected) in cases {
            let counts = counts(&line);
            assert_eq!(counts.as_ref().and_then(buckets), expected, "{line}");
        }
        assert_eq!(counts(&json!({"done": true, "total_duration": 3})), None);
    }
}
