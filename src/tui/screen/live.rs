//! What passes by while a turn runs: the text that streams, and what is awaited since when. Never a blank screen while
//! something is under way.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use ratatui::layout::Rect;

use crate::agent::figure;
use crate::agent::folder::not_here;
use crate::agent::visible::{clean, one_line};
use crate::protocol::event::Waiting;
use crate::protocol::session::State;
use crate::tui::app::App;
use crate::tui::app::shell::is_shell;
use crate::tui::app::view::{Stage, View};
use crate::tui::screen::body::{Laid, Spot};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{Row, chopped, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::paint::Form;
use crate::tui::widget::stream::Streaming;
use crate::tui::widget::text;

/// Lines of a running command's output that are shown.
const TAIL: usize = 5;

/// The rows of a text under way, kept from frame to frame: only what is new is laid out.
#[derive(Debug, Default)]
pub struct LiveText {
    generation: u64,
    taken: usize,
    stream: Streaming,
}

impl LiveText {
    fn follow(&mut self, view: &View) {
        if self.generation != view.live.generation || view.live.text.len() < self.taken {
            *self = Self {
                generation: view.live.generation,
                ..Self::default()
            };
        }
        if let Some(new) = view.live.text.get(self.taken..)
            && !new.is_empty()
        {
            self.stream.push(new);
            self.taken = view.live.text.len();
        }
    }

    pub fn height(&mut self, form: Form) -> usize {
        if self.taken == 0 {
            0
        } else {
            self.stream.height(form)
        }
    }

    /// Rows as they were laid out last.
    pub fn rows(&self) -> usize {
        if self.taken == 0 {
            0
        } else {
            self.stream.rows()
        }
    }

    /// The text so far, as it is shown.
    pub fn text(&self) -> &str {
        self.stream.source()
    }

    /// The part of it that a row shows; none of a row that only stands between others.
    pub fn span(&self, line: usize) -> Option<Range<usize>> {
        (line < self.rows()).then(|| self.stream.span(line))?
    }

    /// What its rows show, with the number of the row.
    pub fn spans(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        (0..self.rows()).filter_map(move |line| Some((line, self.span(line)?)))
    }

    /// What a row shows of the text.
    pub fn spot(&self, line: usize) -> Option<Spot<'_>> {
        let span = self.span(line)?;
        let (lead, text) = self.stream.halves(line);
        Some(Spot {
            span,
            x: cells::of(lead) as u16,
            text: Cow::Borrowed(text),
        })
    }

    pub fn draw(&self, canvas: &mut Canvas, area: Rect, skip: usize, look: &Look) -> u16 {
        if self.taken == 0 {
            0
        } else {
            self.stream.draw(canvas, area, skip, look)
        }
    }
}

/// The rows under the streaming text: what is awaited. The text itself goes into `stream`.
pub fn lay(app: &App, view: &View, stream: &mut LiveText, form: Form, look: &Look) -> Laid {
    stream.follow(view);
    let mut laid = Laid::default();
    let working = look.mark(Mark::Working);
    let live = &view.live;
    if !live.thinking.is_empty() && live.text.is_empty() {
        let since = live.thinking_since.unwrap_or(app.now.since);
        laid.row(Row::of(format!("{working} thinking"), Role::Accent).end(
            text::seconds(app.now.since.saturating_sub(since)),
            Role::Muted,
        ));
        let from = live
            .thinking
            .ceil_char_boundary(live.thinking.len().saturating_sub(400));
        let cleaned = clean(&live.thinking[from..]).into_owned();
        let rows = wrapped(&one_line(&cleaned), form.cells(), 2, Role::Muted);
        for row in rows.iter().skip(rows.len().saturating_sub(2)) {
            laid.row(row.clone());
        }
    }
    if let Some((name, bytes)) = &live.growing {
        laid.row(
            Row::of(
                format!("{working} writing {}", one_line(name)),
                Role::Accent,
            )
            .end(figure::bytes(*bytes), Role::Muted),
        );
    }
    match &live.waiting {
        Some(Waiting::Model { model, since }) => laid.row(
            Row::of(format!("{working} waiting for "), Role::Accent)
                .put(one_line(&model.model), Role::Text)
                .put(
                    format!(", {}", text::seconds(app.now.wall.since(*since))),
                    Role::Muted,
                ),
        ),
        // Has a card of its own.
        Some(Waiting::Retry { .. } | Waiting::Nothing) | None => {}
    }
    if let Some(silent) = live.silent(app.now.since).filter(|_| view.running()) {
        laid.row(
            Row::of(format!("{working} nothing more came"), Role::Accent)
                .put(format!(" for {}", text::seconds(silent)), Role::Muted),
        );
    }
    shells(&mut laid, app, view, form, look);
    without_folder(&mut laid, app, view, form);
    if laid.height() == 0 && stream.taken == 0 {
        if view.stage == Stage::Opening {
            laid.row(Row::of(
                format!("{working} opening the session"),
                Role::Accent,
            ));
        } else if view.stage == Stage::Loading && view.transcript.first().is_none() {
            laid.row(Row::of("reading its past", Role::Muted));
        } else if view.read_only.is_some() && view.running() && view.state() != State::Working {
            laid.row(Row::of(
                format!(
                    "{} waits for an answer, to be given where it runs",
                    look.mark(Mark::Ask)
                ),
                Role::Warn,
            ));
        } else if view.running()
            && view.asks() == 0
            && live.waiting.is_none()
            && view.transcript.running().next().is_none()
        {
            let since = view.turn_since.unwrap_or(app.now.wall);
            laid.row(Row::of(format!("{working} working"), Role::Accent).put(
                format!(", {}", text::seconds(app.now.wall.since(since))),
                Role::Muted,
            ));
        }
    }
    laid
}

/// The folder that a session works in is not there: said before a prompt runs into it.
fn without_folder(laid: &mut Laid, app: &App, view: &View, form: Form) {
    let Some(session) = &view.session else {
        return;
    };
    let gone = app.place(view.cwd()).is_some_and(|place| place.gone);
    let folder = app.setup.path(view.cwd());
    let said = missing(session.spec.is_foreign(), view.cwd(), gone, &folder);
    let Some(said) = said.filter(|_| !view.running()) else {
        return;
    };
    for row in wrapped(&said, form.cells(), 0, Role::Warn) {
        laid.row(row);
    }
}

/// `folder`: `cwd` as it is shown.
fn missing(is_foreign: bool, cwd: &Path, gone: bool, folder: &str) -> Option<String> {
    if is_foreign {
        let is_known = cwd != Path::new("/");
        // What Enter would be told: nothing goes to a model before there is a folder.
        return (gone || !is_known).then(|| not_here(is_known.then_some(folder)));
    }
    gone.then(|| {
        format!(
            "The folder {folder} is no more. What was said can be read, copied and exported, and the model still answers; its \
             tools and commands find nothing. `/new FOLDER` begins a session elsewhere."
        )
    })
}

/// Commands of the person that run, with the newest lines of what they say.
fn shells(laid: &mut Laid, app: &App, view: &View, form: Form, look: &Look) {
    let working = look.mark(Mark::Working);
    for shelling in &view.shells {
        let since = app.now.since.saturating_sub(shelling.since);
        laid.row(
            Row::of(format!("{working} ! "), Role::Person)
                .put(one_line(&shelling.command), Role::Strong)
                .end(text::seconds(since), Role::Muted),
        );
    }
    let tails = view.live.tails.iter().filter(|(call, _)| is_shell(call));
    for (_, tail) in tails {
        let tail = clean(tail);
        let lines: Vec<&str> = tail.lines().collect();
        let from = lines.len().saturating_sub(TAIL);
        let rows = lines[from..]
            .iter()
            .flat_map(|line| chopped(line, form.cells(), 2, Role::Muted));
        let rows: Vec<Row> = rows.collect();
        for row in rows.iter().skip(rows.len().saturating_sub(TAIL)) {
            laid.row(row.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_told_as_sending_would() {
        let foreign = "the folder ~/x of this session is not here: it can be read; to go on with it elsewhere: /folder DIR";
        let unknown = "in which folder this session was is not known: it can be read; to go on with it elsewhere: /folder DIR";
        for (is_foreign, cwd, gone, expected) in [
            (true, "/home/me/x", true, Some(foreign)),
            (true, "/home/me/x", false, None),
            (true, "/", false, Some(unknown)),
            (false, "/home/me/x", false, None),
            (false, "/", false, None),
        ] {
            let said = missing(is_foreign, Path::new(cwd), gone, "~/x");
            assert_eq!(said.as_deref(), expected, "{cwd}");
        }
        let own = missing(false, Path::new("/home/me/x"), true, "~/x").unwrap_or_default();
        assert!(
            own.contains("~/x is no more") && own.contains("still answers"),
            "{own}"
        );
    }
}
