//! The meter: how full the context is, how much of the last prompt came from the cache, what this turn and session cost.

use crate::agent::figure;
use crate::tui::app::App;
use crate::tui::app::view::View;
use crate::tui::screen::look::Role;
use crate::tui::screen::money;
use crate::tui::widget::gauge;

/// The parts of the meter, the most needed first; a narrow line shows as many as fit.
pub fn parts(app: &App, view: &View) -> Vec<(String, Role)> {
    let Some(model) = view.model() else {
        return Vec::new();
    };
    let window = app.card(model).and_then(|card| card.context);
    let used = view
        .session
        .as_ref()
        .map_or(0, |session| session.context_used);
    let context = match window {
        Some(window) => {
            let percent = gauge::percent(used, window);
            let role = match percent {
                0..70 => Role::Muted,
                70..90 => Role::Warn,
                _ => Role::Bad,
            };
            let said = if used == 0 {
                format!("ctx 0 of {}", figure::tokens(window))
            } else {
                format!(
                    "ctx {percent}% {} of {}",
                    figure::tokens(used),
                    figure::tokens(window)
                )
            };
            (said, role)
        }
        None => (format!("ctx {}", figure::tokens(used)), Role::Muted),
    };
    let Some(session) = &view.session else {
        return vec![
            ("session $0.00".to_owned(), Role::Text),
            context,
            ("turn –".to_owned(), Role::Muted),
        ];
    };
    let sum = &session.session_sum;
    let turn = &session.turn_sum;
    let prompt = session.last_usage.prompt();
    let mut session_cost = money::sum(&sum.spent);
    if let Some(limit) = session.budget {
        session_cost = format!("{session_cost} of {limit}");
    }
    let mut parts = vec![
        (format!("session {session_cost}"), Role::Text),
        context,
        (format!("turn {}", money::sum(&turn.spent)), Role::Muted),
    ];
    if prompt > 0 {
        let share = gauge::percent(session.last_usage.cache_read, prompt);
        parts.push((format!("cache {share}%"), Role::Muted));
    }
    parts
}
