//! Whether a command line may leave something running behind it: told by its words, so that whoever is told that nothing runs is
//! told so truly.

use crate::agent::carrier::SHELLS;

/// Programs that give what they begin a life of its own.
const APART: &[&str] = &[
    "setsid",
    "nohup",
    "disown",
    "daemonize",
    "systemd-run",
    "start-stop-daemon",
];

/// Read a text in quotes as a line.
const READERS: &[&str] = &["su", "trap", "watch", "script", "ssh"];

/// The line with blanks in the place of what stands in quotes or behind `\`, each byte at its place. All of it stays where what is in
/// quotes may be a line as well, and all from where a quote does not end on its line or holds a command.
pub(crate) fn unquoted(line: &str) -> Vec<u8> {
    let mut out = line.as_bytes().to_vec();
    let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let reads = |word: &str| SHELLS.contains(&word) || READERS.contains(&word);
    if line.split(ends).any(reads) {
        return out;
    }
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let to = match byte {
            b'\\' => at + 2,
            b'\'' | b'"' => {
                let is_plain = byte == b'\'' && (at == 0 || bytes.get(at - 1) != Some(&b'$'));
                let Some(to) = end(bytes, at, is_plain) else {
                    break;
                };
                let within = bytes.get(at..to).unwrap_or_default();
                let nests = within.contains(&b'`') || within.windows(2).any(|two| two == b"$(");
                if byte == b'"' && nests {
                    break;
                }
                to
            }
            _ => at,
        };
        if let Some(hidden) = out.get_mut(at + 1..to.min(bytes.len())) {
            hidden.fill(b' ');
        }
        at = to + usize::from(byte != b'\\');
    }
    out
}

/// Where the quote at this place is closed, if that is on its line.
fn end(bytes: &[u8], at: usize, is_plain: bool) -> Option<usize> {
    let quote = bytes.get(at).copied();
    let mut to = at + 1;
    while let Some(&byte) = bytes.get(to) {
        match byte {
            b'\n' => return None,
            b'\\' if !is_plain => to += 1,
            _ if Some(byte) == quote => return Some(to),
            _ => {}
        }
        to += 1;
    }
    None
}

/// By an `&` that is no `&&` and moves no output.
pub fn leaves(command: &str) -> bool {
    let bytes = unquoted(command);
    let at = |index: Option<usize>| index.and_then(|index| bytes.get(index)).copied();
    bytes.iter().enumerate().any(|(index, &byte)| {
        byte == b'&'
            && !matches!(
                at(index.checked_sub(1)),
                Some(b'&' | b'|' | b'>' | b'<' | b'\\')
            )
            && !matches!(at(Some(index + 1)), Some(b'&' | b'>'))
    })
}

/// The same, or by a program that is there for it.
pub fn may_leave(command: &str) -> bool {
    let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'));
    leaves(command) || command.split(ends).any(|word| APART.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_left_in_the_background_is_seen() {
        for (line, expected) in [
            ("server >log 2>&1 &", true),
            ("server & sleep 1; curl x", true),
            ("(server &)", true),
            ("make && make test", false),
            ("make >log 2>&1", false),
            ("make &>log", false),
            ("cat <&3; echo a\\&b", false),
            ("", false),
            ("make |& tee log", false),
            ("curl 'http://x?a=1&b=2'", false),
            ("curl \"http://x?a=1&b=2\" -d \"a\\\"&b\"", false),
            ("curl 'http://x?a=1&b=2' &", true),
            ("echo it's; server & x", true),
            ("sh -c 'server &'", true),
            ("x=\"$(server & echo)\"", true),
            ("cat <<E\nit's\nE\nserver & echo 'x'", true),
        ] {
            assert_eq!(
                (leaves(line), may_leave(line)),
                (expected, expected),
                "{line}"
            );
        }
        assert!(may_leave("setsid -f server >log") && !leaves("setsid -f server >log"));
    }
}
