//! Notes: lines that were kept on purpose, in plain files that the person may edit at any time. They lie in the home and, for
//! what is true of one project only, in a folder of that project there; never in the project itself, whose files are anybody's.

pub mod line;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::agent::{digest, visible};
use crate::disk::file;
use crate::note::line::Note;

/// What a model is told of one file, in bytes: more would be paid for with every call.
pub const TOLD: usize = 2 * 1024;

/// A longer file is read no further.
pub const LARGEST: u64 = 256 * 1024;

/// Files of a folder `memory` that are read, by name.
const FILES: usize = 200;

/// Names of other files that a model is told of.
const NAMED: usize = 20;

/// The file that notes go to where none is named.
pub const MEMORY: &str = "MEMORY.md";

/// What every session is told, in this order: how to be, who the person is, what to know.
const PINNED: [&str; 3] = ["SOUL.md", "USER.md", MEMORY];

/// The folder of files that are found by searching.
const FOLDER: &str = "memory";

/// The folder of the home that holds a folder for each project.
const PROJECTS: &str = "projects";

/// Where notes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// Of all sessions: the folder of the config file.
    pub home: PathBuf,
    /// Of the sessions of one project.
    pub project: PathBuf,
}

/// A file of notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteFile {
    pub path: PathBuf,
    /// Within its folder: `MEMORY.md`, `memory/people.md`.
    pub name: String,
    pub of: Of,
    /// Every session is told of it.
    pub pinned: bool,
    pub text: String,
    /// When it was changed last, in milliseconds since 1970.
    pub changed: i64,
}

/// Whose notes they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    Home,
    /// Of the project whose folder of notes has this name.
    Project(String),
}

impl Shelf {
    /// `home`: the folder of the config file; `root`: the project's own folder, the same for all its worktrees.
    pub fn new(home: &Path, root: &Path) -> Self {
        Self {
            home: home.to_owned(),
            project: home.join(PROJECTS).join(folder_name(root)),
        }
    }

    /// The file of this name: of the project, or of the home where `everywhere`. The error is what a model is told.
    pub fn file(&self, name: &str, everywhere: bool) -> Result<PathBuf, String> {
        let folder = if everywhere {
            &self.home
        } else {
            &self.project
        };
        Ok(folder.join(checked(name)?))
    }

    /// All of the home and of this project, in the order they are told.
    pub fn files(&self) -> Vec<NoteFile> {
        let mut files = folder(&self.home, &Of::Home);
        files.extend(folder(&self.project, &of(&self.project)));
        files
    }

    /// What a session is told of its notes when it begins; nothing where there are none.
    pub fn told(&self) -> String {
        told(&self.files())
    }

    /// Whether a path is one of a file of notes, of whatever project.
    pub fn is_note(home: &Path, path: &Path) -> bool {
        let Ok(inner) = path.strip_prefix(home) else {
            return false;
        };
        let mut parts: Vec<&str> = inner.iter().filter_map(|part| part.to_str()).collect();
        let of_project = parts
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case(PROJECTS));
        if of_project {
            parts.drain(..parts.len().min(2));
        }
        match parts.as_slice() {
            [name] => PINNED
                .iter()
                .any(|pinned| pinned.eq_ignore_ascii_case(name)),
            [folder, _, ..] => folder.eq_ignore_ascii_case(FOLDER),
            [] => false,
        }
    }
}

/// Before the names of files that are not told.
const MORE: &str = "More notes, found by `recall`:";

/// The head of what a session is told.
const HEAD: &str = "\n# Notes that were kept\n";

/// What a session was told when it began, without the lines of notes that were forgotten or changed since; `None` where all stand.
/// `kept`: a line as it was kept in the log, where it held something that is not.
pub fn without_forgotten(
    system: &str,
    shelf: &Shelf,
    kept: impl Fn(&str) -> String,
) -> Option<String> {
    let at = system.rfind(HEAD)?;
    let (own, notes) = system.split_at(at);
    let mut stands: HashSet<String> = HashSet::new();
    for file in shelf.files() {
        for line in visible::clean(&file.text).lines() {
            let line = Note::without_link(line).trim_end();
            stands.insert(kept(line));
            stands.insert(line.to_owned());
        }
    }
    let is_own = |line: &str| {
        let left_out = line.starts_with('[') && line.ends_with(" are not shown]");
        line.trim().is_empty() || line.starts_with('#') || line.starts_with(MORE) || left_out
    };
    let lines = || {
        notes
            .split_inclusive('\n')
            .map(|line| (line, line.trim_end_matches('\n')))
    };
    let is_gone = |line: &str| !is_own(line) && !stands.contains(line);
    if !lines().any(|(_, line)| is_gone(line)) {
        return None;
    }
    let left = lines().filter(|(_, line)| !is_gone(line));
    Some(left.fold(own.to_owned(), |text, (line, _)| text + line))
}

/// A text that is told beside the notes, without a line that would pass for their head.
pub fn without_head(text: &str) -> Cow<'_, str> {
    let head = HEAD.trim();
    if !text.contains(head) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(head, "(Notes that were kept)"))
}

/// The files and folders of a home that notes lie in.
pub fn places(home: &Path) -> Vec<PathBuf> {
    let names = PINNED.iter().chain(&[FOLDER, PROJECTS]);
    names.map(|name| home.join(name)).collect()
}

/// Whether a path is one of a file of notes, by its name or where the links of those lead.
pub fn leads_to(home: &Path, path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Shelf::is_note(home, path)
        || Shelf::is_note(&real(home), path)
        || places(home)
            .iter()
            .any(|place| path.starts_with(real(place)))
        || projects(home).iter().any(|project| {
            let pinned = PINNED.iter().map(|name| project.join(name));
            let others = std::iter::once(project.join(FOLDER));
            pinned
                .chain(others)
                .any(|place| path.starts_with(real(&place)))
        })
        || std::iter::once(home.to_owned())
            .chain(projects(home))
            .flat_map(|folder| {
                others(&folder)
                    .into_iter()
                    .map(move |name| folder.join(name))
            })
            .any(|file| real(&file) == path)
}

/// Those of the home and of every project in it.
pub fn all(home: &Path) -> Vec<NoteFile> {
    let mut files = folder(home, &Of::Home);
    for path in projects(home) {
        files.extend(folder(&path, &of(&path)));
    }
    files
}

/// The folder of each project that has one.
fn projects(home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.join(PROJECTS)).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn of(project: &Path) -> Of {
    let name = project.file_name().unwrap_or_default();
    Of::Project(name.to_string_lossy().into_owned())
}

/// As `api-1a2b3c4d`: a name to know it by, and what tells it from another of that name.
fn folder_name(root: &Path) -> String {
    let name: String = root
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    let name = name.trim_start_matches('.');
    let name = if name.is_empty() { "project" } else { name };
    let mut hash = digest::hex(root.as_os_str().as_encoded_bytes());
    hash.truncate(8);
    format!("{name}-{hash}")
}

/// `MEMORY.md`, `USER.md`, `SOUL.md`, or a file of the folder `memory`; without one the first.
fn checked(name: &str) -> Result<PathBuf, String> {
    let name = name.trim();
    if name.is_empty() {
        return Ok(PathBuf::from(MEMORY));
    }
    if let Some(pinned) = PINNED
        .iter()
        .find(|pinned| pinned.eq_ignore_ascii_case(name))
    {
        return Ok(PathBuf::from(pinned));
    }
    let inner = name.strip_prefix("memory/").unwrap_or(name);
    let stem = inner.strip_suffix(".md").unwrap_or(inner);
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if stem.is_empty() || stem.chars().count() > 60 || !stem.chars().all(legal) {
        return Err(format!(
            "`{}` is no file of notes: {}, or a name of letters, digits and hyphens such as memory/people.md",
            visible::brief(name, 60),
            PINNED.join(", ")
        ));
    }
    Ok(Path::new(FOLDER).join(format!("{stem}.md")))
}

fn folder(folder: &Path, of: &Of) -> Vec<NoteFile> {
    let pinned = PINNED.iter().filter_map(|name| {
        let path = folder.join(name);
        read(&path, (*name).to_owned(), of, true)
    });
    let others = others(folder).into_iter().filter_map(|name| {
        let path = folder.join(&name);
        read(&path, name, of, false)
    });
    pinned.chain(others).collect()
}

/// The files of the folder `memory`, by their names within `folder`.
fn others(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join(FOLDER)) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            name.strip_suffix(".md")
                .is_some_and(|stem| !stem.is_empty())
        })
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names.truncate(FILES);
    names
        .iter()
        .map(|name| format!("{FOLDER}/{name}"))
        .collect()
}

fn read(path: &Path, name: String, of: &Of, pinned: bool) -> Option<NoteFile> {
    let head = file::read(path, LARGEST)?;
    let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
    let changed = changed
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        });
    Some(NoteFile {
        path: path.to_owned(),
        name,
        of: of.clone(),
        pinned,
        text: String::from_utf8_lossy(&head.head).into_owned(),
        changed,
    })
}

fn told(files: &[NoteFile]) -> String {
    let mut text = String::new();
    for file in files.iter().filter(|file| file.pinned) {
        let shown = shown(file);
        if shown.is_empty() {
            continue;
        }
        let whose = match file.of {
            Of::Home => "",
            Of::Project(_) => " of this project",
        };
        let _ = write!(text, "\n## {}{whose}\n\n{shown}\n", file.name);
    }
    let others: Vec<&str> = files
        .iter()
        .filter(|file| !file.pinned)
        .map(|file| file.name.as_str())
        .collect();
    if !others.is_empty() {
        let more = others.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let names = others.iter().take(NAMED).copied();
        let names = names.collect::<Vec<_>>().join(", ");
        let _ = write!(text, "\n{MORE} {names}{more}\n");
    }
    if text.is_empty() {
        return text;
    }
    format!("{HEAD}{text}")
}

/// As a model reads it: without links and what cannot be seen, cut behind a whole line.
fn shown(file: &NoteFile) -> String {
    let clean = visible::clean(&file.text);
    let clean = without_head(&clean);
    let mut text = String::new();
    let mut left = 0;
    for line in clean.lines() {
        let line = Note::without_link(line);
        if text.len() + line.len() + 1 > TOLD {
            left += 1;
        } else if left == 0 {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    let text = text.trim();
    match (text.is_empty(), left) {
        (_, 0) => text.to_owned(),
        (_, left) => format!("{text}\n[{left} more lines of {} are not shown]", file.name),
    }
}

#[cfg(test)]
mod tests;
