//! The one pane: top line, frame, transcript, the card of what waits, composer, key line, status.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::protocol::id::ModelRef;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus, Seen};
use crate::tui::screen::ask_card::{self, Card};
use crate::tui::screen::body::Laid;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::transcript::Cache;
use crate::tui::screen::{
    Shown, Spots, blank, composer, empty, failure_card, money, status, top, tour, transcript,
};
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::paint::Form;
use crate::tui::widget::text;

/// The card between transcript and composer.
enum Middle<'a> {
    None,
    Ask(Card<'a>, Laid),
    Failure(failure_card::Card),
}

pub fn draw(app: &App, cache: &mut Cache, buffer: &mut Buffer, area: Rect, look: &Look) -> Shown {
    let view = app.view();
    top::draw(app, buffer, Rect { height: 1, ..area }, look);
    status::draw(
        app,
        buffer,
        Rect {
            y: area.bottom() - 1,
            height: 1,
            ..area
        },
        look,
    );
    let outer = Rect {
        y: area.y + 1,
        height: area.height - 2,
        ..area
    };
    let frame_title = Title::of(app, view, look);
    let left = frame_title.left(look);
    let right = frame_title.right(look);
    let asking = matches!(app.focus, Focus::Ask(_));
    let frame = Frame {
        weight: if asking { Weight::Light } else { Weight::Heavy },
        glyphs: look.glyphs,
        left: &left,
        right: &right,
        style: look.style(if asking { Role::Border } else { Role::Focus }),
    };
    let inner = frame.draw(buffer, outer);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let form = Form::new(inner.width.saturating_sub(4), look.glyphs);

    // From the foot upwards: key line, composer, card; the rest is the transcript's.
    let tight = area.height < 18;
    let written = composer::lay(view, inner.width, area.height);
    let middle = middle(app, view, form, look);
    if tight && matches!(app.focus, Focus::Ask(_) | Focus::Card(_)) {
        // No room for a frame within a frame.
        let drawn = alone(app, view, &middle, buffer, outer, look);
        if let Some(note) = &app.note {
            let top = Rect { height: 1, ..area };
            blank(buffer, top, look);
            Row::of(format!(" {}", note.text), Role::Accent).draw(
                buffer,
                top.left(),
                top.y,
                top.right(),
                look,
            );
        }
        return Shown {
            cursor: drawn.cursor,
            seen: Seen {
                last_line: drawn.last_line,
                anchor: view.scroll.anchor,
                rows: 1,
                composer_width: written.width,
                ask_scroll_max: drawn.scroll_max,
                ask_page: drawn.page,
                ..Seen::default()
            },
            spots: Spots {
                card: outer,
                ..Spots::default()
            },
            moved: None,
        };
    }
    let rooms = rooms(app, inner, &written, &middle, tight);

    let mut shown = Shown::default();
    if let Some(y) = rooms.divider {
        frame.divide(buffer, outer, y);
    }
    if let Some(y) = rooms.second_divider {
        frame.divide(buffer, outer, y);
    }
    let cursor = composer::draw(app, view, &written, buffer, rooms.composer, look);
    if matches!(app.focus, Focus::Composer) {
        shown.cursor = cursor;
    }
    status::key_line(app, view, buffer, rooms.keys, look);

    let mut upper = rooms.transcript;
    notices(app, buffer, &mut upper, look);
    passing(app, buffer, &mut upper, look);
    if view.played() && upper.height > 2 {
        let line = Rect { height: 1, ..upper };
        tour::line(app, view, buffer, line, look);
        upper.y += 1;
        upper.height -= 1;
    }
    let window = if view.stage == Stage::Fresh {
        empty::draw(app, view, buffer, upper, look);
        transcript::Window {
            anchor: view.scroll.anchor,
            ..transcript::Window::default()
        }
    } else {
        transcript::draw(app, view, cache, buffer, upper, look)
    };
    if window.more_below && upper.height > 0 {
        let key = match app.focus {
            Focus::Transcript => "G",
            _ => "PgDn",
        };
        Row::new()
            .end(
                format!(" {} newer below, {key} ", look.mark(Mark::More)),
                Role::Accent,
            )
            .draw(
                buffer,
                upper.left(),
                upper.bottom() - 1,
                upper.right(),
                look,
            );
    } else if window.moved != 0 && upper.height > 2 {
        shown.moved = Some((upper.top()..upper.bottom(), window.moved));
    }
    shown.seen = Seen {
        last_line: false,
        anchor: window.anchor,
        at_top: window.at_top,
        rows: upper.height,
        composer_width: written.width,
        ask_scroll_max: 0,
        ask_page: 0,
    };
    match &middle {
        Middle::None => {}
        Middle::Ask(card, laid) => {
            let drawn = card.draw(app, laid, buffer, rooms.card, look);
            shown.seen.last_line = card.focus.is_some() && drawn.last_line;
            shown.seen.ask_scroll_max = drawn.scroll_max;
            shown.seen.ask_page = drawn.page;
            if drawn.cursor.is_some() {
                shown.cursor = drawn.cursor;
            }
        }
        Middle::Failure(card) => {
            shown.seen.last_line = card.draw(app, buffer, rooms.card, look);
        }
    }
    composer::commands(app, buffer, upper, rooms.composer, look);
    shown.spots = Spots {
        card: rooms.card,
        transcript: upper,
        composer: rooms.composer,
    };
    shown
}

/// The ask or the card with the focus in place of everything else.
fn alone(
    app: &App,
    view: &View,
    middle: &Middle,
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
) -> ask_card::Drawn {
    let form = Form::new(area.width.saturating_sub(4), look.glyphs);
    match middle {
        Middle::Ask(card, _) => card.draw(app, &card.lay(app, form), buffer, area, look),
        Middle::Failure(_) => ask_card::Drawn {
            last_line: failure_card::card(app, view, form, look)
                .is_some_and(|card| card.draw(app, buffer, area, look)),
            ..ask_card::Drawn::default()
        },
        Middle::None => ask_card::Drawn::default(),
    }
}

/// What must be read, at the top of the pane until it is put away: at most half of the room.
/// What must be read until it is put away: in full where half the room is enough, else its beginning and the way to the rest.
fn notices(app: &App, buffer: &mut Buffer, upper: &mut Rect, look: &Look) {
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
    if all.len() > most {
        let more = format!(" reads {} more rows   ", all.len() - most);
        foot = foot.put("^X o", Role::Key).put(more, Role::Muted);
        all.truncate(most);
    }
    all.push(
        foot.put("^X d", Role::Key)
            .put(" puts this away", Role::Muted),
    );
    rows::draw(&all, buffer, *upper, 0, look);
    let height = all.len() as u16;
    upper.y += height;
    upper.height -= height;
}

/// What passes and is too long for the key line.
fn passing(app: &App, buffer: &mut Buffer, upper: &mut Rect, look: &Look) {
    let Some(note) = app
        .note
        .as_ref()
        .filter(|_| status::is_long(app, upper.width))
    else {
        return;
    };
    let all = wrapped(&note.text, usize::from(upper.width), 0, Role::Accent);
    rows::draw(&all, buffer, *upper, 0, look);
    let height = u16::try_from(all.len())
        .unwrap_or(u16::MAX)
        .min(upper.height);
    upper.y += height;
    upper.height -= height;
}

fn middle<'a>(app: &'a App, view: &View, form: Form, look: &Look) -> Middle<'a> {
    let waiting: Vec<_> = app
        .waiting()
        .into_iter()
        .filter(|(id, _)| *id == view.id)
        .collect();
    let focused = match &app.focus {
        Focus::Ask(focus) if focus.session == view.id => Some(focus.as_ref()),
        _ => None,
    };
    if let Some(focus) = focused {
        let since = waiting
            .iter()
            .find(|(_, waiting)| waiting.ask.id == focus.ask.id)
            .map(|(_, waiting)| waiting.since);
        let at = waiting
            .iter()
            .position(|(_, waiting)| waiting.ask.id == focus.ask.id);
        let waited = match (since, at) {
            (Some(since), Some(at)) if waiting.len() > 1 => {
                format!(
                    "{} of {}  {}",
                    at + 1,
                    waiting.len(),
                    ask_card::waited(app, since)
                )
            }
            (Some(since), _) => ask_card::waited(app, since),
            (None, _) => String::new(),
        };
        let card = Card {
            about: &focus.ask.about,
            focus: Some(focus),
            waited,
            behind: waiting.len().saturating_sub(1),
        };
        let laid = card.lay(app, form);
        return Middle::Ask(card, laid);
    }
    if let Some((_, first)) = waiting.first() {
        let card = Card {
            about: &first.ask.about,
            focus: None,
            waited: ask_card::waited(app, first.since),
            behind: waiting.len() - 1,
        };
        let laid = card.lay(app, form);
        return Middle::Ask(card, laid);
    }
    match failure_card::card(app, view, form, look) {
        Some(card) => Middle::Failure(card),
        None => Middle::None,
    }
}

/// Where the parts of the pane are.
struct Rooms {
    transcript: Rect,
    card: Rect,
    divider: Option<u16>,
    composer: Rect,
    second_divider: Option<u16>,
    keys: Rect,
}

fn rooms(app: &App, inner: Rect, written: &composer::Laid, middle: &Middle, tight: bool) -> Rooms {
    let asking = matches!(app.focus, Focus::Ask(_));
    let lines = if tight || asking { 1 } else { 2 };
    let mut left = inner.height;
    let mut take = |wanted: u16| {
        let taken = wanted.min(left);
        left -= taken;
        taken
    };
    // An ask with the focus has its own keys, and on a small screen all the room.
    let keys = take(u16::from(!asking));
    let composer = take(if asking && tight { 0 } else { written.height });
    let dividers = take(if asking && tight { 0 } else { lines });
    let card_width = usize::from(inner.width).saturating_sub(4);
    let wanted = match middle {
        Middle::None => 0,
        Middle::Ask(card, laid) => card.height(laid, app, card_width),
        Middle::Failure(card) => card.height(),
    };
    let rest = inner.height - keys - composer - dividers;
    let most = if asking || tight && matches!(middle, Middle::Ask(..)) {
        rest
    } else {
        rest.saturating_sub(rest / 4)
    };
    let card = u16::try_from(wanted).unwrap_or(u16::MAX).min(most);
    let transcript = rest - card;
    let mut y = inner.y;
    let mut next = |height: u16| {
        let area = Rect { y, height, ..inner };
        y += height;
        area
    };
    let transcript = next(transcript);
    let card = next(card);
    let divider = (dividers > 0).then(|| next(1).y);
    let composer = next(composer);
    let second_divider = (dividers > 1).then(|| next(1).y);
    let keys = next(keys);
    Rooms {
        transcript,
        card,
        divider,
        composer,
        second_divider,
        keys,
    }
}

/// The title of the pane: number and name, folder, model; turn and cost at the right.
struct Title {
    name: String,
    folder: String,
    model: String,
    turn: String,
    cost: String,
}

impl Title {
    fn of(app: &App, view: &View, look: &Look) -> Self {
        let number = app.at + 1;
        let title = view.title();
        let (turn, cost) = match &view.session {
            Some(session) => {
                let sum = &session.session_sum;
                (
                    match session.turn {
                        0 => String::new(),
                        turn => format!("turn {turn}"),
                    },
                    money::sum(&sum.spent),
                )
            }
            None => (String::new(), "$0.00".to_owned()),
        };
        Self {
            name: format!("{number} {}", text::fit(&title, 32, look.glyphs)),
            folder: app.setup.path(view.cwd()),
            model: view
                .model()
                .map_or_else(|| "no model yet".to_owned(), |model| label(model, view)),
            turn,
            cost,
        }
    }

    fn left<'a>(&'a self, look: &Look) -> Vec<Segment<'a>> {
        vec![
            Segment::new(&self.name, look.style(Role::Strong)),
            Segment::new(&self.folder, look.style(Role::Text)),
            Segment::new(&self.model, look.style(Role::Muted)),
        ]
    }

    fn right<'a>(&'a self, look: &Look) -> Vec<Segment<'a>> {
        let mut segments = Vec::new();
        if !self.turn.is_empty() {
            segments.push(Segment::new(&self.turn, look.style(Role::Muted)));
        }
        segments.push(Segment::new(&self.cost, look.style(Role::Text)));
        segments
    }
}

/// The model's name; a route's with the endpoint that answered last.
fn label(model: &ModelRef, view: &View) -> String {
    let served = view
        .session
        .as_ref()
        .and_then(|session| session.served.as_ref());
    match (model.as_route(), served) {
        (Some(_), Some(served)) => format!("{model} ({})", one_line(&served.model.model)),
        (Some(_), None) => model.to_string(),
        (None, _) => model.model.clone(),
    }
}
