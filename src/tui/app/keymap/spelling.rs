//! Keys as people write them: `ctrl-k`, `Alt+Enter`, `^K`, `f5`, `leader g`, `z a`.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::config::document::cut;
use crate::tui::app::keymap::chord::{Chord, narrow, with};
use crate::tui::app::keymap::claim::letter;

/// A key that can be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    Chord(Chord),
    /// These letters, digits or signs, one after the other.
    Pair(char, char),
    /// This one after the leader.
    Led(char),
}

/// Keys with a name, and how it may be written too. The first is how Creel writes it.
const NAMES: &[(KeyCode, &[&str])] = &[
    (KeyCode::Enter, &["enter", "return", "cr"]),
    (KeyCode::Tab, &["tab"]),
    (KeyCode::BackTab, &["backtab"]),
    (KeyCode::Esc, &["esc", "escape"]),
    (KeyCode::Char(' '), &["space", "spc"]),
    (KeyCode::Char('-'), &["minus", "dash", "hyphen"]),
    (KeyCode::Char('+'), &["plus"]),
    (KeyCode::Backspace, &["backspace", "bs"]),
    (KeyCode::Delete, &["delete", "del"]),
    (KeyCode::Insert, &["insert", "ins"]),
    (KeyCode::Home, &["home"]),
    (KeyCode::End, &["end"]),
    (KeyCode::PageUp, &["pageup", "pgup", "prior"]),
    (KeyCode::PageDown, &["pagedown", "pgdn", "pgdown", "next"]),
    (KeyCode::Up, &["up"]),
    (KeyCode::Down, &["down"]),
    (KeyCode::Left, &["left"]),
    (KeyCode::Right, &["right"]),
];

/// Function keys that terminals can send.
const MOST_F: u8 = 24;

/// Reads a key; the error is the rest of a sentence that begins with what was written.
pub fn read(text: &str) -> Result<Stroke, String> {
    let mut words = text.split_whitespace();
    let (Some(first), second, None) = (words.next(), words.next(), words.next()) else {
        return Err("is no key: expected one such as ctrl-k, alt-enter, f5 or leader g".to_owned());
    };
    match second {
        None if first.eq_ignore_ascii_case("leader") => {
            Err("names no key after the leader: expected one such as leader g".to_owned())
        }
        None => chord(first).map(Stroke::Chord),
        Some(key) if first.eq_ignore_ascii_case("leader") => led(key),
        Some(second) => pair(first, second),
    }
}

fn led(text: &str) -> Result<Stroke, String> {
    match chord(text).ok().and_then(letter) {
        Some(c) if c != ' ' => Ok(Stroke::Led(c)),
        _ => Err("is no key after the leader: expected one letter, digit or sign".to_owned()),
    }
}

fn pair(first: &str, second: &str) -> Result<Stroke, String> {
    let of = |text| chord(text).ok().and_then(letter);
    match (of(first), of(second)) {
        (Some(first), Some(second)) => Ok(Stroke::Pair(first, second)),
        _ => Err(
            "is two keys: expected two letters, digits or signs, as in z a, or leader and one, as in leader g"
                .to_owned(),
        ),
    }
}

fn chord(text: &str) -> Result<Chord, String> {
    let mut rest = text;
    let mut modifiers = KeyModifiers::NONE;
    if let Some(after) = rest.strip_prefix('^').filter(|after| !after.is_empty()) {
        modifiers |= KeyModifiers::CONTROL;
        rest = after;
    }
    // The sign at the very end is the key itself: `ctrl--`, `alt-+`.
    while let Some(at) = rest
        .find(['-', '+'])
        .filter(|at| *at > 0 && at + 1 < rest.len())
    {
        let name = rest[..at].to_lowercase();
        modifiers |= match name.as_str() {
            "ctrl" | "control" | "c" => KeyModifiers::CONTROL,
            "alt" | "meta" | "option" | "opt" | "m" | "a" => KeyModifiers::ALT,
            "shift" | "s" => KeyModifiers::SHIFT,
            "cmd" | "command" | "super" | "win" | "d" => {
                return Err(format!("needs {name}, which terminals keep for themselves"));
            }
            _ => {
                return Err(format!(
                    "has no modifier `{}`: there are ctrl, alt and shift",
                    cut(&name)
                ));
            }
        };
        rest = &rest[at + 1..];
    }
    let code = code(rest).ok_or_else(|| {
        format!(
            "has no key `{}`: expected a letter, a digit, a sign, f1 to f{MOST_F}, or enter, tab, esc, space, backspace, \
             delete, insert, home, end, pageup, pagedown, up, down, left or right",
            cut(rest)
        )
    })?;
    Ok(settled(code, modifiers))
}

fn code(name: &str) -> Option<KeyCode> {
    let mut letters = name.chars();
    if let (Some(c), None) = (letters.next(), letters.next()) {
        // A full-width letter is the same key, and would slip past what its narrow form is refused for.
        return (!c.is_control()).then_some(KeyCode::Char(narrow(c)));
    }
    let name = name.to_lowercase();
    let f = name
        .strip_prefix('f')
        .and_then(|number| number.parse().ok());
    if let Some(number) = f.filter(|number| (1..=MOST_F).contains(number)) {
        return Some(KeyCode::F(number));
    }
    let named = NAMES
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()));
    named.map(|(code, _)| *code)
}

/// A text in which keys are sought, each of them as Creel writes it on the screen: `c-s` and `^s` as `Ctrl+S`.
pub fn shown(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let chord = chord(word).ok();
        let held = chord.filter(|chord| !chord.modifiers.is_empty());
        held.map_or_else(|| word.to_owned(), |chord| chord.label())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// As a press comes to the table: Shift is part of a letter, and with Ctrl there is only the small one.
fn settled(code: KeyCode, mut modifiers: KeyModifiers) -> Chord {
    let shift = modifiers.contains(KeyModifiers::SHIFT);
    let code = match code {
        KeyCode::Char(c) => {
            modifiers -= KeyModifiers::SHIFT;
            if modifiers.contains(KeyModifiers::CONTROL) {
                KeyCode::Char(c.to_ascii_lowercase())
            } else if shift {
                KeyCode::Char(c.to_uppercase().next().unwrap_or(c))
            } else {
                KeyCode::Char(c)
            }
        }
        KeyCode::Tab if shift => {
            modifiers -= KeyModifiers::SHIFT;
            KeyCode::BackTab
        }
        KeyCode::BackTab => {
            modifiers -= KeyModifiers::SHIFT;
            KeyCode::BackTab
        }
        code => code,
    };
    with(code, modifiers)
}

/// As it is written into a config.
pub fn written(stroke: Stroke) -> String {
    let chord = match stroke {
        Stroke::Led(c) => return format!("leader {}", name(KeyCode::Char(c))),
        Stroke::Pair(first, second) => {
            let [first, second] = [first, second].map(|c| name(KeyCode::Char(c)));
            return format!("{first} {second}");
        }
        Stroke::Chord(chord) => chord,
    };
    let mut out = String::new();
    for (held, name) in [
        (KeyModifiers::CONTROL, "ctrl-"),
        (KeyModifiers::ALT, "alt-"),
        (KeyModifiers::SHIFT, "shift-"),
    ] {
        if chord.modifiers.contains(held) {
            out.push_str(name);
        }
    }
    if chord.code == KeyCode::BackTab {
        return out + "shift-tab";
    }
    out + &name(chord.code)
}

fn name(code: KeyCode) -> String {
    let row = NAMES.iter().find(|(other, _)| *other == code);
    match (row, code) {
        (Some((_, names)), _) => names.first().copied().unwrap_or_default().to_owned(),
        (None, KeyCode::Char(c)) => c.to_string(),
        (None, KeyCode::F(number)) => format!("f{number}"),
        // Nothing else can be bound.
        (None, code) => format!("{code:?}").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them_and_written_in_one_way() {
        for (text, expected) in [
            ("ctrl-k", "ctrl-k"),
            ("Ctrl+K", "ctrl-k"),
            ("C-k", "ctrl-k"),
            ("^K", "ctrl-k"),
            ("alt-enter", "alt-enter"),
            ("M-RET", "!has no key `RET`: expected a letter, a digit"),
            ("Option+Return", "alt-enter"),
            ("alt-K", "alt-K"),
            ("alt-shift-k", "alt-K"),
            ("G", "G"),
            ("f5", "f5"),
            ("shift-F12", "shift-f12"),
            ("f25", "!has no key `f25`: expected a letter"),
            ("shift-tab", "shift-tab"),
            ("BackTab", "shift-tab"),
            ("ctrl-space", "ctrl-space"),
            ("ctrl--", "ctrl-minus"),
            ("-", "minus"),
            ("alt-+", "alt-plus"),
            ("^", "^"),
            ("PgDn", "pagedown"),
            (" leader  g ", "leader g"),
            ("Leader ?", "leader ?"),
            ("leader -", "leader minus"),
            (
                "leader ctrl-g",
                "!is no key after the leader: expected one letter, digit or sign",
            ),
            (
                "leader",
                "!names no key after the leader: expected one such as leader g",
            ),
            (
                "ctrl-a b",
                "!is two keys: expected two letters, digits or signs, as in z a",
            ),
            ("z a", "z a"),
            (" ] ! ", "] !"),
            ("- space", "minus space"),
            (
                "",
                "!is no key: expected one such as ctrl-k, alt-enter, f5 or leader g",
            ),
            ("cmd-k", "!needs cmd, which terminals keep for themselves"),
            (
                "hyper-k",
                "!has no modifier `hyper`: there are ctrl, alt and shift",
            ),
            ("ctrl-", "!has no key `ctrl-`: expected a letter"),
            ("中", "中"),
        ] {
            match (read(text), expected.strip_prefix('!')) {
                (Ok(stroke), None) => {
                    assert_eq!(written(stroke), expected, "{text}");
                    assert_eq!(read(expected), Ok(stroke), "{expected}");
                }
                (Err(why), Some(start)) => assert!(why.starts_with(start), "{text}: {why}"),
                (found, _) => assert_eq!(format!("{found:?}"), expected, "{text}"),
            }
        }
    }
}
