//! The lines of Codex's rollouts: `{timestamp, type, payload}`. The first rollouts of 2025 have the payloads without that, and a
//! first line that has `id` and `timestamp` alone.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::value::{Count, Text};
use crate::protocol::usage::Usage;

/// What is read of every line.
#[derive(Debug, Deserialize)]
pub struct Line<'a> {
    #[serde(borrow, default)]
    pub timestamp: Option<Text<'a>>,
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub payload: Option<&'a RawValue>,
    /// Of a first line without `type`: the session.
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
}

/// `session_meta`. A fork repeats those of its ancestors behind its own.
#[derive(Debug, Deserialize)]
pub struct Meta<'a> {
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub cwd: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model_provider: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub forked_from_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub parent_thread_id: Option<Text<'a>>,
    /// A word such as `cli`, or `{"subagent":{"thread_spawn":{"parent_thread_id":…}}}`.
    #[serde(borrow, default)]
    pub source: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source {
    subagent: Option<Subagent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Subagent {
    thread_spawn: Option<Spawn>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spawn {
    parent_thread_id: Option<String>,
}

impl Meta<'_> {
    /// The session that this one works for or was forked from.
    pub fn parent(&self) -> Option<String> {
        let spawned = self
            .source
            .and_then(|source| serde_json::from_str::<Source>(source.get()).ok())
            .and_then(|source| source.subagent?.thread_spawn?.parent_thread_id);
        let text = |text: &Option<Text>| text.as_deref().map(str::to_owned);
        spawned
            .or_else(|| text(&self.parent_thread_id))
            .or_else(|| text(&self.forked_from_id))
    }
}

/// `turn_context`.
#[derive(Debug, Deserialize)]
pub struct Context<'a> {
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
}

/// `response_item`: what is sent to the model and comes from it. Which fields there are depends on the type.
#[derive(Debug, Deserialize)]
pub struct Item<'a> {
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub role: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub summary: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub call_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    /// JSON within a text.
    #[serde(borrow, default)]
    pub arguments: Option<&'a RawValue>,
    /// A text that is no JSON, as that of a patch.
    #[serde(borrow, default)]
    pub input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub action: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub output: Option<&'a RawValue>,
}

/// `event_msg`: what the screen of Codex was told.
#[derive(Debug, Deserialize)]
pub struct Event<'a> {
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub images: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub local_images: Option<&'a RawValue>,
    /// Absent before the first answer of a session.
    #[serde(borrow, default)]
    pub info: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub thread_name: Option<Text<'a>>,
}

/// `info` of an event of type `token_count`.
#[derive(Debug, Deserialize)]
pub struct Counted {
    /// Of the whole session so far.
    #[serde(default)]
    pub total_token_usage: Option<Total>,
    #[serde(default)]
    pub last_token_usage: Option<Total>,
}

/// Tokens of Codex: what was read from a cache or written to one is part of the input, reasoning part of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Total {
    pub input_tokens: Count,
    pub cached_input_tokens: Count,
    pub cache_write_input_tokens: Count,
    pub output_tokens: Count,
    pub reasoning_output_tokens: Count,
    pub total_tokens: Count,
}

impl Total {
    /// What came since `before`; all of it when the counter began anew.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let pairs = [
            (self.input_tokens, before.input_tokens),
            (self.output_tokens, before.output_tokens),
        ];
        if pairs.iter().any(|(now, then)| now.0 < then.0) {
            return *self;
        }
        let less = |now: Count, then: Count| Count(now.0.saturating_sub(then.0));
        Self {
            input_tokens: less(self.input_tokens, before.input_tokens),
            cached_input_tokens: less(self.cached_input_tokens, before.cached_input_tokens),
            cache_write_input_tokens: less(
                self.cache_write_input_tokens,
                before.cache_write_input_tokens,
            ),
            output_tokens: less(self.output_tokens, before.output_tokens),
            reasoning_output_tokens: less(
                self.reasoning_output_tokens,
                before.reasoning_output_tokens,
            ),
            total_tokens: less(self.total_tokens, before.total_tokens),
        }
    }

    pub fn usage(&self) -> Usage {
        let (input, cached) = (self.input_tokens.0, self.cached_input_tokens.0);
        let written = self.cache_write_input_tokens.0;
        Usage {
            input: input.saturating_sub(cached).saturating_sub(written),
            cache_read: cached,
            cache_write: written,
            output: self.output_tokens.0,
            reasoning: Some(self.reasoning_output_tokens.0),
            ..Usage::default()
        }
    }
}

/// `compacted`: what the conversation was shortened to; without a text where the provider keeps it sealed.
#[derive(Debug, Deserialize)]
pub struct Compacted<'a> {
    #[serde(borrow, default)]
    pub message: Option<Text<'a>>,
}

/// A line of `session_index.jsonl` in the home of Codex.
#[derive(Debug, Deserialize)]
pub struct Indexed<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub thread_name: Text<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_begins_anew_counts_from_nothing() {
        let total = |input, cached, output| Total {
            input_tokens: Count(input),
            cached_input_tokens: Count(cached),
            output_tokens: Count(output),
            ..Total::default()
        };
        let first = total(100, 40, 7);
        for (now, expected) in [
            (total(100, 40, 7), (0, 0, 0)),
            (total(150, 80, 9), (10, 40, 2)),
            (total(30, 10, 1), (20, 10, 1)),
        ] {
            let usage = now.since(&first).usage();
            assert_eq!(
                (usage.input, usage.cache_read, usage.output),
                expected,
                "{now:?}"
            );
        }
    }
}
