//! Finds skills in the person's folders. A folder of skills holds one folder for each, or groups of such folders.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::agent::visible;
use crate::skill::{LARGEST, Skill, Source, parse};

/// Folders within folders.
const DEEPEST: usize = 4;
/// Of all folders together.
const MOST_FOLDERS: usize = 2000;

/// All skills in these folders, by name; of two with one name that of the earlier folder. Beside them one line for each
/// fault, to be shown to the person.
pub fn load(folders: &[PathBuf]) -> (Vec<Skill>, Vec<String>) {
    let mut found = Found::default();
    let mut left = MOST_FOLDERS;
    for folder in folders {
        found.search(folder, &mut left);
    }
    if left == 0 {
        found.problems.push(format!(
            "more than {MOST_FOLDERS} folders hold skills: the rest is not looked at"
        ));
    }
    (found.skills.into_values().collect(), found.problems)
}

#[derive(Default)]
struct Found {
    skills: BTreeMap<String, Skill>,
    problems: Vec<String>,
}

impl Found {
    fn search(&mut self, top: &Path, left: &mut usize) {
        let mut open = vec![(top.to_owned(), 0)];
        while let Some((folder, depth)) = open.pop() {
            // From the last to the first, since the last pushed is opened first.
            for (name, path) in folders_in(&folder, depth).into_iter().rev() {
                if *left == 0 {
                    return;
                }
                *left -= 1;
                let file = path.join("SKILL.md");
                if fs::symlink_metadata(&file).is_ok() {
                    self.take(&name, &file);
                } else if depth + 1 < DEEPEST {
                    open.push((path, depth + 1));
                }
            }
        }
    }

    fn take(&mut self, name: &str, file: &Path) {
        let shown = visible::one_line(&file.to_string_lossy());
        let skill = match text_of(file)
            .and_then(|text| parse(name, &text, Source::File(file.to_owned())))
        {
            Ok(skill) => skill,
            Err(error) => return self.problems.push(format!("{shown} {error}")),
        };
        if self.skills.contains_key(name) {
            self.problems
                .push(format!("{shown} is hidden by another skill named `{name}`"));
            return;
        }
        let told = skill.problems.iter();
        self.problems
            .extend(told.map(|problem| format!("{shown} {problem}")));
        self.skills.insert(name.to_owned(), skill);
    }
}

/// The folders in a folder by name. In the topmost one they may be links, as people keep their skills elsewhere.
fn folders_in(folder: &Path, depth: usize) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut folders: Vec<(String, PathBuf)> = entries
        .flatten()
        .filter(|entry| {
            entry.file_type().is_ok_and(|kind| {
                kind.is_dir() || (depth == 0 && kind.is_symlink() && entry.path().is_dir())
            })
        })
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .filter(|(name, _)| !name.starts_with('.') && name != "node_modules")
        .take(MOST_FOLDERS)
        .collect();
    folders.sort();
    folders
}

/// The text of a regular file, not of a link: a skill must not bring what lies outside its folder.
fn text_of(file: &Path) -> Result<String, String> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(file)
        .map_err(|_| "cannot be read: expected a plain file that may be read".to_owned())?;
    if !opened.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err("is no plain file".to_owned());
    }
    let mut text = String::new();
    opened
        .take(LARGEST as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|_| "is no text in UTF-8".to_owned())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::symlink;

    use pretty_assertions::assert_eq;

    use super::*;

    fn put(folder: &Path, name: &str, text: &str) {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn skills_are_found_and_faults_are_told() {
        let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mine, theirs) = (mine.path(), theirs.path());
        let skill =
            |name: &str, body: &str| format!("---\nname: {name}\ndescription: d\n---\n{body}\n");
        put(mine, "one/SKILL.md", &skill("one", "first"));
        put(mine, "group/two/SKILL.md", &skill("other", "second"));
        put(mine, "a/b/c/deep/SKILL.md", &skill("deep", "deep"));
        put(
            mine,
            "a/b/c/d/deeper/SKILL.md",
            &skill("deeper", "too deep"),
        );
        put(mine, ".git/hidden/SKILL.md", &skill("hidden", "hidden"));
        put(mine, "bad/SKILL.md", "no head");
        put(mine, "README.md", "no skill");
        put(theirs, "one/SKILL.md", &skill("one", "late"));
        put(theirs, "elsewhere/secret", &skill("link", "a link"));
        put(theirs, "link/notes", "");
        symlink(
            theirs.join("elsewhere/secret"),
            theirs.join("link/SKILL.md"),
        )
        .unwrap();
        put(theirs, "bytes/SKILL.md", "");
        fs::write(theirs.join("bytes/SKILL.md"), b"---\n\xff").unwrap();
        fs::create_dir_all(theirs.join("folder/SKILL.md")).unwrap();
        let kept = tempfile::tempdir().unwrap();
        put(
            kept.path(),
            "kept/SKILL.md",
            &skill("kept", "kept elsewhere"),
        );
        symlink(kept.path().join("kept"), theirs.join("kept")).unwrap();

        let folders = [mine.to_owned(), theirs.to_owned(), mine.join("missing")];
        let (skills, mut problems) = load(&folders);
        let found: Vec<_> = skills
            .iter()
            .map(|skill| (skill.name.as_str(), skill.body.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("deep", "deep"),
                ("kept", "kept elsewhere"),
                ("one", "first"),
                ("two", "second")
            ]
        );
        assert_eq!(skills[2].source, Source::File(mine.join("one/SKILL.md")));
        problems.sort();
        let mut expected = [
            (
                mine,
                "bad",
                "has no front matter: expected `---` in its first line",
            ),
            (
                mine,
                "group/two",
                "is named `other`; its folder's name is used",
            ),
            (theirs, "bytes", "is no text in UTF-8"),
            (theirs, "folder", "is no plain file"),
            (
                theirs,
                "link",
                "cannot be read: expected a plain file that may be read",
            ),
            (theirs, "one", "is hidden by another skill named `one`"),
        ]
        .map(|(folder, name, text)| {
            format!("{} {text}", folder.join(name).join("SKILL.md").display())
        });
        expected.sort();
        assert_eq!(problems, expected);
    }
}
