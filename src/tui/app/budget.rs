//! The day's budget is told once, after the first turn of a day that cost something, whichever session that was in.

use crate::protocol::event::{Event, Fact};
use crate::protocol::query::Today;
use crate::tui::app::App;

impl App {
    /// What was spent today is known anew. Less than before: it is another day, on which it is told again.
    pub fn today_is(&mut self, today: Today) {
        let before = self.today.replace(today);
        if before.is_some_and(|before| today.charged < before.charged) {
            self.told_budget = false;
        }
    }

    /// A turn began or ended: whether its end is where the budget is told.
    pub fn tell_budget(&mut self, event: &Event) {
        // All sessions of the home count, whatever process they were in.
        let nothing_yet = self.today.is_none_or(|today| today.charged == 0);
        let told = self.told_budget;
        let Some(view) = self.view_of(event.session) else {
            return;
        };
        match event.fact {
            Fact::TurnStarted { .. } => view.first_today = nothing_yet,
            Fact::TurnEnded { .. } if view.first_today && !told => {
                let spent = view.session.as_ref().map(|session| &session.turn_sum.spent);
                if spent.is_some_and(|spent| spent.cost.0.values().any(|parts| *parts > 0)) {
                    view.budget_at = Some(event.seq);
                    self.told_budget = true;
                }
            }
            _ => {}
        }
    }
}
