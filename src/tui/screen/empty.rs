//! The empty workstation: what is here, which keys lead on, and what the model will be told before anything is sent.

use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::protocol::query::ModelCard;
use crate::protocol::session::OURS;
use crate::protocol::usage::Price;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::layout::fit::NARROW;
use crate::tui::app::price::{Estimate, per_million};
use crate::tui::app::view::View;
use crate::tui::app::vim;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::money;
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{cells, text};

pub fn draw(app: &App, view: &View, canvas: &mut Canvas, area: Rect, look: &Look) {
    let wide = area.width >= 70;
    let roomy = area.height >= 14;
    let pad = if wide { "  " } else { "" };
    let mut all = Vec::new();
    let gap = |all: &mut Vec<Row>| {
        if roomy {
            all.push(Row::new());
        }
    };
    gap(&mut all);
    let width = usize::from(area.width);
    let begin = match begin(app, view, wide, roomy) {
        "" => Vec::new(),
        begin => wrapped(begin, width, cells::of(pad), Role::Text),
    };
    // Where little can be shown, what to do is shown first.
    let first = !wide && !roomy;
    if first {
        all.extend(begin.iter().cloned());
    }
    let known = app.place(view.cwd());
    let branch = known
        .and_then(|place| place.branch.as_ref())
        .map_or_else(String::new, |branch| format!("branch {}", one_line(branch)));
    let place = app.setup.path(view.cwd());
    let (held, held_role) = match app.held() {
        Some((level, words)) if level.holds() => (words, Role::Muted),
        Some((_, words)) => (words, Role::Warn),
        None => ("", Role::Muted),
    };
    let mut here = Row::of(format!("{pad}{place}"), Role::Strong);
    if wide {
        here = here
            .put(format!("     {branch}"), Role::Muted)
            .end(held, held_role)
            .end(
                format!("     mode {}", view.mode(app.now.wall)),
                Role::Muted,
            );
        all.push(here);
    } else {
        all.push(here);
        let gap = if branch.is_empty() { "" } else { "  " };
        all.push(Row::of(
            format!("{branch}{gap}mode {}  {held}", view.mode(app.now.wall)),
            Role::Muted,
        ));
    }
    if let Some(said) = worktree(app, view, wide) {
        all.extend(wrapped(&said, width, cells::of(pad), Role::Text));
    }
    if let Some(found) = &app.setup.found
        && view.model() == app.setup.model.as_ref()
        && let Some(model) = view.model()
    {
        let found = format!(
            "{} found: {}; {} changes it",
            one_line(found),
            model.model,
            app.keymap().way(Action::Models)
        );
        all.extend(wrapped(&found, width, cells::of(pad), Role::Muted));
    }
    gap(&mut all);
    if !first {
        all.extend(begin);
        gap(&mut all);
    }
    for (key, name, said) in ways(app, view, wide) {
        all.push(
            Row::of(format!("{pad}{pad}{key:<5}"), Role::Key)
                .put(format!(" {name:<10}"), Role::Text)
                .put(said, Role::Muted),
        );
    }
    if !view.tour {
        gap(&mut all);
        all.extend(told(app, view, pad, look));
    }
    rows::draw(&all, canvas, area, 0, look);
}

/// That it stands in a worktree, and how what is done there comes back.
fn worktree(app: &App, view: &View, wide: bool) -> Option<String> {
    let kept = view.session.as_ref().map(|session| &session.spec.worktree);
    let worktree = kept.and_then(Option::as_ref).or(view.worktree.as_ref())?;
    let repository = app.setup.path(&worktree.repository);
    let files = app.keymap().way(Action::Files);
    if !wide {
        return Some(format!("worktree of {repository}; {files}: merge, remove"));
    }
    let key = |action| app.keymap().key(Place::Files, action).unwrap_or_default();
    let (merge, remove) = (key(Action::FilesMerge), key(Action::FilesRemove));
    let from = worktree
        .from
        .as_ref()
        .map_or_else(|| "where it came from".to_owned(), |from| one_line(from));
    Some(format!(
        "A worktree of {repository}: what is done here stays on branch {} until it is merged. {files} shows its files; \
         there {merge} merges into {from}, {remove} removes folder and branch.",
        one_line(&worktree.branch)
    ))
}

/// What to do first.
fn begin(app: &App, view: &View, wide: bool, roomy: bool) -> &'static str {
    if app.broken.is_some() {
        if wide {
            "Nothing can be sent while the log cannot be opened"
        } else {
            "Nothing can be sent: there is no log"
        }
    } else if view.tour {
        "The first prompt is written: press Enter. Or:"
    } else if view.model().is_none() {
        "No model yet: Enter offers the ways to one"
    } else if app.stands_in(view) && wide {
        "No model yet: a script, rehearsal/words, takes tool words such as `read PATH`. Enter offers the ways to a model"
    } else if app.stands_in(view) {
        "No model yet; it takes tool words, as `read PATH`. Enter: a model"
    } else if wide || roomy {
        "Type what shall be done. Or:"
    } else {
        ""
    }
}

/// Keys with what they lead to, and what is known of that; where it is not `wide` only what a slim screen holds.
fn ways(app: &App, view: &View, wide: bool) -> Vec<(String, &'static str, String)> {
    let here: Vec<_> = app
        .recent
        .iter()
        .flatten()
        .filter(|card| card.cwd == *view.cwd())
        .collect();
    let sessions = match (&app.recent, here.first(), here.len()) {
        (None, _, _) => String::new(),
        (Some(all), None, _) if all.is_empty() => "none yet".to_owned(),
        (Some(_), None, _) => "none here before".to_owned(),
        (Some(_), Some(last), count) => {
            let age = text::age(app.now.wall.since(last.active));
            let many = if count >= 20 {
                "20 or more"
            } else {
                &count.to_string()
            };
            let title: String = last.title.chars().take(40).collect();
            let before = format!("{many} here before");
            if wide {
                format!(
                    "{before}; last: \"{}\", {age}, {}, {}",
                    one_line(&title),
                    last.state.name(),
                    money::card(last)
                )
            } else {
                before
            }
        }
    };
    let model = match view.model() {
        None => "none yet".to_owned(),
        Some(model) if !wide => model.model.clone(),
        Some(model) => match app.card(model) {
            Some(card) => model_line(card),
            None if view.played() => format!("{}   a script speaks; play money", model.model),
            None => model.to_string(),
        },
    };
    let keymap = app.keymap();
    let key = |action| keymap.key(Place::Composer, action).unwrap_or_default();
    let mut ways = vec![(key(Action::Sessions), "sessions", sessions)];
    if app.size.0 >= NARROW {
        let split = if wide {
            "another session beside this one"
        } else {
            "another session"
        };
        ways.push((key(Action::SplitRight), "split", split.to_owned()));
    }
    if let Some(names) = unread(app).filter(|_| wide) {
        let said = format!("what was done with {names}, to be searched here");
        ways.push((key(Action::Imports), "imports", said));
    }
    // Behind a text the sign is a part of it.
    let types = view.composer.vim.mode() != vim::Mode::Normal;
    let help = if view.composer.is_empty() || !types {
        "?".to_owned()
    } else {
        key(Action::Help)
    };
    ways.extend([
        (key(Action::Models), "model", model),
        (help, "help", "all keys and commands".to_owned()),
    ]);
    // What has no key now is found in the help.
    ways.retain(|(key, ..)| !key.is_empty());
    ways
}

/// Whose sessions could be taken in, where none were.
pub fn unread(app: &App) -> Option<String> {
    let recent = app.recent.as_ref()?;
    let taken = recent.iter().any(|card| card.source != OURS);
    let names: Vec<&str> = app.setup.programs.iter().map(|of| of.title()).collect();
    let (last, before) = names.split_last().filter(|_| !taken)?;
    Some(match before {
        [] => (*last).to_owned(),
        before => format!("{} and {last}", before.join(", ")),
    })
}

/// `claude-sonnet-5-5   $2 in, $10 out, $0.10 cached, per million, 2026-11-20`.
pub fn model_line(card: &ModelCard) -> String {
    let name = &card.model.model;
    if card.model.provider == "rehearsal" {
        return format!("{name}   a script speaks; play money");
    }
    match &card.price {
        Some(price) if card.subscription => {
            format!(
                "{name}   incl. in your subscription; list {}",
                prices(price)
            )
        }
        None if card.subscription => format!("{name}   incl. in your subscription"),
        Some(price) => {
            let date = match &card.price_date {
                Some(date) => format!(", {date}"),
                None => ", your own price".to_owned(),
            };
            format!("{name}   {}, per million{date}", prices(price))
        }
        None if card.local => format!("{name}   free, on this machine"),
        None => format!("{name}   price not known"),
    }
}

fn prices(price: &Price) -> String {
    let short = |each: i64| {
        let text = per_million(price, each).to_string();
        text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
    };
    let cached = price
        .cache_read
        .map_or_else(String::new, |cached| format!(", {} cached", short(cached)));
    format!(
        "{} in, {} out{cached}",
        short(price.input),
        short(price.output)
    )
}

fn told(app: &App, view: &View, pad: &str, look: &Look) -> Vec<Row> {
    let mut all = vec![Row::of(format!("{pad}The model will be told"), Role::Text)];
    let mut blocks: Vec<(String, u64)> = app
        .place(view.cwd())
        .iter()
        .flat_map(|place| &place.instructions)
        .map(|file| (one_line(&file.file), file.tokens))
        .collect();
    blocks.push(("instructions and tools".to_owned(), app.setup.fixed_tokens));
    for (name, tokens) in blocks {
        all.push(
            Row::of(
                format!("{pad}{pad}{}", text::pad(&name, 24, look.glyphs)),
                Role::Muted,
            )
            .put(format!("{} tokens", text::count(tokens)), Role::Muted),
        );
    }
    if let Some(estimate) = app.next_prompt(view) {
        let said = match estimate {
            Estimate::About(_) => format!(
                "first prompt about {} + the answer",
                money::estimate(estimate).trim_start_matches('≈')
            ),
            Estimate::Included | Estimate::Local | Estimate::Play | Estimate::Unknown => {
                format!("first prompt: {}", money::estimate(estimate))
            }
        };
        let said = if view.composer.is_empty() {
            said.replace(" + the answer", " + what you type + the answer")
        } else {
            said
        };
        all.push(Row::of(format!("{pad}{pad}{said}"), Role::Text));
    }
    all
}
