//! What an approval shows: all of what would run or change, where, how risky that is and why. Nothing is left out but what
//! would be said twice.

use crate::agent::visible::{escaped, one_line};
use crate::protocol::ask::{Approval, Risk, Subject};
use crate::tui::app::App;
use crate::tui::app::ask::{command_line, readable_arguments};
use crate::tui::screen::body::{Laid, diff, indented};
use crate::tui::screen::look::Role;
use crate::tui::screen::rows::{Row, chopped, wrapped};
use crate::tui::widget::paint::Form;
use crate::tui::widget::text;

/// What a difference shows in full: its widget cuts longer ones.
const DIFF_LINES: usize = 4_000;
const DIFF_LINE: usize = 3_000;
/// Below so many cells words are short and nothing is said twice.
pub const NARROW: usize = 44;

/// Lays out what a call would do. `details` adds what only few want to read.
pub fn approval(laid: &mut Laid, app: &App, approval: &Approval, details: bool, form: Form) {
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
    for (index, row) in why.into_iter().enumerate() {
        let word = if index == 0 { word } else { "" };
        let mut whole = Row::of(format!("{:indent$}{word:<lead$} ", ""), role);
        whole.left.extend(row.left);
        laid.row(whole);
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
