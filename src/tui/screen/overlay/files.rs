//! The files of a session beside the difference of the one that is marked.

use ratatui::layout::Rect;

use crate::agent::visible::{escaped, one_line};
use crate::protocol::worktree::{Became, FileChange};
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::files::Files;
use crate::tui::screen::blank;
use crate::tui::screen::hints::Hint::{All, Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::listed;
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::diff::Diff;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::highlight::Language;
use crate::tui::widget::paint::Form;
use crate::tui::widget::{cells, text};

/// From so many columns on the difference stands beside the files.
const BESIDE: u16 = 90;
/// Cells of the list beside it.
const LIST: u16 = 38;

/// A file with what became of it.
pub fn row(file: &FileChange, narrow: bool, room: usize) -> Row {
    let (letter, role) = match file.became {
        Became::New => ("A", Role::Good),
        Became::Changed => ("M", Role::Text),
        Became::Removed => ("D", Role::Bad),
    };
    let lines = match file.lines {
        Some((added, removed)) => format!("+{added} -{removed}"),
        None => "binary".to_owned(),
    };
    let open = if file.uncommitted { "*" } else { " " };
    let path = escaped(&file.path);
    let lead = 4 + usize::from(!narrow);
    let width = room.saturating_sub(lead + lines.len() + 2);
    let path =
        text::fit_middle(&path, width, crate::tui::widget::paint::Glyphs::Unicode).into_owned();
    Row::of(format!("{letter}{open} "), role)
        .put(path, Role::Text)
        .end(lines, Role::Muted)
}

/// The files with the difference of the marked one, over the whole area.
pub fn draw(app: &App, overlay: &Files, canvas: &mut Canvas, area: Rect, look: &Look) {
    let named = Named {
        keymap: app.keymap(),
        place: overlay.place(),
    };
    blank(canvas, area, look);
    let foot = 1;
    let head = 1;
    let body = Rect {
        y: area.y + head,
        height: area.height.saturating_sub(head + foot),
        ..area
    };
    title(app, overlay, area).draw(canvas, area.left(), area.top(), area.right(), look);
    let (list, diff) = if area.width >= BESIDE {
        let list = Rect {
            width: LIST,
            ..body
        };
        let diff = Rect {
            x: body.x + LIST,
            width: body.width - LIST,
            ..body
        };
        (list, diff)
    } else {
        let files = overlay
            .listed
            .as_ref()
            .map_or(1, |listed| listed.files.len());
        let wanted = u16::try_from(files).unwrap_or(u16::MAX).saturating_add(2);
        let height = wanted.clamp(3, (body.height / 3).max(3));
        let list = Rect { height, ..body };
        let diff = Rect {
            y: body.y + height,
            height: body.height.saturating_sub(height),
            ..body
        };
        (list, diff)
    };
    draw_list(overlay, canvas, list, look);
    draw_diff(overlay, canvas, diff, look);
    let line = All(&[Action::ScrollDown, Action::ScrollUp], "line");
    let hunk = All(&[Action::NextHunk, Action::HunkBefore], "hunk");
    let hints = if overlay.worktree().is_some() || overlay.listed.is_none() {
        vec![
            Does(Action::MarkAfter, "file"),
            Does(Action::FilesMerge, "merge…"),
            Does(Action::Close, "close"),
            Does(Action::Help, "help"),
            Does(Action::FilesCommit, "commit…"),
            line,
            hunk,
            Does(Action::FilesRemove, "remove…"),
            Said("*", "not committed"),
            Does(Action::FilesAgain, "read again"),
        ]
    } else {
        vec![
            Does(Action::MarkAfter, "file"),
            line,
            hunk,
            Does(Action::Close, "close"),
            Does(Action::Help, "help"),
            Does(Action::FilesAgain, "read again"),
        ]
    };
    let pairs = named.keys(&hints);
    let line = rows::key_line(&pairs, usize::from(area.width.saturating_sub(2)));
    line.draw(
        canvas,
        area.left() + 1,
        area.bottom().saturating_sub(1),
        area.right(),
        look,
    );
}

fn title(app: &App, overlay: &Files, area: Rect) -> Row {
    let Some(listed) = &overlay.listed else {
        return Row::of(" files", Role::Strong);
    };
    let Some(worktree) = &listed.worktree else {
        let count = match listed.standing.files {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let not = if area.width >= BESIDE {
            "; what commands changed is not among them"
        } else {
            ""
        };
        return Row::of(" written by this session's edits", Role::Strong)
            .end(format!("{count}{not} "), Role::Text);
    };
    let into = match &worktree.from {
        Some(from) => format!("{} → {}", one_line(&listed.standing.branch), one_line(from)),
        None => one_line(&listed.standing.branch),
    };
    let mut row = Row::of(format!(" {into}  "), Role::Strong);
    if area.width >= BESIDE {
        row = row.put(format!("{}  ", app.setup.path(&worktree.path)), Role::Muted);
    }
    let open = match listed.standing.uncommitted {
        0 => String::new(),
        count => format!(", {count} not committed"),
    };
    row.end(format!("{}{open} ", listed.standing.words()), Role::Text)
}

fn draw_list(overlay: &Files, canvas: &mut Canvas, area: Rect, look: &Look) {
    let name = [Segment::new("files", look.style(Role::Strong))];
    let inner = Frame {
        weight: Weight::Light,
        glyphs: look.glyphs,
        left: &name,
        right: &[],
        style: look.style(Role::Border),
    }
    .draw(canvas, area);
    let room = usize::from(inner.width);
    let mut list: Vec<Row> = Vec::new();
    if let Some(said) = &overlay.said {
        list.push(Row::of(one_line(said), Role::Good));
    }
    if let Some(why) = &overlay.failed {
        list.extend(wrapped(why, room, 0, Role::Bad));
    }
    let above = list.len();
    match &overlay.listed {
        None if overlay.failed.is_none() => list.push(Row::of("reading the files", Role::Muted)),
        None => {}
        Some(listed) if listed.files.is_empty() => {
            list.push(Row::of("No file was changed.", Role::Muted));
        }
        Some(files) => {
            for (index, file) in files.files.iter().enumerate() {
                let marked = index == overlay.at;
                let mut whole = listed(marked, look);
                let part = row(file, true, room);
                whole.left.extend(part.left);
                whole.right.extend(part.right);
                list.push(whole);
            }
            if files.more > 0 {
                list.push(Row::of(format!("{} more", files.more), Role::Muted));
            }
        }
    }
    let skip = (above + overlay.at + 1).saturating_sub(usize::from(inner.height));
    rows::draw(&list, canvas, inner, skip, look);
}

fn draw_diff(overlay: &Files, canvas: &mut Canvas, area: Rect, look: &Look) {
    if area.height < 3 {
        return;
    }
    let path = overlay.path().map(escaped).unwrap_or_default();
    let (at, count) = overlay.hunk_of();
    let right = if count == 0 {
        String::new()
    } else {
        format!("hunk {at} of {count}")
    };
    let room = usize::from(area.width).saturating_sub(cells::of(&right) + 8);
    let path = text::fit_middle(&path, room, look.glyphs).into_owned();
    let left = [Segment::new(&path, look.style(Role::Strong))];
    let right = [Segment::new(&right, look.style(Role::Muted))];
    let inner = Frame {
        weight: Weight::Heavy,
        glyphs: look.glyphs,
        left: if path.is_empty() { &[] } else { &left },
        right: if count == 0 { &[] } else { &right },
        style: look.style(Role::Focus),
    }
    .draw(canvas, area);
    let Some((name, diff)) = &overlay.diff else {
        return;
    };
    if diff.lines.is_empty() {
        let row = Row::of("no lines to show: it is no text, or empty", Role::Muted);
        row.draw(canvas, inner.left(), inner.top(), inner.right(), look);
        return;
    }
    let from = overlay.skip.min(diff.lines.len() - 1);
    let to = (from + usize::from(inner.height)).min(diff.lines.len());
    let part = Diff {
        lines: diff.lines[from..to].to_vec(),
    };
    let form = Form::new(inner.width, look.glyphs);
    let sheet = part.rows(Language::of_path(name), form, usize::from(inner.height));
    sheet.draw(canvas, inner, 0, look);
}
