//! What the terminal shows and what it shall show: two buffers of cells, and the bytes that lead from one to the other.
//! Pure: it knows no file. Whoever writes the bytes must write all of them, in order.
//!
//! The buffer drawn into keeps what was drawn, so that a pane without news costs nothing.

use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Color;

use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::emitter::{Emitter, Pen, is_plain_blank, same_look};
use crate::tui::terminal::glyph::{glyph, width as glyph_width};

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
    back: Buffer,
    /// What the terminal shows, row by row, as it was drawn.
    front: Vec<Cell>,
    /// Columns of the symbol that begins at a cell of `front`; 0 where one before it covers it.
    spans: Vec<u16>,
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
            back: Buffer::empty(Rect::default()),
            front: Vec::new(),
            spans: Vec::new(),
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

    pub fn area(&self) -> Rect {
        self.back.area
    }

    /// The buffer to draw into; it holds what was drawn last.
    pub fn frame(&mut self) -> &mut Buffer {
        &mut self.back
    }

    /// Makes the buffer blank.
    pub fn clear(&mut self) {
        self.back.content.fill(Cell::EMPTY);
    }

    /// Another size: the buffer is blank, and the next flush draws everything.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.width = width.min(LARGEST.0);
        self.height = height.min(LARGEST.1);
        let cells = usize::from(self.width) * usize::from(self.height);
        self.back = Buffer::empty(Rect::new(0, 0, self.width, self.height));
        self.front = vec![Cell::EMPTY; cells];
        self.spans = vec![1; cells];
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
            let cells = self.range(row);
            if self.front[cells.clone()] != self.back.content[cells] {
                self.draw_row(row);
            }
        }
        self.place(cursor);
        self.emitter.finish()
    }

    fn range(&self, row: u16) -> Range<usize> {
        let start = usize::from(row) * usize::from(self.width);
        start..start + usize::from(self.width)
    }

    fn start_over(&mut self) {
        self.fresh = false;
        self.scrolls.clear();
        self.cursor_shown = None;
        self.emitter.forget();
        self.emitter.clear();
        self.front.fill(Cell::EMPTY);
        self.spans.fill(1);
    }

    /// Follows a hint when it saves more than it costs.
    fn scroll(&mut self, scroll: Scroll) {
        let stay = self.cells_to_draw(scroll, 0);
        let moved = self.cells_to_draw(scroll, scroll.lines);
        if stay < moved + SCROLL_COST {
            return;
        }
        self.emitter.scroll(scroll.top, scroll.bottom, scroll.lines);
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
    }

    /// How many cells of these rows would differ, were what they show first moved up by `lines`.
    fn cells_to_draw(&self, scroll: Scroll, lines: i16) -> usize {
        (scroll.top..scroll.bottom)
            .map(|row| {
                let wanted = &self.back.content[self.range(row)];
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
            &self.back.content[cells.clone()],
            &self.front[cells.clone()],
        );
        let spans = &self.spans[cells];
        self.wanted.clear();
        self.wanted.resize(usize::from(self.width), 0);
        self.changed.clear();
        self.changed.resize(usize::from(self.width), false);
        let mut touched = 0;
        let mut x = 0;
        while x < self.width {
            let at = usize::from(x);
            let room = self.width - x;
            let span = glyph_width(back[at].symbol(), room);
            self.wanted[at] = span;
            if x < touched || spans[at] != span || !same_look(&back[at], &front[at]) {
                self.changed[at] = true;
                if back[at].symbol().len() > 1 {
                    touched = touched.max(x + glyph(back[at].symbol(), room).reach);
                }
            }
            x += span;
        }
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
        self.front[cells.clone()].clone_from_slice(&self.back.content[cells.clone()]);
        self.spans[cells].copy_from_slice(&self.wanted);
    }

    /// Where the blanks begin that reach to the end of the row in one background that erasing gives.
    fn blank_tail(&self, row: u16) -> u16 {
        let cells = &self.back.content[self.range(row)];
        let background = cells.last().map(|cell| cell.bg).unwrap_or_default();
        if background != Color::Reset && !self.erases_in_colour {
            return self.width;
        }
        let blanks = cells
            .iter()
            .rev()
            .take_while(|cell| is_plain_blank(cell) && cell.bg == background)
            .count();
        self.width - blanks as u16
    }

    /// Erases from this column on, if that is shorter than to write the blanks that changed.
    fn erase_from(&mut self, row: u16, x: u16) -> bool {
        let changed = &self.changed[usize::from(x)..];
        let last = changed.iter().rposition(|&changed| changed).unwrap_or(0);
        if last as u16 + 1 < ERASE_FROM {
            return false;
        }
        self.go_to(x, row);
        let background = self.back.content[self.range(row).end - 1].bg;
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
                let cell = &self.back.content[start + usize::from(at)];
                let glyph = glyph(cell.symbol(), self.width - at);
                match self.emitter.price(&glyph, cell) {
                    Some(price) => bytes += price,
                    None => fits = false,
                }
                fits &= bytes <= skip;
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
        let cell = &self.back.content[self.range(row).start + usize::from(x)];
        let glyph = glyph(cell.symbol(), self.width - x);
        let pen = Pen::of(cell, self.emitter.depth());
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::num::NonZeroU16;

    use pretty_assertions::assert_eq;
    use proptest::prelude::*;
    use ratatui::style::{Modifier, Style};

    use super::*;

    struct Shown {
        screen: Screen,
        terminal: vt100::Parser,
    }

    impl Shown {
        fn new(width: u16, height: u16) -> Self {
            let size = |n| NonZeroU16::new(n).unwrap();
            Self {
                screen: Screen::new(width, height, Depth::True),
                terminal: vt100::Parser::new(size(height), size(width), 0),
            }
        }

        fn resize(&mut self, width: u16, height: u16) {
            let size = |n| NonZeroU16::new(n).unwrap();
            self.terminal.set_size(size(height), size(width));
            self.screen.resize(width, height);
        }

        /// Flushes, and answers the bytes it took.
        fn flush(&mut self, cursor: Option<Position>) -> Vec<u8> {
            let bytes = self.screen.flush(cursor).to_vec();
            self.terminal.process(&bytes);
            bytes
        }

        /// Compares every cell and the cursor with what an emulator makes of the bytes.
        fn check(&self, cursor: Option<Position>) {
            let area = self.screen.area();
            for y in 0..area.height {
                let mut x = 0;
                while x < area.width {
                    let wanted = &self.screen.back[(x, y)];
                    let shown = self.terminal.screen().cell(y, x).unwrap();
                    let glyph = glyph(wanted.symbol(), area.width - x);
                    assert_eq!(described(wanted, &glyph), seen(shown, &glyph), "{x},{y}");
                    x += glyph.width;
                }
            }
            let terminal = self.terminal.screen();
            assert_eq!(terminal.hide_cursor(), cursor.is_none());
            if let Some(Position { x, y }) = cursor {
                assert_eq!(terminal.cursor_position(), (y, x));
            }
        }
    }

    type Look = (String, vt100::Color, vt100::Color, Modifier);

    fn described(cell: &Cell, glyph: &crate::tui::terminal::glyph::Glyph<'_>) -> Look {
        let color = |color| match color {
            Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
            Color::Indexed(index) => vt100::Color::Idx(index),
            Color::Red => vt100::Color::Idx(1),
            Color::LightCyan => vt100::Color::Idx(14),
            _ => vt100::Color::Default,
        };
        look(
            glyph.text.to_string(),
            color(cell.fg),
            color(cell.bg),
            cell.modifier,
        )
    }

    fn seen(cell: &vt100::Cell, glyph: &crate::tui::terminal::glyph::Glyph<'_>) -> Look {
        let mut modifier = Modifier::empty();
        for (on, which) in [
            (cell.bold(), Modifier::BOLD),
            (cell.dim(), Modifier::DIM),
            (cell.italic(), Modifier::ITALIC),
            (cell.underline(), Modifier::UNDERLINED),
            (cell.inverse(), Modifier::REVERSED),
        ] {
            modifier.set(which, on);
        }
        let mut text = cell.contents().to_owned();
        if text.is_empty() {
            text.push(' ');
        }
        if glyph.loose && glyph.text.starts_with(&text) {
            // The emulator takes joined symbols apart.
            text = glyph.text.to_string();
        }
        look(text, cell.fgcolor(), cell.bgcolor(), modifier)
    }

    /// Of a blank only the background counts, unless a line goes through it.
    fn look(text: String, fg: vt100::Color, bg: vt100::Color, modifier: Modifier) -> Look {
        if text == " " && !modifier.intersects(Modifier::UNDERLINED | Modifier::REVERSED) {
            return (text, vt100::Color::Default, bg, Modifier::empty());
        }
        (text, fg, bg, modifier)
    }

    const TEXTS: [&str; 16] = [
        "a",
        "b ",
        "  ",
        "word",
        "long line of text",
        "漢字",
        "한",
        "é",
        "e\u{301}x",
        "─│",
        "🦞",
        "❤\u{fe0f}",
        "👩\u{200d}💻",
        "🇩🇪",
        "\u{1b}[2J",
        "x",
    ];

    fn a_style() -> impl Strategy<Value = Style> {
        let color = || {
            prop_oneof![
                4 => Just(Color::Reset),
                1 => Just(Color::Red),
                1 => Just(Color::LightCyan),
                1 => (16_u8..).prop_map(Color::Indexed),
                1 => any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
            ]
        };
        let modifier = prop_oneof![
            Just(Modifier::empty()),
            Just(Modifier::BOLD),
            Just(Modifier::DIM | Modifier::ITALIC),
            Just(Modifier::UNDERLINED | Modifier::BOLD),
            Just(Modifier::REVERSED),
        ];
        // What was set before is taken away: the emulator knows bold or dim, not both.
        (color(), color(), modifier).prop_map(|(fg, bg, modifier)| {
            Style::new()
                .fg(fg)
                .bg(bg)
                .add_modifier(modifier)
                .remove_modifier(modifier.complement())
        })
    }

    #[derive(Clone, Debug)]
    enum Act {
        Text(u16, u16, usize, Style),
        /// A symbol set without looking at what it covers.
        Symbol(u16, u16, usize, Style),
        Paint(u16, u16, u16, u16, Style),
        /// The rows move as the hint says.
        Scroll(u16, u16, i16),
        /// The hint is wrong.
        Hint(u16, u16, i16),
        Clear,
        Resize(u16, u16),
        Invalidate,
        Flush(Option<(u16, u16)>),
    }

    fn an_act() -> impl Strategy<Value = Act> {
        let at = || (0_u16..30, 0_u16..12);
        let text = 0..TEXTS.len();
        prop_oneof![
            8 => (at(), text.clone(), a_style()).prop_map(|((x, y), t, s)| Act::Text(x, y, t, s)),
            2 => (at(), text, a_style()).prop_map(|((x, y), t, s)| Act::Symbol(x, y, t, s)),
            1 => (at(), at(), a_style()).prop_map(|((x, y), (w, h), s)| Act::Paint(x, y, w, h, s)),
            3 => (at(), -4_i16..5).prop_map(|((a, b), n)| Act::Scroll(a, b, n)),
            1 => (at(), -4_i16..5).prop_map(|((a, b), n)| Act::Hint(a, b, n)),
            1 => Just(Act::Clear),
            1 => (1_u16..30, 1_u16..12).prop_map(|(w, h)| Act::Resize(w, h)),
            1 => Just(Act::Invalidate),
            5 => proptest::option::of(at()).prop_map(Act::Flush),
        ]
    }

    fn act(shown: &mut Shown, act: Act) {
        let area = shown.screen.area();
        let back = &mut shown.screen.back;
        match act {
            Act::Text(x, y, text, style) if area.contains(Position { x, y }) => {
                back.set_string(x, y, TEXTS[text], style);
            }
            Act::Symbol(x, y, text, style) if area.contains(Position { x, y }) => {
                back[(x, y)].set_symbol(TEXTS[text]).set_style(style);
            }
            Act::Text(..) | Act::Symbol(..) => {}
            Act::Paint(x, y, width, height, style) => {
                back.set_style(Rect::new(x, y, width, height).intersection(area), style);
            }
            Act::Scroll(top, bottom, lines) => {
                let bottom = bottom.min(area.height);
                if top < bottom && lines.unsigned_abs() <= bottom - top {
                    let cells = usize::from(area.width) * usize::from(lines.unsigned_abs());
                    let start = usize::from(top) * usize::from(area.width);
                    let end = usize::from(bottom) * usize::from(area.width);
                    if lines > 0 {
                        back.content[start..end].rotate_left(cells);
                    } else {
                        back.content[start..end].rotate_right(cells);
                    }
                }
                shown.screen.scrolled(top..bottom, lines);
            }
            Act::Hint(top, bottom, lines) => shown.screen.scrolled(top..bottom, lines),
            Act::Clear => shown.screen.clear(),
            Act::Resize(width, height) => shown.resize(width, height),
            Act::Invalidate => shown.screen.invalidate(),
            Act::Flush(cursor) => {
                let cursor = cursor
                    .map(|(x, y)| Position::new(x.min(area.width - 1), y.min(area.height - 1)));
                shown.flush(cursor);
                shown.check(cursor);
                assert_eq!(shown.flush(cursor), b"", "nothing changed");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256 * soak(), failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is drawn, scrolled and resized in whatever order, the terminal shows the buffer after each flush.
        #[test]
        fn the_terminal_shows_the_buffer(acts in proptest::collection::vec(an_act(), 1..60), colour in any::<bool>()) {
            let mut shown = Shown::new(24, 8);
            shown.screen.erases_in_colour = colour;
            for step in acts {
                act(&mut shown, step);
            }
            act(&mut shown, Act::Flush(Some((3, 3))));
        }
    }

    fn soak() -> u32 {
        std::env::var("CREEL_SOAK")
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(1)
    }

    const COMPOSER: Option<Position> = Some(Position { x: 4, y: 38 });

    /// Words of an answer streamed into a pane of the full width over a composer, as a face does it: one frame for
    /// each few tokens, the whole pane moved up when its last row is full. Answers bytes for each token of about 4.3
    /// characters.
    fn bytes_for_a_token(hints: bool, style: Style) -> f64 {
        let mut shown = Shown::new(120, 40);
        shown
            .screen
            .frame()
            .set_style(Rect::new(0, 0, 120, 40), style);
        shown.flush(COMPOSER);
        let words: Vec<&str> =
            "the sandbox holds what was measured and nothing that was only hoped for"
                .split(' ')
                .collect();
        let mut column = 0;
        let mut bytes = 0;
        let mut letters = 0;
        for frame in 0..600 {
            // 3.3 tokens are about 14 letters: three words of this text.
            for word in 0..3 {
                let word = words[(frame * 3 + word) % words.len()];
                if column + word.len() > 118 {
                    column = 0;
                    let back = shown.screen.frame();
                    back.content[120..36 * 120].rotate_left(120);
                    for cell in &mut back.content[35 * 120..36 * 120] {
                        cell.reset();
                        cell.set_style(style);
                    }
                    if hints {
                        shown.screen.scrolled(1..36, 1);
                    }
                }
                shown
                    .screen
                    .frame()
                    .set_string(column as u16, 35, word, style);
                column += word.len() + 1;
                letters += word.len() + 1;
            }
            bytes += shown.flush(COMPOSER).len();
            if frame % 30 == 0 {
                shown.check(COMPOSER);
            }
        }
        bytes as f64 / (letters as f64 / 4.3)
    }

    #[test]
    fn streamed_text_costs_few_bytes() {
        let plain = bytes_for_a_token(true, Style::new());
        assert!(plain < 16.5, "{plain} bytes a token");
        let coloured = bytes_for_a_token(
            true,
            Style::new()
                .fg(Color::Rgb(1, 2, 3))
                .bg(Color::Rgb(200, 100, 150)),
        );
        assert!(coloured < 24.0, "{coloured} bytes a token");
        // Without the hint all that is shown is written again with each full row.
        let unhinted = bytes_for_a_token(false, Style::new());
        assert!(unhinted > 3.0 * plain, "{unhinted} bytes a token");
    }

    #[test]
    fn frames_are_as_short_as_can_be() {
        let mut shown = Shown::new(40, 6);
        let composer = Some(Position::new(2, 4));
        shown.screen.frame().set_string(0, 4, "> ", Style::new());
        assert_eq!(
            shown.flush(composer),
            b"\x1b[?2026h\x1b[m\x1b[2J\x1b[5H>\x1b[C\x1b[?25h\x1b[?2026l"
        );

        // A key typed where the cursor stands is one byte.
        shown.screen.frame().set_string(2, 4, "h", Style::new());
        assert_eq!(shown.flush(Some(Position::new(3, 4))), b"h");
        assert_eq!(shown.flush(Some(Position::new(3, 4))), b"");
        // A move alone needs no markers.
        assert_eq!(shown.flush(Some(Position::new(2, 4))), b"\x08");
        // Whatever else is drawn with the cursor elsewhere stands between them.
        shown
            .screen
            .frame()
            .set_string(0, 0, "ab", Style::new().fg(Color::Red));
        assert_eq!(
            shown.flush(Some(Position::new(2, 4))),
            b"\x1b[?2026h\x1b[H\x1b[31mab\x1b[4B\x1b[?2026l"
        );
        // Few blanks are written, many erased.
        shown.screen.frame().set_string(0, 0, "a ", Style::new());
        shown.flush(Some(Position::new(2, 4)));
        shown
            .screen
            .frame()
            .set_string(0, 1, "a long line", Style::new());
        shown.flush(Some(Position::new(0, 1)));
        shown
            .screen
            .frame()
            .set_string(0, 1, "a          ", Style::new());
        assert_eq!(
            shown.flush(Some(Position::new(0, 1))),
            b"\x1b[?2026ha \x1b[K\r\x1b[?2026l"
        );
    }

    #[test]
    fn sizes_that_cannot_be_are_borne() {
        for (width, height, area) in [
            (0, 0, Rect::new(0, 0, 0, 0)),
            (0, 5, Rect::new(0, 0, 0, 5)),
            (1, 1, Rect::new(0, 0, 1, 1)),
            (u16::MAX, 2, Rect::new(0, 0, 1000, 2)),
            (3, u16::MAX, Rect::new(0, 0, 3, 500)),
        ] {
            let mut screen = Screen::new(width, height, Depth::Sixteen);
            screen.scrolled(0..u16::MAX, i16::MIN);
            screen.scrolled(3..1, 1);
            let drawn = screen.flush(Some(Position::new(u16::MAX, u16::MAX))).len();
            assert_eq!((screen.area(), drawn > 0), (area, area.area() > 0));
        }
    }

    #[test]
    fn without_colours_only_attributes_are_sent() {
        let mut screen = Screen::new(10, 1, Depth::None);
        let style = Style::new()
            .fg(Color::Red)
            .bg(Color::Rgb(1, 2, 3))
            .add_modifier(Modifier::BOLD);
        screen.frame().set_string(0, 0, "a", style);
        assert_eq!(
            screen.flush(None),
            b"\x1b[?2026h\x1b[m\x1b[2J\x1b[H\x1b[1ma\x1b[?25l\x1b[?2026l"
        );
    }
}
