//! Which places of a prompt a server is told to cache, in the dialects that have marks for it (`cache_control`).
//!
//! A server keeps the prefix that ends at a mark, and looks for a known prefix at each mark and up to 20 blocks before it.
//! One answer with many calls adds more blocks than that, so a mark at the end alone would not find the request before:
//! the place where that one ended is marked as well, and is found whatever came in between. Marks are no content: what a
//! server compares is the same with and without them.

use serde::Serialize;

use crate::agent::prompt::{Message, Prompt};
use crate::agent::size;
use crate::protocol::usage::CacheLife;

/// A mark as the wire has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Mark {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

impl Mark {
    /// All marks of a request have one life, so that none of a longer life stands behind a shorter one, which is refused.
    pub(crate) fn of(life: CacheLife) -> Self {
        Self {
            kind: "ephemeral",
            ttl: (life != CacheLife::default()).then_some(life.name()),
        }
    }
}

/// What stands at the end of a text where the vendor bills what is written to its cache (`prompt_cache_breakpoint`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Breakpoint {
    mode: &'static str,
}

pub(crate) const BREAKPOINT: Breakpoint = Breakpoint { mode: "explicit" };

/// What is marked: four places at the most, since a fifth is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places {
    /// The last tool: what sessions in all folders begin with.
    pub(crate) tools: bool,
    /// The end of the system text: what sessions in this folder begin with.
    pub(crate) system: bool,
    /// Messages marked at their end, by index: where the request before ended, and where this one does.
    pub(crate) messages: [Option<usize>; 2],
}

/// A token may be as short as this many bytes. Counted too generously a mark may stand in vain, which costs nothing; counted
/// too narrowly one may be missing, which costs the cache.
const BYTES: u64 = 3;

/// The places of a prompt, but for those whose prefix has fewer than `least` tokens.
pub(crate) fn places(prompt: &Prompt, least: u64) -> Places {
    let sent = |message: &Message| match message {
        Message::User { text, .. } => !text.trim().is_empty(),
        Message::Results { results } => !results.is_empty(),
        Message::Assistant { .. } => false,
    };
    let messages = &prompt.messages;
    let answered = messages
        .iter()
        .rposition(|message| matches!(message, Message::Assistant { .. }));
    let before = answered.and_then(|at| messages[..at].iter().rposition(sent));
    let end = messages.iter().rposition(sent);
    let tools = size::tools_bytes(&prompt.tools);
    let system = tools + prompt.system.len() as u64;
    let long = |bytes: u64| bytes / BYTES >= least;
    let reaches = |&at: &usize| {
        let bytes = messages[..=at].iter().map(size::message_bytes);
        let pictures = || BYTES * size::pictures(&prompt.model, &messages[..=at]).likely;
        // The sum is not needed where the front alone is long enough, as it is with most models.
        long(system) || long(system + bytes.sum::<u64>() + pictures())
    };
    Places {
        tools: !prompt.tools.is_empty() && long(tools),
        system: long(system),
        messages: [
            before.filter(|_| before != end).filter(reaches),
            end.filter(reaches),
        ],
    }
}

/// The shortest prefix that is cached, in tokens, by how a model's name begins; the longer name goes first. Below it a mark
/// is passed over in silence. Of 4.7 the sources say 2048 and 4096.
const LEAST: &[(&str, u64)] = &[
    ("claude-opus-4-5", 4096),
    ("claude-opus-4-6", 4096),
    ("claude-haiku-4-5", 4096),
    ("claude-opus-4-7", 2048),
    ("claude-opus-5", 512),
    ("claude-sonnet-5-5", 512),
    ("claude-haiku-5-5", 512),
    ("claude-fable", 512),
    ("claude-mythos", 512),
    ("claude-", 1024),
    ("qwen", 1024),
];

/// The shortest prefix a model caches, in tokens; of an unknown one the shortest of all. A gateway's name of the model
/// (`anthropic/claude-opus-4.5`) is known too.
pub(crate) fn least(model: &str) -> u64 {
    let name = model.rsplit('/').next().unwrap_or(model).replace('.', "-");
    let known = LEAST.iter().find(|(start, _)| name.starts_with(start));
    known.map_or(512, |&(_, least)| least)
}

/// The marks of a body as they stand in it. No text can hold these bytes: a quote within one is escaped.
const WRITTEN: [&[u8]; 2] = [
    br#","cache_control":{"type":"ephemeral"}"#,
    br#","cache_control":{"type":"ephemeral","ttl":"1h"}"#,
];

/// A body without its marks: what a server compares with what it has.
pub(crate) fn bare(body: &[u8]) -> Vec<u8> {
    let mut bare = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.iter().position(|&byte| byte == b',') {
        let (before, from) = rest.split_at(at);
        bare.extend_from_slice(before);
        let mark = WRITTEN.iter().find(|mark| from.starts_with(mark));
        let skipped = mark.map_or(0, |mark| mark.len());
        let kept = usize::from(skipped == 0);
        bare.extend_from_slice(&from[..kept]);
        rest = &from[skipped + kept..];
    }
    bare.extend_from_slice(rest);
    bare
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::provider::testing;

    #[test]
    fn the_ends_of_this_request_and_of_the_one_before_are_marked() {
        let answer = || Message::Assistant {
            parts: vec![testing::call("c", "glob", "{}")],
        };
        let user = || testing::user("go on");
        let results = || testing::results(&[("c", "x", false)]);
        let cases = [
            (vec![], [None, None]),
            (vec![user()], [None, Some(0)]),
            (vec![user(), answer(), results()], [Some(0), Some(2)]),
            // What was said meanwhile is new; the request before ended at its results.
            (
                vec![
                    user(),
                    answer(),
                    results(),
                    answer(),
                    results(),
                    user(),
                    user(),
                ],
                [Some(2), Some(6)],
            ),
            (
                vec![
                    user(),
                    testing::user(" "),
                    answer(),
                    results(),
                    testing::user("\n"),
                ],
                [Some(0), Some(3)],
            ),
            // A request that failed left no answer.
            (vec![user(), user()], [None, Some(1)]),
            (vec![user(), answer()], [None, Some(0)]),
        ];
        for (messages, expected) in cases {
            let prompt = testing::prompt("here/m", messages);
            let found = places(&prompt, 0);
            assert_eq!(found.messages, expected, "{:?}", prompt.messages);
            assert!(found.tools && found.system);
        }
    }

    #[test]
    fn no_mark_stands_where_the_prefix_is_too_short() {
        let long = "x".repeat(3 * 1024);
        let prompt = |system: &str, first: &str| {
            let mut prompt = testing::prompt(
                "here/m",
                vec![
                    testing::user(first),
                    Message::Assistant {
                        parts: vec![testing::text("so")],
                    },
                    testing::user(&long),
                ],
            );
            prompt.system = system.into();
            prompt
        };
        let cases = [
            (prompt(&long, "go"), true, [Some(0), Some(2)]),
            (prompt("be brief", &long), false, [Some(0), Some(2)]),
            (prompt("be brief", "go"), false, [None, Some(2)]),
        ];
        for (prompt, system, messages) in cases {
            let expected = Places {
                tools: false,
                system,
                messages,
            };
            assert_eq!(places(&prompt, 1024), expected);
        }
    }

    #[test]
    fn each_model_has_its_shortest_prefix() {
        let cases = [
            ("claude-opus-5-5", 512),
            ("claude-opus-4-5-20251101", 4096),
            ("anthropic/claude-haiku-4.5", 4096),
            ("claude-sonnet-5", 1024),
            ("claude-sonnet-5-5", 512),
            ("claude-opus-4-8", 1024),
            ("qwen/qwen3.8-max", 1024),
            ("MiniMax-M3", 512),
        ];
        for (model, expected) in cases {
            assert_eq!(least(model), expected, "{model}");
        }
    }

    #[test]
    fn a_bare_body_has_all_but_its_marks() {
        let cases = [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (
                r#"[{"a":"b","cache_control":{"type":"ephemeral"}},{"c":2}]"#,
                r#"[{"a":"b"},{"c":2}]"#,
            ),
            (
                r#"[{"a":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}]"#,
                r#"[{"a":"b"}]"#,
            ),
            (
                r#"["say ,\"cache_control\":{\"type\":\"ephemeral\"}",",",""]"#,
                r#"["say ,\"cache_control\":{\"type\":\"ephemeral\"}",",",""]"#,
            ),
            ("", ""),
        ];
        for (body, expected) in cases {
            let found = bare(body.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), expected, "{body}");
        }
        for life in CacheLife::ALL {
            let written = serde_json::to_string(&Mark::of(life)).unwrap_or_default();
            let body = format!("{{\"a\":1,\"cache_control\":{written}}}");
            assert_eq!(bare(body.as_bytes()), b"{\"a\":1}");
        }
    }

    #[test]
    fn a_mark_says_how_long_it_lives_only_where_that_is_not_usual() {
        let written = |life| serde_json::to_string(&Mark::of(life)).unwrap_or_default();
        assert_eq!(written(CacheLife::Short), r#"{"type":"ephemeral"}"#);
        assert_eq!(
            written(CacheLife::Long),
            r#"{"type":"ephemeral","ttl":"1h"}"#
        );
    }
}
