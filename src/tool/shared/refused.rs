//! Whether it was the sandbox that refused a command something: only then is the model told of it, who would else look for a way
//! around walls that are not there.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::agent::folder::is_protected;
use crate::protocol::sandbox::Network;

/// What programs say where the sandbox is what refused them. In small letters.
const REFUSED: &[&str] = &[
    "permission denied",
    "operation not permitted",
    "read-only file system",
];
const UNREACHED: &[&str] = &[
    "could not resolve",
    "couldn't resolve",
    "name resolution",
    "network is unreachable",
    "enotfound",
    "eai_again",
];

/// What a command that failed should know of its walls, where they may be why. `own`: whether a file that was refused is so by
/// itself.
pub(crate) fn walls(
    output: &str,
    network: Network,
    own: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    let says = |line: &str, words: &[&str]| {
        let line = line.to_ascii_lowercase();
        words.iter().any(|word| line.contains(word))
    };
    let is_own = |line: &str| {
        let before = line.strip_suffix(": Permission denied");
        before.is_some_and(|before| own(before.rsplit(": ").next().unwrap_or(before)))
    };
    let refused = || {
        let mut lines = output.lines();
        lines.any(|line| says(line, REFUSED) && !is_own(line))
    };
    match network {
        Network::Off if refused() || says(output, UNREACHED) => Some(
            "(sandbox: writes only in the folder and $TMPDIR, no keys, no network; ask the person where more is needed)",
        ),
        Network::On if refused() => Some(
            "(sandbox: writes only in the folder and $TMPDIR, no keys; ask the person where more is needed)",
        ),
        _ => None,
    }
}

/// Whether a file of the folder is not executable, nor one that walls keep: who ran it was refused by the file.
pub(crate) fn is_own(name: &str, cwd: &Path) -> bool {
    let Ok(real) = cwd.join(name).canonicalize() else {
        return false;
    };
    let within = cwd.canonicalize().is_ok_and(|cwd| real.starts_with(cwd));
    let is_plain = |found: Metadata| found.is_file() && found.permissions().mode() & 0o111 == 0;
    within && !is_protected(&real) && real.metadata().is_ok_and(is_plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::Permissions;

    use super::*;
    use crate::tool::bash::CLOSING;
    use crate::tool::shared::trial::Trial;

    #[test]
    fn a_command_that_the_walls_refused_is_told_of_them() {
        use Network::{Off, On};
        let cases = [
            ("sh: 1: cannot create /etc/x: Permission denied", Off, true),
            (
                "touch: cannot touch '/etc/x': Read-only file system",
                On,
                true,
            ),
            ("curl: (6) Could not resolve host: example.org", Off, true),
            ("curl: (6) Could not resolve host: example.org", On, false),
            ("no such file", Off, false),
            ("bash: line 1: ./run.sh: Permission denied", Off, false),
            ("bash: line 1: ./run.sh: Permission denied", On, false),
            (
                "bash: line 1: ./run.sh: Permission denied\nsh: 1: cannot create /etc/x: Permission denied",
                On,
                true,
            ),
            (
                "bash: line 1: ./run.sh: Permission denied\ncurl: (6) Could not resolve host: x",
                Off,
                true,
            ),
        ];
        for (output, network, told) in cases {
            let said = walls(output, network, |name| name == "./run.sh");
            assert_eq!(said.is_some(), told, "{output}");
            assert!(said.is_none_or(|said| said.len() < CLOSING), "it fits");
        }
    }

    #[test]
    fn a_file_of_the_folder_that_is_not_executable_is_refused_by_itself() {
        let trial = Trial::default();
        for file in ["run.sh", "ready.sh", ".git/config"] {
            trial.file(file, "");
        }
        let cwd = &trial.scene.place.cwd;
        std::fs::set_permissions(cwd.join("ready.sh"), Permissions::from_mode(0o755)).unwrap();
        for (name, expected) in [
            ("./run.sh", true),
            ("run.sh", true),
            ("./ready.sh", false),
            ("./nowhere.sh", false),
            (".git/config", false),
            ("/etc/hostname", false),
            (".", false),
        ] {
            assert_eq!(is_own(name, cwd), expected, "{name}");
        }
    }
}
