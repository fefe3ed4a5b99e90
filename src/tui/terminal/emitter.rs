//! Bytes for the terminal, as few as will do: it knows where the cursor stands and which style is set, and writes only
//! the difference. It decides nothing about what is drawn.

use std::sync::Arc;

use ratatui::buffer::Cell;
use ratatui::style::Color;

use crate::tui::terminal::colour::{Depth, degrade};
use crate::tui::terminal::glyph::Glyph;
use crate::tui::terminal::link::{self, Link};
use crate::tui::terminal::pen::{Pen, push_number, write_change};

/// Begin and end of a synchronised update: what stands between is shown at once.
const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
const SYNC_END: &[u8] = b"\x1b[?2026l";

#[derive(Debug)]
pub struct Emitter {
    out: Vec<u8>,
    depth: Depth,
    /// Column and row of the cursor, each where known. The column is unknown after the last one of a row, where
    /// terminals differ, and after symbols on whose width they differ.
    column: Option<u16>,
    row: Option<u16>,
    pen: Option<Pen>,
    /// The link that what is drawn belongs to; whoever draws ends it with the frame.
    link: Option<Arc<Link>>,
    /// Whether the cursor was taken elsewhere in this frame, and whether anything was drawn: both make a frame that
    /// could be seen half done.
    moved: bool,
    drawn: bool,
    change: Vec<u8>,
    anew: Vec<u8>,
}

impl Emitter {
    pub fn new(depth: Depth) -> Self {
        Self {
            out: Vec::new(),
            depth,
            column: None,
            row: None,
            pen: None,
            link: None,
            moved: false,
            drawn: false,
            change: Vec::new(),
            anew: Vec::new(),
        }
    }

    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// Begins a frame; the bytes of the last are gone.
    pub fn begin(&mut self) {
        self.out.clear();
        self.out.extend_from_slice(SYNC_BEGIN);
        self.moved = false;
        self.drawn = false;
    }

    /// The frame's bytes, none when nothing was written. A frame that is one run of text from where the cursor stood to
    /// where it shall stand, or a move alone, cannot be seen half done and goes without the 16 bytes of the markers.
    pub fn finish(&mut self) -> &[u8] {
        if self.moved && self.drawn {
            self.out.extend_from_slice(SYNC_END);
            &self.out
        } else {
            &self.out[SYNC_BEGIN.len()..]
        }
    }

    /// Forgets cursor and style: others wrote to the terminal.
    pub fn forget(&mut self) {
        self.column = None;
        self.row = None;
        self.pen = None;
    }

    /// The column of the cursor, when it stands in this row and is known.
    pub fn column_in(&self, row: u16) -> Option<u16> {
        self.column.filter(|_| self.row == Some(row))
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// What is drawn from here on belongs to this link, or to none.
    pub fn link_to(&mut self, link: Option<&Arc<Link>>) {
        if self.link.as_ref() == link {
            return;
        }
        match link {
            Some(link) => self.raw(link.begin().as_bytes()),
            None => self.raw(link::END.as_bytes()),
        }
        self.link = link.cloned();
    }

    /// The link that is open.
    pub fn link(&self) -> Option<&Arc<Link>> {
        self.link.as_ref()
    }

    /// Clears the screen to blanks of this background; only where erasing is known to colour may it be another than the
    /// terminal's own.
    pub fn clear(&mut self, background: Color) {
        self.link_to(None);
        self.pen_to(Pen {
            bg: degrade(background, self.depth),
            ..Pen::default()
        });
        self.raw(b"\x1b[2J");
        self.drawn = true;
        self.moved = true;
    }

    /// Moves the rows `top..bottom` up by `lines`, or down when negative; blanks of the terminal's own background follow.
    /// Line feeds at the foot, or reverse ones at the head, since not every terminal knows SU and SD.
    pub fn scroll(&mut self, top: u16, bottom: u16, lines: i16) {
        self.link_to(None);
        self.pen_to(Pen::default());
        self.csi(&[top + 1, bottom], b'r');
        // Where the cursor stands now is read in two ways; say it.
        self.column = None;
        self.row = None;
        if lines > 0 {
            self.move_to(0, bottom - 1);
        } else {
            self.move_to(0, top);
        }
        for _ in 0..lines.unsigned_abs() {
            self.raw(if lines > 0 { b"\n" } else { b"\x1bM" });
        }
        self.raw(b"\x1b[r");
        self.column = None;
        self.row = None;
        self.moved = true;
        self.drawn = true;
    }

    /// Draws a glyph where the cursor stands; `columns` is the width of the screen.
    pub fn draw(&mut self, glyph: &Glyph<'_>, pen: Pen, columns: u16) {
        let pen = match self.pen {
            Some(set) if glyph.text == " " && pen.blank_like(&set) => set,
            _ => pen,
        };
        self.pen_to(pen);
        if glyph.loose && glyph.width > 1 {
            // A terminal that takes one column less would leave the old character in the last.
            for _ in 0..glyph.width {
                self.raw(b" ");
            }
            if let Some(column) = self.column {
                self.csi(&[column + 1], b'G');
            }
            self.moved = true;
        }
        self.raw(glyph.text.as_bytes());
        self.column = self
            .column
            .map(|column| column + glyph.width)
            .filter(|&column| column < columns && !glyph.loose);
        self.drawn = true;
    }

    /// Bytes it would take to draw these blanks or letters in the style that is set; `None` when another is needed.
    pub fn price(&self, glyph: &Glyph<'_>, cell: &Cell) -> Option<usize> {
        let set = self.pen?;
        let pen = Pen::of(cell, self.depth);
        let fits = pen == set || (glyph.text == " " && pen.blank_like(&set));
        (fits && !glyph.loose).then_some(glyph.text.len())
    }

    /// Erases to the end of the row in this background.
    pub fn erase_row(&mut self, background: Color) {
        // In some terminals what is erased belongs to the link that is open.
        self.link_to(None);
        let wanted = Pen {
            bg: degrade(background, self.depth),
            ..Pen::default()
        };
        if !self.pen.is_some_and(|set| wanted.blank_like(&set)) {
            self.pen_to(wanted);
        }
        self.raw(b"\x1b[K");
        self.drawn = true;
    }

    /// Moves the cursor by the shortest of the ways there are.
    pub fn move_to(&mut self, x: u16, y: u16) {
        if self.column == Some(x) && self.row == Some(y) {
            return;
        }
        self.moved = true;
        let start = self.out.len();
        if y == 0 && x == 0 {
            self.raw(b"\x1b[H");
        } else if x == 0 {
            self.csi(&[y + 1], b'H');
        } else {
            self.csi(&[y + 1, x + 1], b'H');
        }
        let direct = self.out.len() - start;
        if let Some(row) = self.row {
            let middle = self.out.len();
            self.step(row, x, y);
            if self.out.len() - middle < direct {
                self.out.drain(start..middle);
            } else {
                self.out.truncate(middle);
            }
        }
        self.column = Some(x);
        self.row = Some(y);
    }

    /// From a known row: first to the column, then to the row. Line feeds keep the column in raw mode, and never
    /// scroll since the row aimed at exists.
    fn step(&mut self, row: u16, x: u16, y: u16) {
        match self.column {
            Some(column) if column == x => {}
            _ if x == 0 => self.raw(b"\r"),
            Some(column) if column > x && column - x < 4 => {
                for _ in x..column {
                    self.raw(b"\x08");
                }
            }
            Some(column) if column > x && column - x < x => self.csi(&[column - x], b'D'),
            Some(column) if column < x && x - column <= x => self.csi(&[x - column], b'C'),
            _ => self.csi(&[x + 1], b'G'),
        }
        if y > row && y - row < 4 {
            for _ in row..y {
                self.raw(b"\n");
            }
        } else if y > row {
            self.csi(&[y - row], b'B');
        } else if y < row {
            self.csi(&[row - y], b'A');
        }
    }

    /// `CSI numbers final`; a lone 1 is the default and left out.
    fn csi(&mut self, numbers: &[u16], last: u8) {
        self.raw(b"\x1b[");
        if numbers != [1] {
            for (index, &number) in numbers.iter().enumerate() {
                if index > 0 {
                    self.out.push(b';');
                }
                push_number(&mut self.out, number);
            }
        }
        self.out.push(last);
    }

    fn pen_to(&mut self, pen: Pen) {
        let set = self.pen.replace(pen);
        if set == Some(pen) {
            return;
        }
        if pen == Pen::default() {
            self.raw(b"\x1b[m");
            return;
        }
        self.anew.clear();
        self.anew.push(b'0');
        write_change(&mut self.anew, Pen::default(), pen);
        let parameters = if let Some(set) = set {
            self.change.clear();
            write_change(&mut self.change, set, pen);
            if self.change.len() <= self.anew.len() {
                &self.change
            } else {
                &self.anew
            }
        } else {
            &self.anew
        };
        self.out.extend_from_slice(b"\x1b[");
        self.out.extend_from_slice(parameters);
        self.out.push(b'm');
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;

    fn pen(fg: Color, bg: Color, modifier: Modifier) -> Pen {
        Pen {
            fg,
            bg,
            underline: Color::Reset,
            modifier,
        }
    }

    #[test]
    fn styles_change_by_what_differs() {
        use Color::{Blue, Indexed, LightRed, Red, Reset, Rgb};
        let none = Modifier::empty();
        let (bold, dim) = (Modifier::BOLD, Modifier::DIM);
        let cases = [
            (pen(Reset, Reset, none), pen(Red, Reset, none), "\x1b[31m"),
            (pen(Red, Reset, none), pen(Red, Blue, none), "\x1b[44m"),
            (pen(Red, Blue, bold), pen(Red, Blue, none), "\x1b[22m"),
            (pen(Red, Blue, bold), pen(Red, Blue, dim), "\x1b[22;2m"),
            (
                pen(Red, Blue, bold | dim),
                pen(Red, Blue, bold),
                "\x1b[22;1m",
            ),
            (pen(Red, Blue, bold), pen(Reset, Reset, none), "\x1b[m"),
            (
                pen(Red, Blue, bold | Modifier::ITALIC | Modifier::UNDERLINED),
                pen(LightRed, Reset, none),
                "\x1b[0;91m",
            ),
            (
                pen(Reset, Reset, none),
                pen(Indexed(200), Rgb(1, 20, 255), none),
                "\x1b[38;5;200;48;2;1;20;255m",
            ),
        ];
        for (from, to, expected) in cases {
            let mut emitter = Emitter::new(Depth::True);
            emitter.pen = Some(from);
            emitter.pen_to(to);
            assert_eq!(
                String::from_utf8_lossy(&emitter.out),
                expected,
                "{from:?} to {to:?}"
            );
        }
    }

    #[test]
    fn the_cursor_takes_the_shortest_way() {
        let cases = [
            ((5, 5), (5, 5), ""),
            ((5, 5), (0, 5), "\r"),
            ((5, 5), (0, 6), "\r\n"),
            ((5, 5), (5, 7), "\n\n"),
            ((5, 5), (4, 5), "\x08"),
            ((5, 5), (6, 5), "\x1b[C"),
            ((5, 5), (17, 5), "\x1b[12C"),
            ((90, 5), (80, 5), "\x1b[10D"),
            ((90, 5), (3, 5), "\x1b[4G"),
            ((5, 5), (5, 4), "\x1b[A"),
            ((5, 5), (0, 0), "\x1b[H"),
            ((5, 5), (0, 30), "\x1b[31H"),
            ((5, 5), (60, 30), "\x1b[31;61H"),
            ((5, 5), (60, 6), "\x1b[55C\n"),
        ];
        for ((from_x, from_y), (x, y), expected) in cases {
            let mut emitter = Emitter::new(Depth::True);
            emitter.column = Some(from_x);
            emitter.row = Some(from_y);
            emitter.move_to(x, y);
            assert_eq!(
                String::from_utf8_lossy(&emitter.out),
                expected,
                "{from_x},{from_y} to {x},{y}"
            );
        }
    }
}
