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
    let found = given(look, from)?;
    let value = look.bytes().get(found.from..found.to)?;
    let names = value
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    let fits = value.len() >= SHORTEST && !names && !is_reference(value) && value[0] != b'-';
    fits.then_some(found)
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
    let words = line.rsplit(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\''));
    for word in words.filter(|word| !word.is_empty()) {
        let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or(word);
        // In a text of JSON a line ends with these two signs.
        let escape = name.windows(2).rposition(|signs| signs == b"\\n");
        let name = escape.and_then(|at| name.get(at + 2..)).unwrap_or(name);
        let row = ROWS.iter().find(|row| row.0 == name && row.1 == letter);
        if let Some((_, _, place)) = row {
            return (is_first || *place != Place::First).then_some(*place);
        }
        if escape.is_some() {
            return None;
        }
        is_first &= word.starts_with(b"-");
    }
    None
}
