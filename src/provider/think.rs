//! Reasoning that stands inside the text, between `<think>` and `</think>` at its beginning: so `MiniMax` sends it unless it is
//! asked for apart, and so do servers on a person's own machine that do not know the format of a model. Where the template of a
//! model writes the first mark into the prompt, only the second one comes: what stood before it was thought, though it was told
//! as words by then.

/// More blanks before the mark than any model says; each piece looks at them again.
const MOST_BLANKS: usize = 256;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// The text of an answer, taken apart as it comes.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    place: Place,
    /// What may be the beginning of a tag, or of nothing.
    held: String,
    /// All that came, since that is what a server wants back.
    whole: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing but blanks has come, or a part of the tag.
    #[default]
    Start,
    Inside,
    /// Behind the reasoning, blanks left out: no words have come yet.
    Behind,
    /// In the words of an answer that reasoned.
    Words,
    /// In an answer that did not begin with a mark: one that ends reasoning may still come.
    Unmarked,
    /// In an answer whose marks are words.
    Plain,
}

/// What a piece of text comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// All words before were thought.
    pub(crate) turned: bool,
    pub(crate) thought: String,
    pub(crate) words: String,
}

impl Tags {
    /// For text in which they are words.
    pub(crate) fn none() -> Self {
        Self {
            place: Place::Plain,
            ..Self::default()
        }
    }

    pub(crate) fn take(&mut self, text: &str) -> Taken {
        let mut taken = Taken::default();
        if self.place == Place::Plain {
            // Nearly every answer: nothing of it has to be kept here.
            text.clone_into(&mut taken.words);
            return taken;
        }
        self.whole.push_str(text);
        self.held.push_str(text);
        if self.place == Place::Start {
            let begun = self.held.trim_start();
            if let Some(inside) = begun.strip_prefix(OPEN) {
                self.held = inside.to_owned();
                self.place = Place::Inside;
            } else if OPEN.starts_with(begun) && self.held.len() <= MOST_BLANKS {
                return taken;
            } else {
                self.place = Place::Unmarked;
            }
        }
        if self.place == Place::Unmarked {
            return self.unmarked();
        }
        if self.place == Place::Inside {
            let (sure, rest) = if let Some((thought, rest)) = self.held.split_once(CLOSE) {
                self.place = Place::Behind;
                (thought.len(), rest.to_owned())
            } else {
                let sure = self.held.len() - begun(&self.held, CLOSE);
                (sure, self.held[sure..].to_owned())
            };
            taken.thought.push_str(&self.held[..sure]);
            self.held = rest;
        }
        taken.words = self.words();
        taken
    }

    /// What comes behind reasoning, without the blanks between.
    fn words(&mut self) -> String {
        if self.place == Place::Behind {
            self.held = self.held.trim_start().to_owned();
            if !self.held.is_empty() {
                self.place = Place::Words;
            }
        }
        match self.place {
            Place::Words => std::mem::take(&mut self.held),
            _ => String::new(),
        }
    }

    /// The next words of an answer without a first mark, or its turn to words where the second one comes.
    fn unmarked(&mut self) -> Taken {
        let mut taken = Taken::default();
        let Some((words, rest)) = self.held.split_once(CLOSE) else {
            let sure = self.held.len() - begun(&self.held, CLOSE);
            let rest = self.held.split_off(sure);
            taken.words = std::mem::replace(&mut self.held, rest);
            return taken;
        };
        let before = self.whole.len() - rest.len() - CLOSE.len();
        if is_spoken_of(&self.whole[..before]) {
            self.place = Place::Plain;
            self.whole = String::new();
            taken.words = std::mem::take(&mut self.held);
            return taken;
        }
        taken.turned = true;
        words.clone_into(&mut taken.thought);
        self.held = rest.to_owned();
        self.place = Place::Behind;
        taken.words = self.words();
        taken
    }

    /// What was held back, when nothing more comes.
    pub(crate) fn rest(&mut self) -> Taken {
        let held = std::mem::take(&mut self.held);
        match self.place {
            Place::Inside => Taken {
                thought: held,
                ..Taken::default()
            },
            _ => Taken {
                words: held,
                ..Taken::default()
            },
        }
    }

    /// The text as it came, where it has reasoning in it.
    pub(crate) fn whole(&self) -> Option<&str> {
        let reasons = matches!(self.place, Place::Inside | Place::Behind | Place::Words);
        reasons.then_some(&*self.whole)
    }
}

/// Whether the text before the mark shows that it is spoken of: there are marks of both kinds, or it stands in quotes.
fn is_spoken_of(before: &str) -> bool {
    before.contains(OPEN) || before.ends_with(['`', '"', '\'', '“', '‘'])
}

/// How many bytes at the end of a text are the beginning of a tag.
fn begun(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .find(|&length| text.ends_with(&tag[..length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn reasoning_in_the_text_is_told_apart_however_it_is_cut() {
        let cases = [
            ("<think>\nhm\n</think>\n\nYes.", "\nhm\n", "Yes.", true),
            ("\n<think>hm</think>Yes.", "hm", "Yes.", true),
            ("<think></think>Yes.", "", "Yes.", true),
            (
                "<think>a < b </ think></think>\n",
                "a < b </ think>",
                "",
                true,
            ),
            ("<think>it was cut </thi", "it was cut </thi", "", true),
            (
                "<think>ähm→</think>Ja→ </think>",
                "ähm→",
                "Ja→ </think>",
                true,
            ),
            (
                "Write <think>hm</think>.",
                "",
                "Write <think>hm</think>.",
                false,
            ),
            // The first mark stood in the prompt.
            ("hm</think>hello", "hm", "hello", true),
            (
                "ähm <b\n</think>\n\nYes </think>",
                "ähm <b\n",
                "Yes </think>",
                true,
            ),
            ("</think>Yes.", "", "Yes.", true),
            ("hm</think>", "hm", "", true),
            (
                "End it with `</think>`, or\n</think>",
                "",
                "End it with `</think>`, or\n</think>",
                false,
            ),
            ("hm</thin", "", "hm</thin", false),
            (" <thing> ", "", " <thing> ", false),
            ("<thin", "", "<thin", false),
            (" \n", "", " \n", false),
            ("", "", "", false),
        ];
        for (text, thought, words, reasons) in cases {
            let letters: Vec<String> = text.chars().map(String::from).collect();
            for size in 1..=letters.len().max(1) {
                let mut tags = Tags::default();
                let (mut thoughts, mut said) = (String::new(), String::new());
                let mut add = |taken: Taken| {
                    if taken.turned {
                        thoughts.push_str(&std::mem::take(&mut said));
                    }
                    thoughts.push_str(&taken.thought);
                    said.push_str(&taken.words);
                };
                for piece in letters.chunks(size) {
                    add(tags.take(&piece.concat()));
                }
                add(tags.rest());
                assert_eq!((&*thoughts, &*said), (thought, words), "{text:?} by {size}");
                assert_eq!(tags.whole(), reasons.then_some(text), "{text:?} by {size}");
            }
        }
    }
}
