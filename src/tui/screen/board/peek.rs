//! The foot of the board: what was said last in the marked session, what it waits for, where it works; or what is being
//! written to it.

use ratatui::layout::Rect;

use crate::agent::at;
use crate::agent::unmarked::last_line;
use crate::agent::visible::{as_command, one_line};
use crate::protocol::ask::{About, Ask, Risk};
use crate::protocol::board::Glimpse;
use crate::tui::app::App;
use crate::tui::app::board::entries::Entry;
use crate::tui::app::board::hear::weighed;
use crate::tui::app::board::told::{Told, so_far};
use crate::tui::app::board::{Board, Writing};
use crate::tui::app::view::View;
use crate::tui::screen::ask_line;
use crate::tui::screen::board::line;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::text;

/// Cells of the words before each line.
const LEAD: usize = 7;

/// Draws it; gives the place of the cursor where something is written.
pub fn draw(
    app: &App,
    board: &Board,
    canvas: &mut Canvas,
    area: Rect,
    look: &Look,
) -> Option<(u16, u16)> {
    let entry = app.marked();
    let told = entry.map(|entry| app.told(board, &entry));
    let title = told.as_ref().map_or_else(String::new, |told| {
        let number = told
            .number
            .map_or(String::new(), |number| format!("{number} "));
        let title = text::fit(&one_line(&told.title), 40, look.glyphs).into_owned();
        format!("{number}{title}")
    });
    let (opened, steps) = told.as_ref().map_or_else(Default::default, |told| {
        let opened = match text::age(app.now.wall.since(told.created)).as_str() {
            "now" => "opened now".to_owned(),
            age => format!("opened {age} ago"),
        };
        (opened, steps(told))
    });
    let left = [
        Segment::new(&title, look.style(Role::Strong)),
        Segment::new(&opened, look.style(Role::Muted)),
        Segment::new(&steps, look.style(Role::Muted)),
    ];
    let frame = Frame {
        weight: Weight::Heavy,
        glyphs: look.glyphs,
        left: &left[..if steps.is_empty() { 2 } else { 3 }],
        right: &[Segment::new("peek", look.style(Role::Muted))],
        style: look.style(Role::Focus),
    };
    let whole = frame.draw(canvas, area);
    let inner = Rect {
        x: whole.x + 1,
        width: whole.width.saturating_sub(2),
        ..whole
    };
    let Some((entry, told)) = entry.zip(told) else {
        return gone(board, canvas, inner, look);
    };
    if let Writing::Delete { .. } = board.writing {
        for (row, y) in delete(app, board, &told, usize::from(inner.width), look)
            .iter()
            .zip(inner.top()..inner.bottom())
        {
            row.draw(canvas, inner.left(), y, inner.right(), look);
        }
        return None;
    }
    // Two rows at the foot are for what is written.
    let foot = inner
        .bottom()
        .saturating_sub(if area.height > 8 { 3 } else { 2 });
    let rows = said(app, board, &entry, &told, look);
    for (row, y) in rows.iter().zip(inner.top()..foot) {
        row.draw(canvas, inner.left(), y, inner.right(), look);
    }
    frame.divide(canvas, area, foot);
    let (lead, line) = match &board.writing {
        Writing::Reply(text) => ("> ", text),
        Writing::Title(text) => ("title ", text),
        Writing::Nothing | Writing::Find | Writing::Delete { .. } => {
            let said = if matches!(board.writing, Writing::Find) {
                "  letters go into the line above until Enter"
            } else if app.replies.contains_key(&entry.id) {
                "  Tab goes on with the reply; plain letters are the keys below"
            } else {
                "  Tab writes a reply here; plain letters are the keys below"
            };
            let row = Row::of(said, Role::Muted);
            row.draw(canvas, inner.left(), foot + 1, inner.right(), look);
            return None;
        }
    };
    Some(ask_line::draw_line(
        canvas,
        inner,
        foot + 1,
        lead,
        line,
        look,
    ))
}

/// What was being written to a session that is no longer here.
fn gone(board: &Board, canvas: &mut Canvas, inner: Rect, look: &Look) -> Option<(u16, u16)> {
    if !board.writes() {
        return None;
    }
    let said = "This session is no longer here; Esc goes back to the list";
    let row = Row::of(said, Role::Strong);
    row.draw(canvas, inner.left(), inner.y, inner.right(), look);
    let (Writing::Reply(text) | Writing::Title(text)) = &board.writing else {
        return None;
    };
    let foot = inner.bottom().saturating_sub(1);
    Some(ask_line::draw_line(canvas, inner, foot, "> ", text, look))
}

fn steps(told: &Told) -> String {
    match told.steps {
        0 => String::new(),
        1 => "1 step".to_owned(),
        steps => format!("{steps} steps"),
    }
}

fn labelled(label: &str, said: String, role: Role) -> Row {
    Row::of(format!("{label:<LEAD$}"), Role::Muted).put(said, role)
}

/// Last words, what waits or how it stopped, where it works.
fn said(app: &App, board: &Board, entry: &Entry, told: &Told, look: &Look) -> Vec<Row> {
    let none = Glimpse::default();
    let glimpse = match &board.glimpse {
        Some((id, glimpse)) if *id == entry.id => glimpse,
        _ => &none,
    };
    let view = entry.tab.and_then(|tab| app.views.get(tab));
    let mut rows = Vec::new();
    if !glimpse.prompt.is_empty() {
        let said = one_line(&glimpse.prompt);
        rows.push(labelled("you", said, Role::Person));
    }
    // What streams is newer than what was said.
    let streams = view
        .map(|view| view.live.text.trim())
        .filter(|text| !text.is_empty());
    let answer = match streams {
        Some(text) => last_line(text),
        None => one_line(&glimpse.answer),
    };
    if !answer.is_empty() {
        rows.push(labelled("agent", answer.clone(), Role::Text));
    }
    // What it is at is often just what was said last.
    if answer.is_empty() || answer != one_line(&told.at) {
        rows.push(waits(told, view, glimpse, look));
    }
    rows.push(place(app, board, entry, told, view));
    rows
}

/// What it waits for with its risk; else what it is at, which the list may have cut.
fn waits(told: &Told, view: Option<&View>, glimpse: &Glimpse, look: &Look) -> Row {
    let session = view.and_then(|view| view.session.as_ref());
    let live = session.and_then(|session| session.asks.first());
    let ask: Option<&Ask> = match session {
        Some(_) => live.map(|waiting| &waiting.ask),
        None => glimpse.ask.as_ref(),
    };
    let (sign, role) = line::sign(told.sign, look);
    let mut row = Row::of(format!("{sign:<LEAD$}"), role);
    match ask.map(|ask| &ask.about) {
        Some(About::Approval(approval)) => {
            let (risk, role) = match approval.risk {
                Risk::Low => ("LOW", Role::Good),
                Risk::Medium => ("MED", Role::Warn),
                Risk::High => ("HIGH", Role::Bad),
            };
            let about = at::ask(&About::Approval(approval.clone()));
            let bare = about.strip_prefix("run: ").unwrap_or(&about);
            row = row
                .put(format!("{}        ", as_command(bare)), Role::Strong)
                .put(risk, role)
                .put(format!("  {}", one_line(&approval.risk_why)), Role::Muted);
        }
        Some(about) => {
            let so_far = session.map(|session| format!(": {}", so_far(session)));
            row = row
                .put(at::ask(about), Role::Strong)
                .put(so_far.unwrap_or_default(), Role::Muted);
        }
        None => row = row.put(one_line(&told.at), Role::Muted),
    }
    row
}

/// Folder, branch, model.
fn place(app: &App, board: &Board, entry: &Entry, told: &Told, view: Option<&View>) -> Row {
    let card = board.card(entry.id);
    let folder = view
        .filter(|view| view.session.is_some())
        .map(View::cwd)
        .or(card.map(|card| &card.cwd))
        .or(view.map(View::cwd));
    let Some(folder) = folder else {
        return Row::new();
    };
    let mut said = format!("folder {}", app.setup.path(folder));
    if let Some(place) = app.place(folder) {
        if let Some(branch) = &place.branch {
            said = format!("{said}   branch {}", one_line(branch));
        }
        if place.gone {
            said = format!("{said}   the folder is gone");
        }
    }
    if let Some(standing) = view.and_then(|view| view.standing.as_ref()) {
        said = format!("{said}   {}", standing.words());
    }
    let row = labelled("", said, Role::Muted);
    match told.elsewhere {
        Some(process) => row.put(format!("   other terminal, process {process}"), Role::Warn),
        None => row,
    }
}

/// What would go and what stays, in words.
fn delete(app: &App, board: &Board, told: &Told, width: usize, look: &Look) -> Vec<Row> {
    let Writing::Delete { weight, .. } = &board.writing else {
        return Vec::new();
    };
    let what = weight.as_ref().map_or_else(
        || "What it holds is being counted".to_owned(),
        |weight| format!("{} go", weighed(weight)),
    );
    let worktree = weight.as_ref().and_then(|weight| weight.worktree.as_ref());
    let stays = worktree.map(|worktree| {
        let path = one_line(&app.setup.path(&worktree.path));
        format!(
            "; its worktree {path} with the branch {} stays",
            one_line(&worktree.branch)
        )
    });
    let title = one_line(&told.title);
    let title = text::fit(&title, 24, look.glyphs);
    let draft = if width >= 60 { " with its draft" } else { "" };
    wrapped(
        &format!(
            "Delete “{title}” for good? {what}{draft}{}. This cannot be undone; what it cost stays in the ledger, without text.",
            stays.unwrap_or_default()
        ),
        width,
        0,
        Role::Strong,
    )
}
