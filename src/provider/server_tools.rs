//! How often an answer says that its provider's own tools were used: those that are billed by use, beside the tokens.

use serde_json::Value;

use crate::agent::server_tool::Uses;
use crate::protocol::reply::{Part, Reply};

/// The uses in an answer, as its usage object counts them (Messages, gateways), its decoder did (Gemini), or its items show
/// them (Responses). Fetching a
/// page is billed by its tokens alone.
pub fn uses(reply: &Reply) -> Uses {
    let counted = reply
        .usage_raw
        .as_ref()
        .map(|usage| &usage["server_tool_use"]);
    let mut uses = Uses {
        searches: reply.usage.map_or(0, |usage| usage.searches),
        others: 0,
    };
    for (name, count) in counted.and_then(Value::as_object).into_iter().flatten() {
        let count = count.as_u64().unwrap_or(0);
        match name.as_str() {
            "web_search_requests" => uses.searches = count,
            "web_fetch_requests" => {}
            _ => uses.others = uses.others.saturating_add(count),
        }
    }
    let bodies = reply.parts.iter().filter_map(|part| match part {
        Part::Thought { opaque, .. } | Part::Text { opaque, .. } | Part::Call { opaque, .. } => {
            opaque.as_ref()
        }
    });
    for body in bodies.map(|opaque| &opaque.body) {
        match body["type"].as_str() {
            // Opening a page or looking through it is no search.
            Some("web_search_call")
                if matches!(body["action"]["type"].as_str(), None | Some("search")) =>
            {
                uses.searches = uses.searches.saturating_add(1);
            }
            Some("file_search_call" | "code_interpreter_call" | "image_generation_call") => {
                uses.others = uses.others.saturating_add(1);
            }
            _ => {}
        }
    }
    uses
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::item::Opaque;

    #[test]
    fn uses_are_counted_once_wherever_they_stand() {
        let uses = |searches, others| Uses { searches, others };
        let item = |body: Value| Part::Thought {
            text: String::new(),
            opaque: Some(Opaque {
                family: "openai/m".to_owned(),
                wire: None,
                body,
            }),
        };
        let cases = [
            (json!({}), json!([]), uses(0, 0)),
            (
                json!({"server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 9}}),
                json!([]),
                uses(3, 0),
            ),
            (
                json!({"server_tool_use": {"web_search_requests": 1, "code_execution_requests": 2}}),
                json!([]),
                uses(1, 2),
            ),
            (json!({"server_tool_use": null}), json!([]), uses(0, 0)),
            (
                json!({"server_tool_use": {"web_search_requests": -1}}),
                json!([]),
                uses(0, 0),
            ),
            (
                json!({}),
                json!([
                    {"type": "web_search_call", "action": {"type": "search"}},
                    {"type": "web_search_call", "action": {"type": "open_page"}},
                    {"type": "web_search_call"},
                    {"type": "code_interpreter_call"},
                    {"type": "reasoning"},
                ]),
                uses(2, 1),
            ),
        ];
        for (usage, items, expected) in cases {
            let items = items.as_array().into_iter().flatten();
            let reply = Reply {
                parts: items.cloned().map(item).collect(),
                usage_raw: Some(usage.clone()),
                ..Reply::default()
            };
            assert_eq!(super::uses(&reply), expected, "{usage}");
        }
    }
}
