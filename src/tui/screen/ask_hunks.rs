//! A change taken in parts, as its card shows it: its hunks with which of them are taken, and what would be written then.

use crate::agent::hunks::{only, place};
use crate::agent::visible::as_change;
use crate::protocol::ask::{Approval, Subject};
use crate::tui::app::App;
use crate::tui::app::ask::AskFocus;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::picking::Picking;
use crate::tui::screen::ask_body::{Asked, NARROW, change, open_and_why, risk};
use crate::tui::screen::body::Laid;
use crate::tui::screen::look::Role;
use crate::tui::screen::rows::{Row, exact};
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
        for row in exact(&app.setup.path(path), width, 0, Role::Strong) {
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
            format!("[{cross}] {at} {counts} {}", as_change(&hunk.first))
        } else {
            format!(
                "[{cross}] {at:<2} line {:<5} {counts:<8} {}",
                hunk.line,
                as_change(&hunk.first)
            )
        };
        laid.row(Row::of(format!("{mark} "), Role::Key).put(text, role));
    }
    let taken = only(patch, &picking.taken);
    let file = approval_path(approval);
    // Where the marked one stands: as far down as what comes before it is high.
    let lines = place(patch, &picking.taken, picking.at);
    let above = |count: usize| {
        let mut above = Laid::default();
        let text: String = taken.split_inclusive('\n').take(count).collect();
        change(&mut above, &file, &text, narrow, form);
        above.height()
    };
    let first = laid.height();
    asked.marked = Some(first + above(lines.start)..first + above(lines.end));
    change(laid, &file, &taken, narrow, form);
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
        (Some(_), _) => (
            format!("HIGH: Enter writes these, {back} does not"),
            Role::Bad,
        ),
        (None, true) => (
            format!("{count} of {} are taken", picking.taken.len()),
            Role::Good,
        ),
        (None, false) => ("ready after a short quiet".to_owned(), Role::Muted),
    };
    let take = match picking.taken.get(picking.at) {
        Some(true) => "leave",
        _ => "take",
    };
    let (take, yes) = if narrow {
        (take.to_owned(), "yes")
    } else {
        let (at, all) = (picking.at + 1, picking.hunks.len());
        let said = format!("{take} the marked one ({at} of {all}), or by its number");
        (said, "yes, with these")
    };
    let gap = if narrow { "  " } else { "   " };
    let row = |keys: &[(String, String)]| {
        keys.iter().fold(Row::new(), |row, (key, what)| {
            row.put(key.clone(), Role::Key)
                .put(format!(" {what}{gap}"), Role::Muted)
        })
    };
    let turns = (key(Action::AskHunk), take);
    let ends = [
        (key(Action::AskYes), yes.to_owned()),
        (key(Action::AskNo), "no".to_owned()),
        (back, "back".to_owned()),
    ];
    let state = Row::of(state.0, state.1);
    if narrow {
        let all: Vec<_> = [turns].into_iter().chain(ends).collect();
        return vec![row(&all), state];
    }
    vec![row(&[turns]), row(&ends), state]
}
