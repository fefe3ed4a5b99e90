//! The first page, without any key: three ways to a model, and what is true of this machine.

use ratatui::layout::Rect;

use crate::agent::figure;
use crate::agent::visible::one_line;
use crate::config::preset;
use crate::tui::app::App;
use crate::tui::app::card::given_to;
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::keymap::Action;
use crate::tui::app::local::Local;
use crate::tui::app::setup::{GivenKey, NewProvider};
use crate::tui::app::text::Text;
use crate::tui::app::typed_key::typed_command;
use crate::tui::screen::empty::model_line;
use crate::tui::screen::first_facts::{facts, noticed, offered};
use crate::tui::screen::first_ways::ways;
use crate::tui::screen::hints::Hint::{self, After, All, Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::{Shown, ask_line};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::frame::{Frame, Weight};
use crate::tui::widget::text;

pub fn draw(app: &App, page: &FirstRun, canvas: &mut Canvas, area: Rect, look: &Look) -> Shown {
    let wide = area.width >= 80;
    let roomy = area.height >= 24;
    let other = given_to(Some(page));
    Row::of(" Creel", Role::Strong)
        .end(
            match page.page {
                _ if page.beside => "a further key ",
                _ if other.is_some() => "another key ",
                Page::Folder { .. } => "no folder yet · nothing sent ",
                _ => "no model yet · nothing sent ",
            },
            Role::Muted,
        )
        .draw(canvas, area.left(), area.y, area.right(), look);
    let mut y = area.y
        + match area.height {
            28.. => 3,
            24.. => 2,
            _ => 1,
        };
    let said = match &page.text {
        Some(text) => (text.clone(), Role::Warn),
        None if matches!(page.page, Page::Folder { .. }) => (
            format!(
                "An agent gets one folder at a time, and {} is too much. Which one?",
                app.setup.path(&app.setup.cwd)
            ),
            Role::Text,
        ),
        None => match other {
            Some(other) if page.beside => (
                format!(
                    "The key for {}. Your sessions keep the models they have.",
                    one_line(other)
                ),
                Role::Text,
            ),
            None if page.beside => (
                "The key of a vendor. Your sessions keep the models they have.".to_owned(),
                Role::Text,
            ),
            Some(other) => (
                format!(
                    "Another key for {}, in place of the one it has:",
                    one_line(other)
                ),
                Role::Text,
            ),
            None => (
                page.found.as_ref().map_or_else(
                    || "There is no key in the environment. What now?".to_owned(),
                    |name| {
                        let name = one_line(name);
                        format!("{name} is set; which of its models is yet to be chosen. What now?")
                    },
                ),
                Role::Text,
            ),
        },
    };
    for row in wrapped(
        &said.0,
        usize::from(area.width).saturating_sub(6),
        3,
        said.1,
    ) {
        row.draw(canvas, area.left(), y, area.right(), look);
        y += 1;
    }
    y += noticed(app, page, canvas, Rect { y, ..area }, look);
    y += u16::from(roomy);
    let margin = if wide { 2 } else { 0 };
    let width = usize::from(area.width).saturating_sub(2 * usize::from(margin) + 4);
    let (content, field) = content(app, page, width, wide, roomy, look);
    let foot = 1;
    let height = (content.len() as u16 + 2).min(area.bottom().saturating_sub(y + foot));
    let outer = Rect {
        x: area.x + margin,
        y,
        width: area.width - 2 * margin,
        height,
    };
    let inner = Frame {
        weight: Weight::Heavy,
        glyphs: look.glyphs,
        left: &[],
        right: &[],
        style: look.style(Role::Focus),
    }
    .draw(canvas, outer);
    rows::draw(&content, canvas, inner, 0, look);
    let mut cursor = None;
    if let Some((row, shown)) = field {
        let at = Rect {
            x: inner.x + 3,
            width: inner.width.saturating_sub(4),
            ..inner
        };
        cursor = Some(ask_line::draw_line(
            canvas,
            at,
            inner.y + row,
            "> ",
            &shown,
            look,
        ));
    }
    let y = outer.bottom() + 1;
    let below = Rect {
        y,
        height: area.bottom().saturating_sub(y + foot),
        ..area
    };
    if roomy && other.is_none() && !page.beside && !matches!(page.page, Page::Folder { .. }) {
        let facts = facts(app, usize::from(area.width), area.height >= 28);
        rows::draw(&facts, canvas, below, 0, look);
    }
    let line = hints(page, wide);
    let line = Named {
        keymap: app.keymap(),
        place: page.place(),
    }
    .keys(&line);
    let mut row = rows::key_line(&line, usize::from(area.width).saturating_sub(2));
    row.left.insert(0, (" ".to_owned(), Role::Text));
    if area.width >= 110 && !matches!(page.page, Page::Folder { .. }) {
        row = row.end("keys pasted here are never shown again ", Role::Muted);
    }
    row.draw(canvas, area.left(), area.bottom() - 1, area.right(), look);
    Shown {
        cursor,
        ..Shown::default()
    }
}

/// The rows inside the frame, and where a field stands in them with what it shows.
fn content(
    app: &App,
    page: &FirstRun,
    width: usize,
    wide: bool,
    roomy: bool,
    look: &Look,
) -> (Vec<Row>, Option<(u16, Text)>) {
    let mut all = Vec::new();
    let gap = |all: &mut Vec<Row>| {
        if roomy {
            all.push(Row::new());
        }
    };
    gap(&mut all);
    let mut field = None;
    match &page.page {
        Page::Ways { at } => all.extend(ways(app, page, *at, (width, wide, roomy), look)),
        Page::Key { .. } => {
            all.extend(wrapped(
                "Paste the key, or type `$NAME` of a variable, the path of a file, or `!command` that prints it.",
                width,
                3,
                Role::Text,
            ));
            gap(&mut all);
            field = Some((all.len() as u16, page.shown()));
            all.push(Row::new());
            gap(&mut all);
            all.extend(wrapped(
                "A pasted key is kept in a file of its own that only you can read.",
                width,
                3,
                Role::Muted,
            ));
        }
        Page::Vendor { key, at } => {
            let key = match key {
                // Of so short a text nothing is shown, and it may be none: how long it is tells it from the one that was meant.
                GivenKey::Pasted(key) if key.hint() == "…" => {
                    format!("a text of {} characters", key.expose().chars().count())
                }
                GivenKey::Pasted(key) => key.hint(),
                GivenKey::Variable(name) => format!("${}", one_line(name)),
                GivenKey::File(path) => app.setup.path(path),
                GivenKey::Command(argv) => one_line(&typed_command(argv)),
            };
            let said = format!("{key}: whose key is it?");
            all.extend(wrapped(&said, width, 3, Role::Text));
            gap(&mut all);
            // One row less, for the one that says how many more there are.
            let most = if roomy { 9 } else { 4 };
            let from = (*at + 1).saturating_sub(most);
            let vendors = preset::keyed();
            let below = vendors.len().saturating_sub(from + most);
            for (index, vendor) in vendors.into_iter().enumerate().skip(from).take(most) {
                let mark = if index == *at {
                    look.mark(Mark::Here)
                } else {
                    " "
                };
                let host = vendor.hosts.first().copied().unwrap_or_default();
                all.push(
                    Row::of(format!(" {mark} "), Role::Accent)
                        .put(format!("{:<17}", vendor.name), Role::Strong)
                        .put(host, Role::Muted),
                );
            }
            if below > 0 {
                let more = format!("   {} {below} more", look.mark(Mark::More));
                all.push(Row::of(more, Role::Muted));
            }
        }
        Page::Server { .. } => {
            let ports = app.usual_ports();
            let asked = match &app.local {
                Local::Answered(servers) if servers.is_empty() => {
                    format!("Asked {ports}: none answers.")
                }
                Local::Asking => format!("Asking {ports}."),
                Local::Answered(_) | Local::Unasked => String::new(),
            };
            if !asked.is_empty() {
                all.extend(wrapped(&asked, width, 3, Role::Muted));
                gap(&mut all);
            }
            all.extend(wrapped(
                "The address of the server, up to and with /v1:",
                width,
                3,
                Role::Text,
            ));
            gap(&mut all);
            field = Some((all.len() as u16, page.shown()));
            all.push(Row::new());
        }
        Page::Here { at } => {
            all.push(Row::of("   On this machine. Which model?", Role::Text));
            gap(&mut all);
            let served = app.local.models().map(|(server, card)| {
                let window = card.context.map_or_else(String::new, |window| {
                    format!("   window {}", figure::tokens(window))
                });
                let place = format!("{window}   {} {}", server.at.name, server.at.port);
                (crate::agent::visible::one_line(&card.model.model), place)
            });
            let other = ("another, by its address".to_owned(), String::new());
            let from = (*at + 1).saturating_sub(10);
            let rows = served.chain([other]).enumerate().skip(from).take(10);
            for (index, (name, place)) in rows {
                let mark = if index == *at {
                    look.mark(Mark::Here)
                } else {
                    " "
                };
                all.push(
                    Row::of(format!(" {mark} "), Role::Accent)
                        .put(name, Role::Text)
                        .put(place, Role::Muted),
                );
            }
        }
        Page::Folder { folders, at, .. } => {
            all.extend(offered(app, folders, *at, look));
            gap(&mut all);
            all.extend(wrapped(
                "Or quit, and start Creel in the folder of a project.",
                width,
                3,
                Role::Muted,
            ));
        }
        Page::Checking { provider, since } => {
            let key = |key: &GivenKey| match key {
                GivenKey::Pasted(key) => key.hint(),
                GivenKey::Variable(name) => format!("the key in ${}", one_line(name)),
                GivenKey::File(path) => format!("the key in {}", app.setup.path(path)),
                GivenKey::Command(argv) => {
                    format!("the key that `{}` prints", one_line(&argv.join(" ")))
                }
            };
            let what = match provider {
                NewProvider::Key { vendor, key: given }
                | NewProvider::Beside { vendor, key: given } => {
                    let address = preset::find(vendor).and_then(|preset| preset.hosts.first());
                    format!(
                        "asking {} with {}",
                        address.unwrap_or(&vendor.as_str()),
                        key(given)
                    )
                }
                NewProvider::KeyOf {
                    provider,
                    key: given,
                } => format!("asking {} with {}", one_line(provider), key(given)),
                NewProvider::Server { address } => format!("asking {}", one_line(address)),
                NewProvider::Local { port, .. } | NewProvider::LocalBeside { port, .. } => {
                    format!("asking port {port}")
                }
            };
            let waited = text::seconds(app.now.since.saturating_sub(*since));
            let said = format!("{what} for its models, {waited}");
            all.extend(wrapped(&said, width, 3, Role::Text));
        }
        Page::Choose { checked, at, .. } => {
            all.push(Row::of("   It answers. Which model?", Role::Text));
            gap(&mut all);
            let from = (*at + 1).saturating_sub(10);
            let names = checked.models.iter().skip(from).take(10);
            let longest = names.map(|card| cells::of(&card.model.model)).max();
            for (index, card) in checked.models.iter().enumerate().skip(from).take(10) {
                let mark = if index == *at {
                    look.mark(Mark::Here)
                } else {
                    " "
                };
                let line = model_line(card);
                let price = line.strip_prefix(&card.model.model).unwrap_or(&line).trim();
                let own = cells::of(&card.model.model);
                let apart = longest.unwrap_or_default().saturating_sub(own) + 3;
                let window = card.context.map_or_else(String::new, |window| {
                    format!("   window {}", figure::tokens(window))
                });
                all.push(
                    Row::of(format!(" {mark} "), Role::Accent)
                        .put(one_line(&card.model.model), Role::Text)
                        .put(" ".repeat(apart), Role::Text)
                        .put(one_line(price), Role::Text)
                        .put(window, Role::Muted),
                );
            }
        }
    }
    gap(&mut all);
    (all, field)
}

/// What the keys of a page do.
fn hints(page: &FirstRun, wide: bool) -> Vec<Hint<'static>> {
    let (numbers, numbers_or) = if page.over {
        ("↑↓", "")
    } else if page.others {
        ("1-4", "1-4 or ")
    } else {
        ("1-3", "1-3 or ")
    };
    let choose: &[Action] = &[Action::ScrollUp, Action::ScrollDown, Action::Choose];
    let back = Does(Action::Close, "back");
    let quit = Does(Action::Quit, "quit");
    match &page.page {
        Page::Ways { .. } if !wide => {
            vec![
                Said(numbers, "take"),
                Does(Action::Close, "skip"),
                Does(Action::Help, "help"),
                quit,
            ]
        }
        Page::Ways { .. } => vec![
            After(numbers_or, choose, "choose"),
            Does(Action::Close, "look around without a model"),
            Does(Action::Help, "help"),
            quit,
        ],
        Page::Key { .. } => vec![Does(Action::Choose, "check it"), back],
        Page::Vendor { .. } => vec![
            All(choose, "check it there"),
            back,
            Said("a letter", "goes to it"),
        ],
        Page::Server { field } if field.as_str().trim().is_empty() => {
            vec![Does(Action::Choose, "ask this machine again"), back]
        }
        Page::Server { .. } => vec![Does(Action::Choose, "ask it for its models"), back],
        Page::Checking { .. } => vec![back],
        Page::Folder { .. } => vec![
            After("0-9 or ", choose, "choose"),
            Does(Action::Sessions, "sessions"),
            Does(Action::Help, "help"),
            quit,
        ],
        Page::Here { .. } | Page::Choose { .. } => vec![All(choose, "start with this one"), back],
    }
}
