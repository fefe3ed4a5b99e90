//! The lexers of build recipes: Dockerfiles and makefiles.

use crate::tui::widget::highlight::State;
use crate::tui::widget::highlight::cursor::{Cursor, is_name};
use crate::tui::widget::paint::Ink;

/// The line before ended with a backslash.
const GOES_ON: u8 = 1;

pub fn docker(state: State, cursor: &mut Cursor) -> State {
    cursor.skip_blanks();
    if cursor.peek() == b'#' {
        cursor.ink(Ink::Plain);
        cursor.to_end();
        cursor.ink(Ink::Comment);
        return state;
    }
    if state.mode != GOES_ON {
        let start = cursor.at();
        cursor.skip_while(|byte| byte.is_ascii_alphabetic());
        cursor.ink_from(start, Ink::Keyword);
    }
    while !cursor.ended() {
        let start = cursor.at();
        match cursor.peek() {
            b'"' | b'\'' => string(cursor),
            b'$' => variable(cursor),
            b'-' if cursor.ahead(1) == b'-' && cursor.behind() == b' ' => {
                cursor.skip_while(|byte| is_name(byte) || byte == b'-');
                cursor.ink_from(start, Ink::Attribute);
            }
            b'A' if cursor.starts("AS ") && cursor.behind() == b' ' => {
                cursor.skip(2);
                cursor.ink_from(start, Ink::Keyword);
            }
            b'=' | b'&' | b'|' | b'\\' => {
                cursor.step();
                cursor.ink_from(start, Ink::Operator);
            }
            byte if is_name(byte) => cursor.skip_while(|byte| is_name(byte) || byte == b'-'),
            _ => cursor.step(),
        }
    }
    goes_on(cursor)
}

pub fn make(state: State, cursor: &mut Cursor) -> State {
    let line = cursor.line();
    let recipe = line.starts_with('\t') || state.mode == GOES_ON;
    if !recipe {
        head(cursor);
    }
    while !cursor.ended() {
        let start = cursor.at();
        match cursor.peek() {
            b'#' if matches!(cursor.behind(), 0 | b' ' | b'\t') => {
                cursor.ink(Ink::Plain);
                cursor.to_end();
                cursor.ink(Ink::Comment);
            }
            b'"' | b'\'' => string(cursor),
            b'$' => variable(cursor),
            b'=' | b':' | b'?' | b'+' | b'@' | b'&' | b'|' | b'\\' | b'<' | b'>' => {
                cursor.step();
                cursor.ink_from(start, Ink::Operator);
            }
            _ => cursor.step(),
        }
    }
    goes_on(cursor)
}

/// The start of a line that is no recipe: a directive, a variable, or targets.
fn head(cursor: &mut Cursor) {
    let line = cursor.line();
    let start = cursor.at();
    let word = line.split([' ', '\t', '(']).next().unwrap_or_default();
    if matches!(
        word,
        "include"
            | "-include"
            | "ifeq"
            | "ifneq"
            | "ifdef"
            | "ifndef"
            | "else"
            | "endif"
            | "define"
            | "endef"
            | "export"
            | "unexport"
            | "override"
            | "vpath"
    ) {
        cursor.skip(word.len());
        cursor.ink_from(start, Ink::Keyword);
        return;
    }
    let Some(sign) = line.find([':', '=', '#', '$']) else {
        return;
    };
    let assigns = line[sign..].starts_with('=')
        || line[sign..].starts_with(":=")
        || line[sign..].starts_with("::=");
    let name = line[..sign].trim_end_matches(['?', '+', ' ']);
    if name.is_empty() || line[sign..].starts_with(['#', '$']) {
        return;
    }
    cursor.skip(name.len());
    cursor.ink_from(
        start,
        if assigns {
            Ink::Property
        } else {
            Ink::Function
        },
    );
}

fn goes_on(cursor: &Cursor) -> State {
    if cursor.line().ends_with('\\') {
        State::new(GOES_ON, 0, 0)
    } else {
        State::default()
    }
}

fn string(cursor: &mut Cursor) {
    let start = cursor.at();
    let quote = cursor.peek();
    cursor.step();
    while !cursor.ended() && cursor.peek() != quote {
        if cursor.peek() == b'\\' {
            cursor.step();
        }
        cursor.step();
    }
    cursor.step();
    cursor.ink_from(start, Ink::String);
}

fn variable(cursor: &mut Cursor) {
    let start = cursor.at();
    let close = match cursor.ahead(1) {
        b'{' => b'}',
        b'(' => b')',
        _ => {
            cursor.step();
            if is_name(cursor.peek()) {
                cursor.skip_while(is_name);
            } else {
                cursor.step();
            }
            cursor.ink_from(start, Ink::Property);
            return;
        }
    };
    cursor.skip_while(|byte| byte != close);
    cursor.step();
    cursor.ink_from(start, Ink::Property);
}
