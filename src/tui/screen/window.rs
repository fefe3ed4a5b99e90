//! The title of the terminal's window: what waits over all sessions, and the session that has the keys.

use crate::protocol::session::State;
use crate::tui::app::App;
use crate::tui::app::view::View;
use crate::tui::screen::look::{Look, Mark};

/// As `⚑2 fix the parser · Creel`, and before anything was said by the folder. Names are cleaned where the title is written.
pub fn title(app: &App, look: &Look) -> String {
    let view = app.view();
    let waiting = app.waiting().len();
    let mark = if waiting > 0 {
        format!("{}{waiting} ", look.mark(Mark::Ask))
    } else if app.views.iter().any(View::running) {
        format!("{} ", look.mark(Mark::Working))
    } else if let Some(unseen) = app.views.iter().find(|view| view.unseen) {
        let ended = match unseen.state() {
            State::Failed => Mark::Failed,
            State::Interrupted => Mark::Stopped,
            _ => Mark::Done,
        };
        format!("{} ", look.mark(ended))
    } else {
        String::new()
    };
    let named = view
        .session
        .as_ref()
        .is_some_and(|session| !session.name().is_empty());
    let name = if named {
        view.title()
    } else {
        // A root has no name of its own.
        let folder = view.cwd().file_name().unwrap_or(view.cwd().as_os_str());
        folder.to_string_lossy().into_owned()
    };
    let between = look.glyphs.pick("·", "-");
    format!("{mark}{name} {between} Creel")
}
