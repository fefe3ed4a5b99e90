//! What happened in a session while the person looked elsewhere, told in one line when they come back to it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::protocol::call::Detail;
use crate::protocol::event::Fact;
use crate::protocol::id::SessionId;
use crate::protocol::item::Item;
use crate::protocol::time::Time;
use crate::protocol::usage::Spending;
use crate::tui::app::App;
use crate::tui::app::message::Msg;
use crate::tui::app::notify::AWAY;
use crate::tui::widget::text;

/// Who looks away for less knows what happened.
const SHORT: Duration = Duration::from_mins(1);

/// Counted from the moment the person looked away.
#[derive(Debug, Clone, PartialEq)]
pub struct Since {
    from: Time,
    steps: u32,
    files: BTreeSet<String>,
    asks: u32,
    spent: Spending,
}

impl Since {
    pub fn new(from: Time) -> Self {
        Self {
            from,
            steps: 0,
            files: BTreeSet::new(),
            asks: 0,
            spent: Spending::default(),
        }
    }

    pub fn hear(&mut self, fact: &Fact) {
        match fact {
            Fact::ModelAnswered { charge, step, .. } => {
                // A call beside the turn's own steps costs, and is no step.
                self.steps += u32::from(*step > 0);
                self.spent.add(*charge);
            }
            Fact::AskRaised { .. } => self.asks += 1,
            Fact::ItemAdded {
                item: Item::Result { outcome, .. },
                ..
            } => {
                if let Detail::Diff { path, .. } = &outcome.detail {
                    self.files.insert(path.clone());
                }
            }
            _ => {}
        }
    }

    /// `away 25m: 9 steps, 4 files, 1 ask, $0.61`; nothing where nothing happened, or they were hardly gone.
    fn told(&self, now: Time) -> Option<String> {
        let away = now.since(self.from);
        if away < SHORT {
            return None;
        }
        let files = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let counted = [(self.steps, "step"), (files, "file"), (self.asks, "ask")];
        let mut parts: Vec<String> = counted
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
            .collect();
        if parts.is_empty() {
            return None;
        }
        if self.steps > 0 {
            parts.push(self.spent.to_string());
        }
        Some(format!("away {}: {}", text::age(away), parts.join(", ")))
    }
}

impl App {
    /// Counts from now on for what is not looked at, and tells of what is looked at again.
    pub fn look_again(&mut self) {
        let looked = self.looked_at_now();
        if looked == self.looking {
            return;
        }
        let now = self.now.wall;
        if let Some(left) = std::mem::replace(&mut self.looking, looked)
            && let Some(view) = self.view_of(left)
        {
            view.since = Some(Since::new(now));
        }
        let back = looked.and_then(|session| self.view_of(session)?.since.take());
        if let Some(told) = back.and_then(|since| since.told(now)) {
            self.say(told);
        }
    }

    /// Where the terminal does not tell whether anybody looks at it: who gave no sign for long was away from the last one on.
    /// What happens meanwhile is counted from each sign, so nothing wakes for it.
    pub fn come_back(&mut self, msg: &Msg) {
        let sign = matches!(
            msg,
            Msg::Key(_) | Msg::Paste(_) | Msg::Wheel(..) | Msg::Click(_) | Msg::Point(..)
        );
        let now = self.now;
        let silent = self.notify.silent(now.since);
        let (Some(silent), Some(id), true) = (silent, self.looking, sign) else {
            return;
        };
        let Some(view) = self.view_of(id) else {
            return;
        };
        let since = view.since.replace(Since::new(now.wall));
        let told = since.filter(|_| silent >= AWAY);
        if let Some(told) = told.and_then(|since| since.told(now.wall)) {
            self.say(told);
        }
    }

    /// The session with the keys, where it is seen.
    fn looked_at_now(&self) -> Option<SessionId> {
        let seen = self.board.is_none() && self.notify.may_look();
        seen.then(|| self.pane().session)
    }
}
