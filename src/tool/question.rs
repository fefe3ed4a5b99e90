//! `question`: the model asks the person. It never runs: the engine makes an ask of it, and the answer is its result.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::ask::CHOICES_MOST;
use crate::protocol::call::{Outcome, Reach, ToolSpec};
use crate::tool::deed::Deed;
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::schema::{self, Need};
use crate::tool::{Ended, Place, Query, Scene, Tool};

/// Longer ones are no questions: a person reads them on one screen.
const TEXT_MOST: usize = 4_000;
const CHOICE_MOST: usize = 200;

#[derive(Debug)]
pub struct Question {
    spec: ToolSpec,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "question",
                include_str!("question.md"),
                &[
                    ("text", "string", Need::Required),
                    ("choices", "array of string", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Question {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, _: &Place) -> Result<Vec<Reach>, String> {
        read(input).map(|_| Vec::new())
    }

    fn only_reads(&self) -> bool {
        false
    }

    fn query(&self, input: &Value) -> Option<Result<Query, String>> {
        Some(read(input))
    }

    fn run(&self, _: Arc<Deed>, _: Scene) -> BoxFuture<'static, Ended> {
        let text = "a question is answered by the person; nothing was run";
        std::future::ready(Outcome::failed(text).into()).boxed()
    }
}

fn read(input: &Value) -> Result<Query, String> {
    let arguments = Arguments::of(input);
    let text = arguments.text("text")?.trim();
    if text.is_empty() {
        return Err("`text` is empty: write the question".to_owned());
    }
    if text.len() > TEXT_MOST {
        return Err(format!(
            "the question is {} bytes long; at most {TEXT_MOST} are shown",
            text.len()
        ));
    }
    let choices: Vec<String> = arguments
        .texts("choices")?
        .into_iter()
        .map(|choice| choice.trim().to_owned())
        .filter(|choice| !choice.is_empty())
        .collect();
    if choices.len() > CHOICES_MOST {
        return Err(format!(
            "{} choices are too many: offer at most {CHOICES_MOST}",
            choices.len()
        ));
    }
    if let Some(long) = choices.iter().find(|choice| choice.len() > CHOICE_MOST) {
        return Err(format!(
            "a choice of {} bytes is too long: at most {CHOICE_MOST}; say the rest in `text`",
            long.len()
        ));
    }
    Ok(Query {
        text: text.to_owned(),
        choices,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_question_has_a_text_and_few_short_choices() {
        let long = "x".repeat(CHOICE_MOST + 1);
        let many: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        for (input, found) in [
            (json!({"text": " Which? "}), Ok(("Which?", vec![]))),
            (
                json!({"text": "Which?", "choices": ["2.4.0", " ", "3.0.0"]}),
                Ok(("Which?", vec!["2.4.0", "3.0.0"])),
            ),
            (
                json!({"text": "Which?", "choices": "one"}),
                Ok(("Which?", vec!["one"])),
            ),
            (
                json!({"text": "Which?", "choices": null}),
                Ok(("Which?", vec![])),
            ),
            (json!({}), Err("`text` is missing")),
            (
                json!({"text": " "}),
                Err("`text` is empty: write the question"),
            ),
            (
                json!({"text": "Which?", "choices": [1]}),
                Err("`choices` must be a list of strings, not of a number"),
            ),
            (
                json!({"text": "Which?", "choices": many}),
                Err("10 choices are too many: offer at most 9"),
            ),
            (
                json!({"text": "Which?", "choices": [long]}),
                Err("a choice of 201 bytes is too long: at most 200; say the rest in `text`"),
            ),
        ] {
            let read = read(&input);
            let seen = read.as_ref().map(|query| {
                let choices = query.choices.iter().map(String::as_str).collect();
                (query.text.as_str(), choices)
            });
            assert_eq!(seen.map_err(String::as_str), found, "{input}");
        }
        let text = "x".repeat(TEXT_MOST + 1);
        assert!(read(&json!({ "text": text })).is_err());
    }
}
