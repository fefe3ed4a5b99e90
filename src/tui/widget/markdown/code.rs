//! Blocks of code: a line at their left, each line of the source cut at the last cell and marked where it goes on, coloured when
//! drawn.

use std::ops::Range;

use crate::agent::visible::clean;
use crate::tui::widget::highlight::{Language, State};
use crate::tui::widget::markdown::inline::Origins;
use crate::tui::widget::paint::{Glyphs, Ink};
use crate::tui::widget::plain::CodeWriter;
use crate::tui::widget::sheet::Sheet;

/// A block of code under way, to which lines are added as they come.
#[derive(Debug, Clone)]
pub struct Lines {
    writer: CodeWriter,
    room: usize,
    /// What stands before its first row, and before the others.
    first: Option<Range<usize>>,
    rest: Range<usize>,
    /// The same before rows that go on with a line of the source.
    goes_on: Range<usize>,
}

impl Lines {
    /// Puts the line at the left behind what stands before the rows. Where there is no room for it, it is left out.
    pub fn begin(
        sheet: &mut Sheet,
        info: &str,
        glyphs: Glyphs,
        room: usize,
        first: &Range<usize>,
        rest: &Range<usize>,
    ) -> Self {
        let mut led = |lead: &Range<usize>, mark: &'static str| {
            if room < 6 {
                return lead.clone();
            }
            let start = sheet.flat().len();
            let before = sheet.flat().clone_part(lead.clone());
            sheet.flat().put_part(&before, 0..before.len());
            sheet.flat().put(mark, Ink::Gutter);
            start..sheet.flat().len()
        };
        let line = glyphs.pick("│ ", "| ");
        let first = led(first, line);
        let goes_on = led(rest, glyphs.pick("↳ ", "\\ "));
        let rest = led(rest, line);
        Self {
            writer: CodeWriter::new(Language::of_fence(info)),
            room: if room < 6 { room } else { room - 2 },
            first: Some(first),
            rest,
            goes_on,
        }
    }

    /// Says where the line that is added next stands in the source.
    pub fn at(&mut self, at: usize) {
        self.writer.at = Some(at);
    }

    pub fn add(&mut self, sheet: &mut Sheet, line: &str) {
        let first = self.first.take().unwrap_or_else(|| self.rest.clone());
        self.writer
            .line(sheet, line, self.room, usize::MAX, &first, &self.goes_on);
    }

    /// Adds a whole text, with where it stands in its source.
    pub fn all(mut self, sheet: &mut Sheet, text: &str, origins: &Origins) {
        let text = clean(text);
        let mut at = 0;
        for line in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
            let first = sheet.height();
            // In this text, and then in the source: of a tab that is partly the indent of the block the parser makes more blanks than
            // the source has bytes.
            self.writer.at = origins.of(at).map(|_| at);
            self.add(sheet, line);
            for row in first..sheet.height() {
                if let Some(part) = sheet.span(row).and_then(|part| origins.span(&part)) {
                    sheet.place_row(row, &part);
                }
            }
            at += line.len() + 1;
        }
    }

    /// What must be put back to take lines away again.
    pub fn state(&self) -> (State, Option<Range<usize>>) {
        (self.writer.state(), self.first.clone())
    }

    pub fn restore(&mut self, state: (State, Option<Range<usize>>)) {
        self.writer.set_state(state.0);
        self.first = state.1;
    }
}
