//! Passwords that stand behind a short option, as in `sshpass -p …`: only the program before says what they are.

use crate::agent::redact::secret::{Found, Look};
use crate::agent::redact::value::{given, is_reference};

/// So far back the program is looked for.
const LOOKED_BACK: usize = 256;

/// Shorter ones are more often something else.
const SHORTEST: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the word of the option, as `mysql` takes it: the next word is a database.
    Same,
    /// The next word.
    Next,
    /// One of both, and before any word that is no option: what follows is a command with options of its own.
    First,
}

/// Programs, the letter of their option, and where its value stands.
const ROWS: &[(&[u8], u8, Place)] = &[
    (b"sshpass", b'p', Place::First),
    (b"mysql", b'p', Place::Same),
    (b"mysqldump", b'p', Place::Same),
    (b"mysqladmin", b'p', Place::Same),
    (b"mysqlimport", b'p', Place::Same),
    (b"mysqlsh", b'p', Place::Same),
    (b"mariadb", b'p', Place::Same),
    (b"mariadb-dump", b'p', Place::Same),
    (b"mariadb-admin", b'p', Place::Same),
    (b"mongo", b'p', Place::Next),
    (b"mongosh", b'p', Place::Next),
    (b"mongodump", b'p', Place::Next),
    (b"mongorestore", b'p', Place::Next),
    (b"redis-cli", b'a', Place::Next),
    // `docker login -u me -p …`
    (b"login", b'p', Place::Next),
];

/// Programs with a `login` that takes a password so.
const LOGINS: &[&[u8]] = &[
    b"docker", b"podman", b"nerdctl", b"helm", b"oras", b"az", b"buildah", b"skopeo", b"oc",
];

/// Run what stands behind them and their options.
const PREFIXES: &[&[u8]] = &[b"sudo", b"doas", b"env", b"timeout", b"nice", b"time"];

/// Stand right before a command.
const BEFORE: &[&[u8]] = &[
    b"exec", b"command", b"nohup", b"xargs", b"then", b"do", b"else", b"if", b"while", b"until",
    b"RUN",
];

/// Run a command within what they name.
const REMOTE: &[&[u8]] = &[b"exec", b"ssh"];

/// So many words before a program are looked at.
const WORDS_BACK: usize = 12;

/// The password behind the `-` at this place.
pub(crate) fn option(look: &Look<'_>, at: usize) -> Option<Found> {
    let letter = look.byte(at + 1)?;
    if !matches!(letter, b'p' | b'a') || !is_apart(at.checked_sub(1).and_then(|at| look.byte(at))) {
        return None;
    }
    let place = place(look, at, letter)?;
    let behind = look.byte(at + 2)?;
    let from = match (place, behind == b' ') {
        (Place::Same | Place::First, false) => at + 2,
        (Place::Next | Place::First, true) => at + 3,
        (Place::Same, true) | (Place::Next, false) => return None,
    };
    // That is how a page names the option.
    if look.byte(from) == Some(b'`') {
        return None;
    }
    given(look, from, |value| {
        let names = value
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
        value.len() >= SHORTEST
            && !names
            && !is_reference(value)
            && !value.starts_with(b"-")
            && (place != Place::Next || !is_port(value))
    })
}

/// `27017:27017`, `53:53/udp`
fn is_port(value: &[u8]) -> bool {
    let number = value
        .strip_suffix(b"/tcp")
        .or_else(|| value.strip_suffix(b"/udp"))
        .unwrap_or(value);
    let mut parts = number.split(|byte| *byte == b':');
    parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

fn is_apart(before: Option<u8>) -> bool {
    before.is_none_or(|byte| byte.is_ascii_whitespace())
}

/// Where the nearest program before that takes such an option has its value.
fn place(look: &Look<'_>, at: usize, letter: u8) -> Option<Place> {
    let before = look.bytes().get(at.saturating_sub(LOOKED_BACK)..at)?;
    let ends = |byte: &u8| matches!(byte, b'\n' | b';' | b'|' | b'&' | b'`' | b'(' | b')');
    let line = before.rsplit(ends).next()?;
    let mut is_first = true;
    let mut rest = line;
    while let Some((earlier, word, is_open)) = last_word(rest) {
        rest = earlier;
        let (name, begins) = name(word);
        let row = ROWS.iter().find(|row| row.0 == name && row.1 == letter);
        if let Some((program, _, place)) = row {
            let is_run = match (*program, *place) {
                (_, Place::First) => return is_first.then_some(Place::First),
                (b"login", _) => logs_in(earlier),
                _ => begins || (is_open && is_run(earlier)),
            };
            if is_run {
                return Some(*place);
            }
        }
        if begins {
            return None;
        }
        is_first &= word.starts_with(b"-");
    }
    None
}

/// A program without its folder, and whether it begins a line of its own: in a text of JSON a line ends with two signs.
fn name(word: &[u8]) -> (&[u8], bool) {
    let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or(word);
    let escape = name.windows(2).rposition(|signs| signs == b"\\n");
    let own = escape.and_then(|at| name.get(at + 2..));
    (own.unwrap_or(name), escape.is_some())
}

const QUOTES: [u8; 2] = [b'"', b'\''];

/// What stands before the last word, that word, and whether it goes on: it is no text of its own in quotes.
fn last_word(line: &[u8]) -> Option<(&[u8], &[u8], bool)> {
    let parts = |byte: &u8| byte.is_ascii_whitespace() || QUOTES.contains(byte);
    let to = line.iter().rposition(|byte| !parts(byte))? + 1;
    let from = line.get(..to)?.iter().rposition(parts);
    let from = from.map_or(0, |at| at + 1);
    let is_open = line.get(to).is_none_or(u8::is_ascii_whitespace);
    Some((line.get(..from)?, line.get(from..to)?, is_open))
}

/// What a `login` behind it takes a password for.
fn logs_in(before: &[u8]) -> bool {
    let mut rest = before;
    for _ in 0..2 {
        let Some((earlier, word, _)) = last_word(rest) else {
            return false;
        };
        if LOGINS.contains(&name(word).0) {
            return true;
        }
        rest = earlier;
    }
    false
}

/// Whether the word behind this is run, as far as the words before tell.
fn is_run(before: &[u8]) -> bool {
    if before.last().is_some_and(|byte| QUOTES.contains(byte)) {
        return true;
    }
    let mut rest = before;
    let mut nearest: Option<&[u8]> = None;
    for _ in 0..WORDS_BACK {
        let Some((earlier, word, _)) = last_word(rest) else {
            return nearest.is_none();
        };
        let (name, begins) = name(word);
        let is_set = word.contains(&b'=') && !word.starts_with(b"-");
        let is_prompt = nearest.is_none()
            && (word == b"--"
                || word == b"-"
                || word.last().is_some_and(|last| b"$#>%:!+{".contains(last)));
        if is_prompt || (nearest.is_none() && BEFORE.contains(&name)) {
            return true;
        }
        // The word at hand may be the value of an option, or the name of a container or a machine.
        let is_option = nearest.is_some_and(|word| word.starts_with(b"-"));
        if PREFIXES.contains(&name) || (nearest.is_some() && !is_option && REMOTE.contains(&name)) {
            return true;
        }
        if !is_set && nearest.is_none() {
            nearest = Some(word);
        }
        if begins {
            return nearest.is_none();
        }
        rest = earlier;
    }
    false
}
