//! What a command line deletes by name: so that whoever is asked sees how much that is, and not only that it is deleted. A
//! figure is given where all that the line deletes can be told from its words, and none where it is more or less than that.

use crate::agent::command_line::Part;
use crate::agent::figure;
use crate::agent::permission::{Asked, Parts};
use crate::agent::risk::carried::{self, Runs};
use crate::agent::risk::{is_far, name};
use crate::agent::visible::{brief, one_line};

/// Targets that are looked at; of a line with more no figure is given.
const MOST: usize = 16;

/// Characters of a name that are told.
const NAME: usize = 40;

/// A file or folder that is deleted, as it stands in the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    /// A folder goes with all it holds; else only a file goes.
    pub folders: bool,
}

/// What one target holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// As it stands in the command.
    pub target: String,
    pub files: u64,
    pub bytes: u64,
    /// All of it was counted; else it is more.
    pub whole: bool,
    /// It is no folder.
    pub is_file: bool,
}

/// All that the commands of a call delete, within the session's folder. None where a part of the line goes elsewhere first, or
/// deletes what only the shell or the disk can tell.
pub fn targets(asked: &Asked<'_>) -> Vec<Target> {
    let Parts::Known(parts) = Parts::of(asked.reach) else {
        return Vec::new();
    };
    let mut all: Vec<Target> = Vec::new();
    for runs in carried::all(&parts) {
        let targets = match &runs {
            Runs::Part { part, .. } => of_part(part, asked),
            Runs::Unknown(..) => None,
        };
        match targets {
            Some(targets) => all.extend(targets),
            None => return Vec::new(),
        }
    }
    // What lies in another one is counted with that.
    let trimmed = |name: &str| name.trim_end_matches('/').to_owned();
    let names: Vec<String> = all.iter().map(|target| trimmed(&target.name)).collect();
    let mut nth = 0;
    all.retain(|target| {
        let own = trimmed(&target.name);
        let within = |(other, name): (usize, &String)| {
            let below = own.strip_prefix(name.as_str());
            below.is_some_and(|below| below.starts_with('/') || below.is_empty() && other < nth)
        };
        let counted = names.iter().enumerate().any(within);
        nth += 1;
        !counted
    });
    if all.len() > MOST { Vec::new() } else { all }
}

/// `None`: it cannot be told.
fn of_part(part: &Part, asked: &Asked<'_>) -> Option<Vec<Target>> {
    let words = part.words.get(1..).unwrap_or_default();
    match name(part) {
        Some("rm" | "unlink") => {
            let flags = words.iter().filter(|word| word.starts_with('-'));
            let folders = flags.clone().any(|flag| {
                let short = !flag.starts_with("--") && flag.contains(['r', 'R']);
                short || flag == "--recursive"
            });
            let named = words.iter().filter(|word| !word.starts_with('-'));
            let targets = named.map(|word| {
                let plain = !is_far(word, asked) && !word.contains(['*', '?', '[', '{']);
                plain.then(|| Target {
                    name: word.clone(),
                    folders,
                })
            });
            targets.collect()
        }
        // What these come to is not in their words, or what follows is done elsewhere or to other files.
        Some(
            "cd" | "pushd" | "popd" | "rmdir" | "shred" | "truncate" | "find" | "xargs" | "git"
            | "mv" | "ln" | "tar" | "unzip" | "rsync" | "eval" | "source" | "." | "chroot"
            | "nsenter" | "bwrap" | "proot" | "unshare" | "firejail" | "systemd-run" | "run0"
            | "su" | "runuser" | "parallel",
        ) => None,
        Some("sudo" | "doas" | "env") if words.iter().any(|word| is_away(word)) => None,
        _ => Some(Vec::new()),
    }
}

/// An option of what runs a command in another folder or under another root.
fn is_away(word: &str) -> bool {
    let short = word.starts_with('-') && !word.starts_with("--");
    let mut long = ["--chdir", "--chroot", "--login"].iter();
    (short && word.contains(['D', 'R', 'C', 'i'])) || long.any(|long| word.starts_with(long))
}

/// How much that is: ``deletes 3.1 GB in 1204 files inside `target/tmp` ``, ``deletes `a.txt`, 11 B``. `None` where nothing was looked at, or one is not
/// there, which an earlier command of the line may change.
pub(crate) fn told(held: &[Held]) -> Option<String> {
    if held.iter().any(|held| held.files == 0) {
        return None;
    }
    let quoted = |held: &Held| format!("`{}`", brief(&one_line(&held.target), NAME));
    let names = match held {
        [] => return None,
        [one] => quoted(one),
        [first, second] => format!("{} and {}", quoted(first), quoted(second)),
        [first, rest @ ..] => format!("{} and {} more", quoted(first), rest.len()),
    };
    let sum = |of: fn(&Held) -> u64| held.iter().map(of).fold(0, u64::saturating_add);
    let (files, bytes) = (sum(|held| held.files), sum(|held| held.bytes));
    let whole = held.iter().all(|held| held.whole);
    let count = match (files, whole) {
        (1, true) => "1 file".to_owned(),
        (files, true) => format!("{files} files"),
        (files, false) => format!("more than {files} files"),
    };
    let size = figure::bytes(bytes);
    let more = if whole { "" } else { "more than " };
    if held.iter().all(|held| held.is_file && held.whole) {
        let all = if held.len() > 1 { " in all" } else { "" };
        return Some(format!("deletes {names}, {size}{all}"));
    }
    let inside = if held.iter().any(|held| held.is_file) {
        ":"
    } else {
        " inside"
    };
    Some(format!("deletes {more}{size} in {count}{inside} {names}"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::agent::permission::Cage;
    use crate::protocol::call::Reach;
    use crate::protocol::rule::Mode;

    #[test]
    fn what_is_deleted_by_name_is_found_or_nothing_is_said() {
        let many = format!("rm {}", "x ".repeat(MOST + 1).replace("x ", "x1 x2 "));
        let cases: &[(&str, &[&str])] = &[
            ("rm -rf target/tmp && ls", &["target/tmp"]),
            ("rm -r a b", &["a", "b"]),
            ("rm x", &["x"]),
            ("rm -rf /srv/app/x", &["/srv/app/x"]),
            // One within another, and one twice.
            ("rm -rf a a/b ab a/", &["a", "ab"]),
            // What only the shell can read, what lies elsewhere, and what follows a way elsewhere.
            ("rm -rf build/*", &[]),
            ("rm -rf build/* && rm old.log", &[]),
            ("rm -rf a $X", &[]),
            ("rm -rf ../x", &[]),
            ("rm -rf ~", &[]),
            ("rm -rf {a,b}", &[]),
            ("cd frontend && rm -rf node_modules", &[]),
            ("mv src build && rm -rf build", &[]),
            ("rm x && shred y", &[]),
            ("rm -rf target/tmp && cargo clean", &["target/tmp"]),
            ("timeout 9 rm -rf a && rm x", &["a", "x"]),
            ("sh -c 'rm -rf a'", &["a"]),
            ("sh -c 'cd b && rm -rf a'; rm x", &[]),
            ("rmdir a", &[]),
            ("chroot /mnt rm -rf a", &[]),
            ("nsenter -t 1 -m rm -rf a", &[]),
            ("bwrap --bind / / rm -rf a", &[]),
            ("sudo -D /srv rm -rf a", &[]),
            ("sudo --chdir=/srv rm -rf a", &[]),
            ("env -C /srv rm -rf a", &[]),
            ("sudo rm -rf a", &["a"]),
            ("ls target", &[]),
            ("for x in a; do rm -rf $x; done", &[]),
            (&many, &["x1", "x2"]),
        ];
        for (line, expected) in cases {
            let reach = [Reach::Run {
                command: (*line).to_owned(),
            }];
            let roots = [PathBuf::from("/srv/app")];
            let asked = Asked {
                tool: "bash",
                reach: &reach,
                mode: Mode::Ask,
                rules: &[],
                cwd: Path::new("/srv/app"),
                roots: &roots,
                home: None,
                cage: Cage::GIVEN_UP,
                untrusted: None,
            };
            let names: Vec<String> = targets(&asked)
                .into_iter()
                .map(|target| target.name)
                .collect();
            assert_eq!(names, *expected, "{line}");
        }
    }

    #[test]
    fn how_much_is_deleted_is_told_in_a_line() {
        let held = |target: &str, files, bytes, whole| Held {
            target: target.to_owned(),
            files,
            bytes,
            whole,
            is_file: false,
        };
        let file = |target: &str, bytes| Held {
            is_file: true,
            ..held(target, 1, bytes, true)
        };
        for (all, expected) in [
            (vec![], None),
            (
                vec![held("target/tmp", 1_204, 3_100_000_000, true)],
                Some("deletes 3.1 GB in 1204 files inside `target/tmp`"),
            ),
            (
                vec![held("a", 1, 12, true), held("b", 2, 0, true)],
                Some("deletes 12 B in 3 files inside `a` and `b`"),
            ),
            (
                vec![
                    held("a", 20_000, 5_000_000, false),
                    held("b", 1, 0, true),
                    held("c", 1, 0, true),
                ],
                Some("deletes more than 5 MB in more than 20002 files inside `a` and 2 more"),
            ),
            (vec![file("a.txt", 11)], Some("deletes `a.txt`, 11 B")),
            (
                vec![file("a", 11), file("b", 1)],
                Some("deletes `a` and `b`, 12 B in all"),
            ),
            (
                vec![held("a", 2, 11, true), file("b", 1)],
                Some("deletes 12 B in 3 files: `a` and `b`"),
            ),
            // Nothing is there yet.
            (vec![held("a", 1, 5, true), held("b", 0, 0, true)], None),
            // It could not be looked at.
            (vec![held("a", 0, 0, false)], None),
            (
                vec![held("x, all inside target", 1, 1, true)],
                Some("deletes 1 B in 1 file inside `x, all inside target`"),
            ),
        ] {
            assert_eq!(told(&all).as_deref(), expected);
        }
    }
}
