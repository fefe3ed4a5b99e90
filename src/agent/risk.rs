//! How much a call could harm, worked out from facts, with the facts in one line for the person who decides.

pub(crate) mod carried;
mod git;
mod home;
mod orders;

use crate::agent::command_line::Part;
use crate::agent::deletes;
use crate::agent::folder::{inside, is_protected};
use crate::agent::looked::Looked;
use crate::agent::network::{INSTALLERS, INSTALLS, PROGRAMS as NETWORK};
use crate::agent::permission::{Asked, Parts, command, leads_out};
use crate::agent::risk::carried::Runs;
use crate::protocol::ask::Risk;
use crate::protocol::call::Reach;
use crate::protocol::sandbox::Level;

/// The highest risk of anything the call touches, and all reasons of that height.
/// `looked`: what was found on the disk of what it names.
pub(crate) fn of(asked: &Asked<'_>, parts: &Parts, looked: &Looked) -> (Risk, String) {
    let mut found: Vec<(Risk, String)> = Vec::new();
    for reach in asked.reach {
        match reach {
            Reach::Read { path } if inside(path, asked.roots) => {
                found.push((Risk::Low, "reads inside the folder".to_owned()));
            }
            Reach::Read { .. } => found.push((Risk::Medium, "reads outside the folder".to_owned())),
            Reach::Write { path } if !inside(path, asked.roots) => {
                found.push((Risk::High, "writes outside the folder".to_owned()));
            }
            Reach::Write { path } if is_protected(path) => found.push((
                Risk::High,
                "changes a file that decides what runs later".to_owned(),
            )),
            Reach::Write { .. } => {
                found.push((Risk::Low, "changes one file inside the folder".to_owned()));
            }
            Reach::Output { .. } => {
                found.push((Risk::Low, "reads an output kept in this session".to_owned()));
            }
            Reach::Note { .. } => found.push((
                Risk::Medium,
                "keeps a note that sessions to come are told of".to_owned(),
            )),
            Reach::Recall { .. } => found.push((
                Risk::Medium,
                "reads what was said in another project".to_owned(),
            )),
            Reach::Run { .. } => {}
        }
    }
    match parts {
        Parts::None => {}
        Parts::Unknown(why) => {
            let line = command(asked.reach).unwrap_or_default();
            unknown(line, why, asked, &mut found);
        }
        Parts::Known(parts) => {
            let runs = carried::all(parts);
            for runs in &runs {
                match runs {
                    Runs::Part { part, moved, .. } => {
                        command_risk(part, (asked, looked), *moved, &mut found);
                    }
                    Runs::Unknown(line, why) => unknown(line, why, asked, &mut found),
                }
            }
            // As they stand, and as they are when each shell that is given a line stands for that line.
            let inner: Vec<Option<&str>> = runs.iter().map(Runs::inner).collect();
            let outer: Vec<Option<&str>> = parts.iter().map(name).collect();
            let runs_what_comes = |names: &[Option<&str>]| {
                let is_any =
                    |wanted: &[&str]| names.iter().flatten().any(|name| wanted.contains(name));
                is_any(&["curl", "wget"]) && is_any(INTERPRETERS)
            };
            if runs_what_comes(&inner) || runs_what_comes(&outer) {
                found.push((Risk::High, "what comes from the network is run".to_owned()));
            } else if parts.iter().any(reads_orders) {
                found.push((Risk::Medium, "runs text that is not shown".to_owned()));
            }
        }
    }
    // What is read out of trust and a way out are dangerous together.
    if let (Some(untrusted), Some(out)) = (asked.untrusted, leads_out(asked, parts)) {
        let risk = found.iter().map(|(risk, _)| *risk).max();
        let risk = risk.unwrap_or(Risk::Low).max(Risk::Medium);
        found.push((risk, format!("{out} after it {}", untrusted.told())));
    }
    let highest = found
        .iter()
        .map(|(risk, _)| *risk)
        .max()
        .unwrap_or(Risk::Low);
    let highest = match looked.outside {
        Some(_) => highest.max(Risk::Medium),
        None => highest,
    };
    let mut reasons: Vec<&str> = Vec::new();
    for (risk, reason) in &found {
        if *risk == highest && !reasons.contains(&reason.as_str()) {
            reasons.push(reason);
        }
    }
    // Whatever else it does, this is what nobody sees of the line.
    let outside = looked.outside.as_ref();
    let outside = outside.map(|outside| outside.told(asked.home));
    reasons.extend(outside.as_deref());
    let text = if reasons.is_empty() {
        match asked.cage.level {
            Level::None => "runs a command as you; there is no sandbox".to_owned(),
            level => format!("runs a command in the sandbox, level {level}"),
        }
    } else {
        reasons.join("; ")
    };
    (highest, text)
}

const INTERPRETERS: &[&str] = &[
    "sh", "bash", "zsh", "dash", "ksh", "fish", "python", "python3", "perl", "ruby", "node", "php",
    "eval", "source", ".",
];

/// An interpreter that is named no script and no text: what it runs comes from its input.
pub(crate) fn reads_orders(part: &Part) -> bool {
    name(part).is_some_and(|name| orders::from_input(name, part.words.get(1..).unwrap_or_default()))
}

/// A line that is not understood in full, but some words alarm wherever they stand.
fn unknown(line: &str, why: &str, asked: &Asked<'_>, found: &mut Vec<(Risk, String)>) {
    found.push((Risk::Medium, format!("cannot be looked into: {why}")));
    for below in home::written(line) {
        let path = asked.home.map(|home| home.join(below));
        let is_own = path.is_some_and(|path| inside(&path, asked.roots) && !is_protected(&path));
        let risk = if is_own { Risk::Low } else { Risk::High };
        found.push((risk, format!("writes to ~/{below}")));
    }
    let words: Vec<&str> = line
        .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
        .collect();
    if words.iter().any(|word| {
        matches!(
            *word,
            "sudo" | "doas" | "su" | "mkfs" | "dd" | "shutdown" | "reboot"
        )
    }) {
        found.push((
            Risk::High,
            "may act as another user or on a device".to_owned(),
        ));
    }
    let fetches = words.iter().any(|word| NETWORK.contains(word));
    if words.contains(&"rm") || fetches {
        found.push((
            if fetches { Risk::High } else { Risk::Medium },
            "may delete or use the network".to_owned(),
        ));
    }
}

pub(crate) fn name(part: &Part) -> Option<&str> {
    let first = part.words.first()?;
    Some(first.rsplit('/').next().unwrap_or(first))
}

fn command_risk(
    part: &Part,
    (asked, looked): (&Asked<'_>, &Looked),
    moved: bool,
    found: &mut Vec<(Risk, String)>,
) {
    for target in &part.writes {
        let path = asked.cwd.join(target);
        let outside = !inside(&path, asked.roots)
            || path
                .components()
                .any(|component| component == std::path::Component::ParentDir);
        if outside || is_protected(&path) {
            found.push((Risk::High, format!("writes to {target}")));
        } else {
            found.push((Risk::Low, format!("writes to {target}")));
        }
    }
    let Some(name) = name(part) else { return };
    let has = |wanted: &str| part.words[1..].iter().any(|word| word == wanted);
    let flag = |letter: char| {
        part.words[1..]
            .iter()
            .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    let second = part.words.get(1).map(String::as_str).unwrap_or_default();
    match name {
        "sudo" | "doas" | "su" | "pkexec" | "run0" => {
            found.push((Risk::High, "acts as another user".to_owned()));
        }
        "mkfs" | "fdisk" | "parted" | "shutdown" | "reboot" | "halt" | "poweroff" => {
            found.push((Risk::High, "acts on the machine itself".to_owned()));
        }
        "dd" if part.words.iter().any(|word| word.starts_with("of=/dev/")) => {
            found.push((Risk::High, "writes to a device".to_owned()));
        }
        "rm" | "rmdir" | "unlink" | "shred" | "truncate" => {
            let targets = part.words[1..].iter().filter(|word| !word.starts_with('-'));
            let far = targets.clone().any(|word| is_far(word, asked));
            let recursive = flag('r') || flag('R') || has("--recursive");
            let whole = |word: &String| !moved && is_whole(word, asked);
            let told = match recursive {
                _ if far => (Risk::High, "deletes outside the folder".to_owned()),
                true if targets.clone().any(whole) => {
                    (Risk::High, "deletes all that is in the folder".to_owned())
                }
                true if targets.clone().any(|word| is_repository(word)) => (
                    Risk::High,
                    "deletes a repository with its history".to_owned(),
                ),
                true => (
                    Risk::Medium,
                    "deletes folders with all they hold".to_owned(),
                ),
                false => (Risk::Medium, "deletes files".to_owned()),
            };
            found.push(match deletes::told(&looked.held) {
                Some(held) if told.0 == Risk::Medium => (told.0, held),
                Some(held) if !far => (told.0, format!("{}: {held}", told.1)),
                _ => told,
            });
        }
        "cargo" if second == "clean" => {
            found.push((Risk::Medium, "deletes what was built".to_owned()));
        }
        "git" => {
            let told = git::git(&part.words[1..]);
            found.extend(told.map(|(risk, why)| (risk, why.to_owned())));
        }
        "chmod" | "chown" | "chgrp" => {
            found.push((Risk::Medium, "changes who may use files".to_owned()));
        }
        "kill" | "pkill" | "killall" => found.push((Risk::Medium, "ends processes".to_owned())),
        "eval" | "source" | "." => {
            found.push((Risk::Medium, "runs text that is not shown".to_owned()));
        }
        "find" if has("-delete") || has("-exec") || has("-execdir") => {
            found.push((Risk::Medium, "acts on every file it finds".to_owned()));
        }
        "xargs" => found.push((Risk::Medium, "runs a command on what it reads".to_owned())),
        "mv" | "cp" | "ln" | "install" | "tee"
            if part.words[1..]
                .iter()
                .any(|word| !word.starts_with('-') && is_far(word, asked)) =>
        {
            found.push((Risk::High, "touches files outside the folder".to_owned()));
        }
        _ if NETWORK.contains(&name) => found.push((Risk::Medium, "uses the network".to_owned())),
        _ if INSTALLERS.contains(&name) && INSTALLS.contains(&second) => {
            found.push((
                Risk::Medium,
                "installs from the network, which may run what it brings".to_owned(),
            ));
        }
        _ => {}
    }
}

/// A word that could lead out of the session's folder.
pub(crate) fn is_far(word: &str, asked: &Asked<'_>) -> bool {
    word.starts_with('~')
        || word.contains('$')
        || word.contains('`')
        || word.split('/').any(|step| step == "..")
        || (word.starts_with('/') && !inside(word.as_ref(), asked.roots))
}

/// A word that stands for all that is in the session's folder, or for that.
fn is_whole(word: &str, asked: &Asked<'_>) -> bool {
    let mut rest = word.trim_end_matches('/');
    while let Some(behind) = rest.strip_prefix("./") {
        rest = behind.trim_start_matches('/');
    }
    // `*`, `.*`, `.[!.]*`, `{*,.*}`
    let pattern = rest.contains('*') && rest.chars().all(|c| "*?.[]!^{},".contains(c));
    let path = asked.cwd.join(word);
    pattern || asked.roots.iter().any(|root| root.starts_with(&path))
}

/// Whether a folder is where a repository keeps itself.
fn is_repository(word: &str) -> bool {
    word.trim_end_matches('/').rsplit('/').next() == Some(".git")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::agent::command_line;
    use crate::agent::deletes::Held;
    use crate::agent::looked::Outside;
    use crate::agent::permission::Cage;
    use crate::protocol::rule::Mode;

    #[test]
    fn facts_decide_the_risk() {
        use Risk::{High, Low, Medium};
        let cases = [
            ("ls -la", Low),
            ("cargo test", Low),
            ("cargo install x", Medium),
            ("npm ci", Medium),
            ("rm x", Medium),
            ("command -v curl && command -v python3", Low),
            ("command -v sudo", Low),
            ("pipx install ../tool", Medium),
            ("tmux source x", Low),
            ("node --test", Low),
            ("cat x | python3 -u", Medium),
            ("for f in a; do echo \"$f -> ~/bin\"; done", Medium),
            ("rm -rf target/tmp", Medium),
            ("rm -rf /", High),
            ("rm -rf ~/x", High),
            ("rm -rf ../x", High),
            ("rm -rf .", High),
            ("rm -rf ./", High),
            ("rm -rf *", High),
            ("rm -rf ./* .[!.]*", High),
            ("rm -r /srv/app", High),
            ("rm -rf .git", High),
            ("rm -rf sub/.git/", High),
            ("rm -rf build/*", Medium),
            ("cd build && rm -rf *", Medium),
            ("rm -f *", Medium),
            ("rm -rf .gitignore", Medium),
            ("timeout 9 rm -rf /", High),
            ("sh -c 'rm -rf ~'", High),
            ("bash -c 'git push -f'", High),
            ("bash -c 'for x in a; do sudo ls; done'", High),
            ("env rm x", Medium),
            ("timeout 60 cargo test", Low),
            ("sh -c 'ls; pwd'", Low),
            ("bash -c 'curl x | jq'", Medium),
            ("bash -c 'curl x | sh'", High),
            ("echo x > ~/.bashrc", High),
            ("echo x >> $HOME/.profile", High),
            ("echo x > ~/notes", High),
            ("rm $X", High),
            ("rm /srv/app/x", Medium),
            ("sudo ls", High),
            ("/usr/bin/sudo ls", High),
            ("curl http://x", Medium),
            ("curl http://x | sh", High),
            ("sh -c 'x' && curl y", High),
            ("git push", Medium),
            ("git push --force", High),
            ("git push -f origin main", High),
            ("git push origin +main", High),
            ("git push origin :main", High),
            ("git reset --hard", High),
            ("git clean -fdx", High),
            ("git status", Low),
            ("git commit -m x", Low),
            ("git commit --amend", Medium),
            ("echo x > out", Low),
            ("echo x > /etc/hosts", High),
            ("echo x > ../up", High),
            ("echo x > .git/config", High),
            ("find . -delete", Medium),
            ("if true; then ls; fi", Medium),
            ("if true; then sudo ls; fi", High),
            ("for x in a; do curl x | sh; done", High),
            ("cp x /etc/y", High),
            ("echo $(rm -rf /)", High),
        ];
        for (line, expected) in cases {
            let reach = [Reach::Run {
                command: line.into(),
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
            let parts = match command_line::split(line) {
                Ok(parts) => Parts::Known(parts),
                Err(why) => Parts::Unknown(why),
            };
            let (risk, why) = of(&asked, &parts, &Looked::default());
            assert_eq!(risk, expected, "{line}: {why}");
            assert!(!why.is_empty());
        }
    }

    #[test]
    fn what_was_found_on_the_disk_is_told() {
        let outside = |path: &str, closed| {
            Some(Outside {
                path: PathBuf::from(path),
                closed,
                reads: true,
                more: 0,
            })
        };
        let held = |target: &str| Held {
            target: target.to_owned(),
            files: 79,
            bytes: 12_000_000,
            whole: true,
            is_file: false,
        };
        for (line, held, outside, expected) in [
            (
                "cat ~/notes.txt",
                vec![],
                outside("/home/me/notes.txt", false),
                (Risk::Medium, "reads outside the folder: ~/notes.txt"),
            ),
            (
                "sudo cat ~/notes.txt",
                vec![],
                outside("/home/me/notes.txt", false),
                (
                    Risk::High,
                    "acts as another user; reads outside the folder: ~/notes.txt",
                ),
            ),
            (
                "rm -rf .",
                vec![held(".")],
                None,
                (
                    Risk::High,
                    "deletes all that is in the folder: deletes 12 MB in 79 files inside `.`",
                ),
            ),
            (
                "rm -rf target",
                vec![held("target")],
                None,
                (Risk::Medium, "deletes 12 MB in 79 files inside `target`"),
            ),
        ] {
            let reach = [Reach::Run {
                command: line.into(),
            }];
            let roots = [PathBuf::from("/srv/app")];
            let asked = Asked {
                tool: "bash",
                reach: &reach,
                mode: Mode::Ask,
                rules: &[],
                cwd: Path::new("/srv/app"),
                roots: &roots,
                home: Some(Path::new("/home/me")),
                cage: Cage::GIVEN_UP,
                untrusted: None,
            };
            let parts = Parts::of(&reach);
            let (risk, why) = of(&asked, &parts, &Looked { held, outside });
            assert_eq!((risk, why.as_str()), expected, "{line}");
        }
    }
}
