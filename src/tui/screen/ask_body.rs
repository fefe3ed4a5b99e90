//! What an ask shows: all of what would run or change, where, how risky that is and why. Nothing is left out but what would be
//! said twice.

use ratatui::layout::Rect;

use crate::agent::visible::{escaped, one_line};
use crate::protocol::ask::{Approval, Risk, Subject};
use crate::tui::app::App;
use crate::tui::app::ask::{command_line, readable_arguments};
use crate::tui::screen::body::{Laid, diff, indented};
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::{self, Row, chopped, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::paint::Form;
use crate::tui::widget::text;

/// What a difference shows in full: its widget cuts longer ones.
const DIFF_LINES: usize = 4_000;
const DIFF_LINE: usize = 3_000;
/// Below so many cells words are short and nothing is said twice.
pub const NARROW: usize = 44;

/// An ask laid out for one width: what would happen, which is scrolled where it is long, and how risky that is, which stays in
/// sight.
#[derive(Debug, Default)]
pub struct Asked {
    pub body: Laid,
    pub risk: Vec<Row>,
}

/// Which rows of it are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first row of what is scrolled, and the last that can be.
    pub scroll: usize,
    pub scroll_max: usize,
    /// Rows for what is scrolled, and how many of its rows are below them.
    pub rows: usize,
    pub below: usize,
    /// Rows of the risk that stand still.
    risk: usize,
}

impl Asked {
    pub fn height(&self) -> usize {
        self.body.height() + self.risk.len()
    }

    /// What is shown of it in so many rows. Where not all of it fits, a third is the risk's, and at least one row; a longer risk
    /// is read to its end behind the body.
    pub fn part(&self, room: usize, scroll: usize) -> Part {
        let all = self.risk.len();
        let risk = if self.height() <= room {
            all
        } else {
            all.min((room / 3).max(1)).min(room.saturating_sub(1))
        };
        let rows = room - risk;
        let scrolled = self.body.height() + if risk < all { all } else { 0 };
        let scroll_max = scrolled.saturating_sub(rows);
        let scroll = scroll.min(scroll_max);
        Part {
            scroll,
            scroll_max,
            rows,
            below: scrolled.saturating_sub(scroll + rows),
            risk,
        }
    }

    pub fn draw(&self, part: Part, canvas: &mut Canvas, area: Rect, look: &Look) {
        let height = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
        let upper = Rect {
            height: area.height.min(height(part.rows)),
            ..area
        };
        let below = |area: Rect, used: u16| Rect {
            y: area.y + used,
            height: area.height - used,
            ..area
        };
        let used = self.body.draw(canvas, upper, part.scroll, look);
        if part.risk < self.risk.len() {
            let skip = part.scroll.saturating_sub(self.body.height());
            rows::draw(&self.risk, canvas, below(upper, used), skip, look);
            let lower = below(area, upper.height);
            rows::draw(&self.cut(part.risk), canvas, lower, 0, look);
        } else {
            rows::draw(&self.risk, canvas, below(area, used), 0, look);
        }
    }

    /// The first rows of the risk; the last of them goes on with the rest, so that it is seen to be cut.
    fn cut(&self, count: usize) -> Vec<Row> {
        let mut first = self.risk.clone();
        let rest = first.split_off(count.min(first.len()));
        if let Some((end, _)) = first.last_mut().and_then(|row| row.left.last_mut()) {
            let texts = rest.iter().flat_map(|row| &row.left);
            for (text, _) in texts.filter(|(text, _)| !text.trim().is_empty()) {
                end.push(' ');
                end.push_str(text.trim_start());
            }
        }
        first
    }
}

/// Lays out what a call would do. `details` adds what only few want to read.
pub fn approval(app: &App, approval: &Approval, details: bool, form: Form) -> Asked {
    let mut asked = Asked {
        body: Laid::default(),
        risk: risk(approval, form),
    };
    let laid = &mut asked.body;
    let width = form.cells();
    let narrow = width < NARROW;
    let indent = if narrow { 0 } else { 2 };
    let cwd = app.setup.path(&approval.cwd);
    match &approval.subject {
        Subject::Command { argv, parts } => {
            for row in chopped(&escaped(command_line(argv)), width, indent, Role::Strong) {
                laid.row(row);
            }
            for row in chopped(&format!("in {cwd}"), width, indent, Role::Muted) {
                laid.row(row);
            }
            // The parts are the same words once more.
            if parts.len() > 1 && (details || !narrow) {
                for (index, part) in parts.iter().enumerate() {
                    for row in chopped(&escaped(part), width, 5, Role::Text)
                        .into_iter()
                        .enumerate()
                        .map(|(row_index, mut row)| {
                            if row_index == 0
                                && let Some(first) = row.left.first_mut()
                            {
                                first.0.replace_range(0..5, &format!("  {:<3}", index + 1));
                            }
                            row
                        })
                    {
                        laid.row(row);
                    }
                }
            }
            if details {
                laid.row(Row::of("  word by word:", Role::Muted));
                for (index, word) in argv.iter().enumerate() {
                    for row in chopped(&format!("{index} {}", escaped(word)), width, 4, Role::Text)
                    {
                        laid.row(row);
                    }
                }
            }
        }
        Subject::Change {
            path,
            patch,
            added,
            removed,
            ..
        } => {
            let counts = format!("+{added} -{removed}");
            let room = width.saturating_sub(counts.len() + 1);
            // On a small screen the name of the file counts: the folder is said where it is another one.
            let inside = path.strip_prefix(&approval.cwd).ok().filter(|_| narrow);
            let place = match inside {
                Some(inside) => escaped(&inside.to_string_lossy()),
                None => app.setup.path(path),
            };
            let mut rows = chopped(&place, room, indent, Role::Strong);
            if let Some(last) = rows.pop() {
                rows.push(last.end(counts, Role::Muted));
            }
            for row in rows {
                laid.row(row);
            }
            change(laid, &path.to_string_lossy(), patch, form);
        }
        Subject::Read { path } => {
            for row in chopped(&app.setup.path(path), width, indent, Role::Strong) {
                laid.row(row);
            }
        }
        Subject::Other { arguments } => {
            for row in chopped(
                &escaped(&readable_arguments(arguments)),
                width,
                indent,
                Role::Strong,
            ) {
                laid.row(row);
            }
        }
    }
    if details {
        let reason = format!("asked because: {}", one_line(&approval.reason));
        for row in wrapped(&reason, width, 2, Role::Muted) {
            laid.row(row);
        }
        if let Some(rule) = &approval.session_rule {
            for row in wrapped(
                &format!("`s` allows for this session: {}", escaped(rule)),
                width,
                2,
                Role::Muted,
            ) {
                laid.row(row);
            }
        }
        if matches!(approval.subject, Subject::Command { .. }) {
            laid.row(Row::of(
                "  no sandbox: it runs with your rights",
                Role::Muted,
            ));
        }
        laid.row(Row::of(
            format!("  call {}", one_line(&approval.call.0)),
            Role::Muted,
        ));
    }
    asked
}

/// How risky it is, and why.
fn risk(approval: &Approval, form: Form) -> Vec<Row> {
    let width = form.cells();
    let narrow = width < NARROW;
    let indent = if narrow { 0 } else { 2 };
    let (word, role) = match approval.risk {
        Risk::Low => ("LOW", Role::Good),
        Risk::Medium => ("MED", Role::Warn),
        Risk::High => ("HIGH", Role::Bad),
    };
    let (lead, room) = if narrow { (4, 1) } else { (5, 3) };
    let why = wrapped(
        &one_line(&approval.risk_why),
        width.saturating_sub(lead + room),
        0,
        Role::Text,
    );
    let rows = why.into_iter().enumerate().map(|(index, row)| {
        let word = if index == 0 { word } else { "" };
        let mut whole = Row::of(format!("{:indent$}{word:<lead$} ", ""), role);
        whole.left.extend(row.left);
        whole
    });
    rows.collect()
}

/// A change in full: as a difference where that shows every character of it, else line by line as it is.
fn change(laid: &mut Laid, file: &str, patch: &str, form: Form) {
    let shown = patch
        .split('\t')
        .map(escaped)
        .collect::<Vec<_>>()
        .join("\t");
    if shown.lines().count() <= DIFF_LINES && shown.lines().all(|line| line.len() <= DIFF_LINE) {
        let sheet = diff(file, &shown, indented(form, 2));
        let height = sheet.height();
        laid.sheet(sheet, 2, height);
        return;
    }
    for row in chopped(&text::expand(&shown, 4), form.cells(), 2, Role::Text) {
        laid.row(row);
    }
}
