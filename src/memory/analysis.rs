//! A text as the words it is found by. The same for what is indexed, for what is not yet indexed, and for what is asked.
//!
//! - Words are compared without case and accents and by their stem (`retries` finds `retry`), irregular forms by their
//!   plain one (`went` finds `go`).
//! - Names of programs are found whole and in parts: `parse_config_file`, `parseConfigFile` and `parse-config-file` all hold
//!   `parse`, `config`, `file` and the one word `parseconfigfile`.
//! - Two parts of a longer name that stand side by side are one word as well: `WebSocketClient` holds `websocket`.
//! - A flag of a command is a word with its dash (`-delete`) beside the one without.
//! - A hash is found by its first seven signs as well, as programs shorten it.
//! - Scripts without spaces are found by single signs and by pairs, so a word of two signs is found wherever it stands.
//! - That a text names a time is a word as well ([`TIME`]), for questions that ask when.

use std::ops::Range;

use frostem::{Algorithm, Stemmer};

use crate::memory::fold::{self, is_unspaced, is_word};
use crate::memory::name;
use crate::memory::vocabulary;

/// Stands for any expression of time. No text can hold it: it has a sign that no word has.
pub const TIME: &str = "\u{1}time";

/// Longer ones are no words that anyone types: hashes, encoded bytes. They are found by their beginning.
const LONGEST: usize = 48;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// As it is compared.
    pub text: String,
    /// As it was typed, folded and not stemmed: what a word that is still being typed is the beginning of. Empty where the word
    /// stands for another beside it.
    pub plain: String,
    /// Where it stands, in bytes of the text.
    pub bytes: Range<usize>,
    /// Which word of the text it is. Several may stand at one place.
    pub position: u32,
}

/// Takes texts apart. Cheap to make, and to be kept where many texts follow.
pub struct Analyser {
    stemmer: Stemmer,
}

impl std::fmt::Debug for Analyser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Analyser")
    }
}

impl Default for Analyser {
    fn default() -> Self {
        Self {
            stemmer: Stemmer::new(Algorithm::English),
        }
    }
}

impl Analyser {
    /// The words of a text in order. What stands at one place of the text stands together, the widest first.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let mut found = Found {
            analyser: self,
            tokens: Vec::with_capacity(text.len() / 5 + 1),
            position: 0,
            time: None,
        };
        for run in Runs::new(text) {
            match run {
                Run::Unspaced(bytes) => found.unspaced(text, bytes),
                Run::Words(bytes) => found.words(text, bytes),
            }
        }
        if let Some(bytes) = found.time {
            found.tokens.push(Token {
                text: TIME.to_owned(),
                plain: String::new(),
                bytes,
                // Beside no word, so that no phrase runs over it.
                position: found.position + 2,
            });
        }
        found.tokens
    }

    /// A folded word as it is compared.
    pub fn stem(&self, folded: &str) -> String {
        if let Some(plain) = vocabulary::regular(folded) {
            return self.stemmer.stem(plain).into_owned();
        }
        let letters = folded.bytes().all(|byte| byte.is_ascii_lowercase());
        if letters && folded.len() > 2 {
            self.stemmer.stem(folded).into_owned()
        } else {
            folded.to_owned()
        }
    }
}

enum Run {
    /// Signs that set no spaces.
    Unspaced(Range<usize>),
    /// Letters, digits and what may stand within a name: `_`, `-` and apostrophes.
    Words(Range<usize>),
}

/// A text as its runs of signs of one kind.
struct Runs<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Runs<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the run of signs that fit ends, from here.
    fn end(&self, from: usize, fits: impl Fn(char) -> bool) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        rest.find(|c| !fits(c))
            .map_or(self.text.len(), |length| from + length)
    }
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        loop {
            let c = self.text.get(self.at..)?.chars().next()?;
            if is_unspaced(c) {
                let bytes = self.at..self.end(self.at, is_unspaced);
                self.at = bytes.end;
                return Some(Run::Unspaced(bytes));
            }
            if is_word(c) {
                let within =
                    |c| !is_unspaced(c) && (is_word(c) || matches!(c, '_' | '-' | '\'' | '’'));
                let bytes = self.at..self.end(self.at, within);
                self.at = bytes.end;
                return Some(Run::Words(bytes));
            }
            self.at += c.len_utf8();
        }
    }
}

struct Found<'a> {
    analyser: &'a Analyser,
    tokens: Vec<Token>,
    position: u32,
    time: Option<Range<usize>>,
}

impl Found<'_> {
    fn unspaced(&mut self, text: &str, bytes: Range<usize>) {
        let run = text.get(bytes.clone()).unwrap_or_default();
        if self.time.is_none() {
            let before = text.get(..bytes.start).unwrap_or_default().trim_end();
            let after_digit = before.ends_with(|c: char| c.is_ascii_digit());
            if vocabulary::names_time_unspaced(&fold::folded(run), after_digit) {
                self.time = Some(bytes.clone());
            }
        }
        let signs: Vec<(usize, char)> = run.char_indices().collect();
        for (nth, &(offset, sign)) in signs.iter().enumerate() {
            let from = bytes.start + offset;
            let mut one = String::new();
            fold::push(sign, &mut one);
            let end = from + sign.len_utf8();
            if let Some(&(_, next)) = signs.get(nth + 1) {
                let mut pair = one.clone();
                fold::push(next, &mut pair);
                self.put(pair, String::new(), from..end + next.len_utf8());
            }
            self.put(one.clone(), one, from..end);
            self.position += 1;
        }
    }

    /// A run such as `parse_config-file's`.
    fn words(&mut self, text: &str, bytes: Range<usize>) {
        let run = text.get(bytes.clone()).unwrap_or_default();
        let mut parts: Vec<(Range<usize>, String)> = Vec::new();
        for part in name::parts(run) {
            let folded = fold::folded(run.get(part.clone()).unwrap_or_default());
            if !folded.is_empty() {
                parts.push((part, folded));
            }
        }
        let (Some((first, _)), Some((last, _))) = (parts.first(), parts.last()) else {
            return;
        };
        let all = bytes.start + first.start..bytes.start + last.end;
        let dashes = name::dashes(text.get(..bytes.start).unwrap_or_default());
        let is_flag = dashes > 0
            && run.len() <= LONGEST
            && run.starts_with(|c: char| c.is_ascii_alphabetic());
        let is_name = parts.len() > 1 && run.len() <= LONGEST * 2;
        if is_flag || is_name {
            let whole: String = parts.iter().map(|(_, folded)| folded.as_str()).collect();
            if is_flag {
                let bytes = all.start - dashes..all.end;
                self.put(format!("-{whole}"), String::new(), bytes);
            }
            if is_name {
                self.put(self.analyser.stem(&whole), whole, all);
            }
        }
        let joined = name::has_halves(parts.len());
        let mut parts = parts.into_iter().peekable();
        while let Some((part, mut folded)) = parts.next() {
            let from = bytes.start + part.start;
            if let Some((next, after)) = parts.peek()
                && joined
                && name::joins(&folded)
                && name::joins(after)
            {
                let both = self.analyser.stem(&format!("{folded}{after}"));
                self.put(both, String::new(), from..bytes.start + next.end);
            }
            let bytes = from..bytes.start + part.end;
            if let Some(short) = name::short_hash(&folded) {
                self.put(short.to_owned(), String::new(), bytes.clone());
            }
            if folded.len() > LONGEST {
                folded.truncate(folded.floor_char_boundary(LONGEST));
            }
            if self.time.is_none() && vocabulary::names_time(&folded) {
                self.time = Some(bytes.clone());
            }
            self.put(self.analyser.stem(&folded), folded, bytes);
            self.position += 1;
        }
    }

    fn put(&mut self, text: String, plain: String, bytes: Range<usize>) {
        self.tokens.push(Token {
            text,
            plain,
            bytes,
            position: self.position,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let tokens = Analyser::default().tokens(text).into_iter();
        tokens
            .map(|token| token.text)
            .filter(|text| text != TIME)
            .collect()
    }

    #[test]
    fn texts_are_taken_apart_into_words() {
        let cases: &[(&str, &[&str])] = &[
            ("Retries are retried", &["retri", "are", "retri"]),
            ("She went home", &["she", "go", "home"]),
            ("Anna's dog, don't", &["anna", "dog", "don't"]),
            (
                "parse_config_file",
                &[
                    "parseconfigfil",
                    "parseconfig",
                    "pars",
                    "configfil",
                    "config",
                    "file",
                ],
            ),
            (
                "parseConfigFile",
                &[
                    "parseconfigfil",
                    "parseconfig",
                    "pars",
                    "configfil",
                    "config",
                    "file",
                ],
            ),
            (
                "parse-config-file",
                &[
                    "parseconfigfil",
                    "parseconfig",
                    "pars",
                    "configfil",
                    "config",
                    "file",
                ],
            ),
            (
                "HTTPServer2",
                &["httpserver2", "httpserver", "http", "server", "2"],
            ),
            ("src/http/retry.rs", &["src", "http", "retri", "rs"]),
            ("sha256", &["sha256", "sha", "256"]),
            (
                "9fceb02d0ae598e95dc970b74767f193",
                &["9fceb02", "9fceb02d0ae598e95dc970b74767f193"],
            ),
            ("9fceb02 9fceb02d", &["9fceb02", "9fceb02", "9fceb02d"]),
            (
                "crash-5ba93c9db0cff93f5",
                &[
                    "crash5ba93c9db0cff93f5",
                    "crash",
                    "5ba93c9",
                    "5ba93c9db0cff93f5",
                ],
            ),
            (
                "WebSocketClient",
                &[
                    "websocketcli",
                    "websocket",
                    "web",
                    "socketcli",
                    "socket",
                    "client",
                ],
            ),
            ("v2_10_x", &["v210x", "v", "2", "10", "x"]),
            ("find -name x", &["find", "-name", "name", "x"]),
            (
                "git push --force-with",
                &["git", "push", "-forcewith", "forcewith", "forc", "with"],
            ),
            ("a - b, a-b, -5", &["a", "b", "ab", "a", "b", "5"]),
            ("資料庫", &["资料", "资", "料库", "料", "库"]),
            (
                "数据库迁移",
                &["数据", "数", "据库", "据", "库迁", "库", "迁移", "迁", "移"],
            ),
            ("重试 retry", &["重试", "重", "试", "retri"]),
            ("１２３ＡＢＣ", &["123abc", "123", "abc"]),
            ("", &[]),
            ("— … !!", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), *expected, "{text}");
        }
    }

    #[test]
    fn each_word_tells_where_it_stands() {
        let text = "Über die parseConfig 数据";
        for token in Analyser::default().tokens(text) {
            let typed = text.get(token.bytes.clone()).expect("a place in the text");
            if !token.plain.is_empty() {
                assert_eq!(fold::folded(typed), token.plain);
            }
        }
    }

    #[test]
    fn words_of_a_name_follow_each_other_as_in_a_sentence() {
        let analyser = Analyser::default();
        let places = |text: &str| -> Vec<(String, u32)> {
            let tokens = analyser.tokens(text).into_iter();
            tokens
                .map(|token| (token.plain, token.position))
                .filter(|(plain, _)| (1..8).contains(&plain.len()))
                .collect()
        };
        assert_eq!(places("parse_config_file"), places("parse config file"));
    }

    #[test]
    fn a_text_that_names_a_time_has_a_word_for_it() {
        let has = |text: &str| {
            Analyser::default()
                .tokens(text)
                .iter()
                .any(|token| token.text == TIME)
        };
        for text in [
            "I went yesterday",
            "on 3 June",
            "last Friday",
            "昨天去了",
            "in 2023",
        ] {
            assert!(has(text), "{text}");
        }
        for text in ["I went there", "数据库", "port 8080"] {
            assert!(!has(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in ".{0,200}") {
            for token in Analyser::default().tokens(&text) {
                proptest::prop_assert!(text.get(token.bytes.clone()).is_some());
                proptest::prop_assert!(!token.text.is_empty());
            }
        }
    }
}
