//! What a check says of a key, and what is to be done about a failure.

use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::provider::{Reached, Tried};

/// Whether the key was found to be good; `None` where it was never tried: there is none, or nothing came back that a bad one
/// would not have got as well.
pub(crate) fn key_good(reached: &Reached, tried: Option<&Tried>) -> Option<bool> {
    reached.card.key.as_ref()?;
    // Without a status nothing was asked: the key could not be read.
    let refused = |failure: &Failure| failure.kind == FailureKind::Auth && failure.status.is_some();
    let by_call = tried.and_then(|tried| match &tried.failure {
        Some(failure) => refused(failure).then_some(false),
        None => Some(true),
    });
    by_call.or_else(|| match &reached.models {
        Ok(_) => (!reached.open).then_some(true),
        Err(failure) => refused(failure).then_some(false),
    })
}

/// What is to be done about a failure, whatever its message says.
pub(crate) fn remedy(failure: &Failure, reached: &Reached) -> String {
    let card = &reached.card;
    let key = || card.key.as_deref().unwrap_or("its key");
    match (failure.kind, failure.status) {
        (FailureKind::Auth, None) => card
            .lacks
            .clone()
            .unwrap_or_else(|| format!("set {}", key())),
        (FailureKind::Auth, Some(401 | 403)) => format!("check the key ({})", key()),
        (FailureKind::Auth, Some(_)) => "add credit there or choose another model".to_owned(),
        (FailureKind::Rate | FailureKind::Overloaded, _) => "check again later".to_owned(),
        (FailureKind::Network, None) => {
            format!("check the network and base_url ({})", card.base_url)
        }
        (FailureKind::Network, Some(_)) => "check again".to_owned(),
        (FailureKind::BadRequest | FailureKind::Protocol, _) => {
            format!(
                "check base_url ({}) and `wire = \"{}\"` in config.toml",
                card.base_url, card.wire
            )
        }
        (FailureKind::TooLong | FailureKind::Refused, _) => {
            "choose another model: `creel models`".to_owned()
        }
        (FailureKind::Config | FailureKind::Internal, _) => {
            "look at `creel config check`".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::command::providers::line::tests::{failure, reached, tried};
    use crate::command::providers::line::{Line, value};

    #[test]
    fn a_key_is_good_only_where_it_was_tried() {
        let auth = |status| failure(FailureKind::Auth, status, "no");
        let open = || Reached {
            open: true,
            ..reached(Ok(1), None)
        };
        let failed = |failure| Tried {
            failure: Some(failure),
            ..Tried::default()
        };
        let keyless = || {
            let mut keyless = open();
            keyless.card.key = None;
            keyless
        };
        let busy = || failure(FailureKind::Overloaded, Some(503), "busy");
        let unlisted = || failure(FailureKind::BadRequest, Some(404), "no");
        let cases = [
            (reached(Ok(1), None), None, None::<&str>, Some(true)),
            (open(), None, None, None),
            (open(), Some(tried()), None, Some(true)),
            (
                open(),
                Some(failed(auth(Some(401)))),
                Some("check the key (A_KEY)"),
                Some(false),
            ),
            (
                open(),
                Some(failed(busy())),
                Some("check again later"),
                None,
            ),
            (keyless(), Some(tried()), None, None),
            (
                reached(Err(auth(Some(401))), None),
                None,
                Some("check the key (A_KEY)"),
                Some(false),
            ),
            (
                reached(Err(auth(Some(402))), None),
                None,
                Some("add credit there or choose another model"),
                Some(false),
            ),
            // It could not be read.
            (
                reached(Err(auth(None)), None),
                None,
                Some("set A_KEY"),
                None,
            ),
            (
                reached(Err(busy()), None),
                None,
                Some("check again later"),
                None,
            ),
            (
                reached(Err(unlisted()), None),
                Some(tried()),
                None,
                Some(true),
            ),
        ];
        for (number, (reached, tried, remedy, good)) in cases.into_iter().enumerate() {
            let line = Line::of(&reached, tried.as_ref());
            let found = value(&reached, tried.as_ref(), &line);
            let expected = (&json!(remedy.unwrap_or_default()), &json!(good));
            assert_eq!(
                (&found["remedy"], &found["key_good"]),
                expected,
                "case {number}"
            );
        }
    }
}
