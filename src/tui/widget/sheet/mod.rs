//! Laid-out text: rows of cells in one piece of memory, ready to be counted, drawn and dropped. A sheet belongs to one
//! width. Colours are not in it: it keeps inks, and of code only the line and where its lexer stood, so that only rows that
//! are drawn are ever coloured.

pub mod flat;

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::highlight::{self, Language, State};
use crate::tui::widget::paint::{Ink, Paint};
use crate::tui::widget::sheet::flat::{Flat, MOST};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    start: u32,
    end: u32,
}

impl Part {
    /// What was not taken into a full sheet is no part of it.
    fn within(flat: &Flat, range: &Range<usize>) -> Self {
        Self {
            start: range.start.min(flat.len()) as u32,
            end: range.end.min(flat.len()) as u32,
        }
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    fn moved(self, by: u32, back: u32) -> Self {
        Self {
            start: self.start + by - back,
            end: self.end + by - back,
        }
    }
}

/// One row: what stands before the text (indent, bullet, quote bar), and the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    lead: Part,
    body: Part,
    /// The line of code that the body is a part of; `NO_CODE` for other text.
    code: u32,
    /// The part of the source it shows; `from` is `NOWHERE` for what only stands between.
    from: u32,
    to: u32,
}

const NO_CODE: u32 = u32::MAX;
const NOWHERE: u32 = u32::MAX;

/// One line of a block of code, before it was cut into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CodeLine {
    line: Part,
    state: State,
    language: Language,
}

/// A place in a sheet, taken while it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    text: usize,
    rows: usize,
    code: usize,
}

impl Mark {
    /// The number of rows before this place.
    pub fn rows(self) -> usize {
        self.rows
    }
}

/// Rows of text laid out for one width. Written front to back, read in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    flat: Flat,
    rows: Vec<Row>,
    code: Vec<CodeLine>,
}

impl Sheet {
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of a row as it is drawn, without tones; empty beyond the last.
    pub fn plain(&self, index: usize) -> String {
        let mut text = String::new();
        if let Some(row) = self.rows.get(index) {
            text.push_str(&self.flat.text()[row.lead.range()]);
            text.push_str(&self.flat.text()[row.body.range()]);
        }
        text
    }

    /// The part of the source that a row shows; none of a row that only stands between others.
    pub fn span(&self, index: usize) -> Option<Range<usize>> {
        let row = self.rows.get(index).filter(|row| row.from != NOWHERE)?;
        Some(row.from as usize..row.to as usize)
    }

    /// A row in its two halves: what stands before the text, and the text.
    pub fn halves(&self, index: usize) -> (&str, &str) {
        self.rows.get(index).map_or(("", ""), |row| {
            let text = self.flat.text();
            (&text[row.lead.range()], &text[row.body.range()])
        })
    }

    /// A row as a line of the terminal library, for places that put rows together with other text.
    pub fn line<'a>(&'a self, index: usize, paint: &dyn Paint) -> Line<'a> {
        let mut line = Line::default();
        let mut tokens = Vec::new();
        if let Some(row) = self.rows.get(index) {
            self.each_styled(*row, paint, &mut tokens, &mut |text, style| {
                line.spans.push(Span::styled(text, style));
            });
        }
        line
    }

    /// Draws the rows from `skip` on into the area, one a line, and gives how many were drawn. Cells that a row does not
    /// reach are left as they were, but the ground of a changed line goes on to the end.
    pub fn draw(&self, canvas: &mut Canvas, area: Rect, skip: usize, paint: &dyn Paint) -> u16 {
        let area = area.intersection(canvas.area);
        let mut tokens = Vec::new();
        let mut drawn = 0;
        for (row, y) in self.rows.iter().skip(skip).zip(area.top()..area.bottom()) {
            let mut x = area.left();
            self.each_styled(*row, paint, &mut tokens, &mut |text, style| {
                x = canvas.write(x, y, area.right(), text, style);
            });
            for (part, link) in self.flat.links(&row.body.range()) {
                let column = |at| {
                    area.left()
                        .saturating_add(self.column(*row, at))
                        .min(area.right())
                };
                canvas.link(y, column(part.start)..column(part.end), link);
            }
            if let Some(ground) = self.ground(*row) {
                canvas.fill(x, y, area.right(), " ", paint.style(ground));
            }
            drawn += 1;
        }
        drawn
    }

    /// Cells of a row before a byte of its text, measured in the pieces that are drawn.
    fn column(&self, row: Row, at: usize) -> u16 {
        let mut width = 0;
        for part in [row.lead.range(), row.body.range().start..at] {
            self.flat
                .each(part, &mut |text, _| width += cells::of(text));
        }
        u16::try_from(width).unwrap_or(u16::MAX)
    }

    /// The links of a row, each with the bytes of its text that belong to it.
    #[cfg(test)]
    pub(crate) fn links(
        &self,
        index: usize,
    ) -> Vec<(&str, &std::sync::Arc<crate::tui::terminal::link::Link>)> {
        let text = self.flat.text();
        let body = self.rows.get(index).map_or(0..0, |row| row.body.range());
        let links = self.flat.links(&body);
        links.map(|(part, link)| (&text[part], link)).collect()
    }

    /// The ink whose ground goes on to the end of the row: that of a changed line.
    fn ground(&self, row: Row) -> Option<Ink> {
        let body = row.body.range();
        let at = if body.is_empty() {
            row.lead.range().end.checked_sub(1)?
        } else {
            body.start
        };
        match self.flat.tone(at)?.ink {
            Ink::Added | Ink::AddedWord => Some(Ink::Added),
            Ink::Removed | Ink::RemovedWord => Some(Ink::Removed),
            _ => None,
        }
    }

    /// The bytes of memory held.
    pub fn size(&self) -> usize {
        self.flat.size()
            + self.rows.capacity() * size_of::<Row>()
            + self.code.capacity() * size_of::<CodeLine>()
    }

    fn each_styled<'a>(
        &'a self,
        row: Row,
        paint: &dyn Paint,
        tokens: &mut Vec<(Range<u32>, Ink)>,
        then: &mut dyn FnMut(&'a str, Style),
    ) {
        self.flat.each(row.lead.range(), &mut |text, tone| {
            then(text, tone.style(paint));
        });
        let Some(code) = self.code.get(row.code as usize) else {
            self.flat.each(row.body.range(), &mut |text, tone| {
                then(text, tone.style(paint));
            });
            return;
        };
        tokens.clear();
        highlight::lex(
            code.language,
            code.state,
            &self.flat.text()[code.line.range()],
            tokens,
        );
        // Tokens count from the start of the line, runs from that of the sheet; both cover the body in order.
        let base = code.line.start;
        let first = tokens.partition_point(|(token, _)| base + token.end <= row.body.start);
        let mut rest = tokens[first..].iter().peekable();
        let mut at = row.body.start;
        self.flat.each(row.body.range(), &mut |text, tone| {
            let end = at + text.len() as u32;
            let from = at;
            let under = tone.style(paint);
            while at < end {
                while rest.next_if(|(token, _)| base + token.end <= at).is_some() {}
                let (stop, style) = match rest.peek() {
                    Some((token, ink)) if base + token.start <= at => (
                        (base + token.end).min(end),
                        over(under, tone.ink, *ink, paint),
                    ),
                    Some((token, _)) => ((base + token.start).min(end), under),
                    None => (end, under),
                };
                then(&text[(at - from) as usize..(stop - from) as usize], style);
                at = stop;
            }
        });
    }

    // Writing.

    pub fn flat(&mut self) -> &mut Flat {
        &mut self.flat
    }

    pub fn mark(&self) -> Mark {
        Mark {
            text: self.flat.len(),
            rows: self.rows.len(),
            code: self.code.len(),
        }
    }

    /// Adds a row of two parts of the text that was put.
    pub fn push(&mut self, lead: &Range<usize>, body: &Range<usize>) {
        self.rows.push(Row {
            lead: Part::within(&self.flat, lead),
            body: Part::within(&self.flat, body),
            code: NO_CODE,
            from: NOWHERE,
            to: NOWHERE,
        });
    }

    /// Says that a part of the text is a line of code, for the rows pushed of it with [`Sheet::push_code`].
    pub fn begin_code(&mut self, line: &Range<usize>, language: Language, state: State) {
        self.code.push(CodeLine {
            line: Part::within(&self.flat, line),
            state,
            language,
        });
    }

    /// Adds a row of the line of code begun last.
    pub fn push_code(&mut self, lead: &Range<usize>, body: &Range<usize>) {
        self.rows.push(Row {
            lead: Part::within(&self.flat, lead),
            body: Part::within(&self.flat, body),
            code: (self.code.len() as u32).wrapping_sub(1),
            from: NOWHERE,
            to: NOWHERE,
        });
    }

    /// Says which part of the source the row added last shows.
    pub fn place(&mut self, part: &Range<usize>) {
        if let Some(last) = self.rows.len().checked_sub(1) {
            self.place_row(last, part);
        }
    }

    /// The same for a row by its index.
    pub fn place_row(&mut self, index: usize, part: &Range<usize>) {
        if let Some(row) = self.rows.get_mut(index)
            && part.end < MOST
        {
            (row.from, row.to) = (part.start as u32, part.end as u32);
        }
    }

    /// Takes back all that was written after a place.
    pub fn truncate(&mut self, mark: Mark) {
        self.flat.truncate(mark.text);
        self.rows.truncate(mark.rows);
        self.code.truncate(mark.code);
    }

    /// Takes over what another sheet has between two of its places.
    pub fn append(&mut self, other: &Self, from: Mark, to: Mark) {
        let (text, back) = (self.flat.len() as u32, from.text as u32);
        let (code, code_back) = (self.code.len() as u32, from.code as u32);
        self.flat.put_part(&other.flat, from.text..to.text);
        let rows = other.rows.get(from.rows..to.rows).unwrap_or_default();
        self.rows.extend(rows.iter().map(|row| Row {
            lead: row.lead.moved(text, back),
            body: row.body.moved(text, back),
            code: if row.code == NO_CODE {
                NO_CODE
            } else {
                row.code + code - code_back
            },
            ..*row
        }));
        let lines = other.code.get(from.code..to.code).unwrap_or_default();
        self.code.extend(lines.iter().map(|line| CodeLine {
            line: line.line.moved(text, back),
            ..*line
        }));
    }

    /// What the rows from one on show stands elsewhere in the source: so much further on.
    pub fn shift(&mut self, first: usize, by: i64) {
        for row in self.rows.iter_mut().skip(first) {
            if row.from != NOWHERE {
                let moved = |at: u32| u32::try_from(i64::from(at) + by).unwrap_or_default();
                (row.from, row.to) = (moved(row.from), moved(row.to));
            }
        }
    }

    pub fn clear(&mut self) {
        self.truncate(Mark::default());
    }

    pub fn shrink(&mut self) {
        self.flat.shrink();
        self.rows.shrink_to_fit();
        self.code.shrink_to_fit();
    }
}

/// The colour of code laid over the style of the text below it. A changed line keeps its ground; where the theme tells
/// changes by the colour of the text alone, it keeps that.
fn over(under: Style, below: Ink, ink: Ink, paint: &dyn Paint) -> Style {
    if ink == Ink::Plain || (is_change(below) && under.bg.is_none()) {
        return under;
    }
    let style = paint.style(ink);
    Style {
        bg: under.bg.or(style.bg),
        ..under.patch(style)
    }
}

fn is_change(ink: Ink) -> bool {
    matches!(
        ink,
        Ink::Added | Ink::AddedWord | Ink::Removed | Ink::RemovedWord
    )
}

#[cfg(test)]
mod tests;
