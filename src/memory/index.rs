//! The index on the disk: opened to read by any process, to write by one.

use std::fs;
use std::path::{Path, PathBuf};

use tantivy::directory::error::LockError;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, NoMergePolicy};
use tantivy::{
    Index as Engine, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyError, Term,
};

use crate::memory::analysis::Analyser;
use crate::memory::directory::Private;
use crate::memory::document::Document;
use crate::memory::guard::guarded;
use crate::memory::packed::{NAME, Unpacker};
use crate::memory::schema::{Fields, VERSION};
use crate::memory::sound::{self, Look};
use crate::protocol::id::Seq;
use crate::protocol::time::Time;

/// Bytes of memory that what is being indexed may take before it is put on the disk.
const HEAP: usize = 24 << 20;

/// A fact of the log by which the log itself is known again: one that was put back from a copy and went on since has another
/// under this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub seq: Seq,
    /// The session's number in the log.
    pub session: u64,
    pub at: Time,
}

/// How far the index has come: kept with each commit, so that the two cannot disagree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// The last fact that was looked at.
    pub seq: Seq,
    /// How many sessions the log had purged by then.
    pub purged: u64,
    /// The last one that was there then, up to that number; `None` of an empty log.
    pub mark: Option<Mark>,
}

impl Position {
    fn written(self) -> String {
        let (seq, session, at) = self
            .mark
            .map_or((0, 0, 0), |mark| (mark.seq.0, mark.session, mark.at.0));
        let text = format!(
            "version={VERSION};seq={};purged={};mark={seq};session={session};at={at}",
            self.seq.0, self.purged
        );
        let sum = sum(&text);
        format!("{text};sum={sum:016x}")
    }

    /// `None` for that of another version, one that is damaged, or none at all.
    fn read(text: &str) -> Option<Self> {
        let (text, told) = text.rsplit_once(";sum=")?;
        if u64::from_str_radix(told, 16).ok()? != sum(text) {
            return None;
        }
        let mut fields = text.split(';').filter_map(|field| field.split_once('='));
        let mut next = |name: &str| {
            let (found, value) = fields.next()?;
            (found == name).then_some(value)?.parse::<i64>().ok()
        };
        let version = next("version")?;
        let seq = Seq(next("seq")?.unsigned_abs());
        let purged = next("purged")?.unsigned_abs();
        let mark = Mark {
            seq: Seq(next("mark")?.unsigned_abs()),
            session: next("session")?.unsigned_abs(),
            at: Time(next("at")?),
        };
        (version == i64::from(VERSION)).then_some(Self {
            seq,
            purged,
            mark: (mark.seq.0 > 0).then_some(mark),
        })
    }
}

/// A sum that another text hardly has (FNV-1a): the file that the position stands in has none.
fn sum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Another process writes it.
    #[error("another process is indexing")]
    Held,
    /// It is damaged, of another version, or not there: to be built anew.
    #[error("the index cannot be used: {0}")]
    Unusable(String),
    /// The disk does not do what it should.
    #[error("{path}: {why}")]
    Disk { path: PathBuf, why: String },
}

/// An index that is read. Cheap to keep: pages are mapped when they are needed.
pub struct Index {
    pub(crate) fields: Fields,
    reader: IndexReader,
    engine: Engine,
    folder: PathBuf,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Index").field(&self.folder).finish()
    }
}

impl Index {
    /// Opens the index of a folder; with `make` a new one where there is none. Files that nobody compared with their checksums
    /// yet are, so that one that is damaged is not searched.
    pub fn open(folder: &Path, make: bool) -> Result<Self, IndexError> {
        guarded(|| Self::open_unguarded(folder, make))
    }

    fn open_unguarded(folder: &Path, make: bool) -> Result<Self, IndexError> {
        let (schema, fields) = Fields::new();
        let unusable = |error: TantivyError| IndexError::Unusable(error.to_string());
        if make {
            private(folder)?;
        }
        let directory = Private::open(folder).map_err(IndexError::Unusable)?;
        let there =
            Engine::exists(&directory).map_err(|error| IndexError::Unusable(error.to_string()))?;
        if !there && !make {
            return Err(IndexError::Unusable("there is none yet".to_owned()));
        }
        let engine = Engine::open_or_create(directory, schema).map_err(unusable)?;
        engine.tokenizers().register(NAME, Unpacker::default());
        sound::compare(folder, &engine, Look::New).map_err(IndexError::Unusable)?;
        let reader = engine
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(unusable)?;
        let index = Self {
            fields,
            reader,
            engine,
            folder: folder.to_owned(),
        };
        index.fits()?;
        if there && index.position().is_none() {
            let why = "it is of another version, or its position is damaged";
            return Err(IndexError::Unusable(why.to_owned()));
        }
        Ok(index)
    }

    fn fits(&self) -> Result<(), IndexError> {
        sound::fits(&self.engine, &self.searcher(), &self.fields).map_err(IndexError::Unusable)
    }

    /// How far it has come; the beginning where nothing was committed.
    pub fn position(&self) -> Option<Position> {
        let read = || {
            let meta = self.engine.load_metas();
            meta.map_err(|error| IndexError::Unusable(error.to_string()))
        };
        let meta = guarded(read).ok()?;
        match meta.payload {
            // What was never committed is empty and right.
            None => meta.segments.is_empty().then(Position::default),
            Some(payload) => Position::read(&payload),
        }
    }

    /// Whether what was committed since was compared with its checksums: [`Index::reload`] reads all of what was not.
    pub fn is_compared(&self) -> bool {
        guarded(|| Ok(sound::is_compared(&self.folder, &self.engine))).unwrap_or(false)
    }

    /// Sees what was committed since.
    pub fn reload(&self) -> Result<(), IndexError> {
        guarded(|| {
            let folder = &self.folder;
            sound::compare(folder, &self.engine, Look::New).map_err(IndexError::Unusable)?;
            self.reader
                .reload()
                .map_err(|error| IndexError::Unusable(error.to_string()))?;
            self.fits()
        })
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Items in it.
    pub fn count(&self) -> u64 {
        self.searcher().num_docs()
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> u64 {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files
            .filter_map(|file| file.metadata().ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    /// Becomes the one that writes. Every file is compared with its checksum first: what the library reads on threads of its own
    /// it takes over into new files, and a panic there could end the process.
    pub fn writer(&self) -> Result<Writer, IndexError> {
        guarded(|| {
            sound::compare(&self.folder, &self.engine, Look::All).map_err(IndexError::Unusable)?;
            self.writer_unguarded()
        })
    }

    fn writer_unguarded(&self) -> Result<Writer, IndexError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(HEAP)
            .build();
        let writer = match self.engine.writer_with_options(options) {
            Ok(writer) => writer,
            Err(TantivyError::LockFailure(LockError::LockBusy, _)) => return Err(IndexError::Held),
            Err(error) => return Err(IndexError::Unusable(error.to_string())),
        };
        let mut policy = LogMergePolicy::default();
        policy.set_min_num_segments(6);
        policy.set_max_docs_before_merge(2_000_000);
        writer.set_merge_policy(Box::new(policy));
        Ok(Writer {
            entries: writer,
            engine: self.engine.clone(),
            fields: self.fields,
            analyser: Analyser::default(),
            folder: self.folder.clone(),
        })
    }
}

/// The owner's alone, like every folder Creel makes.
fn private(folder: &Path) -> Result<(), IndexError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder);
    made.map_err(|error| IndexError::Disk {
        path: folder.to_owned(),
        why: error.to_string(),
    })
}

/// What puts documents into the index. One for each home at a time.
pub struct Writer {
    entries: IndexWriter,
    engine: Engine,
    fields: Fields,
    analyser: Analyser,
    folder: PathBuf,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Writer").field(&self.folder).finish()
    }
}

impl Writer {
    /// Takes documents in. Those of a session should come in their order: neighbours in the index are neighbours in the talk.
    pub fn add(&mut self, document: &Document) -> Result<(), IndexError> {
        let entry = self.fields.entry(&self.analyser, document);
        guarded(|| {
            let added = self.entries.add_document(entry);
            added.map(drop).map_err(|error| self.fault(&error))
        })
    }

    /// Takes all of a session out.
    pub fn forget(&mut self, session: u64) {
        self.entries
            .delete_term(Term::from_field_u64(self.fields.session, session));
    }

    /// Puts all of it on the disk, with how far it has come. It is found after the next [`Index::reload`].
    pub fn commit(&mut self, position: Position) -> Result<(), IndexError> {
        guarded(|| {
            let result = self.entries.prepare_commit().and_then(|mut commit| {
                commit.set_payload(&position.written());
                commit.commit()
            });
            result.map(drop).map_err(|error| self.fault(&error))?;
            // What was written now need not be compared by whoever searches it first.
            sound::compare(&self.folder, &self.engine, Look::New).map_err(IndexError::Unusable)
        })
    }

    /// Lets parts be as they are until [`Writer::compact`]: two merges of one part would be in each other's way.
    pub fn hold_merges(&mut self) {
        self.entries.set_merge_policy(Box::new(NoMergePolicy));
    }

    /// Makes one part of all, so that nothing is left of what was taken out. Waits.
    pub fn compact(&mut self) -> Result<(), IndexError> {
        guarded(|| {
            let parts = self
                .entries
                .index()
                .searchable_segment_ids()
                .map_err(|error| self.fault(&error))?;
            if !parts.is_empty() {
                self.entries
                    .merge(&parts)
                    .wait()
                    .map_err(|error| self.fault(&error))?;
            }
            self.entries
                .garbage_collect_files()
                .wait()
                .map(drop)
                .map_err(|error| self.fault(&error))
        })
    }

    /// Lets merges that run come to their end.
    pub fn finish(self) -> Result<(), IndexError> {
        let (path, engine) = (self.folder, self.engine);
        guarded(|| {
            let ended = self.entries.wait_merging_threads();
            ended.map_err(|error| IndexError::Disk {
                path: path.clone(),
                why: error.to_string(),
            })?;
            sound::compare(&path, &engine, Look::New).map_err(IndexError::Unusable)
        })
    }

    fn fault(&self, error: &TantivyError) -> IndexError {
        match error {
            TantivyError::DataCorruption(_) | TantivyError::IncompatibleIndex(_) => {
                IndexError::Unusable(error.to_string())
            }
            _ => IndexError::Disk {
                path: self.folder.clone(),
                why: error.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::search_line::parts;
    use crate::memory::ask::Question;
    use crate::memory::limit::Limits;
    use crate::memory::search::search;
    use crate::memory::tail::Tail;
    use crate::protocol::search::{Kind, Role};

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let mark = Mark {
            seq: Seq(40),
            session: 7,
            at: Time(-5),
        };
        for mark in [Some(mark), None] {
            let position = Position {
                seq: Seq(41),
                purged: 3,
                mark,
            };
            let written = position.written();
            assert_eq!(Position::read(&written), Some(position));
            // Any sign of it that became another is seen.
            for at in 0..written.len() {
                let mut bytes = written.clone().into_bytes();
                bytes[at] ^= 1;
                let damaged = String::from_utf8(bytes).expect("text");
                assert_eq!(Position::read(&damaged), None, "{damaged}");
            }
        }
        for other in [
            "",
            "version=1;seq=1;purged=0",
            "sum=0",
            ";sum=cbf29ce484222325",
        ] {
            assert_eq!(Position::read(other), None, "{other}");
        }
    }

    #[test]
    fn what_a_filter_leaves_is_found_however_far_down() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = Index::open(&folder.path().join("index"), true).expect("an index");
        let mut writer = index.writer().expect("a writer");
        let said = |seq, session, text: &str| Document {
            seq: Seq(seq),
            session,
            at: Time(seq as i64),
            kind: Kind::Turn,
            role: Role::User,
            who: "Anna".to_owned(),
            text: text.to_owned(),
        };
        let far = "an error among many other words that make it long";
        writer.add(&said(1, 1, far)).expect("added");
        for seq in 2..3_000 {
            writer.add(&said(seq, 2, "error")).expect("added");
        }
        let position = Position {
            seq: Seq(3_000),
            ..Position::default()
        };
        writer.commit(position).expect("a commit");
        index.reload().expect("a reload");
        let found = |line: &str, limits: Limits| -> Vec<u64> {
            let question = Question::new(&Analyser::default(), &parts(line), false);
            let hits = search(Some(&index), &Tail::new(), &question, &limits, 20, None);
            hits.expect("hits").into_iter().map(|hit| hit.seq).collect()
        };
        let first = || Limits {
            sessions: Some([1].into_iter().collect()),
            ..Limits::default()
        };
        assert_eq!(found("error", first()), [1]);
        assert_eq!(found("", first()), [1]);
        assert_eq!(found("-words", first()), [] as [u64; 0]);
        let until = Limits {
            until: Some(2),
            ..Limits::default()
        };
        assert_eq!(found("", until), [1]);
    }

    #[test]
    fn what_holds_a_word_with_its_dash_is_not_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = Index::open(&folder.path().join("index"), true).expect("an index");
        let mut writer = index.writer().expect("a writer");
        let mut tail = Tail::new();
        for (seq, text) in [(1, "find . -delete"), (2, "find and delete it")] {
            let document = Document {
                seq: Seq(seq),
                session: seq,
                at: Time(0),
                kind: Kind::Command,
                role: Role::User,
                who: String::new(),
                text: text.to_owned(),
            };
            writer.add(&document).expect("added");
            tail.add(&document);
        }
        let (seq, purged) = (Seq(2), 0);
        writer
            .commit(Position {
                seq,
                purged,
                ..Position::default()
            })
            .expect("a commit");
        index.reload().expect("a reload");
        for (line, expected) in [
            ("find -delete", vec![1]),
            ("-delete", vec![1]),
            ("find -\"delete\"", vec![]),
            ("find delete", vec![1, 2]),
        ] {
            let question = Question::new(&Analyser::default(), &parts(line), false);
            for (index, tail) in [(Some(&index), &Tail::new()), (None, &tail)] {
                let hits = search(index, tail, &question, &Limits::default(), 20, None);
                let hits: Vec<u64> = hits.expect("hits").iter().map(|hit| hit.seq).collect();
                assert_eq!(hits, expected, "{line}");
            }
        }
    }
}
