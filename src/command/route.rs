//! `creel route explain`: which endpoint would serve the next prompt, and why not the others.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::agent::figure::tokens;
use crate::agent::moment::Now;
use crate::agent::visible::one_line;
use crate::command::moment::{local, rfc3339};
use crate::command::table::{Column, table};
use crate::command::{Ended, Face, Trouble, exit, find, value};
use crate::config::Config;
use crate::engine::door::Door;
use crate::protocol::id::ModelRef;
use crate::protocol::query::{Found, Query};
use crate::protocol::route::{EndpointReport, Policy, Reason, RouteReport};
use crate::protocol::rule::Mode;

#[derive(Debug, Clone, Subcommand)]
pub enum RouteSub {
    Explain(ExplainArgs),
}

/// Which endpoint would serve the next prompt, and why not the others
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// A route or a model [default: the session's, else the config's]
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<ModelRef>,
    /// As the next prompt of this session would find it
    #[arg(long, value_name = "ID", value_parser = value::session)]
    pub session: Option<String>,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

pub async fn run(
    sub: &RouteSub,
    door: &Door,
    config: &Config,
    now: &Now,
    face: &mut Face<'_>,
) -> Ended {
    let RouteSub::Explain(args) = sub;
    let report = explained(args, door, config).await?;
    if args.json {
        face.json(&value(&report))?;
    } else {
        face.say(&listed(&report, now))?;
    }
    Ok(exit::DONE)
}

async fn explained(
    args: &ExplainArgs,
    door: &Door,
    config: &Config,
) -> Result<RouteReport, Trouble> {
    let session = match &args.session {
        Some(part) => Some(find::fold(door, find::session(door, part).await?.id).await?),
        None => None,
    };
    let (mode, own) = match &session {
        Some(session) => (session.mode, Some(session.model.clone())),
        None => (config.mode, find::usual_model(door, config).await?),
    };
    // As the next prompt is asked: in plan mode by the model of that role, where there is one.
    let plan = config.roles.plan.clone().filter(|_| mode == Mode::Plan);
    let model = args.model.clone().or(plan).or(own);
    let model = model.ok_or_else(|| {
        Trouble::usage("no model: name one with --model PROVIDER/MODEL or --model route/NAME")
    })?;
    let query = Query::Routes {
        model: Some(model),
        session: session.map(|session| session.id),
    };
    match door.ask(query).await {
        Found::Routes(mut reports) if !reports.is_empty() => Ok(reports.swap_remove(0)),
        other => Err(find::odd(&other)),
    }
}

fn value(report: &RouteReport) -> Value {
    let endpoints: Vec<Value> = report.endpoints.iter().map(endpoint).collect();
    json!({
        "model": report.model.to_string(),
        "policy": report.policy.map(Policy::name),
        "needs": {
            "context": report.needs.context, "tools": report.needs.tools, "images": report.needs.images,
        },
        "serves": report.serves.as_ref().map(ToString::to_string),
        "ready_at": report.ready.map(rfc3339),
        "endpoints": endpoints,
    })
}

fn endpoint(endpoint: &EndpointReport) -> Value {
    let cost = match &endpoint.reason {
        Reason::Cheapest { cost } | Reason::Dearer { cost } => *cost,
        Reason::Unlike { cost } => Some(*cost),
        _ => None,
    };
    json!({
        "model": endpoint.model.to_string(),
        "serves": endpoint.serves,
        "reason": endpoint.reason.code(),
        "text": endpoint.reason.to_string(),
        "not_known": endpoint.not_known.iter().map(|need| need.name()).collect::<Vec<_>>(),
        "until": endpoint.until.map(rfc3339),
        "next_prompt": cost.map(|cost| json!({ "amount": cost.to_decimal(), "currency": cost.currency.code() })),
        "first_ms": endpoint.first,
        "tokens_per_second": endpoint.rate,
    })
}

fn listed(report: &RouteReport, now: &Now) -> String {
    let policy = report
        .policy
        .map_or_else(String::new, |policy| format!(", {}", policy.name()));
    let serves = match (&report.serves, report.ready) {
        (Some(model), _) => format!("{model} would serve"),
        (None, Some(ready)) => format!("none is ready before {}", local(ready, &now.zone)),
        (None, None) => "none can serve".to_owned(),
    };
    let rows: Vec<Vec<String>> = report
        .endpoints
        .iter()
        .map(|endpoint| {
            let until = endpoint.until.map(|until| local(until, &now.zone));
            let first = endpoint.first;
            vec![
                if endpoint.serves { ">" } else { "" }.to_owned(),
                endpoint.model.to_string(),
                first.map_or_else(String::new, |first| {
                    format!("{}.{} s", first / 1000, first % 1000 / 100)
                }),
                endpoint
                    .rate
                    .map_or_else(String::new, |rate| format!("{}/s", tokens(rate))),
                until.unwrap_or_default(),
                endpoint.reason.to_string(),
            ]
        })
        .collect();
    let columns = [
        ("", Column::Left),
        ("endpoint", Column::Left),
        ("first word", Column::Right),
        ("tokens", Column::Right),
        ("not before", Column::Left),
        ("why", Column::Left),
    ];
    let doubts = report.endpoints.iter().filter_map(|endpoint| {
        let model = one_line(&endpoint.model.to_string());
        Some(format!("{model}: {}\n", endpoint.doubt()?))
    });
    format!(
        "{}{policy}: {serves}\n{}{}",
        report.model,
        table(&columns, &rows),
        doubts.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::tz::TimeZone;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::failure::FailureKind;
    use crate::protocol::id::ModelRef;
    use crate::protocol::money::Money;
    use crate::protocol::route::{Need, Needs};
    use crate::protocol::time::Time;

    fn report() -> RouteReport {
        let row = |model: &str, reason: Reason| EndpointReport {
            model: model.parse().unwrap(),
            serves: false,
            reason,
            not_known: Vec::new(),
            until: None,
            first: None,
            rate: None,
        };
        let cooling = Reason::Cooling {
            kind: FailureKind::Rate,
            message: "a.b answered 429: slow down".to_owned(),
        };
        let cost = Some(Money::usd(420_000_000_000));
        RouteReport {
            model: ModelRef::route("work"),
            policy: Some(Policy::Cheapest),
            needs: Needs::default(),
            serves: Some("b/m".parse().unwrap()),
            ready: None,
            endpoints: vec![
                EndpointReport {
                    until: Some(Time(60_000)),
                    ..row("a/m", cooling)
                },
                EndpointReport {
                    serves: true,
                    first: Some(1250),
                    rate: Some(62),
                    not_known: vec![Need::Context, Need::Images],
                    ..row("b/m", Reason::Cheapest { cost })
                },
            ],
        }
    }

    #[test]
    fn each_endpoint_is_a_row_with_its_reason() {
        let now = Now {
            time: Time(0),
            zone: TimeZone::UTC,
        };
        let expected = "\
route/work, cheapest: b/m would serve
   endpoint  first word  tokens  not before        why
   a/m                           1970-01-01 00:01  failed: a.b answered 429: slow down
>  b/m            1.2 s    62/s                    cheapest: the next prompt ≈$0.42
b/m: not known: its window, whether it takes images
";
        assert_eq!(listed(&report(), &now), expected);
    }

    #[test]
    fn an_explanation_as_scripts_read_it() {
        assert_eq!(
            value(&report()),
            json!({
                "model": "route/work", "policy": "cheapest",
                "needs": { "context": null, "tools": false, "images": false },
                "serves": "b/m", "ready_at": null,
                "endpoints": [
                    { "model": "a/m", "serves": false, "reason": "cooling", "text": "failed: a.b answered 429: slow down", "not_known": [],
                      "until": "1970-01-01T00:01:00.000Z", "next_prompt": null, "first_ms": null, "tokens_per_second": null },
                    { "model": "b/m", "serves": true, "reason": "cheapest", "text": "cheapest: the next prompt ≈$0.42",
                      "not_known": ["context", "images"],
                      "until": null, "next_prompt": { "amount": 0.42, "currency": "USD" }, "first_ms": 1250,
                      "tokens_per_second": 62 },
                ]
            })
        );
    }
}
