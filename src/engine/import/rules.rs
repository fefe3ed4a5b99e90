//! The rules of another home, as proposals: none holds here by being taken in.

use crate::protocol::import::ProposedRule;
use crate::protocol::rule::{Bounds, KeptRule};
use crate::protocol::time::Time;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Rules that hold there for more than one session and are not here.
pub(crate) fn proposed(theirs: &[KeptRule], ours: &[KeptRule], now: Time) -> Vec<ProposedRule> {
    let here = |rule: &KeptRule| {
        ours.iter().any(|our| {
            (our.effect, &our.text, &our.bounds) == (rule.effect, &rule.text, &rule.bounds)
                && our.holds_at(now)
        })
    };
    let rules = theirs
        .iter()
        .filter(|rule| rule.holds_at(now) && !here(rule));
    rules
        .filter_map(|rule| {
            let folder = match &rule.bounds {
                Bounds::Worktree { folder } => Some(folder.clone()),
                Bounds::Repository { project } => Some(project.clone()),
                Bounds::Everywhere => None,
                // That session has them, and what a folder brings is to be trusted anew.
                Bounds::Session { .. } | Bounds::Project { .. } => return None,
            };
            let left = rule.until.map(|until| until.0.saturating_sub(now.0));
            let days = left.map(|left| left.saturating_add(DAY_MILLIS - 1) / DAY_MILLIS);
            Some(ProposedRule {
                effect: rule.effect,
                text: rule.text.clone(),
                scope: rule.bounds.scope(),
                folder,
                days: days.and_then(|days| u32::try_from(days).ok()),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::rule::Effect;

    fn rule(text: &str, bounds: Bounds, until: Option<i64>) -> KeptRule {
        KeptRule {
            number: 1,
            effect: Effect::Allow,
            text: text.to_owned(),
            bounds,
            since: Time(0),
            until: until.map(Time),
            from: None,
            used: 3,
            last_used: None,
        }
    }

    #[test]
    fn rules_are_proposed_where_they_hold_and_are_not_here() {
        let project = || PathBuf::from("/work/boat");
        let theirs = [
            rule("Bash(git *)", Bounds::Everywhere, None),
            rule("Bash(ls)", Bounds::Everywhere, None),
            rule(
                "edit",
                Bounds::Repository { project: project() },
                Some(DAY_MILLIS * 2 + 6),
            ),
            rule("write", Bounds::Everywhere, Some(4)),
            rule("read", Bounds::Project { project: project() }, None),
        ];
        let ours = [rule("Bash(ls)", Bounds::Everywhere, None)];
        let found: Vec<_> = proposed(&theirs, &ours, Time(5))
            .into_iter()
            .map(|rule| (rule.text, rule.folder, rule.days))
            .collect();
        let expected = [
            ("Bash(git *)".to_owned(), None, None),
            ("edit".to_owned(), Some(project()), Some(3)),
        ];
        assert_eq!(found, expected);
    }
}
