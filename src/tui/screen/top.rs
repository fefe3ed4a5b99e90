//! The top line: open sessions with their marks, what waits, the day's budget.

use ratatui::layout::Rect;

use crate::agent::figure;
use crate::protocol::ask::About;
use crate::protocol::money::Money;
use crate::protocol::session::State;
use crate::protocol::time::Time;
use crate::tui::app::arrange::SLIM;
use crate::tui::app::keymap::Action;
use crate::tui::app::view::View;
use crate::tui::app::{App, Focus};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::money;
use crate::tui::screen::rows::Row;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{cells, text};

/// Cells of a name: at least, as it is told apart from most others, at most.
const LEAST: usize = 3;
const USUAL: usize = 12;
const LONGEST: usize = 24;
/// Behind the name of one that is not kept.
const TEMPORARY: &str = " temporary";
/// From so many columns on an import tells what it has taken in, and the inbox that it is empty.
const ROOMY: u16 = 100;
/// Between two sessions.
const GAP: usize = 3;

/// Draws the line; gives the places of the sessions in it.
pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, look: &Look) -> Vec<(Rect, usize)> {
    let wide = area.width >= 70;
    let mut row = Row::new();
    let waiting = app.waiting();
    if let Some((first, oldest)) = waiting.first() {
        let asked = asked(app, oldest.since);
        let flag = look.mark(Mark::Ask);
        let count = waiting.len();
        // Where the one name in the line has a mark that counts it all, it stands once.
        let total = format!("{flag}{count}");
        let is_alone = app.has_tab_line() || app.views.len() == 1;
        let is_named = is_alone
            && *first == app.view().id
            && mark(app, app.view(), look).is_some_and(|(mark, _)| mark == total);
        row = row.end(
            match (wide, is_named) {
                (true, true) => format!("waiting, {asked}   "),
                (true, false) => format!("{total} waiting, {asked}   "),
                (false, true) => String::new(),
                (false, false) => format!("{total}  "),
            },
            Role::Warn,
        );
        row = row
            .end(app.keymap().way(Action::NextAsk), Role::Key)
            .end("   ", Role::Text);
    }
    if app.read_only {
        row = row.end("read-only log   ", Role::Warn);
    }
    if let Some(progress) = &app.importing {
        let percent = progress.reached.percent();
        row = row.end(
            if area.width >= ROOMY {
                let items = figure::tokens(progress.items);
                format!("importing {percent}, {items} items   ")
            } else if wide {
                format!("importing {percent}   ")
            } else {
                format!("{percent}  ")
            },
            Role::Accent,
        );
    }
    // The leader is the way to everything, the help included.
    let bare = Row::new().end(app.keymap().leader.label(), Role::Key);
    let leader = bare.clone().end(" keys", Role::Muted);
    // Where a text is written the sign is a part of it.
    let types = match &app.focus {
        Focus::Composer => !app.view().composer.is_empty(),
        Focus::Ask(ask) => ask.line.is_some(),
        Focus::Card(_) | Focus::Transcript => false,
    };
    let help = if types {
        app.keymap().way(Action::Help)
    } else {
        "?".to_owned()
    };
    let mut keys = leader
        .clone()
        .end(if wide { "   " } else { "  " }, Role::Text)
        .end(help, Role::Key);
    if area.width >= SLIM {
        keys = keys.end(" help", Role::Muted);
    }
    let none = Row::new();
    // Where nothing waits, the place is named where asks will be.
    let calm = if waiting.is_empty() && area.width >= ROOMY {
        Row::new().end("inbox 0   ", Role::Muted)
    } else {
        Row::new()
    };
    let day = if wide {
        Row::new().end(today(app), Role::Muted)
    } else {
        Row::new()
    };
    let at = app.at();
    let all: Vec<usize> = if app.has_tab_line() {
        vec![at]
    } else {
        (0..app.views.len()).collect()
    };
    let tabs = Tab::all(app, &all, look);
    let named_in = |name: usize| tabs.iter().map(|tab| tab.width(name)).sum::<usize>();
    let (usual, least) = (named_in(USUAL), named_in(LEAST));
    // The keys give way to sessions that would not be told apart, then what was spent to sessions that would not be named at
    // all. The way to everything stays, without a word beside it where one session is alone in the line; of several, those
    // that have no room are counted.
    let mut calm_day = calm;
    calm_day.right.extend(day.right.iter().cloned());
    let alone = [
        (&calm_day, &keys, usual),
        (&day, &keys, usual),
        (&day, &leader, if wide { least } else { usual }),
        (&none, &leader, usual),
        (&none, &bare, usual),
        (&none, &bare, least),
    ];
    let several = [
        (&calm_day, &keys, usual),
        (&day, &keys, usual),
        (&day, &leader, usual),
        (&day, &leader, least),
        (&none, &leader, least),
        (&none, &leader, LEAST + GAP),
    ];
    let forms = if tabs.len() == 1 { alone } else { several };
    let end = |day: &Row, keys: &Row| {
        let gap = if day.right.is_empty() || keys.right.is_empty() {
            ""
        } else {
            "   "
        };
        let mut end = day.clone().end(gap, Role::Text);
        end.right.extend(keys.right.iter().cloned());
        end
    };
    let fits = |(day, keys, tabs): &(&Row, &Row, usize)| {
        row.width() + end(day, keys).width() + tabs + 3 <= usize::from(area.width)
    };
    let (day, keys, _) = forms.into_iter().find(fits).unwrap_or((&none, &none, 0));
    row.right.append(&mut end(day, keys).right);
    row = row.end(" ", Role::Text);
    // Nothing follows the last one but the blank before the right end.
    let room = (usize::from(area.width) + GAP).saturating_sub(row.width() + 2);
    let (row, places) = named(at, row, tabs, room, area, look);
    row.draw(canvas, area.left(), area.y, area.right(), look);
    places
}

/// How long the oldest ask has waited.
pub fn asked(app: &App, since: Time) -> String {
    match text::age(app.now.wall.since(since)).as_str() {
        "now" => "asked now".to_owned(),
        age => format!("oldest {age}"),
    }
}

/// The sessions that the one pane of a slim screen does not show, in a line of their own.
pub fn others(app: &App, canvas: &mut Canvas, area: Rect, look: &Look) -> Vec<(Rect, usize)> {
    let at = app.at();
    let all: Vec<usize> = (0..app.views.len()).filter(|&index| index != at).collect();
    let room = usize::from(area.width) + GAP - 1;
    let tabs = Tab::all(app, &all, look);
    let (row, places) = named(at, Row::new(), tabs, room, area, look);
    row.draw(canvas, area.left(), area.y, area.right(), look);
    places
}

/// A session in the line.
struct Tab {
    index: usize,
    title: String,
    temporary: bool,
    mark: Option<(String, Role)>,
    /// Cells of the title, and of what stands beside it with the blanks to the next session.
    title_cells: usize,
    beside: usize,
}

impl Tab {
    fn all(app: &App, indexes: &[usize], look: &Look) -> Vec<Self> {
        indexes
            .iter()
            .filter_map(|&index| {
                let view = app.views.get(index)?;
                let title = text::fit(&view.title(), LONGEST, look.glyphs).into_owned();
                let mark = mark(app, view, look);
                let mark_cells = mark.as_ref().map_or(0, |(mark, _)| cells::of(mark) + 1);
                let temporary = view.temporary();
                let word_cells = if temporary { cells::of(TEMPORARY) } else { 0 };
                Some(Self {
                    index,
                    title_cells: cells::of(&title),
                    beside: cells::of(&(index + 1).to_string()) + 1 + word_cells + mark_cells + GAP,
                    temporary,
                    title,
                    mark,
                })
            })
            .collect()
    }

    /// Cells it takes with a name of so many.
    fn width(&self, name: usize) -> usize {
        self.beside + self.title_cells.min(name)
    }
}

/// Puts sessions with their marks into a row. The names share the room, and every mark stays in sight; where not even that
/// is enough, the sessions around the one in the focus are shown, and the others counted.
fn named(
    at: usize,
    mut row: Row,
    mut tabs: Vec<Tab>,
    room: usize,
    area: Rect,
    look: &Look,
) -> (Row, Vec<(Rect, usize)>) {
    let count = tabs.len();
    let least: usize = tabs.iter().map(|tab| tab.width(LEAST)).sum();
    let room = if least > room {
        let room = room.saturating_sub(cells::of(&format!("+{count}")) + GAP);
        let (first, end) = around(&tabs, at, room);
        tabs.truncate(end);
        tabs.drain(..first);
        room
    } else {
        room
    };
    let others = count - tabs.len();
    let name = (LEAST..=LONGEST)
        .rfind(|&name| tabs.iter().map(|tab| tab.width(name)).sum::<usize>() <= room)
        .unwrap_or(LEAST);
    let mut places = Vec::new();
    let mut x = area.x + 1;
    row = row.put(" ", Role::Text);
    for tab in tabs {
        if !places.is_empty() {
            row = row.put(" ".repeat(GAP), Role::Text);
        }
        let role = if tab.index == at {
            Role::Strong
        } else {
            Role::Muted
        };
        let title = text::fit(&tab.title, name, look.glyphs);
        let mut parts = vec![(format!("{} {title}", tab.index + 1), role)];
        if tab.temporary {
            parts.push((TEMPORARY.to_owned(), Role::Warn));
        }
        parts.extend(tab.mark.map(|(mark, role)| (format!(" {mark}"), role)));
        let width = parts.iter().map(|(text, _)| cells::of(text)).sum::<usize>() as u16;
        let place = Rect { x, width, ..area };
        places.push((place.intersection(area), tab.index));
        x = x.saturating_add(width + GAP as u16);
        row.left.extend(parts);
    }
    if others > 0 {
        row = row.put(format!("{}+{others}", " ".repeat(GAP)), Role::Muted);
    }
    (row, places)
}

/// The sessions that have room with the shortest names: the one in the focus, as many before it, then those after it. Gives
/// the first and the one behind the last.
fn around(tabs: &[Tab], at: usize, room: usize) -> (usize, usize) {
    let mut end = tabs.partition_point(|tab| tab.index <= at).max(1);
    let mut first = end - 1;
    let width = |index: usize| tabs.get(index).map(|tab| tab.width(LEAST));
    let mut used = width(first).unwrap_or(0);
    let mut takes = |index: usize| match width(index) {
        Some(width) if used + width <= room => {
            used += width;
            true
        }
        _ => false,
    };
    while first > 0 && takes(first - 1) {
        first -= 1;
    }
    while takes(end) {
        end += 1;
    }
    (first, end)
}

/// What was spent of today's budget.
pub fn today(app: &App) -> String {
    match used_today(app) {
        (used, Some(limit)) => format!("today {used} of {limit}"),
        (used, None) => format!("today {used}"),
    }
}

/// The same where the top line has no room for it, from the roomiest on.
pub fn today_in_short(app: &App) -> [String; 3] {
    let (used, limit) = used_today(app);
    let of = limit.map_or_else(String::new, |limit| {
        let bare = limit.trim_start_matches(|c: char| !c.is_ascii_digit());
        format!("/{bare}")
    });
    [format!("today {used}{of}"), format!("{used}{of}"), used]
}

fn used_today(app: &App) -> (String, Option<String>) {
    let charged = Money::usd(app.today.map_or(0, |today| today.charged));
    let about = if app.today.is_some_and(|today| today.estimated) {
        "≈"
    } else {
        ""
    };
    let used = format!("{about}{charged}");
    let limit = app
        .today
        .map_or(app.setup.day_limit, |today| today.limit.map(Money::usd));
    (used, limit.map(money::round))
}

/// A session's mark in the top line and in the title of its pane; colour never carries it alone.
pub fn mark(app: &App, view: &View, look: &Look) -> Option<(String, Role)> {
    let asks: Vec<&About> = app
        .waiting()
        .into_iter()
        .filter(|(id, _)| *id == view.id)
        .map(|(_, waiting)| &waiting.ask.about)
        .collect();
    let approval = asks.iter().any(|about| matches!(about, About::Approval(_)));
    match asks.first() {
        Some(_) if approval => {
            let flag = look.mark(Mark::Ask);
            return Some((format!("{flag}{}", asks.len()), Role::Warn));
        }
        Some(About::Budget { .. }) => {
            return Some((look.mark(Mark::Budget).to_owned(), Role::Warn));
        }
        Some(_) => return Some((look.mark(Mark::Question).to_owned(), Role::Warn)),
        None => {}
    }
    match view.state() {
        State::Working | State::Waiting => {
            Some((look.mark(Mark::Working).to_owned(), Role::Accent))
        }
        State::Failed => Some((look.mark(Mark::Failed).to_owned(), Role::Bad)),
        // It was stopped, which is no failure; where that was looked at, nothing is to be told.
        State::Interrupted if view.unseen => {
            Some((look.mark(Mark::Stopped).to_owned(), Role::Warn))
        }
        _ if view.unseen => Some((look.mark(Mark::Done).to_owned(), Role::Good)),
        _ => None,
    }
}
