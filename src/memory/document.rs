//! What of the log is indexed, and as what.

use serde_json::Value;

use crate::protocol::call::{ToolCall, shell_line};
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::Seq;
use crate::protocol::item::{self, Item, Origin};
use crate::protocol::search::{Kind, Role};
use crate::protocol::session::Change;
use crate::protocol::time::Time;

/// Bytes of a tool's output that are indexed, at its beginning and at its end: what lies between is the whole kept output,
/// which nobody searches by words.
const OUTPUT: usize = 2 * 1024;

/// Bytes of any other text: more than anyone says in one breath.
const TEXT: usize = 64 * 1024;

/// One entry of the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The fact it comes from.
    pub seq: Seq,
    /// The session's number in the log.
    pub session: u64,
    pub at: Time,
    pub kind: Kind,
    pub role: Role,
    /// Names of who said or did it, parted by spaces.
    pub who: String,
    pub text: String,
}

/// What of a fact is found by words; nothing of most facts. `session` is the session's number in the log.
pub fn of(event: &Event, session: u64) -> Option<Document> {
    let (kind, role, who, text) = match &event.fact {
        // What another program shortened a conversation to may be all that is left of it.
        Fact::ItemAdded {
            item:
                Item::Prompt {
                    blocks,
                    origin: Origin::Creel,
                },
            imported: Some(_),
            ..
        } => {
            let text = cut(&item::joined(blocks), TEXT, 0);
            (Kind::Summary, Role::Assistant, String::new(), text)
        }
        Fact::ItemAdded { item, imported, .. } => {
            let (kind, usual, text) = of_item(item)?;
            let who = imported.as_ref().and_then(|imported| imported.who.clone());
            (kind, role(item), who.unwrap_or(usual), text)
        }
        Fact::SessionChanged {
            change: Change::Title { title, .. },
        } => (Kind::Summary, Role::User, String::new(), title.clone()),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(Document {
        seq: event.seq,
        session,
        at: event.at,
        kind,
        role,
        who,
        text,
    })
}

fn role(item: &Item) -> Role {
    match item {
        Item::Prompt { .. } | Item::Shell { .. } => Role::User,
        Item::Answer { .. }
        | Item::Thought { .. }
        | Item::Call(_)
        | Item::Notice { .. }
        | Item::Recalled(_) => Role::Assistant,
        Item::Result { .. } => Role::Tool,
    }
}

fn of_item(item: &Item) -> Option<(Kind, String, String)> {
    let named = |kind, who: &str, text: String| Some((kind, who.to_owned(), text));
    match item {
        Item::Prompt {
            blocks,
            origin: Origin::Person,
        } => named(
            Kind::Turn,
            Role::User.who(),
            cut(&item::joined(blocks), TEXT, 0),
        ),
        // What Creel tells the model is said by nobody, and what was recalled is found where it was said.
        Item::Prompt { .. } | Item::Notice { .. } | Item::Recalled(_) => None,
        Item::Answer { text, .. } | Item::Thought { text, .. } => {
            named(Kind::Turn, Role::Assistant.who(), cut(text, TEXT, 0))
        }
        Item::Call(call) => {
            let (kind, text) = of_call(call);
            named(kind, &call.name, text)
        }
        Item::Result { outcome, .. } => named(
            Kind::Call,
            Role::Tool.who(),
            cut(&outcome.text, OUTPUT, OUTPUT),
        ),
        Item::Shell { command, outcome } => {
            let output = cut(&outcome.text, OUTPUT, OUTPUT);
            named(
                Kind::Command,
                Role::User.who(),
                format!("{command}\n{output}"),
            )
        }
    }
}

/// What a call says: a command its line, a change what it changes, any other its arguments.
fn of_call(call: &ToolCall) -> (Kind, String) {
    let input = call.input().unwrap_or(Value::Null);
    let field = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| input.get(*name))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if let Some(line) = shell_line(&input) {
        return (Kind::Command, cut(&line, TEXT, 0));
    }
    let path = field(&["path", "file_path", "filename"]);
    let new = field(&["new_string", "content", "new_text", "patch", "input"]);
    if !new.is_empty() {
        let old = field(&["old_string", "old_text"]);
        let text = [path, old, new]
            .map(|part| cut(part, OUTPUT * 2, 0))
            .join("\n");
        return (Kind::Diff, text);
    }
    let mut text = String::new();
    flat(&input, &mut text, 0);
    (Kind::Call, cut(&text, OUTPUT, OUTPUT))
}

/// The line of a fact that is a command.
pub fn command_of(event: &Event) -> Option<String> {
    match &event.fact {
        Fact::ItemAdded { item, .. } => match item {
            Item::Shell { command, .. } => Some(command.clone()),
            Item::Call(call) => shell_line(&call.input().ok()?),
            _ => None,
        },
        _ => None,
    }
}

/// The values of an object, without its names and signs.
fn flat(value: &Value, text: &mut String, depth: usize) {
    match value {
        Value::String(word) => {
            text.push_str(word);
            text.push('\n');
        }
        Value::Array(values) if depth < 8 => {
            for value in values {
                flat(value, text, depth + 1);
            }
        }
        Value::Object(fields) if depth < 8 => {
            for value in fields.values() {
                flat(value, text, depth + 1);
            }
        }
        _ => {}
    }
}

/// The beginning and the end of a text.
fn cut(text: &str, head: usize, tail: usize) -> String {
    if text.len() <= head + tail {
        return text.to_owned();
    }
    let begin = text
        .get(..text.floor_char_boundary(head))
        .unwrap_or_default();
    let end = text
        .get(text.ceil_char_boundary(text.len() - tail)..)
        .unwrap_or_default();
    format!("{begin}\n{end}")
}
