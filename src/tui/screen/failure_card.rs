//! The card of what went wrong: what happened, what it cost, what is safe, which key goes on.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::protocol::event::{Ending, Waiting};
use crate::protocol::failure::{Failure, FailureKind};
use crate::tui::app::transcript::What;
use crate::tui::app::view::View;
use crate::tui::app::{App, Focus};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::money;
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::paint::Form;
use crate::tui::widget::text;

#[derive(Debug)]
pub struct Card {
    title: (String, Role),
    right: String,
    rows: Vec<Row>,
    focused: bool,
}

/// The card of a session, when something failed, was cut, or is asked again by itself.
pub fn card(app: &App, view: &View, form: Form, look: &Look) -> Option<Card> {
    let width = form.cells();
    if let Some(Waiting::Retry {
        failure,
        attempt,
        attempts,
        until,
    }) = &view.live.waiting
    {
        // The second under way is counted, so that the last one said is 1.
        let left = until.since(app.now.wall) + Duration::from_millis(999);
        let left = text::seconds(left);
        let focused = matches!(app.focus, Focus::Card(_));
        let mut rows = wrapped(&one_line(&failure.message), width, 0, Role::Text);
        rows.push(Row::of(
            format!(
                "Trying again by itself in {left}, attempt {attempt} of {attempts}. Nothing is lost."
            ),
            Role::Muted,
        ));
        rows.push(if focused {
            Row::of("Enter", Role::Key)
                .put(" now   ", Role::Muted)
                .put("m", Role::Key)
                .put(" other model   ", Role::Muted)
                .put("Esc Esc", Role::Key)
                .put(" stop", Role::Muted)
        } else {
            Row::of("Tab", Role::Key)
                .put(" from an empty composer, then ", Role::Muted)
                .put("Enter", Role::Key)
                .put(" now   ", Role::Muted)
                .put("Esc Esc", Role::Key)
                .put(" stop", Role::Muted)
        });
        return Some(Card {
            title: (
                format!("{} {}", look.mark(Mark::More), waits_for(failure.kind)),
                Role::Warn,
            ),
            right: format!("goes on in {left}"),
            rows,
            focused,
        });
    }
    let focused = matches!(app.focus, Focus::Card(_));
    let ending = view.stopped()?;
    let turn = view.session.as_ref().map(|session| &session.turn_sum)?;
    let cost = money::sum(&turn.spent);
    let (title, message, again) = match ending {
        Ending::Failed { failure } => (
            format!("{} {}", look.mark(Mark::Failed), failed(failure)),
            one_line(&failure.message),
            "again",
        ),
        Ending::Interrupted { text } => (
            format!("{} interrupted", look.mark(Mark::Failed)),
            one_line(text),
            "goes on",
        ),
        _ => return None,
    };
    let cut = broken_off(view);
    let (title, message) = match (ending, cut) {
        (Ending::Failed { failure }, Some(words)) if failure.kind == FailureKind::Network => (
            format!("{} the answer broke off", look.mark(Mark::Failed)),
            format!("After {words} words: {message}. Nothing that was in it had been run."),
        ),
        _ => (title, message),
    };
    let mut rows = wrapped(&message, width, 0, Role::Text);
    rows.push(Row::of(
        format!("The turn cost {cost}. What was said and done is in the log; nothing runs."),
        Role::Muted,
    ));
    let next = app.next_prompt(view).map(money::estimate);
    let price = next.map_or_else(String::new, |next| format!(" ({next})"));
    rows.push(if focused {
        Row::of("Enter", Role::Key)
            .put(format!(" {again}{price}   "), Role::Muted)
            .put("m", Role::Key)
            .put(" other model   ", Role::Muted)
            .put("Esc", Role::Key)
            .put(" leave it", Role::Muted)
    } else {
        Row::of("Tab", Role::Key)
            .put(" from an empty composer, then ", Role::Muted)
            .put("Enter", Role::Key)
            .put(format!(" {again}{price}"), Role::Muted)
    });
    Some(Card {
        title: (title, Role::Bad),
        right: match ending {
            Ending::Failed { failure } if !goes_by_itself(failure.kind) => {
                "will not retry by itself".to_owned()
            }
            _ => String::new(),
        },
        rows,
        focused,
    })
}

impl Card {
    pub fn height(&self) -> usize {
        self.rows.len() + 2
    }

    /// Draws it; `true` when its last line was in sight.
    pub fn draw(&self, app: &App, buffer: &mut Buffer, area: Rect, look: &Look) -> bool {
        let flash = matches!(&app.focus, Focus::Card(arming) if arming.flash.is_some());
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
            right: if self.right.is_empty() { &[] } else { &right },
            style: look.style(border),
        };
        let inner = frame.draw(buffer, area);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        // Where there is no room for all, the keys stay.
        let skip = self.rows.len().saturating_sub(usize::from(inner.height));
        rows::draw(&self.rows, buffer, inner, skip, look);
        self.focused && inner.height > 0
    }
}

/// The words of an answer that was cut off at the end of the turn.
fn broken_off(view: &View) -> Option<usize> {
    let entries = view.transcript.entries();
    entries
        .iter()
        .rev()
        .take(3)
        .find_map(|entry| match &entry.what {
            What::Answer { text, cut: true } => Some(text.split_whitespace().count()),
            _ => None,
        })
}

fn goes_by_itself(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Rate | FailureKind::Overloaded | FailureKind::Network
    )
}

fn waits_for(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Network => "no answer",
        _ => "waiting for the provider",
    }
}

fn failed(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Auth => "key refused",
        FailureKind::Rate => "too many requests",
        FailureKind::Overloaded => "the provider is overloaded",
        FailureKind::Network => "no answer",
        FailureKind::TooLong => "longer than the model's window",
        FailureKind::Refused => "the model refused",
        FailureKind::BadRequest => "the request was refused",
        FailureKind::Protocol => "the answer was not understood",
        FailureKind::Config => "the config names something that is not there",
        FailureKind::Internal => "a fault of Creel",
    }
}
