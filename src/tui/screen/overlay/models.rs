//! The list of models: prices, whether the conversation fits, what the next prompts cost, and below what a change to the
//! marked one means.

use std::time::Duration;

use crate::agent::figure;
use crate::agent::visible::one_line;
use crate::protocol::offer::{Figure, Offer, Pays};
use crate::protocol::route::EndpointReport;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::overlay::models::{How, Models};
use crate::tui::app::price::per_million;
use crate::tui::screen::hints::Hint::{self, All, Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::money;
use crate::tui::screen::overlay::{Page, cut, list, listed};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::widget::cells;
use crate::tui::widget::text::{self, pad, pad_left};

/// The narrowest column of names that still tells them apart.
const NAME: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    In,
    Cached,
    Out,
    Fits,
    Next,
    Then,
    Speed,
    Seen,
}

impl Column {
    /// From left to right.
    const ALL: [Self; 8] = [
        Self::In,
        Self::Cached,
        Self::Out,
        Self::Fits,
        Self::Next,
        Self::Then,
        Self::Speed,
        Self::Seen,
    ];

    /// The most needed first: what a narrow screen cannot hold goes from the end.
    const NEEDED: [Self; 8] = [
        Self::Next,
        Self::Then,
        Self::In,
        Self::Fits,
        Self::Speed,
        Self::Out,
        Self::Cached,
        Self::Seen,
    ];

    /// Its head, and its cells with the gap before it.
    fn form(self) -> (&'static str, usize) {
        match self {
            Self::In => ("in", 8),
            Self::Cached => ("cached", 8),
            Self::Out => ("out", 8),
            Self::Fits => ("window", 7),
            Self::Next => ("next prompt", 15),
            Self::Then => ("then", 9),
            Self::Speed => ("speed", 7),
            Self::Seen => ("seen", 5),
        }
    }

    fn width(self) -> usize {
        self.form().1
    }

    /// Those that fit beside the names.
    fn fitting(room: usize) -> Vec<Self> {
        let mut left = room.saturating_sub(NAME + 2);
        let taken: Vec<Self> = Self::NEEDED
            .into_iter()
            .map_while(|column| {
                left = left.checked_sub(column.width())?;
                Some(column)
            })
            .collect();
        let there = |column: &Self| taken.contains(column);
        Self::ALL.into_iter().filter(there).collect()
    }
}

/// With less room the title names no session: beside the date it would be cut.
const SLIM: usize = 60;

/// How the table lies: the columns beside the names, and the cells of those.
struct Table {
    columns: Vec<Column>,
    name: usize,
}

pub fn page(app: &App, overlay: &Models, (room, height): (usize, u16), look: &Look) -> Page {
    let named = Named {
        keymap: app.keymap(),
        place: Place::Models,
    };
    let shown = overlay.shown();
    let columns = Column::fitting(room);
    let beside: usize = columns.iter().map(|column| column.width()).sum();
    let longest = shown.iter().map(|offer| cells::of(&name(overlay, offer)));
    let table = Table {
        name: longest
            .max()
            .unwrap_or(0)
            .max(NAME)
            .min(room.saturating_sub(beside + 2)),
        columns,
    };
    let mut head = Row::of(format!("  {:<1$}", "", table.name), Role::Muted);
    for column in &table.columns {
        let (title, width) = column.form();
        head = head.put(pad_left(title, width, look.glyphs), Role::Muted);
    }
    let mut rows = vec![head];
    for (index, offer) in shown.iter().enumerate() {
        let marked = index == overlay.pick.at;
        rows.push(model_row(app, overlay, offer, (marked, &table), look));
    }
    if shown.is_empty() {
        let said = match &overlay.offers {
            None => "reading the log",
            Some(_) => "No model has these words.",
        };
        rows.push(Row::of(format!("  {said}"), Role::Muted));
    }
    let date = shown.iter().find_map(|offer| offer.card.price_date.clone());
    let title = if room < SLIM {
        "model".to_owned()
    } else {
        format!("model for {}", one_line(&overlay.title))
    };
    let mut page = list(
        &title,
        &overlay.pick,
        rows,
        ("", room),
        named.keys(&hints(overlay, room)),
    );
    page.at = overlay.pick.at + 1;
    page.right = date.map_or_else(String::new, |date| format!("prices {date}"));
    // A low screen keeps some rows of the list.
    let most = usize::from(height.saturating_sub(9)).clamp(2, 8);
    page.foot = foot(app, overlay, room, look);
    cut(&mut page.foot, most, room, look);
    page
}

fn hints(overlay: &Models, room: usize) -> Vec<Hint<'static>> {
    if let Some((_, how)) = &overlay.confirm {
        let same = match how {
            How::After => Action::Choose,
            How::Now => Action::ModelsNow,
            How::Fork => Action::ModelsFork,
        };
        let again = Does(same, "again: send it there");
        return vec![again, Does(Action::Close, "back")];
    }
    let wide = room >= 90;
    let enter = match (overlay.running, wide) {
        (true, _) => "after this turn",
        (false, true) => "from the next prompt on",
        (false, false) => "next prompt",
    };
    let shown = overlay.shown();
    let marked = shown.get(overlay.pick.at);
    if marked.is_some_and(|offer| overlay.lacks_key(offer).is_some()) {
        return vec![
            Does(Action::Choose, "give its key"),
            Does(Action::Close, "stay"),
            Said("type", "to find"),
            Does(Action::ModelsKey, "another vendor"),
        ];
    }
    if marked.is_some_and(|offer| overlay.is_unkept(offer)) {
        let enter = if room < SLIM {
            "keep and use"
        } else {
            "keep it in the config and use it"
        };
        return vec![
            Does(Action::Choose, enter),
            Does(Action::Close, "stay"),
            Said("type", "to find"),
        ];
    }
    let mut hints = vec![Does(Action::Choose, enter)];
    if overlay.running {
        let now = if wide { "now (stops the turn)" } else { "now" };
        hints.push(Does(Action::ModelsNow, now));
    }
    if overlay.spoken {
        hints.push(match (overlay.chosen, wide) {
            (true, true) => Does(Action::ModelsFork, "fork: keep this, go on there"),
            (true, false) => Does(Action::ModelsFork, "fork"),
            // A letter finds before a row was chosen.
            (false, _) => All(&[Action::ScrollDown, Action::ModelsFork], "fork"),
        });
    }
    hints.extend([
        Does(Action::Close, "stay"),
        Said("type", "to find"),
        Does(Action::ModelsKey, "give a key"),
    ]);
    hints
}

/// A route goes by its whole name, since it is no vendor's model; so do what runs here, and what several sell.
fn name(overlay: &Models, offer: &Offer) -> String {
    let model = &offer.card.model;
    let same = overlay
        .offers
        .iter()
        .flatten()
        .filter(|other| other.card.model.model == model.model)
        .count();
    one_line(
        &if model.as_route().is_some() || offer.card.local || same > 1 {
            model.to_string()
        } else {
            model.model.clone()
        },
    )
}

fn model_row(
    app: &App,
    overlay: &Models,
    offer: &Offer,
    (marked, table): (bool, &Table),
    look: &Look,
) -> Row {
    let card = &offer.card;
    let here = offer.pays == Pays::Here;
    let role = match (&card.lacks, here) {
        (Some(_), _) => Role::Muted,
        (None, true) => Role::Strong,
        (None, false) => Role::Text,
    };
    let title = pad(&name(overlay, offer), table.name, look.glyphs);
    let mut row = listed(marked, look).put(title, role);
    if let Some(lacks) = &card.lacks {
        return row.put(format!("  {}", one_line(lacks)), Role::Muted);
    }
    if overlay.is_unkept(offer) {
        return row.put("  found here, not in the config", Role::Muted);
    }
    let mut columns = table.columns.iter().copied().peekable();
    while let Some(column) = columns.next() {
        let mut width = column.width();
        let (said, role) = match column {
            Column::Next if !offer.fits() => {
                // It says more than a figure, and there is none for what comes after.
                if columns.next_if_eq(&Column::Then).is_some() {
                    width += Column::Then.width();
                }
                let tokens = figure::tokens(offer.tokens);
                let long = format!("does not fit: {tokens}");
                let fits = cells::of(&long) < width;
                let said = if fits {
                    long
                } else {
                    format!("not fit: {tokens}")
                };
                (said, Role::Warn)
            }
            column => (cell(app, offer, column), role_of(column)),
        };
        row = row.put(pad_left(&said, width, look.glyphs), role);
    }
    row
}

fn role_of(column: Column) -> Role {
    match column {
        Column::In | Column::Cached | Column::Out => Role::Text,
        Column::Fits | Column::Next | Column::Then | Column::Speed | Column::Seen => Role::Muted,
    }
}

fn cell(app: &App, offer: &Offer, column: Column) -> String {
    let none = || "–".to_owned();
    let card = &offer.card;
    let price = card.price.as_ref();
    let per = |each: Option<i64>| match (price, each) {
        (Some(price), Some(each)) if !card.subscription => per_million(price, each).to_string(),
        (None, _) if !card.local && offer.next == Figure::Unknown => "?".to_owned(),
        _ => none(),
    };
    match column {
        Column::In if offer.next == Figure::Included => "incl.".to_owned(),
        Column::In if offer.next == Figure::Free => "free".to_owned(),
        Column::In if offer.next == Figure::Play => "play".to_owned(),
        Column::In => per(price.map(|price| price.input)),
        Column::Cached => per(price.and_then(|price| price.cache_read)),
        Column::Out => per(price.map(|price| price.output)),
        Column::Fits => card.context.map_or_else(|| "?".to_owned(), figure::tokens),
        Column::Next => match offer.next {
            figure @ Figure::About(_) if is_warm(offer) => {
                format!("{} warm", money::figure(figure))
            }
            figure @ Figure::About(_) => format!("{} cold", money::figure(figure)),
            figure => money::figure(figure),
        },
        Column::Then => money::figure(offer.then),
        Column::Speed => offer
            .speed
            .map_or_else(none, |tokens| format!("{}/s", figure::tokens(tokens))),
        Column::Seen => offer
            .used
            .map_or_else(none, |at| text::age(app.now.wall.since(at))),
    }
}

/// Most of the next prompt is read from the cache.
fn is_warm(offer: &Offer) -> bool {
    offer.warm > offer.tokens / 2
}

/// What a change to the marked model means, the most needed first.
fn foot(app: &App, overlay: &Models, room: usize, look: &Look) -> Vec<Row> {
    let shown = overlay.shown();
    let Some(offer) = shown.get(overlay.pick.at) else {
        let failed = overlay.failed.as_deref().map(one_line);
        return failed.map_or_else(Vec::new, |why| wrapped(&why, room, 0, Role::Warn));
    };
    let mut rows = Vec::new();
    if let Some(why) = &overlay.failed {
        rows.extend(wrapped(&one_line(why), room, 0, Role::Warn));
    }
    if overlay.confirm.is_some() {
        rows.extend(wrapped(&asked(offer), room, 0, Role::Warn));
    } else if overlay.is_unkept(offer) {
        let (model, provider) = (offer.model.to_string(), &offer.model.provider);
        let text = format!(
            "{} on this machine: taken up it is kept as [providers.{}], and begins nothing else",
            one_line(&model),
            one_line(provider)
        );
        rows.extend(wrapped(&text, room, 0, Role::Text));
    } else {
        rows.extend(whereto(overlay, offer, room));
    }
    if offer.pays != Pays::Here {
        if overlay.spoken {
            rows.extend(wrapped(&carried(offer), room, 2, Role::Muted));
        }
        let line = [pays(offer), back(app, overlay)].into_iter().flatten();
        let line: Vec<String> = line.collect();
        if overlay.spoken && offer.fits() && !line.is_empty() {
            rows.extend(wrapped(&line.join("; "), room, 2, Role::Muted));
        }
    }
    if let (true, Some(price)) = (offer.card.subscription, &offer.card.price) {
        let text = format!(
            "your subscription covers it; by list price {} in, {} out",
            per_million(price, price.input),
            per_million(price, price.output)
        );
        rows.extend(wrapped(&text, room, 2, Role::Muted));
    }
    if offer.card.accepted {
        let model = one_line(&offer.model.to_string());
        let text = format!(
            "no price is known: budgets count it as the dearest; `creel models --ask-again {model}` takes that back"
        );
        rows.extend(wrapped(&text, room, 2, Role::Muted));
    }
    if let Some(route) = overlay.route(offer) {
        for endpoint in &route.endpoints {
            rows.push(endpoint_row(endpoint, look));
            rows.extend(
                endpoint
                    .doubt()
                    .map(|doubt| Row::of(format!("      {doubt}"), Role::Muted)),
            );
        }
    }
    rows
}

/// What is asked before the first text of a project goes to a company.
fn asked(offer: &Offer) -> String {
    let host = offer.host.as_deref().unwrap_or_default();
    let tokens = figure::tokens(offer.tokens);
    format!(
        "first time here: {tokens} tokens of this session go to {}, new to this project",
        one_line(host)
    )
}

/// Where the text goes.
fn whereto(overlay: &Models, offer: &Offer, room: usize) -> Vec<Row> {
    let model = one_line(&offer.model.to_string());
    let text = match &offer.host {
        None => format!("{model}: a script plays it, nothing is sent"),
        Some(_) if offer.card.local => format!("to {model} on this machine"),
        Some(host) => format!("to {model} at {}", one_line(host)),
    };
    let mut rows = wrapped(&text, room, 0, Role::Text);
    if !offer.first {
        return rows;
    }
    let first = "first time here";
    match rows.last_mut() {
        Some(last) if last.width() + first.len() + 3 <= room => {
            *last = std::mem::take(last).put(format!("   {first}"), Role::Warn);
        }
        _ => rows.push(Row::of(format!("  {first}"), Role::Warn)),
    }
    if overlay.spoken {
        let text = format!(
            "sends {} tokens of this session to a company that this project was not sent to",
            figure::tokens(offer.tokens)
        );
        rows.extend(wrapped(&text, room, 2, Role::Muted));
    }
    rows
}

fn carried(offer: &Offer) -> String {
    let carried = "carried: text, calls, results";
    let many = |count: u64, one: &str| {
        let ending = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {one}{ending}"))
    };
    let left = [
        many(offer.left.thoughts, "thinking block"),
        many(offer.left.images, "image").map(|images| format!("{images} (no image input)")),
    ];
    let left: Vec<String> = left.into_iter().flatten().collect();
    if left.is_empty() {
        carried.to_owned()
    } else {
        format!("{carried}   left behind: {}", left.join(", "))
    }
}

fn pays(offer: &Offer) -> Option<String> {
    match offer.pays {
        Pays::Here | Pays::Unknown => None,
        Pays::AtOnce => Some("cheaper from the next prompt on".to_owned()),
        Pays::After(1) => Some("pays off after about 1 prompt".to_owned()),
        Pays::After(prompts) => Some(format!("pays off after about {prompts} prompts")),
        Pays::Never => Some("no cheaper with any prompt".to_owned()),
    }
}

/// What going back to the model of now would cost, and how long.
fn back(app: &App, overlay: &Models) -> Option<String> {
    let here = overlay.here()?;
    let cost = money::figure(here.next);
    let left = here
        .warm_until
        .map(|until| until.since(app.now.wall))
        .filter(|left| *left > Duration::ZERO);
    Some(match left {
        Some(left) => {
            let minutes = left.as_secs().div_ceil(60);
            let unit = if minutes == 1 { "minute" } else { "minutes" };
            format!("going back within {minutes} {unit} is still warm ({cost})")
        }
        None => format!("going back is cold ({cost})"),
    })
}

/// An endpoint of the route: whether it would serve, and why.
fn endpoint_row(endpoint: &EndpointReport, look: &Look) -> Row {
    let (mark, role) = if endpoint.serves {
        (look.mark(Mark::Done), Role::Text)
    } else {
        (" ", Role::Muted)
    };
    let model = one_line(&endpoint.model.to_string());
    Row::of(format!("  {mark} {model}"), role).put(
        format!("  {}", one_line(&endpoint.reason.to_string())),
        Role::Muted,
    )
}
