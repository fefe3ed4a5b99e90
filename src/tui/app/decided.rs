//! What was decided on calls today, by whom: for the inbox, read from the log when it opens and after each answer there.

use crate::protocol::decided::Decided;
use crate::protocol::query::Query;
use crate::protocol::rule::By;
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;

/// Who it was, in a few words.
pub fn who(by: &By) -> String {
    match by {
        By::Person => "you".to_owned(),
        By::Mode { mode } => format!("mode {mode}"),
        By::Rules { rules } => {
            let names = rules.iter().map(|rule| match rule.number {
                Some(number) => format!("{number} {}", rule.text),
                None => rule.text.clone(),
            });
            format!("rule {}", names.collect::<Vec<_>>().join(", "))
        }
    }
}

impl App {
    /// Reads what was decided today, as much of it as the screen could show: a row takes two of its lines.
    pub fn ask_decided(&self) -> Vec<Cmd> {
        let rows = u32::from(self.size.1 / 2);
        vec![Cmd::Ask(Tag::Decided, Query::Decided { rows })]
    }

    pub fn decided(&mut self, decided: Decided) {
        if let Some(Overlay::Inbox(inbox)) = &mut self.overlay {
            inbox.decided = decided;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::rule::{Effect, Mode, Rule, Scope};

    #[test]
    fn who_decided_is_told_in_a_few_words() {
        let rule = Rule {
            number: Some(7),
            ..Rule::new(Effect::Allow, "Bash(cargo test *)", Scope::Repository)
        };
        let cases = [
            (By::Person, "you"),
            (By::Rules { rules: vec![rule] }, "rule 7 Bash(cargo test *)"),
            (By::Mode { mode: Mode::Ask }, "mode ask"),
        ];
        for (by, expected) in cases {
            assert_eq!(who(&by), expected);
        }
    }
}
