//! What answers are limited to, and the columns of the index that say so.

use tantivy::columnar::{Column, ColumnIndex};
use tantivy::{DocId, SegmentReader};

use crate::memory::gather::Place;
use crate::protocol::search::Kind;

/// What answers are limited to.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Empty for all.
    pub kinds: Vec<Kind>,
    /// `None` for all.
    pub sessions: Option<Sessions>,
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// Folded and stemmed names; each must be one of those who said it.
    pub who: Vec<String>,
}

/// Numbers of sessions, a bit each: every item of the index may be held against them.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Vec<u64>);

impl FromIterator<u64> for Sessions {
    fn from_iter<T: IntoIterator<Item = u64>>(sessions: T) -> Self {
        let mut bits: Vec<u64> = Vec::new();
        for session in sessions {
            let at = usize::try_from(session / 64).unwrap_or(usize::MAX);
            if at >= bits.len() && at < MOST_SESSIONS {
                bits.resize(at + 1, 0);
            }
            if let Some(word) = bits.get_mut(at) {
                *word |= 1 << (session % 64);
            }
        }
        Self(bits)
    }
}

impl Sessions {
    fn hold(&self, session: u64) -> bool {
        let at = usize::try_from(session / 64).unwrap_or(usize::MAX);
        let word = self.0.get(at).copied().unwrap_or_default();
        word & (1 << (session % 64)) != 0
    }
}

/// Words of 64 sessions: numbers beyond are those of a damaged log.
const MOST_SESSIONS: usize = 1 << 24;

/// Items at even distances that are looked at to tell how many fit.
const SAMPLE: u32 = 1_024;

/// Items whose columns are read at once.
const CHUNK: usize = 4_096;

impl Limits {
    /// Whether any of them is told by a column.
    pub(crate) fn is_of_columns(&self) -> bool {
        !self.kinds.is_empty()
            || self.sessions.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }

    pub(crate) fn hold(&self, place: &Place) -> bool {
        self.fit(place.kind, place.session, place.at)
    }

    fn fit(&self, kind: u64, session: u64, at: i64) -> bool {
        (self.kinds.is_empty() || self.kinds.iter().any(|wanted| *wanted as u64 == kind))
            && self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
            && self
                .sessions
                .as_ref()
                .is_none_or(|sessions| sessions.hold(session))
    }
}

/// The columns of a part of the index.
pub(crate) struct Columns {
    kinds: Column<u64>,
    sessions: Column<u64>,
    times: Column<i64>,
}

impl Columns {
    pub(crate) fn of(part: &SegmentReader) -> tantivy::Result<Self> {
        let fast = part.fast_fields();
        Ok(Self {
            kinds: fast.u64("kind")?,
            sessions: fast.u64("session")?,
            times: fast.i64("at")?,
        })
    }

    pub(crate) fn hold(&self, limits: &Limits, doc: DocId) -> bool {
        // Only what is asked for is read.
        let kind = if limits.kinds.is_empty() {
            0
        } else {
            self.kinds.first(doc).unwrap_or_default()
        };
        let session = match &limits.sessions {
            None => 0,
            Some(_) => self.sessions.first(doc).unwrap_or_default(),
        };
        let at = if limits.since.is_none() && limits.until.is_none() {
            0
        } else {
            self.times.first(doc).unwrap_or_default()
        };
        limits.fit(kind, session, at)
    }

    /// Whether fewer than one in so many of the first `all` items fit, by a sample.
    pub(crate) fn are_few(&self, limits: &Limits, all: u32, few: u32) -> bool {
        let step = (all / SAMPLE).max(1) as usize;
        let (mut seen, mut fit) = (0_u32, 0_u32);
        for doc in (0..all).step_by(step) {
            seen += 1;
            fit += u32::from(self.hold(limits, doc));
        }
        fit.saturating_mul(few) < seen
    }

    /// Those of the first `all` items that fit, in rising order.
    pub(crate) fn all(&self, limits: &Limits, all: u32) -> Vec<DocId> {
        let is_full = |index: &ColumnIndex| index.get_cardinality().is_full();
        if ![&self.kinds.index, &self.sessions.index, &self.times.index]
            .into_iter()
            .all(is_full)
        {
            return (0..all).filter(|doc| self.hold(limits, *doc)).collect();
        }
        let mut found = Vec::new();
        let (mut kinds, mut sessions, mut times) = (vec![0; CHUNK], vec![0; CHUNK], vec![0; CHUNK]);
        for from in (0..all).step_by(CHUNK) {
            let count = CHUNK.min((all - from) as usize);
            let start = u64::from(from);
            let (kinds, sessions, times) = (
                &mut kinds[..count],
                &mut sessions[..count],
                &mut times[..count],
            );
            if !limits.kinds.is_empty() {
                self.kinds.values.get_range(start, kinds);
            }
            if limits.sessions.is_some() {
                self.sessions.values.get_range(start, sessions);
            }
            if limits.since.is_some() || limits.until.is_some() {
                self.times.values.get_range(start, times);
            }
            let rows = kinds.iter().zip(&*sessions).zip(&*times);
            for (doc, ((kind, session), at)) in (from..).zip(rows) {
                if limits.fit(*kind, *session, *at) {
                    found.push(doc);
                }
            }
        }
        found
    }
}
