//! The inbox: the asks that wait, and the marked one as its card shows it; beside the list where there is room, else below it, on
//! a small screen in its place.

use ratatui::layout::Rect;

use crate::agent::at;
use crate::agent::session::Waiting;
use crate::agent::visible::one_line;
use crate::protocol::ask::{About, Risk};
use crate::protocol::id::SessionId;
use crate::tui::app::App;
use crate::tui::app::ask::AskFocus;
use crate::tui::app::drawn::Seen;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::inbox::{Inbox, Sides};
use crate::tui::screen::ask_card::{self, Card};
use crate::tui::screen::hints::Hint::{All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::overlay::{decided, listed};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::{Shown, beyond, blank, top};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::paint::Form;
use crate::tui::widget::text;

/// From so many columns on the marked ask stands beside the list.
const BESIDE: u16 = 96;
/// Cells of the list beside it, and asks that the list above it shows at once.
const LIST: u16 = 38;
const ABOVE: u16 = 4;
/// Cells of a session's name where each ask has one row.
const NAME: usize = 16;

/// What is drawn, and how.
struct Scene<'a> {
    app: &'a App,
    inbox: &'a Inbox,
    waiting: Vec<(SessionId, &'a Waiting)>,
    sides: Sides,
    look: &'a Look,
}

pub fn draw(app: &App, inbox: &Inbox, canvas: &mut Canvas, area: Rect, look: &Look) -> Shown {
    let scene = Scene {
        app,
        inbox,
        waiting: app.waiting(),
        sides: inbox.sides((area.width, area.height)),
        look,
    };
    let mut shown = Shown::default();
    let foot = u16::from(scene.sides != Sides::Entry);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + foot),
        ..area
    };
    let title = scene.title();
    title.draw(canvas, area.left(), area.y, area.right(), look);
    match (&inbox.ask, scene.sides) {
        (None, _) => empty(app, canvas, body, look),
        (Some(_), Sides::List) => scene.list(Each::TwoRows, &mut shown, canvas, body),
        (Some(ask), Sides::Entry) => scene.entry(ask, &mut shown, canvas, body),
        (Some(ask), Sides::Both) => {
            let (each, listed, marked) = halves(body, scene.waiting.len());
            scene.list(each, &mut shown, canvas, listed);
            scene.entry(ask, &mut shown, canvas, marked);
        }
    }
    if foot > 0 {
        let width = usize::from(area.width.saturating_sub(2));
        let line = rows::key_line(&scene.keys(), width);
        let y = area.bottom().saturating_sub(1);
        line.draw(canvas, area.left() + 1, y, area.right(), look);
    }
    shown
}

impl Scene<'_> {
    /// What passes is said in its place: nothing else of the screen is in sight.
    fn title(&self) -> Row {
        let Self {
            app,
            inbox,
            waiting,
            sides,
            look,
        } = self;
        if let Some(note) = &app.note {
            return Row::of(format!(" {}", note.text), Role::Accent);
        }
        if let Some(ask) = inbox.ask.as_ref().filter(|_| *sides == Sides::Entry) {
            let named = Named {
                keymap: app.keymap(),
                place: Place::Inbox,
            };
            let next = match waiting.len() {
                0 | 1 => String::new(),
                _ => format!("{} next ", named.key(Action::InboxNext)),
            };
            return Row::of(format!(" {}", name(app, ask.session)), Role::Strong)
                .end(next, Role::Muted);
        }
        let row = Row::of(" Inbox  ", Role::Strong);
        match waiting.first() {
            None => row,
            Some((_, oldest)) => {
                let asked = top::asked(app, oldest.since);
                let flag = look.mark(Mark::Ask);
                row.put(format!("{flag}{} waiting", waiting.len()), Role::Warn)
                    .end(format!("{asked} "), Role::Muted)
            }
        }
    }

    fn list(&self, each: Each, shown: &mut Shown, canvas: &mut Canvas, area: Rect) {
        let Self {
            app,
            inbox,
            waiting,
            sides,
            look,
        } = self;
        let alone = *sides == Sides::List;
        let name = [Segment::new("waiting", look.style(Role::Strong))];
        let order = match inbox.marks.len() {
            0 => "oldest first".to_owned(),
            count => format!("{count} picked"),
        };
        let order = [Segment::new(&order, look.style(Role::Muted))];
        let inner = Frame {
            weight: if alone { Weight::Heavy } else { Weight::Light },
            glyphs: look.glyphs,
            left: &name,
            right: &order,
            style: look.style(if alone { Role::Focus } else { Role::Border }),
        }
        .draw(canvas, area);
        let gone = inbox.ask.as_ref().is_some_and(|ask| ask.gone.is_some());
        let height: usize = match each {
            Each::OneRow => 1,
            Each::TwoRows => 2,
        };
        let seen = (usize::from(inner.height) / height).max(1);
        let first = (inbox.index + 1).saturating_sub(seen);
        if waiting.is_empty() {
            let row = Row::of(" Nothing else waits.", Role::Muted);
            row.draw(canvas, inner.left(), inner.top(), inner.right(), look);
        }
        let mut y = inner.top();
        for (index, (session, asked)) in waiting.iter().enumerate().skip(first).take(seen) {
            let marked = index == inbox.index && !gone;
            let ticked = inbox.marks.contains(&(*session, asked.ask.id.clone()));
            let ticked = if ticked { "* " } else { "" };
            // It leads the eye to what stands beside it.
            let points = match (alone, marked) {
                (true, _) => "",
                (false, true) => look.mark(Mark::Folded),
                (false, false) => " ",
            };
            let signs = (marked, ticked, points);
            let lines = ask_rows(app, (*session, asked), each, signs, inner, look);
            let place = Rect {
                y,
                height: height as u16,
                ..inner
            };
            rows::draw(&lines, canvas, place.intersection(inner), 0, look);
            shown.spots.waiting.push((place.intersection(inner), index));
            y += height as u16;
        }
        let below = waiting.len().saturating_sub(first + seen);
        beyond(canvas, area, first, below, look);
        let rest = Rect {
            y,
            height: inner.bottom().saturating_sub(y),
            ..inner
        };
        decided::draw(app, &inbox.decided, canvas, rest, look);
    }

    /// The marked ask, exactly as its card.
    fn entry(&self, focus: &AskFocus, shown: &mut Shown, canvas: &mut Canvas, area: Rect) {
        let Self {
            app, waiting, look, ..
        } = self;
        let at = waiting
            .iter()
            .position(|(session, other)| *session == focus.session && other.ask.id == focus.ask.id);
        let waited = at.map_or_else(String::new, |at| {
            let since = waiting[at].1.since;
            let asked = ask_card::waited(app, since);
            let more = match focus.with.len() {
                0 => String::new(),
                more => format!("{} at once  ", more + 1),
            };
            format!("{more}{} of {}  {asked}", at + 1, waiting.len())
        });
        let view = app.views.iter().find(|view| view.id == focus.session);
        let step = view.and_then(|view| view.session.as_ref());
        let card = Card {
            about: &focus.ask.about,
            focus: Some(focus),
            waited,
            behind: 0,
            step: step.map_or(0, |session| session.step),
        };
        let asked = card.lay(app, Form::new(area.width.saturating_sub(4), look.glyphs));
        blank(canvas, area, look);
        let drawn = card.draw(app, &asked, canvas, area, look);
        shown.cursor = drawn.cursor;
        shown.seen = Seen {
            last_line: drawn.last_line,
            ask_scroll_max: drawn.scroll_max,
            ask_page: drawn.page,
            ask_scroll: drawn.scroll,
            ..Seen::default()
        };
    }

    /// The keys of its foot.
    fn keys(&self) -> Vec<(String, String)> {
        let Self {
            app, inbox, sides, ..
        } = self;
        let of = |place| Named {
            keymap: app.keymap(),
            place,
        };
        let (own, ask) = (of(Place::Inbox), of(Place::Ask));
        let close = [Does(Action::Close, "close")];
        if inbox.ask.is_none() {
            return own.keys(&close);
        }
        // What is typed there is text, and the ask itself says what ends it.
        if inbox.ask.as_ref().is_some_and(|ask| ask.line.is_some()) {
            return vec![("Esc".to_owned(), "back to its keys".to_owned())];
        }
        let help = [Does(Action::Help, "help")];
        let session = [Does(Action::InboxSession, "its session")];
        let first = if *sides == Sides::List {
            let arrows = [All(&[Action::MarkBefore, Action::MarkAfter], "ask")];
            let mut keys = ask.keys(&arrows);
            keys.extend(own.keys(&[Does(Action::Choose, "read it")]));
            keys
        } else {
            own.keys(&[All(&[Action::InboxNext, Action::InboxBefore], "ask")])
        };
        let mark = match (inbox.marks.len(), self.waiting.len()) {
            (_, 0 | 1) => Vec::new(),
            (0, _) => own.keys(&[Does(Action::InboxMark, "pick several")]),
            (count, _) => {
                let all = format!("answer the {count} picked at once");
                let mut keys = own.keys(&[Does(Action::InboxMarked, &all)]);
                keys.extend(own.keys(&[Does(Action::InboxMark, "pick, or not")]));
                keys
            }
        };
        let last = [own.keys(&close), own.keys(&session), mark, ask.keys(&help)];
        first.into_iter().chain(last.concat()).collect()
    }
}

/// How an ask stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Each {
    OneRow,
    TwoRows,
}

/// The list, and what is beside or below it.
fn halves(body: Rect, count: usize) -> (Each, Rect, Rect) {
    if body.width >= BESIDE {
        let list = Rect {
            width: LIST,
            ..body
        };
        let marked = Rect {
            x: body.x + LIST,
            width: body.width - LIST,
            ..body
        };
        return (Each::TwoRows, list, marked);
    }
    let rows = u16::try_from(count).unwrap_or(ABOVE).clamp(1, ABOVE);
    let height = (rows + 2).min(body.height);
    let list = Rect { height, ..body };
    let marked = Rect {
        y: body.y + height,
        height: body.height - height,
        ..body
    };
    (Each::OneRow, list, marked)
}

/// The number and the title of a session.
fn name(app: &App, session: SessionId) -> String {
    let at = app.views.iter().position(|view| view.id == session);
    at.map_or_else(String::new, |at| {
        format!("{} {}", at + 1, one_line(&app.views[at].title()))
    })
}

/// The word for what asks, and for how risky that is.
fn kind(about: &About) -> (String, &'static str, Role) {
    match about {
        About::Approval(approval) => {
            let (word, role) = match approval.risk {
                Risk::Low => ("LOW", Role::Good),
                Risk::Medium => ("MED", Role::Warn),
                Risk::High => ("HIGH", Role::Bad),
            };
            (one_line(&approval.tool), word, role)
        }
        About::Budget { .. } => ("budget".to_owned(), "", Role::Warn),
        About::Guard { .. } => ("paused".to_owned(), "", Role::Warn),
        About::Unpriced { .. } => ("no price".to_owned(), "", Role::Warn),
        About::Question(_) => ("question".to_owned(), "", Role::Warn),
    }
}

/// What would be here, and how it comes.
fn empty(app: &App, canvas: &mut Canvas, area: Rect, look: &Look) {
    let width = usize::from(area.width.saturating_sub(4));
    let flag = look.mark(Mark::Ask);
    let key = app.keymap().way(Action::NextAsk);
    let said = [
        "Nothing waits. Asks of all sessions come here, oldest first.".to_owned(),
        format!(
            "Approvals, questions, budgets, pauses and models without a price: {flag} in the top line counts them, and {key} goes to the oldest in its session."
        ),
        "What another terminal runs asks there.".to_owned(),
    ];
    let mut all = vec![Row::new()];
    for (index, text) in said.iter().enumerate() {
        let role = if index == 0 { Role::Text } else { Role::Muted };
        all.extend(wrapped(text, width, 2, role));
    }
    rows::draw(&all, canvas, area, 0, look);
    let used = u16::try_from(all.len()).unwrap_or(u16::MAX);
    let rest = Rect {
        y: area.y.saturating_add(used),
        height: area.height.saturating_sub(used),
        ..area
    };
    if let Some(Overlay::Inbox(inbox)) = &app.overlay {
        decided::draw(app, &inbox.decided, canvas, rest, look);
    }
}

fn ask_rows(
    app: &App,
    (session, asked): (SessionId, &Waiting),
    each: Each,
    (marked, ticked, points): (bool, &str, &str),
    inner: Rect,
    look: &Look,
) -> Vec<Row> {
    let about = &asked.ask.about;
    let (tool, risk, role) = kind(about);
    let age = text::age(app.now.wall.since(asked.since));
    let name = format!("{ticked}{}", name(app, session));
    let said = at::ask(about);
    let lead = match risk {
        "" => String::new(),
        risk => format!("{risk:<4}  "),
    };
    let strength = if marked { Role::Strong } else { Role::Text };
    match each {
        Each::OneRow => {
            let row = listed(marked, look)
                .put(text::pad(&name, NAME, look.glyphs), strength)
                .put("  ", Role::Text)
                .put(text::pad(&tool, 8, look.glyphs), Role::Text)
                .put("  ", Role::Text)
                .put(lead, role)
                .put(said, Role::Text)
                .end(format!("  {age}"), Role::Muted);
            vec![row]
        }
        Each::TwoRows => {
            let beside = format!("  {tool}  {age}");
            let signs = if points.is_empty() { 2 } else { 4 };
            let room = usize::from(inner.width).saturating_sub(signs + beside.chars().count());
            let name = text::fit(&name, room, look.glyphs).into_owned();
            let mut first = listed(marked, look)
                .put(name, strength)
                .end(beside, Role::Muted);
            if !points.is_empty() {
                first = first.end(format!(" {points}"), Role::Accent);
            }
            let room = usize::from(inner.width).saturating_sub(4 + lead.chars().count());
            let said = text::fit(&said, room, look.glyphs).into_owned();
            let second = listed(marked, look)
                .put("  ", Role::Text)
                .put(lead, role)
                .put(said, Role::Text);
            vec![first, second]
        }
    }
}
