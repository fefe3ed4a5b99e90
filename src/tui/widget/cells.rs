//! Width on the screen, in cells: measured by what is seen as one character, with the width table that the terminal
//! library uses for its cells. Characters are never counted.

use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::terminal::width;

/// The longest symbol put into one cell, in bytes. Towers of combining marks are cut here; every emoji in use is shorter.
const SYMBOL: usize = 64;

/// Cells of one character as seen (a grapheme cluster); 0 for what is drawn as nothing, control characters included.
pub fn of_symbol(symbol: &str) -> usize {
    match symbol.as_bytes() {
        [byte] => usize::from((0x20..0x7f).contains(byte)),
        bytes => {
            // A cluster with a control character in it can only be a line end of two characters.
            if bytes.first().is_some_and(u8::is_ascii_control) {
                0
            } else {
                width::of(symbol)
            }
        }
    }
}

/// Whether a character of so many cells is wide by itself, as Chinese ones are, and not only on this terminal: rows may break
/// beside such a one.
pub fn is_full(symbol: &str, cells: usize) -> bool {
    cells > 1 && (!width::is_wide() || width::of_narrow(symbol) > 1)
}

/// Cells of a whole text on one line.
pub fn of(text: &str) -> usize {
    symbols(text).map(|(_, _, cells)| cells).sum()
}

/// Whether the text is wider than `limit`; looks no further than it must.
pub fn exceed(text: &str, limit: usize) -> bool {
    let mut width = 0;
    symbols(text).any(|(_, _, cells)| {
        width += cells;
        width > limit
    })
}

/// The length in bytes of the longest start of the text within `limit` cells, and its width. Zero-width characters after
/// it belong to it.
pub fn prefix(text: &str, limit: usize) -> (usize, usize) {
    // Printable ASCII, as most text is.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        let fitting = text.len().min(limit);
        return (fitting, fitting);
    }
    let mut width = 0;
    for (start, _, cells) in symbols(text) {
        if width + cells > limit {
            return (start, width);
        }
        width += cells;
    }
    (text.len(), width)
}

/// Each character as seen: where it starts, itself, its width.
pub fn symbols(text: &str) -> Symbols<'_> {
    Symbols { text, at: 0 }
}

/// See [`symbols`]. Runs of ASCII are cut byte by byte, which is several times as fast as the general rule.
#[derive(Debug, Clone)]
pub struct Symbols<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Symbols<'a> {
    type Item = (usize, &'a str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let first = *bytes.get(start)?;
        // Two ASCII bytes in a row never join, but for the line end of two characters.
        if first.is_ascii() && bytes.get(start + 1).is_none_or(u8::is_ascii) && first != b'\r' {
            self.at += 1;
            return Some((
                start,
                &self.text[start..=start],
                usize::from((0x20..0x7f).contains(&first)),
            ));
        }
        let symbol = self.text[start..].graphemes(true).next()?;
        self.at += symbol.len();
        Some((start, symbol, of_symbol(symbol)))
    }
}

/// Writes a text into a row of the buffer from `x` and stops before `end`; gives the column after the last cell written. A
/// wide character that does not fit whole is left out. Columns and rows outside the buffer are left alone.
pub fn write(buffer: &mut Buffer, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
    let Some(row) = row(buffer, x..end, y) else {
        return x;
    };
    let mut at = 0;
    for (_, symbol, cells) in symbols(text) {
        if cells == 0 {
            continue;
        }
        let room = row.get_mut(at..at + cells);
        let Some((first, rest)) = room.and_then(<[Cell]>::split_first_mut) else {
            break;
        };
        first.set_symbol(short(symbol)).set_style(style);
        for cell in rest {
            cell.reset();
            cell.set_style(style);
        }
        at += cells;
    }
    x + at as u16
}

/// Fills part of a row with one symbol of one cell.
pub fn fill(buffer: &mut Buffer, columns: Range<u16>, y: u16, symbol: &str, style: Style) {
    for cell in row(buffer, columns, y).into_iter().flatten() {
        cell.set_symbol(symbol).set_style(style);
    }
}

/// Makes part of a row blank, whatever stood there.
pub fn clear(buffer: &mut Buffer, columns: Range<u16>, y: u16, style: Style) {
    let mut blank = Cell::EMPTY;
    blank.set_style(style);
    if let Some(row) = row(buffer, columns, y) {
        row.fill(blank);
    }
}

/// The cells of a row, as far as the buffer has them.
fn row(buffer: &mut Buffer, columns: Range<u16>, y: u16) -> Option<&mut [Cell]> {
    let area = buffer.area;
    let end = columns.end.min(area.right());
    if y < area.top() || y >= area.bottom() || columns.start < area.left() || columns.start >= end {
        return None;
    }
    let start = buffer.index_of(columns.start, y);
    buffer
        .content
        .get_mut(start..start + usize::from(end - columns.start))
}

fn short(symbol: &str) -> &str {
    if symbol.len() <= SYMBOL {
        symbol
    } else {
        &symbol[..symbol.floor_char_boundary(SYMBOL)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn width_is_of_what_is_seen() {
        let cases = [
            ("", 0),
            ("abc", 3),
            ("汉字", 4),
            ("e\u{301}tude", 5),
            ("👩\u{200d}💻", 2),
            ("🇩🇪", 2),
            ("ｶﾞ", 2),
            ("a\tb", 2),
            ("\r\n", 0),
            ("│", 1),
        ];
        for (text, cells) in cases {
            assert_eq!(of(text), cells, "{text:?}");
        }
    }

    #[test]
    fn width_follows_the_terminal() {
        width::in_wide(|| {
            for (text, cells) in [
                ("Ωμ", 4),
                ("a→b", 4),
                ("汉字", 4),
                ("abc", 3),
                ("│", 2),
                ("ωή", 3),
            ] {
                assert_eq!(of(text), cells, "{text:?}");
            }
            assert_eq!(prefix("Ωμ", 3), (2, 2));
            assert!(exceed("жук", 5) && !exceed("жук", 6));
            assert!(!is_full("Ω", 2) && is_full("汉", 2));
            let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
            assert_eq!(write(&mut buffer, 0, 0, 6, "aжук", Style::new()), 5);
            let row: Vec<&str> = (0..6).map(|x| buffer[(x, 0)].symbol()).collect();
            assert_eq!(row, ["a", "ж", " ", "у", " ", " "]);
        });
    }

    #[test]
    fn a_prefix_never_splits_what_is_seen_as_one() {
        assert_eq!(prefix("汉字", 3), (3, 2));
        assert_eq!(prefix("e\u{301}tude", 1), (3, 1));
        assert_eq!(prefix("abc", 9), (3, 3));
        assert_eq!(prefix("汉", 0), (0, 0));
        assert!(exceed("汉字", 3));
        assert!(!exceed("汉字", 4));
    }

    #[test]
    fn writing_stays_within_its_bounds() {
        let mut buffer = Buffer::empty(Rect::new(2, 1, 5, 1));
        assert_eq!(write(&mut buffer, 2, 1, 6, "a汉字", Style::new()), 5);
        assert_eq!(write(&mut buffer, 2, 0, 9, "above", Style::new()), 2);
        assert_eq!(write(&mut buffer, 0, 1, 9, "left", Style::new()), 0);
        assert_eq!(write(&mut buffer, 9, 1, 12, "right", Style::new()), 9);
        let row: String = (2..7).map(|x| buffer[(x, 1)].symbol().to_owned()).collect();
        assert_eq!(row, "a汉   ");
    }

    #[test]
    fn a_tower_of_marks_is_cut() {
        let tower = format!("a{}", "\u{301}".repeat(5_000));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        assert_eq!(write(&mut buffer, 0, 0, 3, &tower, Style::new()), 1);
        assert!(buffer[(0, 0)].symbol().len() <= SYMBOL);
    }
}
