//! What a run says beside its result while it goes on.

use crate::agent::visible;
use crate::command::show;
use crate::protocol::event::{Delta, Event, Fact, Waiting};
use crate::protocol::item::Item;

/// That a model is asked once more after a while, which can take minutes.
pub(crate) fn again(delta: &Delta) -> Option<String> {
    let Delta::Waiting {
        what:
            Waiting::Retry {
                failure,
                attempt,
                attempts,
                endless,
                ..
            },
    } = delta
    else {
        return None;
    };
    let message = &failure.message;
    let most = if *endless {
        String::new()
    } else {
        format!(" of {attempts}")
    };
    Some(format!("{message}; trying again, attempt {attempt}{most}"))
}

/// What a person who watches is told while it runs.
pub(crate) fn progress(event: &Event) -> Option<String> {
    let Fact::ItemAdded { item, .. } = &event.fact else {
        return None;
    };
    match item {
        Item::Call(call) => {
            let arguments = visible::brief(&show::arguments(call), 100);
            Some(format!("{} {arguments}", call.name))
        }
        Item::Notice { text } => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::failure::{Failure, FailureKind};
    use crate::protocol::time::Time;

    #[test]
    fn that_a_model_is_asked_again_is_one_line() {
        let waits = |endless| Delta::Waiting {
            what: Waiting::Retry {
                failure: Failure::new(FailureKind::Overloaded, "p answered 503: busy"),
                attempt: 2,
                attempts: 8,
                endless,
                until: Time(0),
            },
        };
        let cases = [
            (
                waits(false),
                Some("p answered 503: busy; trying again, attempt 2 of 8"),
            ),
            (
                waits(true),
                Some("p answered 503: busy; trying again, attempt 2"),
            ),
            (
                Delta::Waiting {
                    what: Waiting::Nothing,
                },
                None,
            ),
        ];
        for (delta, expected) in cases {
            assert_eq!(again(&delta).as_deref(), expected);
        }
    }
}
