//! How far one request begins as the one before did, and where the two part: bodies are looked at as text, whatever their
//! dialect, since what a cache can use is decided by bytes.

use crate::protocol::cache::Place;

/// The bytes two bodies begin with alike.
pub fn common(before: &[u8], now: &[u8]) -> usize {
    // Whole blocks first: a comparison of slices is many times as fast as one of bytes.
    const BLOCK: usize = 256;
    let blocks = before
        .chunks_exact(BLOCK)
        .zip(now.chunks_exact(BLOCK))
        .take_while(|(a, b)| a == b);
    let alike = blocks.count() * BLOCK;
    let rest = before[alike..].iter().zip(&now[alike..]);
    alike + rest.take_while(|(a, b)| a == b).count()
}

/// Where `now` parts from `before`; `None` where it is that body and more: all but its closing brackets, and the quote before
/// them where the next words of the person stand behind a blank line in the same text.
pub fn parts(before: &[u8], now: &[u8], common: usize) -> Option<Place> {
    let is_bracket = |byte: &&u8| matches!(byte, b']' | b'}');
    let closing = before.iter().rev().take_while(is_bracket).count();
    let end = before.len() - closing;
    let goes_on = before[..end].last() == Some(&b'"')
        && common + 1 == end
        && now[common..].starts_with(br"\n\n");
    (common < end && !goes_on).then(|| place(now, common))
}

/// What stands at a byte of a body: an object whose fields are settings, instructions, tools and messages.
fn place(body: &[u8], at: usize) -> Place {
    let mut walk = Walk::default();
    for (index, &byte) in body.iter().enumerate().take(at) {
        walk.step(index, byte, body);
    }
    let field = if walk.in_key() {
        // The fields themselves differ: it is the new one that is named.
        let end = body[walk.key..].iter().position(|&byte| byte == b'"');
        end.map_or("", |end| text(&body[walk.key..walk.key + end]))
    } else {
        text(&body[walk.key..walk.key_end.max(walk.key)])
    };
    match field {
        "model" => Place::Model,
        "system" | "instructions" | "systemInstruction" | "system_instruction" => Place::System,
        "tools" => Place::Tools,
        "messages" | "input" | "contents" => {
            let heads = |start: usize| is_system(&body[start.min(body.len())..]);
            if walk.depth > 2 && heads(walk.element) {
                return Place::System;
            }
            let ended = walk.depth == 2 && walk.element_open;
            let index = walk.index + usize::from(ended);
            // The instructions stand first among the messages in some dialects.
            let first = usize::from(walk.first.is_some_and(heads));
            let number = (index + 1).saturating_sub(first);
            Place::Message(u32::try_from(number).unwrap_or(u32::MAX))
        }
        other => Place::Setting(other.to_owned()),
    }
}

/// A message in which the instructions are told.
fn is_system(message: &[u8]) -> bool {
    let head = &message[..message.len().min(64)];
    let has = |wanted: &[u8]| head.windows(wanted.len()).any(|window| window == wanted);
    has(br#""role":"system""#) || has(br#""role":"developer""#)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Whether a text is being read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside,
    /// Behind a backslash.
    Escaped,
}

/// A place in a body, as far as it has been read.
#[derive(Debug, Default)]
struct Walk {
    depth: usize,
    text: Text,
    /// The name of the field at the top, from its first byte to behind its last.
    key: usize,
    key_end: usize,
    /// The value of that field has begun.
    in_value: bool,
    /// Which element of a list at the top, where it begins, and where the first one does.
    index: usize,
    element: usize,
    first: Option<usize>,
    /// An element has begun since the last comma.
    element_open: bool,
}

impl Walk {
    fn in_key(&self) -> bool {
        self.depth == 1 && !self.in_value
    }

    fn step(&mut self, index: usize, byte: u8, body: &[u8]) {
        match (self.text, byte) {
            (Text::Outside, _) => {}
            (Text::Inside, b'\\') => {
                self.text = Text::Escaped;
                return;
            }
            (Text::Inside, b'"') => {
                self.text = Text::Outside;
                if self.in_key() {
                    self.key_end = index;
                }
                return;
            }
            (Text::Inside | Text::Escaped, _) => {
                self.text = Text::Inside;
                return;
            }
        }
        match byte {
            b'"' => {
                self.text = Text::Inside;
                if self.in_key() {
                    self.key = index + 1;
                    self.key_end = index + 1;
                }
            }
            b'{' | b'[' => {
                if self.depth == 2 && !self.element_open {
                    self.element_open = true;
                    self.element = index;
                    self.first.get_or_insert(index);
                }
                self.depth += 1;
                if self.depth == 2 {
                    self.index = 0;
                    self.first = None;
                    self.element_open = false;
                }
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 => self.in_value = true,
            b',' if self.depth == 1 => {
                self.in_value = false;
                self.key = (index + 2).min(body.len());
                self.key_end = self.key;
            }
            b',' if self.depth == 2 => {
                self.index += 1;
                self.element_open = false;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn where_two_requests_part() {
        let messages = r#"{"model":"m","max_tokens":9,"tools":[{"name":"a"},{"name":"b"}],"system":[{"type":"text","text":"be {brief]"}],"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two \" ]}"}]}"#;
        let chat = r#"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"one"},{"role":"assistant","content":"two"}]}"#;
        let cases = [
            (messages, r#""m""#, r#""n""#, Some(Place::Model)),
            (
                messages,
                r":9",
                r":8",
                Some(Place::Setting("max_tokens".to_owned())),
            ),
            (
                messages,
                r#""max_tokens":9,"#,
                r#""max_tokens":9,"thinking":{"type":"off"},"#,
                Some(Place::Setting("thinking".to_owned())),
            ),
            (messages, r#""b""#, r#""c""#, Some(Place::Tools)),
            (messages, "brief]", "short]", Some(Place::System)),
            (messages, r#""one""#, r#""eins""#, Some(Place::Message(1))),
            (messages, r#"two \""#, r#"zwei \""#, Some(Place::Message(2))),
            (
                messages,
                r#"},{"role":"assistant","content":"two \" ]}"}"#,
                "}",
                Some(Place::Message(2)),
            ),
            (
                messages,
                r#"]}"}]}"#,
                r#"]}"},{"role":"user","content":"three"}]}"#,
                None,
            ),
            // A message that goes on is another message.
            (
                messages,
                r#"]}"}]}"#,
                r#"]} and more"}]}"#,
                Some(Place::Message(2)),
            ),
            // But where the person says more before anything was answered.
            (messages, r#"]}"}]}"#, r#"]}\n\nand more"}]}"#, None),
            (messages, "", "", None),
            (chat, "brief", "short", Some(Place::System)),
            (chat, r#""one""#, r#""eins""#, Some(Place::Message(1))),
            (chat, "two", "zwei", Some(Place::Message(2))),
            (
                chat,
                r#""two"}]}"#,
                r#""two"},{"role":"tool","content":"x"}]}"#,
                None,
            ),
        ];
        for (before, old, new, expected) in cases {
            let now = before.replacen(old, new, 1);
            assert!(old.is_empty() || now != before, "{old}");
            let alike = common(before.as_bytes(), now.as_bytes());
            assert_eq!(
                parts(before.as_bytes(), now.as_bytes(), alike),
                expected,
                "{old} -> {new}"
            );
        }
    }

    #[test]
    fn what_is_common_is_counted_to_the_byte() {
        let long = "x".repeat(1_000);
        for at in [0, 1, 255, 256, 257, 999] {
            let mut other = long.clone().into_bytes();
            other[at] = b'y';
            assert_eq!(common(long.as_bytes(), &other), at);
        }
        assert_eq!(common(long.as_bytes(), &long.as_bytes()[..700]), 700);
        assert_eq!(common(b"", b"x"), 0);
    }

    #[test]
    fn no_body_is_too_odd_to_look_at() {
        for body in [
            "",
            "{",
            "{\"",
            "[[[",
            "}}}]",
            r#"{"messages":[[{"a""#,
            "\"\\",
            "null",
            "{\"é\":[1,2",
        ] {
            for at in 0..=body.len() + 1 {
                place(body.as_bytes(), at);
            }
        }
    }
}
