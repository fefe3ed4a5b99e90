//! The cells to be shown, and which of them were drawn since they were last compared with what the terminal shows.

use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use crate::tui::terminal::linked::Links;

#[derive(Debug, Default)]
pub struct Surface {
    buffer: Buffer,
    /// The columns of each row that may differ.
    touched: Vec<Range<u16>>,
    /// Which cells belong to a link.
    links: Links,
}

impl Surface {
    /// Blank cells, all of them touched.
    pub fn new(width: u16, height: u16) -> Self {
        let area = Rect::new(0, 0, width, height);
        Self {
            buffer: Buffer::empty(area),
            touched: vec![0..width; usize::from(height)],
            links: Links::new(height),
        }
    }

    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The buffer and what of it belongs to links, to draw into these columns of a row.
    pub fn open(&mut self, y: u16, columns: Range<u16>) -> (&mut Buffer, &mut Links) {
        self.touch(y, columns);
        (&mut self.buffer, &mut self.links)
    }

    /// Blank cells, all of them touched.
    pub fn clear(&mut self) {
        self.touch_all().content.fill(Cell::EMPTY);
        self.links.clear();
    }

    /// The buffer, to draw into these columns of a row.
    pub fn touch(&mut self, y: u16, columns: Range<u16>) -> &mut Buffer {
        if let Some(held) = self.touched.get_mut(usize::from(y)) {
            *held = if held.start >= held.end {
                columns
            } else {
                held.start.min(columns.start)..held.end.max(columns.end)
            };
        }
        &mut self.buffer
    }

    /// The buffer, to draw anywhere.
    pub fn touch_all(&mut self) -> &mut Buffer {
        for y in 0..self.buffer.area.height {
            self.touch(y, 0..self.buffer.area.width);
        }
        &mut self.buffer
    }

    /// The columns of a row that were touched since this was last asked.
    pub(crate) fn take_touched(&mut self, y: u16) -> Range<u16> {
        let held = self.touched.get_mut(usize::from(y));
        let columns = held.map_or(0..0, std::mem::take);
        columns.start..columns.end.min(self.buffer.area.width)
    }
}
