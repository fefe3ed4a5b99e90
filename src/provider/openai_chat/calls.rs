//! The tool calls of a stream, put together from fragments that servers number and name in their own ways.

use serde_json::{Map, Value};

use crate::provider::Chunk;

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
    /// What else stood beside the call, to be sent back.
    more: Map<String, Value>,
}

impl Calls {
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(crate) fn has_nameless(&self) -> bool {
        self.calls.iter().any(|call| call.name.is_empty())
    }

    /// The calls by their index, those without one where they came.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Call, Option<&Map<String, Value>>)> {
        let mut calls: Vec<_> = self.calls.iter().enumerate().collect();
        calls.sort_by_key(|(place, call)| call.index.unwrap_or(*place as u64));
        calls
            .into_iter()
            .map(|(_, call)| (call, Some(&call.more).filter(|more| !more.is_empty())))
    }

    /// Takes one fragment.
    pub(crate) fn grow(&mut self, fragment: &Value, chunks: &mut Vec<Chunk>) {
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
        let place = self.place(index, id, name).unwrap_or_else(|| {
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
            && is_complete(&arguments);
        if call.name.is_empty() {
            name.clone_into(&mut call.name);
        }
        if !again {
            call.arguments.push_str(&arguments);
        }
        for (key, value) in object {
            if !matches!(key.as_str(), "index" | "id" | "type" | "function") && !value.is_null() {
                call.more.insert(key.clone(), value.clone());
            }
        }
        chunks.push(Chunk::CallGrows {
            name: call.name.clone(),
            bytes: call.arguments.len() as u64,
        });
    }

    /// The call that a fragment continues; `None` when it begins one.
    fn place(&self, index: Option<u64>, id: &str, name: &str) -> Option<usize> {
        let by_id = || {
            (!id.is_empty())
                .then(|| self.calls.iter().rposition(|call| call.id == id))
                .flatten()
        };
        let Some(index) = index else {
            return match (id.is_empty(), name.is_empty()) {
                // Neither index nor id: a name begins a call, anything else continues the last.
                (true, true) => self.calls.len().checked_sub(1),
                (true, false) => None,
                (false, _) => by_id(),
            };
        };
        let place = self
            .calls
            .iter()
            .rposition(|call| call.index == Some(index))?;
        let call = &self.calls[place];
        let other = !id.is_empty() && !call.id.is_empty() && call.id != id;
        if !other {
            return Some(place);
        }
        // Another id under the same index: servers that number every call 0, or that make up an id for each fragment.
        let continues = name.is_empty()
            || (name == call.name && !call.arguments.is_empty() && !is_complete(&call.arguments));
        if continues { Some(place) } else { by_id() }
    }
}

fn is_complete(arguments: &str) -> bool {
    !arguments.is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()
}
