//! How each endpoint of a route does, and which would serve now: what `creel route` and the list of models show.

use std::path::Path;
use std::sync::Arc;

use crate::agent::route::{self, Endpoint, Moment, Route, alone};
use crate::engine::carried::own_tokens;
use crate::engine::house::House;
use crate::engine::open;
use crate::engine::supply::no_route;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::route::{EndpointReport, Needs, Reason, RouteReport};
use crate::protocol::time::Time;

/// Answers [`Query::Routes`](crate::protocol::query::Query::Routes).
pub(crate) async fn reports(
    house: &Arc<House>,
    model: Option<ModelRef>,
    session: Option<SessionId>,
) -> Result<Vec<RouteReport>, String> {
    house.refresh_health().await;
    let session = match session {
        Some(id) => open::folded(house, id).await?,
        None => None,
    };
    let mut moment = house.moment_without_session();
    if let Some(session) = &session {
        moment.served = session.served.as_ref();
        moment.prompt = session.context_used;
        moment.images = session.images;
    } else {
        // What the first request of any session carries.
        moment.prompt = own_tokens(&house.providers(), None, (Path::new("/"), &[]));
    }
    let routes = house.routes();
    let targets = match model {
        Some(model) => vec![model],
        None => routes
            .routes
            .keys()
            .map(|name| ModelRef::route(name))
            .collect(),
    };
    let report = |target: ModelRef| match target.as_route() {
        Some(name) => match routes.routes.get(name) {
            Some(route) => Ok(report(house, target.clone(), route, &moment)),
            None => Err(no_route(&target, &routes).message),
        },
        None => Ok(report_alone(house, target, moment.now)),
    };
    targets.into_iter().map(report).collect()
}

fn report(house: &House, model: ModelRef, route: &Route, moment: &Moment<'_>) -> RouteReport {
    let endpoints = house.endpoints(route);
    let choice = route::decide(route, &endpoints, moment);
    let serves = choice.serves;
    let rows = endpoints.iter().zip(choice.verdicts).enumerate();
    let rows = rows.map(|(index, (endpoint, (reason, until)))| EndpointReport {
        not_known: route::not_known(&route.needs, endpoint),
        ..row(endpoint, (serves == Some(index), reason, until))
    });
    RouteReport {
        policy: Some(route.policy),
        needs: route.needs,
        serves: serves.map(|index| endpoints[index].card.model.clone()),
        ready: choice.wait.map(|(until, _)| until),
        endpoints: rows.collect(),
        model,
    }
}

fn report_alone(house: &House, model: ModelRef, now: Time) -> RouteReport {
    let endpoint = house.endpoint(&model);
    let verdict = match house.check_model(&model) {
        Ok(()) => alone::verdict(&endpoint.card, &endpoint.health, now),
        // It is refused before anything is asked.
        Err(what) => (false, Reason::Lacks { what }, None),
    };
    RouteReport {
        policy: None,
        needs: Needs::default(),
        serves: verdict.0.then(|| model.clone()),
        ready: verdict.2,
        endpoints: vec![row(&endpoint, verdict)],
        model,
    }
}

fn row(
    endpoint: &Endpoint,
    (serves, reason, until): (bool, Reason, Option<Time>),
) -> EndpointReport {
    EndpointReport {
        model: endpoint.card.model.clone(),
        serves,
        reason,
        not_known: Vec::new(),
        until,
        first: endpoint.health.first,
        rate: endpoint.health.rate,
    }
}
