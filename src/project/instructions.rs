//! What a project asks of agents: its AGENTS.md, or CLAUDE.md where a folder has none, joined from the top down to the
//! session's folder. It is text from outside: shown as being there, cleaned, and never longer than a page limit.

use std::path::{Path, PathBuf};

use crate::agent::visible;
use crate::disk::file;

/// All instructions together, in bytes.
const LIMIT: usize = 32 * 1024;

/// In the order of preference within one folder.
const NAMES: [&str; 2] = ["AGENTS.md", "CLAUDE.md"];

/// More folders than this between top and folder are not looked at.
const DEEPEST: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions {
    /// The files as seen from the top: `AGENTS.md`, or `AGENTS.md, web/AGENTS.md`.
    pub file_name: String,
    /// At most 32 KiB and the notes where something was left out.
    pub text: String,
    /// Of the files as they are on disk.
    pub bytes: u64,
}

/// The instructions for a session in `cwd`, whose checkout begins at `top`.
pub fn read(cwd: &Path, top: &Path) -> Option<Instructions> {
    let cwd = cwd.canonicalize().ok()?;
    let top = top.canonicalize().ok()?;
    let top = if cwd.starts_with(&top) {
        top
    } else {
        cwd.clone()
    };
    let mut left = LIMIT;
    let mut found: Vec<Found> = Vec::new();
    // The nearest file says most about the folder, so it gets its room first.
    for folder in cwd
        .ancestors()
        .take_while(|folder| folder.starts_with(&top))
        .take(DEEPEST)
    {
        let Some(file) = NAMES
            .iter()
            .find_map(|name| read_one(&folder.join(name), &top, left))
        else {
            continue;
        };
        left = left.saturating_sub(file.text.len());
        found.push(file);
    }
    found.reverse();
    let many = found.len() > 1;
    let texts: Vec<String> = found.iter().map(|file| file.shown(many)).collect();
    let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
    (!found.is_empty()).then(|| Instructions {
        file_name: names.join(", "),
        text: texts.join("\n\n"),
        bytes: found.iter().map(|file| file.bytes).sum(),
    })
}

struct Found {
    name: String,
    text: String,
    bytes: u64,
    cut: bool,
}

impl Found {
    fn shown(&self, with_name: bool) -> String {
        let name = &self.name;
        let head = if with_name {
            format!("# {name}\n\n")
        } else {
            String::new()
        };
        let note = if self.cut {
            format!(
                "\n\n[{name} is longer ({} bytes): the rest was left out; read it when it matters]",
                self.bytes
            )
        } else {
            String::new()
        };
        format!("{head}{}{note}", self.text.trim_end())
    }
}

/// One file, if it is a regular one inside the project and says anything.
fn read_one(path: &Path, top: &Path, limit: usize) -> Option<Found> {
    // A link may lead to another name inside the project, and to nothing outside it.
    let real: PathBuf = path
        .canonicalize()
        .ok()
        .filter(|real| real.starts_with(top))?;
    let head = file::read_exactly(&real, LIMIT as u64)?;
    let text = visible::clean(&String::from_utf8_lossy(&head.head)).into_owned();
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let end = text.floor_char_boundary(limit);
    let kept = text.get(..end).unwrap_or_default();
    Some(Found {
        name: visible::one_line(&path.strip_prefix(top).ok()?.to_string_lossy()),
        text: kept.to_owned(),
        bytes: head.bytes,
        cut: kept.len() < text.len() || head.bytes > head.head.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::fs;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use pretty_assertions::assert_eq;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    fn instructions(file_name: &str, text: &str, bytes: u64) -> Instructions {
        Instructions {
            file_name: file_name.to_owned(),
            text: text.to_owned(),
            bytes,
        }
    }

    #[test]
    fn files_are_joined_from_the_top_down() {
        let folder = folder(&[
            ("CLAUDE.md", "be brief\r\n"),
            ("web/AGENTS.md", "use\u{200b} tabs\u{1b}[8m\n"),
            ("web/CLAUDE.md", "never read"),
            ("web/src/AGENTS.md", " \n"),
            ("web/src/CLAUDE.md", "no frameworks"),
            ("other/x", ""),
        ]);
        let read = |cwd: &str, top: &str| read(&folder.path().join(cwd), &folder.path().join(top));
        let cases = [
            ("", "", Some(instructions("CLAUDE.md", "be brief", 10))),
            ("other", "", Some(instructions("CLAUDE.md", "be brief", 10))),
            ("other", "other", None),
            // A folder outside the project stands for itself.
            ("other", "web", None),
            (
                "web/src",
                "",
                Some(instructions(
                    "CLAUDE.md, web/AGENTS.md, web/src/CLAUDE.md",
                    "# CLAUDE.md\n\nbe brief\n\n# web/AGENTS.md\n\nuse tabs\n\n# web/src/CLAUDE.md\n\nno frameworks",
                    39,
                )),
            ),
            ("nowhere", "", None),
        ];
        for (cwd, top, expected) in cases {
            assert_eq!(read(cwd, top), expected, "{cwd} in {top}");
        }
    }

    #[test]
    fn long_files_are_cut_and_the_nearest_last() {
        let long = "汉".repeat(10_000);
        let folder = folder(&[
            ("AGENTS.md", &"x".repeat(40_000)),
            ("a/AGENTS.md", &long),
            ("b/AGENTS.md", &"y".repeat(40_000)),
        ]);
        let near = read(&folder.path().join("a"), folder.path()).unwrap();
        let expected = format!(
            "# AGENTS.md\n\n{}\n\n[AGENTS.md is longer (40000 bytes): the rest was left out; read it when it matters]\n\n# a/AGENTS.md\n\n{long}",
            "x".repeat(LIMIT - 30_000)
        );
        assert_eq!((near.text, near.bytes), (expected, 70_000));
        let far = read(&folder.path().join("b"), folder.path()).unwrap();
        assert!(
            far.text
                .starts_with("# AGENTS.md\n\n\n\n[AGENTS.md is longer")
        );
        assert!(far.text.len() < LIMIT + 300);
    }

    #[test]
    fn only_regular_files_inside_the_project_are_read() {
        let outside = folder(&[("secret", "a key")]);
        let folder = folder(&[("docs/agents.txt", "by another name"), ("deep/x", "")]);
        let agents = folder.path().join("AGENTS.md");
        symlink(outside.path().join("secret"), &agents).unwrap();
        assert_eq!(read(folder.path(), folder.path()), None);

        fs::remove_file(&agents).unwrap();
        symlink("docs/agents.txt", &agents).unwrap();
        assert_eq!(
            read(&folder.path().join("deep"), folder.path()),
            Some(instructions("AGENTS.md", "by another name", 15))
        );

        // A pipe that nobody writes to would be waited for for ever.
        fs::remove_file(&agents).unwrap();
        let made = Command::new("mkfifo").arg(&agents).status().unwrap();
        assert!(made.success());
        fs::create_dir(folder.path().join("CLAUDE.md")).unwrap();
        assert_eq!(read(folder.path(), folder.path()), None);
    }
}
