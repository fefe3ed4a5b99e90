//! What the models differ in, as their names tell: how reasoning is asked for, and whether a call must be signed.

use serde::Serialize;

use crate::protocol::effort::Effort;

/// Major and minor number of a model of the family; `None` for any other model. A name for whatever is newest counts as
/// newer than all numbers.
pub(crate) fn generation(model: &str) -> Option<(u32, u32)> {
    let name = model.rsplit('/').next().unwrap_or(model);
    let rest = name.strip_prefix("gemini-")?;
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return name.ends_with("-latest").then_some((u32::MAX, 0));
    }
    let number = rest.split('-').next().unwrap_or(rest);
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Since the third generation a turn whose calls lack the signature they came with is refused.
pub(crate) fn needs_signatures(model: &str) -> bool {
    generation(model).is_some_and(|(major, _)| major >= 3)
}

/// `thinkingConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Thinking {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "thinkingLevel")]
    level: Option<&'static str>,
    /// In tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "thinkingBudget")]
    budget: Option<u64>,
}

/// How much the model shall reason, in the nearest words it knows. Where the model is known to reason its thoughts are asked
/// for, which neither adds reasoning nor costs; models before 2.5 refuse the field altogether.
pub(crate) fn thinking(model: &str, effort: Option<Effort>, max_output: u64) -> Option<Thinking> {
    let generation = generation(model);
    if generation.is_some_and(|generation| generation < (2, 5)) {
        return None;
    }
    let include_thoughts = generation.is_some();
    let mut thinking = Thinking {
        include_thoughts,
        ..Thinking::default()
    };
    match effort {
        None => {}
        Some(effort) if generation == Some((2, 5)) => {
            thinking.budget = Some(budget(model, effort, max_output));
        }
        Some(effort) => thinking.level = Some(level(model, generation, effort)),
    }
    (thinking != Thinking::default()).then_some(thinking)
}

/// Tokens of reasoning for the models before levels. The steps are those Google gives for `reasoning_effort`; the ends are the
/// least and the most each model takes.
fn budget(model: &str, effort: Effort, max_output: u64) -> u64 {
    let (least, most) = if model.contains("pro") {
        (128, 32_768)
    } else {
        (0, 24_576)
    };
    let wanted = match effort {
        Effort::Off => return least,
        Effort::Low => 1024,
        Effort::Medium => 8192,
        Effort::High => 24_576,
        Effort::Max => most,
    };
    // Reasoning and answer share one limit: a quarter of it is left for the answer. 512 is the least a lite model takes.
    wanted.min(max_output - max_output / 4).max(512)
}

/// The level for the models since the third generation. `minimal` is refused by the large ones and again from 3.6 on, save by
/// the lite ones; `medium` by the first of the large ones.
fn level(model: &str, generation: Option<(u32, u32)>, effort: Effort) -> &'static str {
    let large = model.contains("pro");
    match effort {
        Effort::Off => {
            let early = generation.is_none_or(|generation| generation < (3, 6));
            if !large && (early || model.contains("lite")) {
                "minimal"
            } else {
                "low"
            }
        }
        Effort::Low => "low",
        Effort::Medium if !(large && generation == Some((3, 0))) => "medium",
        Effort::Medium | Effort::High | Effort::Max => "high",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_tells_its_generation_by_its_name() {
        let cases = [
            ("gemini-3.8-flash", Some((3, 8))),
            ("gemini-3-pro-preview", Some((3, 0))),
            ("models/gemini-2.5-flash-lite", Some((2, 5))),
            ("google/gemini-2.0-flash-001", Some((2, 0))),
            ("gemini-1.5-pro-latest", Some((1, 5))),
            ("gemini-flash-latest", Some((u32::MAX, 0))),
            ("gemini-exp-1206", None),
            ("gemini-99999999999-x", None),
            ("gemma-4-26b-a4b-it", None),
            ("", None),
        ];
        for (model, expected) in cases {
            assert_eq!(generation(model), expected, "{model}");
        }
    }

    #[test]
    fn effort_is_said_in_the_words_the_model_takes() {
        use Effort::{High, Low, Max, Medium, Off};
        let seen = |more: serde_json::Value| {
            let mut all = json!({"includeThoughts": true});
            if let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) {
                all.extend(more.clone());
            }
            all
        };
        let level = |level: &str| seen(json!({"thinkingLevel": level}));
        let budget = |budget: u64| seen(json!({"thinkingBudget": budget}));
        let cases = [
            ("gemini-3.8-flash", None, seen(json!({}))),
            ("gemini-3.8-flash", Some(Off), level("low")),
            ("gemini-3.8-flash", Some(Medium), level("medium")),
            ("gemini-3.8-flash", Some(Max), level("high")),
            ("gemini-3.5-flash", Some(Off), level("minimal")),
            ("gemini-3.7-flash-lite", Some(Off), level("minimal")),
            ("gemini-3-pro-preview", Some(Off), level("low")),
            ("gemini-3-pro-preview", Some(Low), level("low")),
            ("gemini-3-pro-preview", Some(Medium), level("high")),
            ("gemini-3.1-pro-preview", Some(Medium), level("medium")),
            ("gemini-pro-latest", Some(Off), level("low")),
            ("gemini-2.5-pro", Some(Off), budget(128)),
            ("gemini-2.5-pro", Some(Max), budget(32_768)),
            ("gemini-2.5-flash", Some(Off), budget(0)),
            ("gemini-2.5-flash", Some(Low), budget(1024)),
            ("gemini-2.5-flash", Some(Medium), budget(8192)),
            ("gemini-2.5-flash", Some(High), budget(24_576)),
            ("gemini-2.0-flash", Some(High), json!(null)),
            ("gemini-2.0-flash", None, json!(null)),
            ("gemma-4-26b-a4b-it", None, json!(null)),
            (
                "gemma-4-26b-a4b-it",
                Some(High),
                json!({"thinkingLevel": "high"}),
            ),
        ];
        for (model, effort, expected) in cases {
            let said = thinking(model, effort, 65_536);
            assert_eq!(json!(said), expected, "{model} {effort:?}");
        }
        // Something is always left for the answer.
        let said = thinking("gemini-2.5-pro", Some(Max), 8000);
        assert_eq!(json!(said), budget(6000));
    }
}
