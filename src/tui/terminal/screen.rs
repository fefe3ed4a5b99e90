//! What the terminal shows and what it shall show: two buffers of cells, and the bytes that lead from one to the other.
//! Pure: it knows no file. Whoever writes the bytes must write all of them, in order.
//!
//! The surface drawn into keeps what was drawn, so that a pane without news costs nothing; only what was touched is compared.

use std::ops::Range;
use std::sync::Arc;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Color;

use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::emitter::Emitter;
use crate::tui::terminal::glyph::{glyph, width as glyph_width};
use crate::tui::terminal::link::{self, Link};
use crate::tui::terminal::linked::Links;
use crate::tui::terminal::pen::{Pen, is_plain_blank, same_look};
use crate::tui::terminal::surface::Surface;

/// A terminal that says it is larger is taken to be this large: a lie costs memory.
pub const LARGEST: (u16, u16) = (1000, 500);

/// Fewer blanks than this at the end of a row are written, more are erased.
const ERASE_FROM: u16 = 4;

/// A scroll costs about this many bytes: margins, a move, line feeds, margins again.
const SCROLL_COST: usize = 24;

#[derive(Debug)]
pub struct Screen {
    width: u16,
    height: u16,
    back: Surface,
    /// What the terminal shows, row by row, as it was drawn.
    front: Vec<Cell>,
    /// Columns of the symbol that begins at a cell of `front`; 0 where one before it covers it.
    spans: Vec<u16>,
    /// Which cells of it belong to links; none where the terminal is not known to take them.
    links: Links,
    linking: bool,
    scrolls: Vec<Scroll>,
    emitter: Emitter,
    /// Nothing is known of the terminal: clear it first.
    fresh: bool,
    cursor_shown: Option<bool>,
    erases_in_colour: bool,
    wanted: Vec<u16>,
    changed: Vec<bool>,
}

#[derive(Clone, Copy, Debug)]
struct Scroll {
    top: u16,
    bottom: u16,
    lines: i16,
}

impl Screen {
    pub fn new(width: u16, height: u16, depth: Depth) -> Self {
        let mut screen = Self {
            width: 0,
            height: 0,
            back: Surface::default(),
            front: Vec::new(),
            spans: Vec::new(),
            links: Links::default(),
            linking: false,
            scrolls: Vec::new(),
            emitter: Emitter::new(depth),
            fresh: true,
            cursor_shown: None,
            erases_in_colour: false,
            wanted: Vec::new(),
            changed: Vec::new(),
        };
        screen.resize(width, height);
        screen
    }

    /// For terminals that erase to the background colour set (see `Ability::erases_in_colour`): fewer bytes.
    #[must_use]
    pub fn erasing_in_colour(mut self, erases: bool) -> Self {
        self.erases_in_colour = erases;
        self
    }

    /// For terminals that are known to take links (see `Ability::takes_links`).
    #[must_use]
    pub fn linking(mut self, links: bool) -> Self {
        self.linking = links;
        self
    }

    pub fn area(&self) -> Rect {
        self.back.area()
    }

    /// What is drawn into; it holds what was drawn last.
    pub fn surface(&mut self) -> &mut Surface {
        &mut self.back
    }

    /// Its cells, to draw anywhere.
    pub fn frame(&mut self) -> &mut Buffer {
        self.back.touch_all()
    }

    /// Makes the buffer blank.
    pub fn clear(&mut self) {
        self.back.clear();
    }

    /// Another size: the buffer is blank, and the next flush draws everything.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.width = width.min(LARGEST.0);
        self.height = height.min(LARGEST.1);
        let cells = usize::from(self.width) * usize::from(self.height);
        self.back = Surface::new(self.width, self.height);
        self.front = vec![Cell::EMPTY; cells];
        self.spans = vec![1; cells];
        self.links = Links::new(self.height);
        self.invalidate();
    }

    /// The terminal shows something else than was drawn, for instance after an editor had it.
    pub fn invalidate(&mut self) {
        self.fresh = true;
    }

    /// Says that what these rows showed in full width now stands `lines` higher (lower when negative), so that the
    /// terminal may move it instead of being sent it again. A hint: a wrong one costs bytes and nothing else.
    pub fn scrolled(&mut self, rows: Range<u16>, lines: i16) {
        let (top, bottom) = (rows.start, rows.end.min(self.height));
        let held = top < bottom && lines != 0 && lines.unsigned_abs() < bottom - top;
        // Terminals want margins of two rows at least, and few hints are ever given; a flood is a fault of the caller.
        if held && self.scrolls.len() < 16 {
            self.scrolls.push(Scroll { top, bottom, lines });
        }
    }

    /// The bytes that make the terminal show the buffer, with the cursor there or hidden; none when it already does.
    pub fn flush(&mut self, cursor: Option<Position>) -> &[u8] {
        self.emitter.begin();
        if self.width == 0 || self.height == 0 {
            return &[];
        }
        if self.fresh {
            self.start_over();
        }
        for index in 0..self.scrolls.len() {
            self.scroll(self.scrolls[index]);
        }
        self.scrolls.clear();
        for row in 0..self.height {
            let columns = self.back.take_touched(row);
            let start = self.range(row).start;
            let cells = start + usize::from(columns.start)..start + usize::from(columns.end);
            let linked =
                !columns.is_empty() && self.linking && !self.links.same(self.back.links(), row);
            if linked || self.front[cells.clone()] != self.back.buffer().content[cells] {
                self.draw_row(row);
            }
        }
        self.emitter.link_to(None);
        self.place(cursor);
        self.emitter.finish()
    }

    fn range(&self, row: u16) -> Range<usize> {
        let start = usize::from(row) * usize::from(self.width);
        start..start + usize::from(self.width)
    }

    fn start_over(&mut self) {
        self.fresh = false;
        self.back.touch_all();
        self.scrolls.clear();
        self.cursor_shown = None;
        self.emitter.forget();
        let mut blank = Cell::EMPTY;
        blank.bg = self.usual_background();
        if self.linking {
            // One that another program left open would go over all that follows.
            self.emitter.raw(link::END.as_bytes());
        }
        self.emitter.clear(blank.bg);
        self.front.fill(blank);
        self.links.clear();
        self.spans.fill(1);
    }

    /// The background most blanks have, so that a cleared screen has few of them left to draw.
    fn usual_background(&self) -> Color {
        if !self.erases_in_colour {
            return Color::Reset;
        }
        let mut counts: Vec<(Color, usize)> = Vec::new();
        for cell in self
            .back
            .buffer()
            .content
            .iter()
            .filter(|cell| is_plain_blank(cell))
        {
            match counts
                .iter_mut()
                .find(|(background, _)| *background == cell.bg)
            {
                Some((_, count)) => *count += 1,
                None => counts.push((cell.bg, 1)),
            }
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.map_or(Color::Reset, |(background, _)| background)
    }

    /// Follows a hint when it saves more than it costs.
    fn scroll(&mut self, scroll: Scroll) {
        let stay = self.cells_to_draw(scroll, 0);
        let moved = self.cells_to_draw(scroll, scroll.lines);
        if stay < moved + SCROLL_COST {
            return;
        }
        self.emitter.scroll(scroll.top, scroll.bottom, scroll.lines);
        for row in scroll.top..scroll.bottom {
            self.back.touch(row, 0..self.width);
        }
        let rows = self.range(scroll.top).start..self.range(scroll.bottom - 1).end;
        let cells = usize::from(scroll.lines.unsigned_abs()) * usize::from(self.width);
        let (front, spans) = (&mut self.front[rows.clone()], &mut self.spans[rows]);
        let blank = if scroll.lines > 0 {
            front.rotate_left(cells);
            spans.rotate_left(cells);
            front.len() - cells..front.len()
        } else {
            front.rotate_right(cells);
            spans.rotate_right(cells);
            0..cells
        };
        front[blank.clone()].fill(Cell::EMPTY);
        spans[blank].fill(1);
        self.links.scroll(scroll.top..scroll.bottom, scroll.lines);
    }

    /// How many cells of these rows would differ, were what they show first moved up by `lines`.
    fn cells_to_draw(&self, scroll: Scroll, lines: i16) -> usize {
        (scroll.top..scroll.bottom)
            .map(|row| {
                let wanted = &self.back.buffer().content[self.range(row)];
                let from = i32::from(row) + i32::from(lines);
                match u16::try_from(from) {
                    Ok(from) if (scroll.top..scroll.bottom).contains(&from) => wanted
                        .iter()
                        .zip(&self.front[self.range(from)])
                        .filter(|(wanted, shown)| !same_look(wanted, shown))
                        .count(),
                    _ => wanted
                        .iter()
                        .filter(|cell| !same_look(cell, &Cell::EMPTY))
                        .count(),
                }
            })
            .sum()
    }

    /// Finds what differs in a row: where symbols begin, and which have to be drawn.
    fn compare_row(&mut self, row: u16) {
        let cells = self.range(row);
        let (back, front) = (
            &self.back.buffer().content[cells.clone()],
            &self.front[cells.clone()],
        );
        let spans = &self.spans[cells];
        self.wanted.clear();
        self.wanted.resize(usize::from(self.width), 0);
        self.changed.clear();
        self.changed.resize(usize::from(self.width), false);
        if self.linking {
            compare_links(&self.links, self.back.links(), row, &mut self.changed);
        }
        let mut touched = 0;
        let mut x = 0;
        while x < self.width {
            let at = usize::from(x);
            let room = self.width - x;
            let span = glyph_width(back[at].symbol(), room);
            self.wanted[at] = span;
            if self.changed[at]
                || x < touched
                || spans[at] != span
                || !same_look(&back[at], &front[at])
            {
                self.changed[at] = true;
                if back[at].symbol().len() > 1 {
                    touched = touched.max(x + glyph(back[at].symbol(), room).reach);
                }
            }
            x += span;
        }
    }

    /// The link that a cell is to belong to.
    fn link(&self, x: u16, row: u16) -> Option<&Arc<Link>> {
        self.back.links().at(x, row).filter(|_| self.linking)
    }

    fn draw_row(&mut self, row: u16) {
        self.compare_row(row);
        let cells = self.range(row);
        let tail = self.blank_tail(row);
        let mut x = 0;
        while x < self.width {
            let at = usize::from(x);
            let span = self.wanted[at];
            if self.changed[at] {
                if x >= tail && self.erase_from(row, x) {
                    break;
                }
                self.go_to(x, row);
                self.put(x, row);
            }
            x += span;
        }
        self.front[cells.clone()].clone_from_slice(&self.back.buffer().content[cells.clone()]);
        self.spans[cells].copy_from_slice(&self.wanted);
        if self.linking {
            self.links.copy(self.back.links(), row);
        }
    }

    /// Where the blanks begin that reach to the end of the row in one background that erasing gives.
    fn blank_tail(&self, row: u16) -> u16 {
        let cells = &self.back.buffer().content[self.range(row)];
        let background = cells.last().map(|cell| cell.bg).unwrap_or_default();
        if background != Color::Reset && !self.erases_in_colour {
            return self.width;
        }
        let blanks = cells
            .iter()
            .rev()
            .take_while(|cell| is_plain_blank(cell) && cell.bg == background)
            .count();
        let tail = self.width - blanks as u16;
        if self.linking {
            tail.max(self.back.links().end(row))
        } else {
            tail
        }
    }

    /// Erases from this column on, if that is shorter than to write the blanks that changed.
    fn erase_from(&mut self, row: u16, x: u16) -> bool {
        let changed = &self.changed[usize::from(x)..];
        let last = changed.iter().rposition(|&changed| changed).unwrap_or(0);
        if last as u16 + 1 < ERASE_FROM {
            return false;
        }
        self.go_to(x, row);
        let background = self.back.buffer().content[self.range(row).end - 1].bg;
        self.emitter.erase_row(background);
        true
    }

    /// Brings the cursor there, over cells that are written again where that is shorter than to skip them.
    fn go_to(&mut self, x: u16, row: u16) {
        if let Some(column) = self.emitter.column_in(row)
            && column < x
            && x - column <= 5
        {
            let start = self.range(row).start;
            let skip = if x - column == 1 { 3 } else { 4 };
            let mut bytes = 0;
            let mut at = column;
            // The cursor may stand inside a wide symbol when it was put there by hand.
            let mut fits = self.wanted[usize::from(column)] > 0;
            while fits && at < x {
                let cell = &self.back.buffer().content[start + usize::from(at)];
                let glyph = glyph(cell.symbol(), self.width - at);
                match self.emitter.price(&glyph, cell) {
                    Some(price) => bytes += price,
                    None => fits = false,
                }
                fits &= bytes <= skip && self.link(at, row) == self.emitter.link();
                at += glyph.width;
            }
            if fits && at == x {
                at = column;
                while at < x {
                    at += self.put(at, row);
                }
                return;
            }
        }
        self.emitter.move_to(x, row);
    }

    /// Draws the symbol that begins here, where the cursor stands, and answers its width.
    fn put(&mut self, x: u16, row: u16) -> u16 {
        let cell = &self.back.buffer().content[self.range(row).start + usize::from(x)];
        let glyph = glyph(cell.symbol(), self.width - x);
        let pen = Pen::of(cell, self.emitter.depth());
        let link = self.back.links().at(x, row).filter(|_| self.linking);
        self.emitter.link_to(link);
        self.emitter.draw(&glyph, pen, self.width);
        glyph.width
    }

    fn place(&mut self, cursor: Option<Position>) {
        if let Some(position) = cursor {
            let x = position.x.min(self.width - 1);
            let y = position.y.min(self.height - 1);
            self.emitter.move_to(x, y);
        }
        if self.cursor_shown != Some(cursor.is_some()) {
            self.cursor_shown = Some(cursor.is_some());
            self.emitter.raw(if cursor.is_some() {
                b"\x1b[?25h"
            } else {
                b"\x1b[?25l"
            });
        }
    }
}

/// Marks the cells of a row as changed that are shown with another link than they belong to.
fn compare_links(shown: &Links, wanted: &Links, row: u16, changed: &mut [bool]) {
    if shown.same(wanted, row) {
        return;
    }
    for (x, changed) in (0..).zip(changed) {
        *changed = shown.at(x, row) != wanted.at(x, row);
    }
}
