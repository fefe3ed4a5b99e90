//! The lines of Claude Code's session files. There is no official schema: the names are those that its versions 1 and 2 write.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::value::{Count, Text};
use crate::protocol::usage::Usage;

/// What is read of every line. Seven of ten lines are progress and snapshots, so what they carry is skipped and not parsed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow, default)]
    pub uuid: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub parent_uuid: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub timestamp: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub cwd: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub request_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub agent_id: Option<Text<'a>>,
    /// Said in a sub-agent.
    #[serde(default)]
    pub is_sidechain: Option<bool>,
    /// Written by the program in the person's place.
    #[serde(default)]
    pub is_meta: Option<bool>,
    /// What the conversation was shortened to.
    #[serde(default)]
    pub is_compact_summary: Option<bool>,
    /// What the answer cost, as version 1 said it once.
    #[serde(default, rename = "costUSD")]
    pub cost: Option<f64>,
    #[serde(borrow, default)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub attachment: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub forked_from: Option<&'a RawValue>,
}

/// `message` of a line of type `user` or `assistant`.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
    /// A text or an array of blocks.
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    #[serde(default)]
    pub usage: Option<Used>,
}

/// One block of content; which fields there are depends on its type.
#[derive(Debug, Deserialize)]
pub struct Block<'a> {
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub text: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub tool_use_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    #[serde(default)]
    pub is_error: Option<bool>,
}

/// `message.usage`. `input_tokens` is what was neither read from nor written to a cache.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Used {
    input_tokens: Count,
    output_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_creation: Option<Written>,
    server_tool_use: Option<Served>,
}

/// What was written to a cache, by how long it lives there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Served {
    web_search_requests: Count,
}

impl Used {
    /// The buckets. What was written to a cache and is told of only as a sum was written for five minutes, the default.
    pub fn usage(&self) -> Usage {
        let written = self.cache_creation.as_ref();
        let long = written.map_or(0, |written| written.ephemeral_1h_input_tokens.0);
        let short = written.map_or(0, |written| written.ephemeral_5m_input_tokens.0);
        let all = self.cache_creation_input_tokens.0;
        Usage {
            input: self.input_tokens.0,
            cache_read: self.cache_read_input_tokens.0,
            cache_write: short.max(all.saturating_sub(long)),
            cache_write_long: long,
            output: self.output_tokens.0,
            reasoning: None,
            searches: self
                .server_tool_use
                .as_ref()
                .map_or(0, |served| served.web_search_requests.0),
        }
    }
}

/// A line that names its session. Which of the fields there is depends on the type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Titled<'a> {
    /// Of `custom-title`: by the person.
    #[serde(borrow, default)]
    pub custom_title: Option<Text<'a>>,
    /// Of `ai-title`.
    #[serde(borrow, default)]
    pub ai_title: Option<Text<'a>>,
    /// Of `summary`, which names the session that the line of `leafUuid` belongs to, and that may be another file's.
    #[serde(borrow, default)]
    pub summary: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub leaf_uuid: Option<Text<'a>>,
}

/// A line of type `system`; of those only `local_command` says something.
#[derive(Debug, Deserialize)]
pub struct Notice<'a> {
    #[serde(borrow, default)]
    pub subtype: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
}

/// `attachment`. What is typed while the model works stands in one of type `queued_command` and in no line of type `user`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment<'a> {
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub prompt: Option<&'a RawValue>,
    /// `prompt` where it is one, `task-notification` and others where the program wrote it.
    #[serde(borrow, default)]
    pub command_mode: Option<Text<'a>>,
    #[serde(default)]
    pub is_meta: Option<bool>,
    #[serde(borrow, default)]
    pub origin: Option<Origin<'a>>,
}

#[derive(Debug, Deserialize)]
pub struct Origin<'a> {
    #[serde(borrow, default)]
    pub kind: Option<Text<'a>>,
}

/// Where a session was forked from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forked<'a> {
    #[serde(borrow, default)]
    pub session_id: Option<Text<'a>>,
}

/// `agent-ID.meta.json` beside the file of a sub-agent.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    pub description: Option<String>,
    pub parent_agent_id: Option<String>,
}

/// `sessions-index.json` of a project.
#[derive(Debug, Deserialize)]
pub struct Index {
    #[serde(default)]
    pub entries: Vec<Indexed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Indexed {
    pub session_id: String,
    #[serde(default)]
    pub custom_title: Option<String>,
    #[serde(default)]
    pub summary: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_to_a_cache_is_told_apart_by_its_life() {
        for (json, short, long) in [
            ("{}", 0, 0),
            (r#"{"cache_creation_input_tokens":9}"#, 9, 0),
            (
                r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":9,"ephemeral_1h_input_tokens":0}}"#,
                9,
                0,
            ),
            (
                r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":5}}"#,
                4,
                5,
            ),
            (
                r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":9}}"#,
                0,
                9,
            ),
            (
                r#"{"cache_creation_input_tokens":null,"cache_creation":null}"#,
                0,
                0,
            ),
        ] {
            let usage = serde_json::from_str::<Used>(json).expect("usage").usage();
            assert_eq!(
                (usage.cache_write, usage.cache_write_long),
                (short, long),
                "{json}"
            );
        }
    }
}
