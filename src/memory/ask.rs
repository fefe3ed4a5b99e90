//! What is asked as the index is asked it: words, phrases, words that must not be there.

use crate::agent::search_line::Part;
use crate::memory::analysis::{Analyser, Token};
use crate::memory::fold::is_unspaced;
use crate::memory::vocabulary;

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
        // A filter behind it is no reason to take it for a whole word.
        let mut said = parts
            .iter()
            .filter(|part| !matches!(part, Part::Filter(..)));
        let unfinished = matches!(said.next_back(), Some(Part::Text(_))) && typing;
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
    use crate::agent::search_line::parts;

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
        assert_eq!(words("retry th kind:turn", true).1.as_deref(), Some("th"));
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
