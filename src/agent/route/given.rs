//! What choices are tried on: three endpoints, and how calls to them ended.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use crate::agent::route::health::Book;
use crate::agent::route::{Choice, Endpoint, Moment, Route, Served};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::id::{ModelRef, Seq};
use crate::protocol::money::{Currency, Rates};
use crate::protocol::query::ModelCard;
use crate::protocol::route::{Abilities, Outcome, Policy, Vitals};
use crate::protocol::time::Time;
use crate::protocol::usage::{CacheLife, Price, Usage};

pub(crate) const NOW: Time = Time(1_000_000);

pub(crate) static NO_RATES: Rates = Rates(BTreeMap::new());

pub(crate) fn model(name: &str) -> ModelRef {
    name.parse().unwrap()
}

pub(crate) fn price(input: i64, cache_read: i64) -> Price {
    Price {
        currency: Currency::USD,
        input,
        output: 0,
        cache_read: Some(cache_read),
        cache_write: None,
        cache_write_long: None,
        web_search: None,
        tiers: Vec::new(),
    }
}

pub(crate) fn card(name: &str) -> ModelCard {
    ModelCard {
        model: model(name),
        context: Some(100_000),
        max_output: None,
        price: Some(price(10, 1)),
        price_date: None,
        local: false,
        subscription: false,
        accepted: false,
        lacks: None,
    }
}

/// How one call ended.
#[derive(Default)]
pub(crate) struct End {
    pub(crate) seq: u64,
    /// Milliseconds before [`NOW`].
    pub(crate) ago: i64,
    pub(crate) model: &'static str,
    pub(crate) failure: Option<Failure>,
    pub(crate) vitals: Vitals,
    pub(crate) output: u64,
    pub(crate) millis: u64,
}

impl End {
    pub(crate) fn well(seq: u64, ago: i64, model: &'static str) -> Self {
        Self {
            seq,
            ago,
            model,
            ..Self::default()
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        Outcome {
            seq: Seq(self.seq),
            at: Time(NOW.0 - self.ago),
            model: model(self.model),
            usage: Usage {
                output: self.output,
                ..Usage::default()
            },
            stop: self.failure.is_none().then_some(Stop::End),
            failure: self.failure.clone(),
            millis: self.millis,
            vitals: Some(self.vitals),
        }
    }
}

pub(crate) fn failure(kind: FailureKind, status: u16) -> Failure {
    Failure {
        status: (status > 0).then_some(status),
        ..Failure::new(kind, format!("{status}"))
    }
}

/// At its limit, and told for how long.
pub(crate) fn told(seconds: u64) -> Failure {
    Failure {
        retry_after: Some(seconds * 1000),
        ..failure(FailureKind::Rate, 429)
    }
}

pub(crate) fn book(ends: &[End]) -> Book {
    let mut book = Book::default();
    for end in ends {
        book.apply(&end.outcome());
    }
    book
}

pub(crate) fn fails(seq: u64, ago: i64, model: &'static str, failure: Failure) -> End {
    End {
        failure: Some(failure),
        ..End::well(seq, ago, model)
    }
}

pub(crate) fn endpoints(book: &Book) -> Vec<Endpoint> {
    let all = ["a/m", "b/m", "c/m"];
    let endpoint = |name: &&str| Endpoint {
        card: card(name),
        abilities: Abilities::default(),
        health: book.of(&model(name)),
        life: CacheLife::Short,
    };
    all.iter().map(endpoint).collect()
}

pub(crate) fn route(policy: Policy) -> Route {
    Route {
        policy,
        ..Route::of(vec![model("a/m"), model("b/m"), model("c/m")])
    }
}

pub(crate) fn moment(served: Option<&Served>) -> Moment<'_> {
    Moment {
        now: NOW,
        prompt: 1000,
        images: false,
        served,
        refused: &[],
        waited: false,
        rates: &NO_RATES,
    }
}

/// `serves: reason, reason, reason`, and the seconds to wait where none does.
pub(crate) fn said(choice: &Choice) -> String {
    let codes = choice.verdicts.iter().map(|(reason, _)| reason.code());
    let codes: Vec<&str> = codes.collect();
    let serves = choice.serves.map_or_else(
        || match &choice.wait {
            Some((until, _)) => format!("in {} s", until.since(NOW).as_secs()),
            None => "never".to_owned(),
        },
        |index| index.to_string(),
    );
    format!("{serves}: {}", codes.join(" "))
}
