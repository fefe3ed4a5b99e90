//! Words of a question that nothing holds, and those of the index that are written nearly so.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::Term;

use crate::agent::search_line::{Part, placed};
use crate::memory::analysis::{Analyser, Token};
use crate::memory::fold::is_unspaced;
use crate::memory::guard::guarded;
use crate::memory::index::{Index, IndexError};
use crate::memory::tail::Tail;
use crate::memory::vocabulary;

/// Words that are named for one.
const MOST: usize = 4;

/// A shorter word is near to nearly all.
const SHORTEST: usize = 3;

/// From so many signs on two of them may be wrong.
const LONG: usize = 5;

/// A word of a line that nothing holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Where it stands, in bytes of the line.
    pub bytes: Range<usize>,
    pub word: String,
    /// Words that are written nearly so, with how many items hold each, the most first. Never empty.
    pub nearest: Vec<(String, u64)>,
}

/// The words of a line that neither the index nor the tail holds, as far as there are others near them. What the line is limited
/// to plays no part.
pub fn unknown(
    index: Option<&Index>,
    tail: &Tail,
    analyser: &Analyser,
    line: &str,
) -> Result<Vec<Unknown>, IndexError> {
    guarded(|| {
        let mut unknown: Vec<Unknown> = Vec::new();
        for (bytes, token) in words(analyser, line) {
            if unknown.iter().any(|known| known.word == token.plain)
                || is_known(index, tail, &token)?
            {
                continue;
            }
            let nearest = nearest(index, tail, &token.plain)?;
            if !nearest.is_empty() {
                unknown.push(Unknown {
                    bytes,
                    word: token.plain,
                    nearest,
                });
            }
        }
        Ok(unknown)
    })
}

/// The line with the nearest word in the place of each that nothing holds.
pub fn instead(line: &str, unknown: &[Unknown]) -> Option<String> {
    let mut said = String::new();
    let mut last = 0;
    for word in unknown {
        said.push_str(line.get(last..word.bytes.start)?);
        said.push_str(&word.nearest.first()?.0);
        last = word.bytes.end;
    }
    said.push_str(line.get(last..)?);
    (last > 0).then_some(said)
}

/// The words of a line that can have been mistyped, each with its place in it.
fn words(analyser: &Analyser, line: &str) -> Vec<(Range<usize>, Token)> {
    let mut words = Vec::new();
    for (place, part) in placed(line) {
        if !matches!(part, Part::Text(_) | Part::Phrase(_)) {
            continue;
        }
        let text = line.get(place.clone()).unwrap_or_default();
        let tokens = analyser.tokens(text);
        for token in &tokens {
            // The parts of a name are looked at, and not the name itself.
            let whole = tokens.iter().any(|other| {
                other.bytes.len() < token.bytes.len()
                    && token.bytes.start <= other.bytes.start
                    && other.bytes.end <= token.bytes.end
            });
            let letters = token.plain.chars().filter(|c| c.is_alphabetic()).count();
            let typed = letters >= SHORTEST && !token.plain.chars().any(is_unspaced);
            if typed && !whole && !vocabulary::is_empty(&token.plain) {
                let bytes = place.start + token.bytes.start..place.start + token.bytes.end;
                words.push((bytes, token.clone()));
            }
        }
    }
    words
}

fn is_known(index: Option<&Index>, tail: &Tail, token: &Token) -> Result<bool, IndexError> {
    if tail.holds(&token.text) {
        return Ok(true);
    }
    let Some(index) = index else {
        return Ok(false);
    };
    let searcher = index.searcher();
    for field in [index.fields.text, index.fields.who] {
        let count = searcher
            .doc_freq(&Term::from_field_text(field, &token.text))
            .map_err(|error| IndexError::Unusable(error.to_string()))?;
        if count > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn nearest(
    index: Option<&Index>,
    tail: &Tail,
    word: &str,
) -> Result<Vec<(String, u64)>, IndexError> {
    let sought = Sought::new(word);
    let mut found: HashMap<String, (usize, u64)> = HashMap::new();
    let mut add = |word: &str, count: u64| {
        if let Some(distance) = sought.distance(word) {
            let (_, sum) = found.entry(word.to_owned()).or_insert((distance, 0));
            *sum += count;
        }
    };
    for (word, count) in tail.plain_words() {
        add(word, count);
    }
    if let Some(index) = index {
        let fault = |error: String| IndexError::Unusable(error);
        for part in index.searcher().segment_readers() {
            let words = part
                .inverted_index(index.fields.plain)
                .map_err(|error| fault(error.to_string()))?;
            let mut stream = words
                .terms()
                .stream()
                .map_err(|error| fault(error.to_string()))?;
            while stream.advance() {
                if sought.may_fit(stream.key())
                    && let Ok(word) = std::str::from_utf8(stream.key())
                {
                    add(word, u64::from(stream.value().doc_freq));
                }
            }
        }
    }
    // Those with one sign wrong are meant before those with two, however common these are.
    let best = found.values().map(|(distance, _)| *distance).min();
    let mut nearest: Vec<(String, u64)> = found
        .into_iter()
        .filter(|(_, (distance, _))| Some(*distance) == best)
        .map(|(word, (_, count))| (word, count))
        .collect();
    nearest.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    nearest.truncate(MOST);
    Ok(nearest)
}

/// A word that others are compared with.
struct Sought {
    signs: Vec<char>,
    /// Bytes of it.
    length: usize,
    bits: u64,
    most: usize,
}

impl Sought {
    fn new(word: &str) -> Self {
        let signs: Vec<char> = word.chars().collect();
        Self {
            length: word.len(),
            bits: bits(word.as_bytes()),
            most: if signs.len() < LONG { 1 } else { 2 },
            signs,
        }
    }

    /// Cheap, for the whole dictionary of an index: which bytes a word has, and how many. A sign has four at most.
    fn may_fit(&self, word: &[u8]) -> bool {
        let other = bits(word);
        let bytes = self.most as u32 * 4;
        word.len().abs_diff(self.length) <= self.most * 4
            && (self.bits & !other).count_ones() <= bytes
            && (other & !self.bits).count_ones() <= bytes
            && (self.length != self.signs.len()
                || !word.is_ascii()
                || ((self.bits & !other).count_ones() <= self.most as u32
                    && (other & !self.bits).count_ones() <= self.most as u32
                    && word.len().abs_diff(self.length) <= self.most))
    }

    /// How many signs are wrong, missing, too many, or in the place of their neighbour; `None` for none and for too many.
    fn distance(&self, word: &str) -> Option<usize> {
        let other: Vec<char> = word.chars().collect();
        let (width, most) = (other.len(), self.most);
        if width.abs_diff(self.signs.len()) > most {
            return None;
        }
        let mut before: Vec<usize> = Vec::new();
        let mut row: Vec<usize> = (0..=width).collect();
        for (at, sign) in self.signs.iter().enumerate() {
            let mut next = vec![at + 1; width + 1];
            for (to, with) in other.iter().enumerate() {
                let changed = row[to] + usize::from(sign != with);
                let mut least = changed.min(row[to + 1] + 1).min(next[to] + 1);
                if at > 0
                    && to > 0
                    && Some(sign) == other.get(to - 1)
                    && self.signs[at - 1] == *with
                {
                    least = least.min(before[to - 1] + 1);
                }
                next[to + 1] = least;
            }
            before = std::mem::replace(&mut row, next);
        }
        let distance = row[width];
        (distance > 0 && distance <= most).then_some(distance)
    }
}

/// Which bytes a word has, some of them together.
fn bits(word: &[u8]) -> u64 {
    word.iter().fold(0, |bits, byte| bits | 1 << (byte & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::document::Document;
    use crate::memory::index::Position;
    use crate::protocol::id::Seq;
    use crate::protocol::search::{Kind, Role};
    use crate::protocol::time::Time;

    #[test]
    fn distances_are_counted_in_signs() {
        let cases = [
            ("retyr", "retry", Some(1)),
            ("retyr", "retries", None),
            ("retyr", "retyr", None),
            ("kitten", "sitting", None),
            ("kitten", "sittin", Some(2)),
            ("tst", "test", Some(1)),
            ("tst", "tests", None),
            ("über", "ober", Some(1)),
            ("миграця", "миграция", Some(1)),
        ];
        for (word, other, expected) in cases {
            let sought = Sought::new(word);
            assert_eq!(sought.distance(other), expected, "{word} {other}");
            if expected.is_some() {
                assert!(sought.may_fit(other.as_bytes()), "{word} {other}");
            }
        }
    }

    #[test]
    fn the_words_of_index_and_tail_are_offered_by_how_many_hold_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = Index::open(&folder.path().join("index"), true).expect("an index");
        let said = |seq: u64, text: &str| Document {
            seq: Seq(seq),
            session: 1,
            at: Time(0),
            kind: Kind::Turn,
            role: Role::User,
            who: "you".to_owned(),
            text: text.to_owned(),
        };
        let mut writer = index.writer().expect("a writer");
        for seq in 1..4 {
            writer.add(&said(seq, "Retry the parser")).expect("added");
        }
        writer.add(&said(4, "retro parse")).expect("added");
        writer.commit(Position::default()).expect("a commit");
        index.reload().expect("a reload");
        let mut tail = Tail::new();
        tail.add(&said(5, "retro metro"));
        let analyser = Analyser::default();
        let found = |line: &str| {
            let unknown = unknown(Some(&index), &tail, &analyser, line).expect("words");
            let said = instead(line, &unknown);
            let words = unknown.into_iter().flat_map(|word| word.nearest);
            let words: Vec<String> = words
                .map(|(word, count)| format!("{word} {count}"))
                .collect();
            (words.join(", "), said)
        };
        let cases = [
            ("retyr kind:turn", "retry 3", Some("retry kind:turn")),
            ("retr", "retro 2, retry 3", Some("retry")),
            ("-retyr the 12 retry", "", None),
            (
                "do \"retri parsr\"",
                "parser 3, parse 1",
                Some("do \"retri parser\""),
            ),
            ("run_parsr", "parser 3, parse 1", Some("run_parser")),
            ("xylophone", "", None),
        ];
        for (line, words, said) in cases {
            let (found, instead) = found(line);
            let mut expected: Vec<&str> = words.split(", ").collect();
            let mut found: Vec<&str> = found.split(", ").collect();
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!((found, instead.as_deref()), (expected, said), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_near_is_passed_over_for_its_bytes(word in "[a-zé数]{3,9}", other in "[a-zé数]{1,9}") {
            let sought = Sought::new(&word);
            if sought.distance(&other).is_some() {
                proptest::prop_assert!(sought.may_fit(other.as_bytes()));
            }
        }
    }
}
