//! A title for a session, asked of a small model: what it is shown of the session, and what is taken of its answer.

use std::sync::Arc;

use crate::agent::prompt::{Caching, Message, Placed, Prompt};
use crate::agent::visible::{brief, first_line};
use crate::protocol::effort::Effort;
use crate::protocol::id::ModelRef;
use crate::protocol::item::{Item, Origin, joined};

const SYSTEM: &str = "You name conversations. Answer with a title of at most six words in the language of the \
                      conversation, and nothing else.";

/// Characters shown of the prompt and of the answer: what a title is about stands at their beginning.
const SHOWN: usize = 1500;

/// The longest title that is taken, in characters.
const LONGEST: usize = 60;

/// A title is short; what comes before it is for models that reason whatever they are told.
const MOST_OUTPUT: u64 = 1000;

/// The prompt that asks for a title; `None` where nothing was said yet.
pub fn ask(items: &[Placed], model: &ModelRef) -> Option<Prompt> {
    let said = items.iter().find_map(|(_, _, item)| match item {
        Item::Prompt {
            blocks,
            origin: Origin::Person,
        } => Some(joined(blocks)),
        _ => None,
    })?;
    let answer = items.iter().rev().find_map(|(_, _, item)| match item {
        Item::Answer { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let text = format!(
        "The person said:\n{}\n\nThe answer was:\n{}",
        head(&said),
        head(answer.unwrap_or_default())
    );
    Some(Prompt {
        model: model.clone(),
        system: SYSTEM.into(),
        tools: Arc::new([]),
        messages: vec![Message::User {
            text,
            pictures: Vec::new(),
        }],
        max_output: MOST_OUTPUT,
        effort: Some(Effort::Off),
        caching: Caching::default(),
    })
}

fn head(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// The title in an answer; `None` where there is none.
pub fn taken(answer: &str) -> Option<String> {
    let line = first_line(answer);
    let line = line.strip_prefix("Title:").unwrap_or(&line);
    let bare = line.trim_matches(|c: char| c.is_whitespace() || "\"'`*#“”„«».".contains(c));
    (!bare.is_empty()).then(|| brief(bare, LONGEST))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::item::Block;

    #[test]
    fn of_an_answer_the_bare_title_is_taken() {
        let cases = [
            ("Fix the parser", Some("Fix the parser")),
            ("\n\"Fix the parser.\"\nBecause …", Some("Fix the parser")),
            ("**Title: Fix**", Some("Title: Fix")),
            ("Title: Fix", Some("Fix")),
            ("修复解析器", Some("修复解析器")),
            ("\u{1b}[2J\u{7}", None),
            ("  \n \"\" ", None),
        ];
        for (answer, title) in cases {
            assert_eq!(taken(answer).as_deref(), title, "{answer:?}");
        }
        let long = taken(&"word ".repeat(100)).unwrap_or_default();
        assert_eq!(long.chars().count(), LONGEST);
    }

    #[test]
    fn the_first_prompt_and_the_last_answer_are_shown_and_no_more() {
        let model = ModelRef {
            provider: "a".into(),
            model: "m".into(),
        };
        assert_eq!(ask(&[], &model), None);
        let answer = |text: &str| Item::Answer {
            text: text.into(),
            cut: false,
            opaque: None,
        };
        let prompt = Item::Prompt {
            blocks: vec![Block::text("x".repeat(2000))],
            origin: Origin::Person,
        };
        let items = [
            (1, 1, prompt),
            (1, 1, answer("First.")),
            (1, 2, answer("Last.")),
        ];
        let text = format!(
            "The person said:\n{}\n\nThe answer was:\nLast.",
            "x".repeat(SHOWN)
        );
        let messages = ask(&items, &model).map(|prompt| prompt.messages);
        assert_eq!(
            messages,
            Some(vec![Message::User {
                text,
                pictures: Vec::new(),
            }])
        );
    }
}
