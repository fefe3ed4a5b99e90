//! What a prompt cache could have saved and did not.

use std::time::Duration;

use crate::agent::cost;
use crate::protocol::cache::{Break, Cause, Made, Miss, Place};
use crate::protocol::money::Money;
use crate::protocol::usage::{CacheLife, Price, Usage};

/// Servers keep prompts in units of up to this many tokens, so the last of them is never read.
const UNIT: u64 = 256;

/// Tokens of a prompt that stood in the one before and were not read from the cache. `least` is the shortest prefix the
/// model caches.
pub fn missed(before: &Usage, now: &Usage, least: u64) -> u64 {
    let could = before.prompt().min(now.prompt());
    let missed = could.saturating_sub(now.cache_read);
    if could < least || missed < UNIT {
        0
    } else {
        missed
    }
}

/// What those tokens cost more than read from the cache they would have, by this price.
pub fn lost(now: &Usage, missed: u64, price: &Price) -> Money {
    let mut read = *now;
    let mut left = missed;
    // A prefix that was not found was written again where it was marked, and else came in fresh.
    for bucket in [
        &mut read.cache_write_long,
        &mut read.cache_write,
        &mut read.input,
    ] {
        let moved = left.min(*bucket);
        *bucket -= moved;
        left -= moved;
    }
    read.cache_read = read.cache_read.saturating_add(missed - left);
    let (paid, could) = (cost::of(now, price), cost::of(&read, price));
    Money {
        parts: paid.parts.saturating_sub(could.parts).max(0),
        currency: price.currency,
    }
}

/// What may have changed of a request beside what it was made with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Otherwise {
    /// More pictures were left out than before.
    pub outgrown: bool,
    /// Other tools were taken away than before.
    pub tools: bool,
}

/// Why a request parts from the one before, which went to the same model.
pub fn cause(place: &Place, (before, now): (&Made, &Made), otherwise: Otherwise) -> Cause {
    let Otherwise { outgrown, tools } = otherwise;
    if tools && *place == Place::Tools {
        Cause::Tools
    } else if outgrown && matches!(place, Place::Message(_)) {
        Cause::Pictures
    } else if before.effort != now.effort {
        Cause::Effort
    } else if matches!(place, Place::Setting(_)) && before.max_output != now.max_output {
        Cause::Output
    } else {
        Cause::Unknown
    }
}

/// Why tokens were not read that could have been.
pub fn why(broke: Option<&Break>, idle: Option<Duration>, life: CacheLife) -> Miss {
    match (broke, idle) {
        (Some(_), _) => Miss::Broke,
        (None, Some(idle)) if idle >= life.duration() => Miss::Expired,
        _ => Miss::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::effort::Effort;
    use crate::protocol::money::Currency;

    fn usage(input: u64, cache_read: u64, cache_write: u64) -> Usage {
        Usage {
            input,
            cache_read,
            cache_write,
            output: 50,
            ..Usage::default()
        }
    }

    #[test]
    fn what_stood_in_the_prompt_before_could_have_been_read() {
        let cases = [
            (usage(10_000, 0, 0), usage(500, 10_000, 0), 0),
            (usage(10_000, 0, 0), usage(12_000, 0, 0), 10_000),
            (usage(2, 4_000, 6_000), usage(3, 4_000, 8_000), 6_002),
            // The last unit is never read.
            (usage(10_000, 0, 0), usage(500, 9_800, 0), 0),
            // Too short to be kept at all.
            (usage(900, 0, 0), usage(1_200, 0, 0), 0),
            // A prompt that became shorter.
            (usage(50_000, 0, 0), usage(8_000, 0, 0), 8_000),
            (usage(0, 0, 0), usage(8_000, 0, 0), 0),
            (usage(10_000, 0, 0), usage(0, 20_000, 0), 0),
        ];
        for (before, now, expected) in cases {
            assert_eq!(missed(&before, &now, 1024), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn a_loss_is_what_was_paid_above_the_price_of_reading() {
        let price = Price {
            currency: Currency::USD,
            input: 3_000_000,
            output: 15_000_000,
            cache_read: Some(300_000),
            cache_write: Some(3_750_000),
            cache_write_long: None,
            web_search: None,
            tiers: Vec::new(),
        };
        let without = Price {
            cache_read: None,
            cache_write: None,
            ..price.clone()
        };
        let cases = [
            // Written again: 3.75 - 0.3 dollars a million.
            (usage(3, 0, 10_000), 8_000, &price, 27_600_000_000),
            // Fresh: 3 - 0.3.
            (usage(10_000, 0, 0), 8_000, &price, 21_600_000_000),
            (usage(2_000, 0, 6_000), 8_000, &price, 26_100_000_000),
            // More than there is cannot be lost.
            (usage(10, 0, 0), 8_000, &price, 27_000_000),
            (usage(10_000, 0, 0), 0, &price, 0),
            // A server whose cache is not cheaper.
            (usage(10_000, 0, 0), 8_000, &without, 0),
        ];
        for (now, missed, price, parts) in cases {
            assert_eq!(lost(&now, missed, price), Money::usd(parts), "{now:?}");
        }
    }

    #[test]
    fn a_change_that_is_known_is_the_cause() {
        let made = Made {
            max_output: 100,
            effort: None,
            life: CacheLife::Short,
        };
        let harder = Made {
            effort: Some(Effort::High),
            ..made
        };
        let longer = Made {
            max_output: 200,
            ..made
        };
        let setting = Place::Setting("max_tokens".to_owned());
        let cases = [
            (&setting, harder, Cause::Effort),
            (&Place::Message(3), harder, Cause::Effort),
            (&setting, longer, Cause::Output),
            (&Place::Message(3), longer, Cause::Unknown),
            (&Place::System, made, Cause::Unknown),
        ];
        let message = Place::Message(3);
        let (none, outgrown, tools) = (
            Otherwise::default(),
            Otherwise {
                outgrown: true,
                tools: false,
            },
            Otherwise {
                outgrown: false,
                tools: true,
            },
        );
        assert_eq!(cause(&message, (&made, &harder), outgrown), Cause::Pictures);
        assert_eq!(cause(&setting, (&made, &longer), outgrown), Cause::Output);
        assert_eq!(cause(&Place::Tools, (&made, &made), tools), Cause::Tools);
        assert_eq!(cause(&Place::Tools, (&made, &made), none), Cause::Unknown);
        assert_eq!(cause(&message, (&made, &made), tools), Cause::Unknown);
        for (place, now, expected) in cases {
            assert_eq!(cause(place, (&made, &now), none), expected, "{place:?}");
        }
    }

    #[test]
    fn what_was_left_too_long_has_expired() {
        let broke = Break {
            place: Place::System,
            cause: Cause::Unknown,
        };
        let minutes = |count: u64| Some(Duration::from_mins(count));
        let cases = [
            (Some(&broke), minutes(90), CacheLife::Short, Miss::Broke),
            (None, minutes(5), CacheLife::Short, Miss::Expired),
            (None, minutes(5), CacheLife::Long, Miss::Unknown),
            (None, minutes(60), CacheLife::Long, Miss::Expired),
            (None, minutes(1), CacheLife::Short, Miss::Unknown),
            (None, None, CacheLife::Short, Miss::Unknown),
        ];
        for (broke, idle, life, expected) in cases {
            assert_eq!(why(broke, idle, life), expected, "{idle:?} {life:?}");
        }
    }
}
