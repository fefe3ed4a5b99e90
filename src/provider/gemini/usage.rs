//! Usage of a Gemini answer in buckets that do not overlap.

use serde_json::Value;

use crate::protocol::usage::Usage;
use crate::provider::tally::{count, is_nonsense};

/// The buckets of a `usageMetadata`; `None` when it says nothing that can be counted.
pub(crate) fn buckets(raw: &Value) -> Option<Usage> {
    let fields = [
        "promptTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "cachedContentTokenCount",
        "toolUsePromptTokenCount",
        "totalTokenCount",
    ];
    if fields.iter().any(|field| is_nonsense(raw.get(field))) {
        return None;
    }
    let [prompt, candidates, thoughts, cached, tools, total] =
        fields.map(|field| count(raw.get(field)));
    if prompt.is_none() && candidates.is_none() && total.is_none() {
        return None;
    }
    let (reasoning, tools) = (thoughts.unwrap_or(0), tools.unwrap_or(0));
    // Where the prompt is not counted, as when all of it was cached, the total knows.
    let rest = |others: u64| total.unwrap_or(0).saturating_sub(others);
    let prompt = prompt.unwrap_or_else(|| rest(candidates.unwrap_or(0) + reasoning + tools));
    // Zeros are left out, and so is what was never begun: a prompt that was blocked, a model that only thought.
    let candidates = candidates.unwrap_or_else(|| rest(prompt + reasoning + tools));
    let cache_read = cached.unwrap_or(0).min(prompt);
    Some(Usage {
        // What the server's own tools read is no part of the prompt.
        input: prompt - cache_read + tools,
        cache_read,
        cache_write: 0,
        cache_write_long: 0,
        // Thoughts are counted beside the candidates.
        output: candidates + reasoning,
        reasoning: thoughts,
        // They stand beside the answer.
        searches: 0,
    })
}

/// Whether it counts anything: the first ones of a stream may only name a tier.
pub(crate) fn counts(raw: &Value) -> bool {
    raw.get("promptTokenCount").is_some() || raw.get("totalTokenCount").is_some()
}

/// The service tier: Google's own interface names it, its cloud's the kind of traffic (`ON_DEMAND_PRIORITY`).
pub(crate) fn tier(raw: &Value) -> Option<String> {
    let word = raw["serviceTier"].as_str().or(raw["trafficType"].as_str());
    word.map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_of_counting_becomes_buckets() {
        let usage = |input, cache_read, output, reasoning| {
            Some(Usage {
                input,
                cache_read,
                output,
                reasoning,
                ..Usage::default()
            })
        };
        let cases = [
            (
                json!({"promptTokenCount": 15, "candidatesTokenCount": 24, "totalTokenCount": 39}),
                usage(15, 0, 24, None),
            ),
            (
                json!({"promptTokenCount": 120, "candidatesTokenCount": 13, "thoughtsTokenCount": 343, "totalTokenCount": 476}),
                usage(120, 0, 356, Some(343)),
            ),
            (
                json!({"promptTokenCount": 5000, "cachedContentTokenCount": 4096, "candidatesTokenCount": 7, "totalTokenCount": 5007}),
                usage(904, 4096, 7, None),
            ),
            (
                json!({"promptTokenCount": 40, "toolUsePromptTokenCount": 900, "candidatesTokenCount": 5, "thoughtsTokenCount": 10,
                    "totalTokenCount": 955}),
                usage(940, 0, 15, Some(10)),
            ),
            // A blocked prompt.
            (
                json!({"promptTokenCount": 9, "totalTokenCount": 9}),
                usage(9, 0, 0, None),
            ),
            // Thoughts alone, and candidates only in the sum.
            (
                json!({"promptTokenCount": 6, "thoughtsTokenCount": 14, "totalTokenCount": 20}),
                usage(6, 0, 14, Some(14)),
            ),
            (
                json!({"promptTokenCount": 6, "thoughtsTokenCount": 14, "totalTokenCount": 23}),
                usage(6, 0, 17, Some(14)),
            ),
            (
                json!({"candidatesTokenCount": 4, "totalTokenCount": 10}),
                usage(6, 0, 4, None),
            ),
            (
                json!({"promptTokenCount": 6, "candidatesTokenCount": null}),
                usage(6, 0, 0, None),
            ),
            (
                json!({"promptTokenCount": 3, "cachedContentTokenCount": 30, "totalTokenCount": 3}),
                usage(0, 3, 0, None),
            ),
            (
                json!({"promptTokenCount": 8, "candidatesTokenCount": -1}),
                None,
            ),
            (json!({"promptTokenCount": u64::MAX}), None),
            (json!({"trafficType": "ON_DEMAND"}), None),
            (json!({}), None),
        ];
        for (raw, expected) in cases {
            assert_eq!(buckets(&raw), expected, "{raw}");
        }
    }
}
