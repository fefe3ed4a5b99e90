//! How a run ends: the word, the exit code and the remark of each ending.

use crate::command::exit;
use crate::protocol::event::Ending;
use crate::protocol::failure::FailureKind;

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

/// The line beside the result that says why a run did not simply finish.
pub fn remark(ending: &Ending) -> Option<String> {
    match ending {
        Ending::Finished => None,
        Ending::Failed { failure } => Some(failure.message.clone()),
        Ending::Denied => {
            Some("a call was denied: --allow RULE or --mode widen what may be done".to_owned())
        }
        Ending::Budget => Some("stopped: the next call could have passed a budget".to_owned()),
        Ending::Limit { text } => Some(format!("stopped: {text}")),
        Ending::Interrupted { text } if text.is_empty() => Some("interrupted".to_owned()),
        Ending::Interrupted { text } => Some(format!("interrupted: {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::failure::Failure;

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
            (Ending::Interrupted { text: text() }, None, 130),
            (Ending::Interrupted { text: text() }, Some(143), 143),
            // It finished before the signal was heeded.
            (Ending::Finished, Some(130), 0),
        ] {
            assert_eq!(exit_code(&ending, signal), expected, "{ending:?}");
        }
    }
}
