//! Sessions of any program, from one file or from all that it has.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use crate::import::claude::{self, title};
use crate::import::find::find;
use crate::import::{Problem, Session, codex, hermes, jsonl, lines, nanobot, openclaw, pi};
use crate::protocol::import::Program;

/// Sessions within sessions that are put in order.
const DEPTH: usize = 64;

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
    let (mut sessions, mut problems, mut strays) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        match one(program, &file.path, &mut strays) {
            Ok((more, faults)) => {
                sessions.extend(more);
                problems.extend(faults);
            }
            Err(error) => problems.push(lines::problem(&file.path, 1, &error.to_string())),
        }
    }
    let mut sessions = parents_first(joined(sessions));
    title::give(&mut sessions, &strays);
    Ok((sessions, problems))
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
        Program::Openclaw => openclaw::read(path),
        Program::Pi => pi::read(path),
        Program::Nanobot => nanobot::read(path),
        Program::Hermes => hermes::read(path),
    }
}

/// Sessions of one name as one: what a later file tells more of is put behind what the first told.
fn joined(sessions: Vec<Session>) -> Vec<Session> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut joined: Vec<Session> = Vec::with_capacity(sessions.len());
    for session in sessions {
        let place = *places.entry(session.name.clone()).or_insert(joined.len());
        let Some(first) = joined.get_mut(place) else {
            joined.push(session);
            continue;
        };
        first.title = first.title.take().or(session.title);
        first.project = first.project.take().or(session.project);
        first.parent = first.parent.take().or(session.parent);
        let known: HashSet<String> = first.entries.iter().map(|entry| entry.id.clone()).collect();
        let more = session.entries.into_iter();
        first
            .entries
            .extend(more.filter(|entry| !known.contains(&entry.id)));
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
