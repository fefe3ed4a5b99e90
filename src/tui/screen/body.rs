//! Laid-out entries: rows of short texts and sheets of longer ones, one below the other; and the widgets that make the
//! sheets.

use ratatui::layout::Rect;

use crate::tui::screen::look::Look;
use crate::tui::screen::rows::Row;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::diff::Diff;
use crate::tui::widget::highlight::Language;
use crate::tui::widget::paint::{Form, Ink};
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::{markdown, plain};

/// An entry laid out for one width.
#[derive(Debug, Default)]
pub struct Laid {
    parts: Vec<Part>,
    height: usize,
}

#[derive(Debug)]
enum Part {
    Row(Row),
    Sheet {
        sheet: Sheet,
        indent: u16,
        /// So many of its rows are shown.
        rows: usize,
    },
}

impl Part {
    fn height(&self) -> usize {
        match self {
            Self::Row(_) => 1,
            Self::Sheet { rows, .. } => *rows,
        }
    }
}

impl Laid {
    pub fn height(&self) -> usize {
        self.height
    }

    pub fn row(&mut self, row: Row) {
        self.height += 1;
        self.parts.push(Part::Row(row));
    }

    pub fn sheet(&mut self, sheet: Sheet, indent: u16, rows: usize) {
        self.height += rows;
        self.parts.push(Part::Sheet {
            sheet,
            indent,
            rows,
        });
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
                Part::Row(row) => {
                    row.draw(canvas, area.left(), y, area.right(), look);
                    y += 1;
                }
                Part::Sheet { sheet, indent, .. } => {
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
                    sheet.draw(canvas, part, skip, look);
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
    Diff::parse(patch).rows(Language::of_path(name), form, LIMIT)
}

/// Output of a command, a file, a thought: as it is.
pub fn output(text: &str, form: Form) -> Sheet {
    plain::words(text, Ink::Muted, form, LIMIT)
}
