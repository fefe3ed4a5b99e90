//! Overlays over the pane: lists of sessions, models, skills and prompts, help, cost, the question before quitting.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::protocol::query::{ModelCard, SpendRow};
use crate::tui::app::App;
use crate::tui::app::command;
use crate::tui::app::keymap::{Place, TABLE};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::models::Models;
use crate::tui::app::overlay::pick::Pick;
use crate::tui::app::overlay::sessions::Sessions;
use crate::tui::app::price::{cached_cost, input_cost, per_million};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{self, Row, keys};
use crate::tui::screen::{ask_card, blank, money, top};
use crate::tui::widget::frame::{Frame, Segment, Weight};
use crate::tui::widget::text::{self, pad, pad_left};

/// What an overlay is made of before it is drawn.
struct Page {
    title: String,
    right: String,
    /// The line that narrows the list.
    filter: Option<crate::tui::app::text::Text>,
    rows: Vec<Row>,
    /// The row to be kept in sight.
    at: usize,
    foot: Vec<Row>,
    keys: Vec<(String, String)>,
}

/// Draws it and gives the place of the cursor, where something is typed.
pub fn draw(
    app: &App,
    overlay: &Overlay,
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
) -> Option<(u16, u16)> {
    let margin = match area.width {
        100.. => 6,
        76.. => 3,
        _ => 0,
    };
    let width = area.width - 2 * margin;
    let room = usize::from(width.saturating_sub(4));
    let page = match overlay {
        Overlay::Sessions(overlay) => sessions(app, overlay, room, look),
        Overlay::Models(overlay) => models(overlay, room, look),
        Overlay::Help(overlay) => help(overlay.place, overlay.scroll),
        Overlay::Skills(overlay) => {
            let rows: Vec<Row> = overlay
                .shown()
                .iter()
                .enumerate()
                .map(|(index, (_, skill))| {
                    listed(index == overlay.pick.at, look)
                        .put(format!("/{:<16} ", one_line(&skill.name)), Role::Strong)
                        .put(one_line(&skill.description), Role::Muted)
                })
                .collect();
            list(
                "skills",
                &overlay.pick,
                rows,
                "No skill has these words.",
                &[("Enter", "put it into the composer"), ("Esc", "close")],
            )
        }
        Overlay::Prompts(overlay) => {
            let rows: Vec<Row> = overlay
                .shown()
                .iter()
                .enumerate()
                .map(|(index, prompt)| {
                    let start: String = prompt.chars().take(300).collect();
                    listed(index == overlay.pick.at, look).put(one_line(&start), Role::Text)
                })
                .collect();
            let empty = match (&overlay.failed, &overlay.prompts) {
                (Some(why), _) => why.clone(),
                (None, None) => "reading the log".to_owned(),
                (None, Some(_)) => "No prompt has these words.".to_owned(),
            };
            list(
                "past prompts",
                &overlay.pick,
                rows,
                &empty,
                &[
                    ("Enter", "put it into the composer"),
                    ("Ctrl+R", "one further back"),
                    ("Esc", "close"),
                ],
            )
        }
        Overlay::Cost(overlay) => cost(app, overlay, room),
        Overlay::Quit(overlay) => {
            let mut rows = vec![Row::of(
                "A turn runs. Quitting stops it; what was said and done is kept.",
                Role::Text,
            )];
            for title in &overlay.running {
                rows.push(Row::of(
                    format!("  {} {}", look.mark(Mark::Working), one_line(title)),
                    Role::Muted,
                ));
            }
            rows.push(Row::new());
            for (index, (key, what)) in [("y", "stop and quit"), ("n", "stay")]
                .into_iter()
                .enumerate()
            {
                rows.push(
                    listed(overlay.highlight == Some(index), look)
                        .put(key, Role::Key)
                        .put(format!("  {what}"), Role::Text),
                );
            }
            Page {
                title: "quit".to_owned(),
                right: String::new(),
                filter: None,
                at: 0,
                foot: Vec::new(),
                keys: keys(&[("y", "quit"), ("n or Esc", "stay")]),
                rows,
            }
        }
    };
    show(&page, margin, buffer, area, look)
}

fn show(
    page: &Page,
    margin: u16,
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
) -> Option<(u16, u16)> {
    let chrome = 3 + page.foot.len() as u16 + u16::from(page.filter.is_some());
    let wanted = page.rows.len() as u16 + chrome;
    let most = area.height - u16::from(area.height > 14) * 3;
    let height = wanted
        .clamp(chrome + 1, most.max(chrome + 1))
        .min(area.height);
    let outer = Rect {
        x: area.x + margin,
        y: area.y + (area.height - height).min(2),
        width: area.width - 2 * margin,
        height,
    };
    blank(buffer, outer, look);
    let right = [Segment::new(&page.right, look.style(Role::Muted))];
    let inner = Frame {
        weight: Weight::Heavy,
        glyphs: look.glyphs,
        left: &[Segment::new(&page.title, look.style(Role::Strong))],
        right: if page.right.is_empty() { &[] } else { &right },
        style: look.style(Role::Focus),
    }
    .draw(buffer, outer);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let mut y = inner.y;
    let mut cursor = None;
    if let Some(filter) = &page.filter {
        cursor = Some(ask_card::draw_line(buffer, inner, y, "> ", filter, look));
        y += 1;
    }
    let foot = page.foot.len() as u16 + 1;
    let rows = Rect {
        y,
        height: inner.bottom().saturating_sub(y + foot),
        ..inner
    };
    let skip = (page.at + 1).saturating_sub(usize::from(rows.height));
    rows::draw(&page.rows, buffer, rows, skip, look);
    let below = Rect {
        y: rows.bottom(),
        height: inner.bottom().saturating_sub(rows.bottom()),
        ..inner
    };
    let mut under = page.foot.clone();
    under.push(rows::key_line(&page.keys, usize::from(inner.width)));
    rows::draw(&under, buffer, below, 0, look);
    cursor
}

fn listed(marked: bool, look: &Look) -> Row {
    let mark = if marked { look.mark(Mark::Here) } else { " " };
    Row::of(format!("{mark} "), Role::Accent).mark(marked)
}

fn list(title: &str, pick: &Pick, mut rows: Vec<Row>, empty: &str, pairs: &[(&str, &str)]) -> Page {
    if rows.is_empty() {
        rows.push(Row::of(format!("  {empty}"), Role::Muted));
    }
    Page {
        title: title.to_owned(),
        right: String::new(),
        filter: Some(pick.filter.clone()),
        at: pick.at,
        foot: Vec::new(),
        keys: keys(pairs),
        rows,
    }
}

fn sessions(app: &App, overlay: &Sessions, room: usize, look: &Look) -> Page {
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
            let cost = money::sum(
                &card.cost,
                &crate::protocol::money::Amounts::default(),
                false,
                card.unpriced,
            );
            let mut row = listed(index == overlay.pick.at, look).put(
                pad(
                    &one_line(title),
                    if room >= 90 { 34 } else { 22 },
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
                    app.setup.place(&card.cwd)
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
            row.end(
                format!(
                    " {}",
                    pad_left(&format!("{} turns", card.turns), 9, look.glyphs)
                ),
                Role::Muted,
            )
            .end(pad_left(&cost, 10, look.glyphs), Role::Text)
            .end(pad_left(&age, 5, look.glyphs), Role::Muted)
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

fn models(overlay: &Models, room: usize, look: &Look) -> Page {
    let shown = overlay.shown();
    let wide = room >= 84;
    let mut rows = Vec::new();
    let width = if wide { 32 } else { 24 };
    let head = format!("  {:<width$} {:>8} {:>8} {:>8}", "", "in", "cached", "out");
    let head = if wide {
        format!("{head} {:>6} {:>22}", "window", "next prompt")
    } else {
        head
    };
    rows.push(Row::of(head, Role::Muted));
    for (index, card) in shown.iter().enumerate() {
        rows.push(model_row(
            card,
            overlay,
            index == overlay.pick.at,
            width,
            wide,
            look,
        ));
    }
    if shown.is_empty() {
        let said = match &overlay.cards {
            None => "asking the engine",
            Some(_) => "No model has these words.",
        };
        rows.push(Row::of(format!("  {said}"), Role::Muted));
    }
    let date = shown.iter().find_map(|card| card.price_date.clone());
    let mut page = list(
        "model of this session",
        &overlay.pick,
        rows,
        "",
        &[
            ("Enter", "from the next call on"),
            ("type", "to find"),
            ("Esc", "stay"),
        ],
    );
    page.at = overlay.pick.at + 1;
    page.right = date.map_or_else(String::new, |date| format!("prices {date}"));
    if let Some(why) = &overlay.failed {
        page.foot = vec![Row::of(one_line(why), Role::Warn)];
    } else if let Some(card) = shown.get(overlay.pick.at) {
        page.foot = vec![Row::of(format!("  {}", card.model), Role::Muted)];
    }
    page
}

fn model_row(
    card: &ModelCard,
    overlay: &Models,
    marked: bool,
    width: usize,
    wide: bool,
    look: &Look,
) -> Row {
    let current = overlay.current.as_ref() == Some(&card.model);
    let name = one_line(&card.model.model);
    let role = match (&card.lacks, current) {
        (Some(_), _) => Role::Muted,
        (None, true) => Role::Strong,
        (None, false) => Role::Text,
    };
    let mut row = listed(marked, look).put(format!("{} ", pad(&name, width, look.glyphs)), role);
    if let Some(lacks) = &card.lacks {
        return row.put(one_line(lacks), Role::Muted);
    }
    let figure = |each: Option<i64>| match (&card.price, each) {
        (Some(price), Some(each)) => per_million(price, each).to_string(),
        (Some(_), None) => "–".to_owned(),
        (None, _) if card.local => "free".to_owned(),
        (None, _) => "?".to_owned(),
    };
    let price = card.price.as_ref();
    for each in [
        price.map(|price| price.input),
        price.and_then(|price| price.cache_read),
        price.map(|price| price.output),
    ] {
        row = row.put(
            format!("{} ", pad_left(&figure(each), 8, look.glyphs)),
            Role::Text,
        );
    }
    if wide {
        let window = card.context.map_or_else(|| "?".to_owned(), text::tokens);
        row = row.put(format!("{window:>6} "), Role::Muted);
        let fits = card.context.is_none_or(|window| overlay.tokens < window);
        let next = match price {
            _ if !fits => "does not fit".to_owned(),
            Some(price) if current => format!("{} warm", cached_cost(price, overlay.tokens)),
            Some(price) => format!("≈{} cold", input_cost(price, overlay.tokens)),
            None => String::new(),
        };
        row = row.put(
            pad_left(&next, 22, look.glyphs),
            if fits { Role::Muted } else { Role::Warn },
        );
    }
    row
}

fn help(place: Place, scroll: usize) -> Page {
    let mut rows = Vec::new();
    let section = |rows: &mut Vec<Row>, name: &str| {
        if !rows.is_empty() {
            rows.push(Row::new());
        }
        rows.push(Row::of(name.to_owned(), Role::Strong));
    };
    let order = match place {
        Place::Transcript => [Place::Transcript, Place::Composer, Place::Anywhere],
        _ => [Place::Composer, Place::Transcript, Place::Anywhere],
    };
    for place in order {
        section(
            &mut rows,
            match place {
                Place::Composer => "Typing (INSERT)",
                Place::Transcript => "In the transcript (NORMAL)",
                Place::Anywhere => "Everywhere; ^X is the leader",
            },
        );
        for row in TABLE
            .iter()
            .filter(|row| row.place == place && !row.help.is_empty())
        {
            let mut labels: Vec<String> = row
                .keys
                .iter()
                .map(crate::tui::app::keymap::Chord::label)
                .collect();
            labels.extend(row.leader.map(|key| format!("^X {key}")));
            rows.push(
                Row::of(format!("  {:<26} ", labels.join(", ")), Role::Key)
                    .put(row.help, Role::Text),
            );
        }
    }
    section(
        &mut rows,
        "An ask, once it has the focus and 400 ms were quiet",
    );
    for (keys, what) in [
        ("y, s", "yes: once, for this session"),
        ("n, N", "no; no, and say why"),
        ("e, d", "edit the command first; everything about it"),
        ("y, Enter", "a HIGH one takes both"),
        ("Esc", "back; it stays waiting"),
    ] {
        rows.push(Row::of(format!("  {keys:<26} "), Role::Key).put(what, Role::Text));
    }
    section(&mut rows, "Commands in the composer");
    for slash in command::TABLE {
        rows.push(
            Row::of(
                format!("  {:<26} ", format!("/{} {}", slash.name, slash.takes)),
                Role::Key,
            )
            .put(slash.help, Role::Text),
        );
    }
    rows.push(Row::of(format!("  {:<26} ", "! COMMAND"), Role::Key).put(
        "runs as you, unasked; the model does not see it",
        Role::Text,
    ));
    let from = scroll.min(rows.len().saturating_sub(5));
    Page {
        title: "help".to_owned(),
        right: String::new(),
        filter: None,
        at: 0,
        foot: Vec::new(),
        keys: keys(&[("j k PgDn", "scroll"), ("Esc", "close")]),
        rows: rows.split_off(from),
    }
}

fn cost(app: &App, overlay: &crate::tui::app::overlay::cost::Cost, room: usize) -> Page {
    let mut rows = vec![Row::of(top::today(app), Role::Text), Row::new()];
    if let Some(why) = &overlay.failed {
        rows.push(Row::of(one_line(why), Role::Warn));
    }
    for (name, table) in [("by model", &overlay.models), ("by day", &overlay.days)] {
        rows.push(Row::of(name, Role::Strong));
        match table {
            None => rows.push(Row::of("  reading the log", Role::Muted)),
            Some(table) if table.is_empty() => {
                rows.push(Row::of("  $0.00 in 0 calls", Role::Muted))
            }
            Some(table) => rows.extend(table.iter().map(|row| spend(row, room))),
        }
        rows.push(Row::new());
    }
    let from = overlay.scroll.min(rows.len().saturating_sub(3));
    Page {
        title: "cost".to_owned(),
        right: String::new(),
        filter: None,
        at: 0,
        foot: Vec::new(),
        keys: keys(&[("j k", "scroll"), ("Esc", "close")]),
        rows: rows.split_off(from),
    }
}

fn spend(row: &SpendRow, room: usize) -> Row {
    let unknown = u32::try_from(row.unknown).unwrap_or(u32::MAX);
    let cost = money::sum(
        &row.cost,
        &crate::protocol::money::Amounts::default(),
        false,
        unknown,
    );
    let mut line = Row::of(format!("  {}", one_line(&row.key)), Role::Text);
    if room >= 70 {
        line = line.end(
            format!(
                "{} in, {} cached, {} out   ",
                text::tokens(row.usage.prompt() - row.usage.cache_read),
                text::tokens(row.usage.cache_read),
                text::tokens(row.usage.output)
            ),
            Role::Muted,
        );
    }
    line.end(format!("{} calls  ", row.calls), Role::Muted)
        .end(format!("{cost:>9}"), Role::Text)
}
