//! What an ask shows: all of what would run or change, where, how risky that is and why. Nothing is left out but what would be
//! said twice.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::agent::visible::{as_change, as_command, one_line};
use crate::protocol::ask::{About, Approval, Ask, Risk, Subject, command_line};
use crate::protocol::id::SessionId;
use crate::tui::app::App;
use crate::tui::app::arguments::readable_arguments;
use crate::tui::app::choosing::Choice;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::screen::body::{Laid, changes, diff, indented};
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::{self, Row, exact, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::paint::Form;
use crate::tui::widget::text;

/// What a difference shows in full: its widget cuts longer ones.
const DIFF_LINES: usize = 4_000;
const DIFF_LINE: usize = 3_000;
/// Below so many cells words are short and nothing is said twice.
pub const NARROW: usize = 44;

/// An ask laid out for one width: what would happen, which is scrolled where it is long, and how risky that is, which stays in
/// sight and is read to its end behind it.
#[derive(Debug, Default)]
pub struct Asked {
    pub body: Laid,
    pub risk: Vec<Row>,
    /// The rows of the body that the mark is about.
    pub marked: Option<Range<usize>>,
}

/// Which rows of it are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first row that is shown of the whole, and the last that can be.
    pub scroll: usize,
    pub scroll_max: usize,
    /// Rows that are below what is shown.
    pub below: usize,
    /// Rows of the body, and of the risk under them: its first, and those behind as many as were passed.
    body: usize,
    risk: usize,
    passed: usize,
    /// The body is read to its end: from here on it is the risk that is read.
    ended: bool,
}

impl Part {
    /// The row that says how much is below, over one that is read further on.
    pub fn more_at(self) -> usize {
        let rows = if self.ended {
            self.body + self.risk
        } else {
            self.body
        };
        rows.saturating_sub(1)
    }

    /// Rows that a page moves: none is passed that was not seen whole.
    pub fn page(self) -> usize {
        let whole = match (self.scroll_max, self.ended) {
            (0, _) => self.body,
            (_, false) => self.body.saturating_sub(1),
            // Its first row stands still.
            (_, true) => (self.body + self.risk).saturating_sub(2),
        };
        whole.max(1)
    }
}

impl Asked {
    pub fn height(&self) -> usize {
        self.body.height() + self.risk.len()
    }

    /// What is shown of it in so many rows. Where not all of it fits, a third is the risk's, and at least one row; the rest of
    /// a longer risk comes into sight where the body ends, and its first row, which says how high it is, always stays.
    pub fn part(&self, room: usize, scroll: usize) -> Part {
        let (body, all) = (self.body.height(), self.risk.len());
        let least = if self.height() <= room {
            all
        } else {
            all.min((room / 3).max(1)).min(room.saturating_sub(1))
        };
        let scroll_max = self.height().saturating_sub(room);
        let scroll = scroll.min(scroll_max);
        let left = body.saturating_sub(scroll);
        let shown = left.min(room - least);
        let risk = (room - shown).min(all);
        Part {
            scroll,
            scroll_max,
            below: scroll_max - scroll,
            body: shown,
            risk,
            passed: scroll.saturating_sub(body),
            // Before that its one row only says how high it is.
            ended: shown == left && risk > 1 && least < all,
        }
    }

    /// From which row on it is shown so that these are seen: from its top where that is enough.
    pub fn show(&self, room: usize, rows: &Range<usize>) -> usize {
        let part = self.part(room, 0);
        // The last row may say how much is below.
        let seen = part.body.saturating_sub(usize::from(part.below > 0));
        if rows.end <= seen {
            return 0;
        }
        rows.start.saturating_sub(1)
    }

    pub fn draw(&self, part: Part, canvas: &mut Canvas, area: Rect, look: &Look) {
        let height = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
        let upper = Rect {
            height: area.height.min(height(part.body)),
            ..area
        };
        if part.body > 0 {
            self.body.draw(canvas, upper, part.scroll, look);
        }
        let lower = Rect {
            y: area.y + upper.height,
            height: area.height - upper.height,
            ..area
        };
        rows::draw(&self.cut(part), canvas, lower, 0, look);
    }

    /// The rows of the risk that are shown; the last of them goes on with the rest, so that it is seen to be cut.
    fn cut(&self, part: Part) -> Vec<Row> {
        let first = self.risk.iter().take(1);
        let mut shown: Vec<Row> = first
            .chain(self.risk.iter().skip(1 + part.passed))
            .cloned()
            .collect();
        let rest = shown.split_off(part.risk.min(shown.len()));
        if let Some((end, _)) = shown.last_mut().and_then(|row| row.left.last_mut()) {
            let texts = rest.iter().flat_map(|row| &row.left);
            for (text, _) in texts.filter(|(text, _)| !text.trim().is_empty()) {
                end.push(' ');
                end.push_str(text.trim_start());
            }
        }
        shown
    }
}

/// How much is said of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What is decided on.
    Usual,
    /// And what only few want to read.
    Details,
    /// It is answered together with others: by yes or no alone.
    Together,
}

/// Lays out what a call would do.
pub fn approval(app: &App, approval: &Approval, depth: Depth, form: Form) -> Asked {
    let mut asked = Asked {
        body: Laid::default(),
        risk: risk(approval.risk, &open_and_why(approval), form),
        marked: None,
    };
    let laid = &mut asked.body;
    let width = form.cells();
    let narrow = width < NARROW;
    let indent = if narrow { 0 } else { 2 };
    let cwd = app.setup.path(&approval.cwd);
    let details = depth == Depth::Details;
    match &approval.subject {
        Subject::Command { argv, parts } => {
            for row in exact(&as_command(command_line(argv)), width, indent, Role::Strong) {
                laid.row(row);
            }
            for row in exact(&format!("in {cwd}"), width, indent, Role::Muted) {
                laid.row(row);
            }
            // The parts are the same words once more.
            if parts.len() > 1 && (details || !narrow) {
                for part in parts {
                    for row in exact(&as_command(part), width, 5, Role::Text)
                        .into_iter()
                        .enumerate()
                        .map(|(row_index, mut row)| {
                            if row_index == 0
                                && let Some(first) = row.left.first_mut()
                            {
                                // No number: that is how answers are chosen.
                                first.0 = format!("  {:<3}", "-");
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
                    for row in exact(
                        &format!("{index} {}", as_command(word)),
                        width,
                        4,
                        Role::Text,
                    ) {
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
                Some(inside) => as_command(&inside.to_string_lossy()),
                None => app.setup.path(path),
            };
            let mut rows = exact(&place, room, indent, Role::Strong);
            if let Some(last) = rows.pop() {
                rows.push(last.end(counts, Role::Muted));
            }
            for row in rows {
                laid.row(row);
            }
            // What stays as it is is read where there is room for it, and with the details.
            let lean = narrow && !details;
            change(laid, &path.to_string_lossy(), patch, lean, form);
        }
        Subject::Read { path } => {
            for row in exact(&app.setup.path(path), width, indent, Role::Strong) {
                laid.row(row);
            }
        }
        Subject::Other { arguments } => {
            for row in exact(
                &as_command(&readable_arguments(arguments)),
                width,
                indent,
                Role::Strong,
            ) {
                laid.row(row);
            }
        }
    }
    // What one key would allow from then on is read before it is pressed; where there is room for little, what reaches further
    // than this one call.
    let wider = approval.session_network().is_some();
    if let Some(rule) = &approval.session_rule
        && depth != Depth::Together
        && (details || wider || !narrow)
    {
        let key = app.keymap().first(Place::Ask, &[Action::AskSession]);
        // What stands above once is not read twice.
        let above = match &approval.subject {
            Subject::Command { argv, .. } if !wider => {
                rule.ends_with(&format!("({})", command_line(argv)))
            }
            _ => false,
        };
        let what = if !approval.session_rules_beside.is_empty() {
            "exactly these commands".to_owned()
        } else if above {
            "exactly this command".to_owned()
        } else {
            as_command(rule)
        };
        let allows = if narrow {
            format!("`{key}` allows")
        } else {
            format!("in this session, also opened again, `{key}` allows")
        };
        let role = if wider { Role::Warn } else { Role::Muted };
        let whole = format!("{allows} {what}");
        let rows = if indent + cells::of(&whole) <= width {
            wrapped(&whole, width, indent, role)
        } else {
            // Words are broken between them, and what is allowed where the row ends.
            let mut rows = wrapped(&allows, width, indent, role);
            rows.extend(exact(&what, width, indent + 2, role));
            rows
        };
        for row in rows {
            laid.row(row);
        }
    }
    // Why keys that others have are missing; where one of them is there, it is a detail.
    let only_once = approval.session_rule.is_none() && depth != Depth::Together && !narrow;
    if let Some(why) = &approval.no_rule
        && (details || only_once)
    {
        for row in wrapped(&one_line(why), width, indent, Role::Muted) {
            laid.row(row);
        }
    }
    if details {
        let reason = format!("asked because: {}", one_line(&approval.reason));
        for row in wrapped(&reason, width, 2, Role::Muted) {
            laid.row(row);
        }
        if matches!(approval.subject, Subject::Command { .. }) {
            for row in wrapped(approval.held(), width, 2, Role::Muted) {
                laid.row(row);
            }
        }
        laid.row(Row::of(
            format!("  call {}", one_line(&approval.call.0)),
            Role::Muted,
        ));
    }
    asked
}

/// What is answered together: all in full, one below the other, each with its own risk, since a yes is one to each. How high that
/// of all is stays in sight.
pub fn with_others(
    app: &App,
    (first, mut asked): (&Approval, Asked),
    others: &[(SessionId, Ask)],
    form: Form,
) -> Asked {
    if others.is_empty() {
        return asked;
    }
    let why = format!("{} asks, each for the reason under it", others.len() + 1);
    for row in std::mem::replace(&mut asked.risk, risk(first.risk, &why, form)) {
        asked.body.row(row);
    }
    for (_, other) in others {
        if let About::Approval(other) = &other.about {
            asked.body.row(Row::new());
            let other = approval(app, other, Depth::Together, form);
            asked.body.append(other.body);
            for row in other.risk {
                asked.body.row(row);
            }
        }
    }
    asked
}

pub fn open_and_why(approval: &Approval) -> String {
    let open = approval.open().map(|open| format!("{open}; "));
    open.unwrap_or_default() + &approval.risk_why
}

/// What the second key of a yes to a HIGH one does.
pub fn second(about: &About, choice: Choice, back: &str, narrow: bool) -> String {
    let does = match about {
        _ if choice == Choice::Session => "allows it in this session",
        About::Approval(approval) => match &approval.subject {
            Subject::Command { .. } => "runs it",
            Subject::Change { .. } => "writes it",
            Subject::Read { .. } => "reads it",
            Subject::Other { .. } => "does it",
        },
        _ => "does it",
    };
    match (narrow, choice == Choice::Session) {
        (true, true) => "HIGH: Enter allows it here".to_owned(),
        (true, false) | (false, true) => format!("HIGH: Enter {does}"),
        (false, false) => format!("HIGH: Enter {does}, {back} does not"),
    }
}

/// How risky it is, and why.
pub fn risk(risk: Risk, why: &str, form: Form) -> Vec<Row> {
    let width = form.cells();
    let narrow = width < NARROW;
    let indent = if narrow { 0 } else { 2 };
    let (word, role) = match risk {
        Risk::Low => ("LOW", Role::Good),
        Risk::Medium => ("MED", Role::Warn),
        Risk::High => ("HIGH", Role::Bad),
    };
    let (lead, room) = if narrow { (4, 1) } else { (5, 3) };
    let why = wrapped(
        &one_line(why),
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

/// A change in full: as a difference where that shows every character of it, else line by line as it is. `lean`: without the
/// lines around what changes.
pub fn change(laid: &mut Laid, file: &str, patch: &str, lean: bool, form: Form) {
    let shown = patch
        .split('\t')
        .map(as_change)
        .collect::<Vec<_>>()
        .join("\t");
    if shown.lines().count() <= DIFF_LINES && shown.lines().all(|line| line.len() <= DIFF_LINE) {
        let sheet = if lean {
            changes(file, &shown, indented(form, 2))
        } else {
            diff(file, &shown, indented(form, 2))
        };
        let height = sheet.height();
        laid.sheet(sheet, 2, height);
        return;
    }
    for row in exact(&text::expand(&shown, 4), form.cells(), 2, Role::Text) {
        laid.row(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However long the body and the risk are and however little room there is: page by page every row is seen whole, the
    /// first row of the risk always, and none of it twice.
    #[test]
    fn every_row_is_seen_page_by_page_and_the_risk_once() {
        for (body, risk, room) in (0..12)
            .flat_map(|body| (0..7).map(move |risk| (body, risk)))
            .flat_map(|(body, risk)| (3..9).map(move |room| (body, risk, room)))
        {
            let mut asked = Asked::default();
            for _ in 0..body {
                asked.body.row(Row::new());
            }
            asked.risk = vec![Row::new(); risk];
            let (mut rows, mut scroll) = (vec![false; body + risk], 0);
            loop {
                let part = asked.part(room, scroll);
                let case = format!("{body} {risk} in {room}: {part:?}");
                let mut shown: Vec<usize> = (part.scroll..part.scroll + part.body).collect();
                let of_risk = (0..1).chain(1 + part.passed..risk);
                shown.extend(of_risk.take(part.risk).map(|row| body + row));
                assert!(shown.len() <= room, "{case}");
                assert!(risk == 0 || shown.contains(&body), "{case}");
                for (at, row) in shown.iter().enumerate() {
                    let over = part.below > 0 && at == part.more_at();
                    assert!(!over || *row != body || risk == 0, "{case}");
                    rows[*row] |= !over;
                }
                if part.below == 0 {
                    break;
                }
                scroll = part.scroll + part.page();
            }
            assert!(
                rows.iter().all(|seen| *seen),
                "{body} {risk} in {room}: {rows:?}"
            );
        }
    }
}
