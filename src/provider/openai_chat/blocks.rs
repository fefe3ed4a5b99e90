//! `thinking_blocks`: the signed reasoning of a Messages answer as gateways pass it on in this dialect, put together from
//! fragments so that the list is as it would be without streaming. The gateway wants it back, for the vendor behind it
//! refuses the next step of a loop without it.

use serde_json::{Map, Value};

use crate::provider::decode::MOST_PARTS;

#[derive(Debug, Default)]
pub(crate) struct Blocks {
    list: Vec<Map<String, Value>>,
}

impl Blocks {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds a fragment to the block it continues, or begins a new one with it.
    pub(crate) fn take(&mut self, fragment: &Value) {
        let Some(fragment) = fragment.as_object() else {
            return;
        };
        let Some(held) = self.list.last_mut().filter(|held| goes_on(held, fragment)) else {
            if self.list.len() <= MOST_PARTS {
                self.list.push(fragment.clone());
            }
            return;
        };
        // The end may bring the whole once more, beside its signature.
        let again = is_signed(fragment) && held.get("thinking") == fragment.get("thinking");
        for (name, value) in fragment {
            match (held.get_mut(name), value) {
                (_, Value::Null) => {}
                (Some(Value::String(text)), Value::String(more))
                    if matches!(name.as_str(), "thinking" | "signature") =>
                {
                    if name != "thinking" || !again {
                        text.push_str(more);
                    }
                }
                _ => {
                    held.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// What can go back: reasoning without its signature is refused.
    pub(crate) fn sealed(&self) -> Vec<Value> {
        let is_sealed = |block: &&Map<String, Value>| !is_thinking(block) || is_signed(block);
        let sealed = self.list.iter().filter(is_sealed);
        sealed.cloned().map(Value::Object).collect()
    }
}

/// Whether a fragment belongs to this block: a signature is the end of one, and what is sealed comes whole.
fn goes_on(held: &Map<String, Value>, fragment: &Map<String, Value>) -> bool {
    let same_place = match (held.get("index"), fragment.get("index")) {
        (Some(held), Some(new)) => held == new,
        _ => true,
    };
    is_thinking(held) && is_thinking(fragment) && same_place && !is_signed(held)
}

/// Fragments may leave out what they are.
fn is_thinking(block: &Map<String, Value>) -> bool {
    block.get("type").is_none_or(|kind| kind == "thinking")
}

fn is_signed(block: &Map<String, Value>) -> bool {
    let signature = block.get("signature").and_then(Value::as_str);
    signature.is_some_and(|signature| !signature.is_empty())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn fragments_become_the_blocks_they_were() {
        let thinking = |text: &str, signature: &str| json!({"type": "thinking", "thinking": text, "signature": signature});
        let sealed = json!({"type": "redacted_thinking", "data": "eHl6"});
        let cases = [
            (
                vec![
                    thinking("The ", ""),
                    thinking("folder.", ""),
                    thinking("", "c2ln"),
                ],
                json!([thinking("The folder.", "c2ln")]),
            ),
            // Signatures left out or null, and the last fragment without its kind.
            (
                vec![
                    json!({"type": "thinking", "thinking": "hm"}),
                    json!({"type": "thinking", "thinking": null, "signature": null}),
                    json!({"signature": "c2ln"}),
                ],
                json!([thinking("hm", "c2ln")]),
            ),
            (
                vec![
                    thinking("ha", ""),
                    thinking("ha", ""),
                    thinking("haha", "c2ln"),
                ],
                json!([thinking("haha", "c2ln")]),
            ),
            // Two blocks, one sealed, one that was cut.
            (
                vec![
                    thinking("a", "s1"),
                    sealed.clone(),
                    thinking("b", ""),
                    thinking("", "s2"),
                    thinking("c", ""),
                ],
                json!([thinking("a", "s1"), sealed, thinking("b", "s2")]),
            ),
            (vec![json!("text"), thinking("a", "")], json!([])),
        ];
        for (fragments, expected) in cases {
            let mut blocks = Blocks::default();
            for fragment in &fragments {
                blocks.take(fragment);
            }
            assert_eq!(json!(blocks.sealed()), expected, "{fragments:?}");
        }
    }
}
