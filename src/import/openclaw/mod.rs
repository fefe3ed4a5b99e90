//! `OpenClaw`: trees as those of pi. Before 2026.7.2 files, `agents/ID/sessions/SESSION.jsonl`, with packed archives of what was
//! deleted or is old; since then a database for each agent.

pub mod database;
pub mod labels;

use std::io;
use std::path::Path;

use crate::import::openclaw::labels::Labels;
use crate::import::tree::Tree;
use crate::import::{Problem, Session, lines};

/// Reads one file.
pub fn read(path: &Path) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    let (mut tree, mut problems) = (Tree::default(), Vec::new());
    lines::each(path, &mut problems, |number, text| tree.take(number, text))?;
    tree.parent = tree.parent.as_deref().map(|parent| stem(Path::new(parent)));
    let stem = stem(path);
    let id = tree.id.clone().unwrap_or_else(|| stem.clone());
    // A topic of a group has a file of its own and the id of the group's session.
    let topic = stem
        .strip_prefix(&id)
        .is_some_and(|rest| rest.starts_with("-topic-"));
    let name = if topic { &stem } else { &id };
    tree.id = Some(name.clone());
    let mut sessions = tree.finish(name);
    let labels = Labels::beside(folder(path), &id);
    if let Some(session) = sessions.iter_mut().find(|session| session.name == *name) {
        labels.give(session, &id);
    }
    Ok((sessions, problems))
}

/// The folder with the index: `sessions`, in which `cold` is for what is old.
fn folder(path: &Path) -> &Path {
    let folder = path.parent().unwrap_or(path);
    match folder.file_name() {
        Some(name) if name == "cold" => folder.parent().unwrap_or(folder),
        _ => folder,
    }
}

/// The name of a file before `.jsonl`, behind which an archive says when it was made.
pub fn stem(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.split(".jsonl").next().unwrap_or_default().to_owned()
}
