//! Questions with two answers: whether to quit, whether to throw a session away, whether commands shall run without asking.

use crate::agent::visible::one_line;
use crate::tui::app::App;
use crate::tui::app::board::hear::weighed;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::overlay::auto::Auto;
use crate::tui::app::overlay::discard::Discard;
use crate::tui::app::overlay::forget::Forget;
use crate::tui::app::overlay::quit::Quit;
use crate::tui::screen::hints::Hint::{All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::overlay::{Page, listed};
use crate::tui::screen::rows::{Row, wrapped};

/// Titles that are named one by one.
const NAMED: usize = 3;

pub fn quit(overlay: &Quit, named: Named, room: usize, look: &Look) -> Page {
    let said = match overlay.running.len() {
        1 => "A turn has not ended. Quitting stops it; what was said and done is kept.",
        _ => "Turns have not ended. Quitting stops them; what was said and done is kept.",
    };
    let mut rows = wrapped(said, room, 0, Role::Text);
    let mark = look.mark(Mark::Working);
    for title in overlay.running.iter().take(NAMED) {
        let title = one_line(title);
        rows.push(Row::of(format!("  {mark} {title}"), Role::Muted));
    }
    if let more @ 1.. = overlay.running.len().saturating_sub(NAMED) {
        rows.push(Row::of(format!("    and {more} more"), Role::Muted));
    }
    asked(
        named,
        ("quit", rows),
        ("stop and quit", "stay"),
        overlay.highlight,
        look,
    )
}

pub fn auto(app: &App, overlay: &Auto, room: usize, look: &Look) -> Page {
    let rows = wrapped(&app.auto_warns(), room, 0, Role::Text);
    let from = overlay.from;
    let stay = format!("stay in {from}");
    let named = Named {
        keymap: app.keymap(),
        place: Place::Question,
    };
    let mut page = asked(
        named,
        ("mode auto", rows),
        ("take it", &stay),
        overlay.highlight,
        look,
    );
    let round = app.keymap().row(Action::NextMode);
    if let Some(key) = round.and_then(|live| live.keys.first()) {
        page.keys.push((key.label(), "past it".to_owned()));
    }
    page
}

pub fn discard(overlay: &Discard, named: Named, room: usize, look: &Look) -> Page {
    let title = one_line(&overlay.title);
    let said = format!(
        "“{title}” is temporary: closed, it goes out of the log for good. What it cost stays, without text. To keep it: /temporary"
    );
    let rows = wrapped(&said, room, 0, Role::Text);
    asked(
        named,
        ("close a temporary session", rows),
        ("throw it away", "leave it open"),
        overlay.highlight,
        look,
    )
}

pub fn forget(overlay: &Forget, named: Named, room: usize, look: &Look) -> Page {
    let title = one_line(&overlay.title);
    let mut rows = wrapped(
        &format!(
            "The hit goes with its whole session, “{title}”: out of the log and the search for good. What it cost stays, without text."
        ),
        room,
        0,
        Role::Text,
    );
    match &overlay.weight {
        None => rows.push(Row::of("reading what would go", Role::Muted)),
        Some(weight) => {
            rows.push(Row::of(weighed(weight), Role::Muted));
            if let Some(worktree) = &weight.worktree {
                rows.extend(wrapped(&one_line(&worktree.stays()), room, 0, Role::Muted));
            }
        }
    }
    asked(
        named,
        ("forget a session", rows),
        ("forget it", "keep it"),
        overlay.highlight,
        look,
    )
}

fn asked(
    named: Named,
    (title, mut rows): (&str, Vec<Row>),
    (yes, no): (&str, &str),
    highlight: Option<usize>,
    look: &Look,
) -> Page {
    rows.push(Row::new());
    let answers = [(Action::QuestionYes, yes), (Action::QuestionNo, no)];
    let at = rows.len() + answers.len() - 1;
    for (index, (action, what)) in answers.into_iter().enumerate() {
        let key = named.keymap.choice(named.place, action, index);
        rows.push(
            listed(highlight == Some(index), look)
                .put(key, Role::Key)
                .put(format!("  {what}"), Role::Text),
        );
    }
    Page {
        title: title.to_owned(),
        right: String::new(),
        filter: None,
        // The answers stay in sight, whatever is cut above them.
        at,
        foot: Vec::new(),
        // The letters stand beside their answers.
        keys: named.keys(&[
            All(
                &[Action::MarkBefore, Action::MarkAfter, Action::Choose],
                "choose",
            ),
            Does(Action::Close, no),
        ]),
        rows,
    }
}
