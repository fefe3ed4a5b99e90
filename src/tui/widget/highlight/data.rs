//! The lexers of data: JSON, TOML and its relatives, YAML.

use crate::tui::widget::highlight::State;
use crate::tui::widget::highlight::cursor::{Cursor, is_name, starts_name};
use crate::tui::widget::paint::Ink;

const BLOCK: u8 = 1;
/// A string over several lines; `level` is its quote character.
const LONG: u8 = 2;
/// A block of text in YAML: `data` is the indent of its key.
const SCALAR: u8 = 3;

pub fn json(mut state: State, cursor: &mut Cursor) -> State {
    while !cursor.ended() {
        if state.mode == BLOCK {
            state = comment(cursor);
            continue;
        }
        match cursor.peek() {
            b'"' | b'\'' => {
                let start = cursor.at();
                string(cursor);
                let key = cursor.rest().trim_start().starts_with(':');
                cursor.ink_from(start, if key { Ink::Property } else { Ink::String });
            }
            b'/' if cursor.ahead(1) == b'/' => {
                cursor.ink(Ink::Plain);
                cursor.to_end();
                cursor.ink(Ink::Comment);
            }
            b'/' if cursor.ahead(1) == b'*' => {
                cursor.ink(Ink::Plain);
                cursor.skip(2);
                state = comment(cursor);
            }
            _ => value(cursor),
        }
    }
    state
}

pub fn toml(state: State, cursor: &mut Cursor) -> State {
    if state.mode == LONG {
        if !long(cursor, state.level) {
            return state;
        }
    } else {
        cursor.skip_blanks();
        match cursor.peek() {
            b'[' => {
                let start = cursor.at();
                cursor.skip_while(|byte| byte != b'#');
                cursor.ink_from(start, Ink::Type);
            }
            b';' => {
                cursor.to_end();
                cursor.ink(Ink::Comment);
            }
            byte if byte == b'"' || byte == b'\'' || is_name(byte) => key(cursor),
            _ => {}
        }
    }
    while !cursor.ended() {
        match cursor.peek() {
            b'#' => {
                cursor.ink(Ink::Plain);
                cursor.to_end();
                cursor.ink(Ink::Comment);
            }
            quote @ (b'"' | b'\'') => {
                cursor.ink(Ink::Plain);
                if cursor.ahead(1) == quote && cursor.ahead(2) == quote {
                    cursor.skip(3);
                    if !long(cursor, quote) {
                        return State::new(LONG, quote, 0);
                    }
                } else {
                    string(cursor);
                    cursor.ink(Ink::String);
                }
            }
            b'{' | b',' => {
                cursor.step();
                cursor.skip_blanks();
                let rest = cursor.rest();
                let bare = rest
                    .bytes()
                    .take_while(|byte| is_name(*byte) || matches!(byte, b'-' | b'.'))
                    .count();
                if bare > 0 && rest[bare..].trim_start().starts_with('=') {
                    key(cursor);
                }
            }
            _ => value(cursor),
        }
    }
    State::default()
}

pub fn yaml(state: State, cursor: &mut Cursor) -> State {
    let line = cursor.line();
    let indent = line.len() - line.trim_start_matches(' ').len();
    if state.mode == SCALAR {
        if line.trim().is_empty() || indent > usize::from(state.data) {
            cursor.to_end();
            cursor.ink(Ink::String);
            return state;
        }
    } else if state.mode == LONG && !long_one(cursor, state.level) {
        return state;
    }
    cursor.skip_blanks();
    if cursor.at() == 0 && (cursor.starts("---") || cursor.starts("...") || cursor.starts("%")) {
        let end = if cursor.peek() == b'%' { usize::MAX } else { 3 };
        cursor.skip(end.min(line.len()));
        cursor.ink(Ink::Keyword);
    }
    // Where the key of a block of text stands, behind the dashes of its list.
    let mut depth = indent;
    while cursor.peek() == b'-' && matches!(cursor.ahead(1), b' ' | 0) {
        let start = cursor.at();
        cursor.step();
        cursor.ink_from(start, Ink::Operator);
        cursor.skip_blanks();
        if key_of_yaml(cursor.rest()).is_some() {
            depth = cursor.at();
        }
    }
    if let Some(length) = key_of_yaml(cursor.rest()) {
        let start = cursor.at();
        cursor.skip(length);
        cursor.ink_from(start, Ink::Property);
        cursor.step();
        cursor.ink(Ink::Operator);
    }
    yaml_value(cursor, depth)
}

fn yaml_value(cursor: &mut Cursor, depth: usize) -> State {
    let mut fresh = true;
    while !cursor.ended() {
        let byte = cursor.peek();
        match byte {
            b' ' | b'\t' => {
                cursor.skip_blanks();
                continue;
            }
            b'#' if matches!(cursor.behind(), 0 | b' ' | b'\t') => {
                cursor.ink(Ink::Plain);
                cursor.to_end();
                cursor.ink(Ink::Comment);
            }
            b'"' | b'\'' if fresh => {
                let start = cursor.at();
                cursor.step();
                cursor.ink_from(start, Ink::String);
                if !long_one(cursor, byte) {
                    return State::new(LONG, byte, 0);
                }
            }
            b'|' | b'>' if fresh => {
                let rest = cursor.rest();
                let head = rest.split('#').next().unwrap_or(rest).trim_end();
                if head[1..]
                    .bytes()
                    .all(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'))
                {
                    let start = cursor.at();
                    cursor.skip(head.len());
                    cursor.ink_from(start, Ink::Operator);
                    cursor.skip_blanks();
                    cursor.ink(Ink::Plain);
                    cursor.to_end();
                    cursor.ink(Ink::Comment);
                    return State::new(SCALAR, 0, depth.min(usize::from(u16::MAX)) as u16);
                }
                word_of_yaml(cursor);
            }
            b'&' | b'*' | b'!' if fresh => {
                let start = cursor.at();
                cursor.skip_while(|byte| !matches!(byte, b' ' | b'\t' | b',' | b']' | b'}'));
                cursor.ink_from(start, Ink::Attribute);
                continue;
            }
            b'{' | b'[' | b',' => {
                cursor.step();
                cursor.skip_blanks();
                if let Some(length) = key_of_yaml(cursor.rest()) {
                    let start = cursor.at();
                    cursor.skip(length);
                    cursor.ink_from(start, Ink::Property);
                    cursor.step();
                    cursor.ink(Ink::Operator);
                }
                fresh = true;
                continue;
            }
            b'}' | b']' => cursor.step(),
            _ => word_of_yaml(cursor),
        }
        fresh = false;
    }
    State::default()
}

/// The length of a key at the start of `rest`: up to a colon with a blank or the end after it.
fn key_of_yaml(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = match bytes.first()? {
        quote @ (b'"' | b'\'') => bytes.iter().skip(1).position(|byte| byte == quote)? + 2,
        b'#' | b'{' | b'[' | b'|' | b'>' | b'&' | b'*' | b'!' | b'%' | b'@' => return None,
        _ => 0,
    };
    loop {
        match bytes.get(at)? {
            b':' if matches!(bytes.get(at + 1), None | Some(b' ' | b'\t')) => return Some(at),
            b'#' if at > 0 && bytes[at - 1] == b' ' => return None,
            b',' | b'{' | b'}' | b'[' | b']' => return None,
            _ => at += 1,
        }
    }
}

/// A plain scalar up to what may end it: a number, a constant, or text.
fn word_of_yaml(cursor: &mut Cursor) {
    let start = cursor.at();
    let mut last = 0;
    while !cursor.ended() {
        let byte = cursor.peek();
        if matches!(byte, b',' | b']' | b'}') || (byte == b'#' && matches!(last, b' ' | b'\t')) {
            break;
        }
        last = byte;
        cursor.step();
    }
    if cursor.at() == start {
        cursor.step();
    }
    let word = cursor.since(start).trim();
    let ink = if is_number(word) {
        Ink::Number
    } else if matches!(
        word,
        "true"
            | "false"
            | "null"
            | "~"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "True"
            | "False"
            | "Yes"
            | "No"
    ) {
        Ink::Constant
    } else {
        Ink::String
    };
    cursor.ink_from(start, ink);
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-', '.']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| {
            byte.is_ascii_hexdigit()
                || matches!(byte, b'.' | b'_' | b'x' | b'o' | b'+' | b'-' | b':')
        })
        && !digits.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Goes to the end of a comment; gives the state after the line.
fn comment(cursor: &mut Cursor) -> State {
    let end = cursor.rest().find("*/");
    match end {
        Some(end) => cursor.skip(end + 2),
        None => cursor.to_end(),
    }
    cursor.ink(Ink::Comment);
    match end {
        Some(_) => State::default(),
        None => State::new(BLOCK, 0, 0),
    }
}

/// Passes over a string of one line, from its quote on.
fn string(cursor: &mut Cursor) {
    let quote = cursor.peek();
    cursor.step();
    while !cursor.ended() && cursor.peek() != quote {
        if cursor.peek() == b'\\' && quote == b'"' {
            cursor.step();
        }
        cursor.step();
    }
    cursor.step();
}

/// Passes over a string that three quotes close; whether they came.
fn long(cursor: &mut Cursor, quote: u8) -> bool {
    let mut closed = false;
    while !cursor.ended() && !closed {
        let byte = cursor.peek();
        if byte == b'\\' && quote == b'"' {
            cursor.skip(2);
        } else if byte == quote && cursor.ahead(1) == quote && cursor.ahead(2) == quote {
            cursor.skip(3);
            closed = true;
        } else {
            cursor.step();
        }
    }
    cursor.ink(Ink::String);
    closed
}

/// Passes over a string that one quote closes, perhaps on a later line.
fn long_one(cursor: &mut Cursor, quote: u8) -> bool {
    let mut closed = false;
    while !cursor.ended() && !closed {
        let byte = cursor.peek();
        let escape = if quote == b'"' { b'\\' } else { b'\'' };
        if byte == escape && (quote == b'"' || cursor.ahead(1) == quote) {
            cursor.skip(2);
        } else {
            closed = byte == quote;
            cursor.step();
        }
    }
    cursor.ink(Ink::String);
    closed
}

/// The key of an assignment, quoted or bare, up to its sign.
fn key(cursor: &mut Cursor) {
    let line = cursor.rest();
    let has_sign = line.contains('=') || line.contains(':');
    let start = cursor.at();
    if has_sign {
        if matches!(cursor.peek(), b'"' | b'\'') {
            string(cursor);
        }
        cursor.skip_while(|byte| !matches!(byte, b'=' | b':' | b' ' | b'\t' | b'#'));
        cursor.ink_from(start, Ink::Property);
        cursor.skip_blanks();
        if matches!(cursor.peek(), b'=' | b':') {
            let sign = cursor.at();
            cursor.step();
            cursor.ink_from(sign, Ink::Operator);
        }
    }
}

/// A number, a constant or a sign.
fn value(cursor: &mut Cursor) {
    let start = cursor.at();
    let byte = cursor.peek();
    if byte.is_ascii_digit() || (matches!(byte, b'-' | b'+') && cursor.ahead(1).is_ascii_digit()) {
        cursor.step();
        cursor.skip_while(|byte| is_name(byte) || matches!(byte, b'.' | b'+' | b'-' | b':'));
        cursor.ink_from(start, Ink::Number);
    } else if starts_name(byte) {
        cursor.skip_while(|byte| is_name(byte) || matches!(byte, b'-' | b'.'));
        if matches!(
            cursor.since(start),
            "true" | "false" | "null" | "inf" | "nan"
        ) {
            cursor.ink_from(start, Ink::Constant);
        } else if cursor.rest().trim_start().starts_with(':') {
            cursor.ink_from(start, Ink::Property);
        }
    } else {
        cursor.step();
    }
}
