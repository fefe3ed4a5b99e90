//! Which commands cannot do their work without the network: these ask for it, and no other command has it unless a rule
//! `Network(…)` gives it.

use crate::agent::command_line::Part;
use crate::agent::permission::{Asked, Parts, Shut, command};
use crate::agent::rule::Matcher;
use crate::protocol::call::Reach;
use crate::protocol::rule::Effect;

/// Programs that do nothing without it.
pub(crate) const PROGRAMS: &[&str] = &[
    "curl", "wget", "ssh", "scp", "sftp", "rsync", "nc", "ncat", "telnet", "ftp", "ping", "dig",
    "nslookup", "host", "gh", "glab", "xh", "aria2c", "lynx", "w3m",
];

/// Programs that install, and the words after which they do it from the network.
pub(crate) const INSTALLERS: &[&str] = &[
    "npm", "pnpm", "yarn", "pip", "pip3", "uv", "gem", "apt", "apt-get", "dnf", "yum", "pacman",
    "brew", "cargo", "go", "pipx",
];
pub(crate) const INSTALLS: &[&str] = &[
    "install", "i", "add", "get", "ci", "publish", "update", "upgrade", "fetch",
];
/// What git does with others.
const GIT: &[&str] = &["push", "pull", "fetch", "clone", "ls-remote"];

/// The first of its commands that cannot do without, in a few words.
pub(crate) fn needed(asked: &Asked<'_>, parts: &Parts) -> Option<String> {
    match parts {
        Parts::None => None,
        Parts::Known(parts) => parts.iter().find_map(need),
        Parts::Unknown(_) => {
            let line = command(asked.reach)?;
            let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
            words
                .find(|word| PROGRAMS.contains(word))
                .map(str::to_owned)
        }
    }
}

fn need(part: &Part) -> Option<String> {
    let first = part.words.first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    // Options before the word that says what is done take a value or not; nothing is lost by looking at some words more.
    let does = |wanted: &[&str]| {
        let mut words = part.words.iter().skip(1).map(String::as_str);
        words.find(|word| wanted.contains(word))
    };
    match name {
        _ if PROGRAMS.contains(&name) => Some(name.to_owned()),
        "git" => does(GIT).map(|word| format!("git {word}")),
        _ if INSTALLERS.contains(&name) => does(INSTALLS).map(|word| format!("{name} {word}")),
        _ => None,
    }
}

/// Whether rules give it: a bare `Network`, or rules that cover every command of the line. The whole line has the network or
/// none of it: one command that no rule names would have it beside the one that was meant. Only a change of the folder is let
/// through, which does nothing by itself.
fn granted(asked: &Asked<'_>, parts: &Parts) -> bool {
    let rules: Vec<Matcher<'_>> = asked
        .rules
        .iter()
        .filter(|rule| rule.effect == Effect::Allow)
        .filter_map(Matcher::new)
        .filter(Matcher::is_network)
        .collect();
    if rules.iter().any(Matcher::is_bare) {
        return true;
    }
    let Parts::Known(parts) = parts else {
        return false;
    };
    let covered = |part: &Part| rules.iter().any(|rule| rule.covers(part));
    parts.iter().any(covered) && parts.iter().all(|part| covered(part) || only_moves(part))
}

/// A bare `cd` to a place that is known, which runs and writes nothing.
fn only_moves(part: &Part) -> bool {
    let names = part.words.first().is_some_and(|name| name == "cd");
    names
        && part.words.len() <= 2
        && part.writes.is_empty()
        && part.sets.is_empty()
        && part.open.is_empty()
}

/// Whether a command cannot do without: only a rule for the network covers it then.
pub(crate) fn needs(part: &Part) -> bool {
    need(part).is_some()
}

/// Whether the call has the network when it runs: by a rule, or by the yes of a person who was told so.
pub(crate) fn has(asked: &Asked<'_>, parts: &Parts) -> bool {
    let runs = asked
        .reach
        .iter()
        .any(|reach| matches!(reach, Reach::Run { .. }));
    match asked.cage.shut {
        _ if !runs => false,
        Shut::Open => false,
        Shut::Quietly => granted(asked, parts),
        Shut::Asking => granted(asked, parts) || needed(asked, parts).is_some(),
    }
}

/// What has to be asked about: it is needed, and no rule gives it.
pub(crate) fn wanted(asked: &Asked<'_>, parts: &Parts) -> Option<String> {
    (asked.cage.shut == Shut::Asking && !granted(asked, parts))
        .then(|| needed(asked, parts))
        .flatten()
}
