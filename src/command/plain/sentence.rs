//! An answer as it streams, told by sentence and not by token, and never twice: what was kept of it in the end is compared
//! with what was told. Pure.

/// The streamed text of one step, and how much of it was told.
#[derive(Debug, Default)]
pub struct Speech {
    text: String,
    /// Bytes of `text` that were told.
    told: usize,
    /// Within a block of code, where a sentence is a line.
    code: bool,
}

/// A sentence without the signs of emphasis, which are read out and mean nothing by ear. What stands in backticks, and a star
/// without its like, is no emphasis: `*.rs` stays what it is.
fn unmarked(sentence: &str) -> String {
    let chars: Vec<char> = sentence.chars().collect();
    let mut drops = vec![false; chars.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut code) = (0, false);
    while at < chars.len() {
        if chars[at] == '`' {
            code = !code;
        }
        if chars[at] != '*' || code {
            at += 1;
            continue;
        }
        let run = chars[at..].iter().take_while(|c| **c == '*').count();
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(at + run);
        let is_text = |c: Option<&char>| c.is_some_and(|c| !c.is_whitespace());
        let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        let begun = open.iter().rposition(|(_, length)| *length == run);
        if let Some(begun) = begun.filter(|_| is_text(before) && !is_word(after)) {
            let (from, _) = open[begun];
            open.truncate(begun);
            drops[from..from + run].fill(true);
            drops[at..at + run].fill(true);
        } else if is_text(after) && !is_word(before) {
            open.push((at, run));
        }
        at += run;
    }
    let kept = chars.iter().zip(drops).filter(|(_, drop)| !drop);
    kept.map(|(c, _)| *c).collect()
}

impl Speech {
    /// The sentences that are whole now.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        self.text.push_str(text);
        let mut sentences = Vec::new();
        while let Some(end) = end_of_sentence(&self.text[self.told..], self.code) {
            let sentence = self.text[self.told..self.told + end].to_owned();
            self.told += end;
            self.tell(&sentence, &mut sentences);
        }
        sentences
    }

    /// The rest, now that the whole text is in the log.
    pub fn finish(&mut self, whole: &str) -> Vec<String> {
        let told = &self.text[..self.told];
        let rest = if told.starts_with(whole) {
            // Another part of the same answer has begun to be told already.
            self.text.drain(..whole.len());
            self.told -= whole.len();
            return Vec::new();
        } else if let Some(rest) = whole.strip_prefix(told) {
            rest.to_owned()
        } else {
            // It was changed before it was kept, as where a key was taken out: what counts is what is kept.
            self.code = false;
            whole.to_owned()
        };
        let further = self.text.strip_prefix(whole).unwrap_or("").to_owned();
        let mut speech = Self {
            text: rest,
            told: 0,
            code: self.code,
        };
        let mut sentences = speech.push("");
        let last = speech.text[speech.told..].to_owned();
        speech.tell(&last, &mut sentences);
        *self = Self {
            text: further,
            told: 0,
            code: false,
        };
        sentences
    }

    /// Whether something of a text that is not whole yet was told.
    pub fn has_begun(&self) -> bool {
        self.told > 0
    }

    /// Nothing of it counts any more.
    pub fn discard(&mut self) {
        *self = Self::default();
    }

    fn tell(&mut self, sentence: &str, sentences: &mut Vec<String>) {
        let sentence = sentence.trim_end();
        if sentence.trim_start().starts_with("```") {
            self.code = !self.code;
        } else if !sentence.trim().is_empty() {
            let sentence = if self.code {
                sentence.to_owned()
            } else {
                unmarked(sentence.trim_start())
            };
            sentences.push(sentence);
        }
    }
}

/// Where the first sentence ends, with what is between it and the next. A full stop counts once a blank follows it, since
/// `3.1` may still be on its way.
fn end_of_sentence(text: &str, code: bool) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let sentence = match c {
            '\n' => return Some(end),
            '。' | '！' | '？' => !code,
            '.' | '!' | '?' | '…' => {
                let blank = chars.peek().is_some_and(|(_, next)| *next == ' ');
                blank && !code && !is_number(&text[..at])
            }
            _ => false,
        };
        if sentence {
            return Some(end);
        }
    }
    None
}

/// `1` before a full stop is the number of a list.
fn is_number(text: &str) -> bool {
    let text = text.trim_start();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn sentences_are_told_once_and_whole_however_they_stream() {
        let cases: [(&str, &[&str]); 6] = [
            (
                "One is 3.1 long. Two! Is it three? yes",
                &["One is 3.1 long.", "Two!", "Is it three?", "yes"],
            ),
            (
                "第一句。第二句！a\u{301}b",
                &["第一句。", "第二句！", "a\u{301}b"],
            ),
            ("1. first\n2. second\n", &["1. first", "2. second"]),
            (
                "So:\n```rust\nlet a = b. c();\n\n  d\n```\nDone. ",
                &["So:", "let a = b. c();", "  d", "Done."],
            ),
            ("", &[]),
            ("no end", &["no end"]),
        ];
        for (text, expected) in cases {
            for size in [1, 3, 1_000] {
                let mut speech = Speech::default();
                let mut told = Vec::new();
                let chars: Vec<char> = text.chars().collect();
                for piece in chars.chunks(size) {
                    told.extend(speech.push(&piece.iter().collect::<String>()));
                }
                told.extend(speech.finish(text));
                assert_eq!(told, expected, "{size}");
            }
        }
    }

    #[test]
    fn what_is_kept_counts() {
        let mut speech = Speech::default();
        assert_eq!(speech.push("The key is abc. It"), ["The key is abc."]);
        assert_eq!(
            speech.finish("The key is gone. It works."),
            ["The key is gone.", "It works."]
        );
        // Two parts of one answer.
        assert_eq!(speech.push("One. Two. Th"), ["One.", "Two."]);
        assert_eq!(speech.finish("One. "), Vec::<String>::new());
        assert_eq!(speech.finish("Two. Three."), ["Three."]);
        // Nothing of a void answer is missed in the next.
        assert_eq!(speech.push("Half. "), ["Half."]);
        speech.discard();
        assert_eq!(speech.finish("Whole."), ["Whole."]);
    }

    #[test]
    fn emphasis_is_not_read_out_and_stars_that_mean_something_are() {
        for (text, expected) in [
            ("**Note:** it is *very* late.", "Note: it is very late."),
            ("***Both*** (**so**), \"*too*\".", "Both (so), \"too\"."),
            ("* a point with **weight**", "* a point with weight"),
            ("Look at *.rs and *.toml.", "Look at *.rs and *.toml."),
            ("It is 2 * 3 * 4, or 2**3.", "It is 2 * 3 * 4, or 2**3."),
            (
                "Use `**kwargs` and `*args*`.",
                "Use `**kwargs` and `*args*`.",
            ),
            ("**Not ended.", "**Not ended."),
        ] {
            assert_eq!(unmarked(text), expected, "{text}");
        }
        let mut speech = Speech::default();
        assert_eq!(speech.push("**Done.**\n"), ["Done."]);
    }
}
