//! The notes of another home as lines of this one's: what stands here stays as it is, and what does not is put behind it under a
//! heading that says where it is from.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::agent::redact::Redactor;
use crate::config::paths::ensure;
use crate::config::write::write_whole;

/// A longer file is no notes.
const LONGEST: u64 = 1 << 20;

/// Files of single notes, one a line.
const LINES: [&str; 2] = ["MEMORY.md", "USER.md"];

/// Who the agent is to be: two of them are not one.
const WHOLE: &str = "SOUL.md";

const FOLDER: &str = "memory";

/// A folder of the same for each project.
const PROJECTS: &str = "projects";

/// What was taken in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub lines: u64,
    /// Files that were not, each with why.
    pub faults: Vec<(PathBuf, String)>,
}

/// Takes the notes of one config's folder into another's. `from`: what the heading says.
pub(crate) fn take_in(there: &Path, here: &Path, from: &str, redactor: &Redactor) -> Taken {
    let mut taken = Taken::default();
    folder(there, here, (from, redactor), &mut taken);
    let projects = fs::read_dir(there.join(PROJECTS));
    let mut names: Vec<_> = projects
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| Path::new(PROJECTS).join(entry.file_name()))
        .collect();
    names.sort();
    for name in names {
        folder(
            &there.join(&name),
            &here.join(&name),
            (from, redactor),
            &mut taken,
        );
    }
    taken
}

/// The notes of all projects, or of one.
fn folder(there: &Path, here: &Path, (from, redactor): (&str, &Redactor), taken: &mut Taken) {
    let mut names: Vec<PathBuf> = LINES.map(PathBuf::from).into();
    names.push(PathBuf::from(WHOLE));
    if let Ok(entries) = fs::read_dir(there.join(FOLDER)) {
        let mut days: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| Path::new(FOLDER).join(entry.file_name()))
            .filter(|name| name.extension().is_some_and(|ending| ending == "md"))
            .collect();
        days.sort();
        names.extend(days);
    }
    for name in names {
        let path = there.join(&name);
        match one(&path, &here.join(&name), from, redactor) {
            Ok(lines) => taken.lines += lines,
            Err(why) => taken.faults.push((path, why)),
        }
    }
}

/// Tells how many lines are new.
fn one(there: &Path, here: &Path, from: &str, redactor: &Redactor) -> Result<u64, String> {
    let Some(theirs) = read(there)? else {
        return Ok(0);
    };
    let theirs = redactor.redact(&theirs);
    let ours = read(here).map_err(|why| format!("{} {why}", here.display()))?;
    let whole = here.file_name().is_some_and(|name| name == WHOLE);
    let (text, lines) = match ours {
        None => (theirs.to_string(), words(&theirs).count() as u64),
        Some(ours) if whole && ours.trim() != theirs.trim() => {
            return Err(format!("{} is another, and stays", here.display()));
        }
        Some(ours) => match merged(&ours, &theirs, from) {
            Some((text, lines)) => (text, lines),
            None => return Ok(0),
        },
    };
    if let Some(folder) = here.parent() {
        ensure(folder)?;
    }
    write_whole(here, &text)?;
    Ok(lines)
}

fn read(path: &Path) -> Result<Option<String>, String> {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if !about.is_file() || about.len() > LONGEST {
        return Err("is no file of notes".to_owned());
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) => Err(error.to_string()),
    }
}

/// Lines that say something, but for headings.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// These notes with the lines that only others have, and how many those are; `None` where there are none.
fn merged(ours: &str, theirs: &str, from: &str) -> Option<(String, u64)> {
    let mut known: HashSet<&str> = words(ours).collect();
    let mut fresh = String::new();
    let (mut heading, mut count) = (None, 0);
    for line in theirs.lines() {
        let word = line.trim();
        if word.starts_with('#') {
            heading = Some(line);
        } else if !word.is_empty() && known.insert(word) {
            if let Some(heading) = heading.take() {
                fresh.push('\n');
                fresh.push_str(heading);
                fresh.push('\n');
            }
            fresh.push_str(line);
            fresh.push('\n');
            count += 1;
        }
    }
    if count == 0 {
        return None;
    }
    let mut text = ours.trim_end().to_owned();
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str("## From ");
    text.push_str(from);
    text.push('\n');
    text.push_str(&fresh);
    Some((text, count))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn only_lines_that_are_new_are_added_and_only_once() {
        let ours = "# Notes\n\n- tabs, never spaces\n- deploys on Friday\n";
        let theirs = "# Notes\n- tabs, never spaces\n\n## Boat\n- the boat is called Ada\n- deploys on Friday\n  - but not in May\n## Empty\n";
        let (text, lines) = merged(ours, theirs, "/old").unwrap();
        let expected = "# Notes\n\n- tabs, never spaces\n- deploys on Friday\n\n## From /old\n\n## Boat\n- the boat is called Ada\n  - but not in May\n";
        assert_eq!((text.as_str(), lines), (expected, 2));
        assert_eq!(merged(&text, theirs, "/old"), None);
        let (grown, lines) = merged(&text, "- one more\n- one more\n", "/old").unwrap();
        assert!(grown.ends_with("\n\n## From /old\n- one more\n"), "{grown}");
        assert_eq!(lines, 1);
        assert_eq!(merged("", "", "/old"), None);
        assert_eq!(merged("", "# a\n", "/old"), None);
    }

    #[test]
    fn files_are_taken_as_they_are_or_line_by_line_or_not() {
        let scratch = tempfile::tempdir().unwrap();
        let (there, here) = (scratch.path().join("there"), scratch.path().join("here"));
        let put = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(
            there.join("MEMORY.md"),
            "- a\n- b\n- key sk-held-0123456789\n",
        );
        put(there.join("memory/2026-05-01.md"), "- that day\n");
        put(there.join("memory/draft.txt"), "- no note\n");
        put(there.join("SOUL.md"), "Be brief.\n");
        put(there.join("config.toml"), "model = \"a/b\"\n");
        put(here.join("MEMORY.md"), "- a\n");
        let mut redactor = Redactor::default();
        redactor.add("sk-held-0123456789");
        let taken = take_in(&there, &here, "/old", &redactor);
        assert_eq!((taken.lines, taken.faults.as_slice()), (4, &[][..]));
        let read = |name: &str| fs::read_to_string(here.join(name)).ok();
        let memory = read("MEMORY.md").unwrap();
        assert!(
            memory.starts_with("- a\n\n## From /old\n- b\n- key "),
            "{memory}"
        );
        assert!(!memory.contains("sk-held"), "{memory}");
        assert_eq!(
            read("memory/2026-05-01.md").as_deref(),
            Some("- that day\n")
        );
        assert_eq!(read("SOUL.md").as_deref(), Some("Be brief.\n"));
        assert_eq!(
            (read("memory/draft.txt"), read("config.toml")),
            (None, None)
        );
        assert_eq!(take_in(&there, &here, "/old", &redactor), Taken::default());
        put(here.join("SOUL.md"), "Be long.\n");
        let taken = take_in(&there, &here, "/old", &redactor);
        assert_eq!((taken.lines, taken.faults.len()), (0, 1));
        assert_eq!(read("SOUL.md").as_deref(), Some("Be long.\n"));
    }
}
