//! How much a call could harm, worked out from facts, with the facts in one line for the person who decides.

mod git;

use crate::agent::command_line::Part;
use crate::agent::deletes::{self, Held};
use crate::agent::folder::{inside, is_protected};
use crate::agent::network::{INSTALLERS, INSTALLS, PROGRAMS as NETWORK};
use crate::agent::permission::{Asked, Parts, command, leads_out};
use crate::protocol::ask::Risk;
use crate::protocol::call::Reach;
use crate::protocol::sandbox::Level;

/// The highest risk of anything the call touches, and all reasons of that height.
/// `held`: what the targets of those that delete hold.
pub(crate) fn of(asked: &Asked<'_>, parts: &Parts, held: &[Held]) -> (Risk, String) {
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
            found.push((Risk::Medium, format!("cannot be looked into: {why}")));
            // Not understood in full, but some words alarm wherever they stand.
            let words: Vec<&str> = command(asked.reach)
                .unwrap_or_default()
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
        Parts::Known(parts) => {
            for part in parts {
                command_risk(part, (asked, held), &mut found);
            }
            let fetches =
                |part: &Part| name(part).is_some_and(|name| matches!(name, "curl" | "wget"));
            let interprets =
                |part: &Part| name(part).is_some_and(|name| INTERPRETERS.contains(&name));
            if parts.iter().any(fetches) && parts.iter().any(interprets) {
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
    let mut reasons: Vec<&str> = Vec::new();
    for (risk, reason) in &found {
        if *risk == highest && !reasons.contains(&reason.as_str()) {
            reasons.push(reason);
        }
    }
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
    let tells =
        |word: &String| matches!(word.as_str(), "-V" | "-v" | "-h" | "--version" | "--help");
    let [_, others @ ..] = part.words.as_slice() else {
        return false;
    };
    name(part).is_some_and(|name| INTERPRETERS.contains(&name) && name != "source" && name != ".")
        && others.iter().all(|word| word.starts_with('-'))
        && !others.iter().any(tells)
}

pub(crate) fn name(part: &Part) -> Option<&str> {
    let first = part.words.first()?;
    Some(first.rsplit('/').next().unwrap_or(first))
}

fn command_risk(
    part: &Part,
    (asked, held): (&Asked<'_>, &[Held]),
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
            match (far, recursive) {
                (true, _) => found.push((Risk::High, "deletes outside the folder".to_owned())),
                (false, recursive) => {
                    let unknown = if recursive {
                        "deletes folders with all they hold"
                    } else {
                        "deletes files"
                    };
                    let told = deletes::told(held).unwrap_or_else(|| unknown.to_owned());
                    found.push((Risk::Medium, told));
                }
            }
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::agent::command_line;
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
            ("rm -rf target/tmp", Medium),
            ("rm -rf /", High),
            ("rm -rf ~/x", High),
            ("rm -rf ../x", High),
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
            let (risk, why) = of(&asked, &parts, &[]);
            assert_eq!(risk, expected, "{line}: {why}");
            assert!(!why.is_empty());
        }
    }
}
