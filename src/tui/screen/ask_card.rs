//! An ask as a card: exactly what would happen, why it is asked, and the keys that answer it. Nothing of what would run is
//! left out; a long one is scrolled while its risk stays in sight, and its keys work only after its last line was seen.

use ratatui::layout::Rect;

use crate::agent::visible::{escaped, one_line};
use crate::protocol::ask::{About, BudgetName, Guard, Subject};
use crate::tui::app::App;
use crate::tui::app::answering::READ_ON;
use crate::tui::app::arming::Sight;
use crate::tui::app::ask::{AskFocus, Line};
use crate::tui::app::choosing::Choice;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::place::Place;
use crate::tui::screen::ask_body::{Asked, Depth, NARROW, approval, second, with_others};
use crate::tui::screen::asked::{question, text_rows};
use crate::tui::screen::blank;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::screen::{ask_hunks, ask_line, ask_rule};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::paint::Form;
use crate::tui::widget::{cells, text};

/// What was drawn of a card.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drawn {
    pub last_line: bool,
    pub scroll_max: usize,
    /// Rows of the body that are seen whole.
    pub page: usize,
    /// The first row of the body that is seen.
    pub scroll: usize,
    pub cursor: Option<(u16, u16)>,
}

/// The ask of a session that is drawn in its pane: the one with the focus, else the oldest.
#[derive(Debug)]
pub struct Card<'a> {
    pub about: &'a About,
    pub focus: Option<&'a AskFocus>,
    /// How long it has waited, and how many wait behind it here.
    pub waited: String,
    pub behind: usize,
    /// The last step of the turn that was asked for; 0 before the first.
    pub step: u32,
}

impl Card<'_> {
    /// What it shows, for a width inside its frame.
    pub fn lay(&self, app: &App, form: Form) -> Asked {
        let mut asked = Asked::default();
        let laid = &mut asked.body;
        match self.about {
            About::Approval(wanted) => {
                if let Some(making) = self.focus.and_then(|focus| focus.making.as_deref()) {
                    return ask_rule::lay(app, wanted, making, form);
                }
                let picking = self.focus.and_then(|focus| focus.picking.as_deref());
                if let (Some(picking), Subject::Change { patch, .. }) = (picking, &wanted.subject) {
                    return ask_hunks::lay(app, wanted, patch, picking, form);
                }
                let others = self.focus.map_or(&[][..], |focus| &focus.with);
                let depth = match self.focus {
                    _ if !others.is_empty() => Depth::Together,
                    Some(focus) if focus.details => Depth::Details,
                    _ => Depth::Usual,
                };
                let asked = approval(app, wanted, depth, form);
                return with_others(app, (wanted, asked), others, form);
            }
            About::Budget {
                worst,
                left,
                limit,
                which,
            } => {
                let whose = match which {
                    BudgetName::Day => "today",
                    BudgetName::Session => "this session",
                    BudgetName::Run => "this run",
                };
                let after = match self.step {
                    0 => String::new(),
                    step => format!(", after step {step}"),
                };
                text_rows(
                    laid,
                    &format!(
                        "The next call could cost up to {worst}; {left} is left of the {limit} that {whose} may spend. It stopped before the call{after}; no tool is running; nothing is lost."
                    ),
                    form,
                );
            }
            About::Guard { guard, text } => {
                let name = match guard {
                    Guard::Loop => "the same call again and again",
                    Guard::NoProgress => "no progress",
                    Guard::Unattended => "nobody at the keys",
                    Guard::Steps => "the limit of steps",
                    Guard::Room => "the disk is nearly full",
                };
                laid.row(Row::of(name, Role::Warn));
                text_rows(laid, &escaped(text), form);
            }
            About::Unpriced { model } => text_rows(
                laid,
                &format!(
                    "No price is known for {model}. Its calls would count towards the budgets as the dearest model known. A yes holds for it in all sessions; `creel models --ask-again {model}` takes it back.",
                    model = one_line(model)
                ),
                form,
            ),
            About::Question(wanted) => question(laid, wanted, self.focus, form),
        }
        asked
    }

    fn title(&self, look: &Look) -> (String, Role) {
        let mark = look.mark(Mark::Ask);
        match self.about {
            About::Approval(approval) => {
                let wants = match &approval.subject {
                    Subject::Command { .. } => "wants to run".to_owned(),
                    Subject::Change { created: true, .. } => "wants to write a new file".to_owned(),
                    Subject::Change { .. } => "wants to change a file".to_owned(),
                    Subject::Read { .. } => "wants to read".to_owned(),
                    Subject::Other { .. } => format!("wants to use {}", one_line(&approval.tool)),
                };
                (format!("{mark} {wants}"), Role::Warn)
            }
            About::Budget { left, limit, .. } => {
                let nothing = left == limit;
                let said = if nothing {
                    "budget too small"
                } else {
                    "budget reached"
                };
                (format!("{} {said}", look.mark(Mark::Budget)), Role::Warn)
            }
            About::Guard { .. } => (format!("{mark} paused"), Role::Warn),
            About::Unpriced { .. } => (format!("{mark} no price known"), Role::Warn),
            About::Question(_) => (
                format!("{} asks you", look.mark(Mark::Question)),
                Role::Warn,
            ),
        }
    }

    /// The rows under the body: the keys when it has the focus, the way to it when not.
    fn foot(&self, app: &App, width: usize, whole: bool) -> Vec<Row> {
        let narrow = width < NARROW;
        let Some(focus) = self.focus else {
            let key = app.keymap().way(Action::NextAsk);
            let there = app.keymap().key(Place::Composer, Action::ToCards);
            let there = match (there, narrow) {
                (Some(tab), true) => format!(", {tab}: decide"),
                (Some(tab), false) => format!(", or {tab} from an empty composer: decide here"),
                (None, _) => ": decide".to_owned(),
            };
            let mut row = Row::of(key, Role::Key).put(there, Role::Muted);
            if self.behind > 0 && !narrow {
                row = row.end(format!("{} more behind it", self.behind), Role::Muted);
            }
            return vec![row];
        };
        let back = app.keymap().first(Place::Ask, &[Action::Close]);
        if let Some(why) = &focus.gone {
            return vec![
                Row::of(format!("no longer asked: {why}"), Role::Muted),
                Row::of(back, Role::Key).put(" back", Role::Muted),
            ];
        }
        if let Some(line) = &focus.line {
            // While something is typed these are what they are in every ask.
            let (enter, more) = match line {
                Line::Reason(_) if narrow => ("no, with this", None),
                Line::Reason(_) => ("no, with this reason", None),
                Line::Command(_) if narrow => ("run", Some(("Ctrl+J", "line"))),
                Line::Command(_) => ("run this instead", Some(("Ctrl+J", "new line"))),
                Line::Answer(_) => ("answer with this", None),
                Line::Rule(_) => ("try this rule", None),
            };
            let mut row = Row::new();
            for (key, what) in [("Enter", enter)]
                .into_iter()
                .chain(more)
                .chain([("Esc", "back")])
            {
                row = row
                    .put(key, Role::Key)
                    .put(format!(" {what}   "), Role::Muted);
            }
            return vec![Row::new(), row];
        }
        if let Some(making) = &focus.making {
            return ask_rule::foot(app, focus, making, narrow);
        }
        if let Some(picking) = &focus.picking {
            return ask_hunks::foot(app, focus, picking, narrow);
        }
        let ready = focus.ready(app.now.since);
        let flash = focus.arming.flash.is_some();
        let mut rows = choices(app, focus, width, flash);
        let state = match (focus.confirm, ready) {
            (Some(choice), _) => (second(self.about, choice, &back, narrow), Role::Bad),
            (None, true) => ("ready".to_owned(), Role::Good),
            (None, false) if focus.arming.seen == Sight::Whole || whole => {
                ("ready after a short quiet".to_owned(), Role::Muted)
            }
            (None, false) => (unread(app.keymap(), focus, narrow), Role::Warn),
        };
        rows.push(
            Row::of(back, Role::Key)
                .put(
                    // Before the second key of a HIGH one it leads back from that.
                    if narrow || focus.confirm.is_some() {
                        " back"
                    } else {
                        " back; it stays waiting"
                    },
                    Role::Muted,
                )
                .end(state.0, state.1),
        );
        rows
    }

    /// Rows the card wants, its frame included.
    pub fn height(&self, asked: &Asked, app: &App, width: usize) -> usize {
        let line = self.focus.and_then(|focus| focus.line.as_ref());
        let line = line.map_or(0, |line| ask_line::height(line, width));
        asked.height() + self.foot(app, width, true).len() + line + 3
    }

    /// The title at the right: how long it has waited.
    fn right<'a>(&'a self, look: &Look) -> [Segment<'a>; 1] {
        [Segment::new(&self.waited, look.style(Role::Muted))]
    }

    pub fn draw(
        &self,
        app: &App,
        asked: &Asked,
        canvas: &mut Canvas,
        area: Rect,
        look: &Look,
    ) -> Drawn {
        let (title, role) = self.title(look);
        let focused = self.focus.is_some();
        let gone = self.focus.is_some_and(|focus| focus.gone.is_some());
        let border = match (focused, gone) {
            (true, false) => Role::Focus,
            _ => Role::Border,
        };
        let right = self.right(look);
        let frame = Frame {
            weight: if focused {
                Weight::Heavy
            } else {
                Weight::Light
            },
            glyphs: look.glyphs,
            left: &[Segment::new(
                &title,
                look.style(if gone { Role::Muted } else { role }),
            )],
            right: if self.waited.is_empty() { &[] } else { &right },
            style: look.style(border),
        };
        let inner = frame.draw(canvas, area);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let larger = "a larger window shows it".to_owned();
        self.draw_inner(app, asked, canvas, inner, look, &larger)
    }

    /// Draws it into a pane whose frame is its own.
    pub fn draw_bare(
        &self,
        app: &App,
        asked: &Asked,
        canvas: &mut Canvas,
        area: Rect,
        look: &Look,
    ) -> Drawn {
        if area.height == 0 {
            return Drawn::default();
        }
        let (title, role) = self.title(look);
        let gone = self.focus.is_some_and(|focus| focus.gone.is_some());
        let role = if gone { Role::Muted } else { role };
        Row::of(title, role)
            .end(self.waited.clone(), Role::Muted)
            .draw(canvas, area.left(), area.y, area.right(), look);
        // A blank row under the title, where that takes no row from what would run.
        let wanted = self.height(asked, app, usize::from(area.width));
        let head = 1 + u16::from(usize::from(area.height) >= wanted);
        let inner = Rect {
            y: area.y + head.min(area.height),
            height: area.height.saturating_sub(head),
            ..area
        };
        let larger = format!("zoom with {}", app.keymap().way(Action::Zoom));
        self.draw_inner(app, asked, canvas, inner, look, &larger)
    }

    /// `larger`: how the person comes to more room.
    fn draw_inner(
        &self,
        app: &App,
        asked: &Asked,
        canvas: &mut Canvas,
        inner: Rect,
        look: &Look,
        larger: &str,
    ) -> Drawn {
        let focused = self.focus.is_some();
        if inner.width == 0 || inner.height == 0 {
            return Drawn::default();
        }
        let foot = self.foot(app, usize::from(inner.width), true);
        let line = self.focus.and_then(|focus| focus.line.as_ref());
        // All keys, of the risk a row, and of what is asked a row beside the one that says how many more there are: nobody decides
        // on less.
        let seen = asked.body.height().min(2) + asked.risk.len().min(1);
        let least = foot.len() + usize::from(line.is_some()) + seen;
        if focused && usize::from(inner.height) < least {
            let said = format!("too small: {larger}");
            let mut rows = wrapped(&said, usize::from(inner.width), 0, Role::Warn);
            let back = app.keymap().first(Place::Ask, &[Action::Close]);
            rows.push(Row::of(back, Role::Key).put(" back", Role::Muted));
            crate::tui::screen::rows::draw(&rows, canvas, inner, 0, look);
            return Drawn::default();
        }
        // A command that is typed may take what the body leaves: what is asked is read again when it is left.
        let rest = usize::from(inner.height).saturating_sub(foot.len() + seen);
        let line_height = line.map_or(0, |line| {
            ask_line::height(line, usize::from(inner.width)).min(rest.max(1))
        });
        let foot_height =
            (foot.len() + line_height).min(usize::from(inner.height).saturating_sub(1)) as u16;
        let body = Rect {
            height: inner.height - foot_height,
            ..inner
        };
        let wished = self.focus.and_then(|focus| focus.picking.as_ref());
        let scroll = match (wished, &asked.marked) {
            (Some(picking), Some(marked)) if picking.shows => {
                asked.show(usize::from(body.height), marked)
            }
            _ => self.focus.map_or(0, |focus| focus.scroll),
        };
        let part = asked.part(usize::from(body.height), scroll);
        let below = part.below;
        let foot = if below == 0 || !focused {
            foot
        } else {
            self.foot(app, usize::from(inner.width), false)
        };
        asked.draw(part, canvas, body, look);
        let mut foot = foot;
        if below > 0 && !focused {
            // Beside the keys: no row of what would run is written over.
            if let Some(row) = foot.pop() {
                let rows = if usize::from(inner.width) < NARROW {
                    ""
                } else {
                    " rows"
                };
                let more = format!("{} {below} more{rows}", look.mark(Mark::More));
                let gap = if row.right.is_empty() { "" } else { "   " };
                foot.push(row.end(format!("{gap}{more}"), Role::Muted));
            }
        } else if below > 0 {
            let y = body.y + part.more_at() as u16;
            let down = app.keymap().first(Place::Ask, READ_ON);
            let more = format!("{} {} more rows, {down}", look.mark(Mark::More), below + 1);
            let row = Rect {
                y,
                height: 1,
                ..body
            };
            blank(canvas, row, look);
            Row::new()
                .end(more, Role::Warn)
                .draw(canvas, body.left(), y, body.right(), look);
        }
        let mut y = body.bottom();
        let mut cursor = None;
        if let Some(line) = line {
            let typed = Rect {
                y,
                height: line_height as u16,
                ..inner
            };
            cursor = Some(ask_line::draw(line, canvas, typed, look));
            y += line_height as u16;
        }
        let keys = Rect {
            y,
            height: inner.bottom().saturating_sub(y),
            ..inner
        };
        crate::tui::screen::rows::draw(&foot, canvas, keys, 0, look);
        Drawn {
            last_line: below == 0 && usize::from(foot_height) >= foot.len(),
            scroll_max: part.scroll_max,
            page: part.page(),
            scroll: part.scroll,
            cursor,
        }
    }
}

/// What can be done with one whose end was not seen yet.
fn unread(keymap: &Keymap, focus: &AskFocus, narrow: bool) -> String {
    let choices = focus.choices();
    let key = |at: usize| {
        let row = choices.get(at);
        row.map_or_else(String::new, |row| {
            keymap.choice(Place::Ask, row.1, row.0.row(&focus.ask.about, at))
        })
    };
    let no = choices.iter().position(|row| row.0.refuses());
    let (yes, no) = (key(0), no.map_or_else(String::new, key));
    let down = keymap.first(Place::Ask, READ_ON);
    if narrow {
        format!("{down}, then {yes}; {no} works")
    } else {
        format!("{down} shows the rest, then {yes}; {no} works now")
    }
}

/// The choices in rows of as many as fit; each with its letter, dim until they work.
fn choices(app: &App, focus: &AskFocus, width: usize, flash: bool) -> Vec<Row> {
    let mut rows = vec![Row::new()];
    let narrow = width < NARROW;
    let gap = if narrow { 2 } else { 3 };
    let mut used = 0;
    for (index, (choice, action, what)) in focus.choices().into_iter().enumerate() {
        let number = choice.row(&focus.ask.about, index);
        let key = app.keymap().choice(Place::Ask, action, number);
        let what = match choice {
            // It stands with its number in what is asked.
            Choice::Pick(_) => continue,
            Choice::Say if narrow => "in words",
            Choice::LeaveIt if narrow => "leave it",
            Choice::Details if focus.details => "less",
            Choice::Session if narrow => "session",
            Choice::NoBecause if narrow => "because",
            Choice::Edit if narrow => "edit",
            Choice::Details if narrow => "more",
            _ => what,
        };
        let cells = cells::of(&key) + 1 + cells::of(what);
        let begins = used == 0 || used + gap + cells > width;
        if begins && used > 0 {
            rows.push(Row::new());
        }
        used = if begins { cells } else { used + gap + cells };
        let highlighted = focus.highlight == Some(index) || focus.confirm == Some(choice);
        let works = focus.takes(choice, app.now.since);
        let (key_role, what_role) = match (highlighted, flash, works) {
            (true, _, _) => (Role::Marked, Role::Marked),
            (_, true, _) => (Role::Warn, Role::Warn),
            (_, _, true) => (Role::Key, Role::Text),
            _ => (Role::Muted, Role::Muted),
        };
        if let Some(row) = rows.last_mut() {
            if !begins {
                row.left.push((" ".repeat(gap), Role::Muted));
            }
            row.left.push((key, key_role));
            row.left.push((format!(" {what}"), what_role));
        }
    }
    rows
}

/// How long an ask has waited, as its card says it.
pub fn waited(app: &App, since: crate::protocol::time::Time) -> String {
    match text::age(app.now.wall.since(since)).as_str() {
        "now" => "asked now".to_owned(),
        age => format!("asked {age} ago"),
    }
}
