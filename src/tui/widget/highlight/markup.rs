//! The lexers of marked-up text: HTML and XML, Markdown, differences.

use crate::tui::widget::highlight::State;
use crate::tui::widget::highlight::cursor::{Cursor, is_name};
use crate::tui::widget::paint::Ink;

const COMMENT: u8 = 1;
/// Within `<…>`; `level` is the quote of an attribute's value under way, `data` the raw text that follows the tag.
const TAG: u8 = 2;
/// Text up to a closing tag: `level` says which.
const RAW: u8 = 3;
const RAW_NAMES: [&str; 3] = ["script", "style", "textarea"];

const FENCE: u8 = 1;

pub fn html(mut state: State, cursor: &mut Cursor) -> State {
    while !cursor.ended() {
        state = match state.mode {
            COMMENT => {
                let end = cursor.rest().find("-->");
                match end {
                    Some(end) => cursor.skip(end + 3),
                    None => cursor.to_end(),
                }
                cursor.ink(Ink::Comment);
                if end.is_some() {
                    State::default()
                } else {
                    state
                }
            }
            TAG => tag(state, cursor),
            RAW => raw(state, cursor),
            _ => text(cursor),
        };
    }
    state
}

/// Text up to the next tag, comment or entity.
fn text(cursor: &mut Cursor) -> State {
    cursor.skip_while(|byte| !matches!(byte, b'<' | b'&'));
    cursor.ink(Ink::Plain);
    if cursor.starts("<!--") {
        cursor.skip(4);
        cursor.ink(Ink::Comment);
        return State::new(COMMENT, 0, 0);
    }
    if cursor.peek() == b'&' {
        let start = cursor.at();
        cursor.step();
        cursor.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
        if cursor.peek() == b';' {
            cursor.step();
            cursor.ink_from(start, Ink::Constant);
        }
        return State::default();
    }
    if cursor.peek() == b'<' {
        let close = usize::from(cursor.ahead(1) == b'/');
        let next = cursor.ahead(1 + close);
        if !next.is_ascii_alphabetic() && !matches!(next, b'!' | b'?') {
            cursor.step();
            return State::default();
        }
        cursor.skip(1 + close);
        cursor.ink(Ink::Operator);
        let start = cursor.at();
        cursor.skip_while(|byte| is_name(byte) || matches!(byte, b'-' | b':' | b'!' | b'?' | b'.'));
        let name = cursor.since(start);
        let raw = RAW_NAMES
            .iter()
            .position(|raw| close == 0 && raw.eq_ignore_ascii_case(name))
            .map_or(0, |index| index + 1);
        cursor.ink(Ink::Keyword);
        return State::new(TAG, 0, raw as u16);
    }
    State::default()
}

fn tag(state: State, cursor: &mut Cursor) -> State {
    if state.level != 0 {
        cursor.skip_while(|byte| byte != state.level);
        let closed = !cursor.ended();
        cursor.step();
        cursor.ink(Ink::String);
        return State {
            level: if closed { 0 } else { state.level },
            ..state
        };
    }
    let start = cursor.at();
    match cursor.peek() {
        b'>' => {
            cursor.step();
            cursor.ink_from(start, Ink::Operator);
            if state.data == 0 {
                State::default()
            } else {
                State::new(RAW, state.data.saturating_sub(1).min(2) as u8, 0)
            }
        }
        quote @ (b'"' | b'\'') => {
            cursor.step();
            cursor.ink_from(start, Ink::String);
            State {
                level: quote,
                ..state
            }
        }
        b'/' | b'=' | b'?' => {
            let empty = cursor.peek() == b'/' && cursor.ahead(1) == b'>';
            cursor.step();
            cursor.ink_from(start, Ink::Operator);
            State {
                data: if empty { 0 } else { state.data },
                ..state
            }
        }
        b' ' | b'\t' => {
            cursor.skip_blanks();
            state
        }
        _ => {
            let value = cursor.behind() == b'=';
            cursor.step();
            cursor.skip_while(|byte| {
                !matches!(byte, b' ' | b'\t' | b'=' | b'>' | b'/' | b'"' | b'\'')
            });
            cursor.ink_from(start, if value { Ink::String } else { Ink::Property });
            state
        }
    }
}

/// The inside of a script or style: plain up to its closing tag.
fn raw(state: State, cursor: &mut Cursor) -> State {
    let name = RAW_NAMES[usize::from(state.level).min(2)];
    let bytes = cursor.rest().as_bytes();
    let end = bytes.windows(2 + name.len()).position(|window| {
        window.starts_with(b"</") && window[2..].eq_ignore_ascii_case(name.as_bytes())
    });
    match end {
        Some(0) => text(cursor),
        Some(end) => {
            cursor.skip(end);
            cursor.ink(Ink::Plain);
            State::default()
        }
        None => {
            cursor.to_end();
            cursor.ink(Ink::Plain);
            state
        }
    }
}

/// `level` is the character of an open fence, `data` its length.
pub fn markdown(state: State, cursor: &mut Cursor) -> State {
    let line = cursor.line();
    let text = line.trim_start();
    let mark = text.bytes().next().unwrap_or(0);
    let length = text.bytes().take_while(|byte| *byte == mark).count();
    if state.mode == FENCE {
        let closes = mark == state.level
            && length >= usize::from(state.data)
            && text[length..].trim().is_empty();
        cursor.to_end();
        cursor.ink(if closes { Ink::Marker } else { Ink::Code });
        return if closes { State::default() } else { state };
    }
    cursor.skip_blanks();
    cursor.ink(Ink::Plain);
    match mark {
        b'`' | b'~' if length >= 3 => {
            cursor.to_end();
            cursor.ink(Ink::Marker);
            return State::new(FENCE, mark, length.min(usize::from(u16::MAX)) as u16);
        }
        b'#' if length <= 6 && matches!(text.as_bytes().get(length), None | Some(b' ')) => {
            cursor.to_end();
            cursor.ink(Ink::Heading);
            return state;
        }
        b'>' => {
            cursor.to_end();
            cursor.ink(Ink::Quote);
            return state;
        }
        b'-' | b'*' | b'+' if matches!(text.as_bytes().get(1), Some(b' ')) => {
            cursor.step();
            cursor.ink(Ink::Marker);
        }
        b'0'..=b'9' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            if matches!(text.as_bytes().get(digits), Some(b'.' | b')')) {
                cursor.skip(digits + 1);
                cursor.ink(Ink::Marker);
            }
        }
        _ => {}
    }
    inline(cursor);
    state
}

fn inline(cursor: &mut Cursor) {
    while !cursor.ended() {
        let start = cursor.at();
        let byte = cursor.peek();
        match byte {
            b'`' => {
                let end = cursor.rest()[1..].find('`');
                cursor.skip(end.map_or(1, |end| end + 2));
                if end.is_some() {
                    cursor.ink_from(start, Ink::Code);
                }
            }
            b'*' | b'_' if !is_name(cursor.behind()) || byte == b'*' => {
                let double = cursor.ahead(1) == byte;
                let mark = &cursor.rest()[..=usize::from(double)];
                let inner = &cursor.rest()[mark.len()..];
                let end = if inner.starts_with([' ', '*', '_']) {
                    None
                } else {
                    inner.find(mark)
                };
                match end {
                    Some(end) if end > 0 => {
                        cursor.skip(end + 2 * mark.len());
                        cursor.ink_from(start, if double { Ink::Strong } else { Ink::Emphasis });
                    }
                    _ => cursor.skip_while(|next| next == byte),
                }
            }
            b'[' => {
                let rest = cursor.rest();
                let end = rest
                    .find("](")
                    .and_then(|middle| Some(middle + rest[middle..].find(')')? + 1));
                match end {
                    Some(end) => {
                        cursor.skip(end);
                        cursor.ink_from(start, Ink::Link);
                    }
                    None => cursor.step(),
                }
            }
            b'\\' => cursor.skip(2),
            _ => {
                cursor.step();
                cursor.skip_while(|byte| !matches!(byte, b'`' | b'*' | b'_' | b'[' | b'\\'));
            }
        }
    }
}

pub fn diff(state: State, cursor: &mut Cursor) -> State {
    let line = cursor.line();
    cursor.to_end();
    let headers = [
        "+++",
        "---",
        "@@",
        "diff ",
        "index ",
        "new file",
        "deleted file",
        "rename ",
        "similarity ",
    ];
    cursor.ink(if headers.iter().any(|header| line.starts_with(header)) {
        Ink::Hunk
    } else if line.starts_with('+') {
        Ink::Added
    } else if line.starts_with('-') {
        Ink::Removed
    } else {
        Ink::Plain
    });
    state
}
