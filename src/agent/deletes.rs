//! What a command deletes by name: so that whoever is asked sees how much that is, and not only that it is deleted.

use crate::agent::command_line::Part;
use crate::agent::figure;
use crate::agent::permission::{Asked, Parts};
use crate::agent::risk::{is_far, name};

/// Targets that are looked at; who deletes more by name is told of the first ones.
const MOST: usize = 16;

/// What one target holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// As it stands in the command.
    pub target: String,
    pub files: u64,
    pub bytes: u64,
    /// All of it was counted; else it is more.
    pub whole: bool,
}

/// The files and folders within the session's folder that the commands of a call delete, as they are typed. None of a command
/// with a word that only the shell can read.
pub fn targets(asked: &Asked<'_>) -> Vec<String> {
    let Parts::Known(parts) = Parts::of(asked.reach) else {
        return Vec::new();
    };
    let named = parts.iter().flat_map(|part| of_part(part, asked));
    named.take(MOST).collect()
}

fn of_part(part: &Part, asked: &Asked<'_>) -> Vec<String> {
    let words = part.words.get(1..).unwrap_or_default();
    match name(part) {
        Some("rm" | "rmdir" | "unlink") => {
            let named: Vec<String> = words
                .iter()
                .filter(|word| !word.starts_with('-'))
                .cloned()
                .collect();
            let unread = |word: &String| is_far(word, asked) || word.contains(['*', '?', '[', '{']);
            if named.iter().any(unread) {
                Vec::new()
            } else {
                named
            }
        }
        Some("cargo") if words == ["clean"] => vec!["target".to_owned()],
        _ => Vec::new(),
    }
}

/// How much that is: `deletes 3.1 GB in 1204 files, all inside target/tmp`. `None` where nothing was looked at.
pub(crate) fn told(held: &[Held]) -> Option<String> {
    let names: Vec<&str> = held.iter().map(|held| held.target.as_str()).collect();
    let names = match names.as_slice() {
        [] => return None,
        [one] => (*one).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    let sum = |of: fn(&Held) -> u64| held.iter().map(of).fold(0, u64::saturating_add);
    let (files, bytes) = (sum(|held| held.files), sum(|held| held.bytes));
    let whole = held.iter().all(|held| held.whole);
    let count = match (files, whole) {
        (0, true) => return Some(format!("deletes {names}, where there is nothing now")),
        (1, true) => "1 file".to_owned(),
        (files, true) => format!("{files} files"),
        (files, false) => format!("more than {files} files"),
    };
    let size = figure::bytes(bytes);
    let all = if whole { "all " } else { "" };
    Some(format!("deletes {size} in {count}, {all}inside {names}"))
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
    fn what_is_deleted_by_name_is_found() {
        let cases: &[(&str, &[&str])] = &[
            (
                "rm -rf target/tmp && cargo clean",
                &["target/tmp", "target"],
            ),
            ("rm -r a b", &["a", "b"]),
            ("rm x", &["x"]),
            ("rm -rf /srv/app/x", &["/srv/app/x"]),
            // What only the shell can read, or what lies elsewhere.
            ("rm -rf build/*", &[]),
            ("rm -rf a $X", &[]),
            ("rm -rf ../x", &[]),
            ("rm -rf ~", &[]),
            ("rm -rf {a,b}", &[]),
            ("cargo clean -p x", &[]),
            ("ls target", &[]),
            ("for x in a; do rm -rf $x; done", &[]),
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
            assert_eq!(targets(&asked), *expected, "{line}");
        }
    }

    #[test]
    fn how_much_is_deleted_is_told_in_a_line() {
        let held = |target: &str, files, bytes, whole| Held {
            target: target.to_owned(),
            files,
            bytes,
            whole,
        };
        for (all, expected) in [
            (vec![], None),
            (
                vec![held("target/tmp", 1_204, 3_100_000_000, true)],
                Some("deletes 3.1 GB in 1204 files, all inside target/tmp"),
            ),
            (
                vec![held("a", 1, 12, true), held("b", 0, 0, true)],
                Some("deletes 12 B in 1 file, all inside a and b"),
            ),
            (
                vec![
                    held("a", 20_000, 5_000_000, false),
                    held("b", 1, 0, true),
                    held("c", 1, 0, true),
                ],
                Some("deletes 5 MB in more than 20002 files, inside a and 2 more"),
            ),
            (
                vec![held("a", 0, 0, true)],
                Some("deletes a, where there is nothing now"),
            ),
        ] {
            assert_eq!(told(&all).as_deref(), expected);
        }
    }
}
