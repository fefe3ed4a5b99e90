//! The items that are weighed: the best of the index by its own reckoning that are within what a question is limited to.
//!
//! The lists of the index are walked so that items which cannot be among the best are skipped (block-max WAND); what a limit
//! takes away is left out on the way, so that no more has to be looked at than was asked for. Where a limit leaves only few
//! items, these are looked at and not the lists.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use tantivy::query::{
    BooleanQuery, BoostQuery, EnableScoring, Occur, PhraseQuery, Query, Scorer, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, Searcher, SegmentReader, TERMINATED, Term};

use crate::memory::ask::Question;
use crate::memory::gather::along;
use crate::memory::index::Index;
use crate::memory::limit::{Columns, Limits};
use crate::memory::rank;
use crate::memory::schema::Fields;

/// Items that are weighed. More change nothing that a person sees.
const POOL: usize = 300;

/// Words that a beginning stands for.
const BEGINNINGS: usize = 16;

/// Items that hold one of those, at most; what is more common says nothing.
const BEGUN: u64 = 60_000;

/// What one of those is worth against the words that are typed whole.
const BEGUN_WORTH: f32 = 3.0;

/// A word that more items hold than this does not choose among them, where rarer ones find enough: it tells little, and its
/// list is long. What is chosen is weighed by it all the same.
const COMMON: u64 = 60_000;

/// Items that the rarer ones must hold for that.
const ENOUGH: u64 = 3_000;

/// Of a part of the index less than one in so many is few.
const FEW: u32 = 12;

/// How fast more of the same word counts for less, where the lists are not walked by the index itself.
const SATURATION: f32 = 1.2;

/// A question as the index is asked it.
pub(crate) struct Pool<'a> {
    index: &'a Index,
    searcher: &'a Searcher,
    limits: &'a Limits,
    question: &'a Question,
    /// What a beginning stands for, the commonest first.
    pub beginnings: Vec<String>,
    words: Vec<Asked>,
}

/// A word with how much it tells.
struct Asked {
    text: String,
    weight: f32,
    /// As a name; 0 where nobody is called so.
    who: f32,
    share: f32,
    /// Items that hold it.
    found: u64,
    /// It chooses among the items.
    chooses: bool,
}

/// The best so far, the worst of them first.
struct Best {
    most: usize,
    found: BinaryHeap<Reverse<Ranked>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Ranked {
    score: f32,
    address: DocAddress,
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then_with(|| self.address.cmp(&other.address))
    }
}

impl Best {
    fn new(most: usize) -> Self {
        Self {
            most,
            found: BinaryHeap::with_capacity(most.min(POOL) + 1),
        }
    }

    fn add(&mut self, score: f32, address: DocAddress) {
        self.found.push(Reverse(Ranked { score, address }));
        if self.found.len() > self.most {
            self.found.pop();
        }
    }

    /// What an item must score more than to be among them.
    fn threshold(&self) -> f32 {
        match self.found.peek() {
            Some(Reverse(worst)) if self.found.len() >= self.most => worst.score,
            _ => f32::MIN,
        }
    }
}

impl<'a> Pool<'a> {
    pub(crate) fn new(
        index: &'a Index,
        searcher: &'a Searcher,
        question: &'a Question,
        limits: &'a Limits,
    ) -> tantivy::Result<Self> {
        let fields = &index.fields;
        let all = searcher.num_docs();
        let words = question.words.iter().map(|word| {
            let text = searcher.doc_freq(&Term::from_field_text(fields.text, &word.text))?;
            let who = searcher.doc_freq(&Term::from_field_text(fields.who, &word.text))?;
            Ok(Asked {
                text: word.text.clone(),
                weight: rank::rarity(text, all),
                who: if who == 0 {
                    0.0
                } else {
                    rank::rarity(who, all)
                },
                share: word.share,
                found: text,
                chooses: false,
            })
        });
        let words: tantivy::Result<Vec<Asked>> = words.collect();
        let mut words = words?;
        let mut rarest: Vec<&mut Asked> = words.iter_mut().collect();
        rarest.sort_by_key(|word| word.found);
        let mut held = 0_u64;
        for word in rarest {
            word.chooses = held < ENOUGH || word.found <= COMMON;
            held = held.saturating_add(word.found);
        }
        let mut pool = Self {
            index,
            searcher,
            limits,
            question,
            beginnings: Vec::new(),
            words,
        };
        if let Some(beginning) = &question.beginning {
            pool.beginnings = pool.words_from(beginning)?;
        }
        Ok(pool)
    }

    /// The words of the index that begin so. What is asked as a whole word too is not among them where it is common.
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
            if count > BEGUN {
                return None;
            }
            let fits = sum + count <= BEGUN;
            sum += if fits { count } else { 0 };
            fits.then_some(word)
        };
        Ok(found
            .into_iter()
            .filter_map(within)
            .take(BEGINNINGS)
            .collect())
    }

    /// At least `least` items, where there are so many.
    pub(crate) fn best(&self, least: usize) -> tantivy::Result<Vec<DocAddress>> {
        let most = POOL.max(least);
        let found = self.chosen(most, false)?;
        // What the rarer words find may all be outside of the limits.
        if found.len() < least && self.words.iter().any(|word| !word.chooses) {
            return self.chosen(most, true);
        }
        Ok(found)
    }

    fn chosen(&self, most: usize, by_all: bool) -> tantivy::Result<Vec<DocAddress>> {
        let mut best = Best::new(most);
        let mut begun = Best::new(most);
        let query = self.query(by_all);
        let nothing = query.is_none() && self.beginnings.is_empty();
        let weight = query
            .map(|query| query.weight(EnableScoring::enabled_from_searcher(self.searcher)))
            .transpose()?;
        for (number, part) in (0_u32..).zip(self.searcher.segment_readers()) {
            let address = |doc| DocAddress::new(number, doc);
            let mut within = Within::new(self, part)?;
            if nothing {
                for (seq, doc) in within.newest(most)? {
                    // Numbers up to 16 million are told apart; of what is farther away only the order of parts counts.
                    best.add(seq as f32, address(doc));
                }
                continue;
            }
            if let Some(few) = within.few() {
                self.weigh(part, &few, |score, doc| best.add(score, address(doc)))?;
                continue;
            }
            if let Some(weight) = &weight {
                weight.for_each_pruning(best.threshold(), part, &mut |doc, score| {
                    if within.holds(doc) {
                        best.add(score, address(doc));
                    }
                    best.threshold()
                })?;
            }
            if !self.beginnings.is_empty() {
                let mut within = Within::new(self, part)?;
                let mut docs = self.begun(part)?;
                docs.retain(|doc| within.holds(*doc));
                self.weigh(part, &docs, |score, doc| begun.add(score, address(doc)))?;
            }
        }
        let mut found: Vec<DocAddress> = best
            .found
            .into_iter()
            .chain(begun.found)
            .map(|Reverse(ranked)| ranked.address)
            .collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The items of a part that hold what begins so, in rising order.
    fn begun(&self, part: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let plain = part.inverted_index(self.index.fields.plain)?;
        let mut docs = Vec::new();
        for word in &self.beginnings {
            let term = Term::from_field_text(self.index.fields.plain, word);
            if let Some(mut list) = plain.read_postings(&term, IndexRecordOption::Basic)? {
                while list.doc() != TERMINATED {
                    docs.push(list.doc());
                    list.advance();
                }
            }
        }
        docs.sort_unstable();
        docs.dedup();
        Ok(docs)
    }

    /// Tells what some items of a part score, those that score anything.
    fn weigh(
        &self,
        part: &SegmentReader,
        docs: &[DocId],
        mut tell: impl FnMut(f32, DocId),
    ) -> tantivy::Result<()> {
        let fields = &self.index.fields;
        let mut scores = vec![0.0_f32; docs.len()];
        let (texts, names) = (
            part.inverted_index(fields.text)?,
            part.inverted_index(fields.who)?,
        );
        for word in &self.words {
            let term = Term::from_field_text(fields.text, &word.text);
            if let Some(mut list) = texts.read_postings(&term, IndexRecordOption::WithFreqs)? {
                along(&mut list, docs, |item, count| {
                    let count = count as f32;
                    let score = count * (SATURATION + 1.0) / (count + SATURATION);
                    add(&mut scores, item, word.share * word.weight * score);
                });
            }
            let term = Term::from_field_text(fields.who, &word.text);
            if word.who > 0.0
                && let Some(mut list) = names.read_postings(&term, IndexRecordOption::Basic)?
            {
                along(&mut list, docs, |item, _| {
                    add(&mut scores, item, rank::WHO * word.who);
                });
            }
        }
        let plain = part.inverted_index(fields.plain)?;
        for word in &self.beginnings {
            let term = Term::from_field_text(fields.plain, word);
            if let Some(mut list) = plain.read_postings(&term, IndexRecordOption::Basic)? {
                along(&mut list, docs, |item, _| {
                    add(&mut scores, item, BEGUN_WORTH);
                });
            }
        }
        for (score, doc) in scores.into_iter().zip(docs) {
            // What is limited to phrases alone holds them.
            if score > 0.0 || self.words.is_empty() && self.beginnings.is_empty() {
                tell(score, *doc);
            }
        }
        Ok(())
    }

    /// `None` where there is no word to ask for. Words alone, each with how often it stands there: only such a question is one
    /// that the index answers without a look at all that fits.
    fn query(&self, by_all: bool) -> Option<BooleanQuery> {
        let fields = &self.index.fields;
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut add = |field, text: &str, boost: f32| {
            let term = Term::from_field_text(field, text);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            let query = BoostQuery::new(Box::new(query), boost);
            clauses.push((Occur::Should, Box::new(query)));
        };
        for word in &self.words {
            if word.chooses || by_all {
                add(fields.text, &word.text, word.share);
            }
            if word.who > 0.0 {
                add(fields.who, &word.text, rank::WHO);
            }
        }
        (!clauses.is_empty()).then(|| BooleanQuery::new(clauses))
    }
}

fn add(scores: &mut [f32], item: usize, more: f32) {
    if let Some(score) = scores.get_mut(item) {
        *score += more;
    }
}

/// What a question leaves of a part of the index.
struct Within<'a> {
    part: &'a SegmentReader,
    limits: &'a Limits,
    columns: Option<Columns>,
    /// Phrases and names that must be there, the rarest first.
    with: Vec<Box<dyn Scorer>>,
    without: Vec<Not>,
}

/// What must not be there, unless the flag of that name is.
struct Not {
    words: Box<dyn Scorer>,
    flag: Option<Box<dyn Scorer>>,
}

/// Whether a list holds an item; asked in rising order.
fn at(list: &mut Box<dyn Scorer>, doc: DocId) -> bool {
    if list.doc() < doc {
        list.seek(doc);
    }
    list.doc() == doc
}

impl<'a> Within<'a> {
    fn new(pool: &Pool<'a>, part: &'a SegmentReader) -> tantivy::Result<Self> {
        let fields = &pool.index.fields;
        let plain = EnableScoring::disabled_from_searcher(pool.searcher);
        let list = |query: Box<dyn Query>| query.weight(plain)?.scorer(part, 1.0);
        let phrases = pool.question.phrases.iter();
        let names = pool.limits.who.iter().map(|name| -> Box<dyn Query> {
            let term = Term::from_field_text(fields.who, name);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        });
        let with = phrases.map(|words| phrase(fields, words)).chain(names);
        let with: tantivy::Result<Vec<Box<dyn Scorer>>> = with.map(list).collect();
        let mut with = with?;
        let without = pool.question.without.iter().map(|without| {
            let flag = without.flag.as_ref();
            let flag = flag.map(|flag| list(phrase(fields, &[(0, flag.clone())])));
            Ok(Not {
                words: list(phrase(fields, &without.words))?,
                flag: flag.transpose()?,
            })
        });
        let without: tantivy::Result<Vec<Not>> = without.collect();
        with.sort_by_key(DocSet::size_hint);
        Ok(Self {
            part,
            limits: pool.limits,
            columns: pool
                .limits
                .is_of_columns()
                .then(|| Columns::of(part))
                .transpose()?,
            with,
            without: without?,
        })
    }

    /// Asked in rising order.
    fn holds(&mut self, doc: DocId) -> bool {
        !self.part.is_deleted(doc)
            && self
                .columns
                .as_ref()
                .is_none_or(|columns| columns.hold(self.limits, doc))
            && self.with.iter_mut().all(|list| at(list, doc))
            && !self.without.iter_mut().any(|not| {
                at(&mut not.words, doc) && !not.flag.as_mut().is_some_and(|flag| at(flag, doc))
            })
    }

    /// The items that are left, where these are few.
    fn few(&mut self) -> Option<Vec<DocId>> {
        let all = self.part.max_doc();
        let rarest = self.with.first().map(DocSet::size_hint);
        if rarest.is_some_and(|rarest| rarest.saturating_mul(FEW) < all) {
            let mut docs = Vec::new();
            if let Some(list) = self.with.first_mut() {
                while list.doc() != TERMINATED {
                    docs.push(list.doc());
                    list.advance();
                }
            }
            // It was walked to its end: each of these holds it.
            self.with.remove(0);
            docs.retain(|doc| self.holds(*doc));
            return Some(docs);
        }
        let Some(columns) = &self.columns else {
            return None;
        };
        if !columns.are_few(self.limits, all, FEW) {
            return None;
        }
        let mut docs = columns.all(self.limits, all);
        docs.retain(|doc| self.holds(*doc));
        Some(docs)
    }

    /// The newest of all that are left, by the number of their fact.
    fn newest(&mut self, most: usize) -> tantivy::Result<Vec<(u64, DocId)>> {
        let seqs = self.part.fast_fields().u64("seq")?;
        let mut best: BinaryHeap<Reverse<(u64, DocId)>> =
            BinaryHeap::with_capacity(most.min(POOL) + 1);
        let all = 0..self.part.max_doc();
        // The newest mostly stand last; lists are walked from the first on.
        let rising = !self.with.is_empty() || !self.without.is_empty();
        let order: Box<dyn Iterator<Item = DocId>> = if rising {
            Box::new(all)
        } else {
            Box::new(all.rev())
        };
        for doc in order {
            let seq = seqs.first(doc).unwrap_or_default();
            let worst = best.peek().map_or(0, |Reverse((worst, _))| *worst);
            if (best.len() < most || seq > worst) && self.holds(doc) {
                best.push(Reverse((seq, doc)));
                if best.len() > most {
                    best.pop();
                }
            }
        }
        Ok(best.into_iter().map(|Reverse(found)| found).collect())
    }
}

fn phrase(fields: &Fields, words: &[(usize, String)]) -> Box<dyn Query> {
    let term = |text: &str| Term::from_field_text(fields.text, text);
    match words {
        [(_, word)] => Box::new(TermQuery::new(term(word), IndexRecordOption::Basic)),
        words => {
            let terms = words.iter().map(|(place, word)| (*place, term(word)));
            Box::new(PhraseQuery::new_with_offset(terms.collect()))
        }
    }
}
