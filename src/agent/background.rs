//! Whether a command line may leave something running behind it: told by its words, so that whoever is told that nothing runs is
//! told so truly.

/// Programs that give what they begin a life of its own.
const APART: &[&str] = &[
    "setsid",
    "nohup",
    "disown",
    "daemonize",
    "systemd-run",
    "start-stop-daemon",
];

/// By an `&` that is no `&&` and moves no output.
pub fn leaves(command: &str) -> bool {
    let bytes = command.as_bytes();
    let at = |index: Option<usize>| index.and_then(|index| bytes.get(index)).copied();
    bytes.iter().enumerate().any(|(index, &byte)| {
        byte == b'&'
            && !matches!(at(index.checked_sub(1)), Some(b'&' | b'>' | b'<' | b'\\'))
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
