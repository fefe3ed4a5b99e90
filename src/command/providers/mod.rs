//! `creel providers`: what can be asked, and with which key; `creel providers check`: whether it answers as it should.

mod line;
mod verdict;
mod waited;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::agent::retry;
use crate::command::providers::line::{Line, is_without_list, value};
use crate::command::providers::waited::waited;
use crate::command::table::{Column, table};
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::config::Config;
use crate::config::provider::REHEARSAL;
use crate::engine::door::Door;
use crate::protocol::money::{Money, UNIT};
use crate::protocol::op::{Manage, Managed};
use crate::protocol::provider::{ProviderCard, Reached};
use crate::protocol::query::{CheckState, Found, Query};

/// List the providers with where their keys come from, and check that they answer
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ProvidersArgs {
    #[command(subcommand)]
    pub sub: Option<ProvidersSub>,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub enum ProvidersSub {
    Check(CheckArgs),
}

/// Check that a provider is reached, its key good and every configured model there; and, with one short call, that it streams, calls tools
/// and reports usage and caching
///
/// Without NAME all providers are asked only what costs nothing. With NAME or --all a model of each is also asked one short
/// question. The most that can cost is said before; the call stands in `creel cost` and is held by the budgets.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code: 0 all answer, 4 a budget stands in the way, 5 one does not answer, 130 broken off"
)]
pub struct CheckArgs {
    /// A provider of the config, or a preset whose key stands in its variable
    pub name: Option<String>,
    /// Ask a model of every provider, which costs a few tokens each
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
    /// Only what costs nothing, also with NAME
    #[arg(long, conflicts_with = "all")]
    pub free: bool,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

pub async fn run(args: &ProvidersArgs, door: &Door, config: &Config, face: &mut Face<'_>) -> Ended {
    match &args.sub {
        None => list(args.json, door, face).await,
        Some(ProvidersSub::Check(check)) => {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let checked = check_all(check, door, config, face);
            tokio::select! {
                ended = checked => return ended,
                // What was under way is let go of, and the engine settles what it may cost.
                _ = interrupt.recv() => {}
            }
            face.note("broken off")?;
            Ok(exit::INTERRUPTED)
        }
    }
}

async fn cards(door: &Door) -> Result<Vec<ProviderCard>, Trouble> {
    match door.ask(Query::Providers).await {
        Found::Providers(cards) => Ok(cards),
        other => Err(find::odd(&other)),
    }
}

async fn list(as_json: bool, door: &Door, face: &mut Face<'_>) -> Ended {
    let cards = cards(door).await?;
    if as_json {
        face.json(&Value::Array(cards.iter().map(setup).collect()))?;
    } else {
        face.say(&listed(&cards))?;
    }
    Ok(exit::DONE)
}

pub(crate) fn setup(card: &ProviderCard) -> Value {
    json!({
        "name": card.name, "wire": card.wire, "base_url": card.base_url, "key": card.key,
        "origin": card.origin, "ready": card.lacks.is_none(), "lacks": card.lacks,
    })
}

fn listed(cards: &[ProviderCard]) -> String {
    let rows: Vec<Vec<String>> = cards
        .iter()
        .map(|card| {
            vec![
                card.name.clone(),
                card.wire.clone(),
                card.key.clone().unwrap_or_else(|| "none needed".to_owned()),
                card.base_url.clone(),
                card.lacks.clone().unwrap_or_else(|| "ready".to_owned()),
            ]
        })
        .collect();
    let columns = ["provider", "wire", "key from", "address", "state"];
    table(&columns.map(|name| (name, Column::Left)), &rows)
}

async fn check_all(args: &CheckArgs, door: &Door, config: &Config, face: &mut Face<'_>) -> Ended {
    let names: Vec<String> = if let Some(name) = &args.name {
        vec![name.clone()]
    } else {
        let cards = cards(door).await?.into_iter();
        cards
            .map(|card| card.name)
            .filter(|name| name != REHEARSAL)
            .collect()
    };
    if names.is_empty() {
        face.note("there is no provider to check: set a key such as ANTHROPIC_API_KEY, or add a provider to the config")?;
    }
    let paid = !args.free && (args.name.is_some() || args.all);
    let model = find::usual_model(door, config).await?;
    let (mut found, mut code) = (Vec::new(), exit::DONE);
    let checked = names.len();
    for provider in names {
        let reach = Manage::Reach {
            provider: provider.clone(),
            model: model.clone(),
        };
        let asked = format!("{provider} was asked for its models");
        let reached = match waited(&asked, door.manage(reach), face).await? {
            Managed::Reached(reached) => *reached,
            // Where it was named, the name is at fault or its key is missing.
            Managed::Failed { why } if args.name.is_some() => return Err(Trouble::usage(why)),
            other => return Err(Trouble::undone(other)),
        };
        let tried = match &reached.model {
            Some(model) if paid && may_answer(&reached) => {
                face.note(&announced(&model.to_string(), &reached))?;
                let asked = Manage::Try {
                    model: model.clone(),
                    effort: config.effort,
                };
                let said = format!("{model} was asked a question");
                match waited(&said, door.manage(asked), face).await? {
                    Managed::Tried(answer) => Some(*answer),
                    other => return Err(Trouble::undone(other)),
                }
            }
            _ => None,
        };
        let line = Line::of(&reached, tried.as_ref());
        code = match line.state {
            CheckState::Bad if tried.as_ref().is_some_and(|tried| tried.over_budget) => {
                code.max(exit::BUDGET)
            }
            CheckState::Bad => exit::PROVIDER,
            CheckState::Ok | CheckState::Warn => code,
        };
        if args.json {
            found.push(value(&reached, tried.as_ref(), &line));
        } else {
            face.say_line(&line.text(&reached.card.name))?;
            face.out.flush()?;
        }
    }
    if args.json {
        face.json(&Value::Array(found))?;
    } else if args.name.is_none() && !paid && checked > 0 {
        face.note(
            "only what costs nothing was asked: `creel providers check NAME` also asks a model of that one a short question, \
             --all one of each",
        )?;
    }
    Ok(code)
}

/// A call is only worth its price where the list did not already show that it would fail.
fn may_answer(reached: &Reached) -> bool {
    match &reached.models {
        Ok(_) => true,
        Err(failure) => is_without_list(failure),
    }
}

/// The amount as it is shown, rounded up: no more than what is said may be spent.
fn at_most(money: Money) -> Money {
    let mut step = UNIT / 100;
    // Below one hundredth two digits are shown.
    while step > 1 && money.parts < step.saturating_mul(10) && money.parts < UNIT / 100 {
        step /= 10;
    }
    let steps = money.parts.saturating_add(step - 1) / step;
    Money {
        parts: steps.saturating_mul(step),
        ..money
    }
}

fn announced(model: &str, reached: &Reached) -> String {
    let price = match (reached.worst.map(at_most), reached.unpriced) {
        (None, _) => "which costs nothing".to_owned(),
        (Some(worst), false) => format!("which costs {worst} at most"),
        (Some(worst), true) => {
            format!("whose price is not known: {worst} at most, if it were the dearest there is")
        }
    };
    let time = retry::spoken(reached.time);
    format!(
        "asking {model} one short question, and a long one twice where it reports a cache, {price}; it has {time} for all of them"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use std::time::Duration;

    use super::*;

    fn reached() -> Reached {
        Reached {
            card: ProviderCard {
                name: "a".to_owned(),
                wire: "anthropic".to_owned(),
                base_url: "https://a.b".to_owned(),
                key: Some("A_KEY".to_owned()),
                origin: "A_KEY".to_owned(),
                lacks: None,
            },
            models: Ok(1),
            open: false,
            model: Some("a/m".parse().unwrap()),
            there: None,
            missing: Vec::new(),
            worst: Some(Money::usd(15_000_000_000)),
            unpriced: false,
            time: Duration::from_mins(1),
        }
    }

    #[test]
    fn what_it_may_cost_is_said_before_and_never_rounded_down() {
        assert_eq!(
            announced("a/m", &reached()),
            "asking a/m one short question, and a long one twice where it reports a cache, which costs $0.02 at most; \
             it has 60 s for all of them"
        );
        let cases = [
            (11_000_000_000, "$0.02"),
            (4_210_000_000, "$0.0043"),
            (4_200_000_000, "$0.0042"),
            (9_990_000_000, "$0.01"),
            (2_001_000_000_000, "$2.01"),
            (0, "$0.00"),
        ];
        for (parts, expected) in cases {
            assert_eq!(at_most(Money::usd(parts)).to_string(), expected, "{parts}");
        }
    }

    #[test]
    fn providers_are_listed_with_the_place_of_their_key() {
        let cards = [reached().card];
        let expected = "\
provider  wire       key from  address      state
a         anthropic  A_KEY     https://a.b  ready
";
        assert_eq!(listed(&cards), expected);
    }
}
