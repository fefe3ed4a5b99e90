//! Memory: answers what is asked of the index and of the log together. The index follows the log and never the other way
//! round; what it has not taken in yet is read from the log and searched in memory.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::engine::catalog::{Bound, Catalog};
use crate::engine::following::{State, TAIL};
use crate::engine::hits::{self, Asked};
use crate::engine::house::House;
use crate::engine::indexing::Indexer;
use crate::engine::notes;
use crate::memory::analysis::Analyser;
use crate::memory::index::{Index, IndexError, Position};
use crate::memory::nearest::{self, Unknown};
use crate::memory::search::{self, Answer, Recency};
use crate::memory::tail::Tail;
use crate::note;
use crate::protocol::id::SessionId;
use crate::protocol::search::{By, Hits, IndexStatus, Nearest, Search};
use crate::protocol::time::Time;
use crate::store::read::Reader;

/// Notes that stand above what else is found.
const NOTES: usize = 3;

/// What answers, and how many entries were not searched.
pub(crate) struct Answers {
    pub(crate) answers: Vec<Answer>,
    pub(crate) behind: u64,
}

/// The memory of a home; its index is opened when it is first needed.
#[derive(Debug)]
pub(crate) struct Memory {
    state: Mutex<State>,
    catalog: Mutex<Catalog>,
    indexer: Indexer,
    /// The folder that the notes lie in.
    notes: PathBuf,
    /// What the index does not hold yet is worth a commit.
    lags: AtomicBool,
    /// Facts that were kept here since it was last looked.
    kept: AtomicUsize,
    /// Sessions that this process works in: also one that was imported is its own then.
    own: Mutex<HashSet<SessionId>>,
}

impl Memory {
    /// `folder`: `data/index`; `notes`: the folder of the config file.
    pub(crate) fn new(folder: PathBuf, notes: PathBuf) -> Self {
        Self {
            notes,
            state: Mutex::default(),
            catalog: Mutex::default(),
            indexer: Indexer::new(folder),
            lags: AtomicBool::new(false),
            kept: AtomicUsize::new(0),
            own: Mutex::default(),
        }
    }

    /// Answers a question by all that the index and the tail hold. Blocks.
    pub(crate) fn search(
        &self,
        reader: &Reader,
        search: &Search,
        now: Time,
    ) -> Result<Hits, String> {
        let started = Instant::now();
        let asked = self.asked(reader, search, now, None)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.follow(&mut state, reader)?;
        let recency = search.typing.then_some(Recency { now: now.0 });
        let limit = search.limit as usize;
        let found = self.found(&mut state, &asked, limit, recency)?;
        // Where a name is kept, the others are counted as well: one sees what else there is.
        let mut besides = Vec::new();
        for by in asked.kept.iter().filter(|_| search.facets) {
            let other = self.look_up(reader, search, now, (Some(*by), None))?;
            if other.limits.is_ok() {
                let found = self.found(&mut state, &other, limit, recency)?;
                besides.push((*by, found));
            }
        }
        let mut unknown = Vec::new();
        if found.is_empty() {
            unknown = self.with_index(&mut state, |index, tail| {
                nearest::unknown(index, tail, &Analyser::default(), &search.text)
            })?;
        }
        let behind = state.behind();
        drop(state);
        let mut hits = notes::found(&note::all(&self.notes), &asked.question, &asked.filters);
        hits.truncate(NOTES);
        notes::place(reader, &mut hits);
        hits.extend(hits::hits(reader, &asked.question, &found)?);
        hits.truncate(limit);
        let mut facets = Vec::new();
        if search.facets {
            for facet in hits::facets(&hits) {
                let beside = besides.iter().find(|(by, _)| *by == facet.by);
                facets.push(match beside {
                    Some((by, answers)) => hits::counted(reader, answers, *by)?,
                    None => facet,
                });
            }
        }
        Ok(Hits {
            hits,
            behind,
            micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            facets,
            instead: nearest::instead(&search.text, &unknown),
            nearest: unknown.into_iter().map(said).collect(),
            unfit: asked.limits.err(),
        })
    }

    /// A question as it is put to the index: its filters are looked up. Blocks.
    pub(crate) fn asked(
        &self,
        reader: &Reader,
        search: &Search,
        now: Time,
        bound: Option<Bound<'_>>,
    ) -> Result<Asked, String> {
        self.look_up(reader, search, now, (None, bound))
    }

    fn look_up(
        &self,
        reader: &Reader,
        search: &Search,
        now: Time,
        how: (Option<By>, Option<Bound<'_>>),
    ) -> Result<Asked, String> {
        let mut catalog = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        catalog.follow(reader).map_err(|error| error.to_string())?;
        Asked::new(&catalog, search, now, how)
    }

    /// The folders of projects that sessions worked in. Blocks.
    pub(crate) fn projects(&self, reader: &Reader) -> Result<Vec<String>, String> {
        let mut catalog = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        catalog.follow(reader).map_err(|error| error.to_string())?;
        Ok(catalog.projects().map(str::to_owned).collect())
    }

    /// What answers a question that was looked up, without what a person sees of it. Blocks.
    pub(crate) fn answers(
        &self,
        reader: &Reader,
        asked: &Asked,
        limit: usize,
    ) -> Result<Answers, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.follow(&mut state, reader)?;
        let answers = self.found(&mut state, asked, limit, None)?;
        let behind = state.behind();
        Ok(Answers { answers, behind })
    }

    fn found(
        &self,
        state: &mut State,
        asked: &Asked,
        limit: usize,
        recency: Option<Recency>,
    ) -> Result<Vec<Answer>, String> {
        let Ok(limits) = &asked.limits else {
            return Ok(Vec::new());
        };
        self.with_index(state, |index, tail| {
            search::search(index, tail, &asked.question, limits, limit, recency)
        })
    }

    /// Asks index and tail; where the index cannot be read the tail alone, until it was made anew.
    fn with_index<T>(
        &self,
        state: &mut State,
        ask: impl Fn(Option<&Index>, &Tail) -> Result<T, IndexError>,
    ) -> Result<T, String> {
        match ask(state.index.as_ref(), &state.tail) {
            Ok(found) => Ok(found),
            Err(error) => {
                tracing::warn!("the index cannot be read, and is made anew: {error}");
                self.indexer.distrust();
                self.lags.store(true, Ordering::Relaxed);
                state.index = None;
                state.position = Position::default();
                ask(None, &state.tail).map_err(|error| error.to_string())
            }
        }
    }

    /// What there is. Blocks.
    pub(crate) fn status(&self, reader: &Reader) -> Result<IndexStatus, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.follow(&mut state, reader)?;
        Ok(IndexStatus {
            indexed: state.index.as_ref().map_or(0, Index::count),
            waiting: state.tail.len() as u64,
            behind: state.behind(),
            bytes: state.index.as_ref().map_or(0, Index::bytes),
            up_to: state.position.seq,
        })
    }

    /// Puts all that the log holds into the index; `anew`: into a new one, which then takes the place of the old. Blocks, also
    /// while another process does it.
    pub(crate) fn bring_up(&self, reader: &Reader, anew: bool) -> Result<IndexStatus, String> {
        self.indexer.bring_up(reader, anew)?;
        self.status(reader)
    }

    /// Takes out what was purged, so that no file of the index holds a word of it. Blocks.
    pub(crate) fn forget_purged(&self, reader: &Reader) -> Result<(), String> {
        if self.indexer.is_there() {
            self.indexer.bring_up(reader, false)?;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.follow(&mut state, reader)
    }

    /// So many facts were kept, of a session that is worked in here or that is imported: with enough of them the index is brought
    /// up, so that the next search finds little to do.
    pub(crate) fn kept(
        self: &Arc<Self>,
        (facts, own): (usize, Option<SessionId>),
        reader: impl FnOnce() -> Reader,
    ) {
        if let Some(session) = own {
            self.own().insert(session);
        }
        if self.kept.fetch_add(facts, Ordering::Relaxed) + facts >= TAIL as usize {
            self.kept.store(0, Ordering::Relaxed);
            self.lags.store(true, Ordering::Relaxed);
            self.keep_up(reader);
        }
    }

    fn own(&self) -> MutexGuard<'_, HashSet<SessionId>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has what the index lacks put into it on a thread of its own, where that is worth it and nobody does it.
    pub(crate) fn keep_up(self: &Arc<Self>, reader: impl FnOnce() -> Reader) {
        if self.lags.swap(false, Ordering::Relaxed) {
            Indexer::in_background(Arc::clone(self), |memory| &memory.indexer, reader());
        }
    }

    /// No more of it is begun, and what runs ends soon.
    pub(crate) fn close(&self) {
        self.indexer.close();
    }

    /// Sees what the log and other processes have come to since.
    fn follow(&self, state: &mut State, reader: &Reader) -> Result<(), String> {
        let own = self.own().clone();
        let lags = state.follow(&self.indexer, reader, &own)?;
        self.lags.store(lags, Ordering::Relaxed);
        Ok(())
    }
}

fn said(unknown: Unknown) -> Nearest {
    Nearest {
        word: unknown.word,
        words: unknown.nearest,
    }
}

/// On a thread that may block; what the index lacks is then put into it on another one.
pub(crate) async fn on_thread<T: Send + 'static>(
    house: &Arc<House>,
    work: impl FnOnce(&Memory, &Reader) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let memory = Arc::clone(&house.memory);
    let done = house.read(move |reader| Ok(work(&memory, reader))).await?;
    house.memory.keep_up(|| house.log.reader());
    done
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::search::Filters;
    use crate::store::Batch;
    use crate::store::imports::Import;
    use crate::store::try_out::{Home, append, batch, id, opened, prompt};

    #[test]
    fn what_is_said_here_is_found_while_thousands_of_items_are_imported() {
        let home = Home::new();
        let log = home.open();
        let scratch = tempfile::tempdir().expect("a folder");
        let memory = Memory::new(scratch.path().join("index"), scratch.path().to_owned());
        let memory = Arc::new(memory);
        let reader = log.reader();
        let found = |word: &str| {
            let search = Search {
                text: word.to_owned(),
                typing: false,
                limit: 10,
                filters: Filters::default(),
                facets: false,
            };
            let hits = memory.search(&reader, &search, Time(0)).expect("hits");
            (hits.hits.len(), hits.behind > 0)
        };
        // It was imported itself, and is gone on with here.
        let import = Some(Import {
            source: "claude".to_owned(),
            name: "1".to_owned(),
            ..Import::default()
        });
        let own = Batch {
            import,
            ..batch(id(1), vec![opened()])
        };
        append(&log, own).expect("kept");
        append(&log, batch(id(1), vec![prompt("the kestrel flies")])).expect("kept");
        memory.kept((1, Some(id(1))), || log.reader());
        assert_eq!(found("kestrel"), (1, false));
        let flood = |session: u128, facts: u32| {
            let facts = (0..facts).map(|_| prompt("others talk of basalt"));
            let import = Import {
                source: "claude".to_owned(),
                name: session.to_string(),
                ..Import::default()
            };
            let import = Some(import);
            let batch = Batch {
                import,
                ..batch(id(session), facts.collect())
            };
            append(&log, batch).expect("kept");
        };
        flood(2, TAIL);
        append(&log, batch(id(1), vec![prompt("the heron wades")])).expect("kept");
        flood(3, TAIL);
        flood(4, TAIL);
        for (word, expected) in [("kestrel", 1), ("heron", 1), ("basalt", 10)] {
            assert_eq!(found(word), (expected, true), "{word}");
        }
        // It is searched in between, so that each time less comes than the tail takes.
        for session in 5..15 {
            flood(session, TAIL - 500);
            for word in ["kestrel", "heron"] {
                assert_eq!(found(word), (1, true), "{word} {session}");
            }
            assert_eq!(found("basalt"), (10, true), "{session}");
        }
        let state = memory.state.lock().expect("the state");
        let kept = 10 * u64::from(TAIL - 500) + 3 * u64::from(TAIL);
        let searched = state.tail.len() as u64;
        assert!(
            state.behind() + searched >= kept,
            "{} {searched}",
            state.behind()
        );
    }
}
