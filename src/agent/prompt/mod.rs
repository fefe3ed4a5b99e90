//! What a model is asked, in neutral form. A provider turns it into its own dialect; nothing in it depends on one.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::agent::picture::{Picture, Sight, said as words};
use crate::protocol::call::{Outcome, OutcomeKind, ToolCall, ToolSpec};
use crate::protocol::effort::Effort;
use crate::protocol::id::{CallId, ModelRef, SessionId};
use crate::protocol::item::Item;
use crate::protocol::reply::Part;
use crate::protocol::usage::CacheLife;

/// One request to a model. Within a session each prompt is the one before with more messages at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub model: ModelRef,
    pub system: Arc<str>,
    /// In a fixed order, the same in every mode.
    pub tools: Arc<[ToolSpec]>,
    pub messages: Vec<Message>,
    /// The most tokens the answer may have.
    pub max_output: u64,
    /// How much the model shall reason; `None` leaves it to the model.
    pub effort: Option<Effort>,
    pub caching: Caching,
}

/// What a vendor is told so that the next prompt finds this one in its cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caching {
    /// Whose request it is: some vendors send requests of one name to one machine.
    pub session: Option<SessionId>,
    /// How long the prefix shall be kept, where that can be chosen.
    pub life: CacheLife,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    User {
        text: String,
        /// The pictures the text names, in their order.
        pictures: Vec<Picture>,
    },
    /// What the model said before. Every call has a `wire_id` that is legal on the wire; an opaque part is present only when
    /// it came from the very model that is asked now, and is then sent back untouched.
    Assistant { parts: Vec<Part> },
    /// The results of all calls of the assistant message before, in the order of the calls.
    Results { results: Vec<CallResult> },
}

#[derive(Debug, Clone, PartialEq)]
pub struct CallResult {
    pub wire_id: String,
    pub name: String,
    pub text: String,
    pub outcome: OutcomeKind,
}

impl CallResult {
    /// The tool could not, or was not allowed to: what the wires know beside the text.
    pub fn is_error(&self) -> bool {
        self.outcome != OutcomeKind::Done
    }
}

/// An item with the step it belongs to, as the conversation is built from.
pub type Placed = (u32, u32, Item);

/// The conversation as messages for `model`: append-only in its items, so that each prompt extends the one before.
///
/// Whatever the log holds, the result is valid on every wire: each call has exactly one result right after the answer that
/// made it (a missing one says so), results without a call are left out, call ids and names are legal, ids not repeated.
/// A call of the very model that is asked, in the dialect it is asked in (`wire`, by its name), keeps the id its provider gave
/// it, whatever that is. An answer that was cut off is sent back where something was said to it; where the model was asked
/// again for it, its words are left out, as they were when it was asked.
pub fn messages<'a, I>(
    items: I,
    (model, wire): (&ModelRef, Option<&str>),
    sight: Sight<'_>,
) -> Vec<Message>
where
    I: IntoIterator<Item = &'a Placed>,
    I::IntoIter: Clone,
{
    let items = items.into_iter();
    let family = model.to_string();
    let results: HashMap<&CallId, &Outcome> = items
        .clone()
        .filter_map(|(_, _, item)| match item {
            Item::Result { call, outcome } => Some((call, outcome)),
            _ => None,
        })
        .collect();
    let images = items.clone().flat_map(|(_, _, item)| item.images());
    let mut outgrown = sight.outgrown(images);
    let again = asked_again(items.clone());
    let mut used = HashSet::new();
    let mut messages = Vec::new();
    let mut said = Said::default();
    for (index, (turn, step, item)) in items.enumerate() {
        if again.contains(&index) {
            continue;
        }
        match item {
            Item::Prompt { blocks, .. } => {
                said.close(&mut messages);
                let (text, pictures) = words(blocks, model, sight, &mut outgrown);
                if !text.trim().is_empty() {
                    messages.push(Message::User { text, pictures });
                }
            }
            Item::Answer { text, opaque, .. } => {
                said.begin((*turn, *step), &mut messages);
                let opaque = opaque.clone().filter(|opaque| opaque.family == family);
                if !text.is_empty() || opaque.is_some() {
                    said.parts.push(Part::Text {
                        text: text.clone(),
                        opaque,
                    });
                }
            }
            Item::Thought { text, opaque } => {
                said.begin((*turn, *step), &mut messages);
                if let Some(opaque) = opaque.as_ref().filter(|opaque| opaque.family == family) {
                    said.parts.push(Part::Thought {
                        text: text.clone(),
                        opaque: Some(opaque.clone()),
                    });
                }
            }
            Item::Call(call) => {
                said.begin((*turn, *step), &mut messages);
                let from = call.opaque.as_ref();
                let own = from.is_some_and(|from| {
                    from.family == family && wire.is_some() && from.wire.as_deref() == wire
                });
                let wire_id = wire_id(call, own, &mut used);
                let name = wire_name(&call.name);
                let opaque = call.opaque.clone().filter(|opaque| opaque.family == family);
                said.parts.push(Part::Call {
                    wire_id: Some(wire_id.clone()),
                    name: name.clone(),
                    arguments: call.arguments.clone(),
                    opaque,
                });
                said.results.push(match results.get(&call.id) {
                    Some(outcome) => CallResult {
                        wire_id,
                        name,
                        text: outcome.text.clone(),
                        outcome: outcome.kind,
                    },
                    None => CallResult {
                        wire_id,
                        name,
                        text: "no result was recorded; verify before repeating it".to_owned(),
                        outcome: OutcomeKind::Lost,
                    },
                });
            }
            Item::Recalled(recalled) => beside(&recalled.text, &mut messages),
            Item::Result { .. } | Item::Notice { .. } | Item::Shell { .. } => {}
        }
    }
    said.close(&mut messages);
    messages
}

/// What is recalled stands in the message of the prompt it was recalled for: with it the request was first sent.
fn beside(recalled: &str, messages: &mut [Message]) {
    if let Some(Message::User { text, .. }) = messages.last_mut() {
        text.push_str("\n\n");
        text.push_str(recalled);
    }
}

/// The cut answers, by their place among the items, that another answer took the place of, or that nothing follows yet.
fn asked_again<'a>(items: impl Iterator<Item = &'a Placed>) -> HashSet<usize> {
    let mut again = HashSet::new();
    let mut last = None;
    for (index, (turn, _, item)) in items.enumerate() {
        match item {
            Item::Answer { cut: true, .. } => {
                again.insert(index);
                last = Some((index, *turn));
            }
            // What it had said before in its own turn.
            Item::Answer { .. } | Item::Thought { .. } | Item::Call(_) => {
                let (cut, of) = last.take().unwrap_or((index, *turn));
                if of == *turn {
                    again.remove(&cut);
                }
            }
            Item::Prompt { .. } => {
                if let Some((cut, _)) = last.take() {
                    again.remove(&cut);
                }
            }
            Item::Result { .. } | Item::Notice { .. } | Item::Shell { .. } | Item::Recalled(_) => {}
        }
    }
    again
}

/// What the model said in one step, being gathered.
#[derive(Default)]
struct Said {
    place: Option<(u32, u32)>,
    parts: Vec<Part>,
    results: Vec<CallResult>,
}

impl Said {
    fn begin(&mut self, place: (u32, u32), messages: &mut Vec<Message>) {
        if self.place != Some(place) {
            self.close(messages);
            self.place = Some(place);
        }
    }

    fn close(&mut self, messages: &mut Vec<Message>) {
        self.place = None;
        let parts = std::mem::take(&mut self.parts);
        let results = std::mem::take(&mut self.results);
        if !parts.is_empty() {
            messages.push(Message::Assistant { parts });
        }
        if !results.is_empty() {
            messages.push(Message::Results { results });
        }
    }
}

/// The longest id and the longest name that every wire takes.
const LONGEST: usize = 64;

/// The provider's id where it is legal everywhere, or the provider's `own` again, and new in this conversation; else ours.
fn wire_id(call: &ToolCall, own: bool, used: &mut HashSet<String>) -> String {
    let theirs = call
        .wire_id
        .iter()
        .filter(|id| own || is_legal(id))
        .cloned();
    let ours = call.id.0.clone();
    // A provider can have used even ours before.
    let more = (2_usize..).map(|number| format!("{}_{number}", call.id));
    let mut ids = theirs.chain(std::iter::once(ours)).chain(more);
    let id = ids.find(|id| !used.contains(id)).unwrap_or_default();
    used.insert(id.clone());
    id
}

/// The name as every wire takes it. A model can ask for a tool by any text, is told that there is none, and its own words
/// must not make every later request one that is refused.
fn wire_name(name: &str) -> String {
    if is_legal(name) {
        return name.to_owned();
    }
    let legal: String = name
        .trim()
        .chars()
        .map(|c| if is_legal_char(c) { c } else { '_' })
        .take(LONGEST)
        .collect();
    if legal.is_empty() {
        "unnamed".to_owned()
    } else {
        legal
    }
}

/// Whether every wire takes this as a call's id or a tool's name.
pub fn is_legal(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.chars().all(is_legal_char)
}

fn is_legal_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}
