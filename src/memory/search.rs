//! A question put to the index and to what is not in it yet: a pool of items that hold some of its words, then each weighed with
//! its neighbours and its session.

use std::collections::{HashMap, HashSet};

use tantivy::collector::TopDocs;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery,
    Query, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, Order, Searcher, Term};

use crate::memory::analysis::TIME;
use crate::memory::ask::Question;
use crate::memory::gather::{self, Gathered, Place};
use crate::memory::index::{Index, IndexError};
use crate::memory::rank::{self, Score, Weight};
use crate::memory::tail::Tail;
use crate::protocol::search::Kind;

/// Items that are weighed. More change nothing that a person sees.
const POOL: usize = 300;

/// The same where a filter takes some of them away: cheaper than to have the index look at it.
const POOL_FILTERED: usize = 1200;

/// Words that a beginning stands for.
const BEGINNINGS: usize = 16;

/// Items that hold one of those, at most; what is more common says nothing.
const BEGUN: u64 = 60_000;

/// How much of a whole word a beginning counts.
const BEGUN_SHARE: f32 = 0.6;

/// An answer: the number of its fact, its session's number in the log, and how well it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    pub seq: u64,
    pub session: u64,
    pub score: f32,
}

/// What answers are limited to.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Empty for all.
    pub kinds: Vec<Kind>,
    /// Sorted numbers of sessions; `None` for all.
    pub sessions: Option<Vec<u64>>,
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// Folded and stemmed names; each must be one of those who said it.
    pub who: Vec<String>,
}

impl Limits {
    fn is_none(&self) -> bool {
        self.kinds.is_empty()
            && self.sessions.is_none()
            && self.since.is_none()
            && self.until.is_none()
            && self.who.is_empty()
    }

    pub(crate) fn hold(&self, place: &Place) -> bool {
        (self.kinds.is_empty() || self.kinds.iter().any(|kind| *kind as u64 == place.kind))
            && self
                .sessions
                .as_ref()
                .is_none_or(|sessions| sessions.binary_search(&place.session).is_ok())
            && self.since.is_none_or(|since| place.at >= since)
            && self.until.is_none_or(|until| place.at < until)
    }
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
    let fault = |error: tantivy::TantivyError| IndexError::Unusable(error.to_string());
    let searcher = index.map(|index| (index, index.searcher()));
    let found = match &searcher {
        Some((index, searcher)) => Asked::new(index, searcher, tail, question, limits)
            .and_then(|asked| asked.gathered(limit))
            .map_err(fault)?,
        None => Found::default(),
    };
    let weights = match &searcher {
        Some((index, searcher)) => {
            weights(Some((index, searcher)), tail, question).map_err(fault)?
        }
        None => weights(None, tail, question).map_err(fault)?,
    };
    let mut parts = found.parts;
    parts.push(tail.gathered(question, limits, limit));
    Ok(weighed(&parts, &weights, question, limits, limit, recency))
}

#[derive(Default)]
struct Found {
    parts: Vec<Gathered>,
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
            let score = whole * recency.map_or(1.0, |recency| recency.of(place.at));
            Answer {
                seq: place.seq,
                session: place.session,
                score,
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

/// A question as the index is asked it.
struct Asked<'a> {
    index: &'a Index,
    searcher: &'a Searcher,
    limits: &'a Limits,
    question: &'a Question,
    /// What a beginning stands for, the commonest first.
    beginnings: Vec<String>,
}

impl<'a> Asked<'a> {
    fn new(
        index: &'a Index,
        searcher: &'a Searcher,
        _tail: &Tail,
        question: &'a Question,
        limits: &'a Limits,
    ) -> tantivy::Result<Self> {
        let mut asked = Self {
            index,
            searcher,
            limits,
            question,
            beginnings: Vec::new(),
        };
        if let Some(beginning) = &question.beginning {
            asked.beginnings = asked.words_from(beginning)?;
        }
        Ok(asked)
    }

    /// The words of the index that begin so.
    fn words_from(&self, beginning: &str) -> tantivy::Result<Vec<String>> {
        let mut found: HashMap<String, u64> = HashMap::new();
        for part in self.searcher.segment_readers() {
            let words = part.inverted_index(self.index.fields.plain)?;
            let mut stream = words.terms().range().ge(beginning).into_stream()?;
            let mut seen = 0_u32;
            while stream.advance() {
                let Ok(word) = std::str::from_utf8(stream.key()) else {
                    continue;
                };
                if !word.starts_with(beginning) || seen > 20_000 {
                    break;
                }
                seen += 1;
                *found.entry(word.to_owned()).or_default() += u64::from(stream.value().doc_freq);
            }
        }
        let mut found: Vec<(String, u64)> = found.into_iter().collect();
        found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut sum = 0;
        let within = |(word, count): (String, u64)| {
            sum += count;
            // The word itself is always meant.
            (sum <= BEGUN || word == beginning).then_some(word)
        };
        Ok(found
            .into_iter()
            .filter_map(within)
            .take(BEGINNINGS)
            .collect())
    }

    /// The items of the pool with all that weighs them, part by part.
    fn gathered(&self, limit: usize) -> tantivy::Result<Found> {
        let mut pool: HashMap<u32, Vec<DocId>> = HashMap::new();
        for address in self.pool(limit)? {
            pool.entry(address.segment_ord)
                .or_default()
                .push(address.doc_id);
        }
        let mut words: Vec<String> = self
            .question
            .words
            .iter()
            .map(|word| word.text.clone())
            .collect();
        if self.question.when {
            words.push(TIME.to_owned());
        }
        let mut found = Found::default();
        for (part, docs) in pool {
            let part = self.searcher.segment_reader(part);
            let fields = &self.index.fields;
            let mut gathered = gather::read(part, fields, &words, &self.beginnings, &docs)?;
            if self.is_strict() {
                // Neighbours of what must hold a phrase or a name need not hold it.
                for place in &mut gathered.items {
                    place.wanted = docs.contains(&place.doc);
                }
            }
            found.parts.push(gathered);
        }
        Ok(found)
    }

    fn is_strict(&self) -> bool {
        !self.question.phrases.is_empty()
            || !self.question.without.is_empty()
            || !self.limits.who.is_empty()
    }

    fn pool(&self, limit: usize) -> tantivy::Result<Vec<DocAddress>> {
        let Some(query) = self.query() else {
            return self.newest(limit);
        };
        if self.limits.is_none() {
            let best = TopDocs::with_limit(POOL.max(limit)).order_by_score();
            let found = self.searcher.search(&query, &best)?;
            return Ok(found.into_iter().map(|(_, address)| address).collect());
        }
        self.holding(POOL.max(limit), |most| {
            let best = TopDocs::with_limit(most).order_by_score();
            let found = self.searcher.search(&query, &best)?;
            Ok(found.into_iter().map(|(_, address)| address).collect())
        })
    }

    /// The first that are within the limits: more are looked at until there are enough or no more.
    fn holding(
        &self,
        wanted: usize,
        best: impl Fn(usize) -> tantivy::Result<Vec<DocAddress>>,
    ) -> tantivy::Result<Vec<DocAddress>> {
        let mut most = POOL_FILTERED.max(wanted);
        loop {
            let found = best(most)?;
            let last = found.len() < most;
            let mut kept = Vec::with_capacity(POOL);
            for address in found {
                if kept.len() < wanted && self.holds(address)? {
                    kept.push(address);
                }
            }
            if last || kept.len() >= wanted {
                return Ok(kept);
            }
            most = most.saturating_mul(8);
        }
    }

    fn holds(&self, address: DocAddress) -> tantivy::Result<bool> {
        let fast = self
            .searcher
            .segment_reader(address.segment_ord)
            .fast_fields();
        let doc = address.doc_id;
        Ok(self.limits.hold(&Place {
            doc,
            seq: 0,
            session: fast.u64("session")?.first(doc).unwrap_or_default(),
            at: fast.i64("at")?.first(doc).unwrap_or_default(),
            kind: fast.u64("kind")?.first(doc).unwrap_or_default(),
            length: 0,
            wanted: true,
            begun: false,
        }))
    }

    /// The newest items, where nothing is asked but by filters.
    fn newest(&self, limit: usize) -> tantivy::Result<Vec<DocAddress>> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(AllQuery))];
        clauses.extend(self.without());
        let query = BooleanQuery::new(clauses);
        self.holding(POOL_FILTERED.max(limit), |most| {
            let newest = TopDocs::with_limit(most).order_by_fast_field::<u64>("seq", Order::Desc);
            let found = self.searcher.search(&query, &newest)?;
            Ok(found.into_iter().map(|(_, address)| address).collect())
        })
    }

    /// What no hit may hold.
    fn without(&self) -> impl Iterator<Item = (Occur, Box<dyn Query>)> {
        let words = self.question.without.iter();
        words.map(|words| (Occur::MustNot, self.phrase(words)))
    }

    fn phrase(&self, words: &[(usize, String)]) -> Box<dyn Query> {
        let term = |text: &str| Term::from_field_text(self.index.fields.text, text);
        match words {
            [(_, word)] => Box::new(TermQuery::new(term(word), IndexRecordOption::Basic)),
            words => {
                let terms = words.iter().map(|(place, word)| (*place, term(word)));
                Box::new(PhraseQuery::new_with_offset(terms.collect()))
            }
        }
    }

    /// `None` where there is no word to ask for.
    fn query(&self) -> Option<BooleanQuery> {
        let fields = &self.index.fields;
        let term = |text: &str| Term::from_field_text(fields.text, text);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in &self.question.words {
            let text = TermQuery::new(term(&word.text), IndexRecordOption::WithFreqs);
            let who = TermQuery::new(
                Term::from_field_text(fields.who, &word.text),
                IndexRecordOption::Basic,
            );
            clauses.push((
                Occur::Should,
                Box::new(BoostQuery::new(Box::new(text), word.share)),
            ));
            clauses.push((
                Occur::Should,
                Box::new(BoostQuery::new(Box::new(who), rank::WHO)),
            ));
        }
        if !self.beginnings.is_empty() {
            let begun = self.beginnings.iter().map(|word| {
                let term = Term::from_field_text(fields.plain, word);
                let query = TermQuery::new(term, IndexRecordOption::Basic);
                Box::new(ConstScoreQuery::new(Box::new(query), 3.0)) as Box<dyn Query>
            });
            clauses.push((
                Occur::Should,
                Box::new(DisjunctionMaxQuery::new(begun.collect())),
            ));
        }
        clauses.extend(
            self.question
                .phrases
                .iter()
                .map(|words| (Occur::Must, self.phrase(words))),
        );
        for name in &self.limits.who {
            let name = TermQuery::new(
                Term::from_field_text(fields.who, name),
                IndexRecordOption::Basic,
            );
            clauses.push((Occur::Must, Box::new(name)));
        }
        if clauses.is_empty() {
            return None;
        }
        clauses.extend(self.without());
        Some(BooleanQuery::new(clauses))
    }
}
