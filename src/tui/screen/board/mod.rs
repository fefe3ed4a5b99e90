//! The board as drawn: the head, the list, the peek at what is marked, its keys.

mod foot;
mod line;
mod peek;

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::app::board::entries::{Group, Line};
use crate::tui::app::board::told::Told;
use crate::tui::app::board::{Board, Rooms, Writing};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::screen::board::line::Columns;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::spots::Spots;
use crate::tui::screen::{Shown, ask_line, beyond, top};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::{cells, text};

pub fn draw(app: &App, board: &Board, canvas: &mut Canvas, area: Rect, look: &Look) -> Shown {
    let rooms = Rooms::of(area, &board.writing);
    let mut spots = Spots::default();
    head(app, board, canvas, rooms.head, look, &mut spots);
    let mut cursor = list(app, board, canvas, &rooms, look, &mut spots);
    if rooms.peek.height > 0 {
        cursor = peek::draw(app, board, canvas, rooms.peek, look).or(cursor);
    }
    let note = rooms.note.height > 0;
    foot::draw(app, board, canvas, rooms.keys, look);
    if let Some(said) = &app.note {
        let row = Row::of(format!(" {} ", said.text), Role::Accent);
        // Without a line of its own it stands in the frame over the keys, which stay in sight.
        let (line, from) = if note {
            (rooms.note, 0)
        } else {
            (rooms.keys, 1)
        };
        let (x, y, end) = (line.left() + from, line.y - from, line.right() - from);
        row.draw(canvas, x, y, end, look);
    }
    Shown {
        cursor,
        spots,
        ..Shown::default()
    }
}

/// `Board   7 sessions      this project [all]      today $2.32 of $10   now $1.10/h`.
fn head(app: &App, board: &Board, canvas: &mut Canvas, area: Rect, look: &Look, spots: &mut Spots) {
    let lines = app.board_lines();
    let listed = lines.iter().filter(|line| matches!(line, Line::Session(_)));
    let listed = listed.count() as u64;
    let count = match (board.find.is_empty(), board.read) {
        (true, true) => board.total.max(listed),
        _ => listed.max(if board.find.is_empty() {
            0
        } else {
            board.total
        }),
    };
    let count = match (board.find.is_empty(), count) {
        (false, count) => format!("{} found", text::count(count)),
        (true, 1) => "1 session".to_owned(),
        (true, count) => format!("{} sessions", text::count(count)),
    };
    let wide = area.width >= 70;
    let mut row = Row::of(" Board", Role::Strong).put(format!("   {count}"), Role::Muted);
    let scope = if board.here {
        "[this project] all"
    } else {
        "this project [all]"
    };
    if wide {
        let mut right = top::today(app);
        let (rate, more) = app.rate_now();
        if let Some(rate) = rate {
            let more = if more { " + ?" } else { "" };
            right = format!("{right}   now {rate}/h{more}");
        }
        row = row.end(format!("{right} "), Role::Muted);
    }
    let scope_cells = cells::of(scope);
    let right: usize = row.right.iter().map(|(text, _)| cells::of(text)).sum();
    let left = row.width() - right;
    // Nearer to the right, where it has room on both sides.
    let free = usize::from(area.width).saturating_sub(left + scope_cells + right);
    if free >= 4 {
        let gap = free - (free / 2).min(9);
        let x = area.x + (left + gap) as u16;
        spots.scope = Some(Rect {
            x,
            width: scope_cells as u16,
            ..area
        });
        row = row.put(" ".repeat(gap), Role::Text).put(scope, Role::Text);
    }
    row.draw(canvas, area.left(), area.y, area.right(), look);
}

/// Draws the list; gives the cursor where words are written that are looked for.
fn list(
    app: &App,
    board: &Board,
    canvas: &mut Canvas,
    rooms: &Rooms,
    look: &Look,
    spots: &mut Spots,
) -> Option<(u16, u16)> {
    let heavy = rooms.peek.height == 0;
    let above = above(app, board);
    let style = look.style(Role::Accent);
    let above = above.as_ref().map(|said| Segment::new(said, style));
    let inner = Frame {
        weight: if heavy { Weight::Heavy } else { Weight::Light },
        glyphs: look.glyphs,
        left: above.as_slice(),
        right: &[],
        style: look.style(if heavy { Role::Focus } else { Role::Border }),
    }
    .draw(canvas, rooms.list);
    let mut y = inner.y;
    let mut cursor = None;
    if board.finds() && y < inner.bottom() {
        let line = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let place = ask_line::draw_line(canvas, line, y, "/ ", &board.find, look);
        cursor = (board.writing == Writing::Find).then_some(place);
        y += 1;
    }
    let lines = app.board_lines();
    if lines.is_empty() {
        let said = empty(app, board, usize::from(inner.width));
        let below = Rect {
            y,
            height: inner.bottom().saturating_sub(y),
            ..inner
        };
        rows::draw(&said, canvas, below, 0, look);
        return cursor;
    }
    let room = usize::from(inner.bottom() - y).saturating_sub(usize::from(rooms.named));
    let seen: Vec<(&Line, Option<Told>)> = lines
        .iter()
        .skip(board.top)
        .take(room)
        .map(|line| match line {
            Line::Head(_) => (line, None),
            Line::Session(entry) => (line, Some(app.told(board, entry))),
        })
        .collect();
    let sessions = seen.iter().filter_map(|(_, told)| told.as_ref());
    let columns = Columns::of(usize::from(inner.width), sessions);
    if rooms.named {
        let row = line::names(&columns, look);
        row.draw(canvas, inner.left(), y, inner.right(), look);
        y += 1;
    }
    for ((line, told), y) in seen.iter().zip(y..inner.bottom()) {
        let row = match (line, told) {
            (Line::Head(group), _) => heading(app, board, *group),
            (Line::Session(_), None) => continue,
            (Line::Session(entry), Some(told)) => {
                let place = Rect {
                    y,
                    height: 1,
                    ..inner
                };
                spots.rows.push((place, entry.id));
                let marked = board.at == Some(entry.id);
                line::row(told, marked, &columns, app.now.wall, look)
            }
        };
        row.draw(canvas, inner.left(), y, inner.right(), look);
    }
    let hidden = lines.iter().skip(board.top + room);
    let hidden = hidden.filter(|line| matches!(line, Line::Session(_)));
    // What is above stands in the upper line.
    beyond(canvas, rooms.list, 0, hidden.count(), look);
    cursor
}

/// What stands above the first line that is seen.
fn above(app: &App, board: &Board) -> Option<String> {
    let hidden = app.board_lines().iter().take(board.top);
    let groups = hidden.filter_map(|line| match line {
        Line::Session(entry) => Some(entry.group),
        Line::Head(_) => None,
    });
    let groups: Vec<Group> = groups.collect();
    let waiting = groups.iter().filter(|group| **group == Group::NeedsYou);
    match (groups.len(), waiting.count()) {
        (0, _) => None,
        (count, 0) => Some(format!("{count} above")),
        (count, 1) => Some(format!("{count} above, 1 needs you")),
        (count, waiting) => Some(format!("{count} above, {waiting} need you")),
    }
}

fn heading(app: &App, board: &Board, group: Group) -> Row {
    let row = Row::of(format!("   {}", group.name()), Role::Muted);
    let below = board.total.saturating_sub(board.cards.len() as u64);
    let finds = board.finds();
    let more = match (group, below, board.archived) {
        (Group::Earlier, 0, 1..) if !finds => {
            format!("{} archived", text::count(board.archived))
        }
        (Group::Earlier, 1.., 0) if !finds => format!("{} more", text::count(below)),
        (Group::Earlier, 1.., 1..) if !finds => format!(
            "{} more, {} archived",
            text::count(below),
            text::count(board.archived)
        ),
        _ => return row,
    };
    let find = app.keymap().way_from(Place::Board, Action::BoardFind);
    row.end(format!("{more}: {find} finds them    "), Role::Muted)
}

fn empty(app: &App, board: &Board, width: usize) -> Vec<Row> {
    let key = |action| app.keymap().way_from(Place::Board, action);
    let said = match &board.failed {
        Some(why) => why.clone(),
        None if !board.read => "reading the log".to_owned(),
        None if !board.find.is_empty() => {
            let past = app
                .keymap()
                .way_from(Place::Composer, Action::SearchPrompts);
            format!(
                "No session has these words. Looked through are titles, what each is at, folders, models and states; \
                 not all that was said: of that, {past} in a session finds past prompts."
            )
        }
        None if board.here => {
            let scope = key(Action::BoardScope);
            format!("No session of this project yet; {scope} lists all.")
        }
        None => format!("No session yet. {} begins one.", key(Action::NewSession)),
    };
    wrapped(&said, width.saturating_sub(1), 3, Role::Muted)
}
