//! What there is to choose from at an ask, and which action of the keymap chooses it.

use crossterm::event::{KeyCode, KeyEvent};

use crate::agent::hunks::are_several;
use crate::protocol::ask::{About, Subject};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;

/// What one key of an ask does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Once,
    Session,
    Rule,
    No,
    NoBecause,
    Edit,
    Details,
    Proceed,
    Raise,
    CheaperModel,
    Budgets,
    End,
    /// An answer that the model offers, by its place.
    Pick(usize),
    /// An answer in the person's own words.
    Say,
    /// The model decides itself.
    LeaveIt,
}

impl Choice {
    /// The row that its number stands for, counted from 0, where others stand before it. At the ask for a call it is the same whatever
    /// else is offered, and the same as in `creel --plain`: who answers by habit must not say yes because a list was shorter.
    pub fn row(self, about: &About, at: usize) -> usize {
        if !matches!(about, About::Approval(_)) {
            return at;
        }
        match self {
            Self::Once => 0,
            Self::Session => 1,
            Self::Rule => 2,
            Self::Edit => 3,
            Self::No => 4,
            Self::NoBecause => 5,
            Self::Details => 6,
            _ => at,
        }
    }

    /// Nothing happens by it that was asked for.
    pub fn refuses(self) -> bool {
        matches!(self, Self::No | Self::NoBecause | Self::End)
    }
}

/// One of the choices: what it does, whose key it has, and its words.
pub type Offer = (Choice, Action, &'static str);

pub fn choices(about: &About) -> Vec<Offer> {
    match about {
        About::Approval(approval) => {
            let mut rows = vec![(Choice::Once, Action::AskYes, "once")];
            if approval.session_rule.is_some() {
                rows.push((Choice::Session, Action::AskSession, "this session"));
            }
            if !approval.rules.is_empty() {
                rows.push((Choice::Rule, Action::AskRule, "rule…"));
            }
            rows.push((Choice::No, Action::AskNo, "no"));
            rows.push((Choice::NoBecause, Action::AskNoBecause, "no, because…"));
            match &approval.subject {
                Subject::Command { .. } => {
                    rows.push((Choice::Edit, Action::AskEdit, "edit first"));
                }
                Subject::Change { patch, .. } if are_several(patch) => {
                    rows.push((Choice::Edit, Action::AskEdit, "in parts…"));
                }
                Subject::Change { .. } | Subject::Read { .. } | Subject::Other { .. } => {}
            }
            rows.push((Choice::Details, Action::AskDetails, "details"));
            rows
        }
        About::Budget { .. } => vec![
            (Choice::Raise, Action::AskRaise, "$1 more"),
            (Choice::Proceed, Action::AskGoOn, "this once"),
            (Choice::CheaperModel, Action::AskModel, "other model"),
            (Choice::Budgets, Action::AskBudgets, "budgets"),
            (Choice::End, Action::AskEnd, "end the turn"),
        ],
        About::Guard { .. } => vec![
            (Choice::Proceed, Action::AskGoOn, "go on"),
            (Choice::End, Action::AskEnd, "end the turn"),
        ],
        About::Unpriced { .. } => vec![
            (
                Choice::Proceed,
                Action::AskYes,
                "count it as the dearest known",
            ),
            (Choice::CheaperModel, Action::AskModel, "other model"),
            (Choice::End, Action::AskEnd, "end the turn"),
        ],
        About::Question(question) => {
            let picks =
                (0..question.choices.len()).map(|at| (Choice::Pick(at), Action::AskPick, ""));
            let own = [
                (Choice::Say, Action::AskSay, "answer in words…"),
                (Choice::LeaveIt, Action::AskLeaveIt, "leave it to the model"),
            ];
            picks.chain(own).collect()
        }
    }
}

/// The choice of a key, or of its number.
pub fn chosen(about: &About, choices: &[Offer], press: Press) -> Option<Choice> {
    let own = choices.iter().find(|row| Some(row.1) == press.action);
    let numbered = |typed| {
        let mut rows = choices.iter().enumerate();
        rows.find(|(at, row)| row.0.row(about, *at) == typed)
    };
    own.or_else(|| Some(numbered(press.row()?)?.1))
        .map(|row| row.0)
}

/// Whether a text is one key of this ask and nothing else.
pub fn is_key_of(about: &About, text: &str, keymap: &Keymap) -> bool {
    let mut signs = text.trim().chars();
    let one = signs.next().filter(|_| signs.next().is_none());
    one.is_some_and(|c| {
        let press = keymap.press(Place::Ask, KeyEvent::from(KeyCode::Char(c)));
        chosen(about, &choices(about), press).is_some()
    })
}

/// A key in a list of an ask: down and up go to another row, whichever keys they are.
pub fn listed(press: Press) -> Press {
    let action = match press.action {
        Some(Action::ScrollDown) => Some(Action::MarkAfter),
        Some(Action::ScrollUp) => Some(Action::MarkBefore),
        action => action,
    };
    Press { action, ..press }
}

/// The next place of a mark that starts on none.
pub fn moved(from: Option<usize>, count: usize, action: Action) -> Option<usize> {
    if count == 0 {
        return None;
    }
    let back = action == Action::MarkBefore;
    Some(match (from, back) {
        (None, false) => 0,
        (None, true) => count - 1,
        (Some(at), false) => (at + 1).min(count - 1),
        (Some(at), true) => at.saturating_sub(1),
    })
}
