//! A rule that is made at an ask, as its card shows it: what is proposed, where and how long it would hold, and what it would
//! have done with the calls of before.

use crate::agent::visible::{as_command, one_line};
use crate::protocol::ask::{Approval, Subject, command_line};
use crate::protocol::rule::{Replay, Scope};
use crate::tui::app::App;
use crate::tui::app::ask::AskFocus;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::making::Making;
use crate::tui::screen::ask_body::{Asked, NARROW};
use crate::tui::screen::hints::Hint::{self, All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::Role;
use crate::tui::screen::rows::{GOES_ON, Row, chopped, exact, wrapped};
use crate::tui::widget::paint::Form;
use crate::tui::widget::text;

/// What it shows above its keys.
pub fn lay(app: &App, approval: &Approval, making: &Making, form: Form) -> Asked {
    let mut asked = Asked::default();
    let width = form.cells();
    let narrow = width < NARROW;
    let indent = if narrow { 0 } else { 2 };
    let laid = &mut asked.body;
    let mut rows = Vec::new();
    let subject = match &approval.subject {
        Subject::Command { argv, .. } => as_command(command_line(argv)),
        Subject::Change { path, .. } | Subject::Read { path } => app.setup.path(path),
        Subject::Other { arguments } => as_command(arguments),
    };
    rows.extend(exact(&subject, width, indent, Role::Muted));
    for (index, text) in making.texts.iter().enumerate() {
        let marked = index == making.at;
        let mark = if marked { "> " } else { "  " };
        let role = if marked { Role::Marked } else { Role::Text };
        let mut lines = chopped(&as_command(text), width.saturating_sub(2), 0, role);
        for (line, row) in lines.iter_mut().enumerate() {
            let lead = if line == 0 { mark } else { GOES_ON };
            row.left.insert(0, (lead.to_owned(), Role::Key));
        }
        rows.extend(lines);
    }
    let (where_key, until_key) = (key(app, Action::RuleScope), key(app, Action::RuleLasts));
    let holds = match making.scope() {
        Scope::Session => "this session".to_owned(),
        Scope::Worktree => format!("this worktree, {}", app.setup.path(&approval.cwd)),
        Scope::Repository if narrow => "repository".to_owned(),
        Scope::Repository => "this repository with its worktrees".to_owned(),
        Scope::Everywhere => "everywhere".to_owned(),
        Scope::Run | Scope::Config | Scope::Project => String::new(),
    };
    rows.push(
        Row::of(where_key, Role::Key)
            .put(" where  ", Role::Muted)
            .put(holds, Role::Text),
    );
    rows.push(
        Row::of(until_key, Role::Key)
            .put(" until  ", Role::Muted)
            .put(making.lasts().to_string(), Role::Text),
    );
    match &making.tried {
        None => rows.push(Row::of("trying it on the calls of before…", Role::Muted)),
        Some(Err(why)) => rows.extend(wrapped(&one_line(why), width, 0, Role::Bad)),
        Some(Ok(replay)) => tried(app, replay, width, &mut rows),
    }
    for row in rows {
        laid.row(row);
    }
    asked
}

fn tried(app: &App, replay: &Replay, width: usize, rows: &mut Vec<Row>) {
    if let Some(why) = &replay.refused {
        rows.extend(wrapped(&one_line(why), width, 0, Role::Bad));
        return;
    }
    let calls = if replay.looked == 1 { "call" } else { "calls" };
    let newest = if replay.cut { " (the newest)" } else { "" };
    let said = format!(
        "would have covered {} of {} past {calls} there{newest}, ",
        replay.covers, replay.looked
    );
    let denied = match replay.denied {
        0 => "none of which you denied".to_owned(),
        count => format!("{count} of which you denied"),
    };
    let role = if replay.denied > 0 {
        Role::Warn
    } else {
        Role::Text
    };
    rows.extend(wrapped(&format!("{said}{denied}"), width, 0, role));
    for sample in &replay.samples {
        let times = if sample.count > 1 {
            format!("{}x ", sample.count)
        } else {
            String::new()
        };
        let age = text::age(app.now.wall.since(sample.at));
        let (denied, role) = if sample.denied {
            ("denied  ", Role::Warn)
        } else {
            ("", Role::Muted)
        };
        rows.push(
            Row::of(format!("  {denied}{times}"), role)
                .put(sample.subject.clone(), Role::Muted)
                .end(format!("  {age}"), Role::Muted),
        );
    }
}

fn key(app: &App, action: Action) -> String {
    app.keymap().first(Place::Ask, &[action])
}

/// The keys under it.
pub fn foot(app: &App, focus: &AskFocus, making: &Making, narrow: bool) -> Vec<Row> {
    let ready = focus.arming.ready(app.now.since);
    let role = if ready && making.is_fit() {
        Role::Key
    } else {
        Role::Muted
    };
    let keep = if narrow {
        " yes, keep"
    } else {
        " yes, and keep it from now on"
    };
    let refused = match &making.tried {
        Some(Ok(replay)) => replay.refused.is_some(),
        Some(Err(_)) => true,
        None => false,
    };
    // What would not be kept is not offered.
    let first = if refused {
        Row::new()
    } else {
        Row::of(key(app, Action::Choose), role).put(format!("{keep}   "), Role::Text)
    };
    let mut others = vec![
        All(&[Action::MarkBefore, Action::MarkAfter], "which"),
        Does(Action::AskEdit, "edit"),
    ];
    let held = [
        Does(Action::RuleScope, "where"),
        Does(Action::RuleLasts, "until"),
    ];
    if !narrow {
        others.splice(1..1, held);
    }
    let named = |hints: &[Hint]| {
        let named = Named {
            keymap: app.keymap(),
            place: Place::Ask,
        };
        named.keys(hints)
    };
    let put = |row: Row, hints: &[Hint]| {
        let keys = named(hints).into_iter().enumerate();
        keys.fold(row, |row, (index, (key, what))| {
            let gap = if index == 0 { "" } else { "   " };
            row.put(gap, Role::Muted)
                .put(key, Role::Key)
                .put(format!(" {what}"), Role::Muted)
        })
    };
    let first = put(first, &others);
    let state = match (making.is_fit(), ready) {
        (false, _) => String::new(),
        (true, true) => "ready".to_owned(),
        (true, false) => "ready after a short quiet".to_owned(),
    };
    let last = if narrow {
        let [scope, lasts] = held;
        put(Row::new(), &[Does(Action::Close, "back"), scope, lasts])
    } else {
        let back = Does(Action::Close, "back; nothing is kept");
        put(Row::new(), &[back]).end(state, Role::Good)
    };
    vec![Row::new(), first, last]
}
