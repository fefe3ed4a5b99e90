//! How a model is told how much to reason, as data: the second part of `assets/presets.toml` says for each vendor, dialect
//! and family of models which fields of the body say it, and which are sent when nothing was chosen.
//! A row is parsed only when it may fit.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::agent::prompt::Prompt;
use crate::config::Wire;
use crate::config::preset;
use crate::protocol::effort::Effort;
use crate::provider::quirks::Quirks;

/// The least budget that is taken: platform.claude.com/docs, "Extended thinking".
const LEAST_BUDGET: u64 = 1024;

/// Fields of a body. They are sent by their names, as TOML gives them: in the same order every time.
pub type Fields = Map<String, Value>;

/// What some models are told.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    /// Names of presets; an empty one is a provider without a preset.
    presets: Vec<&'static str>,
    wire: &'static str,
    /// Patterns of which one fits; empty: every model.
    models: Vec<&'static str>,
    usual: Fields,
    off: Fields,
    low: Fields,
    medium: Fields,
    high: Fields,
    max: Fields,
}

/// The line each row begins with.
const HEAD: &str = "[[reasoning]]\n";

/// A row as it stands in the file. The whole table takes a millisecond to read, and a request needs one row of it.
struct Entry {
    text: &'static str,
    row: OnceLock<Row>,
}

/// The first row that fits holds. Cut apart when a request is first made, never at start.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let texts = preset::reasoning().split(HEAD).skip(1);
    texts
        .map(|text| Entry {
            text,
            row: OnceLock::new(),
        })
        .collect()
});

impl Entry {
    /// A look at the text alone: a row that it passes over cannot fit. Both names are in quotes.
    fn may_fit(&self, preset: &str, wire: &str) -> bool {
        self.text.contains(preset) && self.text.contains(wire)
    }

    /// A test reads every row, so none can be unreadable here.
    fn row(&'static self) -> &'static Row {
        self.row
            .get_or_init(|| toml::from_str(self.text).unwrap_or_default())
    }
}

/// What the body of a call says of reasoning: the nearest to the effort that was chosen, or what the vendor needs by default.
pub fn fields(prompt: &Prompt, wire: Wire, quirks: &Quirks) -> Cow<'static, Fields> {
    let (preset, dialect) = (quoted(quirks.preset), quoted(wire.name()));
    let likely = ENTRIES
        .iter()
        .filter(|entry| entry.may_fit(&preset, &dialect));
    let fits = |row: &&Row| row.fits(quirks.preset, wire, &prompt.model.model);
    match likely.map(Entry::row).find(fits) {
        Some(row) => within(row, prompt.effort, prompt.max_output),
        None => Cow::Owned(Fields::new()),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

impl Row {
    fn fits(&self, preset: &str, wire: Wire, model: &str) -> bool {
        self.presets.contains(&preset)
            && self.wire == wire.name()
            && (self.models.is_empty() || self.models.iter().any(|start| begins(model, start)))
    }

    fn at(&self, effort: Option<Effort>) -> &Fields {
        match effort {
            None => &self.usual,
            Some(Effort::Off) => &self.off,
            Some(Effort::Low) => &self.low,
            Some(Effort::Medium) => &self.medium,
            Some(Effort::High) => &self.high,
            Some(Effort::Max) => &self.max,
        }
    }
}

/// A budget counts as a part of the answer and must leave room for the rest of it: a quarter. Where there is no room for the
/// least budget there is no reasoning.
fn within(row: &'static Row, effort: Option<Effort>, max_output: u64) -> Cow<'static, Fields> {
    let fields = row.at(effort);
    let budget = fields
        .get("thinking")
        .and_then(|thinking| thinking["budget_tokens"].as_u64());
    let room = max_output - max_output / 4;
    match budget {
        Some(budget) if budget > room && room < LEAST_BUDGET => Cow::Borrowed(&row.off),
        Some(budget) if budget > room => {
            let mut fields = fields.clone();
            fields["thinking"]["budget_tokens"] = Value::from(room);
            Cow::Owned(fields)
        }
        _ => Cow::Borrowed(fields),
    }
}

/// Whether a model's name begins so; `*` is any text. Capitals do not count, and gateways write `4.5` where the vendor
/// writes `4-5`.
fn begins(model: &str, pattern: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace('.', "-");
    let (model, pattern) = (plain(model), plain(pattern));
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = model.strip_prefix(first) else {
        return false;
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::provider::quirks;
    use crate::provider::testing;

    #[test]
    fn the_table_is_sound() {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 'static"))]
        struct File {
            reasoning: Vec<Row>,
        }
        let file = toml::from_str::<File>(preset::reasoning()).unwrap();
        let alone: Vec<_> = ENTRIES.iter().map(Entry::row).collect();
        assert_eq!(alone, file.reasoning.iter().collect::<Vec<_>>());
        let wires = ["anthropic", "openai-chat"];
        for row in &file.reasoning {
            assert!(!row.presets.is_empty(), "{row:?}");
            assert!(wires.contains(&row.wire), "{row:?}");
            for preset in &row.presets {
                assert!(preset.is_empty() || quirks::of(preset).is_some(), "{row:?}");
            }
            // Every step or none: a step left out would be the default without a word.
            let told = Effort::ALL.map(|effort| !row.at(Some(effort)).is_empty());
            assert!(
                told.iter().all(|told| *told) || told.iter().all(|told| !told),
                "{row:?}"
            );
        }
        // No row stands behind one that takes everything it would.
        for (index, row) in file.reasoning.iter().enumerate() {
            for model in row
                .models
                .iter()
                .chain([&""].into_iter().filter(|_| row.models.is_empty()))
            {
                let name = model.replace('*', "");
                for preset in &row.presets {
                    let first = file.reasoning.iter().position(|other| {
                        other.presets.contains(preset)
                            && other.wire == row.wire
                            && (other.models.is_empty()
                                || other.models.iter().any(|start| begins(&name, start)))
                    });
                    assert_eq!(first, Some(index), "{preset} {model}");
                }
            }
        }
    }

    #[test]
    fn the_look_at_the_text_passes_over_no_row_that_fits() {
        for entry in ENTRIES.iter() {
            for preset in &entry.row().presets {
                let (preset, wire) = (quoted(preset), quoted(entry.row().wire));
                assert!(entry.may_fit(&preset, &wire), "{preset}: {}", entry.text);
            }
        }
    }

    #[test]
    fn a_name_begins_as_the_pattern_says() {
        let cases = [
            ("claude-opus-4-5-20251101", "claude-opus-4-5", true),
            ("Claude-Opus-4.5", "claude-opus-4-5", true),
            ("claude-opus-4-5", "claude-opus-5", false),
            ("gpt-5.2-chat-latest", "gpt-5*-chat", true),
            ("gpt-5.2", "gpt-5*-chat", false),
            ("unsloth/gpt-oss-20b", "*gpt-oss", true),
            ("qwen3-next-80b-thinking", "*-thinking", true),
            ("", "a", false),
            ("x", "", true),
        ];
        for (model, pattern, expected) in cases {
            assert_eq!(begins(model, pattern), expected, "{model} {pattern}");
        }
    }

    /// One row a family of models: what is sent when nothing was chosen, then for off, low, medium, high and max.
    #[test]
    fn each_family_is_told_in_its_own_words() {
        let adaptive = |effort: &str| json!({"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": effort}});
        let budget =
            |tokens: u64| json!({"thinking": {"type": "enabled", "budget_tokens": tokens}});
        let disabled = || json!({"thinking": {"type": "disabled"}});
        let enabled = || json!({"thinking": {"type": "enabled"}});
        let none = || json!({});
        let word = |word: &str| json!({"reasoning_effort": word});
        let both = |word: &str| json!({"thinking": {"type": "enabled"}, "reasoning_effort": word});
        let words = |all: [&str; 5]| {
            let [off, low, medium, high, max] = all.map(word);
            [none(), off, low, medium, high, max]
        };
        let switch = || {
            [
                none(),
                disabled(),
                enabled(),
                enabled(),
                enabled(),
                enabled(),
            ]
        };
        let (chat, messages) = (Wire::OpenAiChat, Wire::Anthropic);
        let cases = [
            (
                "anthropic",
                messages,
                "claude-sonnet-5",
                [
                    none(),
                    disabled(),
                    adaptive("low"),
                    adaptive("medium"),
                    adaptive("high"),
                    adaptive("max"),
                ],
            ),
            (
                "anthropic",
                messages,
                "claude-sonnet-4-5-20250929",
                [
                    none(),
                    disabled(),
                    budget(2048),
                    budget(8192),
                    budget(16384),
                    budget(32000),
                ],
            ),
            (
                "anthropic",
                messages,
                "claude-3-5-haiku-latest",
                std::array::from_fn(|_| none()),
            ),
            (
                "openrouter",
                messages,
                "anthropic/claude-sonnet-5.5",
                [
                    none(),
                    json!({"output_config": {"effort": "low"}}),
                    adaptive("low"),
                    adaptive("medium"),
                    adaptive("high"),
                    adaptive("max"),
                ],
            ),
            (
                "openrouter",
                messages,
                "anthropic/claude-opus-4.6",
                [
                    none(),
                    disabled(),
                    adaptive("low"),
                    adaptive("medium"),
                    adaptive("high"),
                    adaptive("max"),
                ],
            ),
            (
                "openrouter",
                messages,
                "anthropic/claude-haiku-4.5",
                [
                    none(),
                    disabled(),
                    budget(2048),
                    budget(8192),
                    budget(16384),
                    budget(32000),
                ],
            ),
            (
                "openrouter",
                messages,
                "anthropic/claude-3.5-haiku",
                std::array::from_fn(|_| none()),
            ),
            (
                "deepseek",
                chat,
                "deepseek-v4-pro",
                [
                    none(),
                    disabled(),
                    both("low"),
                    both("high"),
                    both("high"),
                    both("max"),
                ],
            ),
            (
                "openai",
                chat,
                "gpt-5.2",
                words(["none", "low", "medium", "high", "xhigh"]),
            ),
            (
                "openai",
                chat,
                "gpt-5-mini",
                words(["minimal", "low", "medium", "high", "high"]),
            ),
            (
                "openai",
                chat,
                "gpt-5.6-terra",
                std::array::from_fn(|_| word("none")),
            ),
            ("openai", chat, "gpt-4.1", std::array::from_fn(|_| none())),
            (
                "google",
                chat,
                "gemini-3.8-flash",
                words(["low", "low", "medium", "high", "high"]),
            ),
            (
                "google",
                chat,
                "gemini-2.5-flash-lite",
                words(["none", "low", "medium", "high", "high"]),
            ),
            (
                "moonshot",
                chat,
                "kimi-k3",
                words(["low", "low", "high", "high", "max"]),
            ),
            ("moonshot", chat, "kimi-k2.5", switch()),
            (
                "moonshot",
                chat,
                "kimi-k2.7-code",
                std::array::from_fn(|_| none()),
            ),
            (
                "zai-coding",
                chat,
                "glm-5.3",
                words(["low", "low", "high", "high", "max"]),
            ),
            ("zai-coding", chat, "glm-4.7", switch()),
            ("mimo", chat, "mimo-v2.6-pro", switch()),
            ("mimo", messages, "mimo-v2.6-pro", switch()),
            (
                "qwen",
                chat,
                "qwen3.8-max",
                words(["none", "low", "medium", "xhigh", "xhigh"]),
            ),
            (
                "qwen",
                chat,
                "qwen3-coder-plus",
                std::array::from_fn(|_| none()),
            ),
            (
                "xai",
                chat,
                "grok-4.7",
                words(["low", "low", "medium", "high", "xhigh"]),
            ),
            (
                "xai",
                chat,
                "grok-code-fast-1",
                std::array::from_fn(|_| none()),
            ),
            (
                "mistral",
                chat,
                "mistral-large-4",
                words(["none", "high", "high", "high", "high"]),
            ),
            (
                "mistral",
                chat,
                "mistral-large-2512",
                std::array::from_fn(|_| none()),
            ),
            (
                "groq",
                chat,
                "openai/gpt-oss-120b",
                words(["low", "low", "medium", "high", "high"]),
            ),
            (
                "groq",
                chat,
                "qwen/qwen3-32b",
                words(["none", "default", "default", "default", "default"]),
            ),
            (
                "ollama",
                chat,
                "qwen3",
                words(["none", "low", "medium", "high", "high"]),
            ),
            (
                "",
                chat,
                "anything",
                words(["none", "low", "medium", "high", "high"]),
            ),
        ];
        for (preset, wire, model, expected) in cases {
            let quirks = quirks::of(preset).unwrap_or(quirks::NONE);
            let mut prompt = testing::prompt(&format!("here/{model}"), Vec::new());
            prompt.max_output = 64_000;
            let efforts = [None].into_iter().chain(Effort::ALL.map(Some));
            for (effort, expected) in efforts.zip(expected) {
                prompt.effort = effort;
                let told = Value::Object(fields(&prompt, wire, &quirks).into_owned());
                assert_eq!(told, expected, "{preset} {model} {effort:?}");
            }
        }
    }

    #[test]
    fn a_budget_leaves_room_for_the_answer() {
        let quirks = quirks::of("anthropic").unwrap();
        let mut prompt = testing::prompt("here/claude-haiku-4-5", Vec::new());
        prompt.effort = Some(Effort::High);
        let cases = [
            (64_000, json!({"type": "enabled", "budget_tokens": 16_384})),
            (20_000, json!({"type": "enabled", "budget_tokens": 15_000})),
            (1366, json!({"type": "enabled", "budget_tokens": 1025})),
            (1000, json!({"type": "disabled"})),
            (0, json!({"type": "disabled"})),
        ];
        for (max_output, expected) in cases {
            prompt.max_output = max_output;
            let told = fields(&prompt, Wire::Anthropic, &quirks);
            assert_eq!(told["thinking"], expected, "{max_output}");
        }
    }
}
