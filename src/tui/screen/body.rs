//! Laid-out entries: rows of short texts and sheets of longer ones, one below the other; and the widgets that make the
//! sheets.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::layout::Rect;

use crate::tui::screen::look::Look;
use crate::tui::screen::rows::Row;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::diff::Diff;
use crate::tui::widget::highlight::Language;
use crate::tui::widget::paint::{Form, Ink};
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::{beside, markdown, plain};

/// An entry laid out for one width.
#[derive(Debug, Default)]
pub struct Laid {
    /// Each with the number of its first row.
    parts: Vec<(usize, Part)>,
    height: usize,
}

#[derive(Debug)]
enum Part {
    Row {
        row: Row,
        /// The part of the entry's text it shows, and the bytes that stand before that in the row.
        span: Option<Range<usize>>,
        lead: usize,
    },
    Sheet {
        sheet: Sheet,
        indent: u16,
        /// The rows that are shown.
        rows: Range<usize>,
        /// Where its text begins in that of the entry; `None`: it has no place in it.
        base: Option<usize>,
    },
}

/// What one row shows of the text of its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot<'a> {
    pub span: Range<usize>,
    /// Cells before the text in the row.
    pub x: u16,
    pub text: Cow<'a, str>,
}

impl Part {
    fn height(&self) -> usize {
        match self {
            Self::Row { .. } => 1,
            Self::Sheet { rows, .. } => rows.len(),
        }
    }

    /// The part of the entry's text that one of its rows shows.
    fn span(&self, line: usize) -> Option<Range<usize>> {
        match self {
            Self::Row { span, .. } => span.clone(),
            Self::Sheet {
                sheet, rows, base, ..
            } => {
                let (span, base) = sheet.span(rows.start + line).zip(*base)?;
                Some(base + span.start..base + span.end)
            }
        }
    }
}

impl Laid {
    pub fn height(&self) -> usize {
        self.height
    }

    pub fn row(&mut self, row: Row) {
        self.add(Part::Row {
            row,
            span: None,
            lead: 0,
        });
    }

    /// A row that shows a part of the entry's text behind a lead of so many bytes.
    pub fn placed(&mut self, row: Row, span: Range<usize>, lead: usize) {
        self.add(Part::Row {
            row,
            span: Some(span),
            lead,
        });
    }

    /// The first rows of a sheet, of a text that has no place in that of the entry.
    pub fn sheet(&mut self, sheet: Sheet, indent: u16, rows: usize) {
        self.add(Part::Sheet {
            sheet,
            indent,
            rows: 0..rows,
            base: None,
        });
    }

    /// Rows of a sheet whose text begins at `base` in that of the entry.
    pub fn text(&mut self, sheet: Sheet, indent: u16, rows: Range<usize>, base: usize) {
        self.add(Part::Sheet {
            sheet,
            indent,
            rows,
            base: Some(base),
        });
    }

    /// All of another below it.
    pub fn append(&mut self, other: Self) {
        for (_, part) in other.parts {
            self.add(part);
        }
    }

    fn add(&mut self, part: Part) {
        let first = self.height;
        self.height += part.height();
        self.parts.push((first, part));
    }

    /// The index of the part a row is in, and which row of it that is.
    fn part(&self, line: usize) -> Option<(usize, usize)> {
        // Parts without rows begin where the next one does, and stand before it.
        let index = self.parts.partition_point(|(first, _)| *first <= line);
        let index = index.checked_sub(1).filter(|_| line < self.height)?;
        Some((index, line - self.parts.get(index)?.0))
    }

    /// The parts of the entry's text that its rows show, with the number of the row, from the first row on.
    pub fn spans(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.parts.iter().flat_map(|(first, part)| {
            let rows = (0..part.height()).map(move |line| (first + line, part.span(line)));
            rows.filter_map(|(line, span)| Some((line, span?)))
        })
    }

    /// The part of the entry's text that a row shows; `None` where it only stands between.
    pub fn span(&self, line: usize) -> Option<Range<usize>> {
        let (index, line) = self.part(line)?;
        self.parts.get(index)?.1.span(line)
    }

    /// What a row shows of the entry's text; `None` where it only stands between.
    pub fn spot(&self, line: usize) -> Option<Spot<'_>> {
        let (index, line) = self.part(line)?;
        let (_, part) = self.parts.get(index)?;
        let span = part.span(line)?;
        Some(match part {
            Part::Row { row, lead, .. } => {
                let whole: String = row.left.iter().map(|(text, _)| text.as_str()).collect();
                let (before, text) = whole.split_at_checked(*lead).unwrap_or(("", &whole));
                Spot {
                    span,
                    x: cells::of(before) as u16,
                    text: Cow::Owned(text.to_owned()),
                }
            }
            Part::Sheet {
                sheet,
                indent,
                rows,
                ..
            } => {
                let (lead, text) = sheet.halves(rows.start + line);
                Spot {
                    span,
                    x: indent + cells::of(lead) as u16,
                    text: Cow::Borrowed(text),
                }
            }
        })
    }

    /// Draws from row `skip` on; gives the rows drawn.
    pub fn draw(&self, canvas: &mut Canvas, area: Rect, skip: usize, look: &Look) -> u16 {
        let Some((index, mut skip)) = self.part(skip) else {
            return 0;
        };
        let mut y = area.top();
        for (_, part) in self.parts.get(index..).unwrap_or_default() {
            let height = part.height();
            if y >= area.bottom() {
                break;
            }
            match part {
                Part::Row { row, .. } => {
                    row.draw(canvas, area.left(), y, area.right(), look);
                    y += 1;
                }
                Part::Sheet {
                    sheet,
                    indent,
                    rows: shown,
                    ..
                } => {
                    let rows = u16::try_from(height - skip)
                        .unwrap_or(u16::MAX)
                        .min(area.bottom() - y);
                    let indent = (*indent).min(area.width);
                    let part = Rect {
                        x: area.x + indent,
                        y,
                        width: area.width - indent,
                        height: rows,
                    };
                    sheet.draw(canvas, part, shown.start + skip, look);
                    y += rows;
                }
            }
            skip = 0;
        }
        y - area.top()
    }
}

/// The form of a text that stands behind `indent` blanks.
pub fn indented(form: Form, indent: u16) -> Form {
    Form {
        width: form.width.saturating_sub(indent).max(1),
        ..form
    }
}

/// Rows of one text that are laid out at most.
const LIMIT: usize = 20_000;

pub fn markdown(text: &str, form: Form) -> Sheet {
    markdown::render(text, form)
}

pub fn diff(name: &str, patch: &str, form: Form) -> Sheet {
    let (diff, language) = (Diff::parse(patch), Language::of_path(name));
    if form.cells() >= beside::WIDE {
        return beside::rows(&diff, language, form, LIMIT);
    }
    diff.rows(language, form, LIMIT)
}

/// The changed lines of a difference alone, whatever stands around them.
pub fn changes(name: &str, patch: &str, form: Form) -> Sheet {
    let mut diff = Diff::parse(patch);
    diff.lean();
    diff.rows(Language::of_path(name), form, LIMIT)
}

/// Output of a command, a file, a thought: as it is.
pub fn output(text: &str, form: Form) -> Sheet {
    plain::words(text, Ink::Muted, form, LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::screen::look::Role;
    use crate::tui::widget::paint::Glyphs;

    #[test]
    fn rows_are_found_in_whatever_part_they_are() {
        let row = || Row::of("  x", Role::Muted);
        let sheet = |text: &str| output(text, Form::new(20, Glyphs::Unicode));
        let mut laid = Laid::default();
        laid.row(row());
        laid.text(sheet(""), 2, 0..0, 0);
        laid.placed(row(), 0..1, 2);
        laid.text(sheet("a\nbc\nd"), 2, 1..3, 10);
        laid.sheet(sheet("e\nf"), 0, 2);
        laid.text(sheet(""), 2, 0..0, 0);
        laid.placed(row(), 20..21, 2);
        let spans = [
            None,
            Some(0..1),
            Some(12..14),
            Some(15..16),
            None,
            None,
            Some(20..21),
        ];
        assert_eq!(laid.height(), spans.len());
        for (line, span) in spans.iter().enumerate() {
            assert_eq!(laid.span(line), *span, "{line}");
            assert_eq!(laid.spot(line).map(|spot| spot.span), *span, "{line}");
        }
        let all: Vec<(usize, Range<usize>)> = laid.spans().collect();
        let expected: Vec<(usize, Range<usize>)> = spans
            .iter()
            .enumerate()
            .filter_map(|(line, span)| Some((line, span.clone()?)))
            .collect();
        assert_eq!(all, expected);
        assert_eq!((laid.span(7), laid.spot(7)), (None, None));
        let spot = laid.spot(2).map(|spot| (spot.x, spot.text.into_owned()));
        assert_eq!(spot, Some((2, "bc".to_owned())));
    }
}
