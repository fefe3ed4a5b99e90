//! What a call brings in that nobody trusted wrote: files outside the session's folder that a tool reads or a command line names,
//! and what commands bring from the network. What a command reads outside that its line does not name is not seen: it may read
//! nearly all of the home, so that to count what it could read would mark every session, and a mark that is always set says
//! nothing. A session that has read of it lets nothing out by a rule alone until the person says that what was read is fine: together with
//! what is private in the folder and a way out it is how words in a file come to send the file away.

use crate::agent::command_line::{self, Part};
use crate::agent::folder::inside;
use crate::agent::network::{self, PROGRAMS};
use crate::protocol::call::{Reach, Untrusted};
use crate::protocol::sandbox::Network;
use std::path::{Path, PathBuf};

/// What a call read that is not trusted, by what it reaches and whether it had the network. Of commands that had it those that
/// install or fetch do not count: `npm ci` prints what it did, and the files it brings are the project's own.
pub(crate) fn of(reach: &[Reach], network: Network, roots: &[PathBuf]) -> Option<Untrusted> {
    reach.iter().find_map(|reach| match reach {
        Reach::Read { path } if !inside(path, roots) => {
            Some(Untrusted::Outside { path: path.clone() })
        }
        Reach::Run { command } if network == Network::On => match command_line::split(command) {
            Ok(parts) => parts.iter().any(brings_words).then_some(Untrusted::Web),
            Err(_) => Some(Untrusted::Web),
        },
        // What is recalled says itself what of it is not trusted.
        Reach::Read { .. }
        | Reach::Write { .. }
        | Reach::Run { .. }
        | Reach::Output { .. }
        | Reach::Note { .. }
        | Reach::Recall { .. } => None,
    })
}

/// Whether what truly lies there comes from outside: neither from the folders of the session nor from who runs the machine.
pub(crate) fn is_outside(real: &Path, roots: &[PathBuf]) -> bool {
    const SYSTEM: &[&str] = &[
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib32",
        "/lib64",
        "/etc",
        "/opt",
        "/nix",
        "/dev",
        "/proc",
        "/sys",
        "/System",
        "/Library",
        "/Applications",
        "/private/etc",
    ];
    // Anybody writes there, or what is there is another's.
    const NO_SYSTEM: &[&str] = &["/dev/shm", "/dev/fd", "/dev/mqueue"];
    let is_in = |places: &[&str]| places.iter().any(|place| real.starts_with(place));
    !inside(real, roots) && (is_in(NO_SYSTEM) || !is_in(SYSTEM))
}

/// All but what only moves files, looks at the folder, or installs: what runs code with the network may read anything there.
fn brings_words(part: &Part) -> bool {
    const LOCAL: &[&str] = &[
        "cd", "ls", "cat", "echo", "printf", "true", "test", "[", "pwd", "mkdir", "cp", "mv", "rm",
        "touch", "grep", "head", "tail", "wc", "sort", "git",
    ];
    let Some(first) = part.words.first() else {
        return false;
    };
    let name = first.rsplit('/').next().unwrap_or(first);
    let installs = network::needs(part) && !PROGRAMS.contains(&name);
    !installs && !LOCAL.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_is_what_neither_the_folder_nor_the_system_holds() {
        let roots = [PathBuf::from("/home/me/app")];
        for (path, expected) in [
            ("/home/me/app/x", false),
            ("/home/me/application", true),
            ("/home/me", true),
            ("/", true),
            ("/tmp/x", true),
            ("/etc/hosts", false),
            ("/usr/share/doc/x", false),
            ("/usrx", true),
            ("/dev/null", false),
            ("/dev/shm/x", true),
            ("/dev/fd/3", true),
        ] {
            assert_eq!(is_outside(Path::new(path), &roots), expected, "{path}");
        }
    }

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
            (run("cd x && git pull && npm ci"), Network::On, None),
            (run("timeout 9 curl x"), Network::On, Some(Untrusted::Web)),
            (run("npm run news"), Network::On, Some(Untrusted::Web)),
            (run("./fetch.sh"), Network::On, Some(Untrusted::Web)),
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
