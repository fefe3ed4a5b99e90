//! What the card of a failure says of going on: what it costs, who could go on instead, who waits too.

use std::time::Duration;

use crate::agent::visible::one_line;
use crate::protocol::event::{Ending, Waiting};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::offer::Figure;
use crate::protocol::usage::{Basis, Spending};
use crate::tui::app::App;
use crate::tui::app::board::told::clock;
use crate::tui::app::learnt::Waits;
use crate::tui::app::view::View;
use crate::tui::screen::ask_body::NARROW;
use crate::tui::screen::look::Role;
use crate::tui::screen::money;
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::screen::site::Site;
use crate::tui::widget::text;

/// Waits that end within this time of each other end together: a wait is told to all at once, and they begin to count it a
/// moment apart.
const TOGETHER: Duration = Duration::from_secs(1);

/// What asking again costs.
#[derive(Debug, Default)]
pub struct Again {
    /// Beside its key.
    pub now: String,
    /// A sentence on how long that holds.
    pub later: Option<String>,
}

pub fn price(app: &App, view: &View, width: usize) -> Again {
    let Some((offer, now)) = view.offer_here().and_then(|offer| match offer.next {
        Figure::About(money) => Some((offer, money)),
        _ => None,
    }) else {
        let next = app.next_prompt(view).map(money::estimate);
        return Again {
            now: next.map_or_else(String::new, |next| format!(" ({next})")),
            later: None,
        };
    };
    let beside = |word: &'static str| if width < NARROW { "" } else { word };
    let cold = match offer.cold {
        Figure::About(money) => money,
        _ => now,
    };
    if let Some(until) = view.warm_until(app.now.wall) {
        let left = match text::age(until.since(app.now.wall)).as_str() {
            "now" => "less than a minute".to_owned(),
            left => left.to_owned(),
        };
        return Again {
            now: format!(" (≈{now}{})", beside(" warm")),
            later: Some(format!("Warm for {left} more; then ≈{cold}.")),
        };
    }
    // Of a session that was never answered nothing was cached.
    let answered = view.session.as_ref().is_some_and(|of| of.context_used > 0);
    Again {
        now: format!(" (≈{cold}{})", if answered { beside(" cold") } else { "" }),
        later: None,
    }
}

/// The cheapest model of another provider, where the session's own has no room or is not to be reached.
pub fn elsewhere(view: &View) -> Option<String> {
    let ((Some(Waiting::Retry { failure, .. }), _) | (_, Some(Ending::Failed { failure }))) =
        (view.retrying(), view.stopped())
    else {
        return None;
    };
    if !matches!(failure.kind, FailureKind::Rate | FailureKind::Overloaded) {
        return None;
    }
    let offer = view.offer_elsewhere()?;
    let name = one_line(&offer.card.model.model);
    let said = |figure| match figure {
        Figure::About(money) => Some(format!("≈{money}")),
        Figure::Included => Some("incl.".to_owned()),
        Figure::Free => Some("free".to_owned()),
        Figure::Play | Figure::Unknown => None,
    };
    let warmth = match offer.next {
        Figure::About(_) if offer.warm > 0 => " warm",
        Figure::About(_) => " cold",
        _ => "",
    };
    let next = format!("{name}: {}{warmth}", said(offer.next)?);
    Some(match said(offer.then) {
        Some(then) if offer.then != offer.next => format!("{next}, then {then}"),
        _ => next,
    })
}

/// Who else here meets the same limit or the same refusal, and when the provider last answered.
pub fn shared(site: &Site, failure: &Failure, width: usize, rows: &mut Vec<Row>) {
    let Site { app, view, .. } = *site;
    if !matches!(failure.kind, FailureKind::Auth | FailureKind::Rate) || width < NARROW {
        return;
    }
    let mut said = Vec::new();
    let name = view.model().map_or("", |model| &*model.provider);
    if let Some(last) = &view.learnt.last
        && let (FailureKind::Auth, Some(at)) = (failure.kind, last.at)
    {
        let when = clock(at, last.zone);
        said.push(format!(
            "{} last answered on {}, {when}.",
            one_line(name),
            last.day
        ));
    }
    let waiting = match view.retrying() {
        Some(_) => app.waiting_with(view),
        None => Vec::new(),
    };
    if waiting.len() > 1 {
        said.push(in_turn(&waiting));
    }
    let others = app
        .sharing(view)
        .saturating_sub(waiting.len().saturating_sub(1));
    if others > 0 {
        let (sessions, has) = if others == 1 {
            ("session", "has")
        } else {
            ("sessions", "have")
        };
        said.push(format!(
            "{others} other open {sessions} {has} a model of {} too.",
            one_line(name)
        ));
    }
    if !said.is_empty() {
        rows.extend(wrapped(&said.join(" "), width, 0, Role::Muted));
    }
}

/// What of an answer that broke off was made, and what that comes to; nothing where no word of it is known.
pub fn tokens_out(view: &View) -> String {
    let broken = view.session.as_ref().and_then(|session| session.broken);
    let Some((tokens, charge)) = broken.filter(|(tokens, _)| *tokens > 0) else {
        return String::new();
    };
    let mut spent = Spending::default();
    spent.add(charge);
    // What its server counted when it had ended is no estimate.
    let about = match charge.basis {
        Basis::Reported | Basis::Listed | Basis::Included | Basis::Play => "",
        Basis::Estimated | Basis::IncludedEstimated | Basis::Unknown | Basis::Local => "≈",
    };
    format!(
        ", {about}{} tokens out (the call {})",
        text::count(tokens),
        money::sum(&spent)
    )
}

/// Those that wait for the same limit, in the order in which they go on.
fn in_turn(waiting: &[Waits]) -> String {
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut first = None;
    for waits in waiting {
        let name = format!("{} {}", waits.number, one_line(&waits.title));
        match groups.last_mut() {
            Some(group) if first.is_some_and(|first| waits.until.since(first) < TOGETHER) => {
                group.push(name);
            }
            _ => {
                groups.push(vec![name]);
                first = Some(waits.until);
            }
        }
    }
    let count = waiting.len();
    let order: Vec<String> = groups.iter().map(|group| group.join(" and ")).collect();
    match order.as_slice() {
        [all] => format!("{count} sessions wait for this limit and go on together: {all}."),
        _ => format!(
            "{count} sessions wait for this limit and go on in this order: {}.",
            order.join(", then ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::time::Time;

    #[test]
    fn who_goes_on_when_is_said_as_far_as_it_is_known() {
        let cases: [(&[i64], &str); 4] = [
            (
                &[0, 999],
                "2 sessions wait for this limit and go on together: 1 a and 2 b.",
            ),
            (
                &[0, 1_000],
                "2 sessions wait for this limit and go on in this order: 1 a, then 2 b.",
            ),
            (
                &[0, 5_000, 5_001],
                "3 sessions wait for this limit and go on in this order: 1 a, then 2 b and 3 c.",
            ),
            // From the first of them on, so that no row of small steps becomes one moment.
            (
                &[0, 600, 1_200, 9_000],
                "4 sessions wait for this limit and go on in this order: 1 a and 2 b, then 3 c, then 4 d.",
            ),
        ];
        for (times, expected) in cases {
            let names = ["a", "b", "c", "d"].into_iter().zip(1..);
            let waits = times.iter().zip(names).map(|(&at, (title, number))| Waits {
                number,
                title: title.to_owned(),
                until: Time(at),
            });
            assert_eq!(in_turn(&waits.collect::<Vec<_>>()), expected);
        }
    }
}
