//! Choices as rows: what is known of three endpoints, and which one serves with what reasons.

#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;
use std::time::Duration;

use crate::agent::route::given::{
    End, NO_RATES, NOW, book, endpoints, fails, failure, model, moment, price, route, said, told,
};
use crate::agent::route::health::{Book, Cooling};
use crate::agent::route::{Endpoint, Moment, Served, decide, not_known};
use crate::protocol::failure::FailureKind;
use crate::protocol::id::Seq;
use crate::protocol::money::{Currency, Rate, Rates};
use crate::protocol::route::{Abilities, Left, Limits, Need, Needs, Policy, Vitals};
use crate::protocol::time::Time;
use crate::protocol::usage::Price;

#[test]
fn the_first_that_is_ready_serves_and_one_that_is_warm_stays() {
    use FailureKind::{Auth, BadRequest, Network, Overloaded};
    let served = |name: &str, ago: i64| Served {
        model: model(name),
        at: Time(NOW.0 - ago),
        tokens: 900,
    };
    let cases: [(Vec<End>, Option<Served>, &str); 14] = [
        (vec![], None, "0: first later later"),
        (vec![], Some(served("b/m", 60_000)), "1: cold warm later"),
        // Its cache is gone, or it is no member.
        (vec![], Some(served("b/m", 300_000)), "0: first later later"),
        (vec![], Some(served("x/m", 1000)), "0: first later later"),
        // A limit holds as long as it was told, a fault for the cooldown, doubled when it comes again.
        (
            vec![fails(1, 1000, "a/m", told(37))],
            None,
            "1: cooling first later",
        ),
        (
            vec![fails(1, 38_000, "a/m", told(37))],
            None,
            "0: first later later",
        ),
        (
            vec![fails(1, 16_000, "a/m", failure(Overloaded, 500))],
            None,
            "0: first later later",
        ),
        (
            vec![
                fails(1, 60_000, "a/m", failure(Overloaded, 500)),
                fails(2, 16_000, "a/m", failure(Network, 200)),
            ],
            None,
            "1: cooling first later",
        ),
        // Sessions side by side meet one incident.
        (
            vec![
                fails(1, 16_500, "a/m", failure(Overloaded, 500)),
                End {
                    millis: 700,
                    ..fails(2, 16_000, "a/m", failure(Overloaded, 500))
                },
            ],
            None,
            "0: first later later",
        ),
        // An answer clears it; a failure takes even what is warm.
        (
            vec![fails(1, 1000, "a/m", told(37)), End::well(2, 500, "a/m")],
            None,
            "0: first later later",
        ),
        (
            vec![fails(1, 1000, "b/m", failure(Overloaded, 529))],
            Some(served("b/m", 2000)),
            "0: first cooling later",
        ),
        // A refused key and a model that is not there last; the request's own fault says nothing of the endpoint.
        (
            vec![
                fails(1, 200_000, "a/m", failure(Auth, 401)),
                fails(2, 200_000, "b/m", failure(BadRequest, 404)),
            ],
            None,
            "2: cooling cooling first",
        ),
        (
            vec![fails(1, 10, "a/m", failure(BadRequest, 400))],
            None,
            "0: first later later",
        ),
        // The key and the way there are the provider's, its models' load is not.
        (
            vec![
                fails(1, 1000, "a/other", failure(Network, 0)),
                fails(2, 1000, "b/other", failure(Overloaded, 503)),
            ],
            None,
            "1: cooling first later",
        ),
    ];
    for (number, (ends, served, expected)) in cases.into_iter().enumerate() {
        let choice = decide(
            &route(Policy::Ordered),
            &endpoints(&book(&ends)),
            &moment(served.as_ref()),
        );
        assert_eq!(said(&choice), expected, "case {number}");
    }
}

type Change = fn(&mut Endpoint);

#[test]
fn what_nobody_knows_is_believed_and_said() {
    let all = Needs {
        context: Some(1),
        tools: true,
        images: true,
    };
    let none: Change = |endpoint| {
        endpoint.card.context = None;
        endpoint.abilities = Abilities::default();
    };
    let known: Change = |endpoint| {
        endpoint.card.context = Some(2);
        endpoint.abilities = Abilities {
            tools: Some(true),
            images: Some(false),
        };
    };
    let cases: [(Needs, Change, &[Need]); 4] = [
        (all, none, &[Need::Context, Need::Tools, Need::Images]),
        (all, known, &[]),
        (Needs::default(), none, &[]),
        (
            Needs {
                tools: true,
                ..Needs::default()
            },
            none,
            &[Need::Tools],
        ),
    ];
    for (needs, change, expected) in cases {
        let mut endpoints = endpoints(&Book::default());
        change(&mut endpoints[0]);
        assert_eq!(not_known(&needs, &endpoints[0]), expected);
    }
}

#[test]
fn what_cannot_serve_says_why() {
    let mut route = route(Policy::Ordered);
    route.needs.context = Some(50_000);
    route.needs.tools = true;
    route.needs.images = true;
    let cases: [(Change, &str); 8] = [
        (|_| {}, "first"),
        (
            |endpoint| endpoint.card.lacks = Some("set X".into()),
            "lacks",
        ),
        (|endpoint| endpoint.card.context = Some(49_999), "window"),
        (|endpoint| endpoint.card.context = None, "first"),
        (
            |endpoint| endpoint.abilities.tools = Some(false),
            "no_tools",
        ),
        (
            |endpoint| endpoint.abilities.images = Some(false),
            "no_images",
        ),
        (|endpoint| endpoint.abilities.images = Some(true), "first"),
        (|endpoint| endpoint.card.context = Some(60_000), "too_small"),
    ];
    for (change, expected) in cases {
        let mut all = endpoints(&Book::default());
        change(&mut all[0]);
        let moment = Moment {
            prompt: if expected == "too_small" { 60_000 } else { 10 },
            ..moment(None)
        };
        let choice = decide(&route, &all, &moment);
        assert_eq!(choice.verdicts[0].0.code(), expected);
        assert_eq!(choice.serves, Some(usize::from(expected != "first")));
    }
    let refused = [(model("a/m"), failure(FailureKind::BadRequest, 400))];
    let moment = Moment {
        refused: &refused,
        ..moment(None)
    };
    let choice = decide(&route, &endpoints(&Book::default()), &moment);
    assert_eq!(said(&choice), "1: refused first later");
}

#[test]
fn where_none_is_ready_the_soonest_is_waited_for_once() {
    let ends = [
        fails(1, 0, "a/m", told(90)),
        fails(2, 0, "b/m", told(20)),
        fails(3, 0, "c/m", failure(FailureKind::Auth, 401)),
    ];
    let all = endpoints(&book(&ends));
    let route = route(Policy::Ordered);
    let choice = decide(&route, &all, &moment(None));
    assert_eq!(said(&choice), "in 20 s: cooling cooling cooling");
    assert_eq!(choice.wait.unwrap().1, Some(told(20)));
    let waited = Moment {
        waited: true,
        ..moment(None)
    };
    assert_eq!(
        said(&decide(&route, &all, &waited)),
        "1: cooling soonest cooling"
    );
    // Keys that were refused may have been mended since; those that were refused in this very step were not.
    let keys = ["a/m", "b/m", "c/m"];
    let auth = || failure(FailureKind::Auth, 401);
    let ends = (1..)
        .zip(keys)
        .map(|(seq, name)| fails(seq, 0, name, auth()));
    let all = endpoints(&book(&ends.collect::<Vec<_>>()));
    let refused = keys.map(|name| (model(name), auth()));
    for (count, expected) in [
        (0, "0: soonest cooling cooling"),
        (1, "1: refused soonest cooling"),
        (3, "never: refused refused refused"),
    ] {
        let moment = Moment {
            refused: &refused[..count],
            ..moment(None)
        };
        assert_eq!(said(&decide(&route, &all, &moment)), expected);
    }
}

#[test]
fn a_limit_that_is_used_up_passes_the_prompt_on_until_it_is_whole() {
    let left = |left, reset| Some(Left { left, reset });
    let cases = [
        (left(0, 5000), None, "1: exhausted first later"),
        (left(1, 5000), None, "0: first later later"),
        // The answer that told it was two seconds ago.
        (left(0, 1999), None, "0: first later later"),
        (None, left(999, 5000), "1: exhausted first later"),
        (None, left(1000, 5000), "0: first later later"),
    ];
    for (requests, tokens, expected) in cases {
        let end = End {
            vitals: Vitals {
                first: None,
                limits: Limits { requests, tokens },
            },
            ..End::well(1, 2000, "a/m")
        };
        let choice = decide(
            &route(Policy::Ordered),
            &endpoints(&book(&[end])),
            &moment(None),
        );
        assert_eq!(said(&choice), expected, "{requests:?} {tokens:?}");
    }
}

#[test]
fn the_cheapest_counts_what_is_cached() {
    let served = Served {
        model: model("a/m"),
        at: NOW,
        tokens: 900,
    };
    // The prices of a, b and c: input and cached, for a prompt of 1000 tokens of which a has 900.
    let cases = [
        (
            [Some(price(10, 1)), Some(price(5, 5)), None],
            None,
            "1: dearer cheapest dearer",
        ),
        // 900 at 1 and 100 at 10 are less than 1000 at 5; were it 1000 at 1 they are not.
        (
            [Some(price(10, 1)), Some(price(5, 5)), None],
            Some(&served),
            "0: cheapest dearer dearer",
        ),
        (
            [Some(price(10, 1)), Some(price(1, 1)), None],
            Some(&served),
            "1: dearer cheapest dearer",
        ),
        // The same: the one that is warm, else the first.
        (
            [Some(price(2, 2)), Some(price(2, 2)), Some(price(2, 2))],
            None,
            "0: cheapest later later",
        ),
        (
            [Some(price(2, 2)), Some(price(2, 2)), Some(price(2, 2))],
            Some(&served),
            "0: cheapest later later",
        ),
        ([None, None, None], None, "0: cheapest dearer dearer"),
    ];
    for (number, (prices, served, expected)) in cases.into_iter().enumerate() {
        let mut all = endpoints(&Book::default());
        for (endpoint, price) in all.iter_mut().zip(prices) {
            endpoint.card.price = price;
        }
        let choice = decide(&route(Policy::Cheapest), &all, &moment(served));
        assert_eq!(said(&choice), expected, "case {number}");
    }
    let mut all = endpoints(&Book::default());
    all[2].card.subscription = true;
    let choice = decide(&route(Policy::Cheapest), &all, &moment(Some(&served)));
    assert_eq!(said(&choice), "2: dearer dearer cheapest");
    all[1].card.price = None;
    all[1].card.local = true;
    let choice = decide(&route(Policy::Cheapest), &all, &moment(Some(&served)));
    assert_eq!(said(&choice), "1: dearer cheapest later");
}

#[test]
fn the_fastest_is_measured_and_what_was_not_is_tried() {
    let measured = |seq, name, first, output, millis| End {
        vitals: Vitals {
            first: Some(first),
            limits: Limits::default(),
        },
        output,
        millis,
        ..End::well(seq, 1000, name)
    };
    // a: 1 s and 100 tokens a second; b: 3 s and 1000; c: 2 s and 50.
    let a = || measured(1, "a/m", 1000, 100, 2000);
    let b = || measured(2, "b/m", 3000, 1000, 4000);
    let c = || measured(3, "c/m", 2000, 100, 4000);
    let route = route(Policy::Fastest);
    let all = endpoints(&book(&[a(), b(), c()]));
    assert_eq!(all[2].health.rate, Some(50));
    assert_eq!(
        said(&decide(&route, &all, &moment(None))),
        "1: slower fastest slower"
    );
    let all = endpoints(&book(&[a(), b()]));
    assert_eq!(
        said(&decide(&route, &all, &moment(None))),
        "2: slower slower fastest"
    );
    let served = Served {
        model: model("a/m"),
        at: NOW,
        tokens: 900,
    };
    let all = endpoints(&book(&[a(), b(), c()]));
    assert_eq!(
        said(&decide(&route, &all, &moment(Some(&served)))),
        "0: warm cold slower"
    );
}

#[test]
fn a_failure_nobody_waited_for_or_read_before_says_nothing() {
    let mut book = book(&[fails(5, 0, "a/m", failure(FailureKind::Overloaded, 500))]);
    let cooldown = Duration::from_secs(15);
    let cooling = |book: &Book| book.of(&model("a/m")).cooling(cooldown, NOW);
    assert_eq!(
        cooling(&book),
        Some(Cooling {
            until: NOW.plus(cooldown),
            failure: failure(FailureKind::Overloaded, 500),
            passes: true,
        })
    );
    // Older ones come late and change nothing.
    book.apply(&End::well(4, 0, "a/m").outcome());
    assert!(cooling(&book).is_some());
    let mut crash = fails(6, 0, "b/m", failure(FailureKind::Network, 0)).outcome();
    crash.vitals = None;
    book.apply(&crash);
    assert_eq!(book.of(&model("b/m")).cooling(cooldown, NOW), None);
    assert_eq!(book.read(), Seq(6));
    // When the config is read again, what a person had to mend may be mended; what passes by itself is not.
    book.apply(&fails(7, 0, "c/m", failure(FailureKind::Auth, 401)).outcome());
    assert!(book.of(&model("c/x")).cooling(cooldown, NOW).is_some());
    book.forgive();
    assert_eq!(book.of(&model("c/m")).cooling(cooldown, NOW), None);
    assert!(cooling(&book).is_some());
}

#[test]
fn amounts_of_other_currencies_are_compared_by_their_rate() {
    let yuan = Currency::CNY;
    let mut all = endpoints(&Book::default());
    all[1].card.price = Some(Price {
        currency: yuan,
        ..price(40, 4)
    });
    let rate = Rate {
        usd: 140_000_000_000,
        date: "2026-11-20".to_owned(),
    };
    let rates = Rates([(yuan, rate)].into());
    for (rates, expected) in [
        // Nobody knows which is less: the order decides, and of what can be compared the price.
        (&NO_RATES, "0: cheapest unlike later"),
        (&rates, "1: dearer cheapest dearer"),
    ] {
        let moment = Moment {
            rates,
            ..moment(None)
        };
        let choice = decide(&route(Policy::Cheapest), &all, &moment);
        assert_eq!(said(&choice), expected);
    }
    // With nothing to compare it with it is no cheapest; what costs nothing is, in any currency.
    all[2].card.price = None;
    let served = Served {
        model: model("b/m"),
        at: NOW,
        tokens: 900,
    };
    for (served, free, expected) in [
        (None, false, "0: first unlike dearer"),
        (Some(&served), false, "1: unlike warm dearer"),
        (Some(&served), true, "2: dearer dearer cheapest"),
    ] {
        all[2].card.local = free;
        let choice = decide(&route(Policy::Cheapest), &all, &moment(served));
        assert_eq!(said(&choice), expected);
    }
}
