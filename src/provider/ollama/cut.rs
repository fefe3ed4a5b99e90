//! Whether the server dropped a part of the prompt without a word. It is asked not to (`truncate: false`), which servers before
//! late 2025 do not know; they drop the oldest messages, or the front of the text, and only the count tells. How few tokens a
//! text can come to nobody knows, since a long run of blanks or a word of code may be one; and servers that have a part of
//! a prompt in their cache may count the rest alone. So a small count proves nothing, and only one that a cut leaves is told.

use crate::agent::prompt::{Message, Prompt};
use crate::agent::size;
use crate::protocol::reply::Part;
use crate::protocol::told::Told;

/// What was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// It cannot have been cut: the window has room for as many tokens as it has bytes.
    fits: bool,
    /// The tokens it likely came to.
    likely: u64,
    /// The window that was asked for with it.
    window: Option<u64>,
}

impl Sent {
    pub(crate) fn new(prompt: &Prompt, told: &Told) -> Self {
        let mut bytes = prompt.system.len() as u64;
        for tool in prompt.tools.iter() {
            bytes += (tool.name.len() + tool.description.len()) as u64;
            bytes += tool.schema.to_string().len() as u64;
        }
        let mut characters = counted(&prompt.system);
        for message in &prompt.messages {
            let mut said = |text: &str| {
                bytes += text.len() as u64;
                counted(text)
            };
            match message {
                Message::User { text, .. } => characters += said(text),
                Message::Results { results } => {
                    characters += results.iter().map(|result| said(&result.text)).sum::<u64>();
                }
                Message::Assistant { parts } => {
                    // Templates leave out earlier reasoning, and write calls in their own way.
                    for part in parts {
                        match part {
                            Part::Text { text, .. } => characters += said(text),
                            Part::Thought { text, .. } => _ = said(text),
                            Part::Call { arguments, .. } => _ = said(arguments),
                        }
                    }
                }
            }
        }
        let pictures = size::pictures(&prompt.model, &prompt.messages).most;
        let around = AROUND * (prompt.messages.len() as u64 + prompt.tools.len() as u64 + 1);
        Self {
            fits: told
                .window
                .is_some_and(|window| bytes + pictures + around <= window),
            likely: characters / USUAL,
            window: told.window,
        }
    }

    /// That the server dropped a part, in words, where the `tokens` it read are what it leaves of a prompt it cuts: the whole
    /// window, or half of what is beyond the tokens that it always keeps.
    pub(crate) fn missed(&self, tokens: u64) -> Option<String> {
        let window = self.window.filter(|_| !self.fits)?;
        let half = KEPT + window.saturating_sub(KEPT) / 2;
        (self.likely > window && (tokens == window || tokens == half)).then(|| {
            format!(
                "the server read {tokens} tokens, which is what it leaves of a prompt that is longer than its window of {window}, \
                 and dropped the rest: set the model's `context` in config.toml to what it can hold, or start a new session"
            )
        })
    }
}

/// Characters to a token in prose and code, on the average.
const USUAL: u64 = 4;

/// Tokens at the front that a cut leaves in place, as servers of this dialect are set.
const KEPT: u64 = 4;

/// What a template puts around a message or a tool, in tokens, at the most.
const AROUND: u64 = 64;

/// The characters of a text, of which a run of one and the same sign or blank counts as one: such a run is few tokens.
fn counted(text: &str) -> u64 {
    let mut before = None;
    let mut count = 0;
    for character in text.chars() {
        if before != Some(character) || character.is_alphanumeric() {
            count += 1;
        }
        before = Some(character);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing;

    const WORDS: &str = "so it goes on "; // 14 characters, 3 or 4 tokens

    #[test]
    fn only_a_count_that_a_cut_leaves_is_told() {
        let long = WORDS.repeat(3000); // about 10,000 tokens
        let code = format!("{}fn main()", " ".repeat(60)).repeat(600);
        let (asked, short) = (WORDS.repeat(3000), WORDS.repeat(5));
        let rules = "-".repeat(60_000);
        let cases = [
            ("read whole", &asked, None, 10_000, false),
            // Whatever is small may be the rest of one that is in the cache, or a text of few tokens.
            ("a small count", &asked, None, 2050, false),
            ("in a small window", &asked, Some(4096), 40, false),
            ("indented code", &code, Some(4096), 1500, false),
            ("a ruler", &rules, Some(4096), 900, false),
            // What a cut leaves.
            ("the window itself", &asked, Some(8192), 8192, true),
            ("its half", &asked, Some(8192), 4098, true),
            ("neither", &asked, Some(8192), 4099, false),
            // A window of so many tokens holds so many bytes.
            ("in a large window", &long, Some(50_000), 50_000, false),
            ("a short one", &short, Some(64), 34, false),
        ];
        for (name, text, window, tokens, cut) in cases {
            let told = Told {
                window,
                thinking: None,
                images: None,
            };
            let prompt = testing::prompt("here/m", vec![testing::user(text)]);
            let sent = Sent::new(&prompt, &told);
            assert_eq!(sent.missed(tokens).is_some(), cut, "{name}: {sent:?}");
        }
    }
}
