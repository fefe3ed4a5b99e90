//! What a check says of a key, and what is to be done about a failure.

use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::provider::{Reached, Tried};

/// Whether the key was found to be good; `None` where it was never tried: there is none, or nothing came back that a bad one
/// would not have got as well.
pub(crate) fn key_good(reached: &Reached, tried: Option<&Tried>) -> Option<bool> {
    reached.card.key.as_ref()?;
    // Without a status nothing was asked: the key could not be read. One that only lacks credit is known there.
    let taken = |failure: &Failure| {
        let asked = failure.kind == FailureKind::Auth && failure.status.is_some();
        asked.then_some(failure.spent)
    };
    let by_call = tried.and_then(|tried| match &tried.failure {
        Some(failure) => taken(failure),
        None => Some(true),
    });
    by_call.or_else(|| match &reached.models {
        Ok(_) => (!reached.open).then_some(true),
        Err(failure) => taken(failure),
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
        (FailureKind::Auth, Some(_)) if failure.spent => {
            "add credit there or choose another model".to_owned()
        }
        (FailureKind::Auth, Some(_)) => format!("check the key ({})", key()),
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
        let spent = |status| Failure {
            spent: true,
            ..auth(Some(status))
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
            // Known there, without credit: by the status, or by the words with another one.
            (
                reached(Err(spent(402)), None),
                None,
                Some("add credit there or choose another model"),
                Some(true),
            ),
            (
                open(),
                Some(failed(spent(400))),
                Some("add credit there or choose another model"),
                Some(true),
            ),
            // Some vendors say of a wrong key that the request is bad.
            (
                reached(Err(auth(Some(400))), None),
                None,
                Some("check the key (A_KEY)"),
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
