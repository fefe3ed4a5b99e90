//! The list of sessions, and the turns of one.

use crate::agent::visible::one_line;
use crate::tui::app::App;
use crate::tui::app::overlay::sessions::Sessions;
use crate::tui::screen::ask_body::NARROW;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::money;
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::{Row, keys};
use crate::tui::widget::text::{self, pad, pad_left};

pub fn page(app: &App, overlay: &Sessions, room: usize, look: &Look) -> Page {
    if let Some(turns) = &overlay.turns {
        let mut rows: Vec<Row> = turns
            .rows
            .iter()
            .enumerate()
            .map(|(index, turn)| {
                listed(index == turns.at, look)
                    .put(format!("{:>4}  ", turn.number), Role::Muted)
                    .put(turn.line.clone(), Role::Text)
            })
            .collect();
        if rows.is_empty() {
            let said = if turns.whole {
                "It has no turn yet."
            } else {
                "reading the log"
            };
            rows.push(Row::of(format!("  {said}"), Role::Muted));
        }
        return Page {
            title: format!("turns of {}", text::fit(&turns.title, 40, look.glyphs)),
            right: turns.session.short(),
            filter: None,
            at: turns.at,
            foot: Vec::new(),
            keys: keys(&[("Enter", "open at this turn"), ("Esc", "back to the list")]),
            rows,
        };
    }
    let shown = overlay.shown();
    let rows: Vec<Row> = shown
        .iter()
        .enumerate()
        .map(|(index, card)| {
            let title = if card.title.is_empty() {
                "–"
            } else {
                &card.title
            };
            let here = card.cwd == overlay.here;
            let cost = money::card(card);
            let mut row = listed(index == overlay.pick.at, look).put(
                pad(
                    &one_line(title),
                    match room {
                        90.. => 34,
                        NARROW.. => 22,
                        _ => 15,
                    },
                    look.glyphs,
                ),
                if here { Role::Strong } else { Role::Text },
            );
            row = row.put(
                format!(" {} ", pad(card.state.name(), 11, look.glyphs)),
                Role::Muted,
            );
            if room >= 90 {
                let folder = if here {
                    "here".to_owned()
                } else {
                    app.setup.path(&card.cwd)
                };
                row = row.put(
                    format!(
                        "{} ",
                        text::pad(&text::fit_middle(&folder, 18, look.glyphs), 18, look.glyphs)
                    ),
                    Role::Muted,
                );
            }
            let age = text::age(app.now.wall.since(card.active));
            if room >= NARROW {
                // Room for `$3.18 + incl.`.
                let width = if room >= 90 { 14 } else { 10 };
                row = row
                    .end(
                        format!(" {}", pad_left(&turns(card.turns), 9, look.glyphs)),
                        Role::Muted,
                    )
                    .end(pad_left(&cost, width, look.glyphs), Role::Text);
            }
            row.end(pad_left(&age, 5, look.glyphs), Role::Muted)
        })
        .collect();
    let empty = match (&overlay.failed, &overlay.cards) {
        (Some(why), _) => why.clone(),
        (None, None) => "reading the log".to_owned(),
        (None, Some(cards)) if cards.is_empty() => {
            "No session yet: type what shall be done.".to_owned()
        }
        (None, Some(_)) => "No session has these words.".to_owned(),
    };
    let mut page = list(
        "sessions",
        &overlay.pick,
        rows,
        &empty,
        &[
            ("Enter", "open"),
            ("Tab", "its turns"),
            ("type", "to find"),
            ("Esc", "close"),
        ],
    );
    page.right = format!("{}", shown.len());
    if let Some(card) = shown.get(overlay.pick.at) {
        page.foot = vec![Row::of(format!("  {}", one_line(&card.gist)), Role::Muted)];
    }
    page
}

fn turns(count: u32) -> String {
    match count {
        1 => "1 turn".to_owned(),
        count => format!("{count} turns"),
    }
}
