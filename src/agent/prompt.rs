//! What a model is asked, in neutral form. A provider turns it into its own dialect; nothing in it depends on one.

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
            Item::Result { .. } | Item::Notice { .. } | Item::Shell { .. } => {}
        }
    }
    said.close(&mut messages);
    messages
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
            Item::Result { .. } | Item::Notice { .. } | Item::Shell { .. } => {}
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

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::agent::picture::{Cap, Pictures};
    use crate::protocol::item::{Block, Opaque, Origin};

    const CAP: Cap = Cap {
        pictures: 1,
        bytes: 1,
    };

    fn model() -> ModelRef {
        ModelRef {
            provider: "a".into(),
            model: "m".into(),
        }
    }

    fn built(items: &[Placed]) -> Vec<Message> {
        let sight = Sight {
            takes_images: None,
            pictures: &Pictures::default(),
            cap: CAP,
        };
        messages(items, (&model(), Some("openai-chat")), sight)
    }

    fn said(text: &str) -> Item {
        Item::Prompt {
            blocks: vec![Block::text(text)],
            origin: Origin::Person,
        }
    }

    fn answer(text: &str) -> Item {
        Item::Answer {
            text: text.into(),
            cut: false,
            opaque: None,
        }
    }

    fn call(number: usize, wire_id: Option<&str>) -> Item {
        Item::Call(ToolCall {
            id: CallId::new(1, 1, number),
            wire_id: wire_id.map(str::to_owned),
            name: "read".into(),
            arguments: "{}".into(),
            opaque: None,
        })
    }

    fn done(number: usize, text: &str) -> Item {
        Item::Result {
            call: CallId::new(1, 1, number),
            outcome: Outcome::done(text),
        }
    }

    fn ids(messages: &[Message]) -> Vec<String> {
        let mut ids = Vec::new();
        for message in messages {
            if let Message::Results { results } = message {
                ids.extend(
                    results
                        .iter()
                        .map(|result| format!("{}={}", result.wire_id, result.text)),
                );
            }
        }
        ids
    }

    fn cut(text: &str) -> Item {
        Item::Answer {
            text: text.into(),
            cut: true,
            opaque: None,
        }
    }

    #[test]
    fn a_cut_answer_is_sent_back_where_something_was_said_to_it() {
        let items = [
            (1, 1, said("go")),
            (1, 1, cut("half")),
            (2, 1, cut("hal")),
            (3, 1, call(1, None)),
            (3, 1, done(1, "read")),
            (3, 2, cut("so")),
            (4, 1, said("on")),
            (4, 1, answer("whole")),
        ];
        let cases: [(usize, &[&str]); 8] = [
            (1, &["go"]),
            (2, &["go"]),
            (3, &["go"]),
            (4, &["go", "call", "lost"]),
            (5, &["go", "call", "read"]),
            (6, &["go", "call", "read"]),
            (7, &["go", "call", "read", "so", "on"]),
            (8, &["go", "call", "read", "so", "on", "whole"]),
        ];
        for (count, expected) in cases {
            let texts: Vec<String> = built(&items[..count])
                .into_iter()
                .map(|message| match message {
                    Message::User { text, .. } => text,
                    Message::Assistant { parts } => match &parts[..] {
                        [Part::Text { text, .. }] => text.clone(),
                        _ => "call".to_owned(),
                    },
                    Message::Results { results } if results[0].outcome == OutcomeKind::Lost => {
                        "lost".to_owned()
                    }
                    Message::Results { results } => results[0].text.clone(),
                })
                .collect();
            assert_eq!(texts, expected, "{count}");
        }
        // Two cut texts that were not asked again for stand for themselves.
        let asked = [(1, 1, cut("a")), (1, 2, call(1, None)), (2, 1, said("b"))];
        assert_eq!(built(&asked).len(), 4);
    }

    #[test]
    fn results_follow_their_answer_in_the_order_of_the_calls() {
        let items = [
            (1, 1, said("go")),
            (1, 1, answer("looking")),
            (1, 1, call(1, Some("toolu_1"))),
            (1, 1, call(2, Some("toolu_2"))),
            (1, 1, done(2, "second")),
            (1, 1, done(1, "first")),
            (1, 2, said("steer")),
            (1, 2, answer("done")),
        ];
        let built = built(&items);
        let shapes: Vec<&str> = built
            .iter()
            .map(|message| match message {
                Message::User { .. } => "user",
                Message::Assistant { .. } => "assistant",
                Message::Results { .. } => "results",
            })
            .collect();
        assert_eq!(
            shapes,
            ["user", "assistant", "results", "user", "assistant"]
        );
        assert_eq!(ids(&built), ["toolu_1=first", "toolu_2=second"]);
    }

    #[test]
    fn ids_are_legal_and_not_repeated_and_no_call_is_without_a_result() {
        let items = [
            (1, 1, call(1, Some("same"))),
            (1, 1, call(2, Some("same"))),
            (1, 1, call(3, Some("not legal!"))),
            (1, 1, call(4, None)),
            (1, 1, done(1, "one")),
            (1, 1, done(2, "two")),
            (1, 1, done(9, "of no call")),
        ];
        let missing = "no result was recorded; verify before repeating it";
        let expected = [
            "same=one".to_owned(),
            "call_1_1_2=two".to_owned(),
            format!("call_1_1_3={missing}"),
            format!("call_1_1_4={missing}"),
        ];
        assert_eq!(ids(&built(&items)), expected);
    }

    #[test]
    fn an_id_goes_back_verbatim_where_it_came_from_and_nowhere_else() {
        let long = "x".repeat(70);
        let cases = [
            (
                "functions.read:0",
                "a/m",
                Some("openai-chat"),
                "functions.read:0",
            ),
            (&*long, "a/m", Some("openai-chat"), &*long),
            ("functions.read:0", "a/m", Some("anthropic"), "call_1_1_1"),
            ("functions.read:0", "a/m", None, "call_1_1_1"),
            ("functions.read:0", "b/m", Some("openai-chat"), "call_1_1_1"),
            ("toolu_1", "b/m", Some("anthropic"), "toolu_1"),
        ];
        for (id, family, wire, expected) in cases {
            let Item::Call(mut asked) = call(1, Some(id)) else {
                panic!("no call")
            };
            asked.opaque = Some(Opaque {
                family: family.to_owned(),
                wire: wire.map(str::to_owned),
                body: json!({}),
            });
            let items = [(1, 1, Item::Call(asked.clone())), (1, 1, done(1, "one"))];
            assert_eq!(ids(&built(&items)), [format!("{expected}=one")], "{id}");
            // A second one of that id is told apart from it.
            asked.id = CallId::new(1, 2, 1);
            let items = [&items[..], &[(1, 2, Item::Call(asked))]].concat();
            let second = &ids(&built(&items))[1];
            assert!(second.starts_with("call_1_2_1="), "{second}");
        }
    }

    #[test]
    fn a_provider_that_uses_our_ids_repeats_none() {
        let items = [
            (1, 1, call(1, Some("call_1_1_2"))),
            (1, 1, call(2, None)),
            (1, 1, call(3, Some("call_1_1_2_2"))),
            (1, 1, done(1, "one")),
            (1, 1, done(2, "two")),
            (1, 1, done(3, "three")),
        ];
        assert_eq!(
            ids(&built(&items)),
            ["call_1_1_2=one", "call_1_1_2_2=two", "call_1_1_3=three"]
        );
    }

    #[test]
    fn names_that_no_wire_takes_are_made_legal() {
        let long = "n".repeat(200);
        let cases = [
            ("bash", "bash"),
            (" Bash\n", "Bash"),
            ("run it; now", "run_it__now"),
            ("файл", "____"),
            ("", "unnamed"),
            (&long, &long[..64]),
        ];
        for (name, expected) in cases {
            let Item::Call(mut asked) = call(1, None) else {
                panic!("no call")
            };
            name.clone_into(&mut asked.name);
            let built = built(&[(1, 1, Item::Call(asked))]);
            let (Message::Assistant { parts }, Message::Results { results }) =
                (&built[0], &built[1])
            else {
                panic!("{built:?}")
            };
            assert!(matches!(&parts[0], Part::Call { name, .. } if name == expected));
            assert_eq!(results[0].name, expected);
        }
    }

    #[test]
    fn opaque_parts_go_back_to_their_own_model_only() {
        let thought = |family: &str| Item::Thought {
            text: "hm".into(),
            opaque: Some(Opaque {
                wire: None,
                family: family.into(),
                body: json!({"signature": "s"}),
            }),
        };
        let items = [
            (1, 1, said("go")),
            (1, 1, thought("a/m")),
            (1, 1, answer("x")),
        ];
        let Message::Assistant { parts } = &built(&items)[1] else {
            panic!("no answer")
        };
        assert_eq!(parts.len(), 2);
        let items = [
            (1, 1, said("go")),
            (1, 1, thought("b/m")),
            (1, 1, answer("x")),
        ];
        let Message::Assistant { parts } = &built(&items)[1] else {
            panic!("no answer")
        };
        assert_eq!(
            parts,
            &[Part::Text {
                text: "x".into(),
                opaque: None
            }]
        );
    }

    #[test]
    fn each_prompt_extends_the_one_before() {
        let items = [
            (1, 1, said("go")),
            (1, 1, call(1, Some("x"))),
            (1, 1, done(1, "one")),
            (1, 2, answer("that was it")),
            (2, 1, said("more")),
            (2, 1, answer("yes")),
        ];
        // A request is only ever made where no call is open.
        let mut before = Vec::new();
        for length in [1, 3, 4, 5, 6] {
            let now = built(&items[..length]);
            assert_eq!(now[..before.len()], before[..]);
            before = now;
        }
    }
}
