//! How well each endpoint does: what the answers of the log add up to. A failure makes it cool down, an answer clears that;
//! how fast it is and what is left of its limits is remembered. One book serves all sessions of a home, since all write the
//! log that it is read from.

use std::collections::HashMap;
use std::time::Duration;

use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{ModelRef, Seq};
use crate::protocol::route::{Outcome, Vitals};
use crate::protocol::time::Time;

/// Failures within this time are one incident, of calls that were under way together: sessions side by side meet it, and it
/// counts once.
const INCIDENT: Duration = Duration::from_secs(5);

/// A call that began so soon after another one had failed did not know of it yet.
const UNHEARD: Duration = Duration::from_millis(100);

/// However often it fails, an endpoint is tried again after this.
const LONGEST: Duration = Duration::from_mins(10);

/// A key that was refused, a model that is not there, a config that is wrong: a person has to do something, so asking again
/// soon is of no use while others are ready. They may have done it, so it is not long.
const LASTING: Duration = Duration::from_mins(5);

/// The shortest time an endpoint that failed is left alone, whatever it says.
const SHORTEST: Duration = Duration::from_secs(1);

const DAY: Duration = Duration::from_hours(24);

/// Shorter answers say little about speed.
const FEW_TOKENS: u64 = 20;

/// What is known of one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Incidents since it last answered.
    strikes: u32,
    /// The newest failure since it last answered.
    failed: Option<(Time, Failure)>,
    /// What the newest answer showed.
    shown: Option<(Time, Vitals)>,
    /// Milliseconds to the first word; new measurements count a quarter.
    pub first: Option<u64>,
    /// Tokens a second; new measurements count a quarter.
    pub rate: Option<u64>,
}

/// An endpoint that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooling {
    pub until: Time,
    pub failure: Failure,
    /// It passes by itself, so waiting for it makes sense.
    pub passes: bool,
}

impl Health {
    /// A call that took so many milliseconds.
    fn fails(&mut self, at: Time, millis: u64, failure: &Failure) {
        let began = Time(at.0.saturating_sub(i64::try_from(millis).unwrap_or(i64::MAX)));
        let same = self.failed.as_ref().is_some_and(|(before, _)| {
            at.since(*before) < INCIDENT && began < before.plus(UNHEARD)
        });
        if !same {
            self.strikes = self.strikes.saturating_add(1);
        }
        self.failed = Some((at, failure.clone()));
    }

    fn answers(&mut self, at: Time, vitals: Vitals, output: u64, millis: u64) {
        self.strikes = 0;
        self.failed = None;
        // The limits were said at the head of the answer, not at its end.
        let spoke = millis.saturating_sub(vitals.first.unwrap_or(millis));
        let head = Time(at.0.saturating_sub(i64::try_from(spoke).unwrap_or(0)));
        self.shown = Some((head, vitals));
        if let Some(first) = vitals.first {
            self.first = Some(blended(self.first, first));
            let spoke = millis.saturating_sub(first);
            if output >= FEW_TOKENS && spoke > 0 {
                let rate = output.saturating_mul(1000) / spoke;
                self.rate = Some(blended(self.rate, rate));
            }
        }
    }

    /// Whether it is left alone now. `cooldown` is the wait after a first failure whose length nobody told; it doubles with
    /// each further one.
    pub fn cooling(&self, cooldown: Duration, now: Time) -> Option<Cooling> {
        let (at, failure) = self.failed.as_ref()?;
        let doubled = || {
            let times = 1_u32 << self.strikes.saturating_sub(1).min(10);
            cooldown.saturating_mul(times).min(LONGEST.max(cooldown))
        };
        let (wait, passes) = match (ends_by_itself(failure), failure.retry_after) {
            (None, _) => return None,
            (Some(false), _) => (LASTING, false),
            // A wait of nothing, or of less than the way there, would have the same endpoint asked again and again while
            // another one is ready. None is believed that is longer than a day.
            (Some(true), Some(told)) => {
                let told = Duration::from_millis(told).min(DAY);
                (told.max(cooldown.min(SHORTEST)), true)
            }
            (Some(true), None) => (doubled(), failure.should_retry != Some(false)),
        };
        let until = at.plus(wait);
        // A clock that was set back does not shut an endpoint out.
        (*at <= now && until > now).then(|| Cooling {
            until,
            failure: failure.clone(),
            passes,
        })
    }

    /// When its limits let a prompt through again that has so many tokens not cached there; `None` where they do now.
    pub fn exhausted(&self, fresh: u64, now: Time) -> Option<Time> {
        let (at, vitals) = self.shown?;
        let spent = |left: crate::protocol::route::Left, needed| {
            let until = at.plus(Duration::from_millis(left.reset));
            (left.left < needed && at <= now && until > now).then_some(until)
        };
        let requests = vitals.limits.requests.and_then(|left| spent(left, 1));
        let tokens = vitals
            .limits
            .tokens
            .and_then(|left| spent(left, fresh.max(1)));
        requests.max(tokens)
    }

    /// Milliseconds to a whole answer of so many tokens, as measured.
    pub fn millis(&self, tokens: u64) -> Option<u64> {
        let speaking = self
            .rate
            .map_or(0, |rate| tokens.saturating_mul(1000) / rate.max(1));
        Some(self.first?.saturating_add(speaking))
    }
}

/// Whether what failed will do by itself what it was asked; `None` where the fault was the request's and says nothing about
/// the endpoint.
fn ends_by_itself(failure: &Failure) -> Option<bool> {
    match failure.kind {
        // It was the connection, and the next is a new one.
        FailureKind::Network if failure.stale => None,
        FailureKind::Rate
        | FailureKind::Overloaded
        | FailureKind::Network
        | FailureKind::Protocol => Some(true),
        FailureKind::Auth | FailureKind::Config => Some(false),
        // No such model, or no such address.
        FailureKind::BadRequest if matches!(failure.status, Some(404 | 405 | 410)) => Some(false),
        FailureKind::BadRequest
        | FailureKind::TooLong
        | FailureKind::Refused
        | FailureKind::Internal => None,
    }
}

/// Whether all endpoints of the provider fail with it: its key is the same, and its server.
fn is_of_provider(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::Auth => true,
        FailureKind::Network => failure.status.is_none(),
        _ => false,
    }
}

fn blended(before: Option<u64>, new: u64) -> u64 {
    before.map_or(new, |before| {
        before.saturating_mul(3).saturating_add(new) / 4
    })
}

/// The health of every endpoint that was called.
#[derive(Debug, Default)]
pub struct Book {
    endpoints: HashMap<ModelRef, Health>,
    /// Failures that are the whole provider's.
    providers: HashMap<String, Health>,
    /// The last end that was taken up.
    read: Seq,
}

impl Book {
    /// Up to where the log was read.
    pub fn read(&self) -> Seq {
        self.read
    }

    /// Takes up how one call ended; those at or below the last one taken up are ignored.
    pub fn apply(&mut self, outcome: &Outcome) {
        if outcome.seq <= self.read {
            return;
        }
        self.read = outcome.seq;
        // Where nobody waited for the end the endpoint had no part in it.
        let Some(vitals) = outcome.vitals else {
            return;
        };
        let model = &outcome.model;
        let health = self.endpoints.entry(model.clone()).or_default();
        match &outcome.failure {
            Some(failure) if ends_by_itself(failure).is_some() => {
                health.fails(outcome.at, outcome.millis, failure);
                if is_of_provider(failure) {
                    let provider = self.providers.entry(model.provider.clone()).or_default();
                    provider.fails(outcome.at, outcome.millis, failure);
                }
            }
            // It did answer, if only to say no.
            Some(_) => {}
            // Broken off by the person: nothing is known of how it would have ended.
            None if outcome.stop.is_none() => {}
            None => {
                let output = outcome.usage.output;
                health.answers(outcome.at, vitals, output, outcome.millis);
                self.providers.remove(&model.provider);
            }
        }
    }

    /// What is known of an endpoint, with what is known of its provider.
    pub fn of(&self, model: &ModelRef) -> Health {
        let mut health = self.endpoints.get(model).cloned().unwrap_or_default();
        let provider = self.providers.get(&model.provider);
        let newest = |health: &Health| health.failed.as_ref().map(|(at, _)| *at);
        if let Some(provider) = provider.filter(|provider| newest(provider) > newest(&health)) {
            health.failed.clone_from(&provider.failed);
            health.strikes = provider.strikes;
        }
        health
    }

    /// The config was read again: what a person had to mend may be mended.
    pub fn forgive(&mut self) {
        let mended = |health: &Health| {
            let failure = health.failed.as_ref().map(|(_, failure)| failure);
            failure.and_then(ends_by_itself) == Some(false)
        };
        for health in self
            .endpoints
            .values_mut()
            .chain(self.providers.values_mut())
        {
            if mended(health) {
                health.failed = None;
                health.strikes = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_anew_where_its_call_began_after_the_last_one() {
        let cooldown = Duration::from_secs(1);
        let failure = Failure::new(FailureKind::Overloaded, "x");
        // When each call ended and how long it took, and how long the endpoint is left alone then.
        let cases: [(&[(i64, u64)], u64); 5] = [
            (&[(0, 10)], 1),
            // Asked again when the cooldown was over, however short that is.
            (&[(0, 10), (1_020, 10)], 2),
            (&[(0, 10), (1_020, 10), (3_040, 10)], 4),
            // Under way together.
            (&[(0, 10), (1_020, 1_500)], 1),
            (&[(0, 10), (60, 10)], 1),
        ];
        for (calls, seconds) in cases {
            let mut health = Health::default();
            let mut last = Time(0);
            for (at, millis) in calls {
                last = Time(1_000_000_000_000 + at);
                health.fails(last, *millis, &failure);
            }
            let until = health.cooling(cooldown, last).map(|cooling| cooling.until);
            let expected = last.plus(Duration::from_secs(seconds));
            assert_eq!(until, Some(expected), "{calls:?}");
        }
    }

    #[test]
    fn a_told_wait_is_believed_within_reason() {
        let now = Time(1_000_000_000_000);
        let cooldown = Duration::from_secs(15);
        let health = |told: u64, at: Time| Health {
            failed: Some((
                at,
                Failure {
                    retry_after: Some(told),
                    ..Failure::new(FailureKind::Rate, "x")
                },
            )),
            ..Health::default()
        };
        // At once, or sooner than the way there, is not at once: another endpoint may be ready.
        let cases = [
            (0, SHORTEST),
            (20, SHORTEST),
            (37_000, Duration::from_secs(37)),
            (u64::MAX, DAY),
        ];
        for (told, expected) in cases {
            let cooling = health(told, now).cooling(cooldown, now);
            assert_eq!(
                cooling.map(|cooling| cooling.until),
                Some(now.plus(expected)),
                "{told}"
            );
        }
        // The clock was set back by an hour.
        let later = now.plus(Duration::from_hours(1));
        assert_eq!(health(1000, later).cooling(cooldown, now), None);
    }
}
