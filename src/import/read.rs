//! Sessions of any program, from one file or from all that it has.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use crate::import::claude::{self, title};
use crate::import::find::{self, find};
use crate::import::{Problem, Session, What, codex, hermes, jsonl, lines, nanobot, openclaw, pi};
use crate::protocol::import::Program;

/// Sessions within sessions that are put in order.
const DEPTH: usize = 64;

/// Bytes of a database whose sessions are held at once: what a file of lines may come to as well.
const PART: u64 = 16 << 20;

/// Sessions of a database that are asked for at once.
const MOST: usize = 500;

/// Takes some of the sessions, with what could not be read; answers whether more are wanted.
pub type Take<'t> = dyn FnMut(Vec<Session>, Vec<Problem>) -> bool + 't;

/// The sessions of a path as [`find`] takes it, and what could not be read of them. Only a path where nothing is at all is an
/// error. What is read again, however it has grown, keeps its ids.
///
/// Of a folder the sessions come in the order of their files, what is a part of another behind that; one of which two files tell,
/// as an archive and a database do, is one.
pub fn read(program: Program, path: &Path) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    let mut files = find(program, path)?;
    if let [file] = files.as_slice()
        && file.path == path
    {
        return one(program, path, &mut Vec::new());
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let (sessions, problems, _) = together(program, &paths);
    Ok((sessions, problems))
}

/// The sessions of files as [`read`] has those of a folder, and how many items each of the files tells of that those before did
/// not.
pub fn together(program: Program, paths: &[&Path]) -> (Vec<Session>, Vec<Problem>, Vec<u64>) {
    let (mut sessions, mut problems, mut strays) = (Vec::new(), Vec::new(), Vec::new());
    for (number, path) in paths.iter().enumerate() {
        match one(program, path, &mut strays) {
            Ok((more, faults)) => {
                sessions.extend(more.into_iter().map(|session| (number, session)));
                problems.extend(faults);
            }
            Err(error) => problems.push(lines::problem(path, 1, &error.to_string())),
        }
    }
    let mut counts = vec![0; paths.len()];
    let mut sessions = parents_first(joined(sessions, &mut counts));
    title::give(&mut sessions, &strays);
    (sessions, problems, counts)
}

/// Hands the sessions of one file over, those of a database some at a time: it may be larger than what memory there is.
pub fn each(program: Program, path: &Path, take: &mut Take<'_>) -> io::Result<()> {
    if find::is_database(path) {
        match program {
            Program::Openclaw => return openclaw::database::each(path, take),
            Program::Hermes => return hermes::each(path, take),
            _ => {}
        }
    }
    let mut strays = Vec::new();
    let (mut sessions, problems) = one(program, path, &mut strays)?;
    title::give(&mut sessions, &strays);
    take(sessions, problems);
    Ok(())
}

/// How many items there are, which tokens are not.
pub fn count(session: &Session) -> u64 {
    let items = session.entries.iter();
    let items = items.filter(|entry| !matches!(entry.what, What::Spent(_)));
    items.count() as u64
}

/// Rows of a database in runs of no more than memory and one question of it can hold, each of one row at least.
pub fn parts<T>(rows: &[T], weight: impl Fn(&T) -> u64) -> Vec<&[T]> {
    let mut parts = Vec::new();
    let (mut start, mut held) = (0, 0_u64);
    for (at, row) in rows.iter().enumerate() {
        let more = weight(row);
        if at > start && (held.saturating_add(more) > PART || at - start >= MOST) {
            parts.extend(rows.get(start..at));
            (start, held) = (at, 0);
        }
        held = held.saturating_add(more);
    }
    parts.extend(rows.get(start..).filter(|rest| !rest.is_empty()));
    parts
}

fn one(
    program: Program,
    path: &Path,
    strays: &mut Vec<title::Stray>,
) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    match program {
        Program::Jsonl => jsonl::read(path),
        Program::Claude => {
            let read = claude::read(path)?;
            strays.extend(read.strays);
            Ok((read.sessions, read.problems))
        }
        Program::Codex => codex::read(path),
        Program::Openclaw if find::is_database(path) => whole(path, openclaw::database::each),
        Program::Openclaw => openclaw::read(path),
        Program::Pi => pi::read(path),
        Program::Nanobot => nanobot::read(path),
        Program::Hermes => whole(path, hermes::each),
    }
}

/// All that a database hands over.
fn whole(
    path: &Path,
    each: impl Fn(&Path, &mut Take<'_>) -> io::Result<()>,
) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    let (mut sessions, mut problems) = (Vec::new(), Vec::new());
    each(path, &mut |more, faults| {
        sessions.extend(more);
        problems.extend(faults);
        true
    })?;
    Ok((sessions, problems))
}

/// Sessions of one name as one: what a later file tells more of is put behind what the first told. Counts what each file adds.
fn joined(sessions: Vec<(usize, Session)>, counts: &mut [u64]) -> Vec<Session> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut joined: Vec<Session> = Vec::with_capacity(sessions.len());
    for (file, mut session) in sessions {
        let place = *places.entry(session.name.clone()).or_insert(joined.len());
        let first = joined.get_mut(place);
        if let Some(first) = &first {
            let known: HashSet<&str> = first.entries.iter().map(|entry| &*entry.id).collect();
            session
                .entries
                .retain(|entry| !known.contains(entry.id.as_str()));
        }
        if let Some(told) = counts.get_mut(file) {
            *told += count(&session);
        }
        let Some(first) = first else {
            joined.push(session);
            continue;
        };
        first.title = first.title.take().or(session.title);
        first.project = first.project.take().or(session.project);
        first.parent = first.parent.take().or(session.parent);
        first.entries.extend(session.entries);
    }
    joined
}

/// Sessions by how many they are a part of.
fn parents_first(mut sessions: Vec<Session>) -> Vec<Session> {
    let parents: HashMap<String, String> = sessions
        .iter()
        .filter_map(|session| Some((session.name.clone(), session.parent.clone()?)))
        .collect();
    sessions.sort_by_cached_key(|session| {
        let mut above = &session.name;
        let mut depth = 0;
        // What is in itself, as damaged files may say, ends as well.
        while let Some(parent) = parents.get(above)
            && depth < DEPTH
        {
            above = parent;
            depth += 1;
        }
        depth
    });
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_by_their_weight_and_none_is_left_out() {
        let large = PART / 2 + 1;
        for (rows, expected) in [
            (vec![], vec![]),
            (vec![1, 2, 3], vec![3]),
            (vec![large, large, 1], vec![1, 2]),
            (vec![PART * 3, 1, PART * 3], vec![1, 1, 1]),
            (vec![u64::MAX, u64::MAX], vec![1, 1]),
            (vec![0; MOST * 2 + 1], vec![MOST, MOST, 1]),
        ] {
            let parts = parts(&rows, |row| *row);
            let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
            assert_eq!(lengths, expected, "{:?}", rows.get(..3));
        }
    }
}
