//! The tool calls of a stream, put together from fragments that servers number and name in their own ways.

use serde_json::{Map, Value};

use crate::provider::Chunk;
use crate::provider::decode::{MOST_PARTS, growth};

#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// In the order they were begun.
    calls: Vec<Call>,
}

#[derive(Debug, Default)]
pub(crate) struct Call {
    index: Option<u64>,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
    brackets: Brackets,
    /// What else stood beside the call, to be sent back.
    more: Map<String, Value>,
}

impl Calls {
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether nothing of any call is missing, as far as one can see: each has a name and an object for its arguments, and none
    /// is missing before another.
    pub(crate) fn are_whole(&self) -> bool {
        let count = self.said().count() as u64;
        let is_whole = |(_, call): (usize, &Call)| {
            let arguments = serde_json::from_str::<Map<String, Value>>(&call.arguments);
            let follows = call.index.is_none_or(|index| index < count);
            !call.name.is_empty() && follows && arguments.is_ok()
        };
        self.said().all(is_whole)
    }

    pub(crate) fn has_nameless(&self) -> bool {
        self.said().any(|(_, call)| call.name.is_empty())
    }

    /// Some servers end their list with an entry that has nothing in it: where others have a name it is none of them.
    fn said(&self) -> impl Iterator<Item = (usize, &Call)> {
        let named = self.calls.iter().any(|call| !call.name.is_empty());
        let calls = self.calls.iter().enumerate();
        calls.filter(move |(_, call)| !(named && call.is_blank()))
    }

    /// The calls by their index, those without one where they came.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Call, Option<&Map<String, Value>>)> {
        let mut calls: Vec<_> = self.said().collect();
        calls.sort_by_key(|(place, call)| call.index.unwrap_or(*place as u64));
        calls
            .into_iter()
            .map(|(_, call)| (call, Some(&call.more).filter(|more| !more.is_empty())))
    }

    /// Takes the fragments that came together.
    pub(crate) fn take(&mut self, fragments: &[Value], chunks: &mut Vec<Chunk>) {
        let bare = fragments.iter().filter(|fragment| is_bare(fragment));
        let mut left = bare.count();
        for fragment in fragments {
            left -= usize::from(is_bare(fragment));
            self.grow(fragment, left, chunks);
        }
    }

    /// `behind`: how many bare fragments came together with this one, behind it.
    fn grow(&mut self, fragment: &Value, behind: usize, chunks: &mut Vec<Chunk>) {
        let Some(object) = fragment.as_object() else {
            return;
        };
        let index = fragment["index"].as_u64();
        let id = fragment["id"].as_str().unwrap_or_default();
        let function = &fragment["function"];
        let name = function["name"].as_str().unwrap_or_default();
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            // Some servers send the object itself.
            value @ Value::Object(_) => value.to_string(),
            _ => String::new(),
        };
        if self.calls.len() > MOST_PARTS {
            return;
        }
        let last = self.calls.len().checked_sub(1);
        let place = if is_bare(fragment) {
            // Several at once go to as many calls, in their order; one alone to the last.
            last.map(|last| last.checked_sub(behind).unwrap_or(last))
        } else {
            self.place(index, id, name, &arguments)
        };
        let place = place.unwrap_or_else(|| {
            self.calls.push(Call {
                index,
                ..Call::default()
            });
            self.calls.len() - 1
        });
        let call = &mut self.calls[place];
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        // The whole call once more.
        let again = !name.is_empty()
            && call.name == name
            && call.arguments == arguments
            && call.brackets.are_closed();
        if call.name.is_empty() {
            name.clone_into(&mut call.name);
        }
        if !again {
            call.arguments.push_str(&arguments);
            call.brackets.take(&arguments);
        }
        for (key, value) in object {
            if !matches!(key.as_str(), "index" | "id" | "type" | "function") && !value.is_null() {
                call.more.insert(key.clone(), value.clone());
            }
        }
        chunks.push(growth(&call.name, call.arguments.len()));
    }

    /// The call that a fragment continues; `None` when it begins one.
    fn place(&self, index: Option<u64>, id: &str, name: &str, arguments: &str) -> Option<usize> {
        let by_id = || {
            (!id.is_empty())
                .then(|| self.calls.iter().rposition(|call| call.id == id))
                .flatten()
        };
        let Some(index) = index else {
            // Without an id a name begins a call.
            return by_id();
        };
        let place = self
            .calls
            .iter()
            .rposition(|call| call.index == Some(index))?;
        let call = &self.calls[place];
        let other = !id.is_empty() && !call.id.is_empty() && call.id != id;
        if !other {
            // Without an id to go by: another tool, or the same one with other arguments after its own were whole.
            let unknown = id.is_empty() || call.id.is_empty();
            let is_next = unknown
                && !name.is_empty()
                && !call.name.is_empty()
                && (name != call.name
                    || (call.brackets.are_closed()
                        && !arguments.is_empty()
                        && arguments != call.arguments));
            return (!is_next).then_some(place);
        }
        // Another id under the same index: servers that number every call 0, or that make up an id for each fragment.
        let continues = name.is_empty()
            || (name == call.name && !call.arguments.is_empty() && !call.brackets.are_closed());
        if continues { Some(place) } else { by_id() }
    }
}

impl Call {
    fn is_blank(&self) -> bool {
        self.name.is_empty() && self.arguments.trim().is_empty() && self.more.is_empty()
    }
}

/// Says nothing of which call it belongs to.
fn is_bare(fragment: &Value) -> bool {
    let blank = |value: &Value| value.as_str().is_none_or(str::is_empty);
    fragment["index"].as_u64().is_none()
        && blank(&fragment["id"])
        && blank(&fragment["function"]["name"])
}

/// Whether all brackets of a text in JSON are closed again. It is known after each piece without reading the text anew, which
/// would take as long as the pieces are many.
#[derive(Debug, Default)]
struct Brackets {
    depth: usize,
    /// Within a text, where brackets are letters.
    quoted: bool,
    escaped: bool,
    begun: bool,
}

impl Brackets {
    fn take(&mut self, text: &str) {
        for byte in text.bytes() {
            if std::mem::take(&mut self.escaped) {
                continue;
            }
            match byte {
                b'\\' if self.quoted => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                b'{' | b'[' if !self.quoted => {
                    self.depth += 1;
                    self.begun = true;
                }
                b'}' | b']' if !self.quoted => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn are_closed(&self) -> bool {
        self.begun && self.depth == 0 && !self.quoted
    }
}
