//! The list of models: prices, whether the context fits, what the next prompt would cost.

use crate::agent::visible::one_line;
use crate::protocol::query::ModelCard;
use crate::protocol::route::EndpointReport;
use crate::tui::app::overlay::models::Models;
use crate::tui::app::price::{cached_cost, input_cost, per_million};
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::Row;
use crate::tui::widget::text::{self, pad, pad_left};

pub fn page(overlay: &Models, room: usize, look: &Look) -> Page {
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
        if let Some(route) = overlay.route(card) {
            page.foot
                .extend(route.endpoints.iter().map(|row| endpoint_row(row, look)));
        }
    }
    page
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

fn model_row(
    card: &ModelCard,
    overlay: &Models,
    marked: bool,
    width: usize,
    wide: bool,
    look: &Look,
) -> Row {
    let current = overlay.current.as_ref() == Some(&card.model);
    // A route goes by its whole name: it is no vendor's model.
    let name = match card.model.as_route() {
        Some(_) => one_line(&card.model.to_string()),
        None => one_line(&card.model.model),
    };
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
