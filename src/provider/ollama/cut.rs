//! Whether the server dropped a part of the prompt without a word. It is asked not to (`truncate: false`), which servers before
//! late 2025 do not know; they drop the oldest messages, or the front of the text, and only the count tells.

use crate::agent::prompt::{Message, Prompt};
use crate::agent::size;
use crate::protocol::reply::Part;
use crate::protocol::told::Told;
use crate::provider::ollama::usage::Seen;

/// No long text has more characters to a token: prose has between four and five, anything else fewer.
const SPARSEST: u64 = 6;

/// What was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// It cannot have been cut: the window has room for as many tokens as it has bytes.
    fits: bool,
    /// The fewest tokens it can have come to.
    least: u64,
    /// The part of them since the model spoke last, which no cache can have held.
    least_new: u64,
    /// The tokens it likely came to.
    likely: u64,
    /// The window that was asked for with it.
    window: Option<u64>,
}

impl Sent {
    pub(crate) fn new(prompt: &Prompt, told: &Told) -> Self {
        let mut sent = Self {
            least: characters(&prompt.system),
            ..Self::default()
        };
        let mut bytes = prompt.system.len() as u64;
        for tool in prompt.tools.iter() {
            bytes += (tool.name.len() + tool.description.len()) as u64;
            bytes += tool.schema.to_string().len() as u64;
        }
        for message in &prompt.messages {
            let mut said = |text: &str| {
                bytes += text.len() as u64;
                characters(text)
            };
            match message {
                Message::User { text, .. } => sent.least_new += said(text),
                Message::Results { results } => {
                    sent.least_new += results.iter().map(|result| said(&result.text)).sum::<u64>();
                }
                Message::Assistant { parts } => {
                    // Templates leave out earlier reasoning, and write calls in their own way.
                    for part in parts {
                        match part {
                            Part::Text { text, .. } => sent.least += said(text),
                            Part::Thought { text, .. } => _ = said(text),
                            Part::Call { arguments, .. } => _ = said(arguments),
                        }
                    }
                    sent.least += std::mem::take(&mut sent.least_new);
                }
            }
        }
        bytes += size::pictures(&prompt.model, &prompt.messages).most;
        let around = AROUND * (prompt.messages.len() as u64 + prompt.tools.len() as u64 + 1);
        Self {
            fits: told.window.is_some_and(|window| bytes + around <= window),
            least: (sent.least + sent.least_new) / SPARSEST,
            least_new: sent.least_new / SPARSEST,
            likely: (sent.least + sent.least_new) / USUAL,
            window: told.window,
        }
    }

    /// What the server dropped, in words, where it is certain that it did.
    pub(crate) fn missed(&self, seen: Seen) -> Option<String> {
        let (least, tokens) = (self.least, seen.tokens);
        if self.fits {
            return None;
        }
        let enough = if seen.whole { least } else { self.least_new };
        if tokens < enough {
            return Some(format!(
                "the server read {tokens} tokens of a prompt of {least} or more and dropped the rest"
            ));
        }
        let window = self.window?;
        // It cannot have held the prompt, so a count that looks as if a cache had held the rest is that of a cut.
        if least > window && tokens < least {
            return Some(format!(
                "the prompt has {least} tokens or more and the window that was asked for {window}: the server dropped the rest"
            ));
        }
        // Servers cut to the whole window, or to its half beyond what they always keep.
        let half = KEPT + window.saturating_sub(KEPT) / 2;
        (self.likely > window && (tokens == window || tokens == half)).then(|| {
            format!(
                "the server read {tokens} tokens, which is what it leaves of a prompt that is longer than its window of {window}, \
                 and dropped the rest"
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
fn characters(text: &str) -> u64 {
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

    fn long(times: usize) -> String {
        WORDS.repeat(times)
    }

    #[test]
    fn a_cut_is_seen_and_a_warm_cache_is_not_taken_for_one() {
        let asked = vec![testing::user(&long(3000))]; // about 10,000 tokens, 7,000 at the least
        let mut later = asked.clone();
        later.push(Message::Assistant {
            parts: vec![testing::thought(&long(9000), None), testing::text("Yes.")],
        });
        later.push(testing::results(&[("c1", "ok", false)]));
        let short = vec![testing::user(&long(5))];
        let rules = vec![testing::user(&"-".repeat(60_000))];
        let cases = [
            ("read whole", &asked, None, (10_000, false), false),
            ("cut to a half", &asked, None, (2050, false), true),
            ("in a small window", &asked, Some(4096), (2050, false), true),
            // A window of so many tokens holds so many bytes.
            ("in a large one", &asked, Some(50_000), (2050, false), false),
            ("the rest was cached", &later, None, (40, false), false),
            (
                "read whole, cache and all",
                &later,
                None,
                (10_060, true),
                false,
            ),
            ("cut, cache and all", &later, None, (2050, true), true),
            // The cache can have held no more than the window that was asked for.
            (
                "looks cached, in a window too small",
                &later,
                Some(4096),
                (40, false),
                true,
            ),
            (
                "counted as the window itself",
                &later,
                Some(8192),
                (8192, false),
                true,
            ),
            (
                "counted as its half",
                &later,
                Some(8192),
                (4098, false),
                true,
            ),
            (
                "counted as neither",
                &later,
                Some(8192),
                (4099, false),
                false,
            ),
            (
                "a short one that counts as the half",
                &short,
                Some(64),
                (34, false),
                false,
            ),
            ("a ruler", &rules, None, (900, true), false),
        ];
        for (name, messages, window, (tokens, whole), cut) in cases {
            let told = Told {
                window,
                thinking: None,
                images: None,
            };
            let sent = Sent::new(&testing::prompt("here/m", messages.clone()), &told);
            let missed = sent.missed(Seen { tokens, whole });
            assert_eq!(missed.is_some(), cut, "{name}: {sent:?}");
        }
    }
}
