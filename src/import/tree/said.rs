//! What the messages of a tree say.

use serde_json::value::RawValue;

use crate::import::tree::line::{Block, Details, Message};
use crate::import::value::{dollars, filled, milliseconds, model, parse, said as content};
use crate::import::{Spent, What};
use crate::protocol::time::Time;

/// Answers that `OpenClaw` writes itself: copies of what it sent to a channel, and notes of its own.
const MIRRORS: &[&str] = &["delivery-mirror", "gateway-injected"];

/// The model in use.
#[derive(Debug, Default)]
pub struct Model {
    pub provider: String,
    pub name: String,
}

/// What one message says.
#[derive(Debug, Default)]
pub struct Said {
    pub entries: Vec<What>,
    /// The message's own moment.
    pub at: Option<Time>,
    pub mirror: bool,
}

/// A message; `id` is that of its line, or empty.
pub fn message(json: &str, id: &str, used: &Model) -> Result<Said, String> {
    let message: Message = parse(json)?;
    // Only where the line itself has none.
    let at = message
        .timestamp
        .and_then(|timestamp| milliseconds(timestamp as i64).ok());
    let text = || message.content.map_or(Ok(String::new()), content);
    let summary = || message.summary.as_deref().unwrap_or_default().to_owned();
    let entries = match message.role.as_deref().unwrap_or_default() {
        "user" => vec![What::Prompt {
            text: text()?,
            who: None,
        }],
        "assistant" => {
            let mirror = message
                .model
                .as_deref()
                .is_some_and(|name| MIRRORS.contains(&name));
            return Ok(Said {
                entries: answer(&message, id, used)?,
                at,
                mirror,
            });
        }
        "toolResult" => vec![result(&message, text()?)],
        "bashExecution" => vec![What::Shell {
            command: message.command.as_deref().unwrap_or_default().to_owned(),
            output: message.output.as_deref().unwrap_or_default().to_owned(),
            exit: message.exit_code,
        }],
        "branchSummary" | "compactionSummary" => vec![What::Summary { text: summary() }],
        "custom" | "hookMessage" => {
            let kind = message.custom_type.as_deref();
            let custom = custom(kind, message.display, message.content)?;
            custom.into_iter().collect()
        }
        _ => Vec::new(),
    };
    let entries = entries.into_iter().filter(|what| match what {
        What::Prompt { text, .. } | What::Summary { text } => !text.trim().is_empty(),
        _ => true,
    });
    Ok(Said {
        entries: entries.collect(),
        at,
        mirror: false,
    })
}

/// What an extension put before the model and the person; what only the model was to see is the program's own.
pub fn custom(
    kind: Option<&str>,
    display: Option<bool>,
    said: Option<&RawValue>,
) -> Result<Option<What>, String> {
    let own = kind.is_some_and(|kind| kind.starts_with("openclaw"));
    match said {
        Some(said) if !own && display != Some(false) => {
            let text = content(said)?;
            Ok((!text.trim().is_empty()).then_some(What::Summary { text }))
        }
        _ => Ok(None),
    }
}

fn result(message: &Message, text: String) -> What {
    let details = message.details;
    let exit = details
        .and_then(|details| serde_json::from_str::<Details>(details.get()).ok())
        .and_then(|details| details.exit_code)
        .or_else(|| ended(&text));
    // A command that failed is told of as no error, so its code says more.
    let failed = exit.map_or(message.is_error == Some(true), |exit| exit != 0);
    What::Result {
        call: message
            .tool_call_id
            .as_deref()
            .unwrap_or_default()
            .to_owned(),
        name: message.tool_name.as_deref().map(str::to_owned),
        text,
        failed,
        exit,
    }
}

/// The exit code in the last line of an output, as pi writes it where there are no details.
fn ended(text: &str) -> Option<i32> {
    let last = text.trim_end().lines().next_back()?;
    let last = last.trim_start_matches('(').trim_end_matches(')');
    last.strip_prefix("Command exited with code ")?.parse().ok()
}

fn answer(message: &Message, id: &str, used: &Model) -> Result<Vec<What>, String> {
    let mut entries = Vec::new();
    match message.content.map(RawValue::get) {
        Some(text) if text.starts_with('"') => {
            let text: String = parse(text)?;
            entries.extend((!text.trim().is_empty()).then_some(What::Answer { text, who: None }));
        }
        Some(blocks) if blocks.starts_with('[') => {
            for block in parse::<Vec<Block>>(blocks)? {
                entries.extend(block_said(block));
            }
        }
        _ => {}
    }
    let Some(tokens) = &message.usage else {
        return Ok(entries);
    };
    let (usage, cost) = (tokens.usage(), dollars(tokens.cost()));
    if usage.prompt() == 0 && usage.output == 0 && cost.is_none() {
        return Ok(entries);
    }
    let name = |said: Option<&str>, otherwise: &str| said.unwrap_or(otherwise).to_owned();
    // A fork repeats the lines before it, ids and moments and all.
    let key = format!(
        "{id}:{}:{}:{}",
        message.timestamp.unwrap_or_default(),
        usage.prompt(),
        usage.output
    );
    entries.push(What::Spent(Box::new(Spent {
        key,
        model: model(
            &name(message.provider.as_deref(), &used.provider),
            &name(message.model.as_deref(), &used.name),
        ),
        usage,
        cost,
    })));
    Ok(entries)
}

fn block_said(block: Block) -> Option<What> {
    match block.kind.as_deref().unwrap_or_default() {
        "text" => filled(block.text).map(|text| What::Answer { text, who: None }),
        "thinking" => filled(block.thinking).map(|text| What::Thought { text }),
        "toolCall" => Some(What::Call {
            id: block.id.as_deref().unwrap_or_default().to_owned(),
            name: block.name.as_deref().unwrap_or("tool").to_owned(),
            arguments: block.arguments.map_or("{}", RawValue::get).to_owned(),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_command_ended_is_said_by_its_code_before_all_else() {
        for (fields, failed, exit) in [
            (r#""isError":false,"details":{"exitCode":5}"#, true, Some(5)),
            (r#""isError":true,"details":{"exitCode":0}"#, false, Some(0)),
            (r#""isError":true"#, true, None),
            (r#""isError":false,"details":{"exitCode":"x"}"#, false, None),
            (r#""details":null"#, false, None),
        ] {
            let json =
                format!(r#"{{"role":"toolResult","toolCallId":"c","content":"out",{fields}}}"#);
            let said = message(&json, "a", &Model::default()).expect("a message");
            let expected = What::Result {
                call: "c".to_owned(),
                name: None,
                text: "out".to_owned(),
                failed,
                exit,
            };
            assert_eq!(said.entries, [expected], "{fields}");
        }
        assert_eq!(ended("no\n\n(Command exited with code 5)\n"), Some(5));
        assert_eq!(ended("Command exited with code 1"), Some(1));
        assert_eq!(ended("Command exited with code 1\nmore"), None);
    }
}
