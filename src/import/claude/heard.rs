//! What one line of Claude Code says.

use serde_json::value::RawValue;

use crate::import::claude::line::{Attachment, Block, Line, Message, Notice};
use crate::import::claude::said::{self, Said};
use crate::import::value::{PICTURE, Text, dollars, filled, model, parse, said as content};
use crate::import::{Spent, What};

/// The model of what the program itself wrote in the model's place: errors of the network, and nothing that was paid for.
const SYNTHETIC: &str = "<synthetic>";

/// What stands where the model said nothing.
const EMPTY: &[&str] = &["(no content)", "No response requested."];

/// What a line holds: entries, and what stands in the person's place.
#[derive(Debug)]
pub enum Heard {
    What(What),
    Said(Said),
}

/// A line of type `user`: what was typed, what tools gave back, what the program notes.
pub fn prompt(line: &Line, message: &str) -> Result<Vec<Heard>, String> {
    let message: Message = parse(message)?;
    let Some(said) = message.content else {
        return Ok(Vec::new());
    };
    let mut heard = Vec::new();
    let mut texts = Vec::new();
    if said.get().starts_with('[') {
        for block in parse::<Vec<Block>>(said.get())? {
            match block.kind.as_deref().unwrap_or_default() {
                "tool_result" => heard.push(Heard::What(result(&block)?)),
                "text" => texts.extend(block.text.map(|text| text.to_string())),
                "image" => texts.push(PICTURE.to_owned()),
                "document" => texts.push("[document]".to_owned()),
                _ => {}
            }
        }
    } else {
        texts.push(content(said)?);
    }
    if line.is_compact_summary == Some(true) {
        let text = texts.join("\n\n");
        heard.push(Heard::What(What::Summary { text }));
    } else {
        let read = match line.is_meta {
            Some(true) => said::note,
            _ => said::of,
        };
        heard.push(Heard::Said(said::all(texts.iter().map(|text| read(text)))));
    }
    Ok(heard)
}

fn result(block: &Block) -> Result<What, String> {
    let text = block.content.map_or(Ok(String::new()), content)?;
    let failed = block.is_error == Some(true);
    Ok(What::Result {
        call: block.tool_use_id.as_deref().unwrap_or_default().to_owned(),
        name: None,
        exit: if failed { said::exit(&text) } else { None },
        text,
        failed,
    })
}

/// A line of type `assistant`: one block of an answer, or all of them, and what the answer took by then.
pub fn answer(line: &Line, message: &str) -> Result<Vec<Heard>, String> {
    let message: Message = parse(message)?;
    let mut heard = Vec::new();
    let blocks = message.content.map(RawValue::get);
    match blocks {
        Some(text) if text.starts_with('"') => {
            let text = parse(text)?;
            heard.push(Heard::What(What::Answer { text, who: None }));
        }
        Some(blocks) if blocks.starts_with('[') => {
            for block in parse::<Vec<Block>>(blocks)? {
                heard.extend(said_by_model(block)?.map(Heard::What));
            }
        }
        _ => {}
    }
    let name = message.model.as_deref().unwrap_or_default();
    if let (Some(used), false) = (&message.usage, name == SYNTHETIC) {
        let known = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_owned();
        let key = match &message.id {
            Some(id) => format!("{}:{}", &**id, known(&line.request_id)),
            None => known(&line.uuid),
        };
        heard.push(Heard::What(What::Spent(Box::new(Spent {
            key,
            model: model("anthropic", name),
            usage: used.usage(),
            cost: line.cost.and_then(dollars),
        }))));
    }
    Ok(heard)
}

fn said_by_model(block: Block) -> Result<Option<What>, String> {
    Ok(match block.kind.as_deref().unwrap_or_default() {
        "text" => filled(block.text)
            .filter(|text| !EMPTY.contains(&text.trim()))
            .map(|text| What::Answer { text, who: None }),
        "thinking" => filled(block.thinking).map(|text| What::Thought { text }),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => Some(What::Call {
            id: block.id.as_deref().unwrap_or_default().to_owned(),
            name: block.name.as_deref().unwrap_or("tool").to_owned(),
            arguments: block.input.map_or("{}", RawValue::get).to_owned(),
        }),
        // Of tools that ran where the model runs, such as its search of the web.
        kind if kind.ends_with("_tool_result") => Some(result(&block)?),
        _ => None,
    })
}

/// A line of type `attachment`: of those only what was typed while the model worked is said.
pub fn queued(line: &Line) -> Result<Vec<Heard>, String> {
    let Some(attachment) = line.attachment else {
        return Ok(Vec::new());
    };
    // What else is attached has shapes of its own.
    let Ok(attachment) = serde_json::from_str::<Attachment>(attachment.get()) else {
        return Ok(Vec::new());
    };
    let by_person = attachment
        .origin
        .and_then(|origin| origin.kind)
        .is_none_or(|kind| &*kind == "human");
    let typed = attachment
        .command_mode
        .is_none_or(|mode| &*mode == "prompt");
    let queued = attachment
        .kind
        .is_some_and(|kind| &*kind == "queued_command");
    match attachment.prompt {
        Some(prompt) if queued && typed && by_person && attachment.is_meta != Some(true) => {
            Ok(vec![Heard::Said(said::of(&content(prompt)?))])
        }
        _ => Ok(Vec::new()),
    }
}

/// A line of type `system`: of those only a command of the program's own is said.
pub fn notice(text: &str) -> Result<Vec<Heard>, String> {
    let notice: Notice = parse(text)?;
    match (notice.subtype.as_deref(), notice.content) {
        (Some("local_command"), Some(text)) => Ok(vec![Heard::Said(said::of(&content(text)?))]),
        _ => Ok(Vec::new()),
    }
}
