//! Reads the files of a program on threads of their own, some files at a time, newest first: what was read waits in its order
//! until it is taken in, and only so much is read ahead.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, available_parallelism};

use tokio::sync::mpsc;

use crate::agent::redact::Redactor;
use crate::engine::import::clean;
use crate::engine::indexing::give_way;
use crate::import::find::{Found, is_database};
use crate::import::read::{count, each, together};
use crate::import::{Problem, Session, lines};
use crate::protocol::import::Program;

/// Files of which no more than so many bytes are held at once are read together, so that what one of them says of a session of
/// another is known.
const TOGETHER: u64 = 16 << 20;

/// Files that are read together.
const FILES: usize = 1_000;

/// Threads that read at once, at most: what they read waits for the one that writes.
const THREADS: usize = 4;

/// Their priority (setpriority(2)): whoever types goes first, and the index comes after them.
pub(crate) const PRIORITY: i32 = 10;

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) sessions: Vec<Session>,
    pub(crate) problems: Vec<Problem>,
    /// Why the file cannot be read at all, where it is one alone.
    pub(crate) fault: Option<String>,
    /// The files that this is the last of, each with how many items it tells of.
    pub(crate) done: Vec<(Found, u64)>,
}

/// Files while they are read.
pub(crate) struct Parts {
    program: Program,
    redactor: Arc<Redactor>,
    waiting: VecDeque<Vec<Found>>,
    under_way: VecDeque<mpsc::Receiver<Part>>,
    threads: usize,
    /// Nobody wants more.
    over: Arc<AtomicBool>,
}

impl Parts {
    /// Of files in the order in which they are wanted.
    pub(crate) fn new(program: Program, files: Vec<Found>, redactor: Redactor) -> Self {
        let threads = available_parallelism().map_or(1, usize::from);
        Self {
            program,
            redactor: Arc::new(redactor),
            waiting: grouped(files),
            under_way: VecDeque::new(),
            threads: threads.min(THREADS),
            over: Arc::default(),
        }
    }

    /// What comes next; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Part> {
        loop {
            while self.under_way.len() < self.threads
                && let Some(files) = self.waiting.pop_front()
            {
                self.under_way.push_back(self.begin(files));
            }
            let first = self.under_way.front_mut()?;
            if let Some(part) = first.recv().await {
                return Some(part);
            }
            self.under_way.pop_front();
        }
    }

    fn begin(&self, files: Vec<Found>) -> mpsc::Receiver<Part> {
        let (send, part) = mpsc::channel(1);
        let (program, redactor) = (self.program, Arc::clone(&self.redactor));
        let over = Arc::clone(&self.over);
        let work = move || {
            give_way(PRIORITY);
            read(program, files, &over, |mut part| {
                for session in &mut part.sessions {
                    clean::session(session, &redactor);
                }
                for problem in &mut part.problems {
                    clean::problem(problem, &redactor);
                }
                send.blocking_send(part).is_ok()
            });
        };
        // No thread of the pool: such a one could not be made as quick again.
        let begun = thread::Builder::new().name("import".to_owned()).spawn(work);
        if let Err(error) = begun {
            tracing::warn!("files are left for the next import: {error}");
        }
        part
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Files to be read together, in their order; a database alone, since its sessions are handed over some at a time.
fn grouped(files: Vec<Found>) -> VecDeque<Vec<Found>> {
    let mut groups: VecDeque<Vec<Found>> = VecDeque::new();
    let (mut bytes, mut alone) = (0_u64, true);
    for file in files {
        let is_alone = is_database(&file.path);
        let fits = bytes.saturating_add(file.bytes) <= TOGETHER;
        match groups.back_mut() {
            Some(group) if fits && !alone && !is_alone && group.len() < FILES => {
                bytes = bytes.saturating_add(file.bytes);
                group.push(file);
            }
            _ => {
                bytes = file.bytes;
                groups.push_back(vec![file]);
            }
        }
        alone = is_alone;
    }
    groups
}

fn read(
    program: Program,
    files: Vec<Found>,
    over: &AtomicBool,
    mut send: impl FnMut(Part) -> bool,
) {
    if let [file] = files.as_slice() {
        let (path, file) = (file.path.clone(), file.clone());
        alone(program, &path, file, over, send);
        return;
    }
    if over.load(Ordering::Relaxed) {
        return;
    }
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let (sessions, problems, counts) = together(program, &paths);
    send(Part {
        sessions,
        problems,
        fault: None,
        done: files.into_iter().zip(counts).collect(),
    });
}

fn alone(
    program: Program,
    path: &Path,
    file: Found,
    over: &AtomicBool,
    mut send: impl FnMut(Part) -> bool,
) {
    let mut items = 0;
    let mut stopped = false;
    // The last part is held back, so that the end of the file is told with it.
    let mut last = Part::default();
    let read = each(program, path, &mut |sessions, problems| {
        items += sessions.iter().map(count).sum::<u64>();
        let part = Part {
            sessions,
            problems,
            ..Part::default()
        };
        let before = std::mem::replace(&mut last, part);
        let empty = before.sessions.is_empty() && before.problems.is_empty();
        stopped = over.load(Ordering::Relaxed) || (!empty && !send(before));
        !stopped
    });
    if stopped {
        return;
    }
    if let Err(error) = read {
        let problem = lines::problem(path, 1, &error.to_string());
        last.fault = Some(problem.text.clone());
        last.problems.push(problem);
    }
    last.done.push((file, items));
    send(last);
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::protocol::time::Time;

    #[test]
    fn files_are_read_together_up_to_a_bound_and_databases_alone() {
        let mb = 1 << 20;
        for (files, expected) in [
            (vec![], vec![]),
            (
                vec![("a", 5), ("b", 5), ("c", 7), ("d", 1)],
                vec!["a b", "c d"],
            ),
            (vec![("a", 90), ("b", 1), ("c", 1)], vec!["a", "b c"]),
            (
                vec![("a", 1), ("b.sqlite", 1), ("c", 1), ("d", 1)],
                vec!["a", "b.sqlite", "c d"],
            ),
        ] {
            let found = files.iter().map(|(name, size)| Found {
                path: PathBuf::from(name),
                bytes: size * mb,
                modified: Time(0),
            });
            let groups: Vec<String> = grouped(found.collect())
                .iter()
                .map(|group| {
                    let names = group.iter().map(|file| file.path.to_string_lossy());
                    names.collect::<Vec<_>>().join(" ")
                })
                .collect();
            assert_eq!(groups, expected);
        }
    }
}
