//! Where the session files of other programs lie. Folders are walked to a bound and without following links: what lies outside of
//! the folder that was named is not read.

use std::collections::VecDeque;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::import::sqlite;
use crate::protocol::import::Program;
use crate::protocol::time::Time;

/// Folders within folders that are looked into: Codex has four, a sub-agent of Claude Code five.
const DEPTH: usize = 8;

/// Entries that are looked at, and files that are found. Claude Code keeps a folder for each project and a file for each session.
const ENTRIES: usize = 1_000_000;
const FILES: usize = 200_000;

/// A file with sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// With what lies beside a database.
    pub bytes: u64,
    pub modified: Time,
}

/// The session files of a program, newest first. The path is the home of the program, its folder of sessions or a part of that,
/// or one file, which is taken whatever it is called.
pub fn find(program: Program, path: &Path) -> io::Result<Vec<Found>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![found(path)?]);
    }
    let folders: Vec<PathBuf> = within(program)
        .iter()
        .map(|folder| path.join(folder))
        // Who keeps their settings elsewhere leads there by a link.
        .filter(|folder| folder.is_dir())
        .collect();
    let mut walk = Walk::default();
    if program == Program::Hermes {
        walk.hermes(path);
    } else if folders.is_empty() {
        walk.walk(program, path.to_owned());
    }
    for folder in folders {
        walk.walk(program, folder);
    }
    let mut files = walk.files;
    files.sort_by(|a, b| {
        b.modified
            .cmp(&a.modified)
            .then_with(|| a.path.cmp(&b.path))
    });
    Ok(files)
}

/// The variable of the environment by which a program's home can be moved.
pub fn variable(program: Program) -> Option<&'static str> {
    match program {
        Program::Jsonl | Program::Nanobot => None,
        Program::Claude => Some("CLAUDE_CONFIG_DIR"),
        Program::Codex => Some("CODEX_HOME"),
        Program::Openclaw => Some("OPENCLAW_STATE_DIR"),
        Program::Pi => Some("PI_CODING_AGENT_DIR"),
        Program::Hermes => Some("HERMES_HOME"),
    }
}

/// Where a program keeps its sessions in a home folder, if it does. `moved` is what its variable says.
pub fn usual(program: Program, home: &Path, moved: Option<&Path>) -> Option<PathBuf> {
    let folders: &[&str] = match program {
        Program::Jsonl => &[],
        Program::Claude => &[".claude", ".config/claude"],
        Program::Codex => &[".codex"],
        Program::Openclaw => &[".openclaw", ".moltbot", ".clawdbot"],
        Program::Pi => &[".pi"],
        Program::Nanobot => &[".nanobot"],
        Program::Hermes => &[".hermes"],
    };
    let folders = folders.iter().map(|folder| home.join(folder));
    let moved = moved.filter(|moved| moved.is_absolute());
    moved
        .map(Path::to_owned)
        .into_iter()
        .chain(folders)
        .find(|folder| folder.is_dir())
}

/// Where in its home a program keeps sessions.
fn within(program: Program) -> &'static [&'static str] {
    match program {
        Program::Claude => &["projects"],
        Program::Codex => &["sessions", "archived_sessions"],
        Program::Openclaw => &["agents"],
        Program::Pi => &["agent/sessions", "sessions"],
        Program::Nanobot => &["sessions", "workspace/sessions"],
        Program::Jsonl | Program::Hermes => &[],
    }
}

/// Whether a file holds sessions, by its name and that of its folder.
fn is_sessions(program: Program, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let lines = name.ends_with(".jsonl");
    // What was typed and which sessions there are, beside the sessions.
    let index = name == "history.jsonl" || name == "session_index.jsonl";
    match program {
        Program::Claude => lines && !index && (name.starts_with("agent-") || folder != "subagents"),
        Program::Codex => (lines || name.ends_with(".jsonl.zst")) && !index,
        Program::Pi | Program::Nanobot | Program::Jsonl => lines && !index,
        Program::Openclaw => {
            let archive = [".jsonl.deleted.", ".jsonl.reset.", ".jsonl.zst"];
            // What a session did in detail, and its state before it was compacted.
            let beside = name.contains(".trajectory") || name.contains(".checkpoint.");
            let kept = lines || archive.iter().any(|archive| name.contains(archive));
            (kept && !beside && !index) || name == "openclaw-agent.sqlite"
        }
        Program::Hermes => name == "state.db",
    }
}

/// A folder, and no link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_dir())
}

/// Whether a file is a database and no file of lines, by its name.
pub fn is_database(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("sqlite" | "db"))
}

fn found(path: &Path) -> io::Result<Found> {
    let about = fs::metadata(path)?;
    Ok(as_found(path, &about))
}

fn as_found(path: &Path, about: &Metadata) -> Found {
    let mut found = Found {
        path: path.to_owned(),
        bytes: about.len(),
        modified: modified(about),
    };
    let beside = if is_database(path) {
        sqlite::beside(path)
    } else {
        Vec::new()
    };
    for file in beside {
        if let Ok(about) = fs::metadata(file) {
            found.bytes += about.len();
            found.modified = found.modified.max(modified(&about));
        }
    }
    found
}

/// The beginning of 1970 where the system does not say.
fn modified(about: &Metadata) -> Time {
    let since = about.modified().ok();
    let since = since.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Time(since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }))
}

#[derive(Debug, Default)]
struct Walk {
    seen: usize,
    files: Vec<Found>,
}

impl Walk {
    /// The database of the home, and those of its profiles.
    fn hermes(&mut self, home: &Path) {
        let profiles = entries(&home.join("profiles"));
        let folders = profiles.into_iter().filter(|folder| is_folder(folder));
        for folder in folders.chain([home.to_owned()]) {
            let path = folder.join("state.db");
            if fs::symlink_metadata(&path).is_ok_and(|about| about.is_file()) {
                self.files.extend(found(&path));
            }
        }
    }

    fn walk(&mut self, program: Program, folder: PathBuf) {
        let mut folders = VecDeque::from([(folder, 0)]);
        while let Some((folder, depth)) = folders.pop_front() {
            for path in entries(&folder) {
                self.seen += 1;
                if self.seen > ENTRIES || self.files.len() >= FILES {
                    return;
                }
                let Ok(about) = fs::symlink_metadata(&path) else {
                    continue;
                };
                if about.is_dir() && depth < DEPTH {
                    folders.push_back((path, depth + 1));
                } else if about.is_file() && is_sessions(program, &path) {
                    self.files.push(as_found(&path, &about));
                }
            }
        }
    }
}

/// What lies in a folder, in order; nothing in one that cannot be read, which is not the person's to read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .take(ENTRIES)
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::*;

    /// A folder with these files, the first the oldest.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (age, file) in files.iter().enumerate() {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(&path, "x").expect("a file");
            let time = UNIX_EPOCH + Duration::from_secs(age as u64);
            let file = fs::File::options().write(true).open(&path).expect("a file");
            file.set_modified(time).expect("a time");
        }
        folder
    }

    fn names(program: Program, path: &Path, root: &Path) -> Vec<String> {
        let files = find(program, path).expect("found").into_iter();
        let names = files.map(|file| {
            file.path
                .strip_prefix(root)
                .expect("below")
                .display()
                .to_string()
        });
        names.collect()
    }

    #[test]
    fn the_folder_of_sessions_may_be_a_link_and_none_within_is_followed() {
        let scratch = tempfile::tempdir().expect("a folder");
        let at = |name: &str| scratch.path().join(name);
        for folder in ["elsewhere/-p", "claude", "far/-q"] {
            fs::create_dir_all(at(folder)).expect("made");
        }
        fs::write(at("elsewhere/-p/a.jsonl"), "{}").expect("written");
        fs::write(at("far/-q/b.jsonl"), "{}").expect("written");
        symlink(at("elsewhere"), at("claude/projects")).expect("a link");
        symlink(at("far/-q"), at("elsewhere/-q")).expect("a link");
        let found = find(Program::Claude, &at("claude")).expect("found");
        let found: Vec<PathBuf> = found.into_iter().map(|file| file.path).collect();
        assert_eq!(found, [at("claude/projects/-p/a.jsonl")]);
    }

    #[test]
    fn sessions_are_found_newest_first_and_nothing_else() {
        for (program, files, at, expected) in [
            (
                Program::Claude,
                &[
                    "history.jsonl",
                    "projects/-p/a.jsonl",
                    "projects/-p/a/subagents/agent-1.jsonl",
                    "projects/-p/a/subagents/journal.jsonl",
                    "projects/-p/memory/x.md",
                    "todos/t.jsonl",
                ][..],
                &["", "projects", "projects/-p"][..],
                &[
                    "projects/-p/a/subagents/agent-1.jsonl",
                    "projects/-p/a.jsonl",
                ][..],
            ),
            (
                Program::Codex,
                &[
                    "history.jsonl",
                    "session_index.jsonl",
                    "sessions/2026/02/23/rollout-a.jsonl",
                    "archived_sessions/rollout-b.jsonl.zst",
                ],
                &[""],
                &[
                    "archived_sessions/rollout-b.jsonl.zst",
                    "sessions/2026/02/23/rollout-a.jsonl",
                ],
            ),
            (
                Program::Pi,
                &["agent/sessions/--p--/t_a.jsonl", "agent/other.jsonl"],
                &["", "agent", "agent/sessions"],
                &["agent/sessions/--p--/t_a.jsonl"],
            ),
            (
                Program::Openclaw,
                &[
                    "agents/main/sessions/a.jsonl",
                    "agents/main/sessions/sessions.json",
                    "agents/main/sessions/a.trajectory.jsonl",
                    "agents/main/sessions/b.jsonl.deleted.2026.zst",
                    "agents/main/sessions/cold/c.jsonl.zst",
                    "agents/main/agent/openclaw-agent.sqlite",
                    "state/openclaw.sqlite",
                    "agents/main/sessions/a.jsonl.lock",
                ],
                &["", "agents"],
                &[
                    "agents/main/agent/openclaw-agent.sqlite",
                    "agents/main/sessions/cold/c.jsonl.zst",
                    "agents/main/sessions/b.jsonl.deleted.2026.zst",
                    "agents/main/sessions/a.jsonl",
                ],
            ),
            (
                Program::Nanobot,
                &["sessions/w/k.jsonl", "workspace/memory/history.jsonl"],
                &["", "sessions"],
                &["sessions/w/k.jsonl"],
            ),
            (
                Program::Hermes,
                &["state.db", "profiles/work/state.db", "cache/state.db"],
                &[""],
                &["profiles/work/state.db", "state.db"],
            ),
            (
                Program::Jsonl,
                &["a.jsonl", "b/c.jsonl", "d.txt"],
                &[""],
                &["b/c.jsonl", "a.jsonl"],
            ),
        ] {
            let folder = folder(files);
            for at in at {
                assert_eq!(
                    names(program, &folder.path().join(at), folder.path()),
                    expected,
                    "{program:?} {at}"
                );
            }
        }
        let folder = folder(&["any.txt"]);
        let file = folder.path().join("any.txt");
        assert_eq!(names(Program::Claude, &file, folder.path()), ["any.txt"]);
        assert!(find(Program::Claude, &folder.path().join("none")).is_err());
    }

    #[test]
    fn links_lead_nowhere_and_folders_have_an_end() {
        let deep = format!("projects/{}x.jsonl", "f/".repeat(DEPTH + 1));
        let outside = folder(&["o.jsonl"]);
        let folder = folder(&["projects/-p/a.jsonl", &deep]);
        let projects = folder.path().join("projects");
        for (to, from) in [(outside.path(), "out"), (projects.as_path(), "ring")] {
            symlink(to, projects.join(from)).expect("a link");
        }
        symlink(outside.path().join("o.jsonl"), projects.join("o.jsonl")).expect("a link");
        assert_eq!(
            names(Program::Claude, folder.path(), folder.path()),
            ["projects/-p/a.jsonl"]
        );
    }

    #[test]
    fn the_usual_place_is_where_something_is() {
        let home = folder(&[".config/claude/projects/x", ".codex/x", "elsewhere/x"]);
        let at = |path: &str| home.path().join(path);
        let moved = at("elsewhere");
        for (program, moved, expected) in [
            (Program::Claude, None, Some(".config/claude")),
            (Program::Codex, None, Some(".codex")),
            (Program::Codex, Some(moved.as_path()), Some("elsewhere")),
            (Program::Codex, Some(Path::new("elsewhere")), Some(".codex")),
            (Program::Pi, None, None),
            (Program::Jsonl, None, None),
        ] {
            assert_eq!(
                usual(program, home.path(), moved),
                expected.map(at),
                "{program:?}"
            );
        }
    }
}
