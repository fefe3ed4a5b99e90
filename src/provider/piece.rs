//! What the quick readings of text events share (`piece.rs` of a dialect).

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// A text, borrowed from the event where it has no escapes in it.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// The first field of a structure that is read from an object alone: as a field it is never there, and of a list, which the derived
/// reading takes for a structure too, the first value would have to be it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("a list is no object"))
    }
}
