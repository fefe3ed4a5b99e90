//! The memory: the hits of what is typed, and beside them, or below on a small screen, what was said around the marked one.

use std::fmt::Write;

use ratatui::layout::Rect;

use crate::agent::visible::{clean, one_line};
use crate::protocol::search::{By, Hit, Role as Speaker, Said};
use crate::protocol::session::OURS;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::memory::{LIMIT, Memory};
use crate::tui::screen::empty::unread;
use crate::tui::screen::hints::Hint::{All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::overlay::{Drawn, listed};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::{ask_line, blank};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::text::{self, age};

/// From so many columns on what was said stands beside the hits.
const BESIDE: u16 = 96;
/// Below so many rows there are hits alone.
const BELOW: u16 = 18;
/// Rows of a hit: what was found, and where.
const ROWS: usize = 2;
/// Cells of a kind.
const KIND: usize = 8;
/// Rows of what was said beside the hit itself.
const NEAR: usize = 4;
/// Names of one facet.
const FACETS: usize = 4;
/// Cells between two facets of one row.
const APART: usize = 3;
/// Bytes of an item that can matter to its rows.
const BEGINNING: usize = 8 * 1024;

pub fn draw(
    app: &App,
    overlay: &Memory,
    canvas: &mut Canvas,
    area: Rect,
    (named, look): (Named, &Look),
) -> Drawn {
    blank(canvas, area, look);
    let right = told(overlay);
    let inner = Frame {
        weight: Weight::Heavy,
        glyphs: look.glyphs,
        left: &[Segment::new("memory", look.style(Role::Strong))],
        right: &[Segment::new(&right, look.style(Role::Muted))],
        style: look.style(Role::Focus),
    }
    .draw(canvas, area);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let cursor = ask_line::draw_line(canvas, inner, inner.y, "> ", &overlay.pick.filter, look);
    let under = under(app, overlay, named, (inner, look));
    let body = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1 + under.len() as u16),
        ..inner
    };
    let (list, beside) = parted(body);
    let mut hits = hits(app, overlay, usize::from(list.width), look);
    if hits.is_empty() {
        let role = if overlay.failed.is_some() {
            Role::Text
        } else {
            Role::Muted
        };
        hits = wrapped(&empty(app, overlay), usize::from(list.width), 2, role);
    }
    let height = usize::from(list.height);
    let skip = (overlay.pick.at * ROWS + ROWS).saturating_sub(height);
    rows::draw(&hits, canvas, list, skip, look);
    if let (Some(area), Some(hit)) = (beside, overlay.marked()) {
        preview(overlay, hit, canvas, area, look);
    }
    let foot = Rect {
        y: body.bottom(),
        height: inner.bottom().saturating_sub(body.bottom()),
        ..inner
    };
    rows::draw(&under, canvas, foot, 0, look);
    Drawn {
        cursor: (!overlay.at_hits).then_some(cursor),
        page: None,
    }
}

/// Where the hits are, and where what was said around the marked one.
fn parted(body: Rect) -> (Rect, Option<Rect>) {
    if body.width >= BESIDE {
        let width = body.width / 2;
        let list = Rect { width, ..body };
        let beside = Rect {
            x: body.x + width + 1,
            width: body.width - width - 1,
            ..body
        };
        return (list, Some(beside));
    }
    if body.height < BELOW {
        return (body, None);
    }
    let height = body.height / 2;
    let list = Rect { height, ..body };
    let below = Rect {
        y: body.y + height,
        height: body.height - height,
        ..body
    };
    (list, Some(below))
}

/// What the frame says at its right.
fn told(overlay: &Memory) -> String {
    let Some(hits) = overlay.hits.as_ref().filter(|_| overlay.failed.is_none()) else {
        return String::new();
    };
    let beside = hits.hits.iter().filter(|hit| hit.beside).count();
    let mut count = match hits.hits.len() - beside {
        0 => "no hit".to_owned(),
        1 => "1 hit".to_owned(),
        // There may be more, which another word finds.
        count if hits.hits.len() >= LIMIT as usize => format!("the best {count}"),
        count => format!("{count} hits"),
    };
    if beside > 0 {
        // Said with one, and without a word of what is sought.
        let _ = write!(count, ", {beside} beside");
    }
    let count = format!("{count} in {}", took(hits.micros));
    if hits.behind > 0 {
        let behind = text::count(hits.behind);
        return format!("{count}; about {behind} entries are still being indexed");
    }
    count
}

/// A time in milliseconds, with a part of one where that is all.
fn took(micros: u64) -> String {
    match micros {
        0..9_950 => format!("{:.1} ms", micros as f64 / 1_000.0),
        _ => format!("{} ms", micros.saturating_add(500) / 1_000),
    }
}

fn empty(app: &App, overlay: &Memory) -> String {
    if let Some(why) = &overlay.failed {
        return one_line(why);
    }
    let Some(hits) = &overlay.hits else {
        return "reading the memory".to_owned();
    };
    let said = if overlay.answered.trim().is_empty() {
        "Nothing was said yet. What is said and done in any session is found here.".to_owned()
    } else if let Some(why) = &hits.unfit {
        return format!("No hit: {}.", one_line(why));
    } else if hits.nearest.is_empty() {
        format!(
            "No hit for `{}`. Fewer words or filters may find it.",
            one_line(&overlay.answered)
        )
    } else {
        let nearest = hits.nearest.iter().map(|nearest| one_line(&nearest.said()));
        nearest.collect::<Vec<_>>().join("; ")
    };
    let key = app.keymap().way(Action::Imports);
    match unread(app) {
        Some(names) => format!("{said} Not searched yet: what was done with {names} ({key})."),
        None => said,
    }
}

fn hits(app: &App, overlay: &Memory, room: usize, look: &Look) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, hit) in overlay.shown().iter().enumerate() {
        let marked = at == overlay.pick.at;
        let mut row = listed(marked, look).put(format!("{:<KIND$}", hit.kind.name()), Role::Muted);
        for (part, found) in parts(hit) {
            // The blanks between the parts are a part of them.
            let part = clean(part).replace(['\n', '\t'], " ");
            let role = match (found, hit.beside) {
                (true, _) => Role::Accent,
                (_, true) => Role::Muted,
                _ => Role::Text,
            };
            row = row.put(part, role);
        }
        rows.push(row.end(age(app.now.wall.since(hit.at)), Role::Muted));
        let place = text::fit(
            &place(hit, look),
            room.saturating_sub(KIND + 2),
            look.glyphs,
        )
        .into_owned();
        let indent = " ".repeat(KIND);
        rows.push(
            listed(marked, look)
                .put(indent, Role::Muted)
                .put(place, Role::Muted),
        );
    }
    rows
}

/// What is shown of a hit in parts, and whether each was found.
fn parts(hit: &Hit) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut last = 0;
    for (from, to) in &hit.marks {
        let (from, to) = (*from as usize, *to as usize);
        parts.push((hit.snippet.get(last..from).unwrap_or_default(), false));
        parts.push((hit.snippet.get(from..to).unwrap_or_default(), true));
        last = to;
    }
    parts.push((hit.snippet.get(last..).unwrap_or_default(), false));
    parts
}

/// Where it was said: project, session, turn, and the program where that is another one.
fn place(hit: &Hit, look: &Look) -> String {
    let dot = format!(" {} ", look.mark(Mark::Dot));
    // First, since what follows is cut where there is no room: it holds no word that was sought.
    let mut place: Vec<String> = hit
        .beside
        .then(|| "said beside a hit".to_owned())
        .into_iter()
        .collect();
    place.extend(
        [folder(hit), &hit.title]
            .iter()
            .map(|part| one_line(part))
            .filter(|part| !part.is_empty()),
    );
    if hit.turn > 0 {
        place.push(format!("turn {}", hit.turn));
    }
    if hit.source != OURS {
        place.push(format!("from {}", one_line(&hit.source)));
    }
    place.join(&dot)
}

/// The last name of its project's folder.
fn folder(hit: &Hit) -> &str {
    hit.project.rsplit('/').next().unwrap_or_default()
}

fn preview(overlay: &Memory, hit: &Hit, canvas: &mut Canvas, area: Rect, look: &Look) {
    let title = one_line(&hit.title);
    let turn = format!("turn {}", hit.turn);
    let right = [Segment::new(&turn, look.style(Role::Muted))];
    let inner = Frame {
        weight: Weight::Light,
        glyphs: look.glyphs,
        left: &[Segment::new(&title, look.style(Role::Text))],
        right: if hit.turn > 0 { &right } else { &[] },
        style: look.style(Role::Border),
    }
    .draw(canvas, area);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let room = usize::from(inner.width);
    let alone = [Said {
        item: hit.item,
        kind: hit.kind,
        role: hit.role,
        who: hit.who.clone(),
        text: hit.text.clone(),
    }];
    let around = match &overlay.around {
        Some((item, said)) if *item == hit.item => said.as_slice(),
        _ => &alone,
    };
    let mut shown = Vec::new();
    let mut at = 0;
    for said in around {
        let itself = said.item == hit.item;
        if itself {
            at = shown.len();
        }
        shown.extend(said_rows(said, itself, room));
    }
    // The hit itself is in sight, with a little of what came before.
    let height = usize::from(inner.height);
    let most = shown.len().saturating_sub(height);
    let skip = at.saturating_sub(height / 3).min(most);
    rows::draw(&shown, canvas, inner, skip, look);
}

fn said_rows(said: &Said, itself: bool, room: usize) -> Vec<Row> {
    let role = match said.role {
        Speaker::User => Role::Person,
        Speaker::Assistant | Speaker::Tool => Role::Muted,
    };
    let mut shown = vec![Row::of(one_line(&said.who), role)];
    let beginning = &said.text[..said.text.floor_char_boundary(BEGINNING)];
    let text = clean(beginning);
    let ink = if itself { Role::Text } else { Role::Muted };
    let lines = text.trim().lines();
    let mut lines: Vec<Row> = lines.flat_map(|line| wrapped(line, room, 2, ink)).collect();
    if !itself && lines.len() > NEAR {
        lines.truncate(NEAR - 1);
        lines.push(Row::of("  …", Role::Muted));
    }
    shown.extend(lines);
    shown
}

/// Facets of the hits, and the keys.
fn under(app: &App, overlay: &Memory, named: Named, (inner, look): (Rect, &Look)) -> Vec<Row> {
    let room = usize::from(inner.width);
    let most = if inner.height < BELOW { 1 } else { 4 };
    let mut under = match &app.note {
        // Nothing else of the screen is seen.
        Some(note) => wrapped(&note.text, room, 0, Role::Text),
        None => facets(overlay, named, room, look),
    };
    under.truncate(most);
    let choose = if overlay.picks { "take it" } else { "open" };
    let leave = if overlay.picks { "leave" } else { "close" };
    let found = !overlay.shown().is_empty();
    let is_command = overlay.marked().is_some_and(|hit| hit.command.is_some());
    let is_note = overlay.marked().is_some_and(|hit| hit.note.is_some());
    let mut keys = match (overlay.at_hits, overlay.picks, overlay.instead()) {
        (true, false, _) if found => named.keys(&[
            Does(Action::Choose, choose),
            Does(
                Action::MemoryInsert,
                if is_command {
                    "to be run by you"
                } else {
                    "into the prompt"
                },
            ),
            Does(Action::MemoryCopy, "copy"),
            All(&[Action::ScrollDown, Action::ScrollUp], "move"),
            if is_note {
                Does(Action::MemoryEdit, "edit")
            } else {
                Does(Action::MemoryPin, "note it")
            },
            Does(Action::MemoryForget, "forget"),
            Does(Action::MemoryWords, "words"),
            Does(Action::Close, leave),
        ]),
        (true, true, _) if found => named.keys(&[
            Does(Action::Choose, choose),
            All(&[Action::ScrollDown, Action::ScrollUp], "move"),
            Does(Action::MemoryWords, "words"),
            Does(Action::Close, leave),
        ]),
        (true, _, _) => named.keys(&[
            Does(Action::MemoryWords, "words"),
            Does(Action::Close, leave),
        ]),
        (false, _, _) if found => named.keys(&[
            Does(Action::Choose, choose),
            Does(Action::MemoryHits, "to the hits"),
            Does(Action::Close, leave),
        ]),
        (false, _, Some(line)) => {
            let take = format!("search `{}`", one_line(line));
            named.keys(&[Does(Action::MemoryHits, &take), Does(Action::Close, leave)])
        }
        (false, _, None) => named.keys(&[Does(Action::Close, leave)]),
    };
    if !overlay.at_hits {
        keys.push((
            "kind: project: who: since:".to_owned(),
            "narrow it".to_owned(),
        ));
    }
    under.push(rows::key_line(&keys, room));
    under
}

/// How many of the hits there are of each name, as many facets in a row as fit; among the hits with the key that keeps to one.
fn facets(overlay: &Memory, named: Named, room: usize, look: &Look) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for facet in overlay.facets() {
        let kept = overlay.kept(facet.by);
        let (action, name) = match facet.by {
            By::Kind => (Action::MemoryKind, "kind"),
            By::Project => (Action::MemoryProject, "project"),
            By::Source => (Action::MemorySource, "source"),
            By::Who => (Action::MemoryWho, "who"),
        };
        let mut row = Row::new();
        let key = named.key(action);
        if overlay.at_hits && !key.is_empty() {
            row = row.put(key, Role::Key).put(" ", Role::Muted);
        }
        row = row.put(format!("{name} {}", look.mark(Mark::Folded)), Role::Muted);
        // The one that hits are kept to is in sight, however far down it stands.
        let mut shown: Vec<_> = facet.counts.iter().take(FACETS).collect();
        let is_kept = |name: &str| kept.as_deref() == Some(name);
        let at = facet.counts.iter().position(|(name, _)| is_kept(name));
        if let Some(hidden) = at
            .filter(|at| *at >= FACETS)
            .and_then(|at| facet.counts.get(at))
        {
            shown.pop();
            shown.push(hidden);
        }
        for (value, count) in shown {
            let role = if is_kept(value) {
                Role::Accent
            } else {
                Role::Muted
            };
            row = row.put(format!(" {} {count}", one_line(value)), role);
        }
        if facet.counts.len() > FACETS {
            row = row.put(" …", Role::Muted);
        }
        match rows.last_mut() {
            Some(last) if last.width() + APART + row.width() <= room => {
                last.left.push((" ".repeat(APART), Role::Muted));
                last.left.extend(row.left);
            }
            _ => rows.push(row),
        }
    }
    rows
}
