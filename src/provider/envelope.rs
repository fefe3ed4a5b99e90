//! What servers say when they refuse, out of the envelope it came in: every vendor has one of its own, and some send a page.

use serde_json::Value;

use crate::agent::visible;
use crate::protocol::failure::FailureKind;

/// How much of a foreign text a message shows, in characters: enough for the sentences Google tells a wrong name with.
const EXCERPT: usize = 300;

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
    /// The field of the request it is about, where the vendor says it apart.
    pub param: String,
    /// Google's `ErrorInfo.reason`, which says more than its status.
    pub reason: String,
    /// The HTTP status that the error gives itself, which the answer it came in may not have.
    pub status: Option<u16>,
    /// When to ask again, in milliseconds: Google's `RetryInfo.retryDelay`, or what others call by the name of the header.
    pub retry_after: Option<u64>,
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
                // Ollama passes on what the program behind it said, as a text.
                let behind = error.as_str().filter(|text| text.starts_with('{'));
                let behind = behind.and_then(|text| serde_json::from_str(text).ok());
                if let Some(behind) = behind.as_ref().and_then(Self::of) {
                    return Some(behind);
                }
                let mut envelope = Self {
                    message: message(error),
                    kind: error
                        .get("type")
                        .or_else(|| error.get("status"))
                        .map(word)
                        .unwrap_or_default(),
                    code: error.get("code").map(word).unwrap_or_default(),
                    param: error.get("param").map(word).unwrap_or_default(),
                    reason: in_details(error, "reason").map(word).unwrap_or_default(),
                    status: status(error).or_else(|| status(value)),
                    retry_after: in_details(error, "retryDelay")
                        .and_then(milliseconds)
                        .or_else(|| wait(error))
                        .or_else(|| wait(value)),
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
            status: status(value),
            retry_after: wait(value),
            ..Self::default()
        })
    }

    /// The prompt was longer than the model's window. There is no common code, so these are the vendors' own words.
    fn is_overflow(&self) -> bool {
        const WORDS: &[&str] = &[
            "context_length_exceeded",
            // The largest body of all: a shorter conversation fits it as it does a window.
            "request_too_large",
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
            "exceeds the context length",
            "longer than the context length",
            "longer than the model's context length",
            // vLLM, of a prompt and of one with pictures.
            "longer than the maximum model length",
            // LM Studio, word for word.
            "when context the overflows",
            // Qwen: `Range of input length should be [1, 30720]`.
            "range of input length should be",
            // Z.ai.
            "prompt exceeds max length",
        ];
        // About the length of one field, not of the prompt.
        if self.code == "string_above_max_length" {
            return false;
        }
        // Z.ai has a number for it.
        if self.code == "1261" {
            return true;
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
    pub(crate) fn is_spent(&self) -> bool {
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

    /// The model takes no pictures, and one was sent. There is no code for it, so these are the servers' own words: llama.cpp
    /// says it with a status of 500, gateways with 404.
    pub(crate) fn is_about_pictures(&self) -> bool {
        let message = self.message.to_lowercase();
        [
            "image input is not supported",
            "support image input",
            "is not a multimodal model",
            "missing data required for image input",
        ]
        .iter()
        .any(|words| message.contains(words))
    }

    /// The model is not known there; gateways say it with the status of any other fault.
    pub(crate) fn names_no_model(&self) -> bool {
        let message = self.message.to_lowercase();
        self.code == "model_not_found" || message.contains("invalid model name")
    }

    /// What a server on a person's own machine says with the status of a fault of its own, and what asking again would not
    /// change: the prompt is too long for the window, the model for the memory, or it takes no pictures.
    pub(crate) fn kind_of_trouble_here(&self) -> Option<FailureKind> {
        if self.is_overflow() {
            return Some(FailureKind::TooLong);
        }
        if self.is_about_pictures() {
            return Some(FailureKind::BadRequest);
        }
        let message = self.message.to_lowercase();
        [
            "requires more system memory",
            "out-of-memory during startup",
        ]
        .iter()
        .any(|words| message.contains(words))
        .then_some(FailureKind::BadRequest)
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
            .any(|code| self.code == *code || self.kind == *code || self.reason == *code)
            || message.contains("incorrect api key")
            || message.contains("api key not valid")
    }

    pub(crate) fn is_filtered(&self) -> bool {
        const CODES: &[&str] = &[
            "content_filter",
            "content_policy_violation",
            "image_content_policy_violation",
            "cyber_policy",
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
    pub(crate) fn kind_by_words(&self) -> Option<FailureKind> {
        if self.is_overflow() {
            return Some(FailureKind::TooLong);
        }
        if self.is_spent() || self.is_about_key() {
            return Some(FailureKind::Auth);
        }
        if self.is_filtered() {
            return Some(FailureKind::Refused);
        }
        if self.is_about_pictures() {
            return Some(FailureKind::BadRequest);
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
                | "DEADLINE_EXCEEDED"
                | "CANCELLED"
                | "ABORTED"
                | "overloaded" => FailureKind::Overloaded,
                "invalid_request_error"
                | "not_found_error"
                | "invalid_prompt"
                | "INVALID_ARGUMENT"
                | "NOT_FOUND" => FailureKind::BadRequest,
                _ => return None,
            })
        })
    }

    /// The vendor's words on one line, with its word for the kind where that says more.
    pub(crate) fn line(&self) -> String {
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

/// A field of the first detail that has it: Google's errors carry a list of them.
fn in_details<'v>(error: &'v Value, field: &str) -> Option<&'v Value> {
    error
        .get("details")?
        .as_array()?
        .iter()
        .find_map(|detail| detail.get(field))
}

/// A number that is a status of HTTP, under whichever name it came.
fn status(holder: &Value) -> Option<u16> {
    ["code", "status", "status_code", "statusCode", "StatusCode"]
        .iter()
        .filter_map(|name| word(holder.get(*name)?).parse().ok())
        .find(|number| (400..600).contains(number))
}

/// A wait that stands beside an error, or in what a gateway adds to it, in milliseconds.
fn wait(error: &Value) -> Option<u64> {
    const NAMES: &[(&str, f64)] = &[
        ("retry_after_ms", 1.0),
        ("retry-after-ms", 1.0),
        ("retry_after", 1000.0),
        ("retry_after_seconds", 1000.0),
        ("retry-after", 1000.0),
        ("Retry-After", 1000.0),
    ];
    let places = ["", "/metadata", "/metadata/headers", "/headers"];
    places
        .iter()
        .filter_map(|place| error.pointer(place))
        .find_map(|holder| {
            NAMES.iter().find_map(|(name, unit)| {
                let number: f64 = word(holder.get(*name)?).trim().parse().ok()?;
                // A float becomes an integer by saturating, so an absurd wait is merely very long.
                (number >= 0.0).then(|| (number * unit).round() as u64)
            })
        })
}

/// A time as Google writes it: seconds with a fraction, and an `s`.
fn milliseconds(delay: &Value) -> Option<u64> {
    let seconds: f64 = delay.as_str()?.strip_suffix('s')?.parse().ok()?;
    // A float becomes an integer by saturating, so an absurd wait is merely very long.
    (seconds >= 0.0).then(|| (seconds * 1000.0).round() as u64)
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
