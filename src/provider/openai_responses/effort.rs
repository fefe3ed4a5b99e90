//! The words models have for how much they shall reason: vendors refuse a word that one of their models does not know, so the
//! nearest one it knows is sent.

use crate::protocol::effort::Effort;

/// The words for off, low, medium, high and max; none where a model refuses to be told.
type Words = Option<[&'static str; 5]>;

const LOW_TO_HIGH: Words = Some(["low", "low", "medium", "high", "high"]);
const LOW_TO_XHIGH: Words = Some(["low", "low", "medium", "high", "xhigh"]);
const NONE_TO_HIGH: Words = Some(["none", "low", "medium", "high", "high"]);
const NONE_TO_XHIGH: Words = Some(["none", "low", "medium", "high", "xhigh"]);
const NONE_TO_MAX: Words = Some(["none", "low", "medium", "high", "max"]);

/// By how the name of a model begins; the first that fits. From the vendors' pages on reasoning and from what their servers
/// say when they refuse a word ("Supported values are: …").
const TABLE: &[(&str, Words)] = &[
    ("gpt-3", None),
    ("gpt-4", None),
    ("chatgpt-", None),
    ("gpt-oss", LOW_TO_HIGH),
    ("gpt-5-chat", None),
    ("gpt-5-codex", LOW_TO_HIGH),
    ("gpt-5-pro", Some(["high"; 5])),
    ("gpt-5.1-chat", None),
    ("gpt-5.1-codex-max", LOW_TO_XHIGH),
    ("gpt-5.1-codex", LOW_TO_HIGH),
    ("gpt-5.1", NONE_TO_HIGH),
    ("gpt-5.2-chat", None),
    ("gpt-5.2-codex", LOW_TO_XHIGH),
    (
        "gpt-5.2-pro",
        Some(["medium", "medium", "medium", "high", "xhigh"]),
    ),
    ("gpt-5.2", NONE_TO_XHIGH),
    ("gpt-5.3-chat", None),
    ("gpt-5.3-codex", LOW_TO_XHIGH),
    ("gpt-5.3", NONE_TO_XHIGH),
    (
        "gpt-5.4-pro",
        Some(["medium", "medium", "medium", "high", "xhigh"]),
    ),
    ("gpt-5.4", NONE_TO_XHIGH),
    (
        "gpt-5.5-pro",
        Some(["medium", "medium", "medium", "high", "xhigh"]),
    ),
    ("gpt-5.5", NONE_TO_XHIGH),
    ("gpt-5.", NONE_TO_MAX),
    ("gpt-5", Some(["minimal", "low", "medium", "high", "high"])),
    ("gpt-", NONE_TO_MAX),
    ("o1", LOW_TO_HIGH),
    ("o3", LOW_TO_HIGH),
    ("o4", LOW_TO_HIGH),
    ("deepseek", Some(["none", "low", "high", "high", "max"])),
    // Reasoning or not is in the name, and saying so besides is refused.
    ("grok-3", None),
    ("grok-4.20", None),
    ("grok-4.3", NONE_TO_XHIGH),
    ("grok-4.5", LOW_TO_HIGH),
    ("grok-4.", LOW_TO_XHIGH),
    ("grok-4", None),
    ("grok-build", None),
    ("grok-code", None),
    ("grok-", LOW_TO_XHIGH),
];

/// The word for the effort; `None` where nothing may be said of it.
pub(crate) fn word(model: &str, effort: Effort, normalizes: bool) -> Option<&'static str> {
    let words = if normalizes {
        // A gateway that takes every word and finds the nearest itself.
        NONE_TO_XHIGH
    } else {
        entry(model).unwrap_or(NONE_TO_HIGH)
    };
    let index = Effort::ALL.iter().position(|known| *known == effort)?;
    words?.get(index).copied()
}

/// Whether a model can reason at all, as far as is known: one that cannot refuses to be asked for its reasoning.
pub(crate) fn can_reason(model: &str) -> bool {
    let is_openai = ["gpt-", "chatgpt-"]
        .iter()
        .any(|start| bare(model).starts_with(start));
    !(is_openai && entry(model) == Some(None))
}

fn entry(model: &str) -> Option<Words> {
    let name = bare(model);
    TABLE
        .iter()
        .find(|(start, _)| name.starts_with(start))
        .map(|&(_, words)| words)
}

/// Without the vendor's name that gateways put before it.
fn bare(model: &str) -> &str {
    model.rsplit_once('/').map_or(model, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn each_model_is_told_the_nearest_word_it_knows() {
        let cases = [
            ("gpt-5.6-terra", "none low medium high max"),
            ("openai/gpt-5.6", "none low medium high max"),
            ("gpt-6-sol", "none low medium high max"),
            ("gpt-5.4-mini", "none low medium high xhigh"),
            ("gpt-5.3-codex", "low low medium high xhigh"),
            ("gpt-5.1", "none low medium high high"),
            ("gpt-5.1-codex-max", "low low medium high xhigh"),
            ("gpt-5-mini", "minimal low medium high high"),
            ("gpt-5-pro", "high high high high high"),
            ("o3-mini", "low low medium high high"),
            ("gpt-oss-120b", "low low medium high high"),
            ("gpt-4.1", "- - - - -"),
            ("gpt-5.2-chat-latest", "- - - - -"),
            ("deepseek-v4-pro", "none low high high max"),
            ("grok-4.7", "low low medium high xhigh"),
            ("grok-code-fast-1", "- - - - -"),
            ("qwen3-8b", "none low medium high high"),
        ];
        for (model, expected) in cases {
            let words: Vec<&str> = Effort::ALL
                .iter()
                .map(|&effort| word(model, effort, false).unwrap_or("-"))
                .collect();
            assert_eq!(words.join(" "), expected, "{model}");
        }
        assert_eq!(word("openai/o1", Effort::Max, true), Some("xhigh"));
    }

    #[test]
    fn only_models_known_not_to_reason_are_not_asked_for_it() {
        let cases = [
            ("gpt-4o-mini", false),
            ("openai/gpt-4.1", false),
            ("gpt-5-chat-latest", false),
            ("gpt-5.6-terra", true),
            ("o3", true),
            // Its reasoning cannot be chosen, and comes all the same.
            ("grok-code-fast-1", true),
            ("anything", true),
        ];
        for (model, expected) in cases {
            assert_eq!(can_reason(model), expected, "{model}");
        }
    }
}
