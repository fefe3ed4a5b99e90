//! Settings: what the config says, and the keys of every action.

use crate::agent::visible::{brief, one_line};
use crate::config::schema::choices;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::overlay::pick::Pick;
use crate::tui::app::overlay::settings::{Heard, Page as Shown, Row as Setting, Settings};
use crate::tui::screen::hints::Hint::{Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::{Row, keys, wrapped};
use crate::tui::widget::cells;
use crate::tui::widget::text::{fit, pad, phrase};

/// With less room the columns at the right go.
const WIDE: usize = 60;
const NAME: usize = 28;
const HELP: usize = 40;
/// Characters of a line of the file that are shown.
const LINE: usize = 60;

pub fn page(app: &App, overlay: &Settings, room: usize, look: &Look) -> Page {
    let mut page = shown(app, overlay, room, look);
    if let Some(why) = &overlay.failed {
        page.foot
            .extend(wrapped(&one_line(why), room, 0, Role::Warn));
    }
    page
}

fn shown(app: &App, overlay: &Settings, room: usize, look: &Look) -> Page {
    match &overlay.page {
        Shown::All(pick) => all(app, overlay, pick, room, look),
        Shown::Keys(pick) => keys_page(overlay, pick, room, look),
        Shown::Press {
            row, place, heard, ..
        } => {
            let mut rows = wrapped(
                &format!("{} ({})", row.help, row.name),
                room,
                0,
                Role::Strong,
            );
            rows.push(Row::new());
            let now = overlay.keymap.rows.iter();
            let now = now.filter(|live| live.row == *row && live.place == *place);
            let now: Vec<String> = now.flat_map(|live| overlay.keymap.labels(live)).collect();
            let now = if now.is_empty() {
                "no key".to_owned()
            } else {
                now.join(", ")
            };
            rows.push(Row::of(format!("now: {now}"), Role::Muted));
            rows.push(Row::new());
            let (said, role) = match heard {
                Heard::Nothing => (
                    "Press the new key. It takes the place of those above.".to_owned(),
                    Role::Text,
                ),
                Heard::Leader => (
                    format!("{} and then?", overlay.keymap.leader.label()),
                    Role::Accent,
                ),
                Heard::First(first) => (
                    format!("{first} and then? Enter: {first} alone, and all that begins with it."),
                    Role::Accent,
                ),
                Heard::Refused(why) => (format!("{why}. Press another."), Role::Warn),
                Heard::Taken { stroke, from } => (
                    format!(
                        "{} is `{from}` now. Enter takes it from there.",
                        overlay.keymap.label_of(*stroke)
                    ),
                    Role::Warn,
                ),
            };
            rows.extend(wrapped(&said, room, 0, role));
            let taken = matches!(heard, Heard::Taken { .. });
            let pairs: &[(&str, &str)] = if taken {
                &[
                    ("Enter", "take it"),
                    ("Esc", "leave it"),
                    ("another key", "that one instead"),
                ]
            } else {
                &[("Esc", "leave it")]
            };
            Page {
                title: "a key for this".to_owned(),
                right: place_word(*place).to_owned(),
                filter: None,
                at: 0,
                foot: Vec::new(),
                keys: keys(pairs),
                rows,
            }
        }
    }
}

fn all(app: &App, overlay: &Settings, pick: &Pick, room: usize, look: &Look) -> Page {
    let named = Named {
        keymap: &overlay.keymap,
        place: Place::Settings,
    };
    let own = overlay.keymap.rows.iter().filter(|live| live.own).count();
    let rows = overlay.rows();
    let rows = rows.iter().enumerate().map(|(index, row)| {
        let start = listed(index == pick.at, look);
        let (name, value, origin) = match row {
            Setting::Keys => {
                let own = match own {
                    0 => "all as shipped".to_owned(),
                    own => format!("{own} of your own"),
                };
                ("keys".to_owned(), own, String::new())
            }
            Setting::Theme => {
                let mut all = overlay.settings.iter();
                let theme = all.find(|setting| setting.key == "ui.theme");
                let theme = theme.map_or("by the terminal", |setting| setting.value.as_str());
                ("theme".to_owned(), theme.to_owned(), String::new())
            }
            Setting::Setting(setting) => {
                // The file is named at the foot; here its line is enough.
                let origin = match setting.origin.strip_prefix(&overlay.file) {
                    Some(line) => format!("line {}", line.trim_start_matches(':')),
                    None => setting.origin.clone(),
                };
                (
                    one_line(&setting.key),
                    one_line(&setting.value),
                    one_line(&origin),
                )
            }
        };
        if room < WIDE {
            return start
                .put(format!("{name}  "), Role::Text)
                .put(value, Role::Muted);
        }
        start
            .put(column(&name, NAME, look), Role::Text)
            .put(format!("  {value}"), Role::Muted)
            .end(fit(&origin, room / 3, look.glyphs), Role::Muted)
    });
    let mut page = list(
        "settings",
        pick,
        rows.collect(),
        ("No setting has these words.", room),
        named.keys(&[
            Does(Action::Choose, "open"),
            Does(Action::Close, "close"),
            Said("type", "to find"),
        ]),
    );
    let said: Vec<String> = overlay
        .terminal
        .iter()
        .map(|(ability, state)| format!("{ability}: {state}"))
        .collect();
    if let Some(Setting::Setting(setting)) = overlay.rows().get(pick.at) {
        let said = set_by(setting);
        page.foot.push(Row::new());
        page.foot.extend(wrapped(&said, room, 0, Role::Text));
    }
    // A small screen is for the list.
    if app.size.1 >= 20 {
        page.foot.push(Row::new());
        page.foot
            .extend(wrapped(&said.join("; "), room, 0, Role::Muted));
        let file = format!("file: {}", app.setup.path(overlay.file.as_ref()));
        page.foot.extend(wrapped(&file, room, 0, Role::Muted));
    }
    page
}

/// How a setting is made another: which line of the file says it, and what can stand there.
fn set_by(setting: &crate::config::show::Setting) -> String {
    let (table, name) = match setting.key.rsplit_once('.') {
        Some((table, name)) => (format!(" below [{table}]"), name),
        None => (String::new(), setting.key.as_str()),
    };
    let line = format!("{name} = {}", setting.value);
    let line = format!("in the file: {}{table}", brief(&line, LINE));
    let choices = choices(&setting.key);
    match choices.split_last() {
        Some((last, others)) if !others.is_empty() => {
            format!("{line}; it can be {} or {last}", others.join(", "))
        }
        _ => line,
    }
}

fn keys_page(overlay: &Settings, pick: &Pick, room: usize, look: &Look) -> Page {
    let named = Named {
        keymap: &overlay.keymap,
        place: Place::Settings,
    };
    let shown = overlay.keys(pick);
    let rows = shown.iter().enumerate().map(|(index, live)| {
        let labels = overlay.keymap.labels(live);
        let said = if labels.is_empty() {
            "–".to_owned()
        } else {
            labels.join(", ")
        };
        let role = if live.own { Role::Accent } else { Role::Key };
        let own = if live.own { "* " } else { "" };
        let start = listed(index == pick.at, look);
        if room < WIDE {
            // The first one; all of them are shown where one is given.
            let first = labels.first().map_or("–", String::as_str);
            let key = format!("{own}{first}");
            let left = room.saturating_sub(cells::of(&key) + 3);
            start
                .put(phrase(live.row.help, left, look.glyphs), Role::Text)
                .end(key, role)
        } else {
            start
                .put(column(live.row.help, HELP, look), Role::Text)
                .put(format!("  {}", place_word(live.place)), Role::Muted)
                .end(format!("{own}{said}"), role)
        }
    });
    let mut page = list(
        "keys",
        pick,
        rows.collect(),
        ("No action has these words.", room),
        named.keys(&[
            Does(Action::Choose, "press a new one"),
            Does(Action::Close, "back"),
            Does(Action::SettingsShipped, "as shipped"),
            Does(Action::SettingsUnbind, "no key"),
            Said("type", "to find"),
        ]),
    );
    "* your own".clone_into(&mut page.right);
    page
}

/// As wide as its column; what is longer pushes the rest aside and is cut only where the row ends.
fn column(text: &str, width: usize, look: &Look) -> String {
    if cells::of(text) > width {
        return text.to_owned();
    }
    pad(text, width, look.glyphs)
}

fn place_word(place: Place) -> &'static str {
    match place {
        Place::Composer => "typing",
        place => place.name(),
    }
}
