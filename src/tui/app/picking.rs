//! A change taken in parts at an ask: which of its hunks are taken, and what is then answered.

use std::time::Duration;

use crate::agent::hunks::{Hunk, hunks};
use crate::protocol::ask::{Answer, Risk, Subject, Verdict};
use crate::tui::app::ask::{AskFocus, Reply};
use crate::tui::app::choosing::{Choice, moved};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picking {
    pub hunks: Vec<Hunk>,
    /// One for each; at first all are.
    pub taken: Vec<bool>,
    pub at: usize,
    /// The next frame brings the marked one into sight.
    pub shows: bool,
}

impl Picking {
    fn answer(&self) -> Option<Verdict> {
        if self.taken.iter().all(|taken| *taken) {
            return Some(Verdict::Once);
        }
        let some = self.taken.iter().any(|taken| *taken);
        some.then(|| Verdict::Hunks {
            kept: self.taken.clone(),
        })
    }
}

impl AskFocus {
    /// Begins to choose among the hunks of a change. All of them were read before that: only the quiet begins anew.
    pub fn pick_hunks(&mut self, now: Duration) -> Reply {
        if let Some(Subject::Change { patch, .. }) =
            self.approval().map(|approval| &approval.subject)
        {
            let hunks = hunks(patch);
            self.picking = Some(Box::new(Picking {
                taken: vec![true; hunks.len()],
                hunks,
                at: 0,
                shows: false,
            }));
            self.scroll = 0;
            self.arming.rest(now);
        }
        Reply::Stay
    }

    /// A key while hunks are chosen.
    pub fn picking_key(&mut self, press: Press, now: Duration) -> Reply {
        let ready = self.arming.ready(now);
        let high = self
            .approval()
            .is_some_and(|approval| approval.risk == Risk::High);
        let Some(picking) = &mut self.picking else {
            return Reply::Stay;
        };
        let confirmed = self.confirm.take() == Some(Choice::Once);
        match press.action {
            Some(Action::Close) if confirmed => {}
            Some(Action::Close) => {
                self.picking = None;
                self.scroll = 0;
                self.arming.rest(now);
            }
            Some(action @ (Action::MarkAfter | Action::MarkBefore)) => {
                picking.at = moved(Some(picking.at), picking.hunks.len(), action).unwrap_or(0);
                picking.shows = true;
            }
            Some(Action::AskHunk) => self.turn_hunk(None, now),
            // Enter takes nothing that was not asked for: it is the second key alone.
            Some(action @ (Action::AskYes | Action::Choose))
                if ready && (action == Action::AskYes || confirmed) =>
            {
                return match picking.answer() {
                    Some(_) if high && !(confirmed && action == Action::Choose) => {
                        self.confirm = Some(Choice::Once);
                        Reply::Stay
                    }
                    Some(verdict) => Reply::Answer(Answer::Verdict { verdict }),
                    None => {
                        self.arming.dropped(now);
                        Reply::Stay
                    }
                };
            }
            Some(Action::AskNo) if ready => {
                let verdict = Verdict::No { reason: None };
                return Reply::Answer(Answer::Verdict { verdict });
            }
            _ => match press.row() {
                Some(row) => self.turn_hunk(Some(row), now),
                None => self.arming.dropped(now),
            },
        }
        Reply::Stay
    }

    /// Takes a hunk or leaves it: the marked one, or that of a number. What would be written is less then than what was read.
    fn turn_hunk(&mut self, row: Option<usize>, now: Duration) {
        let Some(picking) = &mut self.picking else {
            return;
        };
        let at = row.unwrap_or(picking.at);
        let Some(taken) = picking.taken.get_mut(at) else {
            return self.arming.dropped(now);
        };
        *taken = !*taken;
        picking.at = at;
        picking.shows = true;
        self.arming.rest(now);
    }
}
