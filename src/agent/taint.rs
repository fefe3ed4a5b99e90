//! What a call brings in that nobody trusted wrote: files outside the session's folder, and what comes from the network. A
//! session that has read of it lets nothing out by a rule alone until the person says that what was read is fine: together with
//! what is private in the folder and a way out it is how words in a file come to send the file away.

use crate::agent::command_line::{self, Part};
use crate::agent::folder::inside;
use crate::agent::network::PROGRAMS;
use crate::protocol::call::{Reach, Untrusted};
use crate::protocol::sandbox::Network;
use std::path::PathBuf;

/// What a call read that is not trusted, by what it reaches and whether it had the network. Of a command that had it only what
/// brings words from there counts: `npm ci` prints what it did, and the files it brings are the project's own.
pub(crate) fn of(reach: &[Reach], network: Network, roots: &[PathBuf]) -> Option<Untrusted> {
    reach.iter().find_map(|reach| match reach {
        Reach::Read { path } if !inside(path, roots) => {
            Some(Untrusted::Outside { path: path.clone() })
        }
        Reach::Run { command } if network == Network::On => match command_line::split(command) {
            Ok(parts) => parts.iter().any(brings_words).then_some(Untrusted::Web),
            Err(_) => Some(Untrusted::Web),
        },
        Reach::Read { .. } | Reach::Write { .. } | Reach::Run { .. } | Reach::Output { .. } => None,
    })
}

fn brings_words(part: &Part) -> bool {
    let name = part
        .words
        .first()
        .map(|first| first.rsplit('/').next().unwrap_or(first));
    // What runs code of its own with the network may read anything there.
    name.is_some_and(|name| PROGRAMS.contains(&name) || carrier_of_code(name))
}

/// Programs that run what a line or a file says.
fn carrier_of_code(name: &str) -> bool {
    const CODE: &[&str] = &[
        "python", "python3", "node", "deno", "bun", "ruby", "perl", "php", "sh", "bash",
    ];
    CODE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_outside_and_words_from_the_network_are_not_trusted() {
        let roots = [PathBuf::from("/srv/app")];
        let read = |path: &str| Reach::Read { path: path.into() };
        let run = |command: &str| Reach::Run {
            command: command.to_owned(),
        };
        let outside = |path: &str| Some(Untrusted::Outside { path: path.into() });
        let cases = [
            (read("/srv/app/x"), Network::Off, None),
            (
                read("/srv/application"),
                Network::Off,
                outside("/srv/application"),
            ),
            (read("/etc/hosts"), Network::Off, outside("/etc/hosts")),
            (
                Reach::Write {
                    path: "/etc/x".into(),
                },
                Network::Off,
                None,
            ),
            (Reach::Output { number: 1 }, Network::On, None),
            (run("curl x"), Network::Off, None),
            (run("curl x"), Network::On, Some(Untrusted::Web)),
            (
                run("cd y && /usr/bin/gh issue view 1"),
                Network::On,
                Some(Untrusted::Web),
            ),
            (run("python3 get.py"), Network::On, Some(Untrusted::Web)),
            (
                run("for x in 1; do curl x; done"),
                Network::On,
                Some(Untrusted::Web),
            ),
            (run("npm ci"), Network::On, None),
            (run("git fetch origin"), Network::On, None),
        ];
        for (reach, network, expected) in cases {
            assert_eq!(
                of(std::slice::from_ref(&reach), network, &roots),
                expected,
                "{reach:?}"
            );
        }
    }
}
