//! Whether a request may ask for reasoning with a budget, which the vendor refuses over a loop that another model began.

use std::borrow::Cow;

use crate::agent::prompt::{Message, Prompt};
use crate::config::Wire;
use crate::provider::anthropic::request::{Block, answer, is_reasoning};
use crate::provider::quirks::{Expected, Quirks};
use crate::provider::reasoning::{self, Fields};

/// How much to reason. With a budget the vendor refuses a loop whose calls have no reasoning before them, as those have none
/// that another model made: then it is not asked for until the loop is over.
pub(crate) fn reasoning(prompt: &Prompt, family: &str, quirks: &Quirks) -> Cow<'static, Fields> {
    let fields = reasoning::fields(prompt, Wire::Anthropic, quirks);
    let has_budget = fields
        .get("thinking")
        .is_some_and(|thinking| thinking.get("budget_tokens").is_some());
    if !has_budget || !insists(prompt, quirks) || !has_bare_calls(&prompt.messages, family) {
        return fields;
    }
    let mut fields = fields.into_owned();
    fields.remove("thinking");
    Cow::Owned(fields)
}

/// Whether calls without reasoning before them may be refused: so it is with Claude, wherever it is reached, with those who want all
/// reasoning back, and perhaps with a server nobody knows. The other vendors that speak this dialect do not mind, and their
/// models often call without a thought.
fn insists(prompt: &Prompt, quirks: &Quirks) -> bool {
    quirks.preset.is_empty()
        || quirks.vendor == Some("anthropic")
        || quirks.reasoning_expected != Expected::Nowhere
        || prompt.model.model.contains("claude")
}

/// Whether an answer of the loop that is open called tools without reasoning before it that goes back. What the person says
/// behind results is a part of the same turn for this vendor.
fn has_bare_calls(messages: &[Message], family: &str) -> bool {
    let begins = |at: usize| {
        let before = at.checked_sub(1).map(|before| &messages[before]);
        matches!(messages[at], Message::User { .. })
            && !matches!(before, Some(Message::Results { .. } | Message::User { .. }))
    };
    let first = (0..messages.len()).rev().find(|&at| begins(at));
    messages[first.unwrap_or(0)..].iter().any(|message| {
        let Message::Assistant { parts } = message else {
            return false;
        };
        let blocks = answer(parts, family);
        let calls = blocks
            .iter()
            .any(|block| matches!(block, Block::Call { .. }));
        calls && !blocks.first().is_some_and(is_reasoning)
    })
}
