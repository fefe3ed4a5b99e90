//! What was said since the index was last written: searched in memory by the same words and the same figures, so that an item is
//! found as soon as it is said.

use std::collections::{HashMap, HashSet};

use crate::memory::analysis::{Analyser, TIME};
use crate::memory::ask::{Question, Without};
use crate::memory::document::Document;
use crate::memory::gather::{Gathered, Place};
use crate::memory::limit::Limits;

/// Documents that are not in the index yet.
#[derive(Debug, Default)]
pub struct Tail {
    items: Vec<Item>,
    words: u64,
    analyser: Analyser,
}

#[derive(Debug)]
struct Item {
    seq: u64,
    session: u64,
    at: i64,
    kind: u64,
    length: u32,
    /// Where each word stands.
    text: HashMap<String, Vec<u32>>,
    who: Vec<String>,
    plain: Vec<String>,
}

impl Tail {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Words in it.
    pub(crate) fn words(&self) -> u64 {
        self.words
    }

    /// Takes a document in. In rising order of the log; what is there already is passed over.
    pub fn add(&mut self, document: &Document) {
        if self
            .items
            .last()
            .is_some_and(|last| last.seq >= document.seq.0)
        {
            return;
        }
        let tokens = self.analyser.tokens(&document.text);
        let length = tokens.len() as u32;
        let mut text: HashMap<String, Vec<u32>> = HashMap::new();
        let mut plain = Vec::new();
        for token in tokens {
            text.entry(token.text).or_default().push(token.position);
            if !token.plain.is_empty() {
                plain.push(token.plain);
            }
        }
        let who = self
            .analyser
            .tokens(&document.who)
            .into_iter()
            .map(|token| token.text)
            .collect();
        self.words += u64::from(length);
        self.items.push(Item {
            seq: document.seq.0,
            session: document.session,
            at: document.at.0,
            kind: document.kind as u64,
            length,
            text,
            who,
            plain,
        });
    }

    /// Lets go of what the index holds now.
    pub fn forget_until(&mut self, seq: u64) {
        self.items.retain(|item| item.seq > seq);
        self.words = self.items.iter().map(|item| u64::from(item.length)).sum();
    }

    /// Lets go of all before the newest `most`, but for the newest `own` of those that are of no session of `others`; the number of
    /// the last fact before which it is not whole any more.
    pub fn keep_newest(
        &mut self,
        most: usize,
        (others, own): (&HashSet<u64>, usize),
    ) -> Option<u64> {
        let before = self
            .items
            .len()
            .checked_sub(most)
            .filter(|before| *before > 0)?;
        let newest = self.items.split_off(before);
        let last = self.items.last().map(|item| item.seq);
        self.items.retain(|item| !others.contains(&item.session));
        let gone = self.items.len().saturating_sub(own);
        self.items.drain(..gone);
        self.items.extend(newest);
        self.words = self.items.iter().map(|item| u64::from(item.length)).sum();
        last
    }

    /// Lets go of sessions that are no more.
    pub fn forget_sessions(&mut self, purged: &[u64]) {
        self.items.retain(|item| !purged.contains(&item.session));
        self.words = self.items.iter().map(|item| u64::from(item.length)).sum();
    }

    /// Whether an item holds this word, as words are compared, or was said by one who is called so.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let holds =
            |item: &Item| item.text.contains_key(text) || item.who.iter().any(|who| who == text);
        self.items.iter().any(holds)
    }

    /// The words of the items as they were typed, each with how many items hold it.
    pub(crate) fn plain_words(&self) -> HashMap<&str, u64> {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for item in &self.items {
            let words: HashSet<&str> = item.plain.iter().map(String::as_str).collect();
            for word in words {
                *counts.entry(word).or_default() += 1;
            }
        }
        counts
    }

    /// How many items hold a word of a question, and how many were said by one who is called so.
    pub(crate) fn found(&self, question: &Question, word: usize) -> (u64, u64) {
        let Some(word) = question.words.get(word) else {
            return (0, 0);
        };
        let text = self
            .items
            .iter()
            .filter(|item| item.text.contains_key(&word.text))
            .count();
        let who = self
            .items
            .iter()
            .filter(|item| item.who.contains(&word.text))
            .count();
        (text as u64, who as u64)
    }

    pub(crate) fn gathered(&self, question: &Question, limits: &Limits, limit: usize) -> Gathered {
        let mut order: Vec<&Item> = self.items.iter().collect();
        // Neighbours stand side by side, as in the index.
        order.sort_by_key(|item| (item.session, item.seq));
        let strict =
            !question.phrases.is_empty() || !question.without.is_empty() || !limits.who.is_empty();
        let mut hits: Vec<bool> = order
            .iter()
            .map(|item| item.may_answer(question, limits))
            .collect();
        if question.is_empty() && question.beginning.is_none() && limits.who.is_empty() {
            let mut newest: Vec<u64> = order.iter().map(|item| item.seq).collect();
            newest.sort_unstable_by(|a, b| b.cmp(a));
            let from = newest.get(limit.max(1200)).copied().unwrap_or_default();
            hits = order
                .iter()
                .map(|item| item.seq > from && item.may_answer(question, limits))
                .collect();
        } else if !strict {
            let near: Vec<bool> = (0..order.len())
                .map(|at| {
                    let from = at.saturating_sub(2);
                    let around = order.iter().zip(&hits).skip(from).take(5);
                    around.into_iter().any(|(other, hit)| {
                        *hit && Some(other.session) == order.get(at).map(|item| item.session)
                    })
                })
                .collect();
            hits = near;
        }
        let items = order
            .iter()
            .zip(&hits)
            .enumerate()
            .map(|(at, (item, wanted))| Place {
                doc: at as u32,
                seq: item.seq,
                session: item.session,
                at: item.at,
                kind: item.kind,
                length: item.length,
                wanted: *wanted,
                begun: question
                    .beginning
                    .as_ref()
                    .is_some_and(|beginning| item.begins(beginning)),
            });
        let extra = usize::from(question.when);
        let mut gathered = Gathered::new(items.collect(), question.words.len() + extra);
        for (at, item) in order.iter().enumerate() {
            let words = question.words.iter().map(|word| word.text.as_str());
            for (nth, word) in words.chain(question.when.then_some(TIME)).enumerate() {
                if let Some(places) = item.text.get(word) {
                    gathered.set(at, nth, places.len() as u32);
                }
                if item.who.iter().any(|who| who == word) {
                    gathered.set_who(at, nth);
                }
            }
        }
        gathered
    }
}

impl Item {
    fn begins(&self, beginning: &str) -> bool {
        self.plain.iter().any(|word| word.starts_with(beginning))
    }

    /// Holds a word that is asked for and all that must be there.
    fn may_answer(&self, question: &Question, limits: &Limits) -> bool {
        let some = question
            .words
            .iter()
            .any(|word| self.text.contains_key(&word.text) || self.who.contains(&word.text))
            || question
                .beginning
                .as_ref()
                .is_some_and(|beginning| self.begins(beginning))
            || question.is_empty();
        some && question.phrases.iter().all(|words| self.has_phrase(words))
            && !question
                .without
                .iter()
                .any(|without| self.is_barred(without))
            && limits.who.iter().all(|name| self.who.contains(name))
    }

    /// It holds what no answer may hold.
    fn is_barred(&self, without: &Without) -> bool {
        let flagged = |flag: &String| self.text.contains_key(flag);
        self.has_phrase(&without.words) && !without.flag.as_ref().is_some_and(flagged)
    }

    fn has_phrase(&self, words: &[(usize, String)]) -> bool {
        let Some((_, first)) = words.first() else {
            return true;
        };
        let places = |word: &str| self.text.get(word).map(Vec::as_slice).unwrap_or_default();
        places(first).iter().any(|start| {
            words
                .iter()
                .all(|(distance, word)| places(word).contains(&(start + *distance as u32)))
        })
    }
}
