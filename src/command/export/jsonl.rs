//! A session in the neutral form that imports read: one item a line, in order.

use serde_json::json;

use crate::command::moment::rfc3339;
use crate::command::show::{Entry, Said};
use crate::protocol::session::Card;

pub fn write(card: &Card, entries: &[Entry]) -> String {
    let mut lines = Vec::new();
    for entry in entries {
        let (role, who, said) = match &entry.said {
            Said::Prompt { text, .. } => ("user", None, text.clone()),
            Said::Answer { text, model, .. } => ("assistant", Some(model), text.clone()),
            Said::Call { call, outcome, .. } => {
                let output = outcome
                    .as_ref()
                    .map(|outcome| outcome.text.as_str())
                    .unwrap_or_default();
                (
                    "tool",
                    Some(&call.name),
                    format!("{}\n{output}", call.arguments),
                )
            }
            Said::Shell { command, outcome } => {
                ("user", None, format!("! {command}\n{}", outcome.text))
            }
            // Neither was said by somebody to somebody.
            Said::Thought { .. } | Said::Notice { .. } => continue,
        };
        let mut line = json!({
            "session": card.id.to_string(),
            "title": card.title,
            "project": card.project.to_string_lossy(),
            "at": rfc3339(entry.at),
            "role": role,
        });
        if let Some(who) = who {
            line["who"] = json!(who);
        }
        line["text"] = json!(said);
        line["external_id"] = json!(entry.seq.to_string());
        lines.push(format!("{line}\n"));
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::json::tests::card;
    use crate::command::show::entries;
    use crate::command::show::tests::events;

    #[test]
    fn every_line_is_an_item_an_import_can_read() {
        let mut card = card();
        card.title = "T".to_owned();
        let text = write(&card, &entries(&events(), &card));
        let head = r#"{"session":"0193573a-9e00-7000-8000-00000000abcd","title":"T","project":"/src","at":"2026-11-23T11:00:00.000Z""#;
        let expected = [
            format!(r#"{head},"role":"user","text":"Fix the tests","external_id":"10"}}"#),
            format!(
                r#"{head},"role":"tool","who":"bash","text":"{{\"command\":\"cargo test\"}}\n1 failed\u001b[0m\nsee <log>\n","external_id":"13"}}"#
            ),
            format!(
                r#"{head},"role":"assistant","who":"local/m","text":"It **fails**.\n","external_id":"15"}}"#
            ),
            format!(r#"{head},"role":"user","text":"! ls\na\nb","external_id":"17"}}"#),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }
}
