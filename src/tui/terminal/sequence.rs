//! The sequences after `ESC [` and `ESC O`: keys in the older and the newer protocols, the mouse, the focus.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::tui::terminal::ground::report;
use crate::tui::terminal::keys::{Found, Sent, key};

/// A sequence longer than this is none.
const LONGEST: usize = 64;

/// A character typed: an upper-case letter carries shift, as the newer protocol says it.
pub fn text_key(c: char, modifiers: KeyModifiers) -> Sent {
    let shift = if c.is_uppercase() {
        KeyModifiers::SHIFT
    } else {
        KeyModifiers::NONE
    };
    key(KeyCode::Char(c), modifiers | shift)
}

/// What the bytes after ESC mean, that begin with `[` or `O`. Counts them without the ESC.
pub fn control(bytes: &[u8]) -> Found {
    match bytes {
        [b'O', rest @ ..] => application(rest),
        // The oldest mouse: three bytes, each with 32 added.
        [b'[', b'M', rest @ ..] => match rest {
            [button, x, y, ..] => {
                let at = |byte: u8| u32::from(byte.saturating_sub(33));
                let event = mouse(u32::from(button.saturating_sub(32)), at(*x), at(*y), false);
                event.map_or(Found::Skip(5), |event| Found::Sent(event, 5))
            }
            _ => Found::More,
        },
        [b'[', rest @ ..] => {
            let end = rest
                .iter()
                .position(|byte| !(b' '..=b'?').contains(byte))
                .filter(|&end| end <= LONGEST);
            match end {
                Some(end) if (b'@'..=b'~').contains(&rest[end]) => {
                    match sequence(&rest[..end], rest[end]) {
                        Some(sent) => Found::Sent(sent, end + 2),
                        None => Found::Skip(end + 2),
                    }
                }
                // Broken off: what follows begins anew.
                Some(end) => Found::Skip(end + 1),
                None if rest.len() > LONGEST => Found::Skip(rest.len().min(LONGEST) + 1),
                None => Found::More,
            }
        }
        _ => Found::Skip(1),
    }
}

/// After `ESC O`: cursor keys and the number pad of terminals in application mode, and the first function keys.
fn application(rest: &[u8]) -> Found {
    let Some(&byte) = rest.first() else {
        return Found::More;
    };
    let code = match byte {
        b'M' => Some(KeyCode::Enter),
        b'X' => Some(KeyCode::Char('=')),
        b'j'..=b'y' => Some(KeyCode::Char(char::from(byte - 0x40))),
        byte => named(byte),
    };
    match code {
        Some(code) => Found::Sent(key(code, KeyModifiers::NONE), 2),
        None => Found::Skip(1),
    }
}

/// Keys told by the last byte.
fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'E' => KeyCode::KeypadBegin,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

fn sequence(parameters: &[u8], last: u8) -> Option<Sent> {
    if let Some(rest) = parameters.strip_prefix(b"<") {
        let [button, x, y] = numbers(rest)[..] else {
            return None;
        };
        let released = match last {
            b'M' => false,
            b'm' => true,
            _ => return None,
        };
        return mouse(button, x.saturating_sub(1), y.saturating_sub(1), released);
    }
    if last == b'n' {
        return report(parameters).map(Sent::Ground);
    }
    if parameters
        .first()
        .is_some_and(|byte| !byte.is_ascii_digit() && *byte != b';')
        || parameters.iter().any(|byte| matches!(byte, b' '..=b'/'))
    {
        // Answers to questions: what the terminal is, which modes it has.
        return None;
    }
    let given = numbers(parameters);
    let number = |index: usize| given.get(index).copied().unwrap_or(0);
    match last {
        b'I' => Some(Sent::Focus(true)),
        b'O' => Some(Sent::Focus(false)),
        b'Z' => Some(key(
            KeyCode::BackTab,
            modifiers(number(1)) | KeyModifiers::SHIFT,
        )),
        b'u' => unicode(parameters),
        b'~' if number(0) == 27 => coded(number(2), modifiers(number(1))),
        b'~' => pressed(parameters)
            .then(|| tilde(number(0)).map(|code| key(code, modifiers(number(1)))))?,
        // The cursor's position looks like F3 with odd modifiers, but for its row. It is asked for in the second alone.
        b'R' if given.len() == 2 && number(0) == 2 => {
            Some(Sent::Column(number(1).try_into().unwrap_or(u16::MAX)))
        }
        b'R' if given.len() > 1 && number(0) != 1 => None,
        last => {
            pressed(parameters).then(|| named(last).map(|code| key(code, modifiers(number(1)))))?
        }
    }
}

fn tilde(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=26 => KeyCode::F(number as u8 - 12),
        28 | 29 => KeyCode::F(number as u8 - 13),
        31..=34 => KeyCode::F(number as u8 - 14),
        _ => return None,
    })
}

/// `CSI code[:shifted[:base]] ; modifiers[:kind] ; text u`.
fn unicode(parameters: &[u8]) -> Option<Sent> {
    if !pressed(parameters) {
        return None;
    }
    let given = numbers(parameters);
    let modifiers = modifiers(given.get(1).copied().unwrap_or(0));
    coded(*given.first()?, modifiers)
}

/// Whether the kind after the modifiers is a press or a repeat; releases are never asked for, some send them.
fn pressed(parameters: &[u8]) -> bool {
    let kind = parameters
        .split(|&byte| byte == b';')
        .nth(1)
        .and_then(|modifiers| modifiers.split(|&byte| byte == b':').nth(1));
    kind != Some(b"3")
}

/// A key by its code point, or by its number in the private area.
fn coded(code: u32, modifiers: KeyModifiers) -> Option<Sent> {
    let named = match code {
        9 if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        57376..=57398 => KeyCode::F((code - 57376 + 13) as u8),
        57399..=57408 => KeyCode::Char(char::from(b'0' + (code - 57399) as u8)),
        57409 => KeyCode::Char('.'),
        57410 => KeyCode::Char('/'),
        57411 => KeyCode::Char('*'),
        57412 => KeyCode::Char('-'),
        57413 => KeyCode::Char('+'),
        57415 => KeyCode::Char('='),
        57416 => KeyCode::Char(','),
        57417 => KeyCode::Left,
        57418 => KeyCode::Right,
        57419 => KeyCode::Up,
        57420 => KeyCode::Down,
        57421 => KeyCode::PageUp,
        57422 => KeyCode::PageDown,
        57423 => KeyCode::Home,
        57424 => KeyCode::End,
        57425 => KeyCode::Insert,
        57426 => KeyCode::Delete,
        57427 => KeyCode::KeypadBegin,
        // Modifiers, locks and media keys by themselves.
        0xe000..=0xf8ff => return None,
        code => {
            let c = char::from_u32(code).filter(|c| !c.is_control())?;
            let c = if modifiers.contains(KeyModifiers::SHIFT) {
                // Told as the key without shift; a letter is known with it.
                c.to_uppercase().next().unwrap_or(c)
            } else {
                c
            };
            return Some(text_key(c, modifiers));
        }
    };
    Some(key(named, modifiers))
}

/// 1 more than a sum of bits; locks do not count.
fn modifiers(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ] {
        modifiers.set(modifier, bits & bit != 0);
    }
    modifiers
}

/// The numbers between the semicolons, each without what a colon adds; 0 where there is none.
fn numbers(parameters: &[u8]) -> Vec<u32> {
    parameters
        .split(|&byte| byte == b';')
        .map(|parameter| {
            parameter
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .fold(0_u32, |number, digit| {
                    number
                        .saturating_mul(10)
                        .saturating_add(u32::from(digit - b'0'))
                })
        })
        .collect()
}

fn mouse(bits: u32, column: u32, row: u32, released: bool) -> Option<Sent> {
    let moved = bits & 32 != 0;
    let button = match bits & 3 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let kind = match (bits & 0xc0, button) {
        (64, _) => match bits & 3 {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        (0, Some(button)) if moved => MouseEventKind::Drag(button),
        (0, Some(button)) if released => MouseEventKind::Up(button),
        (0, Some(button)) => MouseEventKind::Down(button),
        (0, None) if moved => MouseEventKind::Moved,
        // The oldest form does not say which button was let go.
        (0, None) => MouseEventKind::Up(MouseButton::Left),
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [
        (4, KeyModifiers::SHIFT),
        (8, KeyModifiers::ALT),
        (16, KeyModifiers::CONTROL),
    ] {
        modifiers.set(modifier, bits & bit != 0);
    }
    Some(Sent::Mouse(MouseEvent {
        kind,
        column: column.min(u32::from(u16::MAX)) as u16,
        row: row.min(u32::from(u16::MAX)) as u16,
        modifiers,
    }))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn sequences_become_keys() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        let cases: [(&str, KeyCode, KeyModifiers); 32] = [
            ("[A", KeyCode::Up, NONE),
            ("OB", KeyCode::Down, NONE),
            ("[1;5C", KeyCode::Right, CONTROL),
            ("[1;4D", KeyCode::Left, ALT | SHIFT),
            ("[1;129A", KeyCode::Up, NONE),
            ("[H", KeyCode::Home, NONE),
            ("OF", KeyCode::End, NONE),
            ("[1~", KeyCode::Home, NONE),
            ("[4~", KeyCode::End, NONE),
            ("[3~", KeyCode::Delete, NONE),
            ("[3;5~", KeyCode::Delete, CONTROL),
            ("[5~", KeyCode::PageUp, NONE),
            ("OP", KeyCode::F(1), NONE),
            ("[1;2R", KeyCode::F(3), SHIFT),
            ("[15~", KeyCode::F(5), NONE),
            ("[24;2~", KeyCode::F(12), SHIFT),
            ("[Z", KeyCode::BackTab, SHIFT),
            ("OM", KeyCode::Enter, NONE),
            ("Oq", KeyCode::Char('1'), NONE),
            ("[27u", KeyCode::Esc, NONE),
            ("[13;2u", KeyCode::Enter, SHIFT),
            ("[13;5u", KeyCode::Enter, CONTROL),
            ("[27;2;13~", KeyCode::Enter, SHIFT),
            ("[105;5u", KeyCode::Char('i'), CONTROL),
            ("[97;6u", KeyCode::Char('A'), CONTROL | SHIFT),
            ("[97:65;2;65u", KeyCode::Char('A'), SHIFT),
            ("[9;2u", KeyCode::BackTab, SHIFT),
            ("[92;5u", KeyCode::Char('\\'), CONTROL),
            ("[127;5u", KeyCode::Backspace, CONTROL),
            ("[57400u", KeyCode::Char('1'), NONE),
            ("[57376u", KeyCode::F(13), NONE),
            ("[97;1:2u", KeyCode::Char('a'), NONE),
        ];
        for (bytes, code, modifiers) in cases {
            let expected = Found::Sent(key(code, modifiers), bytes.len());
            assert_eq!(control(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_press_is_passed_over() {
        let cases = [
            ("[97;1:3u", 8),
            ("[1;1:3A", 7),
            ("[57441u", 7),
            ("[?1u", 4),
            ("[>41;370;0c", 11),
            ("[1114112u", 9),
            ("[1;\u{7}x", 3),
            ("[200;200R", 9),
            ("[<1;2M", 6),
        ];
        for (bytes, length) in cases {
            assert_eq!(control(bytes.as_bytes()), Found::Skip(length), "{bytes:?}");
        }
        assert_eq!(control(b"[12"), Found::More);
        assert_eq!(control(&[b'['; 1]), Found::More);
        assert_eq!(
            control(format!("[{}", "1".repeat(100)).as_bytes()),
            Found::Skip(65)
        );
    }

    #[test]
    fn the_mouse_and_the_focus_are_told() {
        let at = |kind, column, row, modifiers| {
            Sent::Mouse(MouseEvent {
                kind,
                column,
                row,
                modifiers,
            })
        };
        let none = KeyModifiers::NONE;
        let left = MouseButton::Left;
        let cases = [
            ("[<0;1;1M", at(MouseEventKind::Down(left), 0, 0, none)),
            ("[<0;10;5m", at(MouseEventKind::Up(left), 9, 4, none)),
            ("[<32;10;5M", at(MouseEventKind::Drag(left), 9, 4, none)),
            (
                "[<64;300;200M",
                at(MouseEventKind::ScrollUp, 299, 199, none),
            ),
            ("[<65;1;1M", at(MouseEventKind::ScrollDown, 0, 0, none)),
            (
                "[<18;1;1M",
                at(
                    MouseEventKind::Down(MouseButton::Right),
                    0,
                    0,
                    KeyModifiers::CONTROL,
                ),
            ),
            ("[<0;0;0M", at(MouseEventKind::Down(left), 0, 0, none)),
            ("[M !!", at(MouseEventKind::Down(left), 0, 0, none)),
            ("[I", Sent::Focus(true)),
            ("[O", Sent::Focus(false)),
        ];
        for (bytes, expected) in cases {
            let expected = Found::Sent(expected, bytes.len());
            assert_eq!(control(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }
}
