//! Facts as text and back, and old facts as today's.
//!
//! A fact is kept as its kind (the serde tag), the version of that kind's form, and the rest as JSON. Facts only ever gain
//! optional fields and unknown fields are ignored, so the version rises only when a form changes otherwise; the step from
//! the old form then stands in [`STEPS`]. A fact of a kind or version this Creel does not know was written by a newer one:
//! it is left in the log, and whoever reads passes over it.

use serde_json::{Map, Value};

use crate::protocol::event::Fact;
use crate::protocol::item::Item;

/// Makes the form of one version that of the next.
pub(crate) type Step = fn(&mut Map<String, Value>);

/// `(kind, version it starts from, step)`. The version of a kind is one more than its steps.
pub(crate) const STEPS: &[(&str, u32, Step)] = &[];

/// The kinds there are; of another one nothing is said to be broken.
const KINDS: [&str; 13] = [
    "session_opened",
    "session_changed",
    "turn_started",
    "item_added",
    "message_queued",
    "message_withdrawn",
    "ask_raised",
    "ask_answered",
    "ask_voided",
    "model_called",
    "model_answered",
    "call_started",
    "turn_ended",
];

/// Deeper than any provider's own objects, shallower than what can be read back (`serde_json` reads 128 levels).
const DEPTH: usize = 120;

/// A fact ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub kind: String,
    pub version: u32,
    /// The item's type, for facts that add one.
    pub item: Option<&'static str>,
    pub body: String,
}

/// Why a fact of the log is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Written by a newer Creel.
    Newer,
    Broken(String),
}

/// The error is what a person is told.
pub(crate) fn encode(fact: &Fact) -> Result<Encoded, String> {
    let text = serde_json::to_string(fact).map_err(|error| error.to_string())?;
    if is_deep(&text) {
        return Err(format!("it is nested more than {DEPTH} levels deep"));
    }
    let (kind, rest) = text
        .strip_prefix("{\"fact\":\"")
        .and_then(|rest| rest.split_once('"'))
        .ok_or("its kind does not stand first")?;
    let body = match rest.strip_prefix(',') {
        Some(fields) => format!("{{{fields}"),
        None => "{}".to_owned(),
    };
    Ok(Encoded {
        kind: kind.to_owned(),
        version: current(STEPS, kind),
        item: item_of(fact),
        body,
    })
}

pub(crate) fn decode(kind: &str, version: u32, body: &str) -> Result<Fact, Unread> {
    decode_by(STEPS, kind, version, body)
}

fn decode_by(
    steps: &[(&str, u32, Step)],
    kind: &str,
    version: u32,
    body: &str,
) -> Result<Fact, Unread> {
    let today = current(steps, kind);
    let text = if version == today {
        tagged(kind, body)
    } else if version > today || version == 0 {
        return Err(Unread::Newer);
    } else {
        let mut map: Map<String, Value> =
            serde_json::from_str(body).map_err(|error| Unread::Broken(error.to_string()))?;
        for from in version..today {
            if let Some((_, _, step)) = steps
                .iter()
                .find(|(name, start, _)| *name == kind && *start == from)
            {
                step(&mut map);
            }
        }
        tagged(kind, &Value::Object(map).to_string())
    };
    serde_json::from_str(&text).map_err(|error| {
        if KINDS.contains(&kind) {
            Unread::Broken(error.to_string())
        } else {
            Unread::Newer
        }
    })
}

/// Whether the body of a fact of this kind and version has today's form.
pub(crate) fn is_current(kind: &str, version: i64) -> bool {
    version == i64::from(current(STEPS, kind))
}

fn current(steps: &[(&str, u32, Step)], kind: &str) -> u32 {
    1 + steps.iter().filter(|(name, ..)| *name == kind).count() as u32
}

fn tagged(kind: &str, body: &str) -> String {
    let fields = body.trim_start().strip_prefix('{').unwrap_or(body);
    let comma = if fields.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    let kind = Value::from(kind);
    format!("{{\"fact\":{kind}{comma}{fields}")
}

fn item_of(fact: &Fact) -> Option<&'static str> {
    let Fact::ItemAdded { item, .. } = fact else {
        return None;
    };
    Some(match item {
        Item::Prompt { .. } => "prompt",
        Item::Answer { .. } => "answer",
        Item::Thought { .. } => "thought",
        Item::Call(_) => "call",
        Item::Result { .. } => "result",
        Item::Notice { .. } => "notice",
        Item::Shell { .. } => "shell",
        Item::Recalled(_) => "recalled",
    })
}

fn is_deep(json: &str) -> bool {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::protocol::item::{Block, Origin};
    use crate::store::try_out::one_of_each;

    #[test]
    fn every_fact_comes_back_as_it_was() {
        for fact in one_of_each() {
            let kept = encode(&fact).unwrap();
            assert!(KINDS.contains(&kept.kind.as_str()), "{}", kept.kind);
            assert_eq!(decode(&kept.kind, kept.version, &kept.body), Ok(fact));
        }
    }

    #[test]
    fn a_fact_is_kept_without_its_kind() {
        let fact = Fact::ItemAdded {
            turn: 1,
            step: 0,
            item: Item::Prompt {
                blocks: vec![Block::text("hi")],
                origin: Origin::Person,
            },
            imported: None,
        };
        assert_eq!(
            encode(&fact).unwrap(),
            Encoded {
                kind: "item_added".to_owned(),
                version: 1,
                item: Some("prompt"),
                body: r#"{"turn":1,"step":0,"item":{"type":"prompt","blocks":[{"type":"text","text":"hi"}],"origin":"person"}}"#.to_owned(),
            }
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_from_what_is_newer() {
        let started = Fact::TurnStarted { turn: 2 };
        let cases = [
            ("turn_started", 1, r#"{"turn":2}"#, Ok(started.clone())),
            ("turn_started", 1, r#"{"turn":2,"mood":"new"}"#, Ok(started)),
            ("turn_started", 2, r#"{"turn":2}"#, Err(None)),
            ("turn_dreamt", 1, r#"{"turn":2}"#, Err(None)),
            ("turn_started", 1, r#"{"turn":"#, Err(Some(()))),
            ("turn_started", 1, "{}", Err(Some(()))),
        ];
        for (kind, version, body, expected) in cases {
            let found = decode(kind, version, body).map_err(|why| match why {
                Unread::Newer => None,
                Unread::Broken(_) => Some(()),
            });
            assert_eq!(found, expected, "{kind} {version} {body}");
        }
    }

    #[test]
    fn old_forms_are_stepped_up_in_order() {
        let steps: &[(&str, u32, Step)] = &[
            ("turn_started", 1, |map| {
                let number = map.remove("no").unwrap_or_default();
                map.insert("number".to_owned(), number);
            }),
            ("turn_started", 2, |map| {
                let number = map.remove("number").unwrap_or_default();
                map.insert("turn".to_owned(), number);
            }),
        ];
        let expected = Ok(Fact::TurnStarted { turn: 7 });
        for (version, body) in [
            (1, r#"{"no":7}"#),
            (2, r#"{"number":7}"#),
            (3, r#"{"turn":7}"#),
        ] {
            assert_eq!(decode_by(steps, "turn_started", version, body), expected);
        }
    }

    #[test]
    fn what_is_too_deep_to_be_read_back_is_refused() {
        assert!(!is_deep(&format!("\"{}\"", "[".repeat(500))));
        assert!(!is_deep(&"[]".repeat(500)));
        assert!(is_deep(&"[".repeat(DEPTH + 1)));
    }
}
