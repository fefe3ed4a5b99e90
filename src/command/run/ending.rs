//! How a run ends: the word, the exit code and the remark of each ending.

use crate::command::exit;
use crate::protocol::ask::{About, BudgetName};
use crate::protocol::event::Ending;
use crate::protocol::failure::FailureKind;
use crate::protocol::money::Money;

/// The contract's word.
pub fn name(ending: &Ending) -> &'static str {
    match ending {
        Ending::Finished => "finished",
        Ending::Failed { .. } => "failed",
        Ending::Denied => "denied",
        Ending::Budget => "budget",
        Ending::Limit { .. } => "limit",
        Ending::Interrupted { .. } => "interrupted",
    }
}

/// The exit code of an ending; `signal` is the code of the signal that was caught, if one was.
pub fn exit_code(ending: &Ending, signal: Option<u8>) -> u8 {
    match ending {
        Ending::Finished => exit::DONE,
        Ending::Failed { failure } => match failure.kind {
            FailureKind::Config | FailureKind::Internal => exit::FAILED,
            FailureKind::Auth
            | FailureKind::Rate
            | FailureKind::Overloaded
            | FailureKind::Network
            | FailureKind::TooLong
            | FailureKind::Refused
            | FailureKind::BadRequest
            | FailureKind::Protocol => exit::PROVIDER,
        },
        Ending::Denied => exit::DENIED,
        Ending::Budget => exit::BUDGET,
        Ending::Limit { .. } => exit::LIMIT,
        Ending::Interrupted { .. } => signal.unwrap_or(exit::INTERRUPTED),
    }
}

/// The line beside the result that says why a run did not simply finish. `asked`: what it would have waited for, with nobody
/// to ask.
pub fn remark(ending: &Ending, asked: Option<&About>) -> Option<String> {
    match ending {
        Ending::Finished => None,
        Ending::Failed { failure } if failure.kind == FailureKind::TooLong => Some(format!(
            "{}: the same fails again; --model with more room goes on with this session, a run without --session and \
             --continue begins another",
            failure.message
        )),
        Ending::Failed { failure } => Some(failure.message.clone()),
        Ending::Denied => {
            Some("a call was denied: --allow RULE or --mode widen what may be done".to_owned())
        }
        Ending::Budget => Some(match asked {
            Some(About::Budget {
                worst,
                left,
                limit,
                which,
            }) => budget(*worst, *left, *limit, *which),
            _ => "stopped: the next call could have passed a budget".to_owned(),
        }),
        Ending::Limit { text } => Some(format!("stopped: {text}")),
        Ending::Interrupted { text, .. } if text.is_empty() => Some("interrupted".to_owned()),
        Ending::Interrupted { text, .. } => Some(format!("interrupted: {text}")),
    }
}

fn budget(worst: Money, left: Money, limit: Money, which: BudgetName) -> String {
    let used = Money {
        parts: limit.parts.saturating_sub(left.parts),
        ..limit
    };
    let (whose, way_out) = match which {
        BudgetName::Day => ("the day's", "`budget.day` in the config raises it"),
        BudgetName::Session => ("the session's", "`budget.session` in the config raises it"),
        BudgetName::Run => ("the run's", "--budget raises it"),
    };
    format!(
        "stopped: the next call could cost {worst} and pass {whose} budget of {limit} ({used} used): {way_out}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::failure::Failure;
    use crate::protocol::money::UNIT;

    #[test]
    fn a_session_that_is_too_long_is_told_what_goes_on() {
        let said = |kind| {
            let failure = Failure::new(kind, "m answered 400: too long");
            remark(&Ending::Failed { failure }, None)
        };
        let too_long = said(FailureKind::TooLong);
        assert!(too_long.is_some_and(|said| said.contains("--model with more room")));
        let other = said(FailureKind::BadRequest);
        assert_eq!(other.as_deref(), Some("m answered 400: too long"));
    }

    #[test]
    fn a_budget_is_named_with_its_sum_and_the_way_out() {
        let cents = |cents| Money::usd(cents * UNIT / 100);
        let asked = |which| About::Budget {
            worst: cents(5),
            left: cents(2),
            limit: cents(50),
            which,
        };
        let begin = "stopped: the next call could cost $0.05 and pass the";
        for (asked, expected) in [
            (
                Some(asked(BudgetName::Day)),
                format!(
                    "{begin} day's budget of $0.50 ($0.48 used): `budget.day` in the config raises it"
                ),
            ),
            (
                Some(asked(BudgetName::Session)),
                format!(
                    "{begin} session's budget of $0.50 ($0.48 used): `budget.session` in the config raises it"
                ),
            ),
            (
                Some(asked(BudgetName::Run)),
                format!("{begin} run's budget of $0.50 ($0.48 used): --budget raises it"),
            ),
            (
                None,
                "stopped: the next call could have passed a budget".to_owned(),
            ),
        ] {
            assert_eq!(remark(&Ending::Budget, asked.as_ref()), Some(expected));
        }
    }

    #[test]
    fn every_ending_has_its_exit_code() {
        let failed = |kind| Ending::Failed {
            failure: Failure::new(kind, "x"),
        };
        let text = || "x".to_owned();
        for (ending, signal, expected) in [
            (Ending::Finished, None, 0),
            (failed(FailureKind::Network), None, 5),
            (failed(FailureKind::Auth), None, 5),
            (failed(FailureKind::Config), None, 1),
            (failed(FailureKind::Internal), None, 1),
            (Ending::Denied, None, 3),
            (Ending::Budget, None, 4),
            (Ending::Limit { text: text() }, None, 6),
            (Ending::interrupted(text()), None, 130),
            (Ending::interrupted(text()), Some(143), 143),
            // It finished before the signal was heeded.
            (Ending::Finished, Some(130), 0),
        ] {
            assert_eq!(exit_code(&ending, signal), expected, "{ending:?}");
        }
    }
}
