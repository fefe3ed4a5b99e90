//! What is asked as the index is asked it: words, phrases, words that must not be there.

use std::ops::Range;

use crate::agent::search_line::Part;
use crate::memory::analysis::{Analyser, TIME, Token};
use crate::memory::fold::is_unspaced;
use crate::memory::vocabulary;

/// A word to be found.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    /// Against other words: parts of a name that is asked for whole count less.
    pub share: f32,
}

/// What no answer may hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Without {
    /// The words that follow one another, with their distance from the first.
    pub words: Vec<(usize, String)>,
    /// The flag that is meant instead where there is one.
    pub flag: Option<String>,
}

/// The words of a question in the order they are typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    pub words: Vec<Word>,
    /// Each the words that must follow one another, with their distance from the first.
    pub phrases: Vec<Vec<(usize, String)>>,
    pub without: Vec<Without>,
    /// The word that is still being typed, folded: any word that begins so is meant as well.
    pub beginning: Option<String>,
    /// It asks for a time.
    pub when: bool,
}

/// More words than anyone types; of a pasted page the first ones are asked.
const MOST_WORDS: usize = 48;

/// How much parts of a name that is asked for whole count.
const PART_SHARE: f32 = 0.6;

/// How much a pair of signs counts that may be the end of a word and a particle.
const BORDER_SHARE: f32 = 0.4;

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
                Part::Without(text) | Part::Dash(text) => {
                    let (flags, words): (Vec<Token>, _) = analyser
                        .tokens(text)
                        .into_iter()
                        .partition(|token| token.text.starts_with('-'));
                    let words = in_order(&words);
                    if !words.is_empty() {
                        let flag = flags.into_iter().next().map(|flag| flag.text);
                        question.without.push(Without { words, flag });
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
            let share = if tokens.iter().any(within) {
                PART_SHARE
            } else if is_pair(&token.text) && vocabulary::holds_empty_sign(&token.text) {
                BORDER_SHARE
            } else {
                1.0
            };
            question.ask(&token.text, share);
        }
        // Alone they ask for nothing: all else is wanted.
        if !question.words.is_empty() {
            let flags = question.without.iter();
            let flags: Vec<String> = flags.filter_map(|without| without.flag.clone()).collect();
            for flag in flags {
                question.ask(&flag, 1.0);
            }
        }
        question
    }

    fn ask(&mut self, text: &str, share: f32) {
        if self.words.len() < MOST_WORDS && self.words.iter().all(|word| word.text != text) {
            let text = text.to_owned();
            self.words.push(Word { text, share });
        }
    }

    /// Nothing is asked but by filters.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }
}

/// The words of a question: where signs without spaces stand in pairs, single ones say nothing more, and what a question is
/// made of says nothing at all. An expression of time is no word.
fn told(tokens: &[Token]) -> Vec<Token> {
    let empty = question_words(tokens);
    let is_empty = |token: &Token| {
        empty
            .iter()
            .any(|empty| token.bytes.start < empty.end && empty.start < token.bytes.end)
    };
    let kept = worded(tokens, |token| !is_empty(token));
    if kept.iter().any(|token| !vocabulary::is_empty(&token.plain)) {
        return kept;
    }
    worded(tokens, |_| true)
}

fn worded(tokens: &[Token], wanted: impl Fn(&Token) -> bool) -> Vec<Token> {
    // A particle may part words, so a pair with one covers none.
    let pairs: Vec<&Token> = tokens
        .iter()
        .filter(|token| is_pair(&token.text) && wanted(token))
        .filter(|token| !vocabulary::holds_empty_sign(&token.text))
        .collect();
    let covered = |token: &Token| {
        pairs
            .iter()
            .any(|pair| pair.bytes.start <= token.bytes.start && token.bytes.end <= pair.bytes.end)
    };
    let mut kept: Vec<Token> = tokens
        .iter()
        .filter(|token| token.text != TIME && wanted(token))
        .filter(|token| !(is_single(&token.text) && covered(token)))
        .cloned()
        .collect();
    for token in &mut kept {
        if token.plain.is_empty() {
            token.plain.clone_from(&token.text);
        }
    }
    kept
}

/// Where words stand that a question is made of, in writing without spaces.
fn question_words(tokens: &[Token]) -> Vec<Range<usize>> {
    let singles: Vec<(char, &Token)> = tokens
        .iter()
        .filter(|token| is_single(&token.text))
        .filter_map(|token| Some((token.text.chars().next()?, token)))
        .collect();
    let runs = singles.chunk_by(|(_, a), (_, b)| a.bytes.end == b.bytes.start);
    let mut empty = Vec::new();
    for run in runs {
        let signs: Vec<char> = run.iter().map(|(sign, _)| *sign).collect();
        let mut at = 0;
        while let Some(rest) = signs.get(at..).filter(|rest| !rest.is_empty()) {
            let length = vocabulary::empty_unspaced(rest);
            if let (Some((_, first)), Some((_, last))) =
                (run.get(at), run.get((at + length).saturating_sub(1)))
                && length > 0
            {
                empty.push(first.bytes.start..last.bytes.end);
            }
            at += length.max(1);
        }
    }
    empty
}

/// Two signs of writing without spaces.
fn is_pair(text: &str) -> bool {
    let mut signs = text.chars();
    matches!((signs.next(), signs.next(), signs.next()), (Some(a), Some(b), None) if is_unspaced(a) && is_unspaced(b))
}

fn is_single(text: &str) -> bool {
    let mut signs = text.chars();
    matches!((signs.next(), signs.next()), (Some(a), None) if is_unspaced(a))
}

/// One word for each place, the parts and not the whole, with the distance from the first.
fn in_order(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let first = tokens.first().map_or(0, |token| token.position);
    for token in tokens.iter().filter(|token| token.text != TIME) {
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
            ("是什么原因", &["原因"]),
            ("猫什么时候打针", &["猫", "打针"]),
            ("为什么", &["为什", "什么"]),
            ("資料在哪裡", &["资料", "料在"]),
            ("tar -xzf", &["tar", "-xzf"]),
            ("-xzf", &[]),
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
