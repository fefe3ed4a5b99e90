//! Text that arrives in pieces, cleaned as if it had come in one: an escape sequence cut in two is still none.

use std::borrow::Cow;

use crate::agent::visible::clean;

/// Cleans text that arrives cut anywhere, as if it had come in one piece.
#[derive(Debug, Clone, Default)]
pub struct Intake {
    /// The text so far, cleaned.
    source: String,
    /// The last line as it came, while there is something in it that had to be cleaned; it is the source from `line` on.
    raw: String,
    line: usize,
}

/// A line with something unsafe in it is not cleaned anew beyond this length, but what came of it stays as it is.
const LONGEST: usize = 64 * 1024;

impl Intake {
    pub fn text(&self) -> &str {
        &self.source
    }

    /// Adds what arrived.
    pub fn push(&mut self, text: &str) {
        if self.raw.is_empty() {
            if matches!(clean(text), Cow::Borrowed(_)) {
                self.source.push_str(text);
                return;
            }
            self.line = self.source.rfind('\n').map_or(0, |end| end + 1);
            self.raw = self.source.split_off(self.line);
        }
        self.source.truncate(self.line);
        self.raw.push_str(text);
        let ended = last_end(&self.raw);
        if ended > 0 {
            self.source.push_str(&clean(&self.raw[..ended]));
            self.raw.drain(..ended);
            self.line = self.source.len();
        }
        let clean = clean(&self.raw);
        self.source.push_str(&clean);
        if matches!(clean, Cow::Borrowed(_)) || self.raw.len() > LONGEST {
            self.raw.clear();
        }
    }
}

/// The end of the last whole line: after a line feed that no escape sequence swallows.
fn last_end(raw: &str) -> usize {
    raw.match_indices('\n')
        .rev()
        .find(|(at, _)| {
            !raw[..*at]
                .trim_end_matches(|c| (' '..='/').contains(&c))
                .ends_with('\u{1b}')
        })
        .map_or(0, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_clean_however_it_was_cut(
            text in "([a-c\r\n\u{8}\u{1b}\u{9b}\u{9d}\u{7}\u{202e}( ;\\[\\]0m\\\\汉]){0,40}",
            cuts in prop::collection::vec(1usize..5, 1..6)
        ) {
            let mut intake = Intake::default();
            let chars: Vec<char> = text.chars().collect();
            let mut rest = chars.as_slice();
            for size in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*size).min(rest.len()));
                intake.push(&piece.iter().collect::<String>());
                rest = after;
                let so_far: String = chars[..chars.len() - rest.len()].iter().collect();
                prop_assert_eq!(intake.text(), clean(&so_far));
            }
        }
    }
}
