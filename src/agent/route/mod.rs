//! Which endpoint of a route serves the next prompt: the route, what is known of its endpoints, and the moment go in; the
//! choice comes out, with the reason each endpoint was taken or passed over.
//!
//! The endpoint that answered last stays as long as it is ready and what it has cached is warm, since the others would read
//! the whole prompt anew. `cheapest` compares that in money instead: the cached part costs less, and what is still cheaper
//! elsewhere goes there.

pub mod alone;
#[cfg(test)]
mod given;
pub mod health;
mod price;
#[cfg(test)]
mod sight;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::agent::cost::in_dollars;
use crate::agent::route::health::Health;
use crate::agent::route::price::{are_alike, next_cost};
use crate::protocol::failure::Failure;
use crate::protocol::id::ModelRef;
use crate::protocol::money::{Money, Rates};
use crate::protocol::query::ModelCard;
use crate::protocol::route::{Abilities, Need, Needs, Policy, Reason};
use crate::protocol::time::Time;
use crate::protocol::usage::CacheLife;

/// An answer of usual length in tokens, by which endpoints are compared: what a step with a call comes to.
const USUAL_ANSWER: u64 = 500;

/// `[routes.NAME]` of the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// At least one, none twice.
    pub endpoints: Vec<ModelRef>,
    pub policy: Policy,
    pub needs: Needs,
    /// `cooldown`: how long an endpoint is left alone after a failure that told no time. Default 15 seconds.
    pub cooldown: Duration,
    /// `patience`: how long an endpoint may take to begin its answer while another one is ready. Default 30 seconds, half
    /// of what a model gets that stands alone.
    pub patience: Duration,
}

impl Route {
    /// Of these endpoints, with all else as it is by default.
    pub fn of(endpoints: Vec<ModelRef>) -> Self {
        Self {
            endpoints,
            policy: Policy::Ordered,
            needs: Needs::default(),
            cooldown: Duration::from_secs(15),
            patience: Duration::from_secs(30),
        }
    }
}

/// One endpoint as it is now.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub card: ModelCard,
    pub abilities: Abilities,
    pub health: Health,
    /// How long what it has cached lives.
    pub life: CacheLife,
}

/// What is to be sent, and when.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'m> {
    pub now: Time,
    /// Tokens the prompt likely has.
    pub prompt: u64,
    /// The conversation has pictures: an endpoint that takes none is passed over, where another one can see them.
    pub images: bool,
    /// What answered this session last.
    pub served: Option<&'m Served>,
    /// Endpoints that refused this very request, and how.
    pub refused: &'m [(ModelRef, Failure)],
    /// The wait for the first that is ready is over, or was cut short: nobody waits twice.
    pub waited: bool,
    /// By which prices in other currencies are compared.
    pub rates: &'m Rates,
}

/// The endpoint that answered last.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Served {
    pub model: ModelRef,
    pub at: Time,
    /// Tokens of that prompt and its answer: what it can have cached.
    pub tokens: u64,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The index of the endpoint that serves now.
    pub serves: Option<usize>,
    /// Another one is ready, should this one fail.
    pub spare: bool,
    /// Where none is ready: when the first is, and the failure it cools down from.
    pub wait: Option<(Time, Option<Failure>)>,
    /// One for each endpoint, in their order, with the time until which it is passed over.
    pub verdicts: Vec<(Reason, Option<Time>)>,
}

/// An endpoint is ready, or why it is not.
enum State {
    Ready,
    /// Until then; whether it is worth waiting for.
    Until(Time, Reason, Option<Failure>, bool),
    Never(Reason),
}

pub fn decide(route: &Route, endpoints: &[Endpoint], moment: &Moment<'_>) -> Choice {
    let sees = |endpoint: &Endpoint| endpoint.abilities.images != Some(false);
    // With none that can the conversation goes on all the same, with a marker in each picture's place.
    let images = route.needs.images || moment.images && endpoints.iter().any(sees);
    let states: Vec<State> = endpoints
        .iter()
        .map(|endpoint| match state(route, endpoint, moment) {
            State::Ready | State::Until(..) if images && !sees(endpoint) => {
                State::Never(Reason::NoImages)
            }
            state => state,
        })
        .collect();
    let ready: Vec<usize> = (0..endpoints.len())
        .filter(|&index| matches!(states[index], State::Ready))
        .collect();
    let soonest = soonest(&states);
    let best = best(route, endpoints, &ready, moment).or_else(|| {
        let index = match &soonest {
            Some((index, ..)) => Some(*index).filter(|_| moment.waited),
            None => last_resort(&states),
        };
        Some((index?, Reason::Soonest))
    });
    let (serves, taken) = best.unzip();
    let verdicts = states.into_iter().enumerate().map(|(index, state)| {
        let until = match &state {
            State::Until(until, ..) => Some(*until),
            State::Ready | State::Never(_) => None,
        };
        if let (true, Some(reason)) = (serves == Some(index), &taken) {
            return (reason.clone(), None);
        }
        let reason = match state {
            State::Ready => passed_over(route, endpoints, (index, serves, taken.as_ref()), moment),
            State::Until(_, reason, ..) | State::Never(reason) => reason,
        };
        (reason, until)
    });
    Choice {
        serves,
        spare: ready.len() > 1,
        verdicts: verdicts.collect(),
        wait: soonest
            .filter(|_| serves.is_none())
            .map(|(_, until, failure)| (until, failure)),
    }
}

/// What a route needs of its endpoints and nobody knows of this one.
pub fn not_known(needs: &Needs, endpoint: &Endpoint) -> Vec<Need> {
    let Abilities { tools, images } = endpoint.abilities;
    [
        (
            needs.context.is_some() && endpoint.card.context.is_none(),
            Need::Context,
        ),
        (needs.tools && tools.is_none(), Need::Tools),
        (needs.images && images.is_none(), Need::Images),
    ]
    .into_iter()
    .filter_map(|(open, need)| open.then_some(need))
    .collect()
}

fn state(route: &Route, endpoint: &Endpoint, moment: &Moment<'_>) -> State {
    let card = &endpoint.card;
    if let Some(what) = &card.lacks {
        return State::Never(Reason::Lacks { what: what.clone() });
    }
    if let (Some(needed), Some(window)) = (route.needs.context, card.context)
        && window < needed
    {
        return State::Never(Reason::Window { window });
    }
    if route.needs.tools && endpoint.abilities.tools == Some(false) {
        return State::Never(Reason::NoTools);
    }
    if let Some(window) = card.context.filter(|&window| moment.prompt >= window) {
        let prompt = moment.prompt;
        return State::Never(Reason::TooSmall { window, prompt });
    }
    if let Some((_, failure)) = moment
        .refused
        .iter()
        .find(|(model, _)| *model == card.model)
    {
        return State::Never(Reason::Refused {
            kind: failure.kind,
            message: failure.message.clone(),
        });
    }
    if let Some(cooling) = endpoint.health.cooling(route.cooldown, moment.now) {
        let reason = Reason::Cooling {
            kind: cooling.failure.kind,
            message: cooling.failure.message.clone(),
        };
        return State::Until(cooling.until, reason, Some(cooling.failure), cooling.passes);
    }
    let fresh = moment.prompt.saturating_sub(cached(endpoint, moment));
    match endpoint.health.exhausted(fresh, moment.now) {
        Some(until) => State::Until(until, Reason::Exhausted, None, true),
        None => State::Ready,
    }
}

/// The first that will be ready, among those worth waiting for.
fn soonest(states: &[State]) -> Option<(usize, Time, Option<Failure>)> {
    let waits = states.iter().enumerate().filter_map(|(index, state)| {
        if let State::Until(until, _, failure, true) = state {
            Some((index, *until, failure.clone()))
        } else {
            None
        }
    });
    // Of several at the same moment the first in order: `min_by_key` keeps it.
    waits.min_by_key(|(_, until, _)| *until)
}

/// Where nothing is ready or worth waiting for: what a person had to mend may be mended. Within a step it is tried once, since
/// then it has refused this request.
fn last_resort(states: &[State]) -> Option<usize> {
    states
        .iter()
        .position(|state| matches!(state, State::Until(_, _, _, false)))
}

/// Tokens the endpoint has cached of this session.
fn cached(endpoint: &Endpoint, moment: &Moment<'_>) -> u64 {
    moment
        .served
        .filter(|served| is_warm(endpoint, served, moment.now))
        .map_or(0, |served| served.tokens.min(moment.prompt))
}

fn is_warm(endpoint: &Endpoint, served: &Served, now: Time) -> bool {
    served.model == endpoint.card.model && now.since(served.at) < endpoint.life.duration()
}

fn best(
    route: &Route,
    endpoints: &[Endpoint],
    ready: &[usize],
    moment: &Moment<'_>,
) -> Option<(usize, Reason)> {
    let warm = ready.iter().copied().find(|&index| {
        moment
            .served
            .is_some_and(|served| is_warm(&endpoints[index], served, moment.now))
    });
    match (route.policy, warm) {
        (Policy::Ordered | Policy::Fastest, Some(warm)) => Some((warm, Reason::Warm)),
        (Policy::Ordered, None) => Some((*ready.first()?, Reason::First)),
        (Policy::Fastest, None) => {
            // What was not measured goes first: otherwise it never would be.
            let millis = |index: &usize| endpoints[*index].health.millis(USUAL_ANSWER);
            let index = *ready
                .iter()
                .min_by_key(|index| millis(index).unwrap_or(0))?;
            let millis = millis(&index);
            Some((index, Reason::Fastest { millis }))
        }
        (Policy::Cheapest, warm) => cheapest(endpoints, ready, warm, moment),
    }
}

/// The cheapest of those whose costs can be compared. Without a rate amounts of two currencies cannot: then the order of the
/// route decides between them, after the cache that is warm.
fn cheapest(
    endpoints: &[Endpoint],
    ready: &[usize],
    warm: Option<usize>,
    moment: &Moment<'_>,
) -> Option<(usize, Reason)> {
    let cost = |index: usize| next_cost(&endpoints[index], moment);
    let mut priced = warm.into_iter().chain(ready.iter().copied());
    let measure = priced.find_map(|index| cost(index).filter(|cost| cost.parts != 0));
    let is_alike = |index: &usize| match (cost(*index), measure) {
        (Some(cost), Some(measure)) => are_alike(cost, measure, moment.rates),
        _ => true,
    };
    let parts = |index: usize| {
        let parts = cost(index).map(|cost| in_dollars(cost, moment.rates).parts);
        parts.unwrap_or(i64::MAX)
    };
    let alike = ready.iter().copied().filter(is_alike);
    let index = alike.min_by_key(|&index| (parts(index), warm != Some(index)))?;
    let is_compared = |other: &usize| {
        *other != index && cost(*other).is_some() && is_alike(other) || cost(index).is_none()
    };
    let is_alone = !ready.iter().all(is_alike) && !ready.iter().any(is_compared);
    let reason = match (is_alone, warm == Some(index), ready.first() == Some(&index)) {
        (true, true, _) => Reason::Warm,
        (true, false, true) => Reason::First,
        _ => Reason::Cheapest { cost: cost(index) },
    };
    Some((index, reason))
}

/// Why the endpoint at `index`, which is ready, does not serve, where that at `serves` does for the reason `taken`.
fn passed_over(
    route: &Route,
    endpoints: &[Endpoint],
    (index, serves, taken): (usize, Option<usize>, Option<&Reason>),
    moment: &Moment<'_>,
) -> Reason {
    // Where it stands before the one that serves only the cache of that speaks against it.
    let in_order = if serves.is_some_and(|serves| index < serves) {
        Reason::Cold
    } else {
        Reason::Later
    };
    let endpoint = &endpoints[index];
    let best = serves.map(|serves| &endpoints[serves]);
    match route.policy {
        Policy::Ordered => in_order,
        Policy::Cheapest => {
            let cost = next_cost(endpoint, moment);
            let least = best.and_then(|best| next_cost(best, moment));
            let parts = |cost: Money| in_dollars(cost, moment.rates).parts;
            let is_same = cost.is_some() && cost.map(parts) == least.map(parts);
            match (cost, least) {
                (Some(cost), Some(least)) if !are_alike(cost, least, moment.rates) => {
                    Reason::Unlike { cost }
                }
                _ if is_same => in_order,
                _ => Reason::Dearer { cost },
            }
        }
        Policy::Fastest => {
            let millis = endpoint.health.millis(USUAL_ANSWER);
            let least = best.and_then(|best| best.health.millis(USUAL_ANSWER));
            // One that was not measured would be tried for that.
            let would_serve = millis.is_none() || least.is_some_and(|least| millis < Some(least));
            if taken == Some(&Reason::Warm) && would_serve {
                Reason::Cold
            } else {
                Reason::Slower { millis }
            }
        }
    }
}
