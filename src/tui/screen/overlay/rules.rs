//! The rules there are, each with where it holds and how often calls ran by it; below them all that is known of the marked one.

use crate::agent::visible::{as_command, one_line};
use crate::protocol::rule::{Bounds, Effect, KeptRule};
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::overlay::rules::{Removing, Row as Shown, Rules};
use crate::tui::screen::ask_body::NARROW;
use crate::tui::screen::hints::Hint::Does;
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::widget::text::age;

pub fn page(app: &App, overlay: &Rules, room: usize, look: &Look) -> Page {
    let named = Named {
        keymap: app.keymap(),
        place: Place::Rules,
    };
    let shown = overlay.shown();
    let now = overlay.now();
    let rows: Vec<Row> = shown
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let (effect, beside) = match row {
                Shown::Kept(kept) => (kept.effect, brief(kept, overlay, room < NARROW)),
                Shown::Config(rule) => (rule.effect, "config".to_owned()),
            };
            let (word, role) = told(effect);
            listed(index == overlay.pick.at, look)
                .put(format!("{word:<6}"), role)
                .put(as_command(row.text()), Role::Text)
                .end(format!("  {beside}"), Role::Muted)
        })
        .collect();
    let empty = match (&overlay.failed, &overlay.all) {
        (Some(why), _) => why.as_str(),
        (None, None) => "reading the rules",
        (None, Some(all)) if all.kept.is_empty() && all.config.is_empty() => {
            "There are no rules. `r` at an ask keeps one, and shows first what it would have covered."
        }
        (None, Some(_)) => "No rule has these letters.",
    };
    let unused = overlay.unused().len();
    let mut hints = Vec::new();
    if matches!(shown.get(overlay.pick.at), Some(Shown::Kept(_))) {
        hints.push(Does(Action::RulesRemove, "take it away"));
    }
    if unused > 0 {
        hints.push(Does(Action::RulesUnused, "take all unused away"));
    }
    let hints = match overlay.removing {
        Some(Removing::Marked) => vec![Does(Action::RulesRemove, "again takes it away")],
        Some(Removing::Unused) => vec![Does(Action::RulesUnused, "again takes them away")],
        None => hints,
    };
    let close = [Does(Action::Close, "close")];
    let keys = hints.into_iter().chain(close).collect::<Vec<_>>();
    let mut page = list(
        "rules",
        &overlay.pick,
        rows,
        (empty, room),
        named.keys(&keys),
    );
    if unused > 0 {
        page.right = format!("{unused} unused");
    }
    if let Some(Shown::Kept(kept)) = shown.get(overlay.pick.at) {
        let text = whole(app, kept, now.since(kept.since));
        page.foot = wrapped(&text, room, 0, Role::Muted);
    }
    page
}

fn told(effect: Effect) -> (&'static str, Role) {
    match effect {
        Effect::Deny => ("deny", Role::Bad),
        Effect::Ask => ("ask", Role::Warn),
        Effect::Allow => ("allow", Role::Good),
    }
}

fn brief(kept: &KeptRule, overlay: &Rules, narrow: bool) -> String {
    let now = overlay.now();
    let scope = kept.bounds.scope().name();
    let used = match kept.last_used {
        _ if !kept.holds_at(now) => "ended".to_owned(),
        Some(last) => format!("{}x, {}", kept.used, age(now.since(last))),
        None => "never used".to_owned(),
    };
    if narrow {
        return used;
    }
    format!("{scope}  {used}")
}

/// Everything about one.
fn whole(app: &App, kept: &KeptRule, since: std::time::Duration) -> String {
    let of = match &kept.bounds {
        Bounds::Session { session } => format!("session {}", session.short()),
        Bounds::Worktree { folder } => format!("worktree {}", app.setup.path(folder)),
        Bounds::Repository { project } => format!("repository {}", app.setup.path(project)),
        Bounds::Project { project } => format!("{}, while it brings it", app.setup.path(project)),
        Bounds::Everywhere => "everywhere".to_owned(),
    };
    let from = kept.from.as_ref().map_or_else(
        || "typed".to_owned(),
        |(session, call)| format!("at {} of session {}", one_line(&call.0), session.short()),
    );
    let until = match kept.until {
        None => "no end".to_owned(),
        Some(until) => ahead(until.since(app.now.wall)),
    };
    let since = ago(since);
    format!("rule {}: {of}; kept {since}, {from}; {until}", kept.number)
}

fn ago(passed: std::time::Duration) -> String {
    match age(passed).as_str() {
        "now" => "just now".to_owned(),
        age => format!("{age} ago"),
    }
}

fn ahead(left: std::time::Duration) -> String {
    match age(left).as_str() {
        "now" => "ends within a minute".to_owned(),
        age => format!("ends in {age}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_told_in_right_words() {
        for (seconds, past, future) in [
            (0, "just now", "ends within a minute"),
            (59, "just now", "ends within a minute"),
            (180, "3m ago", "ends in 3m"),
            (7_200, "2h ago", "ends in 2h"),
        ] {
            let time = Duration::from_secs(seconds);
            assert_eq!((&*ago(time), &*ahead(time)), (past, future));
        }
    }
}
