//! A model that stands alone: it is asked whatever its health is, but where its server has told one session to wait, the
//! others wait with it.

use std::time::Duration;

use crate::agent::retry;
use crate::agent::route::health::{Cooling, Health};
use crate::protocol::query::ModelCard;
use crate::protocol::route::Reason;
use crate::protocol::time::Time;

/// What its first request waits for; `None` where it is sent now.
pub fn waits(health: &Health, now: Time) -> Option<Cooling> {
    health
        .cooling(Duration::ZERO, now)
        .filter(|cooling| cooling.passes && retry::is_worth(cooling.until.since(now)))
}

/// Whether it would serve now, with the reason, and until when it would not.
pub fn verdict(card: &ModelCard, health: &Health, now: Time) -> (bool, Reason, Option<Time>) {
    if let Some(what) = &card.lacks {
        return (false, Reason::Lacks { what: what.clone() }, None);
    }
    match waits(health, now) {
        None => (true, Reason::Chosen, None),
        Some(cooling) => {
            let reason = Reason::Cooling {
                kind: cooling.failure.kind,
                message: cooling.failure.message,
            };
            (false, reason, Some(cooling.until))
        }
    }
}
