//! What servers say when they refuse: every vendor wraps it differently, and the same words come as an HTTP status, as an
//! event inside an answer, or as a page. Here they become one [`Failure`] with the reaction it asks for.

use serde_json::Value;

use crate::agent::visible;
use crate::protocol::failure::{Failure, FailureKind};

/// How much of a foreign text a message shows, in characters.
const EXCERPT: usize = 200;

/// The beginning of a text from outside, on one line and safe to show.
pub fn excerpt(text: &str) -> String {
    // Cleaning reads the whole text, and a body may be large.
    let head: String = text.chars().take(EXCERPT * 8).collect();
    let line = visible::one_line(&head);
    if line.chars().count() <= EXCERPT && head.len() == text.len() {
        return line;
    }
    let cut: String = line.chars().take(EXCERPT).collect();
    format!("{cut}…")
}

/// What an error body says, whichever envelope it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    pub message: String,
    /// The vendor's word for the kind: `type`, else `status`.
    pub kind: String,
    /// The vendor's `code`; a number is written out.
    pub code: String,
}

impl Envelope {
    /// Reads a body. A page or a text is its own message; nothing gives the empty envelope.
    pub fn read(body: &str) -> Self {
        match serde_json::from_str::<Value>(body) {
            Ok(value) => Self::of(&value).unwrap_or_else(|| Self {
                message: excerpt(body),
                ..Self::default()
            }),
            Err(_) => Self {
                message: page_title(body).unwrap_or_else(|| excerpt(body)),
                ..Self::default()
            },
        }
    }

    /// The error in a JSON value, if there is one.
    pub fn of(value: &Value) -> Option<Self> {
        // Some servers wrap the object in a list of one.
        let value = value.as_array().map_or(Some(value), |list| list.first())?;
        let object = value.as_object()?;
        let beside = |name: &str| object.get(name).map(word).unwrap_or_default();
        match object.get("error").or_else(|| object.get("errors")) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(error) => {
                let error = error
                    .as_array()
                    .map_or(error, |list| list.first().unwrap_or(error));
                let mut envelope = Self {
                    message: message(error),
                    kind: error
                        .get("type")
                        .or_else(|| error.get("status"))
                        .map(word)
                        .unwrap_or_default(),
                    code: error.get("code").map(word).unwrap_or_default(),
                };
                if envelope.code.is_empty() {
                    envelope.code = beside("code");
                }
                if envelope.message.is_empty() {
                    envelope.message = message(value);
                }
                return Some(envelope);
            }
        }
        let message = message(value);
        if message.is_empty() {
            return None;
        }
        Some(Self {
            message,
            kind: beside("type"),
            code: beside("code"),
        })
    }

    /// The prompt was longer than the model's window. There is no common code, so these are the vendors' own words.
    fn is_overflow(&self) -> bool {
        const WORDS: &[&str] = &[
            "context_length_exceeded",
            "exceed_context_size_error",
            "prompt is too long",
            "exceeds the context window",
            "maximum context length is",
            "maximum prompt length is",
            "exceeds the available context size",
            "greater than the context length",
            "context window exceeds limit",
            "exceeded model token limit",
            "reduce the length of the messages",
            "too large for model with",
            "model_context_window_exceeded",
        ];
        // About the length of one field, not of the prompt.
        if self.code == "string_above_max_length" {
            return false;
        }
        let text = format!("{} {} {}", self.code, self.kind, self.message).to_lowercase();
        WORDS.iter().any(|words| text.contains(words))
            || text
                .split_once("input token count")
                .is_some_and(|(_, rest)| rest.contains("exceeds the maximum"))
            || text
                .split_once("exceeds the limit of ")
                .is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// No money or no quota is left, which some vendors say with the status of a wrong request or of too many.
    fn is_spent(&self) -> bool {
        const CODES: &[&str] = &[
            "insufficient_quota",
            "billing_error",
            "exceeded_current_quota_error",
            "insufficient_balance",
            "Arrearage",
            // Z.ai: the account has no balance.
            "1113",
        ];
        CODES
            .iter()
            .any(|code| self.code == *code || self.kind == *code)
            || self
                .message
                .to_lowercase()
                .contains("credit balance is too low")
    }

    fn is_about_key(&self) -> bool {
        const CODES: &[&str] = &[
            "invalid_api_key",
            "authentication_error",
            "permission_error",
            "InvalidApiKey",
            "API_KEY_INVALID",
            "invalid_authentication_error",
        ];
        let message = self.message.to_lowercase();
        CODES
            .iter()
            .any(|code| self.code == *code || self.kind == *code)
            || message.contains("incorrect api key")
            || message.contains("api key not valid")
    }

    fn is_filtered(&self) -> bool {
        const CODES: &[&str] = &[
            "content_filter",
            "content_policy_violation",
            "data_inspection_failed",
            "DataInspectionFailed",
            // Z.ai: unsafe or sensitive content.
            "1301",
        ];
        CODES
            .iter()
            .any(|code| self.code == *code || self.kind == *code)
    }

    /// The reaction the words ask for, where they say it themselves.
    fn kind_by_words(&self) -> Option<FailureKind> {
        if self.is_overflow() {
            return Some(FailureKind::TooLong);
        }
        if self.is_spent() || self.is_about_key() {
            return Some(FailureKind::Auth);
        }
        if self.is_filtered() {
            return Some(FailureKind::Refused);
        }
        [&self.kind, &self.code].into_iter().find_map(|word| {
            Some(match word.as_str() {
                "rate_limit_error"
                | "rate_limit_exceeded"
                | "rate_limit"
                | "RESOURCE_EXHAUSTED" => FailureKind::Rate,
                "overloaded_error"
                | "api_error"
                | "server_error"
                | "internal_error"
                | "internal_server_error"
                | "service_unavailable"
                | "timeout_error"
                | "UNAVAILABLE"
                | "INTERNAL"
                | "overloaded" => FailureKind::Overloaded,
                "invalid_request_error"
                | "not_found_error"
                | "request_too_large"
                | "INVALID_ARGUMENT"
                | "NOT_FOUND" => FailureKind::BadRequest,
                _ => return None,
            })
        })
    }

    /// The vendor's words on one line, with its word for the kind where that says more.
    fn line(&self) -> String {
        let word = [&self.kind, &self.code]
            .into_iter()
            .find(|word| !word.is_empty());
        match (self.message.is_empty(), word) {
            (true, None) => "the server gave no reason".to_owned(),
            (true, Some(word)) => excerpt(word),
            (false, Some(word)) if !self.message.contains(word.as_str()) => {
                format!("{} ({})", excerpt(&self.message), excerpt(word))
            }
            (false, _) => excerpt(&self.message),
        }
    }
}

/// An error that came inside an answer after the status said all was well.
pub fn in_answer(envelope: &Envelope) -> Failure {
    let by_number = || {
        envelope
            .code
            .parse::<u16>()
            .ok()
            .filter(|code| (400..600).contains(code))
            .map(kind_by_status)
    };
    let kind = envelope
        .kind_by_words()
        .or_else(by_number)
        .unwrap_or(FailureKind::Overloaded);
    Failure::new(
        kind,
        format!("the answer ended with an error: {}", envelope.line()),
    )
}

/// A body that should have been a stream of events and is a page, a text, or an error after all.
pub fn no_stream(body: &str, place: &str) -> Failure {
    let value = serde_json::from_str::<Value>(body).ok();
    if let Some(envelope) = value.as_ref().and_then(Envelope::of) {
        let kind = envelope.kind_by_words().unwrap_or(FailureKind::Protocol);
        return Failure::new(
            kind,
            format!("{place} answered with an error: {}", envelope.line()),
        );
    }
    let text = format!(
        "{place} answered with something else than a stream, check base_url: {}",
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
        let date = |text: &str| {
            let instant = |text: &str| {
                jiff::fmt::rfc2822::DateTimeParser::new()
                    .parse_timestamp(text.trim())
                    .ok()
            };
            let (until, now) = (instant(text)?, instant(header("date")?)?);
            Some(u64::try_from(until.as_millisecond() - now.as_millisecond()).unwrap_or(0))
        };
        let should_retry = match header("x-should-retry").map(str::trim) {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        Self {
            retry_after: header("retry-after-ms")
                .and_then(|text| milliseconds(text, 1.0))
                .or_else(|| {
                    let text = header("retry-after")?;
                    milliseconds(text, 1000.0).or_else(|| date(text))
                }),
            should_retry,
        }
    }
}

/// The failure that an HTTP status and its body stand for. `place` names the server in the message, `way_out` what the
/// person can do about a refused key.
pub fn by_status(status: u16, body: &str, advice: Advice, place: &str, key_place: &str) -> Failure {
    let envelope = Envelope::read(body);
    let refused = matches!(status, 400 | 413 | 422);
    let kind = match kind_by_status(status) {
        // One vendor says no more than that when the prompt is too long.
        FailureKind::BadRequest if matches!(status, 400 | 413) && body.trim().is_empty() => {
            FailureKind::TooLong
        }
        // The largest body, not the longest prompt.
        FailureKind::BadRequest if envelope.kind == "request_too_large" => FailureKind::BadRequest,
        FailureKind::BadRequest if refused => {
            envelope.kind_by_words().unwrap_or(FailureKind::BadRequest)
        }
        FailureKind::Rate if envelope.is_spent() => FailureKind::Auth,
        FailureKind::Auth if status == 403 && envelope.is_filtered() => FailureKind::Refused,
        kind => kind,
    };
    let line = envelope.line();
    let way_out = match kind {
        FailureKind::Auth if status == 402 || envelope.is_spent() => {
            ": add credit there or choose another model".to_owned()
        }
        FailureKind::Auth => format!(": check the key ({key_place})"),
        FailureKind::BadRequest if matches!(status, 404 | 405 | 410) => {
            ": check the model's name and base_url, `creel models` lists what there is".to_owned()
        }
        _ => String::new(),
    };
    Failure {
        status: Some(status),
        retry_after: advice.retry_after,
        should_retry: advice.should_retry,
        ..Failure::new(kind, format!("{place} answered {status}: {line}{way_out}"))
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

/// The words in an error: itself, or its `message`, and what a gateway passes on from behind it.
fn message(error: &Value) -> String {
    let own = match error {
        Value::String(text) => text.clone(),
        Value::Object(object) => ["message", "msg", "detail", "error_msg", "error_description"]
            .iter()
            .find_map(|name| object.get(*name))
            .map(detail)
            .unwrap_or_default(),
        _ => String::new(),
    };
    // OpenRouter: the vendor's own answer, itself JSON or text.
    match error.pointer("/metadata/raw").and_then(Value::as_str) {
        Some(raw) if !raw.trim().is_empty() => {
            let behind = Envelope::read_once(raw);
            format!("{own}: {behind}")
        }
        _ => own,
    }
}

impl Envelope {
    /// The message of an error inside an error; not followed further.
    fn read_once(raw: &str) -> String {
        let value = serde_json::from_str::<Value>(raw).ok();
        let inner = value.as_ref().and_then(|value| {
            let error = value.get("error").unwrap_or(value);
            error.as_str().or_else(|| error.get("message")?.as_str())
        });
        inner.map_or_else(|| excerpt(raw), ToOwned::to_owned)
    }
}

/// `detail` may be a text, an object, or a list of what is wrong with which field.
fn detail(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(object) => object.get("message").map(word).unwrap_or_default(),
        Value::Array(list) => list
            .iter()
            .take(3)
            .map(
                |fault| match (fault.get("msg").map(word), fault.get("loc")) {
                    (Some(message), Some(Value::Array(place))) => {
                        let place: Vec<_> = place.iter().map(word).collect();
                        format!("{message} at {}", place.join("."))
                    }
                    (Some(message), _) => message,
                    (None, _) => word(fault),
                },
            )
            .collect::<Vec<_>>()
            .join(", "),
        _ => String::new(),
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// What a page calls itself: more telling than its first tags.
fn page_title(body: &str) -> Option<String> {
    let head = body.trim_start();
    if !head.starts_with('<') {
        return None;
    }
    let head: String = head.chars().take(4096).collect();
    let start = head.to_ascii_lowercase().find("<title")?;
    let (_, rest) = head.get(start..)?.split_once('>')?;
    let (title, _) = rest.split_once('<')?;
    let title = excerpt(title);
    (!title.is_empty()).then(|| format!("a page titled “{title}”"))
}
