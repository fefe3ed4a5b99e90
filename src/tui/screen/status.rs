//! The status line with the meter in it, the key line of what has the focus, and the strip of keys after the leader.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::agent::session::Session;
use crate::agent::visible::{brief, one_line};
use crate::config::ComposerKeys;
use crate::protocol::rule::Mode;
use crate::protocol::sandbox::Level;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::view::View;
use crate::tui::app::{App, Focus, vim};
use crate::tui::screen::hints::Hint::{self, After, All, Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::meter;
use crate::tui::screen::rows::{self, Row};
use crate::tui::screen::site::Site;
use crate::tui::screen::{title, top};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{cells, text};

/// A model's name is cut to so many cells, and left out where fewer than the second are left for it.
const LONGEST_MODEL: usize = 24;
const SHORTEST_MODEL: usize = 8;
/// From so many columns on the top line says what was spent today.
const TODAY_ABOVE: u16 = 70;
/// From so many columns on a worktree is told in words.
const WIDE: u16 = 140;
/// What takes a selection further.
const FURTHER: &[Action] = &[
    Action::ScrollDown,
    Action::ScrollUp,
    Action::CharLeft,
    Action::CharRight,
    Action::NextWord,
    Action::WordBefore,
    // Its letter leads to the end of the word there.
    Action::OpenPlace,
];

/// Place, mode, effort where one was chosen, sandbox level, branch; the meter and the model at the right.
pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, look: &Look) {
    let view = app.view();
    let place = match app.focus {
        Focus::Composer => view.composer.vim.mode().name(),
        // The composer's own NORMAL is another place with other keys.
        Focus::Transcript if app.setup.wishes.composer == ComposerKeys::Vim => "READ",
        Focus::Transcript => "NORMAL",
        Focus::Ask(_) | Focus::Card(_) => "ASK",
    };
    let mode = view.mode(app.now.wall);
    let mode_role = match mode {
        Mode::Plan | Mode::Ask => Role::Text,
        Mode::Edits => Role::Warn,
        Mode::Auto => Role::Bad,
    };
    let pending = match app.focus {
        Focus::Composer => view.composer.vim.pending(),
        _ => "",
    };
    let mut row = Row::of(format!(" {place}  "), Role::Strong);
    if !pending.is_empty() {
        row = row.put(format!("{pending}  "), Role::Key);
    }
    row = row.put(mode.name(), mode_role);
    if let Some(loan) = view.loan().filter(|loan| loan.used(app.now.wall).is_none()) {
        row = row.put(format!(" {}", loan.left(app.now.wall)), mode_role);
    }
    if let Some(effort) = view.effort() {
        row = row.put(format!("  effort {effort}"), Role::Text);
    }
    if app.panes.zoomed && !app.panes.is_one() {
        row = row.put(
            format!("  zoomed, {} panes", app.panes.all().len()),
            Role::Accent,
        );
    }
    if let Some(said) = view.slept_said() {
        row = row.put(format!("  {said}"), Role::Warn);
    }
    if let Some((level, words)) = app.held() {
        let role = match level {
            Level::None => Role::Bad,
            Level::Partial => Role::Warn,
            Level::Restricted | Level::Contained => Role::Muted,
        };
        row = row.put(format!("  {words}"), role);
    }
    if let Some(read) = view.session.as_ref().and_then(Session::untrusted) {
        row = row.put(format!("  {}", read.word()), Role::Warn);
    }
    if let Some(branch) = app
        .place(view.cwd())
        .and_then(|place| place.branch.as_ref())
        && area.width >= 90
    {
        row = row.put(
            format!("  {}", crate::agent::visible::one_line(branch)),
            Role::Muted,
        );
        if let Some(standing) = &view.standing {
            let words = match area.width {
                WIDE.. => format!(" {}", standing.words()),
                _ => format!(" +{}", standing.commits),
            };
            row = row.put(words, Role::Muted);
        }
    }
    let mut room = usize::from(area.width).saturating_sub(row.width() + 1);
    let mut shown = Vec::new();
    let mut parts = meter::parts(app, view);
    if let Some(model) = view.model() {
        let name = one_line(&title::label(model, view));
        let all: usize = parts.iter().map(|part| cells::of(&part.0) + 2).sum();
        let fits = |name: &&str| all + cells::of(name) + 2 <= room;
        let name = [name.as_str(), title::short(&name)]
            .into_iter()
            .find(fits)
            .unwrap_or(&name);
        // After what is paid and how much it holds: the title of the pane has no room for it beside a long name.
        let before: usize = parts
            .iter()
            .take(2)
            .map(|part| cells::of(&part.0) + 2)
            .sum();
        let most = room.saturating_sub(before + 2).min(LONGEST_MODEL);
        if most >= SHORTEST_MODEL {
            let said = text::fit(name, most, look.glyphs).into_owned();
            parts.insert(parts.len().min(2), (said, Role::Text));
        }
    }
    for (said, role) in parts {
        let width = cells::of(&said) + 2;
        if width > room {
            break;
        }
        room -= width;
        shown.push((said, role));
    }
    if area.width < TODAY_ABOVE {
        let mut forms = top::today_in_short(app).into_iter();
        // A blank stands before it, and none behind.
        if shown.is_empty()
            && let Some(today) = forms.find(|today| cells::of(today) < room)
        {
            row = row.end(today, Role::Muted);
        }
    }
    // The least needed stands leftmost, so that the sum is always at the end.
    for (said, role) in shown.into_iter().rev() {
        row = row.end(format!("  {said}"), role);
    }
    row.draw(canvas, area.left(), area.y, area.right(), look);
}

/// What the next key does where one was begun, else the keys that work now. What passes is said on the line above.
pub fn key_line(site: &Site, canvas: &mut Canvas, area: Rect) {
    let Site {
        app, view, look, ..
    } = *site;
    if area.height == 0 {
        return;
    }
    let now = app.now.since;
    let reads = site.focus == Some(&Focus::Transcript);
    let row = if let Some(pressed) = app.leader {
        Row::of(pressed.leader.label(), Role::Key).put(" …  Esc ends it", Role::Muted)
    } else if let Some(row) = searching(site, usize::from(area.width)) {
        row
    } else if app.esc_until.is_some_and(|until| until > now) {
        let turn = view.session.as_ref().map_or(0, |session| session.turn);
        let what = match view.shells.last() {
            Some(shelling) if !view.running() => format!("! {}", brief(&shelling.command, 40)),
            _ => format!("turn {turn}"),
        };
        Row::of(stopping(&what, view, usize::from(area.width)), Role::Warn)
    } else if app.break_until.is_some_and(|until| until > now) {
        let key = app.keymap().way(Action::Break);
        Row::of(format!("{key} again quits"), Role::Warn)
    } else if let Some(gather) = view.gather.as_ref().filter(|_| reads) {
        Row::of(gather.said(), Role::Muted).put("   Esc stops it", Role::Muted)
    } else if let Some(leap) = view.leap.as_ref().filter(|_| reads) {
        Row::of(leap.said(), Role::Muted).put("   Esc stops it", Role::Muted)
    } else if !app.ready && app.broken.is_none() && now >= Duration::from_secs(1) {
        Row::of(format!("opening the log, {} s", now.as_secs()), Role::Muted)
    } else {
        rows_of_keys(site, usize::from(area.width))
    };
    row.draw(canvas, area.left(), area.y, area.right(), look);
}

/// What a second Esc does: where the turn waits for an answer, that goes with it.
fn stopping(what: &str, view: &View, width: usize) -> String {
    let said = format!("Esc again stops {what}");
    if !view.running() || view.asks() == 0 {
        return said;
    }
    let whole = format!("{said}; its ask goes unanswered");
    if cells::of(&whole) <= width {
        whole
    } else {
        format!("{said} and its ask")
    }
}

/// What is sought in the transcript that has the keys, and how that stands.
fn searching(site: &Site, width: usize) -> Option<Row> {
    let search = site.view.search.as_ref()?;
    if site.focus != Some(&Focus::Transcript) {
        return None;
    }
    // What is selected has keys of its own.
    if !search.typing && site.app.pane().eyes.selection.is_some() {
        return None;
    }
    let said = search.said();
    let text = crate::agent::visible::one_line(&search.text);
    let row = Row::of("/", Role::Key).put(text, Role::Strong);
    if search.typing {
        let named = Named {
            keymap: site.app.keymap(),
            place: Place::Search,
        };
        let keys = named.keys(&[
            Does(Action::Choose, "search it"),
            Does(Action::Close, "end"),
        ]);
        let keys = keys.iter().map(|(key, what)| format!("{key} {what}"));
        let keys = keys.collect::<Vec<_>>().join("   ");
        return Some(row.put("▏", Role::Accent).end(
            if said.is_empty() {
                keys
            } else {
                format!("{said}   {keys}")
            },
            Role::Muted,
        ));
    }
    let mut row = row.end(said, Role::Muted);
    let keys: [(&[Action], &str); 2] = [
        (&[Action::NextHit, Action::HitBefore], "next, before"),
        (&[Action::Leave], "end"),
    ];
    for (actions, what) in keys.iter().filter(|_| width >= 60) {
        if let Some(keys) = all_keys(site.app, Place::Transcript, actions) {
            row = row.end(format!("   {keys} {what}"), Role::Muted);
        }
    }
    Some(row)
}

/// Whether what passes needs more than a line of this many cells, with a blank at each end: it is then said above the
/// transcript.
pub fn is_long(text: &str, width: u16) -> bool {
    cells::of(text) + 2 > usize::from(width)
}

fn rows_of_keys(site: &Site, width: usize) -> Row {
    let app = site.app;
    let place = match app.focus {
        Focus::Transcript => Place::Transcript,
        Focus::Composer if app.is_offered_a_list() => Place::Offers,
        Focus::Composer => Place::Composer,
        Focus::Ask(_) => Place::Ask,
        Focus::Card(_) => Place::Card,
    };
    let keymap = app.keymap();
    rows::key_line(&Named { keymap, place }.keys(&hints(site)), width)
}

/// The keys that these actions have in a place; `None`: there is none.
fn all_keys(app: &App, place: Place, actions: &[Action]) -> Option<String> {
    let keys = actions.iter().copied();
    let keys: Vec<String> = keys
        .filter_map(|action| app.keymap().key(place, action))
        .collect();
    (!keys.is_empty()).then(|| keys.join(" "))
}

fn hints(site: &Site) -> Vec<Hint<'static>> {
    let Site { app, view, .. } = *site;
    let running = view.running();
    let empty = view.composer.is_empty();
    let is_ahead = view.id == app.view().id && app.is_meant_for_ask();
    let outputs = if view.transcript.unfolded {
        "fold outputs"
    } else {
        "outputs"
    };
    let outputs = Does(Action::Outputs, outputs);
    let editing = view.composer.vim.mode();
    // Under the keys of vi the first Esc ends INSERT.
    let stop = match app.setup.wishes.composer {
        ComposerKeys::Vim => "Esc ",
        ComposerKeys::Emacs => "",
    };
    match &app.focus {
        Focus::Composer if app.mentioned().is_some_and(|mention| mention.count() > 0) => vec![
            Does(Action::Choose, "mention"),
            All(&[Action::MarkBefore, Action::MarkAfter], "choose"),
            Said("@s:", "sessions"),
            Does(Action::Close, "close the list"),
        ],
        Focus::Composer if !app.slash_rows().is_empty() => vec![
            Does(Action::Choose, "run"),
            Does(Action::OffersComplete, "complete"),
            All(&[Action::MarkBefore, Action::MarkAfter], "choose"),
            Does(Action::Close, "close the list"),
        ],
        Focus::Composer if matches!(editing, vim::Mode::Visual(_)) => vec![
            Said("d c y", "cut, change, copy"),
            Said("o", "other end"),
            Said("Esc", "back"),
        ],
        Focus::Composer if editing == vim::Mode::Normal && running => vec![
            Said("i", "type"),
            Does(Action::Send, "steer"),
            Does(Action::ToCards, "queue"),
            All(&[Action::Leave; 2], "stop"),
            Said("?", "help"),
        ],
        Focus::Composer if editing == vim::Mode::Normal => vec![
            Said("i", "type"),
            Does(Action::Send, "send"),
            Said("Space", "keys"),
            Said("?", "help"),
            Does(Action::Leave, "transcript"),
        ],
        Focus::Composer if view.composer.shells() => vec![
            Does(Action::Send, "run as you"),
            Said("!", "the model does not see it"),
            Said("!!", "into the composer, for the model"),
        ],
        Focus::Composer if view.composer.can_open() => vec![
            Does(Action::Send, if running { "steer" } else { "send" }),
            Does(Action::OpenChip, "open the paste"),
            Does(Action::Backspace, "take it out"),
            Does(Action::Stash, "put by"),
        ],
        Focus::Composer if !running && !view.shells.is_empty() => vec![
            Does(Action::Send, "send"),
            After(stop, &[Action::Leave; 2], "stop the command"),
            outputs,
        ],
        Focus::Composer if view.read_only.is_some() && (running || empty) => vec![
            Does(Action::Sessions, "sessions"),
            Does(Action::PageUp, "a page up"),
            outputs,
            Does(Action::Leave, "transcript"),
        ],
        Focus::Composer if running && view.asks() > 0 && (empty || is_ahead) => vec![
            Does(Action::Send, "steer"),
            Does(Action::ToCards, "to the ask"),
            All(&[Action::Leave; 2], "stop"),
            outputs,
        ],
        Focus::Composer if running && empty && view.retrying().is_some() => vec![
            Does(Action::Send, "steer"),
            Does(Action::ToCards, "to the card"),
            All(&[Action::Leave; 2], "stop"),
            outputs,
        ],
        Focus::Composer if running => vec![
            Does(Action::Send, "steer"),
            Does(Action::ToCards, "queue"),
            After(stop, &[Action::Leave; 2], "stop"),
            Does(Action::NewLine, "new line"),
            outputs,
        ],
        Focus::Composer if empty && app.newest_queued_in(view.id).is_some() => {
            let mut keys = vec![
                Does(Action::Send, "bring back what waits"),
                Does(Action::TakeBack, "one of it"),
            ];
            keys.extend(
                view.has_card()
                    .then_some(Does(Action::ToCards, "to the card")),
            );
            keys
        }
        Focus::Composer if empty && view.has_card() => vec![
            Does(Action::Send, "send"),
            Does(Action::ToCards, "to the card"),
            Said("/", "command"),
            Said("!", "shell"),
        ],
        Focus::Composer if empty => vec![
            Does(Action::Send, "send"),
            Does(Action::NewLine, "new line"),
            Said("@", "file"),
            Said("/", "command"),
            Said("!", "shell"),
            Does(Action::NextMode, "mode"),
            Does(Action::Leave, "move in text"),
            Does(Action::SearchPrompts, "past prompts"),
        ],
        Focus::Composer => vec![
            Does(Action::Send, "send"),
            Does(Action::NewLine, "new line"),
            Does(Action::Editor, "editor"),
            Does(Action::Break, "clear"),
            Does(Action::NextMode, "mode"),
            Does(Action::Stash, "put by"),
        ],
        Focus::Transcript if site.pane.eyes.selection.is_some() => vec![
            Does(Action::CopyBlock, "copy"),
            // With something selected it opens no pager.
            Does(Action::Pager, "lines"),
            Does(Action::Select, "characters"),
            All(FURTHER, "further"),
            Does(Action::Leave, "end"),
        ],
        Focus::Transcript => vec![
            All(&[Action::ScrollDown, Action::ScrollUp], "row"),
            Does(Action::Find, "search"),
            Does(Action::CopyBlock, "copy"),
            Does(Action::Select, "select"),
            Does(Action::Fold, "unfold"),
            Does(Action::Bottom, "newest"),
            Does(Action::Insert, "type"),
            Does(Action::Help, "all keys"),
        ],
        Focus::Card(_) if view.retrying().is_some() => {
            vec![Said("Esc Esc", "stop"), Does(Action::CardBack, "back")]
        }
        Focus::Card(_) => vec![
            Does(Action::Close, "leave it"),
            Does(Action::CardBack, "back"),
        ],
        Focus::Ask(_) => vec![
            Does(Action::Close, "back"),
            All(&[Action::PageUp, Action::PageDown], "read it all"),
        ],
    }
}
