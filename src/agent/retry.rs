//! Which failure, which attempt: wait and ask again, or give up.

use std::time::Duration;

use crate::protocol::failure::{Failure, FailureKind};

/// How often one step is asked at most, the first time included.
pub const ATTEMPTS: u32 = 8;

/// The same for an answer that broke off after words of it had come: each time it is paid for again.
pub const ATTEMPTS_WITH_WORDS: u32 = 3;

/// The same for an address where nobody is, as it seems: a wrong one is said within seconds, and one short fault of the network
/// is got over.
const ATTEMPTS_NOWHERE: u32 = 3;

/// The longest wait a provider may order; above it the turn fails and the person decides.
const LONGEST_ORDERED: Duration = Duration::from_mins(15);

/// A shorter ordered wait is none: a time that has passed, by a clock that is not ours.
const AT_ONCE: Duration = Duration::from_millis(500);

/// The longest wait chosen here.
const LONGEST_CHOSEN: Duration = Duration::from_mins(1);

/// How long to wait before asking again, or `None` to give up. `attempt` counts from 1; `jitter` (0 to 1000) spreads the
/// waits of many sessions over 80 to 120 percent.
pub fn next(failure: &Failure, attempt: u32, attempts: u32, jitter: u16) -> Option<Duration> {
    let may = failure.should_retry.unwrap_or(match failure.kind {
        FailureKind::Rate | FailureKind::Overloaded | FailureKind::Network => true,
        FailureKind::Auth
        | FailureKind::TooLong
        | FailureKind::Refused
        | FailureKind::BadRequest
        | FailureKind::Protocol
        | FailureKind::Config
        | FailureKind::Internal => false,
    });
    if !may || attempt >= attempts {
        return None;
    }
    // Once: what is lost again on a new connection is no matter of an old one.
    if failure.stale && attempt == 1 {
        return Some(Duration::ZERO);
    }
    let chosen = Duration::from_secs(1 << (attempt - 1).min(6)).min(LONGEST_CHOSEN);
    let chosen = spread(chosen, jitter);
    let Some(ordered) = failure.retry_after.map(Duration::from_millis) else {
        return Some(chosen);
    };
    // A server that says "at once" is believed once: one that says it time and again would be stormed.
    let is_believed = attempt == 1 || ordered >= AT_ONCE;
    let wait = if is_believed { ordered } else { chosen };
    (ordered <= LONGEST_ORDERED).then_some(wait)
}

/// How often one is asked at most that failed so, where nobody is there who could end it.
pub fn alone(failure: &Failure, attempts: u32) -> u32 {
    if failure.nowhere {
        attempts.min(ATTEMPTS_NOWHERE)
    } else {
        attempts
    }
}

fn spread(wait: Duration, jitter: u16) -> Duration {
    wait.mul_f64(0.8 + 0.4 * f64::from(jitter.min(1000)) / 1000.0)
}

/// How long to wait for a way to the server, where a person is there who may end it; `None` where it is no such failure. A
/// request that never left costs nothing, so it is tried for as long as it takes; but no key comes by itself, and no address.
pub fn for_a_way(failure: &Failure, jitter: u16) -> Option<Duration> {
    let may = failure.unsent
        && failure.should_retry != Some(false)
        && failure.kind == FailureKind::Network;
    may.then(|| spread(LONGEST_CHOSEN, jitter))
}

/// A failure that is not asked about again, where that is for its server's wait: with the wait and the way out.
pub fn given_up(failure: Failure) -> Failure {
    let ordered = failure.retry_after.map(Duration::from_millis);
    let Some(ordered) = ordered.filter(|wait| !is_worth(*wait)) else {
        return failure;
    };
    let message = format!(
        "{}; it says to wait {}, and Creel waits {} by itself at most: ask again after that, or choose another model",
        failure.message,
        spoken(ordered),
        spoken(LONGEST_ORDERED)
    );
    Failure { message, ..failure }
}

/// In the largest unit that does not hide much: `40 s`, `15 min`, `3 h`, `2 days`. Rounded up: nobody is sent too early.
pub fn spoken(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        7_200..172_800 => format!("{} h", seconds.div_ceil(3_600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

/// Whether another endpoint may do what this one could not. What the model or a filter will not answer is not taken from
/// vendor to vendor until one does.
pub fn may_elsewhere(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::Rate
        | FailureKind::Overloaded
        | FailureKind::Network
        | FailureKind::Auth
        | FailureKind::TooLong
        | FailureKind::BadRequest
        | FailureKind::Protocol
        | FailureKind::Config => true,
        FailureKind::Refused | FailureKind::Internal => false,
    }
}

/// Whether the endpoint would refuse the very same request again, or the key with it, or said not to ask again: within a step
/// it is not asked twice.
pub fn is_for_the_step(failure: &Failure) -> bool {
    let same_again = matches!(
        failure.kind,
        FailureKind::TooLong | FailureKind::BadRequest | FailureKind::Config | FailureKind::Auth
    );
    same_again || failure.should_retry == Some(false)
}

/// Whether a wait is short enough to be made; above it the turn fails and the person decides.
pub fn is_worth(wait: Duration) -> bool {
    wait <= LONGEST_ORDERED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind, retry_after: Option<u64>, should_retry: Option<bool>) -> Failure {
        Failure {
            retry_after,
            should_retry,
            ..Failure::new(kind, "x")
        }
    }

    #[test]
    fn waits_as_told_else_doubles_else_gives_up() {
        use FailureKind::{Auth, BadRequest, Network, Overloaded, Rate};
        let cases = [
            (failure(Rate, Some(37_000), None), 1, Some(37_000)),
            (failure(Rate, Some(0), None), 1, Some(0)),
            (failure(Rate, Some(0), None), 2, Some(2_000)),
            (failure(Rate, Some(0), None), 3, Some(4_000)),
            (failure(Overloaded, Some(499), None), 4, Some(8_000)),
            (failure(Rate, Some(500), None), 4, Some(500)),
            (failure(Rate, Some(15 * 60_000 + 1), None), 1, None),
            (failure(Rate, None, None), 1, Some(1_000)),
            (failure(Overloaded, None, None), 3, Some(4_000)),
            (failure(Network, None, None), 5, Some(16_000)),
            (failure(Network, None, None), 7, Some(60_000)),
            (failure(Network, None, None), 8, None),
            (failure(Auth, None, None), 1, None),
            (failure(BadRequest, None, None), 1, None),
            (failure(BadRequest, None, Some(true)), 1, Some(1_000)),
            (failure(Overloaded, None, Some(false)), 1, None),
        ];
        for (failure, attempt, expected) in cases {
            let waited = next(&failure, attempt, ATTEMPTS, 500).map(|wait| wait.as_millis());
            assert_eq!(waited, expected, "{failure:?} attempt {attempt}");
        }
        // A connection that was kept for too long is no reason to wait, and an attempt like any other.
        let stale = Failure {
            stale: true,
            ..failure(Network, None, None)
        };
        assert_eq!(next(&stale, 1, ATTEMPTS, 500), Some(Duration::ZERO));
        assert!(next(&stale, 2, ATTEMPTS, 500).is_some_and(|wait| !wait.is_zero()));
        assert_eq!(next(&stale, 1, 1, 500), None);
    }

    #[test]
    fn a_wait_that_is_too_long_is_said_with_the_way_out() {
        let cases = [
            (
                Some(3_600_000),
                "x; it says to wait 60 min, and Creel waits 15 min by itself at most: ask again after that, or choose another model",
            ),
            (Some(40_000), "x"),
            (None, "x"),
        ];
        for (wait, expected) in cases {
            let failure = given_up(failure(FailureKind::Rate, wait, None));
            assert_eq!(failure.message, expected);
        }
        let cases = [
            (400, "1 s"),
            (40_000, "40 s"),
            (899_500, "15 min"),
            (10_800_000, "3 h"),
            (864_000_000_000, "10000 days"),
        ];
        for (millis, expected) in cases {
            assert_eq!(spoken(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_way_is_waited_for_only_where_nothing_was_sent() {
        let sent = failure(FailureKind::Network, None, None);
        let unsent = Failure {
            unsent: true,
            ..sent.clone()
        };
        let told = Failure {
            should_retry: Some(false),
            ..unsent.clone()
        };
        assert_eq!(for_a_way(&sent, 500), None);
        assert_eq!(for_a_way(&unsent, 500), Some(Duration::from_mins(1)));
        let keyless = Failure {
            kind: FailureKind::Auth,
            ..unsent.clone()
        };
        assert_eq!(for_a_way(&keyless, 500), None);
        assert_eq!(for_a_way(&told, 500), None);
    }

    #[test]
    fn an_endpoint_that_will_not_be_asked_again_is_not_asked_again_in_this_step() {
        use FailureKind::{Auth, Overloaded, Rate};
        let cases = [
            (failure(Auth, None, None), true),
            (failure(Rate, None, None), false),
            (failure(Overloaded, None, Some(true)), false),
            (failure(Overloaded, None, Some(false)), true),
            (failure(Rate, Some(0), Some(false)), true),
        ];
        for (failure, expected) in cases {
            assert_eq!(is_for_the_step(&failure), expected, "{failure:?}");
        }
    }

    #[test]
    fn jitter_spreads_a_fifth_to_either_side() {
        let failure = failure(FailureKind::Network, None, None);
        assert_eq!(next(&failure, 1, 6, 0), Some(Duration::from_millis(800)));
        assert_eq!(
            next(&failure, 1, 6, 1000),
            Some(Duration::from_millis(1200))
        );
        assert_eq!(
            next(&failure, 1, 6, u16::MAX),
            Some(Duration::from_millis(1200))
        );
    }
}
