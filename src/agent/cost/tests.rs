//! What calls come to.

use pretty_assertions::assert_eq;

use super::*;
use crate::protocol::usage::Tier;

fn price() -> Price {
    Price {
        currency: Currency::USD,
        input: 3_000_000,
        output: 15_000_000,
        cache_read: Some(300_000),
        cache_write: Some(3_750_000),
        cache_write_long: Some(6_000_000),
        web_search: None,
        tiers: vec![Tier {
            above: 200_000,
            input: Some(6_000_000),
            output: Some(22_500_000),
            cache_read: None,
            cache_write: None,
            cache_write_long: None,
        }],
    }
}

#[test]
fn usage_times_price_to_the_last_digit() {
    let cases = [
        (
            Usage {
                input: 1000,
                output: 100,
                ..Usage::default()
            },
            4_500_000_000,
        ),
        (
            Usage {
                input: 10,
                cache_read: 100_000,
                cache_write: 20,
                cache_write_long: 5,
                output: 7,
                reasoning: Some(3),
                searches: 0,
            },
            30_240_000_000,
        ),
        // The whole prompt decides the row; what the row lacks keeps its base price.
        (
            Usage {
                input: 1,
                cache_read: 200_000,
                output: 1,
                ..Usage::default()
            },
            60_028_500_000,
        ),
        (Usage::default(), 0),
    ];
    for (usage, parts) in cases {
        assert_eq!(of(&usage, &price()), Money::usd(parts), "{usage:?}");
    }
}

/// Two calls of the server's own, neither of which is long: the dearer row is for neither.
#[test]
fn the_row_goes_by_the_length_of_each_call() {
    let usage = |input| Usage {
        input,
        output: 10,
        ..Usage::default()
    };
    let cases = [
        (vec![usage(150_000), usage(100_000)], 750_300_000_000),
        (vec![usage(250_000), usage(100_000)], 1_800_375_000_000),
        (vec![usage(250_000)], 1_500_225_000_000),
    ];
    for (each, parts) in cases {
        let tariff = Tariff::Priced(price());
        let (charge, _) = charge(&each, None, &tariff, false, &Rates::default());
        assert_eq!(charge.money, Some(Money::usd(parts)), "{each:?}");
    }
}

#[test]
fn a_missing_cache_price_costs_as_input() {
    let bare = Price {
        cache_read: None,
        cache_write: None,
        cache_write_long: None,
        tiers: Vec::new(),
        ..price()
    };
    let usage = Usage {
        input: 1,
        cache_read: 1,
        cache_write: 1,
        cache_write_long: 1,
        ..Usage::default()
    };
    assert_eq!(of(&usage, &bare), Money::usd(12_000_000));
}

#[test]
fn the_worst_case_is_never_below_what_it_comes_to() {
    for usage in [
        Usage {
            input: 500,
            output: 10,
            ..Usage::default()
        },
        Usage {
            cache_write: 500,
            output: 10,
            ..Usage::default()
        },
        Usage {
            cache_read: 500,
            output: 3,
            ..Usage::default()
        },
    ] {
        assert!(worst(500, 10, &price()).parts >= of(&usage, &price()).parts);
    }
}

#[test]
fn a_longer_life_is_held_at_its_own_price() {
    let short = Tariff::Priced(price());
    // Twice the price of input, as the longer life is sold, against the dearer of input and the short life.
    let cases = [
        (1_000, 3_750_000_000, 6_000_000_000),
        (300_000, 1_800_000_000_000, 1_800_000_000_000),
    ];
    for (prompt, usual, long) in cases {
        let none = Rates::default();
        assert_eq!(reserve(prompt, 0, &short, &none), Some(Money::usd(usual)));
        assert_eq!(
            reserve(prompt, 0, &short.written_long(), &none),
            Some(Money::usd(long))
        );
    }
    assert_eq!(Tariff::Local.written_long(), Tariff::Local);
}

#[test]
fn other_currencies_count_by_their_rate_else_one_to_one() {
    let tariff = Tariff::Priced(Price {
        currency: Currency::CNY,
        tiers: Vec::new(),
        ..price()
    });
    let usage = Usage {
        input: 1000,
        ..Usage::default()
    };
    let rate = crate::protocol::money::Rate {
        usd: 139_000_000_000,
        date: "2026-11-20".to_owned(),
    };
    let cases = [
        (Rates::default(), 3_000_000_000),
        (Rates([(Currency::CNY, rate)].into()), 417_000_000),
    ];
    for (rates, counted) in cases {
        let (charge, found) = charge(&[usage], None, &tariff, false, &rates);
        // What is charged stays in its currency.
        let yuan = charge.money.map(|money| (money.parts, money.currency));
        assert_eq!(yuan, Some((3_000_000_000, Currency::CNY)));
        assert_eq!(found, Money::usd(counted));
        let reserved = reserve(800, 0, &tariff, &rates);
        assert_eq!(reserved, Some(Money::usd(counted)), "{rates:?}");
    }
}

#[test]
fn what_cannot_be_nothing_is_estimated() {
    let reply = Reply {
        parts: vec![crate::protocol::reply::Part::Text {
            text: "eight by".to_owned(),
            opaque: None,
        }],
        ..Reply::default()
    };
    let usage = |input, cache_read, output| Usage {
        input,
        cache_read,
        output,
        ..Usage::default()
    };
    let cases = [
        (usage(10, 0, 1), &reply, (usage(10, 0, 1), false)),
        (usage(0, 10, 1), &reply, (usage(0, 10, 1), false)),
        (usage(0, 0, 1), &reply, (usage(90, 0, 1), true)),
        (usage(10, 0, 0), &reply, (usage(10, 0, 2), true)),
        (usage(10, 0, 0), &Reply::default(), (usage(10, 0, 0), false)),
    ];
    for (told, reply, expected) in cases {
        assert_eq!(completed(told, 90, reply), expected, "{told:?}");
    }
    // A count from before the words were said, of whatever it is more.
    let early = Reply {
        usage_early: true,
        ..reply.clone()
    };
    for (told, output) in [(1, 2), (7, 7)] {
        let found = completed(usage(10, 0, told), 90, &early);
        assert_eq!(found, (usage(10, 0, output), true));
    }
}

#[test]
fn what_broke_off_is_told_as_far_as_it_was_and_estimated_beyond() {
    let usage = |input, cache_read, output| Usage {
        input,
        cache_read,
        output,
        ..Usage::default()
    };
    let cases = [
        (None, 0, usage(90, 0, 2)),
        // What the provider had in its cache costs as read from there.
        (None, 80, usage(10, 80, 2)),
        (None, 100, usage(0, 90, 2)),
        (Some(usage(10, 5, 1)), 80, usage(10, 5, 2)),
        (Some(usage(10, 0, 7)), 0, usage(10, 0, 7)),
        (Some(usage(0, 10, 1)), 0, usage(0, 10, 2)),
        // The head of an answer that knew nothing of its prompt.
        (Some(usage(0, 0, 1)), 0, usage(90, 0, 2)),
    ];
    for (told, cached, expected) in cases {
        let partial = Reply {
            parts: vec![crate::protocol::reply::Part::Text {
                text: "eight by".to_owned(),
                opaque: None,
            }],
            usage: told,
            ..Reply::default()
        };
        assert_eq!(estimate(90, cached, &partial), expected, "{told:?}");
    }
}

#[test]
fn each_tariff_is_charged_and_counted_in_its_own_way() {
    let usage = Usage {
        input: 1000,
        ..Usage::default()
    };
    let listed = Money::usd(3_000_000_000);
    let reported = Money::usd(7);
    let unknown = Tariff::Unknown { stand_in: price() };
    let cases = [
        (
            None,
            Tariff::Priced(price()),
            false,
            Some(listed),
            Basis::Listed,
            listed,
        ),
        (
            None,
            Tariff::Priced(price()),
            true,
            Some(listed),
            Basis::Estimated,
            listed,
        ),
        (
            Some(reported),
            Tariff::Priced(price()),
            false,
            Some(reported),
            Basis::Reported,
            reported,
        ),
        (
            Some(reported),
            unknown.clone(),
            false,
            Some(reported),
            Basis::Reported,
            reported,
        ),
        (None, unknown, false, None, Basis::Unknown, listed),
        (
            None,
            Tariff::Local,
            false,
            Some(Money::usd(0)),
            Basis::Local,
            Money::usd(0),
        ),
        (
            None,
            Tariff::Included(Some(price())),
            true,
            Some(listed),
            Basis::IncludedEstimated,
            Money::usd(0),
        ),
        (
            Some(reported),
            Tariff::Included(None),
            true,
            Some(reported),
            Basis::Included,
            Money::usd(0),
        ),
        (
            None,
            Tariff::Included(None),
            false,
            None,
            Basis::Included,
            Money::usd(0),
        ),
        (
            None,
            Tariff::Play(price()),
            false,
            Some(listed),
            Basis::Play,
            Money::usd(0),
        ),
    ];
    for (reported, tariff, estimated, money, basis, counted) in cases {
        assert_eq!(
            charge(&[usage], reported, &tariff, estimated, &Rates::default()),
            (Charge { money, basis }, counted),
            "{tariff:?}"
        );
    }
}

#[test]
fn another_service_has_its_own_price_or_none_that_is_known() {
    let dear = Price {
        input: 6_000_000,
        ..price()
    };
    let dearest = || Price {
        input: 9_000_000,
        ..price()
    };
    let (usual, of, unlisted) = (
        ServicePrice::Usual,
        ServicePrice::Of(dear.clone()),
        ServicePrice::Unlisted,
    );
    let unknown = || Tariff::Unknown {
        stand_in: dearest(),
    };
    let cases = [
        (Tariff::Priced(price()), &usual, Tariff::Priced(price())),
        (Tariff::Priced(price()), &of, Tariff::Priced(dear.clone())),
        (Tariff::Priced(price()), &unlisted, unknown()),
        (
            Tariff::Included(Some(price())),
            &of,
            Tariff::Included(Some(dear)),
        ),
        (
            Tariff::Included(Some(price())),
            &unlisted,
            Tariff::Included(None),
        ),
        (Tariff::Local, &unlisted, Tariff::Local),
        (Tariff::Play(price()), &of, Tariff::Play(price())),
    ];
    for (tariff, service, expected) in cases {
        assert_eq!(tariff.served(service, dearest), expected, "{service:?}");
    }
}
