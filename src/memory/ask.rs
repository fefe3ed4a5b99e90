//! What is asked, taken apart: words, phrases in quotes, words that must not be there, and filters such as `kind:command`.

use crate::memory::analysis::{Analyser, Token};
use crate::memory::fold::is_unspaced;
use crate::memory::vocabulary;

/// A part of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text to be found, as it was typed.
    Text(String),
    /// `"in this order"`.
    Phrase(String),
    /// `-this`.
    Without(String),
    /// `kind:command`, with the name of the filter.
    Filter(Filter, String),
}

/// What can be asked beside text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    Project,
    Kind,
    Source,
    Since,
    Until,
    Session,
    Who,
}

impl Filter {
    pub const ALL: [(&'static str, Self); 7] = [
        ("project", Self::Project),
        ("kind", Self::Kind),
        ("source", Self::Source),
        ("since", Self::Since),
        ("until", Self::Until),
        ("session", Self::Session),
        ("who", Self::Who),
    ];

    fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, filter)| *filter)
    }
}

/// The parts of a line. A word with a colon that is no filter is text, and so is a filter with nothing behind it.
pub fn parts(line: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (part, after) = next(rest);
        parts.push(part);
        rest = after.trim_start();
    }
    parts
}

fn next(rest: &str) -> (Part, &str) {
    if let Some((phrase, after)) = quoted(rest) {
        return (Part::Phrase(phrase.to_owned()), after);
    }
    if let Some(after) = rest
        .strip_prefix('-')
        .filter(|after| after.starts_with(|c: char| c.is_alphanumeric() || c == '"'))
    {
        if let Some((phrase, after)) = quoted(after) {
            return (Part::Without(phrase.to_owned()), after);
        }
        let (word, after) = word(after);
        return (Part::Without(word.to_owned()), after);
    }
    let (plain, after) = word(rest);
    if let Some((name, value)) = plain.split_once(':')
        && let Some(filter) = Filter::named(name)
    {
        // `project:"two words"`.
        if value.is_empty() || value.starts_with('"') {
            let behind = rest.get(name.len() + 1..).unwrap_or_default();
            if let Some((value, after)) = quoted(behind) {
                return (Part::Filter(filter, value.to_owned()), after);
            }
        }
        let value = value.trim_matches('"');
        if !value.is_empty() {
            return (Part::Filter(filter, value.to_owned()), after);
        }
    }
    (Part::Text(plain.to_owned()), after)
}

fn word(rest: &str) -> (&str, &str) {
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    rest.split_at(end)
}

/// A text between two quotes at the beginning, and what stands behind it.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let inner = rest.strip_prefix('"')?;
    let (phrase, after) = inner.split_once('"')?;
    (!phrase.trim().is_empty()).then_some((phrase, after))
}

/// A word to be found.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    /// Against other words: parts of a name that is asked for whole count less.
    pub share: f32,
}

/// The words of a question in the order they are typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    pub words: Vec<Word>,
    /// Each the words that must follow one another, with their distance from the first.
    pub phrases: Vec<Vec<(usize, String)>>,
    pub without: Vec<Vec<(usize, String)>>,
    /// The word that is still being typed, folded: any word that begins so is meant as well.
    pub beginning: Option<String>,
    /// It asks for a time.
    pub when: bool,
}

/// More words than anyone types; of a pasted page the first ones are asked.
const MOST_WORDS: usize = 48;

impl Question {
    /// `typing`: the last word may be the beginning of a longer one.
    pub fn new(analyser: &Analyser, parts: &[Part], typing: bool) -> Self {
        let mut question = Self::default();
        let mut texts: Vec<&str> = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => texts.push(text),
                Part::Phrase(text) => {
                    texts.push(text);
                    let words = in_order(&analyser.tokens(text));
                    // One word in quotes must be there as well.
                    if !words.is_empty() {
                        question.phrases.push(words);
                    }
                }
                Part::Without(text) => {
                    let words = in_order(&analyser.tokens(text));
                    if !words.is_empty() {
                        question.without.push(words);
                    }
                }
                Part::Filter(..) => {}
            }
        }
        let whole = texts.join(" ");
        let tokens = told(&analyser.tokens(&whole));
        question.when = vocabulary::asks_when(&whole);
        let unfinished = matches!(parts.last(), Some(Part::Text(_))) && typing;
        question.beginning = tokens
            .last()
            .filter(|token| unfinished && token.bytes.end == whole.len())
            .map(|token| token.plain.clone())
            .filter(|plain| !plain.is_empty());
        let says_something = tokens
            .iter()
            .any(|token| !vocabulary::is_empty(&token.plain));
        for (nth, token) in tokens.iter().enumerate() {
            let unfinished = question.beginning.is_some() && nth + 1 == tokens.len();
            if says_something && !unfinished && vocabulary::is_empty(&token.plain) {
                continue;
            }
            // Parts of a name stand beside the whole.
            let within = |other: &Token| {
                other.bytes.start <= token.bytes.start
                    && token.bytes.end <= other.bytes.end
                    && other.bytes.len() > token.bytes.len()
            };
            let share = if tokens.iter().any(within) { 0.6 } else { 1.0 };
            let text = token.text.clone();
            if question.words.len() < MOST_WORDS
                && question.words.iter().all(|word| word.text != text)
            {
                question.words.push(Word { text, share });
            }
        }
        question
    }

    /// Nothing is asked but by filters.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }
}

/// The words of a question: where signs without spaces stand in pairs, single ones say nothing more; a pair of particles
/// nothing at all. An expression of time is no word.
fn told(tokens: &[Token]) -> Vec<Token> {
    let pair = |token: &Token| {
        let mut signs = token.text.chars();
        matches!((signs.next(), signs.next(), signs.next()), (Some(a), Some(b), None) if is_unspaced(a) && is_unspaced(b))
    };
    let single = |token: &Token| {
        let mut signs = token.text.chars();
        matches!((signs.next(), signs.next()), (Some(a), None) if is_unspaced(a))
    };
    let pairs: Vec<_> = tokens
        .iter()
        .filter(|token| pair(token))
        .map(|token| token.bytes.clone())
        .collect();
    let covered = |token: &Token| {
        pairs
            .iter()
            .any(|pair| pair.start <= token.bytes.start && token.bytes.end <= pair.end)
    };
    let mut kept: Vec<Token> = tokens
        .iter()
        .filter(|token| token.text != crate::memory::analysis::TIME)
        .filter(|token| !(single(token) && covered(token)))
        .cloned()
        .collect();
    for token in &mut kept {
        if token.plain.is_empty() {
            token.plain.clone_from(&token.text);
        }
    }
    kept
}

/// One word for each place, the parts and not the whole, with the distance from the first.
fn in_order(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let first = tokens.first().map_or(0, |token| token.position);
    for token in tokens
        .iter()
        .filter(|token| token.text != crate::memory::analysis::TIME)
    {
        let distance = (token.position - first) as usize;
        match words.last_mut() {
            // The narrowest stands last.
            Some((last, text)) if *last == distance => text.clone_from(&token.text),
            _ => words.push((distance, token.text.clone())),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        use Part::{Filter as By, Phrase, Text, Without};
        let text = |text: &str| Text(text.to_owned());
        let cases: Vec<(&str, Vec<Part>)> = vec![
            ("", vec![]),
            ("retry after", vec![text("retry"), text("after")]),
            (
                "ffmpeg crop 9:16 kind:command",
                vec![
                    text("ffmpeg"),
                    text("crop"),
                    text("9:16"),
                    By(Filter::Kind, "command".into()),
                ],
            ),
            (
                "\"retry after\" -header",
                vec![Phrase("retry after".into()), Without("header".into())],
            ),
            (
                "project:\"my api\" x",
                vec![By(Filter::Project, "my api".into()), text("x")],
            ),
            ("kind: x", vec![text("kind:"), text("x")]),
            ("http://a.b:80/c", vec![text("http://a.b:80/c")]),
            ("\"open", vec![text("\"open")]),
            ("- -- -5", vec![text("-"), text("--"), Without("5".into())]),
            (
                "who:Anna who:\"\"",
                vec![By(Filter::Who, "Anna".into()), text("who:\"\"")],
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(parts(line), expected, "{line}");
        }
    }

    fn words(line: &str, typing: bool) -> (Vec<String>, Option<String>) {
        let question = Question::new(&Analyser::default(), &parts(line), typing);
        (
            question.words.into_iter().map(|word| word.text).collect(),
            question.beginning,
        )
    }

    #[test]
    fn words_that_say_nothing_are_not_asked_for() {
        let cases: &[(&str, &[&str])] = &[
            ("What did Caroline research?", &["carolin", "research"]),
            ("to be or not to be", &["to", "be", "or", "not"]),
            ("数据库的迁移", &["数据", "据库", "库的", "的迁", "迁移"]),
            ("我的 retry", &["retri"]),
            ("移", &["移"]),
            ("parse_config", &["parseconfig", "pars", "config"]),
        ];
        for (line, expected) in cases {
            assert_eq!(words(line, false).0, *expected, "{line}");
        }
    }

    #[test]
    fn the_last_word_may_be_a_beginning_while_one_types() {
        assert_eq!(words("retry th", true).1.as_deref(), Some("th"));
        assert_eq!(words("retry th", false).1, None);
        assert_eq!(words("retry \"th x\"", true).1, None);
        assert_eq!(
            words("retry the", true),
            (vec!["retri".into(), "the".into()], Some("the".into()))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_strange(line in ".{0,80}") {
            let parts = parts(&line);
            let _ = Question::new(&Analyser::default(), &parts, true);
        }
    }
}
