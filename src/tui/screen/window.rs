//! The title of the terminal's window: what waits over all sessions, and the session that has the keys.

use crate::tui::app::App;
use crate::tui::app::view::View;
use crate::tui::screen::look::{Look, Mark};

/// As `⚑2 fix the parser · Creel`; the name of a session is cleaned where the title is written.
pub fn title(app: &App, look: &Look) -> String {
    let view = app.view();
    let waiting = app.waiting().len();
    let mark = if waiting > 0 {
        format!("{}{waiting} ", look.mark(Mark::Ask))
    } else if app.views.iter().any(View::running) {
        format!("{} ", look.mark(Mark::Working))
    } else if app.views.iter().any(|view| view.unseen) {
        format!("{} ", look.mark(Mark::Done))
    } else {
        String::new()
    };
    if view.session.is_none() {
        return format!("{mark}Creel");
    }
    let between = look.glyphs.pick("·", "-");
    format!("{mark}{} {between} Creel", view.title())
}
