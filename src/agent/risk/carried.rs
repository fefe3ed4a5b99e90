//! The commands that run by way of others' words (`timeout 9 …`, `sh -c '…'`): a risk is that of what runs in the
//! end. Rules treat such commands with care of their own ([`crate::agent::carrier`]).

use crate::agent::carrier::{self, SHELLS, WRAPPERS};
use crate::agent::command_line::{self, Part, Unprovable};

/// Commands within commands that are followed.
const DEEPEST: u8 = 4;

/// Run what they are given on another machine, in a container, or later: what it names is not what is here.
const ELSEWHERE: &[&str] = &[
    "ssh",
    "mosh",
    "docker",
    "podman",
    "kubectl",
    "nerdctl",
    "lxc",
    "machinectl",
    // Of these the next word is a subcommand, a time or a file.
    "pipx",
    "tmux",
    "screen",
    "at",
    "batch",
    "crontab",
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Runs {
    Part {
        part: Part,
        /// A command before it went to another folder.
        moved: bool,
        /// It is a shell that is given a line, whose commands follow.
        opened: bool,
    },
    /// A line that a shell is given and that could not be split.
    Unknown(String, Unprovable),
}

impl Runs {
    /// The name of what runs, but for a shell that stands for what follows.
    pub(crate) fn inner(&self) -> Option<&str> {
        match self {
            Self::Part {
                part,
                opened: false,
                ..
            } => carrier::name(part),
            Self::Part { .. } | Self::Unknown(..) => None,
        }
    }
}

/// All that the commands run, each behind what runs it.
pub(crate) fn all(parts: &[Part]) -> Vec<Runs> {
    let mut runs = Vec::new();
    follow(parts, false, 0, &mut runs);
    runs
}

fn follow(parts: &[Part], mut moved: bool, depth: u8, runs: &mut Vec<Runs>) {
    for part in parts {
        let name = carrier::name(part).unwrap_or_default();
        let line = line(name, part).filter(|_| depth < DEEPEST);
        runs.push(Runs::Part {
            part: part.clone(),
            moved,
            opened: line.is_some(),
        });
        let to = part.words.get(1).map_or("", String::as_str);
        moved |= matches!(name, "cd" | "pushd") && !matches!(to, "." | "./");
        if depth == DEEPEST {
            continue;
        }
        if let Some(line) = line {
            match command_line::split(&line) {
                Ok(parts) => follow(&parts, moved, depth + 1, runs),
                Err(why) => runs.push(Runs::Unknown(line, why)),
            }
        } else if let Some(within) = within(name, part) {
            follow(&[within], moved, depth + 1, runs);
        }
    }
}

/// The line that a shell is given.
fn line(name: &str, part: &Part) -> Option<String> {
    let words = part.words.get(1..)?;
    if !SHELLS.contains(&name) {
        return None;
    }
    if name == "eval" {
        return Some(words.join(" "));
    }
    let told =
        |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
    let at = words.iter().position(told)?;
    let mut rest = words.get(at + 1..)?.iter();
    rest.find(|word| !word.starts_with(['-', '+'])).cloned()
}

/// The command behind a wrapper's own words.
fn within(name: &str, part: &Part) -> Option<Part> {
    if !WRAPPERS.contains(&name) || ELSEWHERE.contains(&name) {
        return None;
    }
    let words = part.words.get(1..)?;
    let mut options = words.iter().take_while(|word| word.starts_with('-'));
    // Only says where the program is.
    if matches!(name, "command" | "builtin") && options.any(|word| word.contains(['v', 'V'])) {
        return None;
    }
    let mut at = carrier::command_within(name, words)?;
    // Values of its options: a number, a time, a signal, a mark.
    let is_value = |word: &String| {
        let of_program = |c: char| c.is_ascii_lowercase() || matches!(c, '/' | '.' | '_' | '~');
        !word.starts_with(of_program)
    };
    while words.get(at).is_some_and(is_value) {
        at += 1;
    }
    let words = words.get(at..).filter(|words| !words.is_empty())?;
    let shifted = |indexes: &[usize]| {
        let behind = indexes.iter().filter_map(|index| index.checked_sub(at + 1));
        behind.collect()
    };
    Some(Part {
        text: words.join(" "),
        words: words.to_vec(),
        open: shifted(&part.open),
        wild: shifted(&part.wild),
        ..Part::default()
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn what_runs_in_the_end_is_found() {
        for (line, expected) in [
            ("ls", vec!["ls"]),
            ("command -v curl", vec!["command -v curl"]),
            ("command -pV sudo", vec!["command -pV sudo"]),
            ("command rm x", vec!["command rm x", "rm x"]),
            ("pipx install ../x", vec!["pipx install ../x"]),
            ("tmux source x", vec!["tmux source x"]),
            ("timeout 9 rm x", vec!["timeout 9 rm x", "rm x"]),
            (
                "timeout -s KILL 9 rm x",
                vec!["timeout -s KILL 9 rm x", "rm x"],
            ),
            ("nice -n 5 rm x", vec!["nice -n 5 rm x", "rm x"]),
            ("env A=b rm x", vec!["env A=b rm x", "rm x"]),
            ("xargs -n 1 rm", vec!["xargs -n 1 rm", "rm"]),
            ("xargs -I {} rm {}", vec!["xargs -I {} rm {}", "rm {}"]),
            ("nohup env rm x", vec!["nohup env rm x", "env rm x", "rm x"]),
            ("sh -c 'a; b'", vec!["sh -c 'a; b'", "a", "b"]),
            ("bash -ec 'a' b", vec!["bash -ec 'a' b", "a"]),
            (
                "bash -c 'sh -c \"a\"'",
                vec!["bash -c 'sh -c \"a\"'", "sh -c \"a\"", "a"],
            ),
            ("eval rm x", vec!["eval rm x", "rm x"]),
            (
                "sh -c 'if a; then b; fi'",
                vec!["sh -c 'if a; then b; fi'", "? if a; then b; fi"],
            ),
            ("bash x.sh", vec!["bash x.sh"]),
            ("ssh host rm x", vec!["ssh host rm x"]),
            ("cd a && rm x", vec!["cd a", "moved rm x"]),
            ("cd . && rm x", vec!["cd .", "rm x"]),
            ("sh -c 'cd a'; rm x", vec!["sh -c 'cd a'", "cd a", "rm x"]),
        ] {
            let parts = command_line::split(line).unwrap_or_default();
            let told: Vec<String> = all(&parts)
                .into_iter()
                .map(|runs| match runs {
                    Runs::Part {
                        part, moved: true, ..
                    } => format!("moved {}", part.text),
                    Runs::Part { part, .. } => part.text,
                    Runs::Unknown(line, _) => format!("? {line}"),
                })
                .collect();
            assert_eq!(told, expected, "{line}");
        }
    }
}
