//! The card of what went wrong: what happened, what it cost, what is safe, which key goes on.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::agent::background::may_leave;
use crate::agent::visible::one_line;
use crate::config::KeySource;
use crate::protocol::event::{Ending, Waiting};
use crate::protocol::failure::{Failure, FailureKind};
use crate::tui::app::App;
use crate::tui::app::board::told::clock;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::logical;
use crate::tui::app::transcript::What;
use crate::tui::app::view::View;
use crate::tui::screen::ask_body::NARROW;
use crate::tui::screen::card_keys::{End, foot, way_here};
use crate::tui::screen::look::{Mark, Role};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::site::Site;
use crate::tui::screen::{going_on, money};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::paint::Form;
use crate::tui::widget::{cells, text};

/// Nobody who stopped a prompt should have to guess whether the model still hears of it.
pub const ALONG: &str = "What was said and done goes along with the next prompt";
const DAY: Duration = Duration::from_hours(24);

#[derive(Debug)]
pub struct Card {
    title: (String, Role),
    right: String,
    rows: Vec<Row>,
    /// The keys; they are drawn whatever else there is room for.
    foot: Vec<Row>,
    focused: bool,
}

/// The card of a session, when something failed, was cut, or is asked again by itself.
pub fn card(site: &Site, form: Form) -> Option<Card> {
    let Site {
        app, view, look, ..
    } = *site;
    let focused = site.card().is_some();
    let width = form.cells();
    if let Some(Waiting::Retry {
        failure,
        attempt,
        attempts,
        endless,
        until,
    }) = &view.live.waiting
    {
        // The second under way is counted, so that the last one said is 1.
        let left = until.since(app.now.wall) + Duration::from_millis(999);
        let left = text::seconds(left);
        let mut rows = wrapped(&one_line(&failure.message), width, 0, Role::Text);
        let tries = if *attempt == 1 {
            // Nothing was asked yet: others were told to wait.
            String::new()
        } else if *endless {
            format!(", attempt {attempt}; it goes on until the server is reached")
        } else {
            format!(", attempt {attempt} of {attempts}")
        };
        let charged = if failure.unsent {
            " The request was not sent; nothing was charged."
        } else {
            " Nothing is lost."
        };
        let said = format!("Trying again by itself in {left}{tries}.{charged}");
        rows.extend(wrapped(&said, width, 0, Role::Muted));
        going_on::shared(site, failure, width, &mut rows);
        let mut foot = foot(site, "", Some(End::Stops), width);
        if view.read_only.is_none() {
            offer(app, view, width, &mut rows, &mut foot);
        }
        return Some(Card {
            title: (
                format!("{} {}", look.mark(Mark::More), waits_for(failure)),
                Role::Warn,
            ),
            right: format!("goes on in {left}"),
            rows,
            foot,
            focused,
        });
    }
    let Some(ending) = view.stopped() else {
        return beside(site, width);
    };
    let turn = view.session.as_ref().map(|session| &session.turn_sum)?;
    let cost = money::sum(&turn.spent);
    let (title, message) = match ending {
        Ending::Failed { failure } => (
            format!("{} {}", look.mark(Mark::Failed), failed(failure)),
            one_line(&failure.message),
        ),
        Ending::Interrupted { text, heard } => {
            // Where its end was found out later nobody stopped it.
            let word = if heard.is_some() {
                "interrupted"
            } else {
                "stopped"
            };
            (
                format!("{} {word}", look.mark(Mark::Stopped)),
                format!("{}.", one_line(text)),
            )
        }
        _ => return None,
    };
    let (title, message) = match (ending, broke_off(view)) {
        (Ending::Failed { failure }, Some(words)) if is_of_the_way(failure.kind) => (
            format!("{} the answer broke off", look.mark(Mark::Failed)),
            format!(
                "After {words} words{}: {message}. Nothing that was in it had been run.",
                going_on::tokens_out(view)
            ),
        ),
        _ => (title, message),
    };
    let mut rows = wrapped(&message, width, 0, Role::Text);
    if let (Some(KeySource::Env(name)), Ending::Failed { failure }) = (app.key_place(view), ending)
        && failure.kind == FailureKind::Auth
        // Credit comes to the key that is there.
        && failure.status != Some(402)
    {
        let said = if width < NARROW {
            "a new value needs a new start".to_owned()
        } else {
            format!(
                "${} is as it was when Creel started: a new value there needs a new start.",
                one_line(name)
            )
        };
        rows.extend(wrapped(&said, width, 0, Role::Text));
    }
    if matches!(ending, Ending::Failed { failure } if failure.kind == FailureKind::Config) {
        let other = app.keymap().way(Action::Models);
        let said =
            format!("{other}: another model. A key, or an entry in the config, brings this one.");
        rows.extend(wrapped(&said, width, 0, Role::Text));
    }
    if let Ending::Failed { failure } = ending {
        going_on::shared(site, failure, width, &mut rows);
    }
    let goes_on = view.read_only.is_none();
    let kept = match ending {
        Ending::Interrupted { .. } if goes_on => ALONG,
        _ => "What was said and done is in the log",
    };
    let runs = if may_go_on(view) {
        "no call runs, but what a command left in the background may go on"
    } else {
        "nothing runs"
    };
    let mut said = format!("The turn cost {cost}. {kept}; {runs}.");
    let price = going_on::price(app, view, width);
    if let Some(later) = &price.later
        && goes_on
    {
        said.push(' ');
        said.push_str(later);
    }
    rows.extend(wrapped(&said, width, 0, Role::Muted));
    let (role, leave) = match ending {
        // It has a key of its own.
        Ending::Interrupted { .. } => (Role::Warn, None),
        _ if !goes_on => (Role::Bad, None),
        _ => (Role::Bad, Some(End::Leaves)),
    };
    let mut foot = foot(site, &price.now, leave, width);
    if goes_on {
        offer(app, view, width, &mut rows, &mut foot);
    }
    Some(Card {
        title: (title, role),
        right: match ending {
            Ending::Failed { failure } if !goes_by_itself(failure.kind) => {
                "will not retry by itself".to_owned()
            }
            Ending::Interrupted { .. } => last_sign(app, view).unwrap_or_default(),
            _ => String::new(),
        },
        rows,
        foot,
        focused,
    })
}

/// Another session writes in the same folder. Nothing waits for an answer: Enter in the composer sends as ever.
fn beside(site: &Site, width: usize) -> Option<Card> {
    let Site {
        app, view, look, ..
    } = *site;
    let words = app.writer_words(view)?;
    let mut rows = wrapped(&words, width, 0, Role::Text);
    let said = "An edit of a file that the other one changed meanwhile is refused, and the file read again.";
    if width >= NARROW {
        rows.extend(wrapped(said, width, 0, Role::Muted));
    }
    let focused = site.card().is_some();
    let foot = if focused || width < NARROW {
        foot(site, "", Some(End::Leaves), width)
    } else {
        let key = |action| app.keymap().first(Place::Card, &[action]);
        let row = Row::of(way_here(app), Role::Key)
            .put(" from an empty composer, then ", Role::Muted)
            .put(key(Action::CardWorktree), Role::Key)
            .put(" worktree, ", Role::Muted)
            .put(key(Action::Choose), Role::Key)
            .put(" share", Role::Muted);
        vec![row]
    };
    Some(Card {
        title: (
            format!("{} shared folder", look.mark(Mark::Working)),
            Role::Warn,
        ),
        right: String::new(),
        rows,
        foot,
        focused,
    })
}

/// Says at the end of the keys, or above them where there is no room, that a model on this machine could go on.
fn offer(app: &App, view: &View, width: usize, rows: &mut Vec<Row>, foot: &mut [Row]) {
    let Some(text) = app.stand_in(view) else {
        return;
    };
    match foot.last_mut() {
        Some(keys) if keys.width() + 3 + cells::of(&text) <= width => {
            keys.right.push((text, Role::Muted));
        }
        _ => rows.extend(wrapped(&text, width, 0, Role::Muted)),
    }
}

impl Card {
    pub fn height(&self) -> usize {
        self.rows.len() + self.foot.len() + 2
    }

    /// Draws it; `true` when its last line was in sight.
    pub fn draw(&self, site: &Site, canvas: &mut Canvas, area: Rect) -> bool {
        let look = site.look;
        let flash = site.card().is_some_and(|card| card.arming.flash.is_some());
        let border = match (self.focused, flash) {
            (_, true) => Role::Warn,
            (true, _) => Role::Focus,
            _ => Role::Border,
        };
        let right = [Segment::new(&self.right, look.style(Role::Muted))];
        let frame = Frame {
            weight: if self.focused {
                Weight::Heavy
            } else {
                Weight::Light
            },
            glyphs: look.glyphs,
            left: &[Segment::new(&self.title.0, look.style(self.title.1))],
            // Beside it the title would be cut.
            right: if self.right.is_empty() || usize::from(area.width) < NARROW {
                &[]
            } else {
                &right
            },
            style: look.style(border),
        };
        let inner = frame.draw(canvas, area);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let foot = u16::try_from(self.foot.len())
            .unwrap_or(u16::MAX)
            .min(inner.height);
        let body = Rect {
            height: inner.height - foot,
            ..inner
        };
        let keys = Rect {
            y: body.bottom(),
            height: foot,
            ..inner
        };
        let seen = usize::from(body.height);
        let mut shown = self.rows.get(..seen).unwrap_or(&self.rows).to_vec();
        if let Some(last) = shown.last_mut().filter(|_| self.rows.len() > seen) {
            *last = last.leading_on(usize::from(body.width), look);
        }
        rows::draw(&shown, canvas, body, 0, look);
        rows::draw(&self.foot, canvas, keys, 0, look);
        self.focused && inner.height > 0
    }
}

/// The words of an answer that was cut off at the end of the last turn.
fn broke_off(view: &View) -> Option<usize> {
    let (text, turn) = view.broke_off()?;
    let here = view.session.as_ref().is_some_and(|of| of.turn == turn);
    here.then(|| text.split_whitespace().count())
}

/// Whether a command of the last turn may have left something behind, which no end of a turn ends.
fn may_go_on(view: &View) -> bool {
    let turn = view.session.as_ref().map(|session| session.turn);
    let entries = view.transcript.entries().iter().rev();
    entries
        .take_while(|entry| Some(entry.turn) == turn)
        .any(|entry| match &entry.what {
            What::Call(call) => {
                let head = logical::head(&call.call.name, &call.call.arguments);
                call.call.name == "bash" && call.started.is_some() && may_leave(&head)
            }
            _ => false,
        })
}

/// When the turn was last heard of.
fn last_sign(app: &App, view: &View) -> Option<String> {
    let (at, last) = (view.last_sign()?, view.learnt.last.as_ref()?);
    let clock = clock(at, last.zone);
    Some(match app.now.wall.since(at) {
        passed if passed < DAY => format!("last heard of at {clock}"),
        passed => format!("last heard of at {clock}, {} ago", text::age(passed)),
    })
}

/// The way to the model failed, not what was asked.
fn is_of_the_way(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Network | FailureKind::Overloaded | FailureKind::Protocol
    )
}

fn goes_by_itself(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Rate | FailureKind::Overloaded | FailureKind::Network
    )
}

fn waits_for(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Network if failure.unsent => "no way there",
        FailureKind::Network => "no answer",
        _ => "waiting for the provider",
    }
}

fn failed(failure: &Failure) -> &'static str {
    match failure.kind {
        // 402 is payment required; what was logged before has no other word for it.
        FailureKind::Auth if failure.spent || failure.status == Some(402) => "no credit left",
        FailureKind::Auth if failure.unsent => "no key to send",
        FailureKind::Auth => "key refused",
        FailureKind::Rate => "too many requests",
        FailureKind::Overloaded => "the provider is overloaded",
        FailureKind::Network if failure.unsent => "no way there",
        FailureKind::Network => "no answer",
        FailureKind::TooLong => "longer than the model's window",
        FailureKind::Refused => "the model refused",
        FailureKind::BadRequest => "the request was refused",
        FailureKind::Protocol => "the answer was not understood",
        FailureKind::Config => "the config names something that is not there",
        FailureKind::Internal => "a fault of Creel",
    }
}
