//! The keys of the board at its foot: all of them where they fit, in words or in short, else in pages. A key that is not
//! listed is not found.

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::app::board::entries::Group;
use crate::tui::app::board::{Board, Writing};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::screen::hints::Hint::{self, All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::{self, Row};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;

/// Every key with what it does, in words and in short. Moving is left out: arrows need no telling.
const KEYS: &[(Action, &str, &str)] = &[
    (Action::BoardOpen, "open", "open"),
    (Action::BoardDecide, "decide", "decide"),
    (Action::BoardReply, "reply", "reply"),
    (Action::NewSession, "new", "new"),
    (Action::NewWorktree, "in a worktree", "worktree"),
    (Action::BoardFiles, "files", "files"),
    (Action::BoardRename, "rename", "rename"),
    (Action::BoardPin, "pin", "pin"),
    (Action::BoardStop, "stop", "stop"),
    (Action::BoardTurns, "turns", "turns"),
    (Action::BoardFind, "find", "find"),
    (Action::BoardArchive, "archive", "archive"),
    (Action::BoardDelete, "delete…", "delete"),
    (Action::BoardMerge, "merge its worktree…", "merge"),
    (Action::BoardUndo, "undo", "undo"),
    (Action::BoardScope, "all projects", "all"),
];
/// What is needed most, where not all fit at once.
const FIRST: &[Action] = &[
    Action::BoardOpen,
    Action::BoardDecide,
    Action::BoardReply,
    Action::BoardFind,
    Action::NewSession,
    Action::BoardArchive,
    Action::BoardDelete,
];

/// A way to write the keys.
struct Form {
    gap: usize,
    short: bool,
    /// What stands at the right end of the last row.
    end: &'static [(Action, &'static str)],
}

/// From the roomiest on.
const FORMS: &[Form] = &[
    Form {
        gap: 3,
        short: false,
        end: &[(Action::BoardLeave, "back"), (Action::Help, "help")],
    },
    Form {
        gap: 2,
        short: false,
        end: &[(Action::BoardLeave, "back"), (Action::Help, "help")],
    },
    Form {
        gap: 2,
        short: true,
        end: &[(Action::BoardLeave, ""), (Action::Help, "help")],
    },
    Form {
        gap: 2,
        short: true,
        end: &[(Action::BoardLeave, ""), (Action::Help, "")],
    },
];
/// The gap between keys that are listed in pages, and what stands beside the key that turns them: on a slim screen a sign.
const PAGED: usize = 2;
const MORE: &str = "more";
const SLIM: usize = 56;

/// A key and what it does.
type Pair = (String, String);

pub fn draw(app: &App, board: &Board, canvas: &mut Canvas, area: Rect, look: &Look) {
    let hints: &[Hint] = match &board.writing {
        Writing::Find => &[
            Does(Action::Choose, "to the list"),
            All(&[Action::MarkBefore, Action::MarkAfter], "mark"),
            Does(Action::Close, "all sessions again"),
        ],
        Writing::Reply(_) => &[
            Does(Action::Choose, "send"),
            Does(Action::Close, "back; the text is kept"),
        ],
        Writing::Title(_) => &[
            Does(Action::Choose, "give this title"),
            Does(Action::Close, "as it was"),
        ],
        Writing::Delete { sure: false, .. } => &[
            All(&[Action::QuestionYes, Action::Choose], "delete it"),
            Does(Action::Close, "keep it"),
        ],
        Writing::Delete { sure: true, .. } => &[
            Does(Action::Choose, "delete it for good"),
            Does(Action::Close, "keep it"),
        ],
        Writing::Nothing => &[],
    };
    let (keymap, place) = (app.keymap(), board.place());
    let width = usize::from(area.width.saturating_sub(2));
    let drawn = if hints.is_empty() {
        all(app, board, width, usize::from(area.height))
    } else {
        vec![rows::key_line(&Named { keymap, place }.keys(hints), width)]
    };
    for (row, y) in drawn.iter().zip(area.top()..area.bottom()) {
        row.draw(
            canvas,
            area.left() + 1,
            y,
            area.right().saturating_sub(1),
            look,
        );
    }
}

/// The keys that work now, in this many rows.
fn all(app: &App, board: &Board, width: usize, height: usize) -> Vec<Row> {
    let height = height.max(1);
    for form in FORMS {
        let end = live(app, form.end.iter().copied());
        let lines = fill(&listed(app, form.short, &[]), width, height, form.gap, &end);
        if lines.len() <= height {
            return drawn(&lines, height, form.gap, &end);
        }
    }
    let more = if width < SLIM { "…" } else { MORE };
    let end = [
        (Action::BoardKeys, more),
        (Action::BoardLeave, ""),
        (Action::Help, ""),
    ];
    let end = live(app, end.into_iter());
    let lines = fill(&listed(app, true, FIRST), width, height, PAGED, &end);
    let pages: Vec<_> = lines.chunks(height).collect();
    let page = pages.get(board.keys % pages.len().max(1));
    drawn(page.copied().unwrap_or_default(), height, PAGED, &end)
}

/// The keys there are now, those of `first` before the others.
fn listed(app: &App, short: bool, first: &[Action]) -> Vec<Pair> {
    let here = app.board.as_ref().is_some_and(|board| board.here);
    let archived = app
        .marked()
        .is_some_and(|entry| entry.group == Group::Archived);
    let waits = app
        .marked()
        .is_some_and(|entry| entry.group == Group::NeedsYou);
    let mut rows: Vec<_> = KEYS
        .iter()
        .filter(|(action, ..)| waits || *action != Action::BoardDecide)
        .collect();
    rows.sort_by_key(|(action, ..)| {
        let place = first.iter().position(|other| other == action);
        place.unwrap_or(first.len())
    });
    let said = rows
        .into_iter()
        .map(|(action, long, brief)| (*action, if short { *brief } else { *long }))
        .map(|(action, what)| match action {
            // The other one than what is listed.
            Action::BoardScope if !here => (action, if short { "here" } else { "this project" }),
            Action::BoardArchive if archived => (action, if short { "back" } else { "take back" }),
            _ => (action, what),
        });
    live(app, said)
}

/// With the keys that the actions have now; what has none is found in the palette.
fn live(app: &App, said: impl Iterator<Item = (Action, &'static str)>) -> Vec<Pair> {
    said.filter_map(|(action, what)| {
        let key = app.keymap().key(Place::Board, action)?;
        Some((key, what.to_owned()))
    })
    .collect()
}

/// Puts keys into rows, as many as are needed; the last row of each page leaves room for its end.
fn fill(pairs: &[Pair], width: usize, height: usize, gap: usize, end: &[Pair]) -> Vec<Vec<Pair>> {
    let end = end.iter().map(|pair| of(pair) + 2).sum::<usize>();
    let mut lines: Vec<Vec<Pair>> = vec![Vec::new()];
    let mut used = 0;
    for pair in pairs {
        let last = lines.len().is_multiple_of(height);
        let room = width.saturating_sub(if last { end } else { 0 });
        if used > 0 && used + gap + of(pair) > room {
            lines.push(Vec::new());
            used = 0;
        }
        used += of(pair) + if used > 0 { gap } else { 0 };
        if let Some(line) = lines.last_mut() {
            line.push(pair.clone());
        }
    }
    lines
}

fn of(pair: &Pair) -> usize {
    let blank = usize::from(!pair.1.is_empty());
    cells::of(&pair.0) + blank + cells::of(&pair.1)
}

fn drawn(lines: &[Vec<Pair>], height: usize, gap: usize, end: &[Pair]) -> Vec<Row> {
    let mut rows: Vec<Row> = lines.iter().map(|line| row(line, gap)).collect();
    rows.resize_with(height, Row::new);
    if let Some(last) = rows.last_mut() {
        last.right = row(end, 2).left;
    }
    rows
}

fn row(line: &[Pair], gap: usize) -> Row {
    let mut row = Row::new();
    for (index, (key, what)) in line.iter().enumerate() {
        let before = if index == 0 { 0 } else { gap };
        row = row
            .put(" ".repeat(before), Role::Muted)
            .put(key.as_str(), Role::Key);
        if !what.is_empty() {
            row = row.put(format!(" {what}"), Role::Muted);
        }
    }
    row
}
