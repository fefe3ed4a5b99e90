//! The mode of a session, for good or lent: what is typed, what is said of it, and when what is left of a loan is to be seen
//! anew.

use std::time::Duration;

use crate::agent::loan::{self, Loan};
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::auto::Auto;
use crate::tui::app::overlay::quit::NO;
use crate::tui::app::view::View;

impl View {
    /// The mode that holds at a moment.
    pub fn mode(&self, now: Time) -> Mode {
        match (&self.session, &self.lent) {
            (Some(session), _) => session.mode_at(now),
            (None, Some((mode, loan))) if loan.used(now).is_none() => *mode,
            (None, _) => self.mode,
        }
    }

    /// What is lent of it.
    pub fn loan(&self) -> Option<&Loan> {
        match &self.session {
            Some(session) => session.loan.as_ref(),
            None => self.lent.as_ref().map(|(_, loan)| loan),
        }
    }

    /// The mode that holds for good: where one is lent, the one that comes back.
    pub fn lasting_mode(&self, now: Time) -> Mode {
        self.loan().map_or(self.mode(now), |loan| loan.back)
    }

    /// What a session that is not open yet begins with: a mode for good takes the place of what was lent, and the other way
    /// round.
    pub fn begin_in(&mut self, change: Change) {
        let lends = |op: &Op| {
            let Op::Change { change } = op else {
                return false;
            };
            matches!(change, Change::ModeLent { .. })
        };
        self.after_open.retain(|op| !lends(op));
        self.lent = None;
        match change {
            Change::Mode { mode } => self.mode = mode,
            Change::ModeLent { mode, until, sum } => {
                let loan = Loan {
                    back: self.mode,
                    until,
                    sum,
                    spent: 0,
                };
                self.lent = Some((mode, loan));
                self.after_open.push(Op::Change { change });
            }
            _ => {}
        }
    }
}

impl App {
    /// The next mode of the round. The one in which commands run unasked is asked about first: one key too many is soon
    /// pressed, and nothing that runs is taken back.
    pub fn next_mode(&mut self) -> Vec<Cmd> {
        let from = self.view().mode(self.now.wall);
        match from.next() {
            Mode::Auto => {
                self.ask_for_auto();
                Vec::new()
            }
            mode => self.change(Change::Mode { mode }),
        }
    }

    pub fn ask_for_auto(&mut self) {
        let from = self.view().mode(self.now.wall);
        self.show(Overlay::Auto(Auto {
            from,
            highlight: NO,
        }));
    }

    /// Whether a mode for good would be another one than what holds for good now.
    pub fn is_new_mode(&self, mode: Mode) -> bool {
        self.view().lasting_mode(self.now.wall) != mode
    }

    /// The round goes on past it.
    pub fn past_auto(&mut self) -> Vec<Cmd> {
        let mode = Mode::Auto.next();
        self.change(Change::Mode { mode })
    }

    /// `/mode`: a mode, or one with a time and a sum.
    pub fn read_mode(&self, text: &str) -> Result<Change, String> {
        if text.trim().is_empty() {
            return Err("which mode: ask, edits, plan or auto?".to_owned());
        }
        let change = loan::read(text, self.now.wall)?;
        let view = self.view();
        match &change {
            Change::ModeLent { mode, .. }
                if view.loan().is_none() && view.mode(self.now.wall) == *mode =>
            {
                Err(loan::already(*mode))
            }
            _ => Ok(change),
        }
    }

    /// A wider mode is said in words; the status line shows every one.
    pub fn say_mode(&mut self, change: &Change) {
        let auto = self.auto_means();
        let words = |mode: &Mode| match mode {
            Mode::Plan => "reads inside the folder; everything else is denied",
            Mode::Ask => "reads inside the folder run; the rest asks",
            Mode::Edits => "also changes files inside the folder without asking",
            Mode::Auto => auto,
        };
        match change {
            Change::Mode { mode } => {
                let what = words(mode);
                self.say(format!("{mode}: {what}; seen in the line at the foot"));
            }
            Change::ModeLent { mode, until, sum } => {
                let terms = loan::terms(*until, *sum, self.now.wall);
                let back = self.view().lasting_mode(self.now.wall);
                let what = words(mode);
                self.say(format!("{mode} for {terms}, then {back}: {what}"));
            }
            _ => {}
        }
    }

    /// When a session that is seen has a minute less of its loan, or none of it; in time since the start.
    pub fn loan_wake(&self, now: Duration) -> Option<Duration> {
        let seen = self.seen_sessions();
        let loans = self.views.iter().filter(|view| seen.contains(&view.id));
        let until = loans.filter_map(|view| view.loan()?.until);
        let left = until.map(|until| until.since(self.now.wall));
        let next = left.filter(|left| !left.is_zero()).map(|left| {
            // The figure changes when the minute that runs is over.
            let part = left.as_millis() % 60_000;
            let part = if part == 0 { 60_000 } else { part };
            now + Duration::from_millis(u64::try_from(part).unwrap_or(60_000) + 1)
        });
        next.min()
    }
}
