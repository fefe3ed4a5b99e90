//! `creel models`: what can be used, with prices and their date.

use serde_json::{Value, json};

use crate::agent::figure::tokens;
use crate::agent::visible::one_line;
use crate::command::cli::ModelsArgs;
use crate::command::table::{Column, table};
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::engine::door::Door;
use crate::protocol::id::ModelRef;
use crate::protocol::money::{Currency, Money, UNIT};
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, ModelCard, Query};
use crate::protocol::usage::{Price, Tier};

pub async fn run(args: &ModelsArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    if let Some(model) = &args.ask_again {
        return ask_again(model, door, face).await;
    }
    let cards = match door.ask(Query::Served { elsewhere: true }).await {
        Found::Models(cards) => cards,
        other => return Err(find::odd(&other)),
    };
    if args.json {
        face.json(&Value::Array(cards.iter().map(model).collect()))?;
    } else if cards.is_empty() {
        face.note("no model is known: set a key such as ANTHROPIC_API_KEY, or add a provider to the config")?;
    } else {
        face.say(&listed(&cards))?;
    }
    Ok(exit::DONE)
}

async fn ask_again(model: &ModelRef, door: &Door, face: &mut Face<'_>) -> Ended {
    let model = model.clone();
    let name = one_line(&model.to_string());
    match door.manage(Manage::AskPrice { model }).await {
        Managed::PriceAsked { was_accepted: true } => {
            face.note(&format!("asks before the next call of {name}"))?;
            Ok(exit::DONE)
        }
        Managed::PriceAsked { .. } => Err(Trouble::failed(format!(
            "nobody has said yes to {name} without a price: there is nothing to take back"
        ))),
        other => Err(Trouble::undone(other)),
    }
}

/// Parts per token as money per million tokens.
fn per_million(parts: i64, currency: Currency) -> Money {
    Money {
        parts: parts.saturating_mul(UNIT / 1_000_000),
        currency,
    }
}

fn model(card: &ModelCard) -> Value {
    json!({
        "model": card.model.to_string(),
        "context": card.context,
        "max_output": card.max_output,
        "price": card.price.as_ref().map(price),
        "price_date": card.price_date,
        "local": card.local,
        "subscription": card.subscription,
        "counts_as_dearest": card.accepted,
        "usable": card.lacks.is_none(),
        "lacks": card.lacks,
    })
}

/// Per million tokens, with the names the config file has for them.
fn price(price: &Price) -> Value {
    let amount =
        |parts: Option<i64>| parts.map(|parts| per_million(parts, price.currency).to_decimal());
    let tier = |tier: &Tier| {
        json!({
            "above": tier.above, "input": amount(tier.input), "output": amount(tier.output),
            "cache_read": amount(tier.cache_read), "cache_write": amount(tier.cache_write),
            "cache_write_long": amount(tier.cache_write_long),
        })
    };
    json!({
        "currency": price.currency.code(),
        "input": amount(Some(price.input)),
        "output": amount(Some(price.output)),
        "cache_read": amount(price.cache_read),
        "cache_write": amount(price.cache_write),
        "cache_write_long": amount(price.cache_write_long),
        "web_search": price.web_search.map(|parts| Money { parts: parts.saturating_mul(1000), currency: price.currency }.to_decimal()),
        "tiers": price.tiers.iter().map(tier).collect::<Vec<_>>(),
    })
}

fn listed(cards: &[ModelCard]) -> String {
    let columns = [
        ("model", Column::Left),
        ("context", Column::Right),
        ("input", Column::Right),
        ("output", Column::Right),
        ("cached", Column::Right),
        ("price of", Column::Left),
        ("", Column::Left),
    ];
    let rows: Vec<Vec<String>> = cards
        .iter()
        .map(|card| {
            let amount = |parts: fn(&Price) -> Option<i64>| {
                let price = card.price.as_ref();
                price
                    .and_then(|price| Some(per_million(parts(price)?, price.currency).to_string()))
                    .unwrap_or_default()
            };
            let date = match (&card.price, &card.price_date, card.local) {
                (price, date, _) if card.subscription => match (price, date) {
                    (Some(_), Some(date)) => format!("incl.; list {date}"),
                    _ => "incl.".to_owned(),
                },
                (Some(_), Some(date), _) => date.clone(),
                (Some(_), None, _) => "your config".to_owned(),
                (None, _, true) => "this machine".to_owned(),
                (None, _, false) if card.accepted => "counts as the dearest".to_owned(),
                (None, _, false) => "no price".to_owned(),
            };
            vec![
                card.model.to_string(),
                card.context.map(tokens).unwrap_or_default(),
                amount(|price| Some(price.input)),
                amount(|price| Some(price.output)),
                amount(|price| price.cache_read),
                date,
                card.lacks.clone().unwrap_or_default(),
            ]
        })
        .collect();
    format!("{}prices per million tokens\n", table(&columns, &rows))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    fn cards() -> Vec<ModelCard> {
        let price = Price {
            currency: Currency::USD,
            input: 2_000_000,
            output: 10_000_000,
            cache_read: Some(200_000),
            cache_write: None,
            cache_write_long: None,
            web_search: None,
            tiers: vec![Tier {
                above: 200_000,
                input: Some(4_000_000),
                output: None,
                cache_read: None,
                cache_write: None,
                cache_write_long: None,
            }],
        };
        let local = ModelCard {
            model: "box/q".parse().unwrap(),
            context: None,
            max_output: None,
            price: None,
            price_date: None,
            local: true,
            subscription: false,
            accepted: false,
            lacks: None,
        };
        let listed = ModelCard {
            model: "anthropic/claude-sonnet-5-5".parse().unwrap(),
            context: Some(1_000_000),
            max_output: Some(64_000),
            price: Some(price),
            price_date: Some("2026-11-20".to_owned()),
            local: false,
            subscription: false,
            accepted: false,
            lacks: Some("no key: ANTHROPIC_API_KEY is not set".to_owned()),
        };
        let plan = ModelCard {
            model: "zai-coding/glm-5".parse().unwrap(),
            subscription: true,
            lacks: None,
            ..listed.clone()
        };
        let accepted = ModelCard {
            model: "far/x".parse().unwrap(),
            local: false,
            accepted: true,
            ..local.clone()
        };
        vec![listed, local, plan, accepted]
    }

    #[test]
    fn models_are_listed_with_their_prices() {
        let expected = "\
model                        context  input  output  cached  price of
anthropic/claude-sonnet-5-5       1M  $2.00  $10.00   $0.20  2026-11-20              no key: ANTHROPIC_API_KEY is not set
box/q                                                        this machine
zai-coding/glm-5                  1M  $2.00  $10.00   $0.20  incl.; list 2026-11-20
far/x                                                        counts as the dearest
prices per million tokens
";
        assert_eq!(listed(&cards()), expected);
    }

    #[test]
    fn a_model_as_scripts_read_it() {
        assert_eq!(
            model(&cards()[0]),
            json!({
                "model": "anthropic/claude-sonnet-5-5", "context": 1_000_000, "max_output": 64_000,
                "price": {
                    "currency": "USD", "input": 2.0, "output": 10.0, "cache_read": 0.2, "cache_write": null,
                    "cache_write_long": null, "web_search": null,
                    "tiers": [{ "above": 200_000, "input": 4.0, "output": null, "cache_read": null, "cache_write": null,
                                "cache_write_long": null }]
                },
                "price_date": "2026-11-20", "local": false, "subscription": false, "counts_as_dearest": false, "usable": false, "lacks": "no key: ANTHROPIC_API_KEY is not set"
            })
        );
    }
}
