//! A question put to the index and to what is not in it yet: a pool of items that hold some of its words, then each weighed with
//! its neighbours and its session.

use std::collections::{BTreeMap, HashMap, HashSet};

use tantivy::{DocId, Searcher, Term};

use crate::memory::analysis::TIME;
use crate::memory::ask::Question;
use crate::memory::gather::{self, Gathered, Place};
use crate::memory::guard::guarded;
use crate::memory::index::{Index, IndexError};
use crate::memory::limit::Limits;
use crate::memory::pool::Pool;
use crate::memory::rank::{self, Score, Weight};
use crate::memory::tail::Tail;

/// How much of a whole word a beginning counts.
const BEGUN_SHARE: f32 = 0.6;

/// An answer: the number of its fact, its session's number in the log, and how well it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    pub seq: u64,
    pub session: u64,
    pub score: f32,
    /// What it holds of the question: the share of its words, each by how much it tells, and how many.
    pub share: f32,
    pub words: u32,
}

/// How newer ones are preferred: weakly, and never so that a better answer of long ago is lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recency {
    pub now: i64,
}

impl Recency {
    /// The share of the score that age can take.
    const SHARE: f32 = 0.15;
    /// Milliseconds after which half of it is gone.
    const HALF: f32 = 30.0 * 24.0 * 3_600_000.0;

    fn of(self, at: i64) -> f32 {
        let age = (self.now.saturating_sub(at)).max(0) as f32;
        1.0 - Self::SHARE + Self::SHARE * (-age / Self::HALF).exp2()
    }
}

/// The best answers, best first.
pub fn search(
    index: Option<&Index>,
    tail: &Tail,
    question: &Question,
    limits: &Limits,
    limit: usize,
    recency: Option<Recency>,
) -> Result<Vec<Answer>, IndexError> {
    guarded(|| unguarded(index, tail, question, limits, limit, recency))
}

fn unguarded(
    index: Option<&Index>,
    tail: &Tail,
    question: &Question,
    limits: &Limits,
    limit: usize,
    recency: Option<Recency>,
) -> Result<Vec<Answer>, IndexError> {
    let fault = |error: tantivy::TantivyError| IndexError::Unusable(error.to_string());
    let searcher = index.map(|index| (index, index.searcher()));
    let mut parts = match &searcher {
        Some((index, searcher)) => {
            gathered(index, searcher, (question, limits), limit).map_err(fault)?
        }
        None => Vec::new(),
    };
    let both = searcher
        .as_ref()
        .map(|(index, searcher)| (*index, searcher));
    let weights = weights(both, tail, question).map_err(fault)?;
    parts.push(tail.gathered(question, limits, limit));
    Ok(weighed(&parts, &weights, question, limits, limit, recency))
}

/// The weights of the words, and the usual length of an item.
struct Weights {
    words: Vec<Weight>,
    average: f32,
    begun: f32,
}

fn weights(
    index: Option<(&Index, &Searcher)>,
    tail: &Tail,
    question: &Question,
) -> tantivy::Result<Weights> {
    let mut all = tail.len() as u64;
    let mut length = tail.words();
    if let Some((index, searcher)) = index {
        all += searcher.num_docs();
        for part in searcher.segment_readers() {
            length += part.inverted_index(index.fields.text)?.total_num_tokens();
        }
    }
    let mut words = Vec::with_capacity(question.words.len());
    let mut sum = 0.0;
    for (nth, word) in question.words.iter().enumerate() {
        let (mut text, mut who) = tail.found(question, nth);
        if let Some((index, searcher)) = index {
            text += searcher.doc_freq(&Term::from_field_text(index.fields.text, &word.text))?;
            who += searcher.doc_freq(&Term::from_field_text(index.fields.who, &word.text))?;
        }
        let who = if who == 0 {
            0.0
        } else {
            rank::rarity(who, all)
        };
        words.push(Weight {
            text: rank::rarity(text, all),
            who,
            share: word.share,
        });
        sum += rank::rarity(text, all);
    }
    let begun = BEGUN_SHARE
        * if words.is_empty() {
            1.0
        } else {
            sum / words.len() as f32
        };
    Ok(Weights {
        words,
        average: length as f32 / all.max(1) as f32,
        begun,
    })
}

fn weighed(
    parts: &[Gathered],
    weights: &Weights,
    question: &Question,
    limits: &Limits,
    limit: usize,
    recency: Option<Recency>,
) -> Vec<Answer> {
    let mut scored: Vec<(Place, Score)> = Vec::new();
    let mut best: HashMap<u64, f32> = HashMap::new();
    let time = question.words.len();
    // Asked by filters alone: the newest.
    let nothing = question.is_empty() && question.beginning.is_none();
    for part in parts {
        for (item, place) in part
            .items
            .iter()
            .enumerate()
            .filter(|(_, place)| place.wanted)
        {
            let features = part.features(item);
            let mut score = rank::score(&weights.words, weights.average, &features);
            if place.begun {
                score.own += weights.begun;
                score.whole += weights.begun;
            }
            if question.when && features.counts.get(time).is_some_and(|count| *count > 0) {
                score.whole += rank::TIME;
            }
            let top = best.entry(place.session).or_default();
            *top = top.max(score.own);
            if (score.whole > 0.0 || nothing) && limits.hold(place) {
                scored.push((*place, score));
            }
        }
    }
    let mut answers: Vec<Answer> = scored
        .into_iter()
        .map(|(place, score)| {
            let whole = score.in_session(best.get(&place.session).copied().unwrap_or_default());
            let by_age = recency.map_or(1.0, |recency| recency.of(place.at));
            Answer {
                seq: place.seq,
                session: place.session,
                score: whole * by_age,
                share: score.share,
                words: score.words,
            }
        })
        .collect();
    answers.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(b.seq.cmp(&a.seq)));
    // What goes into the index right now is in the tail too.
    let mut seen = HashSet::new();
    answers.retain(|answer| seen.insert(answer.seq));
    answers.truncate(limit);
    answers
}

/// The items of the pool with all that weighs them, part by part.
fn gathered(
    index: &Index,
    searcher: &Searcher,
    (question, limits): (&Question, &Limits),
    limit: usize,
) -> tantivy::Result<Vec<Gathered>> {
    let pool = Pool::new(index, searcher, question, limits)?;
    let mut docs: BTreeMap<u32, Vec<DocId>> = BTreeMap::new();
    for address in pool.best(limit)? {
        docs.entry(address.segment_ord)
            .or_default()
            .push(address.doc_id);
    }
    let mut words: Vec<String> = question
        .words
        .iter()
        .map(|word| word.text.clone())
        .collect();
    if question.when {
        words.push(TIME.to_owned());
    }
    let is_strict =
        !question.phrases.is_empty() || !question.without.is_empty() || !limits.who.is_empty();
    let mut parts = Vec::with_capacity(docs.len() + 1);
    for (part, docs) in docs {
        let part = searcher.segment_reader(part);
        let mut gathered = gather::read(part, &index.fields, &words, &pool.beginnings, &docs)?;
        if is_strict {
            // Neighbours of what must hold a phrase or a name need not hold it.
            for place in &mut gathered.items {
                place.wanted = docs.binary_search(&place.doc).is_ok();
            }
        }
        parts.push(gathered);
    }
    Ok(parts)
}
