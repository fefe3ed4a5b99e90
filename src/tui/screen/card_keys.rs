//! The keys at the foot of a card of what went wrong, as they are now.

use crate::tui::app::App;
use crate::tui::app::card::Choice;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::screen::ask_body::NARROW;
use crate::tui::screen::going_on;
use crate::tui::screen::look::Role;
use crate::tui::screen::rows::Row;
use crate::tui::screen::site::Site;
use crate::tui::widget::cells;

/// What leaving the card comes to, where that has no choice of its own.
#[derive(Debug, Clone, Copy)]
pub enum End {
    Stops,
    Leaves,
}

/// The key that leads from an empty composer to the card.
pub fn way_here(app: &App) -> String {
    app.keymap().first(Place::Composer, &[Action::ToCards])
}

/// The keys of the card, else the way to it; as many rows as they need. `price` is that of asking again.
pub fn foot(site: &Site, price: &str, leave: Option<End>, width: usize) -> Vec<Row> {
    let Site { app, view, .. } = *site;
    let Some(card) = site.card() else {
        let row = Row::of(way_here(app), Role::Key);
        if width < NARROW {
            return vec![row.put(", composer empty: decide", Role::Muted)];
        }
        let choices = app.card_choices(view);
        if choices.is_empty() {
            return Vec::new();
        }
        let (first, again) = choices.first().copied().unwrap_or((Choice::Again, ""));
        let price = if matches!(first, Choice::Again) {
            price
        } else {
            ""
        };
        let row = row
            .put(" from an empty composer, then ", Role::Muted)
            .put(
                app.keymap().choice(Place::Card, Action::Choose, 0),
                Role::Key,
            )
            .put(format!(" {again}{price}"), Role::Muted);
        let more = [" or another of its keys", ", …"]
            .into_iter()
            .find(|more| choices.len() > 2 && row.width() + cells::of(more) <= width);
        return vec![row.put(more.unwrap_or(""), Role::Muted)];
    };
    let ready = card.arming.ready(app.now.since);
    let choices = app.card_choices(view);
    let pairs = choices.iter().enumerate().map(|(index, (choice, what))| {
        let key = app.keymap().choice(Place::Card, choice.action(), index);
        let what = match choice {
            Choice::Again => format!("{what}{price}"),
            Choice::GiveKey if width < NARROW => "another key".to_owned(),
            Choice::Keep if width < NARROW => "keep, go on".to_owned(),
            Choice::Models if width >= NARROW => match going_on::elsewhere(view) {
                Some(other) => format!("{what} ({other})"),
                None => (*what).to_owned(),
            },
            _ => (*what).to_owned(),
        };
        (key, what, card.highlight == Some(index))
    });
    let gap = if width < NARROW { "  " } else { "   " };
    let close = app.keymap().first(Place::Card, &[Action::Close]);
    let last = leave.map(|end| match end {
        // The second comes to the composer.
        End::Stops => {
            let again = app.keymap().first(Place::Composer, &[Action::Leave]);
            (format!("{close} {again}"), "stop".to_owned(), false)
        }
        End::Leaves => (close, "leave it".to_owned(), false),
    });
    let mut rows = vec![Row::new()];
    for (key, what, marked) in pairs.chain(last) {
        let cells = cells::of(&key) + 1 + cells::of(&what);
        let used = rows.last().map_or(0, Row::width);
        let fits = used > 0 && used + gap.len() + cells <= width;
        if used > 0 && !fits {
            rows.push(Row::new());
        }
        let gap = if fits { gap } else { "" };
        let (key_role, what_role) = match (marked, ready) {
            (true, _) => (Role::Marked, Role::Marked),
            (_, true) => (Role::Key, Role::Text),
            (_, false) => (Role::Muted, Role::Muted),
        };
        if let Some(row) = rows.last_mut() {
            row.left.push((gap.to_owned(), Role::Muted));
            row.left.push((key, key_role));
            row.left.push((format!(" {what}"), what_role));
        }
    }
    rows
}
