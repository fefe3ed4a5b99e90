//! One pane: frame, transcript, the card of what waits, composer, key line.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::tui::app::drawn::SeenPane;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::middle::Middle;
use crate::tui::screen::rooms::Rooms;
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::site::Site;
use crate::tui::screen::title::Title;
use crate::tui::screen::transcript::Cache;
use crate::tui::screen::{ask_card, composer, empty, middle, offers, status, tour, transcript};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::frame::{Frame, Weight};
use crate::tui::widget::paint::Form;

/// With less room notices say their keys in fewer words.
const SLIM: usize = 50;

/// What the drawing of a pane came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    pub cursor: Option<(u16, u16)>,
    pub seen: SeenPane,
    /// What has the keys was drawn with its last line; how far an ask can be scrolled, and by how much at once.
    pub last_line: bool,
    pub ask_scroll_max: usize,
    pub ask_page: usize,
    pub ask_scroll: usize,
    pub card: Rect,
    pub transcript: Rect,
    pub composer: Rect,
    /// Rows whose content moved up by so many lines since the last frame.
    pub moved: Option<(Range<u16>, i16)>,
    /// What has the keys stands in the place of the whole pane.
    pub alone: bool,
}

impl Drawn {
    fn new(site: &Site, composer_width: u16) -> Self {
        Self {
            cursor: None,
            seen: SeenPane {
                pane: site.pane.id,
                anchor: site.pane.scroll.anchor,
                at_top: false,
                rows: 1,
                composer_width,
                caret: None,
                caret_at_end: false,
                at_foot: false,
                composer_top: 0,
            },
            last_line: false,
            ask_scroll_max: 0,
            ask_page: 0,
            ask_scroll: 0,
            card: Rect::default(),
            transcript: Rect::default(),
            composer: Rect::default(),
            moved: None,
            alone: false,
        }
    }

    fn take(&mut self, card: &ask_card::Drawn) {
        self.last_line = card.last_line;
        self.ask_scroll_max = card.scroll_max;
        self.ask_page = card.page;
        self.ask_scroll = card.scroll;
        if card.cursor.is_some() {
            self.cursor = card.cursor;
        }
    }
}

/// Draws a pane into blank cells.
pub fn draw(site: &Site, cache: &mut Cache, canvas: &mut Canvas, outer: Rect) -> Drawn {
    let Site {
        app, view, look, ..
    } = *site;
    let title = Title::of(site);
    let (left, right) = (title.left(), title.right());
    let asking = matches!(site.focus, Some(Focus::Ask(_)));
    // Where the card has a frame of its own, that one is heavy.
    let heavy = site.focus.is_some() && (!asking || site.several);
    let frame = Frame {
        weight: if heavy { Weight::Heavy } else { Weight::Light },
        glyphs: look.glyphs,
        left: &left,
        right: &right,
        style: look.style(if heavy { Role::Focus } else { Role::Border }),
    };
    let inner = frame.draw(canvas, outer);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let form = Form::new(middle::width(site, inner.width), look.glyphs);
    let tight = outer.height < 16 || site.focus.is_none();
    let written = composer::lay(
        view,
        site.app.keymap(),
        inner.width,
        if site.focus.is_some() {
            outer.height + 2
        } else {
            3
        },
    );
    let middle = Middle::of(site, form);
    let mut drawn = Drawn::new(site, written.width);
    if tight && matches!(site.focus, Some(Focus::Ask(_) | Focus::Card(_))) {
        let room = if site.several { inner } else { outer };
        drawn.take(&middle.draw_alone(site, canvas, room));
        drawn.card = room;
        drawn.alone = true;
        return drawn;
    }
    let rooms = Rooms::of(site, inner, &written, &middle, tight);
    for y in rooms.divider.into_iter().chain(rooms.second_divider) {
        frame.divide(canvas, outer, y);
    }
    let cursor = composer::draw(site, &written, canvas, rooms.composer);
    drawn.seen.composer_top = written.top(site, rooms.composer);
    if site.types() {
        drawn.cursor = cursor;
    }
    status::key_line(site, canvas, rooms.keys);
    // On the line over the keys, which stay in sight.
    let note = app.note.as_ref().filter(|_| site.focus.is_some());
    let line = rooms.second_divider.or(rooms.divider);
    // A long one is said in full above the transcript, where that has rows for it.
    let above = |text: &str| status::is_long(text, inner.width) && rooms.transcript.height > 1;
    let short = note.zip(line).filter(|(note, _)| !above(&note.text));
    if let Some((note, y)) = short {
        let row = Row::of(format!(" {} ", note.text), Role::Accent);
        row.draw(canvas, inner.left(), y, inner.right(), look);
    }

    let mut upper = rooms.transcript;
    if site.focus.is_some() {
        notices(app, canvas, &mut upper, look);
        if short.is_none() {
            passing(app, canvas, &mut upper, look);
        }
    }
    if view.played() && upper.height > 2 {
        let line = Rect { height: 1, ..upper };
        tour::line(site, canvas, line);
        upper.y += 1;
        upper.height -= 1;
    }
    let window = if view.stage == Stage::Fresh || is_untouched(app, view) {
        // What was laid out of a session that stood here before is given back.
        *cache = Cache::default();
        empty::draw(app, view, canvas, upper, look);
        transcript::Window {
            anchor: site.pane.scroll.anchor,
            ..transcript::Window::default()
        }
    } else {
        transcript::draw(site, cache, canvas, upper)
    };
    if window.more_below && upper.height > 0 {
        newer_below(site, canvas, upper);
    } else if window.moved != 0 && upper.height > 2 {
        drawn.moved = Some((upper.top()..upper.bottom(), window.moved));
    }
    drawn.seen.anchor = window.anchor;
    drawn.seen.at_top = window.at_top;
    drawn.seen.at_foot = view.transcript.cut && !window.more_below;
    drawn.seen.caret = window.caret;
    drawn.seen.caret_at_end = window.caret_at_end;
    drawn.seen.rows = upper.height;
    let card = middle.draw(site, canvas, rooms.card);
    if site.ask().is_some() || site.card().is_some() {
        drawn.take(&card);
    }
    offers::draw(site, canvas, upper, rooms.composer);
    drawn.card = rooms.card;
    drawn.transcript = upper;
    drawn.composer = rooms.composer;
    drawn
}

/// The way back to the newest line, over the last row.
fn newer_below(site: &Site, canvas: &mut Canvas, upper: Rect) {
    let keymap = site.app.keymap();
    let key = match site.focus {
        Some(Focus::Transcript) => keymap.way_from(Place::Transcript, Action::Bottom),
        _ => keymap.way_from(Place::Composer, Action::PageDown),
    };
    let more = site.look.mark(Mark::More);
    Row::new()
        .end(format!(" {more} newer below, {key} "), Role::Accent)
        .draw(
            canvas,
            upper.left(),
            upper.bottom() - 1,
            upper.right(),
            site.look,
        );
}

/// What must be read until it is put away: in full where half the room is enough, else its beginning and the way to the rest.
fn notices(app: &App, canvas: &mut Canvas, upper: &mut Rect, look: &Look) {
    if app.notices.is_empty() || upper.height < 2 {
        return;
    }
    let width = usize::from(upper.width);
    let mut all: Vec<Row> = app
        .notices
        .iter()
        .flat_map(|notice| wrapped(&one_line(notice), width, 0, Role::Warn))
        .collect();
    let most = usize::from((upper.height / 2).max(2)) - 1;
    let mut foot = Row::new();
    let keymap = app.keymap();
    let wide = width >= SLIM;
    if all.len() > most {
        let more = if wide {
            format!(" reads {} more rows   ", all.len() - most)
        } else {
            " all   ".to_owned()
        };
        foot = foot
            .put(keymap.way(Action::Notices), Role::Key)
            .put(more, Role::Muted);
        all.truncate(most);
    }
    let away = keymap.way(Action::PutAway);
    let rest = width.saturating_sub(all.last().map_or(0, Row::width) + cells::of(&away) + 2);
    let beside = [" puts this away", " away"]
        .into_iter()
        .find(|said| foot.left.is_empty() && cells::of(said) <= rest);
    match (all.pop(), beside) {
        // A line less of what was said and done is hidden.
        (Some(last), Some(said)) => {
            all.push(last.end(away, Role::Key).end(said, Role::Muted));
        }
        (last, _) => {
            all.extend(last);
            let said = if wide { " puts this away" } else { " away" };
            all.push(foot.put(away, Role::Key).put(said, Role::Muted));
        }
    }
    rows::draw(&all, canvas, *upper, 0, look);
    let height = all.len() as u16;
    upper.y += height;
    upper.height -= height;
}

/// What passes and is too long for a line.
fn passing(app: &App, canvas: &mut Canvas, upper: &mut Rect, look: &Look) {
    let Some(note) = &app.note else {
        return;
    };
    let all = wrapped(&note.text, usize::from(upper.width), 0, Role::Accent);
    rows::draw(&all, canvas, *upper, 0, look);
    let height = u16::try_from(all.len())
        .unwrap_or(u16::MAX)
        .min(upper.height);
    upper.y += height;
    upper.height -= height;
}

/// It is open, as one in a new worktree is at once, and nothing was said or done in it yet.
fn is_untouched(app: &App, view: &View) -> bool {
    let begun = view.session.as_ref().is_none_or(|of| of.turn > 0);
    let busy = view.running() || !view.shells.is_empty() || !view.sent.is_empty();
    let gone = app.place(view.cwd()).is_some_and(|place| place.gone);
    view.stage == Stage::Live
        && !(begun || busy || gone || view.reading)
        && view.transcript.entries().is_empty()
}
