//! The part of a text that shows best why it was found.

use std::ops::Range;

use crate::memory::analysis::Analyser;
use crate::memory::ask::Question;

/// Bytes of a snippet, about.
const LENGTH: usize = 240;

/// A part of a text and the places in it that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    pub text: String,
    pub marks: Vec<Range<usize>>,
}

impl Snippet {
    /// The places as they are told: in bytes of the text.
    pub fn told_marks(&self) -> Vec<(u32, u32)> {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let marks = self.marks.iter();
        marks
            .map(|mark| (place(mark.start), place(mark.end)))
            .collect()
    }
}

/// The part with the most different words of the question; the beginning where it holds none.
pub fn of(analyser: &Analyser, question: &Question, text: &str) -> Snippet {
    let mut places: Vec<(Range<usize>, usize)> = Vec::new();
    for token in analyser.tokens(text) {
        let word = question
            .words
            .iter()
            .position(|word| word.text == token.text);
        let begun = question.beginning.as_ref().is_some_and(|begin| {
            !token.plain.is_empty() && token.plain.starts_with(begin.as_str())
        });
        if let Some(word) = word.or(begun.then_some(question.words.len())) {
            places.push((token.bytes, word));
        }
    }
    places.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
    let start = best(&places).map_or(0, |first| first.saturating_sub(LENGTH / 4));
    let from = word_start(text, start);
    let to = text.floor_char_boundary((from + LENGTH).min(text.len()));
    let part = text.get(from..to).unwrap_or_default();
    let mut marks: Vec<Range<usize>> = Vec::new();
    for (bytes, _) in places
        .into_iter()
        .filter(|(bytes, _)| bytes.start >= from && bytes.end <= to)
    {
        let mark = bytes.start - from..bytes.end - from;
        match marks.last_mut() {
            // Pairs of signs and parts of names lie over one another.
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => marks.push(mark),
        }
    }
    Snippet {
        text: part.to_owned(),
        marks,
    }
}

/// Where the densest part begins.
fn best(places: &[(Range<usize>, usize)]) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (nth, (bytes, _)) in places.iter().enumerate() {
        let end = bytes.start + LENGTH / 2;
        let mut words: Vec<usize> = places
            .iter()
            .skip(nth)
            .take(64)
            .take_while(|(other, _)| other.end <= end)
            .map(|(_, word)| *word)
            .collect();
        words.sort_unstable();
        words.dedup();
        if best.is_none_or(|(count, _)| words.len() > count) {
            best = Some((words.len(), bytes.start));
        }
    }
    best.map(|(_, start)| start)
}

/// A place near this one where a word begins.
fn word_start(text: &str, at: usize) -> usize {
    let at = text.ceil_char_boundary(at);
    if at == 0 {
        return 0;
    }
    let rest = text.get(at..).unwrap_or_default();
    let space = rest
        .char_indices()
        .take(24)
        .find(|(_, c)| c.is_whitespace());
    space.map_or(at, |(offset, c)| at + offset + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::search_line::parts;

    fn shown(line: &str, text: &str) -> (String, Vec<String>) {
        let analyser = Analyser::default();
        let question = Question::new(&analyser, &parts(line), true);
        let snippet = of(&analyser, &question, text);
        let marked = snippet
            .marks
            .iter()
            .map(|mark| snippet.text[mark.clone()].to_owned())
            .collect();
        (snippet.text, marked)
    }

    #[test]
    fn the_words_that_were_found_are_marked() {
        let cases: &[(&str, &str, &[&str])] = &[
            (
                "retry header",
                "It retries after the header says so",
                &["retries", "header"],
            ),
            ("迁移", "数据库迁移", &["迁移"]),
            (
                "parse_config",
                "call parseConfigFile here",
                &["parseConfig"],
            ),
            ("ret", "a retry", &["retry"]),
            ("absent", "nothing here", &[]),
        ];
        for (line, text, marked) in cases {
            assert_eq!(shown(line, text).1, *marked, "{line}");
        }
    }

    #[test]
    fn a_long_text_is_shown_where_the_words_are() {
        let text = format!(
            "{} the retry header {}",
            "filler words ".repeat(100),
            "more of it ".repeat(100)
        );
        let (snippet, marked) = shown("retry header", &text);
        assert_eq!(marked, ["retry", "header"]);
        assert!(snippet.len() <= LENGTH);
    }

    proptest::proptest! {
        #[test]
        fn marks_are_places_of_the_snippet(line in ".{0,30}", text in ".{0,600}") {
            let analyser = Analyser::default();
            let question = Question::new(&analyser, &parts(&line), true);
            let snippet = of(&analyser, &question, &text);
            for mark in snippet.marks {
                proptest::prop_assert!(snippet.text.get(mark).is_some());
            }
        }
    }
}
