//! What is drawn, as the writes that draw it. They are kept from one frame to the next, and only rows that are written
//! otherwise than before become cells again: most of a streaming answer is as it was, and to make its cells and compare
//! them with what the terminal shows was most of the work of a frame.

use std::ops::Range;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::terminal::link::Link;
use crate::tui::terminal::linked::Links;
use crate::tui::terminal::surface::Surface;
use crate::tui::widget::cells;

/// A part of the screen that is drawn whole or not at all. What draws knows only this; the cells are painted from it.
#[derive(Debug, Default)]
pub struct Canvas {
    pub area: Rect,
    /// What stands where nothing is written; without it, what stood there shows through.
    ground: Option<Style>,
    rows: Vec<Row>,
    /// Something else may have been painted over it.
    unknown: bool,
}

#[derive(Debug, Default)]
struct Row {
    drawn: Script,
    painted: Script,
}

/// The writes of one row in their order. Two that are equal make the same cells.
#[derive(Debug, Default, PartialEq)]
struct Script {
    writes: Vec<Write>,
    /// The texts of all of them, one after the other.
    text: String,
    /// The links of all of them.
    links: Vec<Arc<Link>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Write {
    what: What,
    x: u16,
    end: u16,
    /// Bytes of the text that are its own.
    bytes: usize,
    style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Text,
    /// Text in the place of the same text, in another style: the cells belong to the link they belonged to.
    Mark,
    /// One symbol again and again.
    Fill,
    Blank,
    /// Cells that were written belong to the next of the links.
    Link,
}

impl Canvas {
    /// For one frame: what lies under it shows through where nothing is written.
    pub fn over(area: Rect) -> Self {
        let mut canvas = Self::default();
        canvas.begin(area, None);
        canvas
    }

    /// For one frame of its own.
    pub fn on(area: Rect, ground: Style) -> Self {
        let mut canvas = Self::default();
        canvas.begin(area, Some(ground));
        canvas
    }

    /// Draws anew: nothing is written yet.
    pub fn begin(&mut self, area: Rect, ground: Option<Style>) {
        self.unknown |= self.area != area || self.ground != ground;
        self.area = area;
        self.ground = ground;
        self.rows
            .resize_with(usize::from(area.height), Row::default);
        for row in &mut self.rows {
            row.drawn.writes.clear();
            row.drawn.text.clear();
            row.drawn.links.clear();
        }
    }

    /// The cells may show something else than was painted.
    pub fn forget(&mut self) {
        self.unknown = true;
    }

    fn push(&mut self, what: What, y: u16, columns: Range<u16>, text: &str, style: Style) {
        let row = y
            .checked_sub(self.area.y)
            .and_then(|y| self.rows.get_mut(usize::from(y)));
        if let Some(Row { drawn, .. }) = row {
            drawn.text.push_str(text);
            drawn.writes.push(Write {
                what,
                x: columns.start,
                end: columns.end,
                bytes: text.len(),
                style,
            });
        }
    }

    fn has_row(&self, y: u16) -> bool {
        (self.area.top()..self.area.bottom()).contains(&y)
    }

    /// Writes a text into a row from `x` and stops before `end`; gives the column after the last cell written. A wide
    /// character that does not fit whole is left out. What lies outside the area is left alone.
    pub fn write(&mut self, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
        self.put(What::Text, (x, y), end, text, style)
    }

    /// Writes a text over the same text in another style. It stays a link where it was one.
    pub fn mark(&mut self, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
        self.put(What::Mark, (x, y), end, text, style)
    }

    /// Says that cells of a row that were written belong to a link.
    pub fn link(&mut self, y: u16, columns: Range<u16>, link: &Arc<Link>) {
        let (start, end) = (
            columns.start.max(self.area.left()),
            columns.end.min(self.area.right()),
        );
        if start < end && self.has_row(y) {
            self.push(What::Link, y, start..end, "", Style::new());
            self.rows[usize::from(y - self.area.y)]
                .drawn
                .links
                .push(Arc::clone(link));
        }
    }

    fn put(&mut self, what: What, (x, y): (u16, u16), end: u16, text: &str, style: Style) -> u16 {
        let end = end.min(self.area.right());
        if !self.has_row(y) || x < self.area.left() || x >= end {
            return x;
        }
        let (bytes, width) = cells::prefix(text, usize::from(end - x));
        if width == 0 {
            return x;
        }
        let next = x + width as u16;
        self.push(what, y, x..next, &text[..bytes], style);
        next
    }

    /// Fills part of a row with one symbol of one cell.
    pub fn fill(&mut self, x: u16, y: u16, end: u16, symbol: &str, style: Style) {
        let (x, end) = (x.max(self.area.left()), end.min(self.area.right()));
        if x < end {
            self.push(What::Fill, y, x..end, symbol, style);
        }
    }

    /// Makes an area blank in one style, whatever was written there.
    pub fn blank(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.area);
        for y in area.top()..area.bottom() {
            self.push(What::Blank, y, area.left()..area.right(), "", style);
        }
    }

    /// The cells of the whole, for one that is looked at alone.
    #[cfg(test)]
    pub(crate) fn painted(&mut self) -> Buffer {
        let mut surface = Surface::new(self.area.right(), self.area.bottom());
        self.forget();
        self.paint(&mut surface);
        surface.buffer().clone()
    }

    /// Makes cells of the rows that are written otherwise than they were painted last.
    pub fn paint(&mut self, surface: &mut Surface) {
        let unknown = std::mem::take(&mut self.unknown);
        let columns = self.area.left()..self.area.right();
        for (y, row) in (self.area.top()..).zip(&mut self.rows) {
            let through = self.ground.is_none() && row.drawn.writes.is_empty();
            if through || (!unknown && row.drawn == row.painted) {
                continue;
            }
            let (buffer, links) = surface.open(y, columns.clone());
            if let Some(style) = self.ground {
                cells::clear(buffer, columns.clone(), y, style);
                links.unlink(y, &columns);
            }
            row.drawn.paint(buffer, links, y);
            std::mem::swap(&mut row.drawn, &mut row.painted);
        }
    }
}

impl Script {
    fn paint(&self, buffer: &mut Buffer, links: &mut Links, y: u16) {
        let mut text = self.text.as_str();
        let mut targets = self.links.iter();
        for write in &self.writes {
            let (own, rest) = text.split_at(write.bytes);
            text = rest;
            let columns = write.x..write.end;
            if !matches!(write.what, What::Mark | What::Link) {
                links.unlink(y, &columns);
            }
            match write.what {
                What::Text | What::Mark => {
                    cells::write(buffer, write.x, y, write.end, own, write.style);
                }
                What::Fill => cells::fill(buffer, columns, y, own, write.style),
                What::Blank => cells::clear(buffer, columns, y, write.style),
                What::Link => {
                    if let Some(link) = targets.next() {
                        links.link(y, columns, link);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, Strategy, prop_oneof};
    use proptest::{prop_assert_eq, proptest};
    use ratatui::style::Color;

    use super::*;

    const WIDTH: u16 = 8;
    const HEIGHT: u16 = 3;

    #[derive(Debug, Clone)]
    struct Stroke {
        what: What,
        x: u16,
        y: u16,
        end: u16,
        text: &'static str,
        style: Style,
    }

    fn stroke() -> impl Strategy<Value = Stroke> {
        let what = prop_oneof![
            Just(What::Text),
            Just(What::Fill),
            Just(What::Blank),
            Just(What::Mark),
            Just(What::Link)
        ];
        let texts = prop_oneof![
            Just(""),
            Just("a"),
            Just("two words"),
            Just("汉字"),
            Just("e\u{301}\u{301}"),
            Just("\u{301}x"),
            Just("a\tb"),
            Just("👩\u{200d}💻!"),
        ];
        let styles = prop_oneof![
            Just(Style::new()),
            Just(Style::new().fg(Color::Red)),
            Just(Style::new().bg(Color::Blue)),
        ];
        let (columns, rows) = (0..WIDTH + 2, 0..HEIGHT + 1);
        (what, columns.clone(), rows, columns, texts, styles).prop_map(
            |(what, x, y, end, text, style)| Stroke {
                what,
                x,
                y,
                end,
                text,
                style,
            },
        )
    }

    fn draw(canvas: &mut Canvas, strokes: &[Stroke]) {
        for stroke in strokes {
            let Stroke {
                x, y, end, style, ..
            } = *stroke;
            match stroke.what {
                What::Text => {
                    canvas.write(x, y, end, stroke.text, style);
                }
                What::Mark => {
                    canvas.mark(x, y, end, stroke.text, style);
                }
                What::Fill => canvas.fill(x, y, end, "─", style),
                What::Link => canvas.link(y, x..end, &a_link(stroke.text)),
                What::Blank => {
                    let area = Rect::new(x, y, end.saturating_sub(x), 2);
                    canvas.blank(area, style);
                }
            }
        }
    }

    fn a_link(text: &str) -> Arc<Link> {
        let address = format!("http://a.b/{}", text.len());
        Link::new(&address).unwrap_or_else(|| unreachable!("{address}"))
    }

    fn area() -> Rect {
        Rect::new(1, 0, WIDTH - 2, HEIGHT)
    }

    proptest! {
        /// Whatever is drawn frame after frame, the cells are those that the last frame alone would have made.
        #[test]
        fn what_was_drawn_before_is_never_seen(frames in vec(vec(stroke(), 0..6), 1..5)) {
            let ground = Style::new().bg(Color::Green);
            let mut surface = Surface::new(WIDTH, HEIGHT);
            let mut canvas = Canvas::default();
            for strokes in &frames {
                canvas.begin(area(), Some(ground));
                draw(&mut canvas, strokes);
                canvas.paint(&mut surface);

                let mut once = Surface::new(WIDTH, HEIGHT);
                let mut alone = Canvas::on(area(), ground);
                draw(&mut alone, strokes);
                alone.paint(&mut once);
                prop_assert_eq!(surface.buffer(), once.buffer());
                prop_assert_eq!(surface.links(), once.links());
            }
        }

        /// What is written over a link is none any more, unless it is the same text in another style.
        #[test]
        fn what_is_written_over_a_link_is_none(stroke in stroke()) {
            let mut surface = Surface::new(WIDTH, HEIGHT);
            let mut canvas = Canvas::over(Rect::new(0, 0, WIDTH, HEIGHT));
            for y in 0..HEIGHT {
                canvas.write(0, y, WIDTH, "12345678", Style::new());
                canvas.link(y, 1..7, &a_link("old"));
            }
            draw(&mut canvas, std::slice::from_ref(&stroke));
            canvas.paint(&mut surface);
            let mut plain = Surface::new(WIDTH, HEIGHT);
            let mut alone = Canvas::over(Rect::new(0, 0, WIDTH, HEIGHT));
            draw(&mut alone, std::slice::from_ref(&stroke));
            alone.paint(&mut plain);
            for (x, y) in (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))) {
                let drawn = alone.rows[usize::from(y)].painted.writes.iter()
                    .any(|write| (write.x..write.end).contains(&x));
                let expected = match stroke.what {
                    What::Link if drawn => Some(a_link(stroke.text)),
                    What::Text | What::Fill | What::Blank if drawn => None,
                    _ => (1..7).contains(&x).then(|| a_link("old")),
                };
                prop_assert_eq!(surface.links().at(x, y), expected.as_ref(), "{},{}", x, y);
            }
        }

        /// The column a text ends at is told without making cells, and must be where the cells end.
        #[test]
        fn a_text_ends_where_its_cells_do(stroke in stroke()) {
            let Stroke { x, y, end, text, style, .. } = stroke;
            let mut canvas = Canvas::over(Rect::new(0, 0, WIDTH, HEIGHT));
            let told = canvas.write(x, y, end, text, style);
            let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
            let ends = cells::write(&mut buffer, x, y, end, text, style);
            prop_assert_eq!(told, ends);
            prop_assert_eq!(canvas.painted(), buffer);
        }
    }

    #[test]
    fn only_rows_drawn_otherwise_are_touched() {
        let mut surface = Surface::new(WIDTH, HEIGHT);
        let mut canvas = Canvas::default();
        let frames: [(&[&str], &[u16]); 5] = [
            (&["one", "two", "three"], &[0, 1, 2]),
            (&["one", "two", "three"], &[]),
            (&["one", "too", "three"], &[1]),
            (&["one", "too"], &[2]),
            (&["one", "too"], &[]),
        ];
        let touched = |surface: &mut Surface| -> Vec<u16> {
            let rows = 0..HEIGHT;
            rows.filter(|&y| surface.take_touched(y).count() > 0)
                .collect()
        };
        touched(&mut surface);
        for (texts, expected) in frames {
            canvas.begin(area(), Some(Style::new()));
            for (y, text) in (0..).zip(texts) {
                canvas.write(1, y, WIDTH, text, Style::new());
            }
            canvas.paint(&mut surface);
            assert_eq!(touched(&mut surface), expected, "{texts:?}");
        }
        // What was painted over it is not known.
        canvas.begin(area(), Some(Style::new()));
        canvas.forget();
        canvas.paint(&mut surface);
        assert_eq!(touched(&mut surface), [0, 1, 2]);
    }
}
