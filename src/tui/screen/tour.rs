//! What a played session always says, and the hints of the tour: each names the key that is learnt next.

use ratatui::layout::Rect;

use crate::protocol::ask::{About, Risk};
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::view::View;
use crate::tui::screen::look::Role;
use crate::tui::screen::rows::Row;
use crate::tui::screen::site::Site;
use crate::tui::widget::canvas::Canvas;

/// One line at the top of a played session. A hint that has no room beside it is left out, as its keys stand below too.
pub fn line(site: &Site, canvas: &mut Canvas, area: Rect) {
    let said = Row::of("a script speaks; play money", Role::Accent);
    let hint = Some(site).filter(|site| site.view.tour).and_then(hint);
    let hinted = |said: &Row| {
        let row = said.clone().end(hint.clone()?, Role::Key);
        (row.width() < usize::from(area.width)).then_some(row)
    };
    let short = Row::of("a script; play money", Role::Accent);
    let row = hinted(&said).or_else(|| hinted(&short)).unwrap_or(said);
    row.draw(canvas, area.left(), area.y, area.right(), site.look);
}

fn hint(site: &Site) -> Option<String> {
    let Site { app, view, .. } = *site;
    let waiting = app.waiting();
    let ask = waiting.iter().find(|(id, _)| *id == view.id);
    let risk = match ask.map(|(_, waiting)| &waiting.ask.about) {
        Some(About::Approval(approval)) => Some(approval.risk),
        _ => None,
    };
    let session = view.session.as_ref();
    let next = || {
        let key = app.keymap().way(Action::NextAsk);
        format!("{key}: next ask, from anywhere")
    };
    let at_ask = |action| app.keymap().first(Place::Ask, &[action]);
    let there = || app.keymap().first(Place::Composer, &[Action::ToCards]);
    Some(match (site.ask(), risk) {
        (Some(_), Some(Risk::High)) => {
            let no = at_ask(Action::AskNoBecause);
            format!("{no}: no, and a reason may be typed")
        }
        (Some(_), Some(_)) => format!("{}: yes, once", at_ask(Action::AskYes)),
        (_, Some(Risk::High)) => format!("{}, then {}", there(), at_ask(Action::AskNoBecause)),
        (_, Some(_)) if waiting.len() > 1 => next(),
        (_, Some(_)) => format!("{}, then {}", there(), at_ask(Action::AskYes)),
        _ if app.broken.is_some() => return None,
        _ if session.is_none() => "Enter begins".to_owned(),
        _ if !waiting.is_empty() => next(),
        _ if app.works_beside(view) => {
            let tab = |number| app.keymap().way(Action::Tab(number));
            format!("two at once: {}, {}", tab(1), tab(2))
        }
        _ if view.live.text.is_empty() && session.is_some_and(|session| session.running) => {
            "reads run without asking".to_owned()
        }
        _ if view.is_spoken() && view.composer.is_empty() => "Space hurries".to_owned(),
        _ => return None,
    })
}

/// What is true when the tour's turn has ended: what was real, where it is, how to see that nothing is lost.
pub fn closing(app: &App, view: &View) -> Vec<String> {
    if !view.tour || view.running() {
        return Vec::new();
    }
    let Some(session) = view.session.as_ref().filter(|session| session.turn > 0) else {
        return Vec::new();
    };
    vec![
        "Only the words and prices were played: files, commands, answers and log are real."
            .to_owned(),
        format!(
            "Look: ls {}. Or kill -9 {} now, start creel again: {} has this session, {}.",
            crate::agent::visible::escaped(&session.spec.cwd.display().to_string()),
            app.setup.process,
            app.keymap().way(Action::Sessions),
            session.id.short(),
        ),
        format!(
            "Now the script takes tool words as they are: read PATH, bash COMMAND, grep TEXT. {} gives a model.",
            app.keymap().way(Action::Models)
        ),
    ]
}
