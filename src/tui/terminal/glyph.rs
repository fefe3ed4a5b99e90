//! What a cell's symbol becomes on a terminal: how many columns it takes, whether terminals agree on that, and what
//! is drawn in place of one that must not be drawn. The last line of defence; text from outside was cleaned long before.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;

use crate::agent::visible;
use crate::tui::terminal::width::{is_ambiguous, is_wide, of, of_char};

/// A symbol as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph<'a> {
    pub text: Cow<'a, str>,
    /// Columns it takes, at least 1 and never more than there is room for.
    pub width: u16,
    /// Columns a terminal may touch that draws each character of it for itself. Above `width` for joined emoji.
    pub reach: u16,
    /// Terminals differ on it: where the cursor stands afterwards is not known.
    pub loose: bool,
}

const BLANK: Glyph<'static> = Glyph {
    text: Cow::Borrowed(" "),
    width: 1,
    reach: 1,
    loose: false,
};

/// The symbol as it is drawn where `room` columns are left in its row. What carries control characters, takes no
/// column, or is wider than the room becomes a blank.
pub fn glyph(symbol: &str, room: u16) -> Glyph<'_> {
    if let [byte] = symbol.as_bytes() {
        return match byte {
            b' '..=b'~' => Glyph {
                text: Cow::Borrowed(symbol),
                ..BLANK
            },
            _ => BLANK,
        };
    }
    let text = visible::clean(symbol);
    // A tab or line feed is text to `clean`, and a move of the cursor to a terminal.
    if text.is_empty() || text.contains(['\n', '\t']) {
        return BLANK;
    }
    let width = cells(&text);
    if width == 0 || width > room {
        return BLANK;
    }
    let (reach, loose) = agreement(&text, width);
    if reach > room {
        // Where the row ends, a terminal that takes it apart would go on in the next row.
        return first_only(&text, room);
    }
    Glyph {
        text,
        width,
        reach,
        loose,
    }
}

/// The columns a symbol takes where `room` are left, without looking at more of it than needed.
pub fn width(symbol: &str, room: u16) -> u16 {
    if symbol.len() <= 1 {
        1
    } else {
        glyph(symbol, room).width
    }
}

/// Columns of a symbol of more than one byte.
fn cells(text: &str) -> u16 {
    if is_wide() {
        of(text) as u16
    } else {
        text.cell_width()
    }
}

fn agreement(text: &str, width: u16) -> (u16, bool) {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return (width, false);
    };
    let first_width = columns(first);
    let mut sum = first_width;
    // Newer emoji are unknown to older terminals; marks that take no column are common ground.
    let mut loose =
        first >= '\u{1f000}' || first_width != width || (is_wide() && is_ambiguous(text));
    for c in chars {
        sum += columns(c);
        loose |= columns(c) != 0 || matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    }
    (sum.max(width), loose)
}

fn first_only(text: &str, room: u16) -> Glyph<'static> {
    let first: String = text.chars().take(1).collect();
    let width = cells(&first);
    if width == 0 || width > room {
        return BLANK;
    }
    Glyph {
        text: Cow::Owned(first),
        width,
        reach: width,
        loose: true,
    }
}

fn columns(c: char) -> u16 {
    of_char(c) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_become_what_may_be_drawn() {
        let cases = [
            ("a", 9, "a", 1, 1, false),
            (" ", 9, " ", 1, 1, false),
            ("", 9, " ", 1, 1, false),
            ("\u{1b}", 9, " ", 1, 1, false),
            ("\t", 9, " ", 1, 1, false),
            ("\u{7f}", 9, " ", 1, 1, false),
            ("\u{9b}", 9, " ", 1, 1, false),
            ("\u{1b}[2J", 9, " ", 1, 1, false),
            ("\u{202e}", 9, " ", 1, 1, false),
            ("a\n", 9, " ", 1, 1, false),
            ("é", 9, "é", 1, 1, false),
            ("e\u{301}", 9, "e\u{301}", 1, 1, false),
            ("漢", 9, "漢", 2, 2, false),
            ("漢", 1, " ", 1, 1, false),
            ("─", 9, "─", 1, 1, false),
            ("🦞", 9, "🦞", 2, 2, true),
            ("❤\u{fe0f}", 9, "❤\u{fe0f}", 2, 2, true),
            ("👩\u{200d}💻", 9, "👩\u{200d}💻", 2, 4, true),
            ("👩\u{200d}💻", 3, "👩", 2, 2, true),
            ("👩\u{200d}💻", 1, " ", 1, 1, false),
        ];
        for (symbol, room, text, width, reach, loose) in cases {
            let expected = Glyph {
                text: Cow::Borrowed(text),
                width,
                reach,
                loose,
            };
            assert_eq!(glyph(symbol, room), expected, "{symbol:?} in {room}");
            assert_eq!(super::width(symbol, room), width, "{symbol:?} in {room}");
        }
    }
}
