//! One call as a card: a line with what it is and how it ended, and as much of its body as is unfolded.

use std::time::Duration;

use crate::agent::visible::{change_made, clean, one_line};
use crate::protocol::call::{Detail, Outcome, OutcomeKind};
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::logical;
use crate::tui::app::transcript::CallEntry;
use crate::tui::screen::body::{Laid, diff, indented, output};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::Row;
use crate::tui::widget::paint::Form;
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::text;

/// Rows of a body that a folded card shows.
const DIFF_ROWS: usize = 8;
const OUTPUT_ROWS: usize = 3;
/// Characters of what a call is about.
const SUBJECT: usize = 2_000;
/// Of an unfolded body at most this much is laid out; the rest is in the log.
const BODY: usize = 400_000;

/// What a result is of: a command says at its end why it failed, another tool at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Command,
    Tool,
}

/// What a call does, on one line.
pub fn subject(name: &str, arguments: &str) -> String {
    let head = logical::head(name, arguments);
    one_line(&head.chars().take(SUBJECT).collect::<String>())
}

/// How a call ended, in a few characters, and its role.
pub fn ending(outcome: &Outcome) -> (String, Role) {
    let took = if outcome.millis >= 100 {
        format!(" {}", text::duration(Duration::from_millis(outcome.millis)))
    } else {
        String::new()
    };
    match outcome.kind {
        OutcomeKind::Failed => ("failed".to_owned(), Role::Bad),
        OutcomeKind::Denied => ("denied".to_owned(), Role::Warn),
        OutcomeKind::Cancelled => ("cancelled".to_owned(), Role::Warn),
        OutcomeKind::Lost => ("outcome not known".to_owned(), Role::Bad),
        OutcomeKind::Done => match (&outcome.detail, outcome.exit) {
            (_, Some(0)) => (format!("ok{took}"), Role::Good),
            (_, Some(exit)) => (format!("exit {exit}{took}"), Role::Bad),
            (Detail::Lines { first, last, total }, None) if *first == 1 && last == total => {
                (format!("1-{last}"), Role::Muted)
            }
            (Detail::Lines { first, last, total }, None) => {
                (format!("{first}-{last} of {total}"), Role::Muted)
            }
            (Detail::Hits { count: 1 }, None) => ("1 hit".to_owned(), Role::Muted),
            (Detail::Hits { count }, None) => (format!("{count} hits"), Role::Muted),
            (
                Detail::Diff {
                    added,
                    removed,
                    created,
                    ..
                },
                None,
            ) => {
                let new = if *created { "new " } else { "" };
                (format!("{new}+{added} -{removed}"), Role::Good)
            }
            (Detail::None, None) => (format!("ok{took}"), Role::Muted),
        },
    }
}

/// The card of a call. `tail` is the newest output of one that runs; `waits` says that an ask about it is open.
pub fn lay(
    call: &CallEntry,
    unfolded: bool,
    waits: bool,
    tail: Option<&str>,
    app: &App,
    form: Form,
    look: &Look,
) -> Laid {
    let name = one_line(&call.call.name);
    let subject = subject(&name, &call.call.arguments);
    let mut laid = Laid::default();
    let (state, role) = match (&call.outcome, call.started) {
        (Some(outcome), _) => ending(outcome),
        (None, _) if waits => ("waits for you".to_owned(), Role::Warn),
        (None, Some(since)) => (text::seconds(app.now.wall.since(since)), Role::Accent),
        (None, None) => (look.mark(Mark::More).to_owned(), Role::Muted),
    };
    let mark = match (&call.outcome, call.started) {
        (None, Some(_)) => look.mark(Mark::Working),
        (None, None) if waits => look.mark(Mark::Ask),
        _ if unfolded || has_preview(call) => look.mark(Mark::Open),
        _ => look.mark(Mark::Folded),
    };
    let mut row = Row::of(format!("{mark} "), role)
        .put(format!("{name:<6} "), Role::Strong)
        .put(subject, Role::Text);
    if let Some(decided) = &call.decided {
        row = row.end(format!("{} {decided}  ", look.mark(Mark::Ask)), Role::Muted);
    }
    let head = logical::head(&call.call.name, &call.call.arguments);
    let base = logical::base(&head);
    let lead = row.left[..2].iter().map(|(text, _)| text.len()).sum();
    laid.placed(row.end(state, role), 0..base - 1, lead);
    match &call.outcome {
        // What the person said is what was asked for: it is no output to be unfolded.
        Some(outcome)
            if call.call.name == "question"
                && !unfolded
                && outcome.kind == OutcomeKind::Done
                && !outcome.text.trim().is_empty() =>
        {
            let row = Row::of(format!("  {}", one_line(&outcome.text)), Role::Muted);
            laid.placed(row, base..base + clean(outcome.text.trim_end()).len(), 2);
        }
        Some(outcome) => {
            // Behind the two blanks its rows stand behind.
            let room = indented(form, 2);
            let by = if name == "bash" {
                By::Command
            } else {
                By::Tool
            };
            body(&mut laid, (outcome, by), (unfolded, base), app, room, look);
        }
        None => {
            if let Some(tail) = tail {
                last_rows(&mut laid, tail, OUTPUT_ROWS + 1, None, indented(form, 2));
            }
        }
    }
    laid
}

fn has_preview(call: &CallEntry) -> bool {
    call.outcome.as_ref().is_some_and(|outcome| {
        matches!(outcome.detail, Detail::Diff { .. })
            || outcome.exit.is_some() && !outcome.text.trim().is_empty()
            || matches!(outcome.kind, OutcomeKind::Failed | OutcomeKind::Denied)
    })
}

pub fn body(
    laid: &mut Laid,
    (outcome, by): (&Outcome, By),
    (unfolded, base): (bool, usize),
    app: &App,
    form: Form,
    look: &Look,
) {
    let key = app.keymap().key(Place::Anywhere, Action::Outputs);
    let more = |count: usize, what: &str| {
        Row::of(
            format!("  {} {count} more {what}", look.mark(Mark::More)),
            Role::Muted,
        )
        .end(key.clone().unwrap_or_default(), Role::Muted)
    };
    if let Detail::Diff { path, patch, .. } = &outcome.detail {
        // As the ask for it showed it: what cannot be seen is what a change may be wanted for.
        let patch = change_made(patch);
        let sheet = diff(path, &patch, form);
        let height = sheet.height();
        if unfolded || height <= DIFF_ROWS + 1 {
            laid.text(sheet, 2, 0..height, base);
        } else {
            let hidden = hidden_from(&sheet, DIFF_ROWS, base);
            laid.text(sheet, 2, 0..DIFF_ROWS, base);
            let end = base + clean(&patch).len();
            laid.placed(more(height - DIFF_ROWS, "lines"), hidden..end, usize::MAX);
        }
        return;
    }
    let trimmed = outcome.text.trim_end();
    if trimmed.is_empty() {
        return;
    }
    if unfolded {
        let cut = trimmed.floor_char_boundary(BODY.min(trimmed.len()));
        let sheet = output(&trimmed[..cut], form);
        let height = sheet.height();
        laid.text(sheet, 2, 0..height, base);
        return;
    }
    let of_command = by == By::Command && outcome.kind == OutcomeKind::Failed;
    match outcome.kind {
        OutcomeKind::Failed | OutcomeKind::Denied | OutcomeKind::Lost if !of_command => {
            let line: String = trimmed.chars().take(600).collect();
            let row = Row::of(format!("  {}", one_line(&line)), Role::Muted);
            laid.placed(row, base..base + clean(trimmed).len(), 2);
        }
        _ if of_command || outcome.exit.is_some() && outcome.kind == OutcomeKind::Done => {
            let lines = trimmed.lines().count();
            if lines > OUTPUT_ROWS + 1 {
                let shown = last_lines(trimmed, OUTPUT_ROWS);
                let hidden = base..base + clean(trimmed).len() - shown.len();
                laid.placed(more(lines - OUTPUT_ROWS, "lines"), hidden, usize::MAX);
                last_rows(laid, trimmed, OUTPUT_ROWS, Some(base), form);
            } else {
                last_rows(laid, trimmed, OUTPUT_ROWS + 1, Some(base), form);
            }
        }
        _ => {}
    }
}

/// Where the text goes on that the rows of a sheet from this one on show.
fn hidden_from(sheet: &Sheet, row: usize, base: usize) -> usize {
    let span = (row..sheet.height()).find_map(|row| sheet.span(row));
    base + span.map_or(0, |span| span.start)
}

/// The last lines of an output, cleaned.
fn last_lines(text: &str, count: usize) -> String {
    let from = text.ceil_char_boundary(text.len().saturating_sub(16_000));
    let cleaned = clean(&text[from..]);
    let cleaned = cleaned.trim_end();
    let start = cleaned.rmatch_indices('\n').nth(count.saturating_sub(1));
    cleaned[start.map_or(0, |(at, _)| at + 1)..].to_owned()
}

/// The last lines of an output, each on one row, which is marked where it is cut when it is drawn. `base`: where the output begins in the text of the entry.
fn last_rows(laid: &mut Laid, text: &str, count: usize, base: Option<usize>, form: Form) {
    let lines = last_lines(text, count);
    let mut at = base.map(|base| base + clean(text).trim_end().len() - lines.len());
    for line in lines.lines() {
        let expanded = text::expand(line, 4);
        // One cell more than there is room for, so that a longer line is seen to be cut.
        let (end, _) = crate::tui::widget::cells::prefix(&expanded, form.cells() + 1);
        let row = Row::of(format!("  {}", &expanded[..end]), Role::Muted);
        match &mut at {
            Some(at) => {
                laid.placed(row, *at..*at + line.len(), 2);
                *at += line.len() + 1;
            }
            None => laid.row(row),
        }
    }
}
