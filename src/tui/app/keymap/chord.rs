//! One key with what is held down beside it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

pub const fn key(code: KeyCode) -> Chord {
    Chord {
        code,
        modifiers: KeyModifiers::NONE,
    }
}

pub const fn plain(c: char) -> Chord {
    key(KeyCode::Char(c))
}

pub const fn ctrl(c: char) -> Chord {
    Chord {
        code: KeyCode::Char(c),
        modifiers: KeyModifiers::CONTROL,
    }
}

pub const fn alt(c: char) -> Chord {
    Chord {
        code: KeyCode::Char(c),
        modifiers: KeyModifiers::ALT,
    }
}

pub const fn with(code: KeyCode, modifiers: KeyModifiers) -> Chord {
    Chord { code, modifiers }
}

impl Chord {
    /// As a person reads it: `Ctrl+J`, `Alt+a`, `Shift+Tab`.
    pub fn label(&self) -> String {
        let mut out = String::new();
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            out.push_str("Ctrl+");
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            out.push_str("Alt+");
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            out.push_str("Shift+");
        }
        let ctrl = self.modifiers.contains(KeyModifiers::CONTROL);
        match self.code {
            KeyCode::Char(' ') => out.push_str("Space"),
            KeyCode::Char(c) if ctrl => out.extend(c.to_uppercase()),
            KeyCode::Char(c) => out.push(c),
            KeyCode::BackTab => out.push_str("Shift+Tab"),
            KeyCode::PageUp => out.push_str("PgUp"),
            KeyCode::PageDown => out.push_str("PgDn"),
            KeyCode::F(n) => out.extend(["F".to_owned(), n.to_string()]),
            code => out.extend([format!("{code:?}")]),
        }
        out
    }
}

/// A key press as the table knows it: Shift is part of the letter, a full-width form is its narrow one where `narrow` says
/// that no text is being typed.
pub fn chord(event: KeyEvent) -> Chord {
    let mut modifiers =
        event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::Char(c) => {
            modifiers -= KeyModifiers::SHIFT;
            if modifiers.contains(KeyModifiers::CONTROL) {
                KeyCode::Char(c.to_ascii_lowercase())
            } else {
                KeyCode::Char(c)
            }
        }
        KeyCode::BackTab => {
            modifiers -= KeyModifiers::SHIFT;
            KeyCode::BackTab
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
            modifiers -= KeyModifiers::SHIFT;
            KeyCode::BackTab
        }
        code => code,
    };
    Chord { code, modifiers }
}

/// The same with a full-width letter as its narrow one, where no text is typed.
pub fn narrowed(chord: Chord) -> Chord {
    match chord.code {
        KeyCode::Char(c) => Chord {
            code: KeyCode::Char(narrow(c)),
            ..chord
        },
        _ => chord,
    }
}

/// This sign alone, in its full-width form too.
pub fn is_sign(event: KeyEvent, sign: char) -> bool {
    let plain = event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    plain && matches!(event.code, KeyCode::Char(c) if narrow(c) == sign)
}

/// The narrow form of a full-width character, where a key and not a text is meant: `ｙ` is `y`, `１` is `1`, `、` is `/`.
pub fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3001}' => '/',
        '\u{3000}' => ' ',
        c => c,
    }
}
