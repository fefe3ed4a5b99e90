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
    parts: Vec<Part>,
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
}

impl Laid {
    pub fn height(&self) -> usize {
        self.height
    }

    pub fn row(&mut self, row: Row) {
        self.height += 1;
        self.parts.push(Part::Row {
            row,
            span: None,
            lead: 0,
        });
    }

    /// A row that shows a part of the entry's text behind a lead of so many bytes.
    pub fn placed(&mut self, row: Row, span: Range<usize>, lead: usize) {
        self.height += 1;
        self.parts.push(Part::Row {
            row,
            span: Some(span),
            lead,
        });
    }

    /// The first rows of a sheet, of a text that has no place in that of the entry.
    pub fn sheet(&mut self, sheet: Sheet, indent: u16, rows: usize) {
        self.height += rows;
        self.parts.push(Part::Sheet {
            sheet,
            indent,
            rows: 0..rows,
            base: None,
        });
    }

    /// Rows of a sheet whose text begins at `base` in that of the entry.
    pub fn text(&mut self, sheet: Sheet, indent: u16, rows: Range<usize>, base: usize) {
        self.height += rows.len();
        self.parts.push(Part::Sheet {
            sheet,
            indent,
            rows,
            base: Some(base),
        });
    }

    /// What a row shows of the entry's text; `None` where it only stands between.
    pub fn spot(&self, line: usize) -> Option<Spot<'_>> {
        let mut line = line;
        for part in &self.parts {
            let height = part.height();
            if line >= height {
                line -= height;
                continue;
            }
            return match part {
                Part::Row { row, span, lead } => {
                    let whole: String = row.left.iter().map(|(text, _)| text.as_str()).collect();
                    let (before, text) = whole.split_at_checked(*lead).unwrap_or(("", &whole));
                    Some(Spot {
                        span: span.clone()?,
                        x: cells::of(before) as u16,
                        text: Cow::Owned(text.to_owned()),
                    })
                }
                Part::Sheet {
                    sheet,
                    indent,
                    rows,
                    base,
                } => {
                    let index = rows.start + line;
                    let (span, base) = sheet.span(index).zip(*base)?;
                    let (lead, text) = sheet.halves(index);
                    Some(Spot {
                        span: base + span.start..base + span.end,
                        x: indent + cells::of(lead) as u16,
                        text: Cow::Borrowed(text),
                    })
                }
            };
        }
        None
    }

    /// Draws from row `skip` on; gives the rows drawn.
    pub fn draw(&self, canvas: &mut Canvas, area: Rect, skip: usize, look: &Look) -> u16 {
        let mut skip = skip;
        let mut y = area.top();
        for part in &self.parts {
            let height = part.height();
            if skip >= height {
                skip -= height;
                continue;
            }
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

/// Output of a command, a file, a thought: as it is.
pub fn output(text: &str, form: Form) -> Sheet {
    plain::words(text, Ink::Muted, form, LIMIT)
}
