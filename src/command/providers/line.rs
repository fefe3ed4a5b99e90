//! What a check found, as a line for a person and as an object for scripts.

use serde_json::{Value, json};

use crate::agent::figure::tokens;
use crate::command::providers::setup;
use crate::command::providers::verdict::{key_good, remedy};
use crate::command::table::counted;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::money::Money;
use crate::protocol::provider::{CacheTried, Reached, Tried};
use crate::protocol::query::CheckState;

/// Some servers answer calls and list no models.
pub(crate) fn is_without_list(failure: &Failure) -> bool {
    matches!(failure.status, Some(404 | 405 | 501))
}

/// What was found, in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) state: CheckState,
    said: String,
    remedy: String,
}

impl Line {
    pub(crate) fn of(reached: &Reached, tried: Option<&Tried>) -> Self {
        let mut line = Self {
            state: CheckState::Ok,
            said: String::new(),
            remedy: String::new(),
        };
        match &reached.models {
            Ok(count) => {
                let key = match (&reached.card.key, key_good(reached, tried)) {
                    (None, _) => "",
                    (Some(_), Some(true)) => "key good, ",
                    (Some(_), Some(false)) => "key refused, ",
                    (Some(_), None) => "key not tried (the list is open without one), ",
                };
                line.say(&format!("reached, {key}{}", counted(*count, "model")));
            }
            Err(failure) if is_without_list(failure) => {
                line.say("reached, lists no models");
                if tried.is_none() {
                    let remedy = format!(
                        "`creel providers check {}` tries a call; where that fails too, look at base_url ({})",
                        reached.card.name, reached.card.base_url
                    );
                    line.worse(CheckState::Warn, &remedy);
                }
            }
            Err(failure) => {
                line.fails(failure, state_of(failure), reached);
                return line;
            }
        }
        let Some(model) = &reached.model else {
            line.worse(
                CheckState::Warn,
                "name a model in config.toml: no one is known",
            );
            return line;
        };
        if reached.there != Some(false) {
            line.say(&model.model);
        }
        line.misses(reached);
        let Some(tried) = tried else {
            return line;
        };
        if let Some(failure) = &tried.failure {
            line.fails(failure, CheckState::Bad, reached);
            return line;
        }
        match tried.streams {
            Some(true) => line.say("streams"),
            Some(false) => {
                line.say("answers in one piece");
                line.worse(CheckState::Warn, "look for a proxy that holds answers back");
            }
            None => {}
        }
        match tried.calls_tool {
            Some(true) => line.say("calls a tool"),
            Some(false) => {
                line.say("called no tool");
                line.worse(
                    CheckState::Warn,
                    "choose a model, or a server option, that can call tools",
                );
            }
            None => line.say("was cut before it called a tool"),
        }
        match (tried.usage.is_some(), tried.reports_caching) {
            (true, true) => line.say("reports usage and caching"),
            (true, false) => line.say("reports usage, nothing of caching"),
            (false, _) => {
                line.say("reports no usage");
                line.worse(CheckState::Warn, "costs will be estimates");
            }
        }
        match &tried.cache {
            Some(CacheTried::Read { tokens: 0, .. }) => {
                line.say("its cache had nothing of a prompt sent twice");
            }
            Some(CacheTried::Read { tokens: read, of }) => line.say(&format!(
                "its cache had {} of {} tokens sent twice",
                tokens(*read),
                tokens(*of)
            )),
            Some(CacheTried::Not { why }) => line.say(&format!("its cache was not tried: {why}")),
            None => {}
        }
        match tried.charge.and_then(|charge| charge.money) {
            Some(money) if money.parts > 0 => line.say(&money.to_string()),
            Some(_) => {}
            None => line.say("its price is not known"),
        }
        line
    }

    fn say(&mut self, words: &str) {
        if !self.said.is_empty() {
            self.said.push_str(", ");
        }
        self.said.push_str(words);
    }

    /// The first thing to do is said; the worst state stays.
    fn worse(&mut self, state: CheckState, remedy: &str) {
        self.state = self.state.max(state);
        if self.remedy.is_empty() {
            remedy.clone_into(&mut self.remedy);
        }
    }

    /// Configured models that the list does not name.
    fn misses(&mut self, reached: &Reached) {
        let names: Vec<&str> = reached.missing.iter().map(|model| &*model.model).collect();
        let (are, remedy) = match names.len() {
            0 => return,
            1 => ("is", "choose one of the list: `creel models`"),
            _ => ("are", "choose others of the list: `creel models`"),
        };
        self.say(&format!("{} {are} not in its list", names.join(", ")));
        self.worse(CheckState::Warn, remedy);
    }

    fn fails(&mut self, failure: &Failure, state: CheckState, reached: &Reached) {
        self.say(&failure.message);
        self.worse(state, &remedy(failure, reached));
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let state = match self.state {
            CheckState::Ok => "ok  ",
            CheckState::Warn => "warn",
            CheckState::Bad => "bad ",
        };
        // Most failures name their way out themselves.
        let remedy = if self.remedy.is_empty() || self.said.contains(&self.remedy) {
            String::new()
        } else {
            format!("; {}", self.remedy)
        };
        format!("{state}  {name}: {}{remedy}", self.said)
    }
}

/// A server that is only busy will do later.
fn state_of(failure: &Failure) -> CheckState {
    match failure.kind {
        FailureKind::Rate | FailureKind::Overloaded => CheckState::Warn,
        _ => CheckState::Bad,
    }
}

pub(crate) fn value(reached: &Reached, tried: Option<&Tried>, line: &Line) -> Value {
    let failed = reached.models.as_ref().err();
    let reached_it = failed.is_none_or(|failure| failure.status.is_some());
    let answered = tried.filter(|tried| tried.failure.is_none());
    let cost = tried
        .and_then(|tried| tried.charge)
        .and_then(|charge| charge.money);
    let mut all = setup(&reached.card);
    let found = json!({
        "state": line.state,
        "text": line.said,
        "remedy": line.remedy,
        "reached": reached_it,
        "key_good": key_good(reached, tried),
        "models": reached.models.as_ref().ok(),
        "model": reached.model.as_ref().map(ToString::to_string),
        "model_there": reached.there,
        "models_missing": reached.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "worst_usd": reached.worst.map(Money::to_decimal),
        "tried": tried.is_some(),
        "streams": answered.and_then(|tried| tried.streams),
        "calls_tool": answered.and_then(|tried| tried.calls_tool),
        "reports_usage": answered.map(|tried| tried.usage.is_some()),
        "reports_caching": answered.map(|tried| tried.reports_caching),
        "cache": tried.and_then(|tried| tried.cache.as_ref()).map(|cache| match cache {
            CacheTried::Read { tokens, of } => json!({ "read_tokens": tokens, "prompt_tokens": of }),
            CacheTried::Not { why } => json!({ "untried": why }),
        }),
        "cost": cost.map(|cost| json!({ "amount": cost.to_decimal(), "currency": cost.currency.code() })),
        "duration_ms": answered.map(|tried| tried.millis),
    });
    if let (Value::Object(all), Value::Object(found)) = (&mut all, found) {
        all.extend(found);
    }
    all
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use std::time::Duration;

    use crate::protocol::provider::ProviderCard;
    use crate::protocol::usage::{Basis, Charge, Usage};

    pub(crate) fn reached(models: Result<u64, Failure>, there: Option<bool>) -> Reached {
        Reached {
            card: ProviderCard {
                name: "a".to_owned(),
                wire: "anthropic".to_owned(),
                base_url: "https://a.b".to_owned(),
                key: Some("A_KEY".to_owned()),
                origin: "A_KEY".to_owned(),
                lacks: None,
            },
            models,
            open: false,
            model: Some("a/m".parse().unwrap()),
            there,
            missing: Vec::from_iter((there == Some(false)).then(|| "a/m".parse().unwrap())),
            worst: Some(Money::usd(15_000_000_000)),
            unpriced: false,
            time: Duration::from_mins(1),
        }
    }

    #[test]
    fn a_list_that_is_open_says_nothing_of_the_key() {
        let open = Reached {
            open: true,
            ..reached(Ok(12), Some(true))
        };
        let line = Line::of(&open, None);
        assert_eq!(
            line.said,
            "reached, key not tried (the list is open without one), 12 models, m"
        );
        assert_eq!(line.state, CheckState::Ok);
    }

    pub(crate) fn tried() -> Tried {
        Tried {
            streams: Some(true),
            calls_tool: Some(true),
            usage: Some(Usage::default()),
            reports_caching: true,
            charge: Some(Charge {
                money: Some(Money::usd(420_000_000)),
                basis: Basis::Listed,
            }),
            ..Tried::default()
        }
    }

    pub(crate) fn failure(kind: FailureKind, status: Option<u16>, message: &str) -> Failure {
        Failure {
            status,
            ..Failure::new(kind, message)
        }
    }

    #[test]
    fn each_provider_is_one_line_with_what_to_do() {
        let well = || reached(Ok(12), Some(true));
        let refused = || {
            failure(
                FailureKind::Auth,
                Some(401),
                "a.b answered 401: check the key (A_KEY)",
            )
        };
        let cases = [
            (well(), None, "ok    a: reached, key good, 12 models, m"),
            (
                well(),
                Some(tried()),
                "ok    a: reached, key good, 12 models, m, streams, calls a tool, reports usage and caching, $0.00042",
            ),
            (
                well(),
                Some(Tried {
                    cache: Some(CacheTried::Read { tokens: 0, of: 1 }),
                    ..tried()
                }),
                "ok    a: reached, key good, 12 models, m, streams, calls a tool, reports usage and caching, \
                 its cache had nothing of a prompt sent twice, $0.00042",
            ),
            (
                well(),
                Some(Tried {
                    cache: Some(CacheTried::Not {
                        why: "slow down".to_owned(),
                    }),
                    ..tried()
                }),
                "ok    a: reached, key good, 12 models, m, streams, calls a tool, reports usage and caching, \
                 its cache was not tried: slow down, $0.00042",
            ),
            (
                reached(Ok(1), Some(false)),
                None,
                "warn  a: reached, key good, 1 model, m is not in its list; choose one of the list: `creel models`",
            ),
            (
                reached(Err(refused()), None),
                None,
                "bad   a: a.b answered 401: check the key (A_KEY)",
            ),
            (
                Reached {
                    missing: vec!["a/n".parse().unwrap(), "a/o".parse().unwrap()],
                    ..well()
                },
                None,
                "warn  a: reached, key good, 12 models, m, n, o are not in its list; choose others of the list: \
                 `creel models`",
            ),
            (
                reached(
                    Err(failure(FailureKind::Rate, Some(429), "slow down")),
                    None,
                ),
                None,
                "warn  a: slow down; check again later",
            ),
            (
                reached(Err(failure(FailureKind::BadRequest, Some(404), "no")), None),
                None,
                "warn  a: reached, lists no models, m; `creel providers check a` tries a call; where that fails too, look at base_url (https://a.b)",
            ),
            (
                reached(Err(failure(FailureKind::BadRequest, Some(404), "no")), None),
                Some(Tried {
                    streams: Some(false),
                    calls_tool: Some(false),
                    usage: None,
                    charge: Some(Charge::LOCAL),
                    ..tried()
                }),
                "warn  a: reached, lists no models, m, answers in one piece, called no tool, reports no usage; \
                 look for a proxy that holds answers back",
            ),
            (
                well(),
                Some(Tried {
                    failure: Some(failure(
                        FailureKind::Network,
                        None,
                        "the answer of a.b broke off",
                    )),
                    ..Tried::default()
                }),
                "bad   a: reached, key good, 12 models, m, the answer of a.b broke off; check the network and base_url (https://a.b)",
            ),
        ];
        for (reached, tried, expected) in cases {
            let line = Line::of(&reached, tried.as_ref());
            assert_eq!(line.text("a"), expected);
        }
    }

    #[test]
    fn a_check_as_scripts_read_it() {
        let cache = Some(CacheTried::Read {
            tokens: 1_280,
            of: 1_312,
        });
        let reached = reached(Ok(12), Some(true));
        let tried = Tried { cache, ..tried() };
        let line = Line::of(&reached, Some(&tried));
        assert_eq!(
            value(&reached, Some(&tried), &line),
            json!({
                "name": "a", "wire": "anthropic", "base_url": "https://a.b", "key": "A_KEY", "origin": "A_KEY",
                "ready": true, "lacks": null, "state": "ok", "remedy": "",
                "text": "reached, key good, 12 models, m, streams, calls a tool, reports usage and caching, \
                         its cache had 1.3k of 1.3k tokens sent twice, $0.00042",
                "reached": true, "key_good": true, "models": 12, "model": "a/m", "model_there": true,
                "models_missing": [], "worst_usd": 0.015,
                "tried": true, "streams": true, "calls_tool": true, "reports_usage": true, "reports_caching": true, "cache": { "read_tokens": 1_280, "prompt_tokens": 1_312 },
                "cost": { "amount": 0.00042, "currency": "USD" }, "duration_ms": 0,
            })
        );
    }
}
