//! What each request of a session that begins now carries before anything is said in it, for a face that tells its cost before
//! the engine is there. Weighed by the very body that would be sent, as a later prompt is.

use std::path::Path;

use crate::agent::cost::BYTES_PER_TOKEN;
use crate::agent::prompt::{Caching, Message, Prompt};
use crate::agent::size::Sent;
use crate::engine::open::{instructions_text, own_text};
use crate::engine::shown;
use crate::note::Shelf;
use crate::project::instructions::Instructions;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::rule::Rule;
use crate::provider::table::Providers;

/// As long as every date is.
const DATE: &str = "2026-01-01";

/// Tokens of what Creel says itself: its words, the folder, the tools. The project's own words come on top.
pub fn own_tokens(
    providers: &Providers,
    model: Option<&ModelRef>,
    (cwd, rules): (&Path, &[Rule]),
) -> u64 {
    let system = own_text(cwd, DATE);
    let nobody = ModelRef {
        provider: String::new(),
        model: String::new(),
    };
    let prompt = Prompt {
        model: model.unwrap_or(&nobody).clone(),
        system: system.into(),
        tools: shown(rules),
        messages: vec![Message::User {
            text: String::new(),
            pictures: Vec::new(),
        }],
        max_output: 1,
        effort: None,
        caching: Caching {
            session: Some(SessionId(uuid::Uuid::nil())),
            ..Caching::default()
        },
    };
    let body = providers.body(&prompt).map(|body| body.len() as u64);
    body.unwrap_or_else(|| Sent::new(&prompt).bytes())
        .div_ceil(BYTES_PER_TOKEN)
}

/// Tokens of the notes that a session is told when it begins; 0 where there are none.
pub fn note_tokens(notes: &Shelf) -> u64 {
    tokens(&notes.told())
}

/// Tokens of a project's instructions, with the line above them and as they stand in a body.
pub fn instruction_tokens(instructions: &Instructions) -> u64 {
    let (name, own) = (&instructions.file_name, instructions.text.trim_end());
    tokens(&instructions_text(name, own))
}

/// Of a text as it stands in a body.
fn tokens(text: &str) -> u64 {
    let quoted = serde_json::Value::from(text).to_string();
    (quoted.len() as u64 - 2).div_ceil(BYTES_PER_TOKEN)
}
