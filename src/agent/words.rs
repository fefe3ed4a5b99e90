//! Words that a person looks for, and whether texts have them all, whatever the case of their letters.

/// The words, and a room in which texts are folded: one of thousands needs no room of its own.
#[derive(Debug, Clone, Default)]
pub struct Words {
    wanted: Vec<String>,
    folded: String,
}

impl Words {
    /// The words of what was typed; none where it is blank.
    pub fn new(typed: &str) -> Self {
        let wanted = typed.to_lowercase();
        Self {
            wanted: wanted.split_whitespace().map(str::to_owned).collect(),
            folded: String::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Whether each of the words is in at least one of the texts. No word is looked for across the end of a text.
    pub fn are_in(&mut self, texts: &[&str]) -> bool {
        self.folded.clear();
        for text in texts {
            if text.is_ascii() {
                let from = self.folded.len();
                self.folded.push_str(text);
                self.folded[from..].make_ascii_lowercase();
            } else {
                self.folded.push_str(&text.to_lowercase());
            }
            self.folded.push('\n');
        }
        self.wanted
            .iter()
            .all(|word| self.folded.contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn all_words_must_be_somewhere_whatever_their_case() {
        let rows: &[(&str, &[&str], bool)] = &[
            ("", &["anything"], true),
            ("  ", &[], true),
            ("fix", &["Fix the sums"], true),
            ("FIX sums", &["fix the Sums"], true),
            ("sums fix", &["fix", "sums"], true),
            ("fixsums", &["fix", "sums"], false),
            ("fix sums", &["fix"], false),
            ("änderung", &["ÄNDERUNG"], true),
            ("ÄN", &["plain", "die Änderung"], true),
            ("straße", &["STRASSE"], false),
            ("x", &[], false),
        ];
        // One after the other with the same room: what a text left in it is no part of the next.
        for (typed, texts, wanted) in rows {
            let mut words = Words::new(typed);
            assert_eq!(words.are_in(texts), *wanted, "{typed:?} in {texts:?}");
            assert_eq!(words.are_in(&[]), words.is_empty(), "{typed:?} in nothing");
        }
    }
}
