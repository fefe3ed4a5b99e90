//! What a run says beside its result while it goes on.

use std::time::Duration;

use tokio::time::Instant;

use crate::agent::moment::Now;
use crate::agent::{retry, visible};
use crate::command::moment::second;
use crate::command::show;
use crate::protocol::event::{Delta, Event, Fact, Waiting};
use crate::protocol::id::ModelRef;
use crate::protocol::item::Item;

/// A wait that is shorter is over before anybody wonders.
const LONG: Duration = Duration::from_secs(2);

/// After this long without a word of a model one does.
const QUIET: Duration = Duration::from_secs(15);

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

/// A model that was asked and has not begun to answer. On this machine it may take minutes: that is told after a while, and
/// again each time the wait has doubled.
#[derive(Debug)]
pub(crate) struct Quiet {
    model: ModelRef,
    since: Instant,
    told_after: Duration,
}

impl Quiet {
    /// What is awaited after a delta: a model only where it was just asked, since all else is a sign of it.
    pub(crate) fn after(delta: &Delta, now: Instant) -> Option<Self> {
        let Delta::Waiting {
            what: Waiting::Model { model, .. },
        } = delta
        else {
            return None;
        };
        Some(Self {
            model: model.clone(),
            since: now,
            told_after: QUIET,
        })
    }

    /// When something is to be said of it.
    pub(crate) fn due(&self) -> Instant {
        self.since + self.told_after
    }

    pub(crate) fn tell(&mut self) -> String {
        let waited = retry::spoken(self.told_after);
        self.told_after *= 2;
        format!(
            "{} has not begun to answer for {waited}; still waiting, Ctrl+C stops it",
            self.model
        )
    }
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

    #[test]
    fn a_model_that_says_nothing_is_waited_for_aloud() {
        let now = Instant::now();
        let asked = Delta::Waiting {
            what: Waiting::Model {
                model: "p/m".parse().unwrap_or_else(|_| ModelRef::route("x")),
                since: Time(0),
            },
        };
        let mut quiet = Quiet::after(&asked, now);
        let mut said = Vec::new();
        for _ in 0..5 {
            let Some(quiet) = &mut quiet else { break };
            said.push(((quiet.due() - now).as_secs(), quiet.tell()));
        }
        let line = |waited: &str| {
            format!("p/m has not begun to answer for {waited}; still waiting, Ctrl+C stops it")
        };
        let expected = [
            (15, "15 s"),
            (30, "30 s"),
            (60, "60 s"),
            (120, "2 min"),
            (240, "4 min"),
        ];
        let expected = expected.map(|(at, waited)| (at, line(waited)));
        assert_eq!(said, expected);
        for word in [
            Delta::Waiting {
                what: Waiting::Nothing,
            },
            Delta::Thinking {
                text: "hm".to_owned(),
            },
        ] {
            assert!(Quiet::after(&word, now).is_none(), "{word:?}");
        }
    }
}
