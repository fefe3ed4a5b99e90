//! What the index says of items and their neighbours: how often each word of the question stands in them, read from the lists
//! of the index and not from texts.

use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, SegmentReader, TERMINATED, Term};

use crate::memory::rank::{Features, Near, REACH};
use crate::memory::schema::Fields;

/// Items of a part of the index, in its order, and each item's neighbours of the same session.
pub(crate) struct Gathered {
    pub items: Vec<Place>,
    /// A row for each item, a column for each word.
    counts: Vec<u16>,
    who: Vec<bool>,
    words: usize,
}

/// What is known of one item besides the words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub doc: DocId,
    pub seq: u64,
    pub session: u64,
    pub at: i64,
    pub kind: u64,
    /// Words in it.
    pub length: u32,
    /// It may be a hit; else it stands only beside one.
    pub wanted: bool,
    /// How well the beginning of a word fits, which is looked for in lists of its own.
    pub begun: bool,
}

/// Facts between two items of a session that stand side by side in the index: what is further apart was put together by a merge.
const CLOSE: u64 = 256;

impl Gathered {
    pub fn new(mut items: Vec<Place>, words: usize) -> Self {
        items.sort_unstable_by_key(|place| place.doc);
        let cells = items.len() * words;
        Self {
            items,
            counts: vec![0; cells],
            who: vec![false; cells],
            words,
        }
    }

    pub fn set(&mut self, item: usize, word: usize, count: u32) {
        if let Some(cell) = self.counts.get_mut(item * self.words + word) {
            *cell = u16::try_from(count).unwrap_or(u16::MAX);
        }
    }

    pub fn set_who(&mut self, item: usize, word: usize) {
        if let Some(cell) = self.who.get_mut(item * self.words + word) {
            *cell = true;
        }
    }

    fn row(&self, item: usize) -> &[u16] {
        self.counts
            .get(item * self.words..(item + 1) * self.words)
            .unwrap_or_default()
    }

    /// The item that stands so far from another in its session.
    fn beside(&self, item: usize, step: isize) -> Option<usize> {
        let place = self.items.get(item)?;
        let other = item.checked_add_signed(step)?;
        let found = self.items.get(other)?;
        let apart = i64::from(found.doc) - i64::from(place.doc);
        let near = found.session == place.session && found.seq.abs_diff(place.seq) <= CLOSE;
        (near && apart == step as i64).then_some(other)
    }

    pub fn features(&self, item: usize) -> Features<'_> {
        let mut near: Near<&[u16]> = Near {
            before: [&[]; REACH],
            after: [&[]; REACH],
        };
        let mut near_lengths = Near::default();
        for step in 0..REACH {
            let far = step as isize + 1;
            for (sign, rows, lengths) in [
                (-far, &mut near.before, &mut near_lengths.before),
                (far, &mut near.after, &mut near_lengths.after),
            ] {
                if let Some(other) = self.beside(item, sign)
                    && let (Some(row), Some(length)) = (rows.get_mut(step), lengths.get_mut(step))
                {
                    *row = self.row(other);
                    *length = self.items.get(other).map_or(0, |place| place.length);
                }
            }
        }
        Features {
            counts: self.row(item),
            who: self
                .who
                .get(item * self.words..(item + 1) * self.words)
                .unwrap_or_default(),
            length: self.items.get(item).map_or(0, |place| place.length),
            near,
            near_lengths,
        }
    }
}

/// Reads the words of a question at some items of a part and at those around them. What was deleted is left out.
pub(crate) fn read(
    part: &SegmentReader,
    fields: &Fields,
    words: &[String],
    beginnings: &[String],
    wanted: &[DocId],
) -> tantivy::Result<Gathered> {
    let mut docs: Vec<(DocId, bool)> = wanted.iter().map(|&doc| (doc, true)).collect();
    for &doc in wanted {
        let from = doc.saturating_sub(REACH as u32 * 2);
        let to = doc
            .saturating_add(REACH as u32 * 2)
            .min(part.max_doc().saturating_sub(1));
        docs.extend((from..=to).map(|near| (near, near.abs_diff(doc) <= REACH as u32)));
    }
    // Of an item that is there twice, the one that may be a hit.
    docs.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    docs.dedup_by_key(|(doc, _)| *doc);
    let fast = part.fast_fields();
    let (seqs, sessions) = (fast.u64("seq")?, fast.u64("session")?);
    let (times, kinds) = (fast.i64("at")?, fast.u64("kind")?);
    let lengths = part.get_fieldnorms_reader(fields.text)?;
    let items = docs
        .into_iter()
        .filter(|(doc, _)| !part.is_deleted(*doc))
        .map(|(doc, wanted)| Place {
            doc,
            seq: seqs.first(doc).unwrap_or_default(),
            session: sessions.first(doc).unwrap_or_default(),
            at: times.first(doc).unwrap_or_default(),
            kind: kinds.first(doc).unwrap_or_default(),
            length: lengths.fieldnorm(doc),
            wanted,
            begun: false,
        })
        .collect();
    let mut gathered = Gathered::new(items, words.len());
    let places: Vec<DocId> = gathered.items.iter().map(|place| place.doc).collect();
    let (texts, names) = (
        part.inverted_index(fields.text)?,
        part.inverted_index(fields.who)?,
    );
    for (word, text) in words.iter().enumerate() {
        let term = Term::from_field_text(fields.text, text);
        if let Some(mut list) = texts.read_postings(&term, IndexRecordOption::WithFreqs)? {
            along(&mut list, &places, |item, count| {
                gathered.set(item, word, count);
            });
        }
        let term = Term::from_field_text(fields.who, text);
        if let Some(mut list) = names.read_postings(&term, IndexRecordOption::Basic)? {
            along(&mut list, &places, |item, _| gathered.set_who(item, word));
        }
    }
    let plain = part.inverted_index(fields.plain)?;
    for beginning in beginnings {
        let term = Term::from_field_text(fields.plain, beginning);
        if let Some(mut list) = plain.read_postings(&term, IndexRecordOption::Basic)? {
            let mut found = Vec::new();
            along(&mut list, &places, |item, _| found.push(item));
            for item in found {
                if let Some(place) = gathered.items.get_mut(item) {
                    place.begun = true;
                }
            }
        }
    }
    Ok(gathered)
}

/// Walks a list of the index along rising places, and tells those that it holds with how often.
pub(crate) fn along<List: Postings>(
    list: &mut List,
    places: &[DocId],
    mut found: impl FnMut(usize, u32),
) {
    for (item, &doc) in places.iter().enumerate() {
        if list.doc() < doc {
            list.seek(doc);
        }
        match list.doc() {
            TERMINATED => return,
            at if at == doc => found(item, list.term_freq()),
            _ => {}
        }
    }
}
