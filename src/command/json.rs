//! The JSON that several commands share. Field names are a promise to scripts.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::command::moment::rfc3339;
use crate::protocol::money::{Amounts, Currency};
use crate::protocol::session::Card;
use crate::protocol::usage::Usage;

/// A value on one line. Control characters that JSON allows in its strings, but some terminals obey (U+007F to U+009F), are
/// written as escapes, which mean the same to every reader.
pub fn printed(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains(is_control) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if is_control(c) {
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

fn is_control(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}')
}

/// Dollars, null when a part of them is not known.
pub fn cost_usd(cost: &Amounts, known: bool) -> Value {
    if known {
        json!(cost.of(Currency::USD).to_decimal())
    } else {
        Value::Null
    }
}

/// The amounts in other currencies: `{"CNY":0.31}`.
pub fn cost_other(cost: &Amounts) -> Value {
    let rows = cost
        .without_usd()
        .map(|money| (money.currency.code().to_owned(), json!(money.to_decimal())));
    Value::Object(rows.collect::<Map<_, _>>())
}

/// Calls that a subscription covers, with what they would have cost by list price: `"included":{"calls":3,"list_usd":0.12}`;
/// no field where there are none, null where no list price is known.
pub fn included(calls: u64, list: &Amounts, estimated: bool) -> Option<(String, Value)> {
    let usd = cost_usd(list, !list.0.is_empty());
    let mut value = json!({ "calls": calls, "list_usd": usd, "list_other": cost_other(list) });
    if estimated {
        value["list_estimated"] = json!(true);
    }
    (calls > 0).then(|| ("included".to_owned(), value))
}

/// The three input counts add up to all input; output includes reasoning.
pub fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write.saturating_add(usage.cache_write_long),
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning.unwrap_or(0),
    })
}

pub fn session(card: &Card) -> Value {
    let known = card.unpriced == 0;
    let mut value = json!({
        "id": card.id.to_string(),
        "title": card.title,
        "state": card.state.name(),
        "model": card.model.to_string(),
        "cwd": card.cwd.to_string_lossy(),
        "project": card.project.to_string_lossy(),
        "created": rfc3339(card.created),
        "active": rfc3339(card.active),
        "turns": card.turns,
        "steps": card.steps,
        "at": card.gist,
        "pinned": card.pinned,
        "seen": !card.unseen,
        "temporary": card.temporary,
        "cost_usd": cost_usd(&card.cost, known),
        "cost_other": cost_other(&card.cost),
        "cost_known": known,
        "cost_estimated": card.estimated,
        "source": card.source,
        "parent": card.parent.map(|parent| parent.to_string()),
    });
    if let Some(object) = value.as_object_mut() {
        object.extend(included(
            u64::from(card.included),
            &card.list,
            card.list_estimated,
        ));
    }
    value
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::money::Money;
    use crate::protocol::session::State;
    use crate::protocol::time::Time;

    /// A session of 2026-11-23.
    pub fn card() -> Card {
        let mut cost = Amounts::default();
        cost.add(Money::usd(13_400_000_000));
        Card {
            id: "0193573a-9e00-7000-8000-00000000abcd".parse().unwrap(),
            title: "Fix the \u{1b}[31mtests".to_owned(),
            state: State::Done,
            model: "local/m".parse().unwrap(),
            cwd: "/src/api".into(),
            project: "/src".into(),
            created: Time(1_795_431_600_000),
            active: Time(1_795_435_200_000),
            turns: 2,
            cost,
            unpriced: 0,
            included: 0,
            list: Amounts::default(),
            parent: None,
            gist: "done".to_owned(),
            pinned: false,
            temporary: false,
            unseen: false,
            steps: 0,
            estimated: false,
            list_estimated: false,
            source: "creel".to_owned(),
        }
    }

    #[test]
    fn no_value_steers_a_terminal() {
        let value = json!({"a\u{9b}": "\u{1b}[2J \u{9b}31m \u{7f} \u{a0} ä"});
        let text = printed(&value);
        assert_eq!(
            text,
            r#"{"a\u009b":"\u001b[2J \u009b31m \u007f   ä"}"#.replace("   ä", " \u{a0} ä")
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_session_has_the_promised_fields() {
        let mut card = card();
        assert_eq!(
            session(&card),
            json!({
                "id": "0193573a-9e00-7000-8000-00000000abcd", "title": "Fix the \u{1b}[31mtests", "state": "done",
                "model": "local/m", "cwd": "/src/api", "project": "/src", "created": "2026-11-23T11:00:00.000Z",
                "active": "2026-11-23T12:00:00.000Z", "turns": 2, "steps": 0, "at": "done", "pinned": false, "seen": true,
                "temporary": false, "cost_usd": 0.0134, "cost_other": {}, "cost_known": true, "cost_estimated": false,
                "source": "creel", "parent": null
            })
        );
        card.unpriced = 1;
        card.included = 2;
        card.list.add(Money::usd(120_000_000_000));
        card.parent = Some(card.id);
        card.cost.add(Money {
            parts: 310_000_000_000,
            currency: Currency::CNY,
        });
        let json = session(&card);
        assert_eq!(
            [
                &json["cost_usd"],
                &json["cost_other"],
                &json["cost_known"],
                &json["parent"],
                &json["included"]
            ],
            [
                &Value::Null,
                &json!({"CNY": 0.31}),
                &json!(false),
                &json!("0193573a-9e00-7000-8000-00000000abcd"),
                &json!({"calls": 2, "list_usd": 0.12, "list_other": {}})
            ]
        );
    }
}
