//! Names of things: newtypes, so that one is never taken for another. All of them are made by Creel; a provider's own ids
//! travel beside them ([`crate::protocol::call::ToolCall::wire_id`]) because providers repeat or omit them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A session for life: a `UUIDv7`, so that ids sort by the time of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

impl SessionId {
    /// The last six digits: what a screen shows. The head of a `UUIDv7` is time and hardly differs within a day.
    pub fn short(&self) -> String {
        let text = self.0.simple().to_string();
        text[text.len() - 6..].to_owned()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// The log's own number of an event: unique and rising within a home. An item is named by the `Seq` of its fact.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One use of a tool, unique within its session: `call_TURN_STEP_N`, all counted from 1. The form is legal as a call id on
/// every wire, so a call that came without an id, or from another family, can be sent under it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub String);

impl CallId {
    pub fn new(turn: u32, step: u32, number: usize) -> Self {
        Self(format!("call_{turn}_{step}_{number}"))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One ask, unique within its session. It is derived from what is asked, so an answer names exactly what was drawn: a
/// changed request has another id and the old answer finds nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AskId(pub String);

impl AskId {
    /// The ask about a call: `shown` tells what exactly it shows.
    pub fn about(call: &CallId, shown: &str) -> Self {
        Self(format!("{call}:{shown}"))
    }

    /// The call that one made by [`Self::about`] is of.
    pub fn call(&self) -> Option<CallId> {
        let (call, _) = self.0.rsplit_once(':')?;
        Some(CallId(call.to_owned()))
    }
}

impl fmt::Display for AskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One queued message of the person, counted from 1 within its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u32);

/// One command a face sent, chosen by that face from 1; a refusal names it. 0 is no command: the engine itself gave something
/// up, a turn whose facts could not be kept, and no ending of it will be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub u64);

/// A session or a place in it, as people name it: `SESSION`, `SESSION#TURN`, `SESSION#TURN.STEP` or `SESSION@ITEM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A part of an id; whether there is such a session is another question.
    pub session: String,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Whole,
    /// Turns count from 1 in a session.
    Turn(u32),
    /// Steps count from 1 in a turn.
    Step(u32, u32),
    Item(Seq),
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address: expected SESSION, SESSION#TURN, SESSION#TURN.STEP or SESSION@ITEM")]
pub struct NoAddress(pub String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.session)?;
        match self.place {
            Place::Whole => Ok(()),
            Place::Turn(turn) => write!(f, "#{turn}"),
            Place::Step(turn, step) => write!(f, "#{turn}.{step}"),
            Place::Item(seq) => write!(f, "@{seq}"),
        }
    }
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|&number| number > 0);
        let (session, place) = match text.split_once(['#', '@']) {
            None => (text, Some(Place::Whole)),
            Some((session, item)) if text[session.len()..].starts_with('@') => {
                let seq = item.parse().ok().filter(|&seq| seq > 0);
                (session, seq.map(|seq| Place::Item(Seq(seq))))
            }
            Some((session, turn)) => {
                let place = match turn.split_once('.') {
                    None => number(turn).map(Place::Turn),
                    Some((turn, step)) => number(turn)
                        .zip(number(step))
                        .map(|(turn, step)| Place::Step(turn, step)),
                };
                (session, place)
            }
        };
        match place {
            Some(place) if !session.is_empty() => Ok(Self {
                session: session.to_owned(),
                place,
            }),
            _ => Err(NoAddress(text.to_owned())),
        }
    }
}

/// A model as it is named everywhere: `PROVIDER/MODEL`. The model part may itself contain slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelRef {
    pub provider: String,
    pub model: String,
}

/// A text that does not name a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no model name: expected PROVIDER/MODEL, as `creel models` lists them")]
pub struct NoModelName(pub String);

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

impl FromStr for ModelRef {
    type Err = NoModelName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => Ok(Self {
                provider: provider.to_owned(),
                model: model.to_owned(),
            }),
            _ => Err(NoModelName(text.to_owned())),
        }
    }
}

impl TryFrom<String> for ModelRef {
    type Error = NoModelName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ModelRef> for String {
    fn from(model: ModelRef) -> Self {
        model.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_session_or_a_place_in_it() {
        let at = |place| Some(("0190", place));
        for (text, expected) in [
            ("0190", at(Place::Whole)),
            ("0190#1", at(Place::Turn(1))),
            ("0190#12.3", at(Place::Step(12, 3))),
            ("0190@5", at(Place::Item(Seq(5)))),
            ("0190@18446744073709551615", at(Place::Item(Seq(u64::MAX)))),
            ("", None),
            ("#1", None),
            ("@5", None),
            ("0190#", None),
            ("0190#0", None),
            ("0190#1.", None),
            ("0190#1.0", None),
            ("0190#1.2.3", None),
            ("0190#-1", None),
            ("0190#4294967296", None),
            ("0190@", None),
            ("0190@0", None),
            ("0190@1.2", None),
            ("0190@1#2", None),
            ("0190#1@2", None),
        ] {
            let address = text.parse::<Address>();
            let expected = expected.map(|(session, place)| Address {
                session: session.to_owned(),
                place,
            });
            if let Some(address) = &expected {
                assert_eq!(address.to_string(), text);
            }
            assert_eq!(address, expected.ok_or_else(|| NoAddress(text.to_owned())));
        }
    }
}
