//! Takes sessions of other programs into the log. What was taken before is known by the name the other program has for it: twice
//! adds nothing, and of one that has grown the rest. A file that is as it was when all of it was taken in is not read again.

mod calls;
mod clean;
pub(crate) mod facts;
mod home;
pub(crate) mod kin;
mod notes;
mod parts;
mod rules;
pub(crate) mod sources;
mod standing;
mod take;
pub(crate) mod watch;

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::engine::house::House;
use crate::engine::import::parts::{Part, Parts};
use crate::engine::import::take::{Patience, TOLD, Taking};
use crate::engine::indexing;
use crate::import::find::{self, Found};
use crate::import::{Problem, READER};
use crate::protocol::event::Signal;
use crate::protocol::import::{ImportNews, Program, Progress, Reached, Report, Trouble};
use crate::sandbox::folder;
use crate::store::imports::Read;

/// How often it is told how far an import has come.
const TELL: Duration = Duration::from_millis(200);

/// A file that was changed so short a time ago may be changed again within what its clock can tell, in milliseconds.
const RECENT: i64 = 2_000;

/// The imports of this process, of which one at a time is under way.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    /// It shall end.
    stop: AtomicBool,
}

impl Imports {
    /// The import under way ends when what it has at hand is in the log.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn begin(&self) {
        self.stop.store(false, Ordering::Relaxed);
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Reads the sessions of a program and takes in what is not in the log yet; of many files the newest first.
pub(crate) async fn import(
    house: &Arc<House>,
    program: Program,
    path: PathBuf,
) -> Result<Report, String> {
    let _lock = alone(house)?;
    house.imports.begin();
    let root = path.clone();
    let found = tokio::task::spawn_blocking(move || {
        // What an import that was killed has left of a copy.
        folder::sweep(&std::env::temp_dir());
        find::find(program, &path).map_err(|error| format!("{}: {error}", path.display()))
    });
    let found = found.await.map_err(|error| error.to_string())??;
    let mut import = Import::new(house, program, root, Patience::Waits);
    import.tells = true;
    let fresh = import.leave_out(found).await?;
    import.take_in(fresh).await
}

/// Two at once would take one session in as two.
fn lock(house: &House) -> Result<Option<File>, String> {
    indexing::lock(&house.paths.index.with_file_name("import"), false)
}

/// An import under way.
struct Import<'h> {
    house: &'h Arc<House>,
    program: Program,
    root: PathBuf,
    taking: Taking<'h>,
    reached: Reached,
    began: Instant,
    told: Option<Instant>,
    /// Bytes that were read now.
    read: u64,
    /// Whoever watches is told how far it has come.
    tells: bool,
    /// What belongs to the next file that is done cannot all be kept, or could not be read.
    lacking: bool,
    faulty: HashSet<PathBuf>,
}

impl<'h> Import<'h> {
    fn new(house: &'h Arc<House>, program: Program, root: PathBuf, patience: Patience) -> Self {
        Self {
            house,
            program,
            root,
            taking: Taking {
                house,
                source: program.name(),
                patience,
                report: Report::default(),
            },
            reached: Reached::default(),
            began: Instant::now(),
            told: None,
            read: 0,
            tells: false,
            lacking: false,
            faulty: HashSet::new(),
        }
    }

    /// The files that are not as they were when they were taken in.
    async fn leave_out(&mut self, found: Vec<Found>) -> Result<Vec<Found>, String> {
        let source = self.program.name();
        let known = self
            .house
            .read(move |reader| reader.read_files(source, READER))
            .await?;
        let root = self.root.to_str();
        let mut fresh = Vec::new();
        let mut moved = Vec::new();
        for file in found {
            self.reached.of_files += 1;
            self.reached.of_bytes += file.bytes;
            let read = file.path.to_str().and_then(|path| known.get(path));
            match read.filter(|read| is_as_read(&file, read)) {
                None => fresh.push(file),
                Some(read) => {
                    self.reached.files += 1;
                    self.reached.bytes += file.bytes;
                    self.taking.report.already += read.items;
                    if let Some(root) = root.filter(|root| *root != read.root) {
                        let root = root.to_owned();
                        moved.push(Read {
                            root,
                            ..read.clone()
                        });
                    }
                }
            }
        }
        self.note(moved).await?;
        Ok(fresh)
    }

    async fn take_in(mut self, files: Vec<Found>) -> Result<Report, String> {
        let alone = match files.as_slice() {
            [file] => file.path == self.root,
            _ => false,
        };
        self.tell(true);
        let mut parts = Parts::new(self.program, files, self.house.redactor());
        while let Some(part) = parts.next().await {
            if let Some(why) = part.fault.as_ref().filter(|_| alone) {
                return Err(format!("{}: {why}", self.root.display()));
            }
            self.take_part(part).await?;
            let left = self.reached.files < self.reached.of_files;
            if left && self.house.imports.stops() {
                self.taking.report.stopped = true;
                break;
            }
            self.tell(false);
        }
        self.tell(true);
        let mut report = self.taking.report;
        report.reached = self.reached;
        Ok(report)
    }

    async fn take_part(&mut self, part: Part) -> Result<(), String> {
        let report = &mut self.taking.report;
        report.skipped += part.problems.len() as u64;
        for problem in part.problems {
            self.faulty.insert(problem.path.clone());
            if report.problems.len() < TOLD {
                report.problems.push(told(problem));
            }
        }
        let whole = self.taking.take(part.sessions).await?;
        self.lacking |= !whole;
        if part.done.is_empty() {
            return Ok(());
        }
        let latest = self.house.clock.now().0 - RECENT;
        let mut read = Vec::new();
        for (file, items) in part.done {
            self.reached.files += 1;
            self.reached.bytes += file.bytes;
            self.read += file.bytes;
            if self.lacking {
                self.taking.report.later.push(file.path.clone());
            }
            let is_whole = !self.lacking && !self.faulty.contains(&file.path);
            if is_whole && file.modified.0 <= latest {
                read.extend(as_read(&file, &self.root, items));
            }
        }
        self.lacking = false;
        self.faulty.clear();
        self.note(read).await
    }

    async fn note(&self, files: Vec<Read>) -> Result<(), String> {
        if files.is_empty() {
            return Ok(());
        }
        let source = self.program.name().to_owned();
        let noted = self.house.log.note_read(source, READER, files).await;
        noted.map_err(|error| error.to_string())
    }

    fn tell(&mut self, surely: bool) {
        let soon = self.told.is_some_and(|told| told.elapsed() < TELL);
        if !self.tells || (soon && !surely) {
            return;
        }
        self.told = Some(Instant::now());
        let progress = Progress {
            program: self.program,
            path: self.root.clone(),
            reached: self.reached,
            read: self.read,
            millis: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            sessions: self.taking.report.sessions,
            items: self.taking.report.items,
        };
        let news = ImportNews::Progress(Box::new(progress));
        self.house.tell(Signal::Import(news));
    }
}

/// Whether a file is as it was when all of it was taken in.
fn is_as_read(file: &Found, read: &Read) -> bool {
    file.bytes == read.bytes && file.modified == read.modified
}

/// Nothing of a file whose name is no text: it is read each time.
fn as_read(file: &Found, root: &Path, items: u64) -> Option<Read> {
    Some(Read {
        path: file.path.to_str()?.to_owned(),
        root: root.to_str()?.to_owned(),
        bytes: file.bytes,
        modified: file.modified,
        items,
    })
}

/// The lock of the one import of the home.
fn alone(house: &House) -> Result<File, String> {
    lock(house)?.ok_or_else(|| "another import is under way: try again when it is done".to_owned())
}

fn note_problem(report: &mut Report, path: PathBuf, text: String) {
    report.skipped += 1;
    if report.problems.len() < TOLD {
        let line = 1;
        report.problems.push(Trouble { path, line, text });
    }
}

fn told(problem: Problem) -> Trouble {
    Trouble {
        path: problem.path,
        line: problem.line,
        text: problem.text,
    }
}

#[cfg(test)]
mod tests {
    use crate::{import, sandbox};

    /// Copies are taken away by whoever takes such folders away.
    #[test]
    fn a_copy_that_a_kill_has_left_is_known_as_one() {
        assert_eq!(import::sqlite::PREFIX, sandbox::folder::PREFIX);
    }
}
