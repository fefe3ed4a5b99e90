//! Usage of a Messages answer in buckets that do not overlap.

use serde_json::{Map, Value};

use crate::protocol::reply::Iteration;
use crate::protocol::usage::Usage;
use crate::provider::tally::{count, is_nonsense};

/// The buckets of a usage object. What a turn of the server's own used besides stands in `iterations` only.
pub(crate) fn usage(raw: &Map<String, Value>) -> Option<Usage> {
    let said = buckets(raw)?;
    let mut all = Usage::default();
    for iteration in listed(raw) {
        all.add(&iteration.usage);
    }
    // The larger of each, in case the list is from an earlier event than the numbers.
    Some(Usage {
        input: said.input.max(all.input),
        cache_read: said.cache_read.max(all.cache_read),
        cache_write: said.cache_write.max(all.cache_write),
        cache_write_long: said.cache_write_long.max(all.cache_write_long),
        output: said.output.max(all.output),
        reasoning: said.reasoning.max(all.reasoning),
        searches: 0,
    })
}

/// What each of several turns of the server's own used, together what [`usage`] says; nothing where there was one.
pub(crate) fn iterations(raw: &Map<String, Value>) -> Vec<Iteration> {
    let mut all: Vec<Iteration> = listed(raw).collect();
    let (Some(whole), true) = (usage(raw), all.len() > 1) else {
        return Vec::new();
    };
    let mut sum = Usage::default();
    for each in &all {
        sum.add(&each.usage);
    }
    if let Some(Iteration { usage: last, .. }) = all.last_mut() {
        // What was told later than the list is of the turn that was not over then.
        last.input += whole.input - sum.input;
        last.cache_read += whole.cache_read - sum.cache_read;
        last.cache_write += whole.cache_write - sum.cache_write;
        last.cache_write_long += whole.cache_write_long - sum.cache_write_long;
        last.output += whole.output - sum.output;
    }
    all
}

fn listed(raw: &Map<String, Value>) -> impl Iterator<Item = Iteration> {
    let list = raw.get("iterations").and_then(Value::as_array);
    let list = list.into_iter().flatten().filter_map(Value::as_object);
    list.filter_map(|iteration| {
        // Those are of the model that was called, however it is named there.
        let own = ["message", "compaction"].map(|kind| iteration.get("type") == Some(&kind.into()));
        let model = iteration.get("model").and_then(Value::as_str);
        let model = model.filter(|_| !own.contains(&true));
        Some(Iteration {
            usage: buckets(iteration)?,
            model: model.filter(|model| !model.is_empty()).map(str::to_owned),
        })
    })
}

/// The service the answer was given in: the fast mode is told beside the tier.
pub(crate) fn tier(raw: &Map<String, Value>) -> Option<String> {
    let word = |name: &str| raw.get(name).and_then(Value::as_str);
    let fast = word("speed").filter(|speed| *speed == "fast");
    fast.or_else(|| word("service_tier")).map(ToOwned::to_owned)
}

fn buckets(raw: &Map<String, Value>) -> Option<Usage> {
    let fields = [
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    ];
    if fields.iter().any(|field| is_nonsense(raw.get(*field))) {
        return None;
    }
    let [input, output, read, written] = fields.map(|field| count(raw.get(field)));
    if input.is_none() && output.is_none() {
        return None;
    }
    let parts = raw.get("cache_creation");
    let part = |name: &str| parts.and_then(|parts| count(parts.get(name))).unwrap_or(0);
    let (short, long) = (
        part("ephemeral_5m_input_tokens"),
        part("ephemeral_1h_input_tokens"),
    );
    let written = written.unwrap_or_else(|| short.saturating_add(long));
    let long = long.min(written);
    let reasoning = raw
        .get("output_tokens_details")
        .and_then(|details| count(details.get("thinking_tokens")));
    Some(Usage {
        input: input.unwrap_or(0),
        cache_read: read.unwrap_or(0),
        cache_write: written - long,
        cache_write_long: long,
        output: output.unwrap_or(0),
        reasoning,
        // Counted with the other tools of the server's own.
        searches: 0,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use crate::protocol::money::Money;
    use crate::protocol::reply::Iteration;
    use crate::protocol::usage::Usage;
    use crate::provider::anthropic::decode::decoder;
    use crate::provider::anthropic::usage::iterations;
    use crate::provider::testing::{decode, done};

    #[test]
    fn turns_of_the_servers_own_are_told_apart_and_add_up() {
        let turn =
            |input: u64, output: u64| json!({"input_tokens": input, "output_tokens": output});
        let usage = |input, output| Iteration {
            usage: Usage {
                input,
                output,
                ..Usage::default()
            },
            model: None,
        };
        let advisor = json!({"type": "advisor_message", "model": "claude-opus-5-5",
            "input_tokens": 90, "output_tokens": 7});
        let advised = Iteration {
            model: Some("claude-opus-5-5".to_owned()),
            ..usage(90, 7)
        };
        let cases = [
            (turn(5, 2), json!([]), vec![]),
            (turn(5, 2), json!([turn(5, 2)]), vec![]),
            (
                turn(5, 2),
                json!([turn(90, 7), turn(5, 2)]),
                vec![usage(90, 7), usage(5, 2)],
            ),
            (
                turn(95, 9),
                json!([advisor, turn(5, 2)]),
                vec![advised, usage(5, 2)],
            ),
            // The numbers are of a later event.
            (
                turn(95, 20),
                json!([turn(90, 7), turn(5, 2)]),
                vec![usage(90, 7), usage(5, 13)],
            ),
            (
                turn(5, 2),
                json!([turn(90, 7), "x", turn(5, 2)]),
                vec![usage(90, 7), usage(5, 2)],
            ),
        ];
        for (mut raw, list, expected) in cases {
            raw["iterations"] = list;
            assert_eq!(iterations(raw.as_object().unwrap()), expected, "{raw}");
        }
    }

    #[test]
    fn a_cost_that_comes_with_the_end_is_the_last_word() {
        let begin = |cost: Value| json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1, "cost": cost}}});
        let end = |usage: Value| json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage});
        // What stands at the beginning is no bill yet.
        let cases = [
            (
                begin(json!(null)),
                end(json!({"output_tokens": 2, "cost": 0.00165})),
                Some(1_650_000_000),
            ),
            (
                begin(json!(0.5)),
                end(json!({"output_tokens": 2, "cost": 0.25})),
                Some(250_000_000_000),
            ),
            (begin(json!(0.5)), end(json!({"output_tokens": 2})), None),
            (begin(json!(null)), end(json!({"output_tokens": 2})), None),
        ];
        for (begin, end, expected) in cases {
            let events = [begin, end, json!({"type": "message_stop"})];
            let chunks = decode(decoder("here/claude".to_owned()), &events);
            assert_eq!(
                done(&chunks).reported_cost,
                expected.map(Money::usd),
                "{events:?}"
            );
        }
    }
}
