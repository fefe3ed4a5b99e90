//! The lexer of style sheets. Inside braces a name before a colon is a property; outside everything selects.

use crate::tui::widget::highlight::State;
use crate::tui::widget::highlight::cursor::{Cursor, is_name, starts_name};
use crate::tui::widget::paint::Ink;

const COMMENT: u8 = 1;

/// `level` counts the open braces; `data` is 1 after a property's colon, until its semicolon.
pub fn css(state: State, cursor: &mut Cursor) -> State {
    let mut state = state;
    while !cursor.ended() {
        if state.mode == COMMENT {
            comment(&mut state, cursor);
            continue;
        }
        let start = cursor.at();
        let value = state.data == 1;
        match cursor.peek() {
            b'/' if cursor.ahead(1) == b'*' => {
                cursor.ink(Ink::Plain);
                cursor.skip(2);
                state.mode = COMMENT;
                // An opening at the end of a line must colour itself.
                comment(&mut state, cursor);
            }
            b'/' if cursor.ahead(1) == b'/' && !value => {
                cursor.ink(Ink::Plain);
                cursor.to_end();
                cursor.ink(Ink::Comment);
            }
            quote @ (b'"' | b'\'') => {
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
            b'{' => {
                cursor.step();
                state.level = state.level.saturating_add(1);
                state.data = 0;
            }
            b'}' => {
                cursor.step();
                state.level = state.level.saturating_sub(1);
                state.data = 0;
            }
            b';' => {
                cursor.step();
                state.data = 0;
            }
            b'@' | b'!' => {
                cursor.step();
                name(cursor);
                cursor.ink_from(start, Ink::Keyword);
            }
            b'$' => {
                cursor.step();
                name(cursor);
                cursor.ink_from(start, Ink::Property);
                colon(&mut state, cursor);
            }
            b'#' if value => {
                cursor.step();
                name(cursor);
                cursor.ink_from(start, Ink::Number);
            }
            b'#' | b'.' if !value && (starts_name(cursor.ahead(1)) || cursor.ahead(1) == b'-') => {
                cursor.step();
                name(cursor);
                cursor.ink_from(start, Ink::Type);
            }
            b':' if !value => {
                cursor.skip_while(|byte| byte == b':');
                name(cursor);
                cursor.ink_from(start, Ink::Attribute);
            }
            byte if byte.is_ascii_digit() || (byte == b'.' && cursor.ahead(1).is_ascii_digit()) => {
                cursor.skip_while(|byte| is_name(byte) || matches!(byte, b'.' | b'%'));
                cursor.ink_from(start, Ink::Number);
            }
            byte if starts_name(byte)
                || (byte == b'-' && (is_name(cursor.ahead(1)) || cursor.ahead(1) == b'-')) =>
            {
                word(&mut state, cursor);
            }
            b'>' | b'+' | b'~' | b'*' | b'=' | b'&' => {
                cursor.step();
                cursor.ink_from(start, Ink::Operator);
            }
            _ => cursor.step(),
        }
    }
    state
}

fn word(state: &mut State, cursor: &mut Cursor) {
    let start = cursor.at();
    let value = state.data == 1;
    name(cursor);
    let variable = cursor.since(start).starts_with("--");
    if cursor.peek() == b'(' {
        cursor.ink_from(start, Ink::Function);
    } else if value {
        cursor.ink_from(start, if variable { Ink::Property } else { Ink::Plain });
    } else if state.level > 0 && is_declaration(cursor.rest(), variable) {
        cursor.ink_from(start, Ink::Property);
        colon(state, cursor);
    } else {
        cursor.ink_from(start, Ink::Keyword);
    }
}

/// Whether a colon follows that belongs to a declaration and not to a selector such as `a:hover {`.
fn is_declaration(rest: &str, variable: bool) -> bool {
    rest.trim_start().strip_prefix(':').is_some_and(|after| {
        variable || after.is_empty() || after.starts_with([' ', '\t']) || !after.contains('{')
    })
}

fn colon(state: &mut State, cursor: &mut Cursor) {
    cursor.skip_blanks();
    if cursor.peek() == b':' {
        cursor.ink(Ink::Plain);
        cursor.step();
        cursor.ink(Ink::Operator);
        state.data = 1;
    }
}

fn name(cursor: &mut Cursor) {
    cursor.skip_while(|byte| is_name(byte) || byte == b'-');
}

fn comment(state: &mut State, cursor: &mut Cursor) {
    if let Some(end) = cursor.rest().find("*/") {
        cursor.skip(end + 2);
        state.mode = 0;
    } else {
        cursor.to_end();
    }
    cursor.ink(Ink::Comment);
}
