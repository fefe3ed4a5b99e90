//! Rules that would cover a call from now on, for the person to choose from: what exactly it is, how it begins, what it is like.
//! None is proposed that would not let this very call run, and none for what is risky, runs other commands, or cannot be told
//! in full.

use std::path::Path;

use crate::agent::carrier::{self, Telling};
use crate::agent::command_line::Part;
use crate::agent::folder::is_protected;
use crate::agent::network;
use crate::agent::permission::{
    Asked, Meets, Parts, Shut, allowers, strictest, would_all_allow, would_allow,
};
use crate::agent::risk::reads_orders;
use crate::agent::rule::Matcher;
use crate::agent::visible::as_command;
use crate::protocol::ask::Risk;
use crate::protocol::call::Reach;
use crate::protocol::rule::Effect;

/// Characters of a rule that a person reads at a glance.
const LONGEST: usize = 160;

/// Commands of one line that a person looks at each by each.
const MOST_PARTS: usize = 6;

/// Programs whose first word says nothing of what they do: a rule of their beginning is their name.
#[rustfmt::skip]
const ONE_THING: &[&str] = &[
    "ls", "cat", "head", "tail", "wc", "grep", "egrep", "fgrep", "rg", "stat", "file", "du", "df", "tree", "which", "pwd",
    "echo", "printf", "sort", "uniq", "cut", "tr", "diff", "cmp", "basename", "dirname", "realpath", "readlink", "date", "ps",
    "sha256sum", "md5sum", "jq", "nl", "od", "cd", "true", "test", "[", "rustc", "gcc", "cc", "clang", "tsc", "ruff", "mypy",
    "eslint", "prettier", "pytest", "rustfmt", "gofmt", "black", "shellcheck", "hexdump", "xxd", "column", "seq", "find",
];

/// Run what a file of the project says: another target is another program.
const BUILDERS: &[&str] = &["make", "gmake", "just", "ninja", "task", "rake"];

/// The rules for a call, the narrowest first, or why there are none.
pub(crate) fn rules(asked: &Asked<'_>, parts: &Parts, risk: Risk) -> Result<Vec<String>, String> {
    if risk == Risk::High {
        let why = if for_session(asked, parts, risk).is_empty() {
            "no rule is offered: a call of this risk is asked about each time"
        } else {
            "no rule is offered: a call of this risk gets none beyond its session"
        };
        return Err(why.to_owned());
    }
    let stricter = strictest(asked, parts, Effect::Deny).or(strictest(asked, parts, Effect::Ask));
    if let Some((rule, meets)) = stricter {
        let text = &rule.text;
        return Err(match meets {
            Meets::Yes => {
                format!("no rule is offered: {text} asks, and goes before any that allows")
            }
            Meets::Maybe | Meets::No => format!(
                "no rule is offered: {text} could be about it, and goes before any that allows"
            ),
        });
    }
    let proposed = match (asked.reach, parts) {
        ([Reach::Run { .. }], Parts::Unknown(why)) => {
            return Err(format!("no rule can cover it: {why}"));
        }
        ([Reach::Run { .. }], Parts::Known(parts)) => command(asked, parts, risk)?,
        ([Reach::Write { path }], _) if is_protected(path) => {
            return Err("it decides what runs later".to_owned());
        }
        ([Reach::Write { path }], _) => paths("Edit", path, asked),
        ([Reach::Read { path }], _) => paths("Read", path, asked),
        _ => return Err("no rule can say what it does".to_owned()),
    };
    let mut kept: Vec<String> = Vec::new();
    for text in proposed {
        let readable = text.chars().count() <= LONGEST;
        if readable && !kept.contains(&text) && would_allow(&text, asked) {
            kept.push(text);
        }
    }
    if kept.is_empty() {
        return Err("no rule could be read that covers just this".to_owned());
    }
    Ok(kept)
}

/// Rules for the one command of a line that none covers yet.
fn command(asked: &Asked<'_>, parts: &[Part], risk: Risk) -> Result<Vec<String>, String> {
    let matchers = allowers(asked);
    // A command that needs the network and may run is still asked about.
    let shut = asked.cage.shut == Shut::Asking;
    let open: Vec<&Part> = parts
        .iter()
        .filter(|part| {
            let with_network = shut && network::needs(part);
            let covers =
                |rule: &Matcher<'_>| rule.covers(part) && (!with_network || rule.is_network());
            !matchers.iter().any(covers)
        })
        .collect();
    let part = match open.as_slice() {
        [part] => part,
        [] if network::wanted(asked, &Parts::Known(parts.to_vec())).is_some() => {
            return Err(
                "no rule is offered: all of the line would have the network, and one rule covers one command"
                    .to_owned(),
            );
        }
        [] => return Err("no rule is offered: its commands have theirs".to_owned()),
        more => {
            return Err(format!(
                "no rule is offered: {} commands of this line are not allowed yet, and a rule allows one",
                more.len()
            ));
        }
    };
    untold(part).map_or(Ok(()), Err)?;
    let (text, tool) = (&part.text, tool(asked, part));
    let mut rules = vec![format!("{tool}({text})")];
    let name = carrier::name(part).unwrap_or_default();
    if risk == Risk::Low && !BUILDERS.contains(&name) {
        let begins = beginning(name, &part.words);
        rules.push(format!("{tool}({})", likeness(&part.words, begins)));
        rules.push(format!("{tool}({} *)", part.words[..begins].join(" ")));
    }
    Ok(rules)
}

/// What a rule for a command is called by: one that needs the network is let out of the sandbox for it too.
fn tool(asked: &Asked<'_>, part: &Part) -> &'static str {
    let parts = Parts::Known(vec![part.clone()]);
    if network::has(asked, &parts) {
        "Network"
    } else {
        "Bash"
    }
}

/// Why no rule is proposed for a command.
fn untold(part: &Part) -> Option<String> {
    let why = if !part.writes.is_empty() {
        "it writes a file by a redirection"
    } else if !part.sets.is_empty() || part.words.is_empty() {
        "it sets variables"
    } else if !part.open.is_empty() || !part.wild.is_empty() {
        "a part of it is known only when it runs"
    } else if carrier::telling(part) != Telling::Words(Vec::new()) {
        "it can run other commands, or code"
    } else if !part.words[0].is_ascii() {
        "its name has letters that may be taken for others"
    } else if part.text.contains(['*', '?', '[', '$', '`', '\n']) || part.text.ends_with(':') {
        "a rule would read signs of it in another way"
    } else {
        return None;
    };
    Some(format!("no rule is offered: {why}"))
}

/// How many words say what a command does: its name, and what follows that looks like a subcommand.
fn beginning(name: &str, words: &[String]) -> usize {
    let plain = |at: usize| {
        words.get(at).is_some_and(|word| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_:".contains(&byte)
                })
        })
    };
    if ONE_THING.contains(&name) || !plain(1) {
        return 1;
    }
    let runs = words.get(1).is_some_and(|word| word == "run");
    if runs && plain(2) { 3 } else { 2 }
}

/// The command with anything in the place of its operands; its options stay.
fn likeness(words: &[String], begins: usize) -> String {
    let mut like: Vec<&str> = words[..begins].iter().map(String::as_str).collect();
    for word in &words[begins..] {
        if word.starts_with('-') {
            like.push(word);
        } else if like.last() != Some(&"*") {
            like.push("*");
        }
    }
    like.join(" ")
}

/// A file, the folder it lies in, and the files of its kind there and below.
fn paths(tool: &str, path: &Path, asked: &Asked<'_>) -> Vec<String> {
    let Some(exact) = path_rule(tool, path, asked) else {
        return Vec::new();
    };
    let mut rules = vec![exact];
    let folder = path.parent().filter(|folder| {
        // Not all there is: the folder of the session, the home, the root.
        *folder != asked.cwd && Some(*folder) != asked.home && folder.parent().is_some()
    });
    let folder = folder.and_then(|folder| path_rule(tool, folder, asked));
    let folder = folder.as_deref().and_then(|rule| rule.strip_suffix(')'));
    if let Some(folder) = folder {
        let extension = path.extension().and_then(std::ffi::OsStr::to_str);
        if let Some(extension) = extension {
            rules.push(format!("{folder}/**/*.{extension})"));
        }
        rules.push(format!("{folder}/**)"));
    }
    rules
}

/// The rules that a yes for this session keeps: they cover exactly what is shown, or there are none.
pub(crate) fn for_session(asked: &Asked<'_>, parts: &Parts, risk: Risk) -> Vec<String> {
    match (asked.reach, parts) {
        ([Reach::Run { .. }], Parts::Known(parts)) => match parts.as_slice() {
            [part] => exactly(asked, part).into_iter().collect(),
            several => each(asked, several, risk).unwrap_or_default(),
        },
        ([Reach::Write { path }], _) => path_rule("Edit", path, asked).into_iter().collect(),
        ([Reach::Read { path }], _) => path_rule("Read", path, asked).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The rule for just this command. What an expansion or a wildcard stands for can be another thing tomorrow, and what reads its
/// orders from a pipe does another thing behind each.
fn exactly(asked: &Asked<'_>, part: &Part) -> Option<String> {
    let plain = part.writes.is_empty()
        && !reads_orders(part)
        && part.open.is_empty()
        && part.text.trim() == part.text
        && !part.text.contains(['*', '?', '[', '$', '`'])
        && !part.text.ends_with(':');
    plain.then(|| format!("{}({})", tool(asked, part), part.text))
}

/// One for each command of a line that has none yet. A rule holds for its command in every line and folder, so there are none
/// where what stands before it in this one is what makes it harmless: where the line is of more than a low risk, goes to another
/// folder, or pipes into what is no plain filter.
fn each(asked: &Asked<'_>, parts: &[Part], risk: Risk) -> Option<Vec<String>> {
    if risk != Risk::Low || parts.len() > MOST_PARTS {
        return None;
    }
    let line = crate::agent::permission::command(asked.reach).unwrap_or_default();
    let pipes = line.replace("||", "").contains('|');
    let matchers = allowers(asked);
    let mut rules = Vec::new();
    for part in parts {
        let name = carrier::name(part).unwrap_or_default();
        let goes = matches!(name, "cd" | "pushd" | "popd");
        let is_fit = untold(part).is_none()
            && tool(asked, part) == "Bash"
            && (!goes || stays(part, asked.cwd))
            && (!pipes || ONE_THING.contains(&name));
        if !is_fit {
            return None;
        }
        let is_covered = matchers.iter().any(|rule| rule.covers(part));
        let rule = exactly(asked, part)?;
        if !is_covered && !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    would_all_allow(&rules, asked).then_some(rules)
}

/// Goes to the folder it is in.
fn stays(part: &Part, cwd: &Path) -> bool {
    matches!(part.words.as_slice(), [cd, to] if cd == "cd" && cwd.join(to) == cwd)
}

fn path_rule(tool: &str, path: &Path, asked: &Asked<'_>) -> Option<String> {
    let (start, path) = match path.strip_prefix(asked.cwd) {
        Ok(relative) => ("./", relative),
        Err(_) => ("/", path),
    };
    let text = path.to_str()?;
    let plain = !text.is_empty()
        && text.trim() == text
        && as_command(text) == text
        && !text.chars().any(|c| {
            matches!(
                c,
                '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '(' | ')' | '!'
            ) || c.is_control()
        });
    plain.then(|| format!("{tool}({start}{text})"))
}
