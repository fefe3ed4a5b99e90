//! The one matcher of every list that is filtered by typing: which texts hold the letters of a query in their order, and
//! which of them are meant most likely. What is listed, and when, is the caller's.
//!
//! Words of a query are looked for each by itself and must all be there, in any order. A small letter also finds its
//! capital; a capital finds only itself. Letters at the start of a word, of a file's name, or beside the letter before
//! count for more, and letters left out between them cost.
//!
//! A text is looked through once before anything is weighed, so what does not match costs next to nothing: a list of a
//! hundred thousand paths is still to be filtered away from the thread that draws.

use std::cmp::Reverse;

/// A letter that was found.
const HIT: i32 = 16;
/// The first letter left out between two that were found, and each further one.
const GAP: i32 = 5;
const FURTHER: i32 = 1;
/// It is the first of a word; of a path's last part, or of the whole text; a capital after a small letter.
const WORD: i32 = 8;
const NAME: i32 = 10;
const HUMP: i32 = 7;
/// It stands right after the letter found before.
const BESIDE: i32 = 9;
/// The first letter of a query tells most of where it is meant.
const FIRST: i32 = 2;
/// Letters of a text that are weighed, and of one word of a query. Nobody types more, and no name is longer.
const LONGEST_TEXT: usize = 1_024;
const LONGEST_WORD: usize = 64;
/// No place was found.
const NEVER: i32 = i32::MIN / 2;

/// What was typed, made ready once for a whole list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    letters: Vec<char>,
}

/// Room that is used again from text to text.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    text: Vec<char>,
    before: Vec<i32>,
    now: Vec<i32>,
}

/// One text that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Which of the texts, from 0.
    pub index: usize,
    /// The more the better; comparable under one query only.
    pub score: i32,
}

impl Query {
    pub fn new(typed: &str) -> Self {
        let words = typed.split_whitespace().map(|word| Word {
            letters: word.chars().take(LONGEST_WORD).collect(),
        });
        Self {
            words: words.collect(),
        }
    }

    /// Nothing is asked for: every text matches, with the same score.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How well a text matches; `None`: it does not.
    pub fn score(&self, text: &str, scratch: &mut Scratch) -> Option<i32> {
        // Without a copy: most texts of a long list end here.
        if !self.words.iter().all(|word| word.is_in(text)) {
            return None;
        }
        if self.is_empty() {
            return Some(0);
        }
        scratch.read(text);
        let mut sum = 0;
        for word in &self.words {
            sum += word.weigh(scratch)?;
        }
        Some(sum)
    }

    /// The best of these texts, best first; of equal ones the shorter, then the earlier. All in their order if nothing is
    /// asked for.
    pub fn best<'t>(&self, texts: impl Iterator<Item = &'t str>, most: usize) -> Vec<Match> {
        let mut scratch = Scratch::default();
        if self.is_empty() {
            let all = texts.take(most).enumerate();
            return all.map(|(index, _)| Match { index, score: 0 }).collect();
        }
        let mut found: Vec<(Reverse<i32>, usize, usize)> = texts
            .enumerate()
            .filter_map(|(index, text)| {
                let score = self.score(text, &mut scratch)?;
                Some((Reverse(score), text.len(), index))
            })
            .collect();
        if found.len() > most {
            found.select_nth_unstable(most);
            found.truncate(most);
        }
        found.sort_unstable();
        let matches = found.into_iter();
        matches
            .map(|(Reverse(score), _, index)| Match { index, score })
            .collect()
    }
}

impl Scratch {
    fn read(&mut self, text: &str) {
        self.text.clear();
        self.text.extend(text.chars().take(LONGEST_TEXT));
    }
}

impl Word {
    /// All its letters are there in their order.
    fn is_in(&self, text: &str) -> bool {
        let mut letters = text.chars();
        self.letters
            .iter()
            .all(|wanted| letters.any(|letter| same(*wanted, letter)))
    }

    /// The best sum over all ways to find the letters in the text that was read.
    fn weigh(&self, scratch: &mut Scratch) -> Option<i32> {
        let Scratch { text, before, now } = scratch;
        let name = text.iter().rposition(|c| *c == '/').map_or(0, |at| at + 1);
        // Best sums that end with a hit at each place, for the letters so far.
        before.clear();
        let mut from = 0;
        for (nth, wanted) in self.letters.iter().enumerate() {
            now.clear();
            now.resize(text.len(), NEVER);
            let mut reached = NEVER;
            let mut first = None;
            for at in from..text.len() {
                // What the best hit before is worth here, with the letters left out since.
                reached -= FURTHER;
                if nth > 0 && at >= 2 && before[at - 2] > NEVER {
                    reached = reached.max(before[at - 2] - GAP);
                }
                if !same(*wanted, text[at]) {
                    continue;
                }
                let bonus = bonus(text, at, name);
                let sum = if nth == 0 {
                    HIT + bonus * FIRST
                } else {
                    let beside = match at.checked_sub(1).map(|left| before[left]) {
                        Some(sum) if sum > NEVER => sum + BESIDE.max(bonus),
                        _ => NEVER,
                    };
                    let apart = reached.saturating_add(bonus);
                    let best = beside.max(apart);
                    if best <= NEVER / 2 {
                        continue;
                    }
                    HIT + best
                };
                now[at] = sum;
                first.get_or_insert(at);
            }
            from = first? + 1;
            std::mem::swap(before, now);
        }
        before.iter().copied().max().filter(|sum| *sum > NEVER)
    }
}

/// A small letter also stands for its capital.
fn same(wanted: char, letter: char) -> bool {
    if wanted == letter {
        return true;
    }
    if wanted.is_ascii() && letter.is_ascii() {
        return wanted == letter.to_ascii_lowercase();
    }
    !letter.is_ascii() && letter.to_lowercase().eq(std::iter::once(wanted))
}

/// What the place of a letter is worth; `name` is where the last part of a path begins.
fn bonus(text: &[char], at: usize, name: usize) -> i32 {
    if at == name {
        return NAME;
    }
    let Some(before) = at.checked_sub(1).map(|left| text[left]) else {
        return NAME;
    };
    let letter = text[at];
    if !before.is_alphanumeric() {
        return if letter.is_alphanumeric() { WORD } else { 0 };
    }
    let hump = before.is_lowercase() && letter.is_uppercase();
    let number = !before.is_numeric() && letter.is_numeric();
    if hump || number { HUMP } else { 0 }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn found<'t>(typed: &str, texts: &[&'t str]) -> Vec<&'t str> {
        let best = Query::new(typed).best(texts.iter().copied(), usize::MAX);
        best.iter().map(|found| texts[found.index]).collect()
    }

    /// What is typed, what it is typed at, and what is offered, best first.
    #[test]
    fn what_is_meant_comes_first() {
        let rows: &[(&str, &[&str], &[&str])] = &[
            ("", &["b", "a"], &["b", "a"]),
            ("  ", &["b", "a"], &["b", "a"]),
            (
                "zoom",
                &["zoom, and back", "z o o m", "room"],
                &["zoom, and back", "z o o m"],
            ),
            (
                "mo",
                &["remove", "model of this session"],
                &["model of this session", "remove"],
            ),
            (
                "sr",
                &["user story", "split right"],
                &["split right", "user story"],
            ),
            (
                "fh",
                &["fetch.rs", "FileHandle.rs"],
                &["FileHandle.rs", "fetch.rs"],
            ),
            (
                "main",
                &["src/remaining.rs", "domain/x.rs", "src/main.rs"],
                &["src/main.rs", "domain/x.rs", "src/remaining.rs"],
            ),
            (
                "app mod",
                &["src/app/act.rs", "src/app/mod.rs", "src/mod/app.rs"],
                &["src/app/mod.rs", "src/mod/app.rs"],
            ),
            ("FH", &["fetch.rs", "FileHandle.rs"], &["FileHandle.rs"]),
            ("重试", &["先重后试", "网络重试"], &["网络重试", "先重后试"]),
            ("é", &["École", "ecole", "été"], &["été", "École"]),
            ("a", &["ab", "a", "ba"], &["a", "ab", "ba"]),
            ("x1", &["x-1", "box21"], &["x-1", "box21"]),
            ("xyz", &["xy", "", "zyx"], &[]),
        ];
        for (typed, texts, expected) in rows {
            assert_eq!(found(typed, texts), *expected, "{typed}");
        }
    }

    #[test]
    fn only_the_best_are_given_and_equal_ones_keep_their_order() {
        let texts = ["ab1", "ab2", "b", "ab3", "a"];
        let best = Query::new("a").best(texts.into_iter(), 3);
        let indexes: Vec<usize> = best.iter().map(|found| found.index).collect();
        assert_eq!(indexes, [4, 0, 1]);
    }

    proptest! {
        #[test]
        fn a_match_is_a_subsequence(word in "[a-cA-Cé]{1,5}", text in "[a-cA-CéÉ/_ ]{0,24}") {
            let query = Query::new(&word);
            let mut scratch = Scratch::default();
            prop_assert_eq!(query.score(&text, &mut scratch).is_some(), query.words[0].is_in(&text));
        }
    }
}
