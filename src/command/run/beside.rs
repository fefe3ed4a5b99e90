//! What a run says beside its result while it goes on.

use std::time::Duration;

use crate::agent::moment::Now;
use crate::agent::{retry, visible};
use crate::command::moment::second;
use crate::command::show;
use crate::protocol::event::{Delta, Event, Fact, Waiting};
use crate::protocol::item::Item;

/// A wait that is shorter is over before anybody wonders.
const LONG: Duration = Duration::from_secs(2);

/// That a model is asked, or asked once more, after a while, which can take minutes: why, until when, and how to stop it. The
/// time is asked for only where one waits: it reads the file of the zone, and most deltas are text.
pub(crate) fn again(delta: &Delta, now: impl FnOnce() -> Now) -> Option<String> {
    let Delta::Waiting {
        what:
            Waiting::Retry {
                failure,
                attempt,
                attempts,
                endless,
                until,
            },
    } = delta
    else {
        return None;
    };
    let now = now();
    let message = &failure.message;
    let attempt = match (*attempt, *endless) {
        // Nothing was asked yet.
        (1, _) => String::new(),
        (attempt, true) => format!(", attempt {attempt}"),
        (attempt, false) => format!(", attempt {attempt} of {attempts}"),
    };
    let wait = until.since(now.time);
    if wait <= LONG {
        return Some(format!("{message}; trying again{attempt}"));
    }
    let wait = retry::spoken(wait);
    let until = second(*until, &now.zone);
    Some(format!(
        "{message}; waiting {wait}, until {until}{attempt}; Ctrl+C stops it"
    ))
}

/// What a person who watches is told while it runs.
pub(crate) fn progress(event: &Event) -> Option<String> {
    let Fact::ItemAdded { item, .. } = &event.fact else {
        return None;
    };
    let Item::Call(call) = item else {
        return None;
    };
    let arguments = visible::brief(&show::arguments(call), 100);
    Some(format!("{} {arguments}", call.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::failure::{Failure, FailureKind};
    use crate::protocol::time::Time;

    #[test]
    fn that_a_model_is_asked_again_is_one_line() {
        let now = Now {
            time: Time(1_785_585_600_000),
            zone: jiff::tz::TimeZone::fixed(jiff::tz::offset(2)),
        };
        let waits = |attempt, endless, seconds| Delta::Waiting {
            what: Waiting::Retry {
                failure: Failure::new(FailureKind::Overloaded, "p answered 503: busy"),
                attempt,
                attempts: 8,
                endless,
                until: now.time.plus(Duration::from_secs(seconds)),
            },
        };
        let cases = [
            (
                waits(2, false, 1),
                Some("p answered 503: busy; trying again, attempt 2 of 8"),
            ),
            (
                waits(2, true, 2),
                Some("p answered 503: busy; trying again, attempt 2"),
            ),
            (
                waits(2, false, 40),
                Some(
                    "p answered 503: busy; waiting 40 s, until 14:00:40, attempt 2 of 8; Ctrl+C stops it",
                ),
            ),
            // Nothing was asked yet: another process was told to wait.
            (
                waits(1, false, 800),
                Some("p answered 503: busy; waiting 14 min, until 14:13:20; Ctrl+C stops it"),
            ),
            (
                Delta::Waiting {
                    what: Waiting::Nothing,
                },
                None,
            ),
        ];
        for (delta, expected) in cases {
            assert_eq!(again(&delta, || now.clone()).as_deref(), expected);
        }
        let text = Delta::Text {
            text: "word ".to_owned(),
        };
        let asked = || unreachable!("no time is asked for a word");
        assert_eq!(again(&text, asked), None);
    }
}
