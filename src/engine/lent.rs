//! A mode that is lent, as the engine keeps it: which one holds, and the fact that says it is over, written at the edge of a
//! step, or when its time is up while nothing runs. Where that fact cannot be kept the mode of before holds all the same.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::session::Task;
use crate::protocol::event::Fact;
use crate::protocol::rule::Mode;

/// A wall clock that was set back is looked at again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Task {
    /// The mode that holds now.
    pub(crate) fn mode(&self) -> Mode {
        self.session.mode_at(self.house.clock.now())
    }

    /// The fact that a loan is used up.
    pub(crate) fn loan_over(&self) -> Option<Fact> {
        let change = self.session.returned(self.house.clock.now())?;
        Some(Fact::SessionChanged { change })
    }

    /// When the time of a loan will be over, while no turn runs; during one the edges of its steps are looked at.
    pub(crate) fn loan_ends(&self) -> Option<Instant> {
        let loan = self.session.loan.as_ref().filter(|_| self.turn.is_none())?;
        let now = self.house.clock.now();
        let left = loan.until?.since(now);
        // The log takes nothing: what holds is known without it.
        let left = if left.is_zero() { LOOK_AGAIN } else { left };
        Some(Instant::now() + left)
    }

    pub(crate) async fn settle_loan(&mut self) {
        let Some(over) = self.loan_over() else {
            return;
        };
        let plan = self.plan_change(self.mode());
        let facts = std::iter::once(over).chain(plan).collect();
        if let Err(why) = self.commit(facts).await {
            tracing::warn!(
                "session {}: its mode is lent no longer, which could not be kept: {why}",
                self.session.id
            );
        }
    }
}
