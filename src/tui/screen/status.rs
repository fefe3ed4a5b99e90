//! The status line with the meter in it, the key line of what has the focus, and the strip of keys after the leader.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::protocol::rule::Mode;
use crate::tui::app::{App, Focus};
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::meter;
use crate::tui::screen::rows::{self, Row, keys};
use crate::tui::screen::site::Site;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;

/// Place, mode, effort where one was chosen, sandbox level, branch; the meter at the right.
pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, look: &Look) {
    let view = app.view();
    let place = match app.focus {
        Focus::Composer => "INSERT",
        Focus::Transcript => "NORMAL",
        Focus::Ask(_) | Focus::Card(_) => "ASK",
    };
    let mode = view.mode();
    let mode_role = match mode {
        Mode::Plan | Mode::Ask => Role::Text,
        Mode::Edits => Role::Warn,
        Mode::Auto => Role::Bad,
    };
    let mut row = Row::of(format!(" {place}  "), Role::Strong).put(mode.name(), mode_role);
    if let Some(effort) = view.effort() {
        row = row.put(format!("  effort {effort}"), Role::Text);
    }
    row = row.put("  no sandbox", Role::Muted);
    if let Some(branch) = app
        .place(view.cwd())
        .and_then(|place| place.branch.as_ref())
        && area.width >= 90
    {
        row = row.put(
            format!("  {}", crate::agent::visible::one_line(branch)),
            Role::Muted,
        );
    }
    let mut room = usize::from(area.width).saturating_sub(row.width() + 1);
    let mut shown = Vec::new();
    for (said, role) in meter::parts(app, view) {
        let width = cells::of(&said) + 2;
        if width > room {
            break;
        }
        room -= width;
        shown.push((said, role));
    }
    // The least needed stands leftmost, so that the sum is always at the end.
    for (said, role) in shown.into_iter().rev() {
        row = row.end(format!("  {said}"), role);
    }
    row.draw(canvas, area.left(), area.y, area.right(), look);
}

/// What passes, else the keys that work now.
pub fn key_line(site: &Site, canvas: &mut Canvas, area: Rect) {
    let Site {
        app, view, look, ..
    } = *site;
    if area.height == 0 {
        return;
    }
    let now = app.now.since;
    let row = if let Some(pressed) = app.leader {
        Row::of(pressed.leader.label(), Role::Key).put(" …  Esc ends it", Role::Muted)
    } else if app.esc_until.is_some_and(|until| until > now) {
        let turn = view.session.as_ref().map_or(0, |session| session.turn);
        Row::of(format!("Esc again stops turn {turn}"), Role::Warn)
    } else if app.break_until.is_some_and(|until| until > now) && app.note.is_none() {
        Row::of("Ctrl+C again quits", Role::Warn)
    } else if let Some(note) = app.note.as_ref().filter(|_| !is_long(app, area.width)) {
        Row::of(note.text.clone(), Role::Accent)
    } else if !app.ready && app.broken.is_none() && now >= Duration::from_secs(1) {
        Row::of(format!("opening the log, {} s", now.as_secs()), Role::Muted)
    } else {
        rows_of_keys(site, usize::from(area.width))
    };
    row.draw(canvas, area.left(), area.y, area.right(), look);
}

/// Whether what passes needs more than the key line of this many cells: it is then said above the transcript.
pub fn is_long(app: &App, width: u16) -> bool {
    app.note
        .as_ref()
        .is_some_and(|note| cells::of(&note.text) > usize::from(width))
}

fn rows_of_keys(site: &Site, width: usize) -> Row {
    let Site { app, view, .. } = *site;
    let running = view.running();
    let empty = view.composer.is_empty();
    let pairs: &[(&str, &str)] = match &app.focus {
        Focus::Composer if !app.slash_rows().is_empty() => &[
            ("Enter", "run"),
            ("Tab", "complete"),
            ("↑↓", "choose"),
            ("Esc", "close the list"),
        ],
        Focus::Composer if running && view.read_only.is_some() => &[
            ("^X w", "sessions"),
            ("PgUp", "a page up"),
            ("Ctrl+O", "outputs"),
            ("Esc", "transcript"),
        ],
        Focus::Composer if running && empty && view.asks() > 0 => &[
            ("Enter", "steer"),
            ("Tab", "to the ask"),
            ("Esc Esc", "stop"),
            ("Ctrl+O", "outputs"),
        ],
        Focus::Composer if running && empty && view.retrying().is_some() => &[
            ("Enter", "steer"),
            ("Tab", "to the card"),
            ("Esc Esc", "stop"),
            ("Ctrl+O", "outputs"),
        ],
        Focus::Composer if running => &[
            ("Enter", "steer"),
            ("Tab", "queue"),
            ("Esc Esc", "stop"),
            ("Ctrl+J", "new line"),
            ("Ctrl+O", "outputs"),
        ],
        Focus::Composer if empty && view.has_card() => &[
            ("Enter", "send"),
            ("Tab", "to the card"),
            ("/", "command"),
            ("!", "shell"),
        ],
        Focus::Composer if empty => &[
            ("Enter", "send"),
            ("Ctrl+J", "new line"),
            ("/", "command"),
            ("!", "shell"),
            ("Shift+Tab", "mode"),
            ("Ctrl+R", "past prompts"),
            ("Esc", "transcript"),
        ],
        Focus::Composer => &[
            ("Enter", "send"),
            ("Ctrl+J", "new line"),
            ("Ctrl+G", "editor"),
            ("Ctrl+C", "clear"),
            ("Shift+Tab", "mode"),
        ],
        Focus::Transcript => &[
            ("j k", "line"),
            ("Ctrl+D Ctrl+U", "half a page"),
            ("g g", "top"),
            ("G", "newest"),
            ("Ctrl+O", "outputs"),
            ("i", "type"),
        ],
        Focus::Card(_) if view.retrying().is_some() => &[("Esc Esc", "stop"), ("Tab", "back")],
        Focus::Card(_) => &[("Esc", "leave it"), ("Tab", "back")],
        Focus::Ask(_) => &[("Esc", "back"), ("PgUp PgDn", "read it all")],
    };
    let mut all = keys(pairs);
    if view.transcript.unfolded
        && let Some(pair) = all.iter_mut().find(|(key, _)| key == "Ctrl+O")
    {
        "fold outputs".clone_into(&mut pair.1);
    }
    rows::key_line(&all, width)
}
