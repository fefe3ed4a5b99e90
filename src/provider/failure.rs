//! A refusal as the reaction it asks for: the same words come as an HTTP status, as an event inside an answer, or as a body
//! that is no answer.

use serde_json::Value;

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind};
use crate::provider::date::instant;
use crate::provider::envelope::{Envelope, excerpt};
use crate::provider::mistaken;
use crate::provider::room;
use crate::provider::unsupported;

/// An error that came inside an answer after the status said all was well.
pub fn in_answer(envelope: &Envelope) -> Failure {
    let kind = kind_by_itself(envelope).unwrap_or(FailureKind::Overloaded);
    Failure {
        status: envelope.status,
        retry_after: envelope.retry_after,
        spent: is_spent(kind, envelope.status, envelope),
        ..Failure::new(
            kind,
            format!("the answer ended with an error: {}", envelope.line()),
        )
    }
}

/// A body that should have been a stream of events of the wire `asked` and is a page, a text, or an error after all: the status said that all was
/// well, so what the error says of itself counts.
pub fn no_stream(
    body: &str,
    advice: Advice,
    (place, key_place): (&str, &str),
    asked: Wire,
) -> Failure {
    let value = serde_json::from_str::<Value>(body).ok();
    if let Some(envelope) = value.as_ref().and_then(Envelope::of) {
        let kind = kind_by_itself(&envelope).unwrap_or(FailureKind::Protocol);
        let (line, way_out) = (
            envelope.line(),
            way_out(kind, envelope.status, &envelope, key_place),
        );
        return Failure {
            status: envelope.status,
            retry_after: advice.retry_after.or(envelope.retry_after),
            retry_at: advice.retry_at,
            should_retry: advice.should_retry,
            spent: is_spent(kind, envelope.status, &envelope),
            ..Failure::new(
                kind,
                format!("{place} answered with an error: {line}{way_out}"),
            )
        };
    }
    if let Some(wire) = mistaken::wire_of_body(body).filter(|wire| *wire != asked) {
        let text = format!("{place} {}", mistaken::told(wire));
        return Failure::new(FailureKind::Protocol, text);
    }
    let text = format!(
        "{place} answered with something else than a stream, check base_url and `wire = \"{}\"` in config.toml: {}",
        asked.name(),
        excerpt(body)
    );
    Failure::new(FailureKind::Protocol, text)
}

/// A body that should have been a list of models.
pub fn no_list(body: &str, place: &str) -> Failure {
    let text = format!(
        "{place} answered with something else than a list of models, check base_url: {}",
        excerpt(body)
    );
    Failure::new(FailureKind::Protocol, text)
}

/// What the headers of a refusal say about asking again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Advice {
    /// In milliseconds.
    pub retry_after: Option<u64>,
    /// The same as an instant, in milliseconds, where the server did not say what time it has.
    pub retry_at: Option<i64>,
    pub should_retry: Option<bool>,
}

impl Advice {
    /// Reads the headers; `header` gives one by its lower-case name. A date is taken relative to the server's own clock.
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let milliseconds = |text: &str, unit: f64| {
            let number = text.trim().parse::<f64>().ok()?;
            // A float becomes an integer by saturating, so an absurd wait is merely very long.
            (number >= 0.0).then(|| (number * unit).round() as u64)
        };
        let date = |name: &str| instant(header(name)?);
        let (until, now) = (date("retry-after"), date("date"));
        let by_date = || Some(u64::try_from(until? - now?).unwrap_or(0));
        let should_retry = match header("x-should-retry").map(str::trim) {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let exact = header("retry-after-ms").and_then(|text| milliseconds(text, 1.0));
        let seconds = || milliseconds(header("retry-after")?, 1000.0);
        let retry_after = exact.or_else(seconds).or_else(by_date);
        Self {
            retry_after,
            retry_at: until.filter(|_| retry_after.is_none()),
            should_retry,
        }
    }
}

/// The failure that an HTTP status and its body stand for. `place` names the server in the message, `key_place`
/// where the person keeps the key that was refused.
pub fn by_status(status: u16, body: &str, advice: Advice, place: &str, key_place: &str) -> Failure {
    let envelope = Envelope::read(body);
    // One vendor says no more than that when the prompt is too long.
    let kind = if matches!(status, 400 | 413) && body.trim().is_empty() {
        FailureKind::TooLong
    } else {
        kind_of(status, &envelope)
    };
    let line = envelope.line();
    let way_out = way_out(kind, Some(status), &envelope, key_place);
    Failure {
        status: Some(status),
        retry_after: advice.retry_after.or(envelope.retry_after),
        retry_at: advice.retry_at,
        should_retry: advice.should_retry,
        spent: is_spent(kind, Some(status), &envelope),
        ..Failure::new(kind, format!("{place} answered {status}: {line}{way_out}"))
    }
}

/// What a refusal says of the model, for the requests that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// It takes no pictures.
    Blind,
    /// Tokens of its window, which a prompt did not fit.
    Window(u64),
}

impl Lesson {
    /// Reads it out of the envelope.
    pub fn of(envelope: &Envelope) -> Option<Self> {
        if envelope.is_about_pictures() {
            return Some(Self::Blind);
        }
        let is_overflow = envelope.kind_by_words() == Some(FailureKind::TooLong);
        let window = || room::window(&envelope.message.to_lowercase());
        is_overflow.then(window).flatten().map(Self::Window)
    }
}

/// Whether it is the account that lacks credit, and not the key that is wrong.
fn is_spent(kind: FailureKind, status: Option<u16>, envelope: &Envelope) -> bool {
    kind == FailureKind::Auth && (status == Some(402) || envelope.is_spent())
}

/// What a person can do about it, to be set after the vendor's words.
fn way_out(kind: FailureKind, status: Option<u16>, envelope: &Envelope, key_place: &str) -> String {
    let is_spent = is_spent(kind, status, envelope);
    let status = status.unwrap_or(0);
    match kind {
        // Who knows what was sent says it.
        FailureKind::BadRequest if envelope.is_about_pictures() => String::new(),
        FailureKind::Auth if is_spent => {
            ": add credit there or choose another model".to_owned()
        }
        FailureKind::Auth => format!(": check the key ({key_place})"),
        FailureKind::BadRequest if let Some(way) = unsupported::way_out(envelope) => {
            format!(": {way}")
        }
        FailureKind::BadRequest if matches!(status, 404 | 405 | 410) || envelope.names_no_model() => {
            ": check the model's name, base_url and `wire = \"…\"` in config.toml, `creel models` lists what there is"
                .to_owned()
        }
        FailureKind::BadRequest if status >= 500 => {
            ": set a smaller `context` for this model in config.toml, or choose a smaller one"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// The reaction to an error whose answer had the status of one that went well: by the number it gives itself, else by its
/// words.
fn kind_by_itself(envelope: &Envelope) -> Option<FailureKind> {
    let by_number = envelope.status.map(|status| kind_of(status, envelope));
    by_number.or_else(|| envelope.kind_by_words())
}

fn kind_of(status: u16, envelope: &Envelope) -> FailureKind {
    match kind_by_status(status) {
        FailureKind::BadRequest if matches!(status, 400 | 413 | 422) => {
            envelope.kind_by_words().unwrap_or(FailureKind::BadRequest)
        }
        FailureKind::Rate if envelope.is_spent() => FailureKind::Auth,
        FailureKind::Auth if status == 403 && envelope.is_filtered() => FailureKind::Refused,
        FailureKind::Overloaded => envelope
            .kind_of_trouble_here()
            .unwrap_or(FailureKind::Overloaded),
        kind => kind,
    }
}

fn kind_by_status(status: u16) -> FailureKind {
    match status {
        401..=403 => FailureKind::Auth,
        429 => FailureKind::Rate,
        408 | 409 | 425 | 500..=599 => FailureKind::Overloaded,
        400..=499 => FailureKind::BadRequest,
        _ => FailureKind::Protocol,
    }
}
