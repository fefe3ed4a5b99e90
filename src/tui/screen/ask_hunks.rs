//! A change taken in parts, as its card shows it: its hunks with which of them are taken, and what would be written then.

use crate::agent::hunks::only;
use crate::agent::visible::escaped;
use crate::protocol::ask::{Approval, Subject};
use crate::tui::app::App;
use crate::tui::app::ask::AskFocus;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::picking::Picking;
use crate::tui::screen::ask_body::{Asked, NARROW, change, open_and_why, risk};
use crate::tui::screen::look::Role;
use crate::tui::screen::rows::{Row, chopped};
use crate::tui::widget::paint::Form;

/// What it shows above its keys.
pub fn lay(app: &App, approval: &Approval, patch: &str, picking: &Picking, form: Form) -> Asked {
    let mut asked = Asked {
        risk: risk(approval.risk, &open_and_why(approval), form),
        ..Asked::default()
    };
    let width = form.cells();
    let narrow = width < NARROW;
    let laid = &mut asked.body;
    if let Subject::Change { path, .. } = &approval.subject {
        for row in chopped(&app.setup.path(path), width, 0, Role::Strong) {
            laid.row(row);
        }
    }
    for (index, (hunk, taken)) in picking.hunks.iter().zip(&picking.taken).enumerate() {
        let marked = index == picking.at;
        let (mark, role) = match (marked, taken) {
            (true, _) => (">", Role::Marked),
            (false, true) => (" ", Role::Text),
            (false, false) => (" ", Role::Muted),
        };
        let cross = if *taken { 'x' } else { ' ' };
        let at = index + 1;
        let counts = format!("+{} -{}", hunk.added, hunk.removed);
        let text = if narrow {
            format!("[{cross}] {at} {counts} {}", escaped(&hunk.first))
        } else {
            format!(
                "[{cross}] {at:<2} line {:<5} {counts:<8} {}",
                hunk.line,
                escaped(&hunk.first)
            )
        };
        let mut rows = chopped(&text, width.saturating_sub(2), 0, role);
        rows.truncate(1);
        for mut row in rows {
            row.left.insert(0, (format!("{mark} "), Role::Key));
            laid.row(row);
        }
    }
    let taken = only(patch, &picking.taken);
    change(laid, &approval_path(approval), &taken, narrow, form);
    asked
}

fn approval_path(approval: &Approval) -> String {
    match &approval.subject {
        Subject::Change { path, .. } => path.to_string_lossy().into_owned(),
        _ => String::new(),
    }
}

/// Its keys.
pub fn foot(app: &App, focus: &AskFocus, picking: &Picking, narrow: bool) -> Vec<Row> {
    let key = |action| app.keymap().first(Place::Ask, &[action]);
    let count = picking.taken.iter().filter(|taken| **taken).count();
    let back = key(Action::Close);
    let state = match (focus.confirm, focus.ready(app.now.since)) {
        _ if count == 0 => ("none is taken: that would be a no".to_owned(), Role::Warn),
        (Some(_), _) => (format!("Enter makes it so; {back} does not"), Role::Bad),
        (None, true) => (
            format!("{count} of {} are taken", picking.taken.len()),
            Role::Good,
        ),
        (None, false) => (
            "ready when all of it was seen, after a short quiet".to_owned(),
            Role::Muted,
        ),
    };
    let (take, yes) = if narrow {
        ("take", "yes")
    } else {
        (
            "take or leave the marked one, or by its number",
            "yes, with these",
        )
    };
    let row = |keys: &[(String, &str)]| {
        keys.iter().fold(Row::new(), |row, (key, what)| {
            row.put(key.clone(), Role::Key)
                .put(format!(" {what}   "), Role::Muted)
        })
    };
    let turns = (key(Action::AskHunk), take);
    let ends = [
        (key(Action::AskYes), yes),
        (key(Action::AskNo), "no"),
        (back, "back"),
    ];
    let state = Row::of(state.0, state.1);
    if narrow {
        let all: Vec<_> = [turns].into_iter().chain(ends).collect();
        return vec![row(&all), state];
    }
    vec![row(&[turns]), row(&ends), state]
}
