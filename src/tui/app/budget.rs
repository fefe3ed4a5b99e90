//! The day's budget is told once, after the first turn of a day that cost something, whichever session that was in.

use crate::protocol::event::{Event, Fact};
use crate::protocol::query::{Query, Today};
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Tag};

impl App {
    /// What was spent today is known anew. Less than before: it is another day, on which it is told again.
    pub fn today_is(&mut self, today: Today) {
        let before = self.today.replace(today);
        if before.is_some_and(|before| today.charged < before.charged) {
            self.told_budget = false;
        }
        // All sessions of the home count, whatever process they were in.
        for view in self.views.iter_mut().filter(|view| view.asks_today) {
            view.asks_today = false;
            view.first_today = today.charged == 0;
        }
    }

    /// A turn began or ended: whether its end is where the budget is told. What was known when it began may be of the day before, so
    /// that is asked about then, and nothing is told where it is not known.
    pub fn tell_budget(&mut self, event: &Event) -> Option<Cmd> {
        let told = self.told_budget;
        let view = self.view_of(event.session)?;
        match event.fact {
            Fact::TurnStarted { .. } => {
                view.first_today = false;
                view.asks_today = true;
                return Some(Cmd::Ask(Tag::Today, Query::Today));
            }
            Fact::TurnEnded { .. } => {
                view.asks_today = false;
                let spent = view.session.as_ref().map(|session| &session.turn_sum.spent);
                let paid = spent.is_some_and(|spent| spent.cost.0.values().any(|parts| *parts > 0));
                if view.first_today && !told && paid {
                    view.budget_at = Some(event.seq);
                    self.told_budget = true;
                }
            }
            _ => {}
        }
        None
    }
}
